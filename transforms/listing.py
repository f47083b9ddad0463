"""A list of units that somebody sent or published, beside a register: what it really changes.

How names are written (marks in one place or the other, letter case, spaces, composed letters, abbreviations of the
language) is no change. Codes are compared as they are: code and day are the natural key.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from catalogue.errors import UsageError
from catalogue.language import Language
from catalogue.register import Register, Span, Version
from transforms.likeness import Names, agrees
from transforms.sheet import Book, cells_of
from transforms.text import fold, fold_name

What = Literal["error", "created", "recoded", "renamed", "retyped", "moved", "gone"]
ORDER: Final[tuple[What, ...]] = ("error", "created", "recoded", "renamed", "retyped", "moved", "gone")
_NEAREST: Final = 3


@dataclass(frozen=True, slots=True)
class Unit:
    """A row of a list. ``parent`` is a code."""

    row: int
    code: str
    name: str
    parent: str = ""
    level: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that a list changes, or that is wrong with it. ``row`` 0: a unit of the register that is not listed."""

    what: What
    row: int
    code: str
    name: str
    said: str


@dataclass(frozen=True, slots=True)
class Columns:
    """How the columns of a list are headed; of several ways the first that is there."""

    code: tuple[str, ...] = ("code",)
    name: tuple[str, ...] = ("full_name", "name")
    parent: tuple[str, ...] = ("parent_code", "parent")
    level: tuple[str, ...] = ("level",)


def read_units(book: Book, columns: Columns, language: Language) -> list[Unit]:
    """The units of the first sheet with columns of these headings. Raises UsageError where no sheet has a code and a
    name."""
    seen: list[str] = []
    for sheet in book.sheets:
        for place, line in enumerate(sheet.lines):
            heads = {fold(text, language): column for column, text in cells_of(line).items()}
            code, name, parent, level = (
                next((heads[fold(head, language)] for head in heads_of if fold(head, language) in heads), None)
                for heads_of in (columns.code, columns.name, columns.parent, columns.level)
            )
            if code is not None and name is not None:
                return [
                    Unit(one.row, cells.get(code, ""), cells.get(name, ""), cells.get(parent or 0, ""),
                         cells.get(level or 0, ""))
                    for one in sheet.lines[place + 1 :]
                    for cells in [cells_of(one)]
                ]  # fmt: skip
            seen += heads if not seen else []
    wanted = f"{' or '.join(columns.code)}, and {' or '.join(columns.name)}"
    raise UsageError(
        f"{book.name}: no row is headed {wanted}; found {', '.join(seen) or 'nothing'}; name the columns with --code "
        "and --name"
    )


def differences(register: Register, day: date, units: Sequence[Unit], language: Language) -> list[Difference]:
    """What a list would change in a register as it is on a day, by kind and code; nothing where both say the same.

    Units of the register that are not listed are ``gone`` where the list has any of their level.
    """
    found = list(_errors(units, language))
    held = {span.version.code: span for span in register.spans if span.version.valid_from <= day <= span.valid_to}
    by_key = {span.version.key: span.version for span in held.values()}
    listed = {unit.code: unit for unit in units if unit.code and unit.name}
    levels = {held[code].version.level for code in listed.keys() & held.keys()}
    missing = {code: span for code, span in held.items() if code not in listed and span.version.level in levels}
    names = Names((fold_name(span.version.name, language), span) for span in missing.values())
    types = {fold_name(version.type, language) for version in register.versions if version.type}
    told: set[str] = set()
    for unit in listed.values():
        span = held.get(unit.code)
        if span is None:
            recoded = _same_name(unit, missing.values(), by_key, language)
            if recoded is not None:
                told.add(recoded.code)
                found.append(_said("recoded", unit, f"{recoded.code} {recoded.name} until now"))
            else:
                found.append(_said("created", unit, _near(names, unit, language)))
        else:
            found += _changes(unit, span.version, by_key, listed, held, types, language)
    found += [
        Difference("gone", 0, code, span.version.name, "in the register, not in the list")
        for code, span in missing.items()
        if code not in told
    ]
    return sorted(found, key=lambda one: (ORDER.index(one.what), one.code, one.row))


def _errors(units: Sequence[Unit], language: Language) -> Iterator[Difference]:
    """What is wrong with the list itself: codes twice, blanks, labels written in several ways."""
    seen: dict[str, Unit] = {}
    labels: dict[str, str] = {}
    for unit in units:
        if not unit.code or not unit.name:
            lacking = "no code" if not unit.code else "no name"
            yield _said("error", unit, f"{lacking}: the row was left out; fill it in")
            continue
        first = seen.setdefault(unit.code, unit)
        if first is not unit:
            yield _said("error", unit, f"the code of row {first.row}, {first.name}; the last one was compared")
        label = labels.setdefault(fold(unit.level, language), unit.level)
        if label != unit.level:
            yield _said("error", unit, f"the level {unit.level!r} beside {label!r}; write one of them")


def _changes(
    unit: Unit,
    version: Version,
    by_key: Mapping[int, Version],
    listed: Mapping[str, Unit],
    held: Mapping[str, Span],
    types: set[str],
    language: Language,
) -> Iterator[Difference]:
    if not _same(unit.name, version.name, language):
        folded = {fold_name(name, language) for name in (unit.name, version.name)}
        bare = {_without_type(name, types) for name in folded}
        what: What = "retyped" if len(bare) < len(folded) else "renamed"
        yield _said(what, unit, f"{version.name} until now")
    above = by_key.get(version.parent or 0)
    if unit.parent and (above is None or above.code != unit.parent):
        now = listed[unit.parent].name if unit.parent in listed else ""
        now = now or (held[unit.parent].version.name if unit.parent in held else "which neither list nor register has")
        before = f"{above.code} {above.name}" if above else "nothing"
        yield _said("moved", unit, f"below {unit.parent} {now}; until now below {before}")


def _same(text: str, name: str, language: Language) -> bool:
    return fold_name(text, language) == fold_name(name, language) and agrees(text, name, language)


def _same_name(
    unit: Unit, missing: Iterable[Span], by_key: Mapping[int, Version], language: Language
) -> Version | None:
    """The one unit that is missing from the list and bears the same name below the same parent."""
    found = [
        span.version
        for span in missing
        if _same(unit.name, span.version.name, language)
        and (not unit.parent or unit.parent == getattr(by_key.get(span.version.parent or 0), "code", None))
    ]
    return found[0] if len(found) == 1 else None


def _without_type(folded: str, types: set[str]) -> str:
    return next(
        (folded[len(one) + 1 :] for one in sorted(types, key=len, reverse=True) if folded.startswith(f"{one} ")), folded
    )


def _near(names: Names, unit: Unit, language: Language) -> str:
    near = names.nearest(fold_name(unit.name, language))[:_NEAREST]
    said = "; ".join(f"{one.span.version.code} {one.span.version.name}" for one in near)
    return f"near to what the list lacks: {said}" if said else "like nothing that the list lacks"


def _said(what: What, unit: Unit, said: str) -> Difference:
    return Difference(what, unit.row, unit.code, unit.name, said)
