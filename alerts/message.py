"""A message: everything that one route is told of one run, in the route's language."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from alerts.notice import Change, Notice
from catalogue.declared import Words, say
from catalogue.incident import RANKS, Event, Reminder, Severity
from catalogue.language import Language, Phrase
from catalogue.route import Outcome, Route

CAPPED: Final = 30
"""As many deliveries as a message lists; their number is always told in full."""
LONGEST: Final = 120
"""As many characters as a message gives to one name: a file's name may be anything."""
SUBJECT: Final = 80
"""As many of them as a subject gives to the programme's title: encoded, a mail's header must stay below 998 bytes."""
COUNTED: Final = 5
"""As many counts as a subject gives; the text gives all."""
REASON: Final = 240
"""As many characters as a message gives to a reason."""

Tone = Severity

# What happened, worst first, with the tone by which a channel may colour a message.
TONES: Final[dict[Outcome | Event | Reminder, Tone]] = {
    "release_refused": "failure",
    "read_copy_broken": "failure",
    "error": "failure",
    "route_dead": "failure",
    "pull_failed": "failure",
    "pull_partial": "failure",
    "rejected": "failure",
    "partly_accepted": "warning",
    "overdue": "warning",
    "drift": "warning",
    "reminder": "info",
    "accepted_with_warnings": "warning",
    "accepted": "info",
}
OUTCOMES: Final = tuple(TONES)
DELIVERED: Final = frozenset({"error", "rejected", "partly_accepted", "accepted_with_warnings", "accepted"})
"""Outcomes of deliveries: of these a message tells file and counts, of all else a reason."""
FOLLOWED: Final[dict[Change, Phrase]] = {
    "escalated": "escalated",
    "still_open": "still_open",
    "recovered": "recovered",
}
"""Changes that are counted as such; all others by what happened."""
SEVERE: Final[dict[Severity, Phrase]] = {"failure": "failure", "warning": "warning", "info": "info"}
DO: Final[dict[Outcome | Event | Reminder, Phrase]] = {
    "release_refused": "release_refused.do",
    "read_copy_broken": "read_copy_broken.do",
    "route_dead": "route_dead.do",
    "pull_failed": "pull_failed.do",
    "pull_partial": "pull_partial.do",
    "overdue": "overdue.do",
    "drift": "drift.do",
    "reminder": "reminder.do",
    "error": "error.do",
    "rejected": "rejected.do",
    "partly_accepted": "partly_accepted.do",
    "accepted_with_warnings": "accepted_with_warnings.do",
}
# What is said where a language pack says nothing.
PHRASES: Final[dict[Phrase, str]] = {
    "accepted": "Accepted",
    "accepted_with_warnings": "Accepted with warnings",
    "partly_accepted": "Partly accepted",
    "rejected": "Rejected",
    "error": "Failed inside the system",
    "accepted_with_warnings.do": "its figures were loaded; look at the warnings, send the file again if they are right",
    "partly_accepted.do": "rows with errors were not loaded; mend what the receipt lists, send the whole file again",
    "rejected.do": "nothing of it was loaded; mend what the receipt lists, send the whole file again",
    "error.do": "the office need not do anything; give the run to the engineer, the next run takes the file again",
    "no_form": "form unknown",
    "no_unit": "unit unknown",
    "no_period": "period unknown",
    "file": "File",
    "findings": "Findings",
    "set_aside": "Rows set aside",
    "receipt": "Findings are in",
    "no_receipt": "no receipt",
    "more": 'Not listed here, see "chiso alerts list"',
    "to_do": "What to do",
    "run": "Run",
    "message": "Message",
    "pull_failed": "Source does not answer",
    "pull_partial": "Source answers wrongly or in part",
    "drift": "Source restated figures",
    "overdue": "Report overdue",
    "release_refused": "Release not sealed",
    "read_copy_broken": "Read copy not renewed",
    "route_dead": "Messages do not get through",
    "pull_failed.do": "see that the source is up and its address and secrets are right; the next run asks again",
    "pull_partial.do": "tell who runs the source; nothing of what it answered was loaded, the next run asks again",
    "drift.do": "compare old and new figures in the view drift; ask who runs the source if you cannot explain them",
    "overdue.do": "ask the unit to send its report",
    "release_refused.do": "readers see the release before; give the reason to the engineer",
    "read_copy_broken.do": "readers see figures of an earlier run; give the reason to the engineer",
    "route_dead.do": 'check the secret of the route and the server it names, then "chiso alerts test"',
    "reminder": "Report not there yet",
    "reminder.do": "send it, if you have not done so meanwhile; say it to the office that takes it where you cannot",
    "due": "Due",
    "worsened": "Worse than before",
    "escalated": "Escalated",
    "still_open": "Still open",
    "recovered": "Recovered",
    "since": "Since",
    "severity": "Severity",
    "failure": "serious",
    "warning": "warning",
    "info": "for information",
    "about": "About",
    "reason": "Reason",
    "test": "Test of the route",
    "test.body": "Nothing happened. Whoever reads this will get the messages of this route.",
}


@dataclass(frozen=True, slots=True)
class Message:
    """What a route is told. ``message_id`` is the same whenever the same run tells the same route.

    ``secret`` is the name, not the value, of the secret that holds the route's address; ``deliveries`` is how many the
    message is about, listed or not.
    """

    route: str
    secret: str
    title: str
    body: str
    tone: Tone
    deliveries: int
    message_id: str


def concerns(route: Route, notice: Notice) -> bool:
    """Whether a route is told of a delivery or incident. One whose form (unit) is unknown, or that has none, reaches
    routes that name none; that a route is dead, the others."""
    return (
        notice.status in route.on
        and (notice.status, notice.name) != ("route_dead", route.route)
        and RANKS[tone_of(notice)] >= RANKS[route.severity]
        and (not route.forms or notice.form in route.forms)
        and (not route.branches or not notice.above.isdisjoint(route.branches))
    )


def compose(
    route: Route, notices: Sequence[Notice], run_id: str, language: Language, programme: Words, stamp: str = ""
) -> Message | None:
    """What a route is told, or None where nothing concerns it. The order of ``notices`` does not matter.

    What became of incidents is told as given: who hears of it was decided when they opened. ``language`` is the
    route's, ``programme`` the programme's title, ``stamp`` what makes the message the same one, the run where empty.
    Names are cut to one short line each; no cell's content is ever told.
    """
    told = sorted((one for one in notices if one.change != "news" or concerns(route, one)), key=_weight)
    if not told:
        return None
    say_it: Mapping[Phrase, str] = PHRASES | language.alerts
    counts = Counter(_counted_as(one) for one in told)
    present: list[Phrase] = [*OUTCOMES, *FOLLOWED.values()]
    tallies = [f"{say_it[one]}: {_number(counts[one], language)}" for one in present if counts[one]]
    message_id = hashlib.sha256(f"{stamp or run_id}\0{route.route}".encode()).hexdigest()[:16]
    lines = ["; ".join(tallies) + "."]
    for number, one in enumerate(told[:CAPPED], start=1):
        lines += ["", *_entry(number, one, language, say_it)]
    if len(told) > CAPPED:
        lines += ["", f"{say_it['more']}: {_number(len(told) - CAPPED, language)}"]
    wrong = {one.status for one in told if one.change != "recovered"}
    if advice := [f"- {say_it[one]}: {say_it[DO[one]]}." for one in OUTCOMES if one in wrong and one in DO]:
        lines += ["", f"{say_it['to_do']}:", *advice]
    lines += ["", f"{say_it['run']}: {run_id}. {say_it['message']}: {message_id}."]
    more = "; ..." if len(tallies) > COUNTED else ""
    return Message(
        route=route.route,
        secret=route.address,
        title=f"{_line(say(programme, language.language), SUBJECT)} - {'; '.join(tallies[:COUNTED])}{more}",
        body="\n".join(lines) + "\n",
        tone=next((TONES[one] for one in OUTCOMES if one in wrong), "info"),
        deliveries=len(told),
        message_id=message_id,
    )


def self_test(route: Route, run_id: str, language: Language, programme: Words) -> Message:
    """A message that says that it is only a test of the route."""
    say_it: Mapping[Phrase, str] = PHRASES | language.alerts
    message_id = hashlib.sha256(f"test {run_id}\0{route.route}".encode()).hexdigest()[:16]
    return Message(
        route=route.route,
        secret=route.address,
        title=f"{_line(say(programme, language.language), SUBJECT)} - {say_it['test']}",
        body=f"{say_it['test.body']}\n\n{say_it['run']}: {run_id}. {say_it['message']}: {message_id}.\n",
        tone="info",
        deliveries=0,
        message_id=message_id,
    )


def _entry(number: int, notice: Notice, language: Language, say_it: Mapping[Phrase, str]) -> Iterator[str]:
    """A few lines: what it is and where; how large, or why; since when and how bad; where its findings are."""
    outcome = say_it[OUTCOMES[_rank(notice)]]
    change: Phrase | None = "worsened" if notice.change == "worsened" else FOLLOWED.get(notice.change)
    heading = f"{say_it[change]}: {outcome}" if change else outcome
    form = _named(notice.form, notice.form_title, language) or say_it["no_form"]
    unit = _named(notice.unit, notice.unit_name, language) or say_it["no_unit"]
    where = f" - {form} - {unit} - {_line(notice.period or '') or say_it['no_period']}"
    is_delivery = notice.status in DELIVERED
    yield f"{number}. {heading}{where if is_delivery or notice.form or notice.unit else ''}"
    if is_delivery:
        findings, aside = _number(notice.findings, language), _number(notice.set_aside, language)
        rules = f" ({_line(notice.detail, REASON)})" if notice.detail else ""
        said = f"{say_it['file']}: {_line(notice.name)}. {say_it['findings']}: {findings}{rules}. "
        yield f"{said}{say_it['set_aside']}: {aside}."
    else:
        about = f"{say_it['about']}: {_line(notice.name)}." if notice.name else ""
        label = say_it["due" if notice.status == "reminder" else "reason"]
        reason = f"{label}: {_line(notice.detail, REASON)}" if notice.detail else ""
        if about or reason:
            yield f"{about} {reason}".strip()
    if notice.since:
        severity = say_it[SEVERE[tone_of(notice)]]
        yield f"{say_it['since']}: {notice.since}. {say_it['severity']}: {severity}."
    if is_delivery or notice.receipt:
        # A path is of use only whole; it is ours, so no one else can have made it long.
        yield f"{say_it['receipt']}: {notice.receipt or say_it['no_receipt']}"


def _counted_as(notice: Notice) -> Phrase:
    return FOLLOWED.get(notice.change) or OUTCOMES[_rank(notice)]


def tone_of(notice: Notice) -> Tone:
    """How bad what happened is."""
    return next((tone for outcome, tone in TONES.items() if outcome == notice.status), "info")


_LATER: Final[dict[Change, int]] = {"still_open": 1, "recovered": 2}


def _weight(notice: Notice) -> tuple[int, str, str, str, str]:
    """Worst first; then by form, unit, period and name, so that the order is the same every time. What is over comes
    last, what is only still so before it."""
    later = len(OUTCOMES) * _LATER.get(notice.change, 0)
    return _rank(notice) + later, notice.form or "", notice.unit or "", notice.period or "", notice.name


def _rank(notice: Notice) -> int:
    return next(place for place, outcome in enumerate(OUTCOMES) if outcome == notice.status)


def _named(code: str | None, words: Words, language: Language) -> str:
    return _line(f"{code or ''} {say(words, language.language)}")


def _line(text: str, longest: int = LONGEST) -> str:
    """Put a text on one line, without what does not print or turns the direction of writing, and not too long."""
    plain = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return plain if len(plain) <= longest else plain[: longest - 1] + "…"


def _number(value: int, language: Language) -> str:
    """Write a count as the language does."""
    return f"{value:,}".replace(",", language.thousands[0] if language.thousands else "")
