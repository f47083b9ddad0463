"""A blank form: the columns, drop-downs and rows of a form for one unit and period, before anything is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from openpyxl.utils import get_column_letter

from catalogue.form import Field, Form
from catalogue.language import Language
from catalogue.period import Period
from catalogue.programme import Programme
from catalogue.register import Register, Version
from receipts.choices import Choices, choices
from transforms.header import JOIN
from transforms.resolve import Resolver

# As many header rows as the reader looks at together.
_MOST_ROWS: Final = 4


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a blank form: where it stands, its labels from top to bottom, what may be chosen in it."""

    field: Field
    number: int
    labels: tuple[str, ...]
    choices: Choices | None

    @property
    def letter(self) -> str:
        """The letters of the column."""
        return get_column_letter(self.number)


@dataclass(frozen=True, slots=True)
class Own:
    """A row that the unit has to fill in, known beforehand: the texts by field."""

    texts: dict[str, str]


@dataclass(frozen=True, slots=True)
class Blank:
    """A blank form. ``language`` is that of messages and instructions; labels stay as the form declares them."""

    programme: Programme
    form: Form
    language: str
    unit: Version | None
    period: Period | None
    columns: tuple[Column, ...]
    rows: tuple[Own, ...]

    @property
    def depth(self) -> int:
        """How many rows its header has."""
        return max(len(column.labels) for column in self.columns)

    @property
    def pack(self) -> Language:
        """The language pack of its messages."""
        return pack(self.programme, self.language)


def pack(programme: Programme, language: str) -> Language:
    """The language pack of a language; the first where there is none."""
    return next((one for one in programme.languages if one.language == language), programme.language)


def blank(
    resolver: Resolver, form: Form, language: str, unit: Version | None, period: Period | None, today: date
) -> Blank:
    """The blank form of a unit and period, each None where it is not known yet."""
    first = 2 if form.layout.serial else 1
    columns = tuple(
        Column(field, number, _labels(field), choices(resolver, form, field, unit, period, today, language))
        for number, field in enumerate(form.columns, start=first)
    )
    rows = _own_rows(resolver.programme, form, unit, period, today) if unit else ()
    return Blank(resolver.programme, form, language, unit, period, columns, rows)


def _labels(field: Field) -> tuple[str, ...]:
    """The label of a column, from the top row of the header to its last: the first declared that fits into it."""
    paths = [tuple(part.strip() for part in label.split(JOIN.strip())) for label in field.header]
    return next((path for path in paths if len(path) <= _MOST_ROWS), paths[0][-_MOST_ROWS:])


def row_field(programme: Programme, form: Form) -> Field | None:
    """The field whose entities are the rows of a form: one row each. None where the rows are something else.

    It is the place of the fact, and nothing beside it tells rows apart: it alone is unique by a check, or it alone
    of the form's fields is a dimension.
    """
    fact = programme.fact[form.fact]
    field = next((one for one in form.fields if one.type == "entity" and one.required and one.to == fact.place), None)
    if field is None:
        return None
    unique = any(check.kind == "unique" and check.fields == (field.field,) for check in form.checks)
    others = [one for one in form.fields if one is not field and one.to and fact.dimension(one.to)]
    return field if unique or not others else None


def _own_rows(programme: Programme, form: Form, unit: Version, period: Period | None, today: date) -> tuple[Own, ...]:
    """The unit's own rows: itself and all below it, or, in another register, the leaves of the branch it links to."""
    field = row_field(programme, form)
    if field is None or field.register_name is None:
        return ()
    day = programme.as_of(unit.key, period) if period else min(today, programme.last_day(unit.key) or today)
    register = programme.register_named[field.register_name]
    if register.register_name == form.respondents.register_name:
        inside = [one for one in register.on(day) if unit.key in _line(register, one, day)]
    else:
        branch = programme.branch(unit.key, day)
        inside = [one for one in register.on(day) if not branch.isdisjoint(programme.ancestors(one.key, day))]
        parents = {one.parent for one in inside}
        inside = [one for one in inside if one.key not in parents]
    name = _name_field(form, field)
    inside.sort(key=lambda one: (_level(register, one), one.code))
    return tuple(Own({field.field: one.code} | ({name: one.name} if name else {})) for one in inside)


def _line(register: Register, version: Version, day: date) -> set[int]:
    """An entity and its parents in its own register."""
    line = {version.key}
    above = version.parent
    while above is not None and above not in line:
        line.add(above)
        found = register.version(above, day)
        above = found.parent if found else None
    return line


def _level(register: Register, version: Version) -> int:
    return register.levels.index(version.level) if version.level in register.levels else len(register.levels)


def _name_field(form: Form, field: Field) -> str | None:
    """The text column that bears the names of the rows: the label of the layout, where it is kept nowhere."""
    label = form.field(form.layout.label) if form.layout.label else None
    return label.field if label and label is not field and label.type == "text" and not label.to else None
