"""Sources: where deliveries come from. An inbox that agencies fill, a folder of extracts, or a portal that we ask."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Annotated, Literal

from pydantic import Field

from catalogue.declared import Code, Declared, Name, Words
from catalogue.period import PeriodKind

Clue = Literal["stamp", "folder", "layout"]

Cron = Annotated[str, Field(pattern=r"^[0-9A-Za-z*,/-]+( [0-9A-Za-z*,/#-]+){4}$")]
"""When something is due: minute, hour, day of month, month and day of week, as 30 5 * * 1-5."""
_WHEN = "When `chiso serve` looks there, as a cron line in the programme's time zone; none: when somebody runs it"


class Folder(Declared):
    """A folder that is filled for us, here or anywhere that fsspec opens. ``folders`` names what each level of folders
    is: unit, form, period or any."""

    source: Name
    title: Words
    address: Name = Field(description="The name of an address in the settings: a folder or an fsspec URL")
    outbox: Name | None = Field(default=None, description="Name of the address where receipts are laid for agencies")
    schedule: Cron | None = Field(default=None, description=_WHEN)
    folders: tuple[Literal["unit", "form", "period", "any"], ...] = ()
    forms: tuple[Code, ...]
    ignore: tuple[str, ...] = (
        "~$*", ".*", "*.tmp", "*.part", "*.partial", "*.filepart", "*.crdownload", "__MACOSX", "Thumbs.db",
        "desktop.ini",
    )  # fmt: skip
    settle_seconds: float = Field(default=1.0, ge=0, description="A file changed later than this ago is being copied")
    file_megabytes: int = Field(default=100, ge=1, description="A larger file is not read, alone or in a zip")

    def ignores(self, segment: str) -> bool:
        """Whether a file or folder of that name is passed over, whatever the case of its letters."""
        return any(fnmatchcase(segment.lower(), pattern.lower()) for pattern in self.ignore)


class Inbox(Folder):
    """A folder that agencies fill with workbooks.

    ``identify`` is the order in which form, unit and period of a file are looked for. A unit from a stamp or layout
    must be the folder's own or lie below it.
    """

    kind: Literal["inbox"]
    identify: tuple[Clue, ...] = ("stamp", "folder", "layout")
    zip_members: int = Field(default=1_000, ge=1, description="As many files as a zip may hold")
    zip_megabytes: int = Field(default=400, ge=1, description="As much as all files of a zip may unpack to")
    signature_minutes: int = Field(
        default=60, ge=0, description="How long a file whose form requires a signature waits for it"
    )


class Extract(Folder):
    """A folder of bulk extracts, .parquet, .csv or .jsonl: records whose columns are the headers of the form's fields.

    No person fills them in, so nothing in them is searched for: form, unit and period are what the folders say, or,
    where these are silent, the only form, ``unit``, and the period in the file's name. Where ``split_by`` names a
    column that holds the period of each record, the records of each period are a delivery of their own.
    """

    kind: Literal["extract"]
    unit: Code | None = Field(default=None, description="Code of the respondent, where no folder says the unit")
    split_by: str | None = Field(default=None, description="The column that holds the period of each record")
    file_megabytes: int = Field(default=50_000, ge=1, description="A larger file is not read")


class Contract(Declared):
    """The key names of a paged contract: what a question bears, and where its answer says what.

    Which of them an adapter uses its own module says; names in points reach into an answer's objects.
    """

    start: str = Field(default="from", description="Question: the period's first day, ISO")
    end: str = Field(default="to", description="Question: the period's last day, ISO")
    year: str | None = Field(default=None, description="Question: the number of the period's year")
    half: str | None = Field(default=None, description="Question: the number of the half in its year, from 1")
    quarter: str | None = Field(default=None, description="Question: the number of the quarter in its year, from 1")
    month: str | None = Field(default=None, description="Question: the number of the month in its year, from 1")
    unit: str | None = Field(default=None, description="Question: the id of the unit, one of the portal's 'ids'")
    envelope: str = Field(default="params", description="Question: the form's field that holds all of it as JSON")
    page: str = "pageNumber"
    size: str = "pageSize"
    order: str | None = "orderBy"
    data: str = "data"
    total: str | None = Field(
        default="totalCount",
        description="Answer: how many records there are; null where it does not say: then all is asked for twice",
    )
    more: str = "hasNextPage"
    last: str = Field(default="last", description="Answer: true on the last page, for contracts that say it so")
    current: str = Field(default="currentPage", description="Answer: the number of the page; may be absent")


class Identifier(Declared):
    """Under which id a portal knows the unit, from a day on: portals give new ids, and keep the old ones."""

    id: str
    valid_from: date = date(1900, 1, 1)


class Rest(Declared):
    """What is left of one key of a record when others are taken away: so a portal counts what nobody noted."""

    of: str
    less: tuple[str, ...]


class Drift(Declared):
    """From which change on a restated figure of a unit is told: ``share`` of what it was or more, and ``least`` or
    more in units of the measure."""

    share: Decimal = Field(default=Decimal(0), ge=0)
    least: Decimal = Field(default=Decimal(0), ge=0)


class Portal(Declared):
    """A system that answers counts over HTTP. Each (portal, period) that is pulled is one delivery of ``form``."""

    source: Name
    kind: Literal["portal"]
    title: Words
    adapter: Literal["one_stop", "gateway", "listing"] = Field(
        description="How it is asked and answers: sources/one_stop.py, sources/gateway.py, sources/listing.py"
    )
    form: Code
    unit: Code = Field(description="Code of the entity that runs the portal: the respondent")
    address: Name = Field(description="The name of an address in the settings: the base URL")
    schedule: Cron | None = Field(default=None, description=_WHEN)
    path: str
    token: Name | None = Field(
        default=None, description="The name of the secret that holds the bearer token; none: it asks for none"
    )
    contract: Contract = Contract()
    query: dict[str, str | int | bool | None] = {}
    ids: tuple[Identifier, ...] = Field(
        default=(), description="The unit's ids in the portal, by the day they hold from"
    )
    order_by: tuple[str, ...] = ()
    key: tuple[str, ...] = Field(min_length=1, description="The keys of a record that identify it in a pull")
    blank: dict[str, str | int | Rest] = Field(
        default={}, description="What an empty value of a record's key counts as, where the portal counts it so itself"
    )
    totals: dict[str, tuple[str, ...]] = Field(
        default={},
        description="Records that add up others, by what a key of theirs holds ('' where it is empty): counted and "
        "left out, as every total is made from the units' own records",
    )
    present: dict[str, tuple[str, ...]] = Field(
        default={},
        description="Values of keys without which the period is not built yet: each must be in a record",
    )
    twice: bool = Field(default=False, description="Whether only two equal readings in a row count as a complete pull")
    page_size: int = Field(default=200, ge=1, le=500)
    period: PeriodKind = "month"
    calendar: str = "CAL"
    first: str = Field(description="Code of the first period to pull")
    last: str | None = Field(default=None, description="Code of the last period; none: the last one that has ended")
    restate: int = Field(
        default=1, ge=0, description="How far back its history may change: so many past periods are pulled again"
    )
    drift: Drift | None = Field(default=None, description="Which changes of history are told; none: they are kept only")
    timeout_seconds: float = Field(default=180.0, gt=0, description="What one answer may take: minutes are usual")
    patience_seconds: float = Field(
        default=1800.0, gt=0, description="How long all pauses and time-outs of one pull may take together"
    )
    attempts: int = Field(default=5, ge=1, description="How often one question is put to a portal that is busy or away")


Source = Annotated[Inbox | Extract | Portal, Field(discriminator="kind")]
