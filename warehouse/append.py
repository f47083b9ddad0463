"""Append: one transaction writes a batch's deliveries, parts, facts, quarantine, issues and ledger line, or nothing.

Everything is prepared in staging before it begins:

``out_deliveries``   delivery_no and the columns of dim_delivery from sha256 on
``parts``, ``part_content``, ``conformed``, ``held_back``   see transforms
``out_quarantine``, ``out_issues``, ``out_furniture``       delivery_no (and part_no) and the columns of the table
``out_checks``       the columns of check_result
``out_signatures``   delivery_no and the columns of delivery_signature
``out_layouts``, ``out_layout_columns``   delivery_no and the columns of sheet_layout; the columns of layout_column
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import pyarrow as pa
from sqlalchemy import TEXT

from catalogue.errors import ConservationError, WarehouseBusy
from catalogue.fact import Fact
from catalogue.form import Form
from warehouse import schema
from warehouse.dimensions import Rows, arrow_columns
from warehouse.facts import fact_columns
from warehouse.staging import Staging, without_nul
from warehouse.superseded import supersede


@dataclass(frozen=True, slots=True)
class Appended:
    """What an append added: deliveries by number in the batch -> key, parts, rows of facts, parts that repeat one."""

    deliveries: dict[int, int]
    parts: int
    rows: int
    repeats: int


Why = Literal["replay", "override", "correction"]
"""Why bytes that were known are judged anew."""


def check_conservation(area: Staging) -> None:
    """Every row of every delivery has exactly one of the five fates, and those set aside are told of one by one. Raises
    ConservationError, naming the delivery."""
    wrong = area.rows("""
        SELECT name, rows_read, rows_loaded, rows_quarantined, rows_refused, rows_repeated, rows_furniture
        FROM out_deliveries
        WHERE rows_read <> rows_loaded + rows_quarantined + rows_refused + rows_repeated + rows_furniture""")
    if wrong:
        name, read, loaded, aside, refused, repeated, furniture = wrong[0]
        raise ConservationError(
            f"{name}: {read} rows were read, but loaded {loaded} + quarantined {aside} + refused {refused} + repeated "
            f"{repeated} + furniture {furniture} = {loaded + aside + refused + repeated + furniture}; "
            "nothing was written"
        )
    untold = area.rows("""
        SELECT o.name, o.rows_quarantined, count(q.delivery_no) AS told
        FROM out_deliveries o LEFT JOIN out_quarantine q USING (delivery_no)
        GROUP BY o.delivery_no, o.name, o.rows_quarantined HAVING told <> o.rows_quarantined""")
    if untold:
        name, aside, told = untold[0]
        raise ConservationError(
            f"{name}: {aside} rows were set aside, but {told} stand in the quarantine; nothing was written"
        )


def append(
    area: Staging,
    url: str,
    form: Form | None,
    fact: Fact | None,
    periods: Rows,
    owed: Rows,
    run_id: str,
    now: datetime,
    replays: Mapping[int, Why] | None = None,
) -> Appended:
    """Append a prepared batch of one form. Deliveries whose bytes are already known are left out, but for ``replays``:
    numbers in the batch of those that are judged anew, and why.

    ``periods`` are rows of dim_period and ``owed`` of fact_reporting, all that years of the form ask; only new ones are
    added, and what they ask no more is marked. Raises ConservationError, WarehouseBusy.
    """
    why = replays or {}
    check_conservation(area)
    area.put("out_periods", arrow_columns(schema.dim_period), periods)
    area.put("out_owed", arrow_columns(schema.fact_reporting), owed)
    with area.writing(url):
        deliveries = _deliveries(area)
        parts = _parts(area, form.form if form else "", deliveries, why)
        _insert(area, parts, "dim_part")
        rows = _facts(area, fact, parts) if fact else 0
        for name, source in (("quarantine", "out_quarantine"), ("issue", "out_issues"), ("furniture", "out_furniture")):
            _belongings(area, name, source)
        _belongings(area, "delivery_signature", "out_signatures")
        area.run("INSERT INTO warehouse.check_result SELECT * FROM out_checks")
        _belongings(area, "sheet_layout", "out_layouts")
        _only_new(area, "layout_column", "out_layout_columns", ("layout_hash",))
        write_owed(area, form, now)
        said = f"{form.form if form else 'no form'}: {len(deliveries)} deliveries, {parts.num_rows} parts, {rows} rows"
        note(area, "append", f"{said}, judged anew" if why else said, run_id, now)
    stored = sum(1 for part in parts.to_pylist() if part["facts_part_key"] != part["part_key"])
    return Appended(deliveries, parts.num_rows, rows, stored)


def write_owed(area: Staging, form: Form | None, now: datetime) -> None:
    """Inside a transaction: write what of ``out_periods`` and ``out_owed`` is new; mark what is no longer owed."""
    _only_new(area, "dim_period", "out_periods", ("period_code",))
    _only_new(area, "fact_reporting", "out_owed", ("form_code", "unit_key", "period_code"))
    if form is not None:
        supersede(area, form.form, form.valid_from, now)


def note(area: Staging, event: str, detail: str, run_id: str, now: datetime) -> int:
    """Inside a transaction: write a line into the ledger; returns its sequence number."""
    sequence = int(area.one("SELECT coalesce(max(sequence), 0) FROM warehouse.ledger")) + 1
    area.run(
        "INSERT INTO warehouse.ledger (sequence, happened_at, run_id, event, detail) VALUES (?, ?, ?, ?, ?)",
        (sequence, now, run_id, event, detail),
    )
    return sequence


def _deliveries(area: Staging) -> dict[int, int]:
    """Give each new delivery its key and insert it; returns number in the batch -> key. A replay's bytes are known."""
    base = int(area.one("SELECT coalesce(max(delivery_key), 0) FROM warehouse.dim_delivery"))
    hashes = [sha for (sha,) in area.rows("SELECT DISTINCT sha256 FROM out_deliveries")]
    holes = ", ".join("?" for _ in hashes) or "NULL"
    known = {
        sha
        for (sha,) in area.rows(
            f"SELECT sha256 FROM warehouse.dim_delivery WHERE status <> 'error' AND sha256 IN ({holes})", hashes
        )
    }
    keys: dict[int, int] = {}
    arrived = "SELECT delivery_no, sha256, replay_of_key IS NOT NULL FROM out_deliveries ORDER BY delivery_no"
    for number, sha, is_replay in area.rows(arrived):
        if is_replay or sha not in known:
            known.add(sha)
            keys[number] = base + len(keys) + 1
    table = pa.table({"delivery_no": list(keys), "delivery_key": list(keys.values())}, schema=_KEYS)
    area.connection.register("_keys", table)
    columns = [column.name for column in schema.dim_delivery.columns if column.name != "delivery_key"]
    area.run(f"""
        INSERT INTO warehouse.dim_delivery (delivery_key, {", ".join(columns)})
        SELECT k.delivery_key, {", ".join(f"o.{column}" for column in columns)}
        FROM out_deliveries o JOIN _keys k USING (delivery_no) ORDER BY k.delivery_key""")
    return keys


_KEYS = pa.schema([("delivery_no", pa.int64()), ("delivery_key", pa.int64())])
_PARTS = pa.schema(
    [
        ("part_no", pa.int64()),
        *[(column.name, arrow_columns(schema.dim_part)[column.name]) for column in schema.dim_part.columns],
    ]
)


def _parts(area: Staging, form: str, deliveries: dict[int, int], why: Mapping[int, Why]) -> pa.Table:
    """The parts to insert, with their keys, what each supersedes, and where its facts are.

    A part whose content equals the current vintage of the same form, unit and period stores nothing: it points to it.
    Raises WarehouseBusy where a replay would supersede what arrived after the bytes that it judges anew.
    """
    current: dict[tuple[int, str], tuple[int, int, str]] = {}
    arrivals: dict[tuple[int, str], int] = {}
    for unit, period, *vintage, arrival in area.rows(
        """SELECT p.unit_key, p.period_code, p.part_key, p.facts_part_key, p.content_hash,
                  coalesce(d.replay_of_key, p.delivery_key)
           FROM warehouse.dim_part p LEFT JOIN warehouse.dim_delivery d ON d.delivery_key = p.delivery_key
           WHERE p.form_code = ? AND (p.unit_key, p.period_code) IN (SELECT (unit_key, period_code) FROM parts)
           ORDER BY p.part_key""",
        (form,),
    ):
        current[unit, period] = (vintage[0], vintage[1], vintage[2])
        arrivals[unit, period] = arrival
    base = int(area.one("SELECT coalesce(max(part_key), 0) FROM warehouse.dim_part"))
    prepared = area.rows("""
        SELECT p.part_no, p.delivery_no, p.unit_key, p.period_code, p.as_of_date, c.content_hash, c.rows_loaded,
               c.rows_quarantined, c.complete, o.received_at, o.replay_of_key
        FROM parts p JOIN part_content c USING (part_no) JOIN out_deliveries o USING (delivery_no)
        WHERE p.part_no NOT IN (SELECT number FROM held_back)
        ORDER BY o.received_at, p.delivery_no, p.part_no""")
    rows: list[dict[str, Any]] = []
    for number, delivery, unit, period, as_of, content, loaded, aside, complete, received, arrival in prepared:
        if delivery not in deliveries:
            continue
        if arrival is not None and arrivals.get((unit, period), 0) > arrival:
            raise WarehouseBusy(
                f"{form}, {period}: another delivery of the unit was taken in while this one was judged anew, and "
                "nothing was written; replay it again"
            )
        arrivals[unit, period] = arrival or deliveries[delivery]
        key = base + len(rows) + 1
        before = current.get((unit, period))
        same = before is not None and before[2] == content
        facts = before[1] if before is not None and same else key
        reason = why.get(delivery) or ("first" if before is None else "repeat" if same else "resubmission")
        current[unit, period] = (key, facts, content)
        rows.append(
            {
                "part_no": number,
                "part_key": key,
                "delivery_key": deliveries[delivery],
                "form_code": form,
                "unit_key": unit,
                "period_code": period,
                "as_of_date": as_of,
                "content_hash": content,
                "facts_part_key": facts,
                "supersedes_part_key": before[0] if before else None,
                "reason": reason,
                "rows_loaded": loaded,
                "rows_quarantined": aside,
                "complete": complete,
                "received_at": received,
            }
        )
    return pa.Table.from_pylist(rows, schema=_PARTS)


def _insert(area: Staging, rows: pa.Table, table: str) -> None:
    area.connection.register("_parts", rows)
    columns = ", ".join(column.name for column in schema.engine_tables.tables[table].columns)
    area.run(f"INSERT INTO warehouse.{table} ({columns}) SELECT {columns} FROM _parts ORDER BY part_key")


def _facts(area: Staging, fact: Fact, parts: pa.Table) -> int:
    """Insert the rows of the parts that store their own; refuse where fewer or more would arrive than were counted, or
    where the parts have not all rows of their deliveries.

    They come in the order of staging, which is that of deliveries and rows."""
    held = sum(part["rows_loaded"] for part in parts.to_pylist())
    told = area.one("SELECT coalesce(sum(rows_loaded), 0) FROM out_deliveries JOIN _keys USING (delivery_no)")
    if held != told:
        raise ConservationError(
            f"{fact.fact}: the deliveries have {told} rows to load, their parts {held}; nothing was written"
        )
    names = ("source_sheet", "source_row", *fact_columns(fact))
    columns = ", ".join(f'"{name}"' for name in names)
    chosen = ", ".join(f'c."{name}"' for name in names)
    inserted = area.one(f"""
        INSERT INTO warehouse.fact_{fact.fact} (part_key, {columns})
        SELECT p.part_key, {chosen} FROM conformed c JOIN _parts p USING (part_no)
        WHERE p.facts_part_key = p.part_key""")
    counted = sum(part["rows_loaded"] for part in parts.to_pylist() if part["facts_part_key"] == part["part_key"])
    if inserted != counted:
        raise ConservationError(f"{fact.fact}: {counted} rows were to be loaded, {inserted} were; nothing was written")
    return int(inserted)


def _belongings(area: Staging, table: str, source: str) -> None:
    """Insert what belongs to deliveries (and parts), with their keys."""
    declared = schema.engine_tables.tables[table].columns
    columns = [column.name for column in declared]
    keys = {"delivery_key": "k.delivery_key", "part_key": "p.part_key"}
    values = [
        keys.get(one.name) or (without_nul(f"o.{one.name}") if isinstance(one.type, TEXT) else f"o.{one.name}")
        for one in declared
    ]
    joined = "LEFT JOIN _parts p ON p.part_no = o.part_no" if "part_key" in columns else ""
    area.run(f"""
        INSERT INTO warehouse.{table} ({", ".join(columns)})
        SELECT {", ".join(values)} FROM {source} o JOIN _keys k USING (delivery_no) {joined}""")


def _only_new(area: Staging, table: str, source: str, keys: Sequence[str]) -> None:
    """Insert the rows of a staging table whose key the warehouse does not hold yet."""
    same = " AND ".join(f"w.{key} = o.{key}" for key in keys)
    columns = ", ".join(f"o.{column.name}" for column in schema.engine_tables.tables[table].columns)
    area.run(f"""
        INSERT INTO warehouse.{table} SELECT {columns} FROM {source} o
        WHERE NOT EXISTS (SELECT 1 FROM warehouse.{table} w WHERE {same})""")
