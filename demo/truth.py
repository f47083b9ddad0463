"""The truth about a world: what every delivery holds, what is wrong in it, and what only looks so. Written first."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from catalogue.check import Severity
from catalogue.delivery import DeliveryStatus

NOTE: Final = "Synthetic: made by chiso from a fixed seed. No figure below was reported by anybody."


@dataclass(frozen=True, slots=True)
class CleanRow:
    """A row that must be in the fact: where it stands, and its value in each column of the fact. Days are ISO texts,
    decimals texts without trailing zeros; an entity has its key and its code as written."""

    sheet: str
    row: int
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Planted:
    """Something to be found, once: by which rule, at which cell. ``cell`` is "D17", "12" for a whole row of a sheet,
    "17:key" in a pull, "" for the whole delivery. ``found`` is the text that stands in the cell."""

    kind: str
    rule: str
    severity: Severity
    sheet: str
    cell: str
    found: str


@dataclass(frozen=True, slots=True)
class Decoyed:
    """A cell that looks wrong and is right."""

    kind: str
    sheet: str
    cell: str
    written: str
    why: str


@dataclass(frozen=True, slots=True)
class Expected:
    """What must become of one delivery. ``name`` is the path below its inbox, or ``<source>/<period>`` of a pull.

    ``planted`` are errors, ``remarks`` warnings about what is right; both are found, nothing else is. ``quarantined``
    and ``repeated`` count rows.
    """

    name: str
    source: str
    form: str | None
    unit: str | None
    period: str | None
    status: DeliveryStatus
    rows: tuple[CleanRow, ...] = ()
    planted: tuple[Planted, ...] = ()
    remarks: tuple[Planted, ...] = ()
    decoys: tuple[Decoyed, ...] = ()
    quarantined: int = 0
    repeated: int = 0


@dataclass(frozen=True, slots=True)
class Truth:
    """The truth about a whole world."""

    programme: str
    seed: int
    deliveries: tuple[Expected, ...]
    note: str = field(default=NOTE)

    def save(self, path: Path) -> None:
        """Write it as JSON. The rows of a delivery stand as one list of columns and one list of values per row."""
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = [json.dumps(_packed(one), ensure_ascii=False, separators=(",", ":")) for one in self.deliveries]
        head = {"note": self.note, "programme": self.programme, "seed": self.seed}
        opened = json.dumps(head, ensure_ascii=False)[:-1]
        path.write_text(f'{opened}, "deliveries": [\n' + ",\n".join(lines) + "\n]}\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Truth:
        """Read what ``save`` wrote."""
        held = json.loads(path.read_text(encoding="utf-8"))
        return cls(held["programme"], held["seed"], tuple(_unpacked(one) for one in held["deliveries"]), held["note"])


def told(value: object) -> Any:
    """A value as the truth writes it."""
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    return value.isoformat() if isinstance(value, date) else value


def _packed(one: Expected) -> dict[str, Any]:
    columns = list(one.rows[0].values) if one.rows else []
    return {
        "name": one.name,
        "source": one.source,
        "form": one.form,
        "unit": one.unit,
        "period": one.period,
        "status": one.status,
        "columns": columns,
        "rows": [[row.sheet, row.row, *row.values.values()] for row in one.rows],
        "planted": [asdict(found) for found in one.planted],
        "remarks": [asdict(found) for found in one.remarks],
        "decoys": [asdict(found) for found in one.decoys],
        "quarantined": one.quarantined,
        "repeated": one.repeated,
    }


def _unpacked(held: dict[str, Any]) -> Expected:
    columns = held.pop("columns")
    rows = tuple(
        CleanRow(sheet, row, dict(zip(columns, values, strict=True))) for sheet, row, *values in held.pop("rows")
    )
    planted, remarks = (tuple(Planted(**one) for one in held.pop(key)) for key in ("planted", "remarks"))
    decoys = tuple(Decoyed(**one) for one in held.pop("decoys"))
    return Expected(**held, rows=rows, planted=planted, remarks=remarks, decoys=decoys)
