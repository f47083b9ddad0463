"""The faults that a demo portal can have, each by name; and which of them it has at the moment."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Final, Literal

from catalogue.errors import UsageError

Kind = Literal["answer", "page", "figures", "past"]


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault. ``answer``: instead of an answer, or while it is sent; ``page``: which records it holds and what it says
    of them; ``figures``: what the records say; ``past``: what the portal counts has changed, for good."""

    kind: Kind
    words: str


FAULTS: Final[dict[str, Fault]] = {
    # Instead of an answer, or while it is sent.
    "too_many_requests": Fault("answer", "It answers 429 with Retry-After."),
    "server_error": Fault("answer", "It answers 500."),
    "unavailable": Fault("answer", "It answers 503 with a web page, as a proxy does whose portal is down."),
    "slow_answer": Fault("answer", "It answers after a while (slow_seconds; minutes in life)."),
    "no_answer": Fault("answer", "It takes the question and ends the connection without a word."),
    "dies_mid_page": Fault("answer", "The connection ends in the middle of a page."),
    "half_a_page": Fault("answer", "It sends half a page as if that were all."),
    "empty_body": Fault("answer", "It answers 200 and nothing else."),
    "html_login": Fault("answer", "It answers 200 with a web page to log in, where JSON was asked for."),
    "token_refused": Fault("answer", "It answers 401 although the token is right."),
    "token_expires": Fault(
        "answer", "From this question on the token is void: 401 until a new one is taken at /_token."
    ),
    "redirect_elsewhere": Fault("answer", "It redirects to another host, where no token must go."),
    "redirect_here": Fault("answer", "It redirects to its own address."),
    # Which records a page holds, and what it says of them.
    "page_size_forced": Fault("page", "A page holds at most forced_size records, whatever size is asked for."),
    "page_size_ignored": Fault("page", "One page holds everything, whatever size is asked for."),
    "order_unstable": Fault("page", "Each page is cut from another order, whatever order is asked for."),
    "order_needed": Fault("page", "Each page is cut from another order where none is asked for."),
    "rows_shift": Fault("page", "After the first page a record comes in at the front, and the last falls out."),
    "row_lost": Fault("page", "Each page after the first leaves out its first record, which the total counts."),
    "duplicate_across_pages": Fault("page", "The second page begins with the last record of the first, once more."),
    "page_repeats": Fault("page", "Every page is the first, and always more are promised."),
    "total_changes": Fault("page", "The total grows by one after the first page."),
    "total_wrong": Fault("page", "The total is one too high on every page."),
    "more_but_empty": Fault("page", "More pages are promised after the last, and they are empty."),
    "not_built": Fault("page", "The period is not built yet: no record at all, as if nothing had happened."),
    # What the records say.
    "no_dossiers": Fault("figures", "Nothing has happened: every unit is there, with nought everywhere."),
    "null_channel": Fault("figures", "Direct dossiers of one record in seven are null: nobody noted their channel."),
    "null_due_date": Fault("figures", "On-time dossiers of one record in seven are null: they never had a due date."),
    "levels_added_twice": Fault(
        "figures", "A total per procedure comes along as a record, to which the units below are added twice."
    ),
    "string_numbers": Fault("figures", 'Numbers are texts: "12".'),
    "ids_changed": Fault("figures", "Units come under their other ids, and are found under these only."),
    # What the portal counts.
    "history_changes": Fault("past", "Past months are counted anew: one record in eight has one dossier more."),
}

_QUESTIONS: Final = 10_000


@dataclass
class Faults:
    """What goes wrong with a portal; set while it answers, by whoever asks it.

    ``once`` is used up, one fault per question, None for a good answer. ``steady`` holds until it is taken out,
    ``counted`` for so many answers. ``revision`` says how often the past was counted anew. ``asked`` holds the last
    questions: the path with what follows it, and the question.
    """

    once: list[str | None] = field(default_factory=list)
    steady: set[str] = field(default_factory=set)
    counted: dict[str, int] = field(default_factory=dict)
    revision: int = 0
    retry_after: str = "1"
    slow_seconds: float = 1.0
    forced_size: int = 50
    asked: deque[tuple[str, dict[str, Any]]] = field(default_factory=lambda: deque(maxlen=_QUESTIONS))
    _lock: Lock = field(default_factory=Lock, repr=False, compare=False)

    def switch_on(self, *texts: str) -> None:
        """Switch faults on, each ``NAME`` (until it is switched off) or ``NAME:n`` (for the next n answers; of what is
        counted anew, n times). Raises UsageError for another name or number; then nothing is switched on."""
        wanted = [fault_named(text) for text in texts]
        with self._lock:
            for name, times in wanted:
                if FAULTS[name].kind == "past":
                    self.revision += times or 1
                elif times is None:
                    self.steady = {*self.steady, name}
                else:
                    self.counted[name] = times

    def switch_off(self, *names: str) -> None:
        """Switch these off; without a name, all. What was counted anew stays so."""
        with self._lock:
            self.steady = self.steady - set(names) if names else set()
            self.counted = {name: left for name, left in self.counted.items() if names and name not in names}
            if not names:
                self.once.clear()

    def of_answer(self, path: str, question: dict[str, Any], more: Iterable[str] = ()) -> frozenset[str]:
        """The faults of one answer, used up by one; ``more`` are its own. The question is kept in ``asked``."""
        with self._lock:
            self.asked.append((path, question))
            found = {*more, *self.steady, *self.counted}
            self.counted = {name: left - 1 for name, left in self.counted.items() if left > 1}
            if self.once and (name := self.once.pop(0)) is not None:
                found.add(name)
        return frozenset(found)

    def on(self) -> dict[str, Any]:
        """What is switched on, as ``/_faults`` shows it."""
        with self._lock:
            return {
                "steady": sorted(self.steady),
                "counted": dict(self.counted),
                "once": list(self.once),
                "revision": self.revision,
            }


def fault_named(text: str) -> tuple[str, int | None]:
    """A fault and how often it hits, from ``NAME`` or ``NAME:n``. Raises UsageError."""
    name, colon, times = text.strip().partition(":")
    if name not in FAULTS:
        raise UsageError(f"there is no fault {name!r:.60}; allowed are {', '.join(FAULTS)}")
    if not colon:
        return name, None
    if not (times.isascii() and times.isdecimal() and 0 < int(times[:7]) < 1_000_000):  # noqa: PLR2004 as good as always
        raise UsageError(
            f"fault {name}: {times!r:.20} is not how often it hits; write {name}, or {name}:n with n from 1"
        )
    return name, int(times)


def faults_of_one_answer(text: str) -> list[str]:
    """Faults that one question asks for itself, as ``NAME, NAME``. Raises UsageError for what no answer can have."""
    names = [fault_named(part)[0] for part in text.split(",") if part.strip()]
    for name in names:
        if FAULTS[name].kind == "past":
            raise UsageError(f"{name} is no fault of one answer: the past stays changed; POST it to /_faults")
    return names
