"""A dialect: how a portal is asked and how it answers, as a programme's ``portal/*.yml`` declares it.

The demo portal speaks every dialect that is declared; which keys a contract has, and what they are called, is data.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeVar, get_args

from pydantic import Field, ValidationError, model_validator

from catalogue.declared import Declared, Name, Words
from catalogue.document import Unreadable, YamlDocument, decoded
from catalogue.errors import SettingsError

Measure = Literal[
    "carried_over", "received_online", "received_direct", "received_post", "received_new", "received_total",
    "resolved_early", "resolved_on_time", "resolved_late", "resolved_total", "pending_in_time", "pending_late",
    "pending_total", "supplement", "returned",
]  # fmt: skip
"""What a portal counts. New is online, direct and post; the total is new and carried over, and resolved and pending."""

MEASURES: tuple[Measure, ...] = get_args(Measure)

Noun = Literal[
    "unit_code", "unit_name", "unit_id", "unit_level", "procedure_code", "procedure_name", "procedure_field",
    "service_level",
]  # fmt: skip
"""What else a record says: of its unit, and of its procedure."""

_T = TypeVar("_T", bound=Declared)

Filter = Literal["unit_code", "unit_id", "unit_level", "province_id"]


class Asked(Declared):
    """What a question bears, by the names of its keys; a key that is not named is not understood.

    The span is either ``start`` and ``end``, days or instants, or ``year`` with perhaps ``half``, ``quarter``,
    ``month``. ``envelope`` is the field of a form that holds the whole question as JSON.
    """

    borne: Literal["json", "form", "query"]
    envelope: str | None = None
    start: str | None = None
    end: str | None = None
    instants: bool = Field(default=False, description="start and end are instants in UTC, as 2024-02-29T17:00:00Z")
    year: str | None = None
    half: str | None = None
    quarter: str | None = None
    month: str | None = None
    page: str
    first_page: int = Field(default=1, ge=0, le=1)
    size: str
    order: str | None = Field(default=None, description="The keys of a record to sort by: a list, or texts with commas")
    filters: dict[str, Filter] = Field(default={}, description="Keys that choose some units; null or absent: all")
    given: dict[str, tuple[str, ...]] = Field(default={}, description="Keys that must hold one of these texts")
    others: tuple[str, ...] = Field(default=(), description="Keys that are taken and mean nothing here")

    @model_validator(mode="after")
    def _has_a_span(self) -> Asked:
        if (self.start is None or self.end is None) == (self.year is None):
            raise ValueError("a question has start and end, or a year; name either")
        if (self.borne == "form") != (self.envelope is not None):
            raise ValueError("an envelope is the field of a form that holds the question; name it for forms only")
        return self


class Answered(Declared):
    """Where an answer says what, by the names of its keys; without ``data`` it is the bare list of records."""

    data: str | None = None
    total: str | None = None
    pages: str | None = None
    current: str | None = None
    size: str | None = None
    count: str | None = Field(default=None, description="How many records this page has")
    more: str | None = Field(default=None, description="Whether pages follow")
    before: str | None = Field(default=None, description="Whether pages go before")
    first: str | None = None
    last: str | None = None
    texts: bool = Field(default=False, description='Figures are texts: "12"')


class Dialect(Declared):
    """A contract that the demo portal speaks, at a path of its own.

    ``record`` says what each key holds; a key in points reaches into objects (``agency.code``). ``per`` is what one
    record counts: a unit, or a procedure of a unit. ``changes`` are the nouns that are others once ids have changed.
    """

    dialect: Name
    title: Words
    method: Literal["GET", "POST"]
    path: str = Field(pattern=r"^(/[^\s?#]+)?$")
    token: bool = Field(default=True, description="A question must bear a token")
    per: Literal["unit", "procedure"]
    asked: Asked
    answered: Answered
    record: dict[str, Measure | Noun]
    changes: tuple[Noun | Literal["province_id"], ...] = ()

    def key_of(self, noun: str) -> str | None:
        """The key of a record that holds a noun or measure; None where none does."""
        return next((key for key, held in self.record.items() if held == noun), None)


def load_dialects(folder: Path) -> tuple[Dialect, ...]:
    """The dialects of a programme: ``portal/*.yml`` but ``population.yml``, by name of file. Raises SettingsError."""
    files = sorted(file for file in folder.glob("*.yml") if file.stem != "population")
    if not files:
        raise SettingsError(
            f"{folder}: no portal to try against: a programme declares one contract in each portal/*.yml"
        )
    return tuple(declared(file, Dialect) for file in files)


def declared(file: Path, model: type[_T]) -> _T:
    """What a file declares. Raises SettingsError that names the file, the place in it and what is wrong there."""
    try:
        return model.model_validate(YamlDocument(decoded(file.read_bytes())).value)
    except Unreadable as error:
        raise SettingsError(f"{file}:{error.line or 1}: {error.found}; allowed is {error.allowed}") from error
    except ValidationError as error:
        said = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}, found {one['input']!r:.60}" for one in error.errors()]
        raise SettingsError(f"{file}: it does not fit its shape:\n" + "\n".join(said)) from error
