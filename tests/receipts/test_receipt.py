"""A receipt that refuses something says why; findings are held by example and counted in full."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from catalogue.errors import ConservationError
from receipts.receipt import CAPPED, PER_RULE, Tally, from_json, keep, kept_path, receipts, to_json
from tests.receipts.slips import line, slip
from warehouse.staging import staging_area


@pytest.mark.parametrize(
    ("status", "severities", "may_be"),
    [
        ("rejected", [], False),
        ("rejected", ["warn"], False),
        ("rejected", ["reject_row"], True),
        ("rejected", ["reject_delivery", "warn"], True),
        ("partly_accepted", [], False),
        ("partly_accepted", ["warn"], False),
        ("partly_accepted", ["reject_row", "warn"], True),
        ("error", [], False),
        ("error", ["reject_delivery"], True),
        ("accepted_with_warnings", [], False),
        ("accepted_with_warnings", ["warn"], True),
        ("accepted", [], True),
    ],
)
def test_whoever_is_refused_something_is_told_why(status: str, severities: list[str], may_be: bool) -> None:
    lines = [line(severity=severity) for severity in severities]
    if may_be:
        assert slip(status, lines).status == status
    else:
        with pytest.raises(ConservationError, match=f"{status}.*could not know"):
            slip(status, lines)


@pytest.mark.parametrize(
    "about",
    [{"findings_total": 2}, {"findings_total": 0}, {"tallies": (Tally("cell.missing", "reject_row", 7),)}],
)
def test_counts_that_do_not_agree_are_no_receipt(about: dict[str, Any]) -> None:
    with pytest.raises(ConservationError, match="the three must agree"):
        slip("partly_accepted", [line()], **about)


def test_a_kept_receipt_is_read_back_as_it_was(tmp_path: Path) -> None:
    made = slip("partly_accepted", [line(found="mười"), line("R1", "C8", severity="warn")])
    path = keep(made, tmp_path / "receipts")
    assert path == kept_path(tmp_path / "receipts", made.sha256)
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    assert from_json(path.read_text(encoding="utf-8")) == from_json(to_json(made)) == made


@pytest.mark.parametrize(
    ("cell", "address"),
    [("B7", ("B", 7)), ("AA12", ("AA", 12)), ("6", ("A", 6)), ("", None), ("3 dossier", None), ("dossier", None)],
)
def test_a_finding_is_at_a_cell_a_row_or_neither(cell: str, address: tuple[str, int] | None) -> None:
    assert line(cell=cell).address == address


def test_examples_are_capped_per_rule_and_the_reason_of_a_refusal_is_never_capped_away(tmp_path: Path) -> None:
    """Thousands of warnings by many rules, and one finding that sets a row aside, in the last row."""
    many = PER_RULE + 500
    found = [(1, f"W{rule}", "warn", "S", row, "B") for rule in range(6) for row in range(1, many + 1)]
    found.append((1, "cell.missing", "reject_row", "Z", 9_999, "C"))
    with staging_area(tmp_path / "area.duckdb") as area:
        area.put(
            "out_issues",
            {
                "delivery_no": pa.int64(),
                "rule_code": pa.string(),
                "severity": pa.string(),
                "source_sheet": pa.string(),
                "source_row": pa.int64(),
                "source_column": pa.string(),
                **dict.fromkeys(("field", "found", "allowed", "advice"), pa.string()),
            },
            [(*one, "total", "x" * 2_000, "", "") for one in found],
        )
        kinds = {name: pa.string() for name in ("signer", "serial_number", "rule_code")}
        signed = {"delivery_no": pa.int64(), **kinds, "judged_as_of": pa.timestamp("us")}
        area.put("out_signatures", signed, [(1, "CN=A", "5F", None, datetime(2024, 2, 1, 7))])
        counts = ", ".join(f"1 AS rows_{name}" for name in ("loaded", "quarantined", "refused", "repeated"))
        area.run(f"""
            CREATE TABLE out_deliveries AS
            SELECT 1 AS delivery_no, 'f.xlsx' AS name, 'abc' AS sha256, 'inbox' AS source_code, 11 AS unit_key,
                   'r1' AS run_id, TIMESTAMP '2024-02-01 08:00:00' AS received_at, 'F' AS form_code,
                   'U' AS unit_code, '2024-01' AS period_code, 'partly_accepted' AS status, 4 AS rows_read, {counts},
                   0 AS rows_furniture""")
        (told,) = receipts(area)
    assert (told.signed_by, told.signed_at) == ("CN=A, 5F", "2024-02-01 07:00:00")
    assert told.findings_total == len(found)
    assert len(told.findings) == CAPPED
    assert told.tallies[0] == Tally("cell.missing", "reject_row", 1)
    assert {one.count for one in told.tallies[1:]} == {many}
    assert told.findings[-1].rule == "cell.missing"
    assert sum(one.count for one in told.unlisted()) == len(found) - CAPPED
    assert max(len(one.found) for one in told.findings) < 2_000
