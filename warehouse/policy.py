"""Who may read which rows: one table, role x relation -> rows. Both backends are set up from it.

Legal source: none; decided in docs/adr/0033. A condition is SQL that PostgreSQL and DuckDB read alike, about a row of
``{table}``. ``{at}`` stands before the names of other tables (a catalogue and a dot, or nothing), ``{mine}`` is a
select of the entities that the asker's role ``unit`` is bound to.

What is not in the table (what a later version brings) is read by stewards only.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final, Literal, get_args

from warehouse.release_views import NOW

Role = Literal["steward", "engineer", "analyst", "unit"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)
TABLES: Final[frozenset[Role]] = frozenset({"steward", "engineer"})
"""Roles that are granted tables beside views; the others see views."""

EVERY: Final = "TRUE"
NONE: Final = "FALSE"

_DUE: Final = f"(embargo_until IS NULL OR embargo_until <= {NOW})"


def _shown(column: str) -> str:
    """Rows of releases whose time has come."""
    return f"{{table}}.{column} IN (SELECT release_key FROM {{at}}dim_release WHERE {_DUE})"


def _known(column: str, last: str) -> str:
    """Rows up to the last one that a release whose time has come knows: what is published, and no more."""
    return f"{{table}}.{column} <= (SELECT coalesce(max({last}), 0) FROM {{at}}dim_release WHERE {_DUE})"


# Selects that no row is needed for: a server makes them once per query and looks rows up in what they gave. One that
# is made per row is reckoned with by its planner even where it never runs: a query of three seconds took a minute.
def _today(entity: str) -> str:
    """Rows whose entity is one of the asker's, or lies below one of them today."""
    return f"""({{table}}.{entity} IN ({{mine}}) OR {{table}}.{entity} IN (
        SELECT h.entity_key FROM {{at}}dim_hierarchy h
        WHERE h.ancestor_key IN ({{mine}}) AND CURRENT_DATE BETWEEN h.valid_from AND h.valid_to))"""


def _in_period(entity: str) -> str:
    """Rows whose entity is one of the asker's, or lay below one of them on any day of the row's period."""
    return f"""({{table}}.{entity} IN ({{mine}}) OR ({{table}}.{entity}, {{table}}.period_code) IN (
        SELECT h.entity_key, t.period_code FROM {{at}}dim_hierarchy h
        JOIN {{at}}dim_period t ON h.valid_from <= t.end_date AND h.valid_to >= t.start_date
        WHERE h.ancestor_key IN ({{mine}})))"""


def _of(condition: str, table: str) -> str:
    """The same condition about another table."""
    return condition.replace("{table}", table)


_OWN_PART: Final = _in_period("unit_key")
# A file says its period, or its rows do; what was refused may be of a period that nobody else told of.
_NO_PERIOD: Final = (
    "({table}.period_code IS NULL OR {table}.period_code NOT IN (SELECT k.period_code FROM {at}dim_period k))"
)
_SENT: Final = f"({_in_period('unit_key')} OR ({_NO_PERIOD} AND {_today('unit_key')}))"
_BY_DELIVERY: Final = (
    f"{{table}}.delivery_key IN (SELECT delivery_key FROM {{at}}dim_delivery WHERE {_of(_SENT, 'dim_delivery')})"
)
_BY_BYTES: Final = f"{{table}}.sha256 IN (SELECT sha256 FROM {{at}}dim_delivery WHERE {_of(_SENT, 'dim_delivery')})"
_OWN_PARTS: Final = f"FROM {{at}}dim_part WHERE {_of(_OWN_PART, 'dim_part')}"
_HAS_OWN_PART: Final = f"{{table}}.delivery_key IN (SELECT delivery_key {_OWN_PARTS})"
_OWN_FACT: Final = f"{{table}}.part_key IN (SELECT facts_part_key {_OWN_PARTS})"
_OWN_FIGURE: Final = f"({_shown('from_release')} AND {_in_period('entity_key')})"
# The findings that say why a published figure stands as it does; the others quote cells that are not published.
_EXPLAINS: Final = "{table}.rule_code IN ('override.applied', 'correction.applied', 'correction.stale')"


def _row(steward: str, engineer: str, analyst: str, unit: str) -> dict[Role, str]:
    return {"steward": steward, "engineer": engineer, "analyst": analyst, "unit": unit}


_OPEN: Final = _row(EVERY, EVERY, EVERY, EVERY)
_CLOSED: Final = _row(EVERY, NONE, NONE, NONE)
_OPERATIONS: Final = _row(EVERY, EVERY, NONE, NONE)
_PUBLISHED: Final = _known("part_key", "last_part_key")
_SHOWN: Final = _shown("from_release")
_SEALED: Final = _shown("release_key")
_FACT: Final = _row(EVERY, _PUBLISHED, _PUBLISHED, _OWN_FACT)

POLICY: Final[dict[str, dict[Role, str]]] = {
    # What words, places and periods mean is open to all.
    **dict.fromkeys(
        ("dim_period", "dim_hierarchy", "dim_succession", "dim_boundary", "dim_indicator", "dim_target",
         "layout_column", "alembic_version"),
        _OPEN,
    ),
    # What arrived. A delivery is a unit's where it sent it, or where a part of it is its own (an answer of a portal).
    "dim_delivery": _row(EVERY, EVERY, EVERY, f"({_SENT} OR {_HAS_OWN_PART})"),
    "dim_part": _row(EVERY, EVERY, _PUBLISHED, _OWN_PART),
    "furniture": _row(EVERY, EVERY, EVERY, _BY_DELIVERY),
    "sheet_layout": _row(EVERY, EVERY, EVERY, f"({_BY_DELIVERY} OR {_HAS_OWN_PART})"),
    "quarantine": _row(
        EVERY,
        NONE,
        NONE,
        f"({{table}}.part_key IN (SELECT part_key {_OWN_PARTS}) OR ({{table}}.part_key IS NULL AND {_BY_DELIVERY}))",
    ),
    "issue": _row(EVERY, EVERY, _EXPLAINS, _BY_DELIVERY),
    # Who signed is a person's name.
    "delivery_signature": _row(EVERY, EVERY, NONE, _BY_DELIVERY),
    # What people decided.
    "name_alias": _row(EVERY, EVERY, EVERY, f"({{table}}.unit_key IS NULL OR {_today('unit_key')})"),
    "rule_override": _row(EVERY, EVERY, NONE, _BY_BYTES),
    "withdrawal": _row(EVERY, EVERY, EVERY, f"({_BY_BYTES} OR {_in_period('entity_key')})"),
    "erasure": _row(EVERY, EVERY, NONE, _BY_BYTES),
    "unit_login": _row(EVERY, EVERY, NONE, "{table}.login = CAST(current_user AS TEXT)"),
    # What is owed.
    "fact_reporting": _row(EVERY, EVERY, EVERY, _in_period("unit_key")),
    "obligation_change": _row(EVERY, EVERY, EVERY, _in_period("unit_key")),
    # What is released: nobody but the steward sees a release before its time.
    "fact_indicator": _row(EVERY, _SHOWN, _SHOWN, _OWN_FIGURE),
    "target_status": _row(EVERY, _SHOWN, _SHOWN, _OWN_FIGURE),
    "release_feed": _row(EVERY, _SHOWN, _SHOWN, _SHOWN),
    "release_partition": _row(EVERY, _SEALED, _SEALED, _SEALED),
    "dim_release": _row(EVERY, _DUE, _DUE, _DUE),
    # What ran, and who is told. A run's lines and checks are of many units at once: of none.
    "ledger": _row(EVERY, EVERY, _known("sequence", "ledger_sequence"), NONE),
    "check_result": _row(EVERY, EVERY, EVERY, NONE),
    "incident_event": _row(EVERY, EVERY, NONE, _today("unit_key")),
    **dict.fromkeys(
        ("outbox_message", "outbox_incident", "outbox_attempt", "outbox_reminder", "alert_look"), _OPERATIONS
    ),
}  # fmt: skip
"""Relation -> role -> which of its rows. Tables that a programme declares: see ``policy_of``."""


def is_fact(table: str) -> bool:
    """True for the tables of facts that a programme declares: their rows come with parts."""
    return table.startswith("fact_") and table not in POLICY


def policy_of(table: str) -> dict[Role, str]:
    """The conditions on a table by role. ``fact_...`` and ``dim_...`` that a programme declares: facts of the published
    parts or of the unit's own, and registers and codelists, which are open."""
    if table in POLICY:
        return POLICY[table]
    if is_fact(table):
        return _FACT
    return _OPEN if table.startswith("dim_") else _CLOSED


def rows(role: Role, table: str, *, at: str = "", mine: str = "SELECT -1") -> str:
    """The condition on a table's rows that a role may read, as SQL about the unaliased table.

    ``at`` stands before names of tables; ``mine`` is a select of the entity keys a unit is bound to (none: of nobody).
    """
    words = {"{table}": table, "{at}": at, "{mine}": mine}
    condition = policy_of(table)[role]
    for name, value in words.items():
        condition = condition.replace(name, value)
    return " ".join(condition.split())


def digest(role: Role, tables: list[str]) -> str:
    """sha256 of what a role may read of some tables: another one, where a copy made for the role is out of date."""
    return sha256("\n".join(f"{table}: {rows(role, table)}" for table in sorted(tables)).encode()).hexdigest()
