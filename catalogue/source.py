"""Sources: where deliveries come from. An inbox that agencies fill, or a portal that we ask."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Annotated, Literal

from pydantic import Field

from catalogue.declared import Code, Declared, Name, Words
from catalogue.period import PeriodKind

Clue = Literal["stamp", "folder", "layout"]


class Inbox(Declared):
    """A folder that agencies fill. ``folders`` names what each level of folders is: unit, form, period or any.

    ``identify`` is the order in which form, unit and period of a file are looked for. A unit from a stamp or layout
    must be the folder's own or lie below it.
    """

    source: Name
    kind: Literal["inbox"]
    title: Words
    address: Name = Field(description="The name of an address in the settings: a folder or an fsspec URL")
    outbox: Name | None = Field(default=None, description="Name of the address where receipts are laid for agencies")
    folders: tuple[Literal["unit", "form", "period", "any"], ...] = ()
    identify: tuple[Clue, ...] = ("stamp", "folder", "layout")
    forms: tuple[Code, ...]
    ignore: tuple[str, ...] = (
        "~$*", ".*", "*.tmp", "*.part", "*.partial", "*.filepart", "*.crdownload", "__MACOSX", "Thumbs.db",
        "desktop.ini",
    )  # fmt: skip
    settle_seconds: float = Field(default=1.0, ge=0, description="A file changed later than this ago is being copied")
    file_megabytes: int = Field(default=100, ge=1, description="A larger file is not read, alone or in a zip")
    zip_members: int = Field(default=1_000, ge=1, description="As many files as a zip may hold")
    zip_megabytes: int = Field(default=400, ge=1, description="As much as all files of a zip may unpack to")

    def ignores(self, segment: str) -> bool:
        """Whether a file or folder of that name is passed over, whatever the case of its letters."""
        return any(fnmatchcase(segment.lower(), pattern.lower()) for pattern in self.ignore)


class Contract(Declared):
    """The key names of a paged contract: what a question bears, and where its answer says what."""

    start: str = Field(default="from", description="Question: the period's first day, ISO")
    end: str = Field(default="to", description="Question: the period's last day, ISO")
    page: str = "pageNumber"
    size: str = "pageSize"
    order: str = "orderBy"
    data: str = "data"
    total: str = "totalCount"
    more: str = "hasNextPage"
    current: str = Field(default="currentPage", description="Answer: the number of the page; may be absent")


class Portal(Declared):
    """A system that answers counts over HTTP. Each (portal, period) that is pulled is one delivery of ``form``."""

    source: Name
    kind: Literal["portal"]
    title: Words
    adapter: Literal["one_stop"]
    form: Code
    unit: Code = Field(description="Code of the entity that runs the portal: the respondent")
    address: Name = Field(description="The name of an address in the settings: the base URL")
    path: str
    token: Name = Field(description="The name of the secret that holds the bearer token")
    contract: Contract = Contract()
    query: dict[str, str | int | bool | None] = {}
    order_by: tuple[str, ...]
    key: tuple[str, ...] = Field(description="The keys of a record that identify it in a pull")
    page_size: int = Field(default=200, ge=1, le=500)
    period: PeriodKind = "month"
    calendar: str = "CAL"
    first: str = Field(description="Code of the first period to pull")
    last: str | None = Field(default=None, description="Code of the last period; none: the last one that has ended")
    restate: int = Field(default=1, ge=0, description="How many past periods are pulled again each time")
    timeout_seconds: float = 180.0
    attempts: int = Field(default=5, ge=1)


Source = Annotated[Inbox | Portal, Field(discriminator="kind")]
