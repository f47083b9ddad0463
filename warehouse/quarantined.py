"""What is set aside, and how deliveries were judged last: what a steward looks at, and what a replay compares with."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, text

from warehouse.staging import Staging

# Findings that people's decisions leave behind: their text is part of what was judged.
DECIDED = ("override.applied", "correction.applied")


@dataclass(frozen=True, slots=True)
class Standing:
    """How the bytes of a delivery were judged last. ``arrival`` is the delivery as which they arrived; they are
    ``resubmitted`` where their unit has sent something else for the same form and period since."""

    delivery: int
    arrival: int
    sha256: str
    name: str
    source: str
    form: str | None
    unit: str | None
    period: str | None
    arrived_at: datetime
    status: str
    rows_loaded: int
    rows_quarantined: int
    resubmitted: bool


@dataclass(frozen=True, slots=True)
class Judgement:
    """Everything that a judgement says: the content of each part by (unit, period), rows set aside with their rules,
    findings, the number of rows. Two judgements are equal where nothing differs."""

    parts: dict[tuple[int, str], str] = field(default_factory=dict)
    aside: frozenset[tuple[Any, ...]] = frozenset()
    findings: frozenset[tuple[Any, ...]] = frozenset()
    rows: tuple[int, ...] = ()

    def without(self, places: Collection[tuple[int, str]]) -> dict[tuple[int, str], str]:
        """The parts that are not of some units and periods."""
        return {place: content for place, content in self.parts.items() if place not in places}

    def decided(self, rule: str) -> frozenset[tuple[Any, ...]]:
        """The findings of one rule."""
        return frozenset(one for one in self.findings if one[0] == rule)


_STANDING = """
SELECT d.delivery_key, d.arrival_key, d.sha256, d.name, d.source_code, d.form_code, d.unit_code, d.period_code,
       d.arrived_at, d.status, d.rows_loaded, d.rows_quarantined, d.resubmitted
FROM delivery_standing d
"""
_OPEN = """(d.delivery_key IN (SELECT delivery_key FROM quarantine_open)
            OR (d.status IN ('rejected', 'error') AND NOT d.resubmitted))"""


def standing(connection: Connection, keys: Collection[int]) -> list[Standing]:
    """How the bytes of some deliveries stand, by any of their keys, in order of arrival."""
    query = text(
        f"{_STANDING} WHERE d.sha256 IN (SELECT sha256 FROM dim_delivery WHERE delivery_key IN :keys) "
        "ORDER BY d.arrival_key"
    ).bindparams(bindparam("keys", expanding=True))
    return [Standing(*row) for row in connection.execute(query, {"keys": list(keys)})]


def standing_open(connection: Connection, form: str = "", rule: str = "", *, every: bool = False) -> list[Standing]:
    """The deliveries about which something is open, of a form, with a finding of a rule, in order of arrival;
    ``every`` takes those too that were accepted whole, unless they were sent again."""
    # What was withdrawn counts again only where somebody names it.
    where = ["NOT d.resubmitted AND d.status <> 'withdrawn'" if every else _OPEN]
    if form:
        where.append("d.form_code = :form")
    if rule:
        where.append("d.delivery_key IN (SELECT delivery_key FROM issue WHERE rule_code = :rule)")
    query = f"{_STANDING} WHERE {' AND '.join(where)} ORDER BY d.arrival_key"
    values = {name: value for name, value in (("form", form), ("rule", rule)) if value}
    return [Standing(*row) for row in connection.execute(text(query), values)]


def counting(connection: Connection, form: str, after: int) -> tuple[tuple[int, str, int], ...]:
    """(unit, period, arrival) of what counts now of a form and arrived after some delivery."""
    query = text("""
        SELECT p.unit_key, p.period_code, coalesce(d.replay_of_key, d.delivery_key) AS arrival
        FROM part_current p JOIN dim_delivery d ON d.delivery_key = p.delivery_key
        WHERE p.form_code = :form AND coalesce(d.replay_of_key, d.delivery_key) > :after
        ORDER BY p.unit_key, p.period_code""")
    rows = connection.execute(query, {"form": form, "after": after})
    return tuple((unit, period, arrival) for unit, period, arrival in rows)


def judgements(connection: Connection, keys: Collection[int]) -> dict[int, Judgement]:
    """What was said of some deliveries, by their keys."""

    def ask(query: str) -> list[Any]:
        return list(connection.execute(text(query).bindparams(bindparam("keys", expanding=True)), {"keys": list(keys)}))

    return _judgements(
        ask("SELECT delivery_key, rows_read, rows_repeated FROM dim_delivery WHERE delivery_key IN :keys"),
        ask("SELECT delivery_key, unit_key, period_code, content_hash FROM dim_part WHERE delivery_key IN :keys"),
        ask("SELECT delivery_key, source_sheet, source_row, rules FROM quarantine WHERE delivery_key IN :keys"),
        ask(f"SELECT delivery_key, {_FINDING} FROM issue WHERE delivery_key IN :keys"),
    )


def judgements_staged(area: Staging) -> dict[int, Judgement]:
    """What is about to be said of the deliveries of a batch, by their numbers; parts that are held back left out."""
    return _judgements(
        area.rows("SELECT delivery_no, rows_read, rows_repeated FROM out_deliveries"),
        area.rows("""
            SELECT delivery_no, unit_key, period_code, content_hash FROM parts JOIN part_content USING (part_no)
            WHERE part_no NOT IN (SELECT number FROM held_back)"""),
        area.rows("SELECT delivery_no, source_sheet, source_row, rules FROM out_quarantine"),
        area.rows(f"SELECT delivery_no, {_FINDING} FROM out_issues"),
    )


_FINDING = f"""rule_code, severity, source_sheet, source_row, source_column, coalesce(field, ''), coalesce(found, ''),
    CASE WHEN rule_code IN {DECIDED} THEN allowed ELSE '' END"""


def _judgements(
    rows: Iterable[Any], parts: Iterable[Any], aside: Iterable[Any], findings: Iterable[Any]
) -> dict[int, Judgement]:
    counts: dict[int, tuple[int, ...]] = {key: tuple(some) for key, *some in rows}
    contents: dict[int, dict[tuple[int, str], str]] = {key: {} for key in counts}
    for key, unit, period, content in parts:
        contents[key][unit, period] = content
    held: dict[int, set[tuple[Any, ...]]] = {key: set() for key in counts}
    said: dict[int, set[tuple[Any, ...]]] = {key: set() for key in counts}
    for group, some in ((held, aside), (said, findings)):
        for key, *what in some:
            group[key].add(tuple(what))
    return {key: Judgement(contents[key], frozenset(held[key]), frozenset(said[key]), counts[key]) for key in counts}
