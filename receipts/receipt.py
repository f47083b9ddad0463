"""A receipt: what became of one delivery, with every finding. One that refuses something says why."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from catalogue.delivery import DeliveryStatus, Signature
from catalogue.errors import ConservationError
from warehouse.staging import Staging

PER_RULE: Final = 1_000
"""As many findings of one rule as a receipt holds; their number is always told in full."""
CAPPED: Final = 3_000
"""As many findings as a receipt holds in all."""
LONGEST: Final = 500
"""As many characters of one text as a receipt holds: a cell may hold a novel."""

_CELL: Final = re.compile(r"([A-Z]{1,3})([1-9]\d*)")
# status: severities of which one finding at least must say why
_REASONS: Final[Mapping[str, frozenset[str]]] = {
    "rejected": frozenset({"reject_delivery", "reject_row"}),
    "partly_accepted": frozenset({"reject_row"}),
    "error": frozenset({"reject_delivery"}),
    "accepted_with_warnings": frozenset({"warn", "reject_row", "reject_delivery"}),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One finding of a receipt. ``title`` is the column's title where the receipt is worded (``receipts.words``)."""

    rule: str
    severity: str
    sheet: str
    cell: str
    field: str
    found: str
    allowed: str
    advice: str
    title: str = ""

    @property
    def address(self) -> tuple[str, int] | None:
        """Column letters and row; of a whole row its first cell; None where the finding is about more than that."""
        match = _CELL.fullmatch(f"A{self.cell}" if self.cell.isdigit() else self.cell)
        return (match[1], int(match[2])) if match else None


@dataclass(frozen=True, slots=True)
class Tally:
    """How many findings a rule has in a delivery, listed or not."""

    rule: str
    severity: str
    count: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a delivery: status, fates of its rows, findings (examples of each rule, and how many there are).
    ``signed_by``: subjects and serial numbers of certificates whose signature holds, ``signed_at`` as of when (UTC).

    Raises ConservationError where it refuses something and no finding says why, or its counts do not add up.
    """

    name: str
    sha256: str
    form: str | None
    unit: str | None
    period: str | None
    status: DeliveryStatus
    rows_read: int
    rows_loaded: int
    rows_quarantined: int
    rows_refused: int
    rows_repeated: int
    rows_furniture: int
    findings_total: int
    findings: tuple[Line, ...]
    tallies: tuple[Tally, ...] = ()
    source: str = ""
    unit_key: int | None = None
    run_id: str = field(default="", compare=False)
    received_at: str = field(default="", compare=False)
    language: str = ""
    form_title: str = ""
    unit_name: str = ""
    period_label: str = ""
    signed_by: str = ""
    signed_at: str = ""
    no_copy: str = ""
    """Why no copy of the workbook with its cells marked goes with it, in words; empty where one does, or none could."""

    def __post_init__(self) -> None:
        reasons = _REASONS.get(self.status)
        if reasons and not any(line.severity in reasons for line in self.findings):
            raise ConservationError(
                f"the receipt of {self.name!r} says {self.status!r} and holds no finding of the severity "
                f"{' or '.join(sorted(reasons))} among its {len(self.findings)}; whoever sent the file could not know "
                "why: report this as a bug, with the run's staging area"
            )
        counted = sum(tally.count for tally in self.tallies) if self.tallies else len(self.findings)
        if counted != self.findings_total or len(self.findings) > self.findings_total:
            raise ConservationError(
                f"the receipt of {self.name!r} counts {self.findings_total} findings, its rules {counted}, "
                f"{len(self.findings)} are listed; the three must agree: report this as a bug"
            )

    @property
    def has_marks(self) -> bool:
        """Whether a finding is about a cell, so that there is something to mark."""
        return any(line.address for line in self.findings)

    def unlisted(self) -> tuple[Tally, ...]:
        """The findings that are counted and not held, per rule."""
        held = Counter((line.rule, line.severity) for line in self.findings)
        left = (Tally(one.rule, one.severity, one.count - held[one.rule, one.severity]) for one in self.tallies)
        return tuple(one for one in left if one.count)


def receipts(area: Staging) -> tuple[Receipt, ...]:
    """The receipts of a batch, from its staging area: as many findings per rule as ``PER_RULE``, worst rules first."""
    tallies: dict[int, list[Tally]] = {}
    for number, *tally in area.rows("""
            SELECT * FROM (SELECT delivery_no, rule_code, severity, count(*) FROM out_issues GROUP BY ALL)
            ORDER BY delivery_no, severity <> 'reject_delivery', severity <> 'reject_row', rule_code"""):
        tallies.setdefault(number, []).append(Tally(*tally))
    lines: dict[int, list[Line]] = {}
    # The worst first, so that the cap never takes away why something was refused; then in the order of the cells.
    for number, rule, severity, sheet, row, column, *rest in area.rows(f"""
            SELECT delivery_no, rule_code, severity, source_sheet, source_row, source_column,
                   left(field, {LONGEST}), left(found, {LONGEST}), left(allowed, {LONGEST}), advice
            FROM (SELECT *,
                         row_number() OVER (PARTITION BY delivery_no, rule_code, severity
                                            ORDER BY source_sheet, source_row, source_column, found) AS place,
                         CASE severity WHEN 'reject_delivery' THEN 0 WHEN 'reject_row' THEN 1 ELSE 2 END AS weight
                  FROM out_issues)
            WHERE place <= {PER_RULE}
            QUALIFY row_number() OVER (PARTITION BY delivery_no ORDER BY weight, place) <= {CAPPED}
            ORDER BY delivery_no, source_sheet, source_row, len(source_column), source_column, weight, rule_code"""):
        lines.setdefault(number, []).append(
            Line(rule, severity, sheet, cell_of(row, column), *(text or "" for text in rest))
        )
    signers = {
        number: _signed(*row)
        for number, *row in area.rows(
            "SELECT delivery_no, signer, serial_number, judged_as_of FROM out_signatures WHERE rule_code IS NULL"
        )
    }
    names = (
        *("name", "sha256", "form", "unit", "period", "status", "rows_read", "rows_loaded"),
        *("rows_quarantined", "rows_refused", "rows_repeated", "rows_furniture"),
    )
    return tuple(
        Receipt(
            **dict(zip(names, row, strict=True)),
            findings_total=sum(tally.count for tally in tallies.get(number, ())),
            findings=tuple(lines.get(number, ())),
            tallies=tuple(tallies.get(number, ())),
            source=source,
            unit_key=unit_key,
            run_id=run_id,
            received_at=received_at.isoformat(sep=" ", timespec="seconds"),
            signed_by=signers.get(number, ("", ""))[0],
            signed_at=signers.get(number, ("", ""))[1],
        )
        for number, source, unit_key, run_id, received_at, *row in area.rows("""
            SELECT delivery_no, source_code, unit_key, run_id, received_at,
                   name, sha256, form_code, unit_code, period_code, status, rows_read, rows_loaded,
                   rows_quarantined, rows_refused, rows_repeated, rows_furniture
            FROM out_deliveries ORDER BY delivery_no""")
    )


def _signed(signer: str, serial: str, at: datetime) -> tuple[str, str]:
    """What a receipt says of a signature that holds: by whom, and as of when."""
    return f"{signer}, {serial}", at.isoformat(sep=" ", timespec="seconds")


def receipt_of(
    about: Mapping[str, Any], issues: Iterable[Mapping[str, Any]], signature: Signature | None = None
) -> Receipt:
    """The receipt of a delivery that the warehouse holds: its row of ``dim_delivery``, its rows of ``issue``, and the
    signature by which it was judged."""
    found = [dict(one) for one in issues]
    holds = signature is not None and not signature.rule
    signed = _signed(signature.signer, signature.serial, signature.at) if signature and holds else ("", "")
    weights = {"reject_delivery": 0, "reject_row": 1}
    counts = Counter((one["rule_code"], one["severity"]) for one in found)
    found.sort(key=lambda one: (weights.get(one["severity"], 2), one["source_sheet"], one["source_row"]))
    held: list[dict[str, Any]] = []
    listed = Counter[tuple[str, str]]()
    for one in found:
        listed[one["rule_code"], one["severity"]] += 1
        if listed[one["rule_code"], one["severity"]] <= PER_RULE and len(held) < CAPPED:
            held.append(one)
    held.sort(key=lambda one: (one["source_sheet"], one["source_row"], len(one["source_column"]), one["source_column"]))
    return Receipt(
        name=about["name"],
        sha256=about["sha256"],
        form=about["form_code"],
        unit=about["unit_code"],
        period=about["period_code"],
        status=about["status"],
        rows_read=about["rows_read"],
        rows_loaded=about["rows_loaded"],
        rows_quarantined=about["rows_quarantined"],
        rows_refused=about["rows_refused"],
        rows_repeated=about["rows_repeated"],
        rows_furniture=about["rows_furniture"],
        findings_total=len(found),
        findings=tuple(
            Line(
                one["rule_code"],
                one["severity"],
                one["source_sheet"],
                cell_of(one["source_row"], one["source_column"]),
                *(str(one[name])[:LONGEST] for name in ("field", "found", "allowed", "advice")),
            )
            for one in held
        ),
        tallies=tuple(
            Tally(rule, severity, count)
            for (rule, severity), count in sorted(
                counts.items(), key=lambda item: (weights.get(item[0][1], 2), item[0][0])
            )
        ),
        source=about["source_code"],
        unit_key=about["unit_key"],
        run_id=about["run_id"],
        received_at=about["received_at"].isoformat(sep=" ", timespec="seconds"),
        signed_by=signed[0],
        signed_at=signed[1],
    )


def cell_of(row: int, column: str) -> str:
    """A cell as people name it, "B7"; of a pull, the place of the record and its key.

    >>> cell_of(7, "B"), cell_of(3, "dossier_id"), cell_of(0, "")
    ('B7', '3 dossier_id', '')
    """
    lettered = row and column.isupper() and column.isalpha()
    return f"{column}{row}" if lettered else f"{row or ''} {column}".strip()


def to_json(receipt: Receipt) -> str:
    """A receipt as JSON; ``from_json`` reads it back."""
    return json.dumps(asdict(receipt), ensure_ascii=False, indent=2) + "\n"


def from_json(text: str) -> Receipt:
    """The receipt of a JSON text that ``to_json`` made."""
    kept: dict[str, Any] = json.loads(text)
    kept["findings"] = tuple(Line(**line) for line in kept["findings"])
    kept["tallies"] = tuple(Tally(**tally) for tally in kept["tallies"])
    return Receipt(**kept)


def kept_path(folder: Path, sha256: str) -> Path:
    """Where the receipt of a delivery is kept; the file is named by the delivery's hash."""
    return folder / f"{sha256[:16]}.json"


def keep(receipt: Receipt, folder: Path) -> Path:
    """Write a receipt as it came from the pipeline; whoever sees the file sees all of it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = kept_path(folder, receipt.sha256)
    unfinished = path.with_suffix(".tmp")
    unfinished.write_text(to_json(receipt), encoding="utf-8")
    unfinished.replace(path)
    return path
