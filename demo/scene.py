"""The scene: what a programme's ``world/*.yml`` declares about the deliveries that the demo makes up.

Each file is a mapping of some of the keys of ``Scene``; the lists of all files are joined in the order of their names.
The makers are a closed list; a field whose name begins with "_" exists only while rows are made.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, model_validator

from catalogue.check import Operator
from catalogue.declared import Code, Declared, Name, Words
from catalogue.document import Unreadable, YamlDocument, decoded
from catalogue.errors import SettingsError

Plain = bool | int | Decimal | date | str | None
Range = tuple[int, int]
Maker = str
"""A field that is being made; "_" in front marks a helper."""


class Where(Declared):
    """Which rows a maker makes: of these lots, of units or entities of these levels or types, with these values."""

    lots: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    values: dict[Maker, Plain] = {}


class Told(Declared):
    """What another campaign's rows about the same entities come to in the period: the sum of some of its fields."""

    campaign: str
    fields: tuple[Maker, ...]


class Make(Declared):
    """How the values of a field are made. Exactly one of the kinds is given.

    ``text``    one of some templates        ``choose``  one code, by weight (``several`` of them)
    ``count``   a whole number in a range    ``total``   whole numbers that add up, in all or per year
    ``part``    a share of another field     ``same``    as another field
    ``sum``     of other fields, never below 0; "-" in front subtracts
    ``carried`` last period's value of another field; in the first period a ``count``, or the field ``first``
    ``told``    what another campaign tells of the same entities, shared out over their rows by ``weight``
    ``day``     in the period or between two days; ``before`` another field by some days
    ``flag``    true with a probability, or in ``exactly`` so many rows
    ``entity``  what the row is about: row, second, unit    ``value``  the same in every row
    """

    where: Where | None = None
    text: tuple[str, ...] = ()
    choose: dict[str, int] = {}
    several: Range | None = None
    count: Range | None = None
    total: dict[str, int] | int | None = None
    weight: Maker | None = None
    most: Maker | None = None
    least: int = 0
    part: Maker | None = None
    share: tuple[Decimal, Decimal] = (Decimal(0), Decimal(1))
    same: Maker | None = None
    sum: tuple[str, ...] = ()
    carried: Maker | None = None
    first: Maker | None = None
    told: Told | None = None
    day: tuple[date, date] | str | None = None
    before: Maker | None = None
    days: Range = (0, 0)
    flag: Decimal | None = None
    exactly: int | None = None
    entity: str | None = None
    value: Plain = None
    blank: Decimal = Field(default=Decimal(0), description="The share of cells that are left empty")
    once: bool = Field(default=False, description="Made in the first period, kept in the others")


Makers = dict[Maker, Make | tuple[Make, ...]]


class Below(Declared):
    """The entities of a register that lie below a unit (itself, too, where ``itself``), of some levels or types."""

    register_name: Name = Field(alias="register")
    levels: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    itself: bool = False


class Pair(Declared):
    """Entities of some types, each with each of some entities of another register."""

    types: tuple[str, ...]
    register_name: Name = Field(alias="register")
    codes: tuple[str, ...]


class Lot(Declared):
    """Some rows of a campaign, made alike. How many: ``each`` unit and period a number in a range, ``total`` spread
    over them, one (or ``total`` spread) per entity ``below``, one per ``pairs``, one per some words ``drawn`` into a
    field and kept over the periods, or the rows ``listed``."""

    lot: str = "rows"
    each: Range | None = None
    total: int | None = None
    below: Below | None = None
    pairs: tuple[Pair, ...] = ()
    drawn: tuple[str, ...] = ()
    into: Maker | None = None
    listed: tuple[Listed, ...] = ()


class Listed(Declared):
    """A row with given values."""

    unit: Code
    period: str | None = None
    values: dict[Maker, Plain]


class Table(Declared):
    """How the rows of a form are made, wherever a campaign does not say otherwise."""

    form: Code
    values: Makers


class Campaign(Declared):
    """What the respondents of a form send in some periods: everyone who owes it, or ``only`` some, or all ``but`` some.
    A campaign of a portal names its ``source``; ``extra`` are keys of a record that the form ignores."""

    campaign: str
    form: Code
    source: Name | None = None
    periods: tuple[str | None, ...] = (None,)
    on: date | None = Field(default=None, description="The day that counts where a form has no period")
    branches: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    but: tuple[str, ...] = ()
    lots: tuple[Lot, ...]
    values: Makers = {}
    extra: dict[str, str] = {}


class Plus(Declared):
    """The value of the cell and so much more."""

    plus: int


class Fault(Declared):
    """An error that the spreadsheet shows in a cell."""

    error: str


Cells = dict[Name, Plus | Fault | Plain]


class Find(Declared):
    """What must be found: the rule, and for a rule of the engine the field; else the first that the check reads."""

    rule: Code
    field: Name | None = None
    at: str = Field(default="cell", description="cell, header, file, unit, period, stamp, or the label of a column")


class Plant(Declared):
    """A known error: so many additional ``rows`` (or an ``existing`` one) made like the others of its lot, with
    ``values`` set before what depends on them is made, and ``cells`` written over afterwards. Or a ``total`` row that
    is wrong, or columns that are added or left out. ``same`` copies cells of an existing row; ``repeat`` all."""

    plant: str
    campaign: str
    unit: Code
    period: str | None = None
    lot: str | None = None
    entity: Code | None = None
    second: Code | None = None
    existing: bool = False
    rows: int = 1
    values: dict[Maker, Plain] = {}
    cells: Cells = {}
    same: tuple[Name, ...] = ()
    repeat: bool = False
    total: dict[Name, int] = {}
    columns: dict[str, tuple[str, ...]] = {}
    drop: tuple[Name, ...] = ()
    file: bool = Field(default=False, description="Nothing in the file is wrong: what is found is of the file as such")
    finds: tuple[Find, ...] = ()


class Decoy(Declared):
    """What looks wrong and is right: a cell of a clean row with ``holds`` (a value, or ``least`` so much), written as a
    template says; or a file in a certain ``manner``, pointed ``at`` in one place of it."""

    decoy: str
    campaign: str
    unit: Code | None = None
    period: str | None = None
    field: Name | None = None
    holds: Plain = None
    least: int | None = None
    where: dict[Name, Plain] = {}
    set: Plain = None
    write: str | int | Decimal | None = None
    hide: bool = False
    manner: dict[str, Any] = {}
    at: str = "cell"
    why: Words
    warns: Code | None = None


class Stray(Declared):
    """A file that no campaign would bring: ``content`` as it is, or ``like`` the file of a unit in a campaign, laid
    into the folder of another ``unit``, saying other things in its head, with columns left out or added."""

    stray: str
    unit: Code
    name: str
    content: str | None = None
    source: Name | None = None
    campaign: str | None = None
    like: Code | None = None
    period: str | None = None
    says: dict[str, str] = {}
    drop: tuple[Name, ...] = ()
    columns: dict[str, tuple[str, ...]] = {}
    same_bytes: bool = False
    manner: dict[str, Any] = {}
    finds: tuple[Find, ...] = ()


class Manners(Declared):
    """How offices write. Texts are templates over form, title, unit, unit_label, stamp_label, period, period_label,
    above (what the unit lies below). ``shares`` say how often a file is written in a way."""

    letterheads: tuple[tuple[tuple[str, ...], ...], ...]
    closings: tuple[tuple[tuple[str, ...], ...], ...] = ((),)
    units: tuple[str, ...]
    periods: dict[str, tuple[str, ...]] = {}
    files: tuple[str, ...]
    sheets: tuple[str, ...]
    shares: dict[str, Decimal] = {}


class Figure(Declared):
    """A published figure that must come out of the warehouse."""

    figure: str
    indicator: Code
    place: Code
    boundary: date
    period: str
    operator: Operator = "="
    value: Decimal
    of_n: int | None = None
    words: Words


class Scene(Declared):
    """Everything that the files of a world declare, joined."""

    manners: Manners
    tables: tuple[Table, ...] = ()
    campaigns: tuple[Campaign, ...]
    plants: tuple[Plant, ...] = ()
    decoys: tuple[Decoy, ...] = ()
    strays: tuple[Stray, ...] = ()
    figures: tuple[Figure, ...] = ()

    @model_validator(mode="after")
    def _names_exist(self) -> Scene:
        names = [one.campaign for one in self.campaigns]
        said = [one.campaign for one in self.plants] + [one.campaign for one in self.decoys]
        for campaign in (*said, *(one.campaign for one in self.strays if one.campaign is not None)):
            if campaign not in names:
                raise ValueError(f"the campaign {campaign!r} is not declared; known are {', '.join(names)}")
        return self


def load_scene(folder: Path) -> Scene:
    """The scene of a world folder. Raises SettingsError that names the file and what is wrong in it."""
    joined: dict[str, Any] = {}
    files = sorted(folder.glob("*.yml"))
    if not files:
        raise SettingsError(f"{folder}: no world: a programme that has a demo declares it in {folder.name}/*.yml")
    for file in files:
        try:
            found = YamlDocument(decoded(file.read_bytes())).value
        except Unreadable as error:
            raise SettingsError(f"{file}:{error.line or 1}: {error.found}; allowed is {error.allowed}") from error
        if not isinstance(found, dict):
            raise SettingsError(f"{file}: a list; allowed is keys with values: {', '.join(Scene.model_fields)}")
        for key, value in found.items():
            if isinstance(value, list):
                joined[key] = [*joined.get(key, []), *value]
            else:
                joined[key] = value
    try:
        return Scene.model_validate(joined)
    except ValidationError as error:
        said = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}, found {one['input']!r:.60}" for one in error.errors()]
        raise SettingsError(f"{folder}: the world does not fit its shape:\n" + "\n".join(said)) from error
