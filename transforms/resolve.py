"""Names and codes to durable keys: inside the sender's own branch, in the version of the period. Never a guess."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from catalogue.codelist import Codelist, Entry
from catalogue.language import Language
from catalogue.period import Period
from catalogue.programme import Programme
from catalogue.register import Register, Span
from transforms.text import fold, fold_name


@dataclass(frozen=True, slots=True)
class Resolved:
    """A key or a code, or the rule that says why not, with what could have been meant."""

    key: int | None = None
    code: str | None = None
    rule: str | None = None
    candidates: str = ""


class Resolver:
    """The indexes of one programme's registers and codelists, built once per batch."""

    def __init__(self, programme: Programme) -> None:
        self.programme = programme
        self.language: Language = programme.language
        self._entities = {register.register_name: self._index(register) for register in programme.registers}
        self._codes = {codelist.codelist: self._entries(codelist) for codelist in programme.codelists}
        self._inside = lru_cache(maxsize=100_000)(self._is_inside)

    def _index(self, register: Register) -> dict[str, list[Span]]:
        index: dict[str, list[Span]] = {}
        for span in register.spans:
            version = span.version
            words = {fold(version.code, self.language), fold_name(version.name, self.language)}
            words |= {fold_name(version.name_en, self.language)} if version.name_en else set()
            words |= {fold_name(alias, self.language) for alias in version.aliases}
            words |= {fold(alias, self.language) for alias in version.aliases}
            for word in words:
                index.setdefault(word, []).append(span)
        return index

    def _entries(self, codelist: Codelist) -> dict[str, Entry]:
        index: dict[str, Entry] = {}
        for entry in codelist.entries:
            for word in (*entry.aliases, *entry.name.values(), entry.code):
                index[fold(word, self.language)] = entry
        # A code always wins over another entry's alias.
        return index | {fold(entry.code, self.language): entry for entry in codelist.entries}

    def entity(self, text: str, register: str, period: Period | None, unit: int | None, today: date) -> Resolved:
        """The entity that a code or name means, in a period, inside a unit's branch.

        A code beats a name; a name must be borne by exactly one entity of the branch. Without a period it is one that
        exists today, else one that ever did.
        """
        index = self._entities[register]
        for word in (fold(text, self.language), fold_name(text, self.language)):
            spans = index.get(word, [])
            for held in _held(spans, period, today):
                inside = {
                    span.version.key: span
                    for span, day in held
                    if unit is None or self._inside(span.version.key, unit, day)
                }
                if len(inside) == 1:
                    span = next(iter(inside.values()))
                    return Resolved(key=span.version.key, code=span.version.code)
                if inside:
                    named = ", ".join(sorted(f"{span.version.code} {span.version.name}" for span in inside.values()))
                    return Resolved(rule="cell.ambiguous", candidates=named)
        return Resolved(rule="cell.unknown_entity")

    def code(self, text: str, codelist: str, period: Period | None) -> Resolved:
        """The code that a text means, where it may be used in the period."""
        entry = self._codes[codelist].get(fold(text, self.language))
        if entry is None or (period and not entry.valid_within(period.start, period.end)):
            return Resolved(rule="cell.unknown_code")
        return Resolved(code=entry.code)

    def _is_inside(self, key: int, unit: int, day: date) -> bool:
        return not self.programme.branch(unit, day).isdisjoint(self.programme.ancestors(key, day))


def _held(spans: Sequence[Span], period: Period | None, today: date) -> Iterator[list[tuple[Span, date]]]:
    """Which of some versions hold, each with the day that counts; the next best where none of the first is inside."""
    days = (period.end, period.start) if period else (today,)
    for day in days:
        yield [(span, day) for span in spans if span.version.valid_from <= day <= span.valid_to]
    if period is None:
        yield [(span, span.valid_to) for span in spans if span.valid_to < today]
