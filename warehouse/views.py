"""The views that people read, generated from the declaration. The same SQL on both backends.

<fact>            current vintage, with names as of the period's end      <fact>_history   every vintage, known_from/to
<fact>_frozen     what was known on the day it was due  drift             what restated vintages changed, per unit
<entity>          versions of a register with valid_to                    place            all registers' versions
target            each target beside the latest value of its place        fates            the five fates of rows
hierarchy         who lies below whom, between which days                 releases         see warehouse.release_views
succession        who succeeded whom, with names                          boundaries       see warehouse.boundary_views
row_reason        why a row stands that broke a rule or was mended        overridden        rows that broke a rule
quarantine_open   rows that are still set aside                           delivery_standing how bytes were judged last
correction_use    how often each correction was applied, or out of date
obligation, finding                                     see warehouse.reporting_views
incident          what is or was wrong, and how it stands            outbox            messages, sent and waiting
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from catalogue.fact import Fact
from catalogue.programme import Programme
from catalogue.register import Register
from warehouse.alert_tables import INCIDENT, OUTBOX
from warehouse.boundary_views import boundary_views
from warehouse.explaining import drop_explaining
from warehouse.facts import fact_columns
from warehouse.reconciling import reconciliation_views
from warehouse.release_views import release_views
from warehouse.reporting_views import reporting_views
from warehouse.schema import fact_indicator

_PART_CURRENT = """
SELECT p.* FROM dim_part p
JOIN (SELECT max(part_key) AS part_key FROM dim_part GROUP BY form_code, unit_key, period_code) latest
  ON latest.part_key = p.part_key
"""
_PART_HISTORY = """
SELECT p.*, p.received_at AS known_from,
       lead(p.received_at) OVER (PARTITION BY p.form_code, p.unit_key, p.period_code ORDER BY p.part_key) AS known_to
FROM dim_part p
"""
# The vintage that was known when the day on which it was due ended, in the programme's zone.
_PART_FROZEN = """
SELECT p.*, r.due_at FROM dim_part p
JOIN fact_reporting r ON r.form_code = p.form_code AND r.unit_key = p.unit_key AND r.period_code = p.period_code
JOIN (SELECT max(k.part_key) AS part_key FROM dim_part k
      JOIN fact_reporting o ON o.form_code = k.form_code AND o.unit_key = k.unit_key AND o.period_code = k.period_code
      WHERE CAST(k.received_at AT TIME ZONE 'UTC' AT TIME ZONE '{zone}' AS DATE) <= o.due_at
      GROUP BY k.form_code, k.unit_key, k.period_code) latest
  ON latest.part_key = p.part_key
"""
# The latest judgement of the same bytes. ``resubmitted``: their unit has sent something else of form and period since.
_STANDING = """
SELECT d.*, a.delivery_key AS arrival_key, a.received_at AS arrived_at,
       EXISTS (SELECT 1 FROM dim_delivery e
               WHERE e.form_code = d.form_code AND e.unit_key = d.unit_key AND e.replay_of_key IS NULL
                 AND e.period_code IS NOT DISTINCT FROM d.period_code AND e.status <> 'error'
                 AND e.sha256 <> d.sha256 AND e.delivery_key > a.delivery_key) AS resubmitted
FROM dim_delivery d
JOIN (SELECT max(delivery_key) AS delivery_key FROM dim_delivery GROUP BY sha256) latest
  ON latest.delivery_key = d.delivery_key
JOIN dim_delivery a ON a.delivery_key = coalesce(d.replay_of_key, d.delivery_key)
"""
_QUARANTINE_OPEN = """
SELECT q.delivery_key, d.name, d.source_code, d.form_code, coalesce(p.unit_key, d.unit_key) AS unit_key, d.unit_code,
       coalesce(p.period_code, d.period_code) AS period_code, q.source_sheet, q.source_row, q.rules, q.content,
       d.arrived_at AS open_since
FROM quarantine q
JOIN delivery_standing d ON d.delivery_key = q.delivery_key
LEFT JOIN part_current p ON p.part_key = q.part_key
WHERE p.part_key IS NOT NULL OR (q.part_key IS NULL AND NOT d.resubmitted)
"""
_ROW_REASON = """
SELECT part_key, source_sheet, source_row,
       string_agg(override_reason, '; ' ORDER BY override_reason) AS override_reason,
       string_agg(correction_reason, '; ' ORDER BY correction_reason) AS correction_reason
FROM (SELECT DISTINCT p.part_key, i.source_sheet, i.source_row,
             CASE WHEN i.rule_code = 'override.applied' THEN i.allowed END AS override_reason,
             CASE WHEN i.rule_code = 'correction.applied' THEN i.allowed END AS correction_reason
      FROM issue i JOIN dim_part p ON p.delivery_key = i.delivery_key
      WHERE i.rule_code IN ('override.applied', 'correction.applied')) reasons
GROUP BY part_key, source_sheet, source_row
"""
# What a finding of a correction allows begins with the correction's code (transforms.correct).
_CORRECTION_USE = """
SELECT split_part(i.allowed, ':', 1) AS correction_code,
       count(CASE WHEN i.rule_code = 'correction.applied' THEN 1 END) AS rows_mended,
       count(CASE WHEN i.rule_code = 'correction.stale' THEN 1 END) AS rows_stale,
       max(i.delivery_key) AS delivery_key
FROM issue i JOIN delivery_standing d ON d.delivery_key = i.delivery_key
WHERE i.rule_code IN ('correction.applied', 'correction.stale') AND NOT d.resubmitted
GROUP BY split_part(i.allowed, ':', 1)
"""
_FATES = """
SELECT d.delivery_key, d.name, d.form_code, d.status, d.rows_read,
       d.rows_loaded, d.rows_quarantined, d.rows_refused, d.rows_repeated, d.rows_furniture,
       (SELECT count(*) FROM quarantine q WHERE q.delivery_key = d.delivery_key) AS quarantine_found,
       (SELECT coalesce(sum(p.rows_loaded), 0) FROM dim_part p WHERE p.delivery_key = d.delivery_key) AS loaded_found,
       (SELECT coalesce(sum(f.rows), 0) FROM furniture f WHERE f.delivery_key = d.delivery_key) AS furniture_found,
       d.rows_read = d.rows_loaded + d.rows_quarantined + d.rows_refused + d.rows_repeated + d.rows_furniture AS adds_up
FROM dim_delivery d
"""


def _coverage(table: str) -> str:
    """Reports received of those expected, half-up to 6 places: by whole numbers, as each database divides others its
    own way."""
    twice = f"(2000000 * {table}.reports_received + {table}.reports_expected)"
    whole = f"({twice} - {twice} % (2 * {table}.reports_expected)) / (2 * {table}.reports_expected)"
    return f"CAST(CAST({whole} AS NUMERIC(18, 6)) / 1000000 AS NUMERIC(18, 6))"


_TARGET = f"""
SELECT t.target_code, t.indicator_code, t.kind, p.code AS place_code, p.name AS place_name, t.year, t.operator,
       t.value AS target_value, v.period_code AS latest_period, v.value, v.numerator, v.denominator, v.approx,
       CASE WHEN v.reports_expected = 0 THEN NULL ELSE {_coverage("v")} END AS coverage,
       coalesce(v.target_status, 'no_data') AS status, t.words, t.document, t.entity_key
FROM dim_target t
LEFT JOIN place p ON p.entity_key = t.entity_key AND t.boundary_date BETWEEN p.valid_from AND p.valid_to
LEFT JOIN (
    SELECT *, row_number() OVER (PARTITION BY target_code ORDER BY end_date DESC, start_date) AS place_in_line
    FROM (SELECT s.target_code, s.target_status, h.period_code, h.start_date, h.end_date, h.value, h.numerator,
                 h.denominator, h.approx, h.reports_received, h.reports_expected
          FROM target_status s
          JOIN (SELECT target_code, indicator_code, entity_key, period_code, max(from_release) AS from_release
                FROM target_status WHERE from_release IN (SELECT release_key FROM release)
                GROUP BY target_code, indicator_code, entity_key, period_code) n
               ON n.target_code = s.target_code AND n.indicator_code = s.indicator_code
               AND n.entity_key = s.entity_key AND n.period_code = s.period_code AND n.from_release = s.from_release
          JOIN indicator h ON h.indicator_code = s.indicator_code AND h.entity_key = s.entity_key
               AND h.period_code = s.period_code) known
) v ON v.target_code = t.target_code AND v.place_in_line = 1
"""


def create_views(connection: Connection, programme: Programme) -> None:
    """Drop and create every view."""
    views = _views(programme)
    drop_explaining(connection)
    for name in reversed(views):
        connection.execute(text(f"DROP VIEW IF EXISTS {name}"))
    for name, select in views.items():
        connection.execute(text(f"CREATE VIEW {name} AS {select}"))


def _views(programme: Programme) -> dict[str, str]:
    """Name -> select, in an order in which each reads only earlier ones."""
    views = {"part_current": _PART_CURRENT, "part_history": _PART_HISTORY, "delivery_standing": _STANDING}
    views |= {"quarantine_open": _QUARANTINE_OPEN, "row_reason": _ROW_REASON, "correction_use": _CORRECTION_USE}
    views["part_frozen"] = _PART_FROZEN.format(zone=programme.header.time_zone.replace("'", "''"))
    for register in programme.registers:
        views[register.entity] = _register_view(register)
    views["place"] = " UNION ALL ".join(_place(register) for register in programme.registers) or _NO_PLACE
    views |= reporting_views(programme.header.time_zone)
    for fact in programme.facts:
        views[fact.fact] = _fact_view(programme, fact, "part_current", "")
        views[f"{fact.fact}_frozen"] = _fact_view(
            programme, fact, "part_frozen", "p.received_at AS known_from, p.due_at, "
        )
        views[f"{fact.fact}_history"] = _fact_view(programme, fact, "part_history", "p.known_from, p.known_to, ")
    views["overridden"] = " UNION ALL ".join(_overridden(fact) for fact in programme.facts) or _NOTHING_OVERRIDDEN
    views["drift"] = " UNION ALL ".join(_drift(fact) for fact in programme.facts if fact.measures) or _NO_DRIFT
    views |= reconciliation_views(programme)
    views["hierarchy"] = "SELECT * FROM dim_hierarchy"
    views |= {"incident": INCIDENT, "outbox": OUTBOX}
    views |= {"fates": _FATES, **release_views(programme, _coverage("f")), "target": _TARGET}
    views |= boundary_views(_coverage("v"), tuple(column.name for column in fact_indicator.columns))
    return views


_NO_PLACE = """
SELECT CAST(NULL AS BIGINT) AS entity_key, CAST(NULL AS TEXT) AS register, CAST(NULL AS TEXT) AS code,
       CAST(NULL AS TEXT) AS name, CAST(NULL AS TEXT) AS level, CAST(NULL AS TEXT) AS type,
       CAST(NULL AS BIGINT) AS parent_key, CAST(NULL AS BIGINT) AS link_key, CAST(NULL AS DATE) AS valid_from,
       CAST(NULL AS DATE) AS valid_to, CAST(NULL AS DATE) AS named_to
"""


def _register_view(register: Register) -> str:
    entity = register.entity
    return f"""
SELECT {entity}_key, {entity}_code, name, name_en, level, type, parent_key, link_key, valid_from, valid_to, document
FROM (SELECT *, coalesce(CAST(lead(valid_from) OVER (PARTITION BY {entity}_key ORDER BY valid_from)
                              - INTERVAL '1 day' AS DATE), DATE '9999-12-31') AS valid_to
      FROM dim_{entity}) versions
WHERE event NOT IN ('merged', 'split', 'abolished')
"""


def _place(register: Register) -> str:
    entity = register.entity
    # The name of the register stands outside the window: so a planner knows which registers a query asks for.
    return f"""
SELECT entity_key, CAST('{register.register_name}' AS TEXT) AS register, code, name, level, type,
       parent_key, link_key, valid_from, valid_to, named_to
FROM (SELECT {entity}_key AS entity_key, {entity}_code AS code, name, level, type, parent_key, link_key, valid_from,
             valid_to, CASE WHEN valid_to = max(valid_to) OVER (PARTITION BY {entity}_key) THEN DATE '9999-12-31'
                            ELSE valid_to END AS named_to
      FROM {entity}) named
"""


def _fact_view(programme: Programme, fact: Fact, parts: str, known: str) -> str:
    """A fact beside its period and the names of its entities as of the period's end."""
    joins, names = [], []
    for dimension in fact.dimensions:
        if dimension.type == "entity" and dimension.register_name:
            register, alias = programme.register_named[dimension.register_name], f"of_{dimension.dimension}"
            joins.append(
                f"LEFT JOIN {register.entity} {alias} ON {alias}.{register.entity}_key = f.{dimension.dimension}_key "
                f"AND p.as_of_date BETWEEN {alias}.valid_from AND {alias}.valid_to"
            )
            names.append(f"{alias}.name AS {dimension.dimension}_name")
            names.append(f"{alias}.level AS {dimension.dimension}_level")
    columns = ", ".join(f"f.{column}" for column in fact_columns(fact))
    own = "reported_" if fact.dimension("period") else ""
    return f"""
SELECT {known}p.form_code, p.unit_key, p.period_code AS {own}period_code, t.start_date, t.end_date,
       {", ".join([*names, columns])}, p.delivery_key, f.part_key, f.source_sheet, f.source_row,
       why.override_reason, why.correction_reason
FROM fact_{fact.fact} f
JOIN {parts} p ON p.facts_part_key = f.part_key
JOIN dim_period t ON t.period_code = p.period_code
LEFT JOIN row_reason why ON why.part_key = f.part_key AND why.source_sheet = f.source_sheet
     AND why.source_row = f.source_row
{" ".join(joins)}
"""


_NO_DRIFT = """
SELECT CAST(NULL AS TEXT) AS fact, CAST(NULL AS TEXT) AS form_code, CAST(NULL AS BIGINT) AS unit_key,
       CAST(NULL AS TEXT) AS period_code, CAST(NULL AS BIGINT) AS entity_key, CAST(NULL AS TEXT) AS measure,
       CAST(NULL AS NUMERIC(38, 6)) AS was, CAST(NULL AS NUMERIC(38, 6)) AS now,
       CAST(NULL AS NUMERIC(38, 6)) AS change, CAST(NULL AS TIMESTAMP) AS known_from,
       CAST(NULL AS BIGINT) AS part_key, CAST(NULL AS BIGINT) AS supersedes_part_key
FROM ledger WHERE 1 = 0
"""


def _drift(fact: Fact) -> str:
    """What each vintage changed in the figures of each unit (place of the fact, else the unit that reported) since the
    vintage before it: one row per measure that differs. A figure that is no more, or was none before, is empty."""
    place = f"coalesce(f.{fact.place}_key, s.unit_key)" if fact.place else "s.unit_key"
    names = [one.measure for one in fact.measures]
    sides = {"was": "before_part_key", "now": "facts_part_key"}
    brought = " UNION ALL ".join(
        f"SELECT s.part_key, {place} AS entity_key, "
        + ", ".join(
            f"CAST({f'f.{name}' if here == side else 'NULL'} AS NUMERIC(38, 6)) AS {here}_{name}"
            for here in sides
            for name in names
        )
        + f" FROM steps s JOIN fact_{fact.fact} f ON f.part_key = s.{key}"
        for side, key in sides.items()
    )
    sums = ", ".join(f"sum({side}_{name}) AS {side}_{name}" for side in sides for name in names)
    picks = {
        side: "CASE m.measure " + " ".join(f"WHEN '{name}' THEN t.{side}_{name}" for name in names) + " END"
        for side in sides
    }
    return f"""
SELECT '{fact.fact}' AS fact, p.form_code, p.unit_key, p.period_code, d.entity_key, d.measure,
       CAST(d.was AS NUMERIC(38, 6)) AS was, CAST(d.now AS NUMERIC(38, 6)) AS now,
       CAST(coalesce(d.now, 0) - coalesce(d.was, 0) AS NUMERIC(38, 6)) AS change,
       p.received_at AS known_from, p.part_key, p.supersedes_part_key
FROM (SELECT t.part_key, t.entity_key, m.measure, {picks["was"]} AS was, {picks["now"]} AS now
      FROM (WITH steps AS (
                SELECT n.part_key, n.unit_key, n.facts_part_key, b.facts_part_key AS before_part_key
                FROM dim_part n JOIN dim_part b ON b.part_key = n.supersedes_part_key
                WHERE n.facts_part_key <> b.facts_part_key)
            SELECT part_key, entity_key, {sums} FROM ({brought}) brought GROUP BY part_key, entity_key) t
      CROSS JOIN (VALUES {", ".join(f"('{name}')" for name in names)}) AS m(measure)) d
JOIN dim_part p ON p.part_key = d.part_key
WHERE d.was IS DISTINCT FROM d.now
"""


_NOTHING_OVERRIDDEN = """
SELECT CAST(NULL AS TEXT) AS fact, CAST(NULL AS TEXT) AS form_code, CAST(NULL AS TEXT) AS period_code,
       CAST(NULL AS DATE) AS start_date, CAST(NULL AS DATE) AS end_date, CAST(NULL AS BIGINT) AS entity_key,
       CAST(NULL AS BIGINT) AS delivery_key, CAST(NULL AS TEXT) AS source_sheet, CAST(NULL AS BIGINT) AS source_row,
       CAST(NULL AS TEXT) AS override_reason
FROM ledger WHERE 1 = 0
"""


def _overridden(fact: Fact) -> str:
    """The current rows of a fact that stand although they broke a rule, with the place that they are of."""
    own = "reported_" if fact.dimension("period") else ""
    place = f"coalesce({fact.place}_key, unit_key)" if fact.place else "unit_key"
    return f"""
SELECT '{fact.fact}' AS fact, form_code, {own}period_code AS period_code, start_date, end_date,
       {place} AS entity_key, delivery_key, source_sheet, source_row, override_reason
FROM {fact.fact} WHERE override_reason IS NOT NULL
"""
