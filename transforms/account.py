"""The account of a batch: the five fates of every row, the status of every delivery, and the tables to append.

A row is loaded, quarantined, refused (its delivery was), repeated, or furniture. ``warehouse.append`` has the shape.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

import pyarrow as pa

from catalogue.form import Form
from transforms.decided import overtaken
from transforms.personal import mask_found
from transforms.signed import lay_signatures
from transforms.stage import Arrived
from transforms.submission import submission_number
from warehouse.staging import Staging

_DELIVERY = {
    "delivery_no": pa.int64(),
    "sha256": pa.string(),
    "name": pa.string(),
    "source_code": pa.string(),
    "form_code": pa.string(),
    "form_version": pa.int64(),
    "unit_key": pa.int64(),
    "unit_code": pa.string(),
    "period_code": pa.string(),
    "received_at": pa.timestamp("us"),
    "rows_data": pa.int64(),
    "rows_furniture": pa.int64(),
    "replay_of_key": pa.int64(),
    "reason": pa.string(),
    "submission_no": pa.int64(),
}


def hold_back(area: Staging, disputed: Collection[int]) -> set[int]:
    """The parts that must not be loaded: of refused deliveries, disputed by the gate, without one good row, or sent
    again since by their unit.

    A part all of whose rows are bad would otherwise supersede what the unit sent before by nothing.
    """
    refused = area.rows("""
        SELECT part_no FROM parts
        WHERE unit_key IS NULL
           OR delivery_no IN (SELECT delivery_no FROM findings WHERE severity = 'reject_delivery')""")
    spoiled = area.rows("""
        SELECT part_no FROM staged WHERE part_no > 0
        GROUP BY part_no HAVING count(*) = count(*) FILTER (WHERE row_no IN (SELECT row_no FROM set_aside))""")
    area.put_numbers("disputed", disputed)
    if disputed:
        area.run("""
            INSERT INTO findings
            SELECT DISTINCT s.delivery_no, NULL, NULL, t.code, 'reject_delivery', '', 0, '', '', '', t.allowed, t.advice
            FROM staged s, rule_texts t
            WHERE t.code = 'check.error' AND s.part_no IN (SELECT number FROM disputed)""")
    doubtful = area.rows("""
        SELECT part_no FROM parts
        WHERE delivery_no IN (SELECT delivery_no FROM staged WHERE part_no IN (SELECT number FROM disputed))""")
    return {part for (part,) in [*refused, *spoiled, *doubtful]} | overtaken(area).keys()


def account(area: Staging, form: Form | None, batch: Sequence[Arrived], received: datetime, run_id: str) -> None:
    """After ``hold_back`` and ``conform``: write ``out_deliveries``, ``_quarantine``, ``_issues``, ``_furniture``,
    ``_signatures`` and the layouts."""
    rows, laid = [], dict(area.rows("SELECT delivery_no, rows FROM laid_rows"))
    for one in batch:
        delivery = one.delivery
        period = delivery.period.code if delivery.period else None
        rows.append(
            (
                one.number,
                delivery.sha256,
                delivery.name,
                delivery.source,
                form.form if form else None,
                form.version if form else None,
                delivery.unit_key,
                delivery.unit_code,
                period,
                delivery.arrived_at or received,
                len(one.table.rows) + laid.get(one.number, 0),
                len(one.table.furniture),
                delivery.replay_of,
                delivery.reason,
                submission_number(one.table.clues),
            )
        )
    area.put("arrivals", _DELIVERY, rows)
    area.run(f"""
        CREATE OR REPLACE TABLE out_deliveries AS
        WITH refused AS (SELECT DISTINCT delivery_no FROM findings WHERE severity = 'reject_delivery'),
        faults AS (SELECT DISTINCT delivery_no FROM staged WHERE part_no IN (SELECT number FROM disputed)),
        fates AS (
            SELECT a.delivery_no,
                   a.delivery_no IN (FROM faults) AS is_error,
                   a.delivery_no IN (FROM refused) AS is_refused,
                   (SELECT count(*) FROM conformed c JOIN parts p USING (part_no)
                    WHERE p.delivery_no = a.delivery_no) AS loaded,
                   (SELECT count(*) FROM raw r WHERE r.delivery_no = a.delivery_no AND r.repeated) AS repeated,
                   (SELECT count(*) FROM staged s WHERE s.delivery_no = a.delivery_no
                    AND s.row_no IN (SELECT row_no FROM set_aside)) AS aside,
                   (SELECT count(*) FROM staged s WHERE s.delivery_no = a.delivery_no
                    AND s.row_no NOT IN (SELECT row_no FROM set_aside)
                    AND (s.part_no IN (SELECT number FROM held_back) OR s.part_no <= 0)) AS held,
                   (SELECT count(*) FROM staged s WHERE s.delivery_no = a.delivery_no) AS judged,
                   (SELECT count(*) FROM findings f WHERE f.delivery_no = a.delivery_no) AS findings
            FROM arrivals a)
        SELECT a.* EXCLUDE (rows_data, rows_furniture, replay_of_key, reason, submission_no),
               CASE WHEN is_error THEN 'error' WHEN is_refused OR (aside > 0 AND loaded = 0) THEN 'rejected'
                    WHEN aside > 0 THEN 'partly_accepted' WHEN findings > 0 THEN 'accepted_with_warnings'
                    ELSE 'accepted' END AS status,
               a.rows_data + a.rows_furniture AS rows_read,
               CASE WHEN is_error OR is_refused THEN 0 ELSE loaded END AS rows_loaded,
               CASE WHEN is_error OR is_refused THEN 0 ELSE aside END AS rows_quarantined,
               -- Counted by itself, and not as what is left: a row that got lost on the way must be missed.
               CASE WHEN is_error OR is_refused THEN judged ELSE held END AS rows_refused,
               repeated AS rows_repeated,
               a.rows_furniture,
               '{run_id}' AS run_id,
               CASE WHEN is_error THEN '{run_id}' END AS trace_id,
               a.replay_of_key, a.reason, a.submission_no
        FROM arrivals a JOIN fates USING (delivery_no)""")
    fields = [field.field for field in form.fields] if form else []
    cells = ", ".join(f'"{name}" := r."{name}"' for name in fields)
    content = f"to_json(struct_pack({cells}))"
    area.run(f"""
        CREATE OR REPLACE TABLE out_quarantine AS
        SELECT s.delivery_no, s.part_no, s.sheet AS source_sheet, s.source_row, a.rules,
               CAST({content if fields else "'{}'"} AS VARCHAR) AS content
        FROM staged s JOIN set_aside a USING (row_no) JOIN doubtful r USING (row_no)
        JOIN out_deliveries o ON o.delivery_no = s.delivery_no
        WHERE o.rows_quarantined > 0""")
    mask_found(area)
    area.run("""
        CREATE OR REPLACE TABLE out_issues AS
        SELECT delivery_no, rule AS rule_code, severity, coalesce(sheet, '') AS source_sheet,
               coalesce(source_row, 0) AS source_row, coalesce(letter, '') AS source_column,
               field, found, allowed, advice
        FROM findings ORDER BY delivery_no, source_sheet, source_row, letter, rule""")
    _lay_layouts(area)
    lay_signatures(area, batch)
    pieces: dict[tuple[int, str, str], int] = {}
    for one in batch:
        for piece in one.table.furniture:
            place = (one.number, piece.kind, piece.rule)
            pieces[place] = pieces.get(place, 0) + 1
    area.put(
        "out_furniture",
        {"delivery_no": pa.int64(), "kind": pa.string(), "rule": pa.string(), "rows": pa.int64()},
        [(*place, count) for place, count in pieces.items()],
    )


def _lay_layouts(area: Staging) -> None:
    """Write ``out_layouts`` and ``out_layout_columns``: in which column each field of a sheet stands, of the deliveries
    that bring facts. Most sheets of a form are alike, and share one layout."""
    area.run("""
        CREATE OR REPLACE TABLE out_layouts AS
        SELECT a.delivery_no, a.sheet AS source_sheet,
               sha256(string_agg(concat(a.field, '=', a.letter), chr(10) ORDER BY a.field)) AS layout_hash
        FROM addresses a JOIN out_deliveries o USING (delivery_no)
        WHERE o.rows_loaded > 0 GROUP BY a.delivery_no, a.sheet""")
    area.run("""
        CREATE OR REPLACE TABLE out_layout_columns AS
        SELECT DISTINCT l.layout_hash, a.field, a.letter AS source_column
        FROM out_layouts l JOIN addresses a ON a.delivery_no = l.delivery_no AND a.sheet = l.source_sheet""")


class Judged(Protocol):
    """A verdict of the gate (``expectations.gate.Verdict``), as far as it is kept."""

    @property
    def rule(self) -> str:
        """Code of the rule."""

    @property
    def verdict(self) -> str:
        """Pass, fail or error."""

    @property
    def rows(self) -> int:
        """Rows that were judged."""

    @property
    def broken(self) -> int:
        """Rows that break the rule, by our predicate."""

    @property
    def broken_gx(self) -> int | None:
        """The same by Great Expectations; None where it was not asked."""


def keep_verdicts(area: Staging, run_id: str, form: str, verdicts: Sequence[Judged]) -> None:
    """Write ``out_checks``."""
    area.put(
        "out_checks",
        {
            "run_id": pa.string(),
            "form_code": pa.string(),
            "check_code": pa.string(),
            "verdict": pa.string(),
            "rows_seen": pa.int64(),
            "rows_failed": pa.int64(),
            "rows_failed_gx": pa.int64(),
        },
        [(run_id, form, one.rule, one.verdict, one.rows, one.broken, one.broken_gx) for one in verdicts],
    )
