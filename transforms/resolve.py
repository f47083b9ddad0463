"""Names and codes to durable keys: inside the sender's own branch, in the version of the period. Never a guess.

In this order, and the first that fits is taken:

1. the code of an entity, 2. its name, 3. an alias of the register, each in the version of the period;
4. a name that the same entity bears at another time;
5. what a person decided: for the sender's own unit, else for everybody; of several decisions the latest;
6. the one name that is close: taken with a warning (``cell.close_name``), never for what is a name already elsewhere.

What two entities of the branch bear is ambiguous, unless marks tell them apart or a person decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

from catalogue.alias import Alias
from catalogue.codelist import Codelist, Entry
from catalogue.language import Language
from catalogue.period import Period
from catalogue.programme import Programme
from catalogue.register import BEFORE_RECORDS, FOREVER, Register, Span
from transforms.likeness import CANDIDATES, Names, agrees
from transforms.text import fold, fold_name

_CODE, _NAME, _ALIAS = range(3)
_RANKS: Final = (_CODE, _NAME, _ALIAS)


@dataclass(frozen=True, slots=True)
class Resolved:
    """A key or a code, or the rule that says why not, with what could have been meant.

    With ``cell.close_name``, a warning, both: the key that was taken, and in ``candidates`` what it is.
    """

    key: int | None = None
    code: str | None = None
    rule: str | None = None
    candidates: str = ""


def standing(aliases: Iterable[Alias], language: Language) -> dict[tuple[str, str, int | None], Alias]:
    """The decisions that count: (register, folded name, unit) -> the latest, where it was not taken back.

    ``aliases`` in the order in which they were decided.
    """
    latest = {(one.register, fold_name(one.name, language), one.unit_key): one for one in aliases}
    return {about: one for about, one in latest.items() if one.entity_key is not None}


class Resolver:
    """The indexes of one programme's registers and codelists, and people's decisions, built once per batch."""

    def __init__(self, programme: Programme, aliases: Iterable[Alias] = ()) -> None:
        self.programme = programme
        self.language: Language = programme.language
        self._entities = {register.register_name: self._index(register) for register in programme.registers}
        self._codes = {codelist.codelist: self._entries(codelist) for codelist in programme.codelists}
        self._decided = standing(aliases, self.language)
        chosen = {alias.entity_key for alias in self._decided.values()}
        self._chosen: dict[int, list[Span]] = {}
        for register in programme.registers if chosen else ():
            for span in register.spans:
                if span.version.key in chosen:
                    self._chosen.setdefault(span.version.key, []).append(span)
        self._inside = lru_cache(maxsize=100_000)(self._is_inside)
        self._below = lru_cache(maxsize=64)(self._all_below)
        self._names = lru_cache(maxsize=4096)(self._branch_names)
        self.entity = lru_cache(maxsize=200_000)(self._entity)

    def _index(self, register: Register) -> dict[str, list[tuple[int, Span]]]:
        """Folded word -> the versions that bear it, and as what."""
        index: dict[str, list[tuple[int, Span]]] = {}
        for span in register.spans:
            version = span.version
            ranks: dict[str, int] = {}
            for alias in version.aliases:
                ranks |= {fold_name(alias, self.language): _ALIAS, fold(alias, self.language): _ALIAS}
            ranks |= dict.fromkeys(self._own_names(span), _NAME)
            ranks[fold(version.code, self.language)] = _CODE
            for word, rank in ranks.items():
                index.setdefault(word, []).append((rank, span))
        return index

    def _own_names(self, span: Span) -> set[str]:
        names = (span.version.name, span.version.name_en)
        return {fold_name(name, self.language) for name in names if name}

    def _entries(self, codelist: Codelist) -> dict[str, Entry]:
        index: dict[str, Entry] = {}
        for entry in codelist.entries:
            for word in (*entry.aliases, *entry.name.values(), entry.code):
                index[fold(word, self.language)] = entry
        # A code always wins over another entry's alias.
        return index | {fold(entry.code, self.language): entry for entry in codelist.entries}

    def _entity(self, text: str, register: str, period: Period | None, unit: int | None, today: date) -> Resolved:
        """The entity that a code or name means, in a period, inside a unit's branch; everywhere where there is none.

        Without a period it is one that exists today, else one that ever did. Never one outside the branch.
        """
        name = fold_name(text, self.language)
        bearers = self._bearers(text, name, register)
        found = self._named(text, bearers, register, period, unit, today)
        if len(found) == 1:
            return _is(found[0])
        decided = self._decision(name, register, period, unit, today)
        if decided:
            return _is(decided)
        if found:
            return Resolved(rule="cell.ambiguous", candidates=_listed(found))
        elsewhen = [one for one in _once([span for rank, span in bearers if rank != _CODE]) if self._ever(one, unit)]
        near = self._names(register, period, unit, today).nearest(name) if unit is not None and name else []
        # What is the name of something already, elsewhere or at another time, is no slip of the pen.
        if near and near[0].close and not bearers:
            span = near[0].span
            return Resolved(span.version.key, span.version.code, "cell.close_name", _listed([span]))
        others = [one.span for one in near if one.span.version.key not in {span.version.key for span in elsewhen}]
        return Resolved(rule="cell.unknown_entity", candidates=_listed(elsewhen, others))

    def _bearers(self, text: str, name: str, register: str) -> list[tuple[int, Span]]:
        """Every version, of any time and place, that bears a text as code, name or alias."""
        index = self._entities[register]
        raw = fold(text, self.language)
        return [*index.get(raw, ()), *(index.get(name, ()) if name != raw else ())]

    def _named(
        self, text: str, bearers: Sequence[tuple[int, Span]], register: str, period: Period | None, unit: int | None,
        today: date,
    ) -> list[Span]:  # fmt: skip
        """The versions of the branch that a text names: one where it is clear, several where it is not."""
        for rank in _RANKS:
            for held in _held([span for one, span in bearers if one == rank], period, today):
                inside = self._within(held, unit)
                if inside:
                    return inside if rank == _CODE else self._by_marks(text, inside)
        # The same entity bears the name at another time, as a district before it became a town. A code of another
        # time is not taken: codes are given out again.
        register_of = self.programme.register_named[register]
        names = [span for rank, span in bearers if rank != _CODE]
        for day in (period.end, period.start) if period else (today,):
            now = [version for span in names if (version := register_of.version(span.version.key, day))]
            inside = self._within([(Span(version, day), day) for version in now], unit)
            if inside:
                return inside
        return []

    def _within(self, held: Sequence[tuple[Span, date]], unit: int | None) -> list[Span]:
        """Those inside a unit's branch, each entity once."""
        inside = [span for span, day in held if unit is None or self._inside(span.version.key, unit, day)]
        return _once(inside)

    def _by_marks(self, text: str, spans: list[Span]) -> list[Span]:
        """Of several that fold alike, those whose marks the text does not contradict; all where it contradicts all."""
        if len(spans) == 1:
            return spans
        agreeing = [
            span
            for span in spans
            if any(
                agrees(text, name, self.language)
                for name in (span.version.name, span.version.name_en, *span.version.aliases)
                if name and fold_name(name, self.language) == fold_name(text, self.language)
            )
        ]
        return agreeing or spans

    def _decision(self, name: str, register: str, period: Period | None, unit: int | None, today: date) -> Span | None:
        """What a person decided that a name means, where that exists in the period, inside the branch."""
        for about in dict.fromkeys((unit, None)):
            alias = self._decided.get((register, name, about))
            spans = self._chosen.get(alias.entity_key or 0, ()) if alias else ()
            for held in _held(spans, period, today):
                inside = self._within(held, unit)
                if inside:
                    return inside[0]
        return None

    def _ever(self, span: Span, unit: int | None) -> bool:
        """True where a version was inside a branch on its last day or its first."""
        days = (span.valid_to, span.version.valid_from)
        return unit is None or any(self._inside(span.version.key, unit, day) for day in days)

    def code(self, text: str, codelist: str, period: Period | None) -> Resolved:
        """The code that a text means, where it may be used in the period."""
        entry = self._codes[codelist].get(fold(text, self.language))
        if entry is None or (period and not entry.valid_within(period.start, period.end)):
            return Resolved(rule="cell.unknown_code")
        return Resolved(code=entry.code)

    def _is_inside(self, key: int, unit: int, day: date) -> bool:
        return not self.programme.branch(unit, day).isdisjoint(self.programme.ancestors(key, day))

    def _all_below(self, day: date) -> dict[int, list[int]]:
        """Entity -> those directly below it on a day, through parents and links, in all registers."""
        below: dict[int, list[int]] = {}
        for register in self.programme.registers:
            for version in register.on(day):
                for above in {version.parent, version.link}:
                    if above is not None:
                        below.setdefault(above, []).append(version.key)
        return below

    def _branch_names(self, register: str, period: Period | None, unit: int, today: date) -> Names:
        """The names and aliases of a unit's branch in a period: those of its last day, then of what ended inside it."""
        held: dict[int, Span] = {}
        for day in (period.end, period.start) if period else (today,):
            waiting = [key for key in self.programme.branch(unit, day) if self.programme.version(key, day)]
            seen = set(waiting)
            while waiting:
                key = waiting.pop()
                version = self.programme.register_named[register].version(key, day)
                if version and key not in held:
                    held[key] = Span(version, day)
                more = [one for one in self._below(day).get(key, ()) if one not in seen]
                seen.update(more)
                waiting += more
        return Names((name, span) for span in held.values() for name in self._every_name(span))

    def _every_name(self, span: Span) -> set[str]:
        return self._own_names(span) | {fold_name(alias, self.language) for alias in span.version.aliases}


def _is(span: Span) -> Resolved:
    return Resolved(key=span.version.key, code=span.version.code)


def _once(spans: Iterable[Span]) -> list[Span]:
    """Each entity once, in its last version of those given, by code."""
    latest = {span.version.key: span for span in spans}
    return sorted(latest.values(), key=lambda span: (span.version.code, span.version.key))


def _listed(*groups: Sequence[Span]) -> str:
    """Codes and names of versions for a person, at most five; the first of two groups with the days it holds."""
    texts = []
    for place, spans in enumerate(groups):
        dated = len(groups) > 1 and place == 0
        texts += [f"{span.version.code} {span.version.name}{_days(span) if dated else ''}" for span in spans]
    more = ", ..." if len(texts) > CANDIDATES else ""
    return ", ".join(texts[:CANDIDATES]) + more


def _days(span: Span) -> str:
    """The days that a version holds, as " [2025-01-01 - 2025-06-30]"."""
    first = "" if span.version.valid_from == BEFORE_RECORDS else span.version.valid_from.isoformat()
    last = "" if span.valid_to == FOREVER else span.valid_to.isoformat()
    return f" [{first} - {last}]".replace("  ", " ") if first or last else ""


def _held(spans: Sequence[Span], period: Period | None, today: date) -> Iterator[list[tuple[Span, date]]]:
    """Which of some versions hold, each with the day that counts; the next best where none of the first is inside."""
    days = (period.end, period.start) if period else (today,)
    for day in days:
        yield [(span, day) for span in spans if span.version.valid_from <= day <= span.valid_to]
    if period is None:
        yield [(span, span.valid_to) for span in spans if span.valid_to < today]
