"""A message: everything that one route is told of one run, in the route's language."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from alerts.notice import Notice
from catalogue.declared import Words, say
from catalogue.language import Language, Phrase
from catalogue.route import Outcome, Route

CAPPED: Final = 30
"""As many deliveries as a message lists; their number is always told in full."""
LONGEST: Final = 120
"""As many characters as a message gives to one name: a file's name may be anything."""
SUBJECT: Final = 80
"""As many of them as a subject gives to the programme's title: encoded, a mail's header must stay below 998 bytes."""

Tone = Literal["info", "warning", "failure"]

# The outcomes, worst first, with the tone by which a channel may colour a message.
TONES: Final[dict[Outcome, Tone]] = {
    "error": "failure",
    "rejected": "failure",
    "partly_accepted": "warning",
    "accepted_with_warnings": "warning",
    "accepted": "info",
}
OUTCOMES: Final = tuple(TONES)
DO: Final[dict[Outcome, Phrase]] = {
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
    "more": 'Not listed here, see "chiso status"',
    "to_do": "What to do",
    "run": "Run",
    "message": "Message",
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
    """Whether a route is told of a delivery. One whose form (unit) is unknown reaches routes that name none."""
    return (
        notice.status in route.on
        and (not route.forms or notice.form in route.forms)
        and (not route.branches or not notice.above.isdisjoint(route.branches))
    )


def compose(
    route: Route, notices: Sequence[Notice], run_id: str, language: Language, programme: Words
) -> Message | None:
    """The message of a run to a route, worst deliveries first; None where no delivery concerns it.

    ``language`` is the route's, ``programme`` the programme's title. Names are cut to one short line each; no
    cell's content is ever told.
    """
    told = sorted((notice for notice in notices if concerns(route, notice)), key=_weight)
    if not told:
        return None
    say_it: Mapping[Phrase, str] = PHRASES | language.alerts
    counts = Counter(notice.status for notice in told)
    present = [outcome for outcome in OUTCOMES if counts[outcome]]
    tallies = "; ".join(f"{say_it[outcome]}: {_number(counts[outcome], language)}" for outcome in present)
    message_id = hashlib.sha256(f"{run_id}\0{route.route}".encode()).hexdigest()[:16]
    lines = [tallies + "."]
    for number, notice in enumerate(told[:CAPPED], start=1):
        lines += ["", *_entry(number, notice, language, say_it)]
    if len(told) > CAPPED:
        lines += ["", f"{say_it['more']}: {_number(len(told) - CAPPED, language)}"]
    if advice := [f"- {say_it[outcome]}: {say_it[DO[outcome]]}." for outcome in present if outcome in DO]:
        lines += ["", f"{say_it['to_do']}:", *advice]
    lines += ["", f"{say_it['run']}: {run_id}. {say_it['message']}: {message_id}."]
    return Message(
        route=route.route,
        secret=route.address,
        title=f"{_line(say(programme, language.language), SUBJECT)} - {tallies}",
        body="\n".join(lines) + "\n",
        tone=TONES[present[0]],
        deliveries=len(told),
        message_id=message_id,
    )


def _entry(number: int, notice: Notice, language: Language, say_it: Mapping[Phrase, str]) -> Iterator[str]:
    """Three lines about a delivery: what it is and how bad; its size; where its findings are."""
    outcome = say_it[OUTCOMES[_rank(notice)]]
    form = _named(notice.form, notice.form_title, language) or say_it["no_form"]
    unit = _named(notice.unit, notice.unit_name, language) or say_it["no_unit"]
    yield f"{number}. {outcome} - {form} - {unit} - {_line(notice.period or '') or say_it['no_period']}"
    findings, aside = _number(notice.findings, language), _number(notice.set_aside, language)
    yield f"{say_it['file']}: {_line(notice.name)}. {say_it['findings']}: {findings}. {say_it['set_aside']}: {aside}."
    # A path is of use only whole; it is ours, so no one else can have made it long.
    yield f"{say_it['receipt']}: {notice.receipt or say_it['no_receipt']}"


def _weight(notice: Notice) -> tuple[int, str, str, str, str]:
    """Worst first; then by form, unit, period and name, so that the order is the same every time."""
    return _rank(notice), notice.form or "", notice.unit or "", notice.period or "", notice.name


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
