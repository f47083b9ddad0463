"""A delivery: one file or one pull, with what was found out about it; findings about it, cell by cell."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from catalogue.check import Severity
from catalogue.period import Period

DeliveryStatus = Literal["accepted", "accepted_with_warnings", "partly_accepted", "rejected", "error", "repeated"]
Standing = DeliveryStatus | Literal["withdrawn"]
"""What became of a delivery, also where somebody withdrew it afterwards."""


@dataclass(frozen=True, slots=True)
class Cell:
    """The address of a cell. ``sheet`` is a worksheet or a page of a pull, ``row`` is 1-based, ``column`` a letter or
    a record's key. Row 0 and an empty column mean the whole."""

    sheet: str = ""
    row: int = 0
    column: str = ""

    def __str__(self) -> str:
        place = f"{self.column}{self.row}" if self.row and self.column.isupper() else f"{self.row}:{self.column}"
        return f"{self.sheet}!{place}" if self.row or self.column else self.sheet


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with a delivery: by which rule, in which cell, what was found, what is allowed, what to do."""

    rule: str
    severity: Severity
    cell: Cell
    field: str
    found: str
    allowed: str
    advice: str


@dataclass(frozen=True, slots=True)
class Override:
    """A person's decision that a rule may be broken in a delivery: everywhere, or in one sheet or row (0: every row).

    ``number`` is its place in the order of decisions; the latest of a rule and place counts.
    """

    number: int
    sha256: str
    rule: str
    sheet: str
    row: int
    reason: str
    decided_by: str


@dataclass(frozen=True, slots=True)
class SheetUnit:
    """The unit that a sheet reports on, where a workbook has one sheet per unit."""

    sheet: str
    key: int
    code: str


@dataclass(frozen=True, slots=True)
class Submitted:
    """What counts now of a unit and period: the number that its file said its submission has, and its content."""

    unit_key: int
    period: str
    number: int
    content: str


@dataclass(frozen=True, slots=True)
class Signature:
    """What became of the signature that a delivery is to bear, as of the moment ``at`` (UTC) at which both were here.

    ``rule`` is the engine's rule by which it does not hold, empty where it does, and ``found`` what was found then.
    ``name`` and ``sha256`` are of the signature's own bytes, empty where there is none; ``signed`` is the sha256 of the
    bytes that it signs: the file's, or those of the bundle it came in. ``entry`` names the trust list's entries, and
    ``claimed`` is when the signers say they signed, which nobody vouches for.
    """

    policy: Literal["wanted", "required"]
    at: datetime
    unit_key: int | None = None
    rule: str = ""
    found: str = ""
    name: str = ""
    sha256: str = ""
    signed: str = ""
    signer: str = ""
    serial: str = ""
    issuer: str = ""
    claimed: datetime | None = None
    entry: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Bytes that arrived, in the archive under their sha256, and what they claim to be.

    ``unit_key`` is the durable key of the reporting unit. ``refusal`` is set where the delivery cannot be identified
    or must not be taken; it still gets a receipt with that finding. ``units`` are those of a workbook with one sheet
    per unit: then ``unit_key`` is who sent it, and its parts are theirs.

    Of bytes that are judged anew: ``replay_of`` is the key of the delivery as which they arrived, ``reason`` why and
    by whom; ``overrides`` is what people decided about them; ``counting`` is what counts now of their form and arrived
    after some of them, as (unit, period, key of the delivery as which it arrived): what came later is not touched.
    ``submitted`` is what came before it and counts now, where files number their submissions. ``arrived_at`` is when it
    came, UTC, where it is taken in once more (a rebuild); None: now.
    """

    sha256: str
    name: str
    source: str
    received_at: datetime
    size: int
    form: str | None = None
    unit_key: int | None = None
    unit_code: str | None = None
    period: Period | None = None
    refusal: tuple[Finding, ...] = field(default=())
    units: tuple[SheetUnit, ...] = ()
    replay_of: int | None = None
    reason: str | None = None
    overrides: tuple[Override, ...] = ()
    counting: tuple[tuple[int, str, int], ...] = ()
    submitted: tuple[Submitted, ...] = ()
    signature: Signature | None = None
    arrived_at: datetime | None = None
