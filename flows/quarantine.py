"""The quarantine, for a steward at the terminal: what is set aside, and why. Read-only, from the read copy."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from catalogue.errors import UsageError
from flows.asking import Answer, records, show, warehouse_of
from flows.corrections import outdated_corrections, unused_corrections
from flows.headings import Said, headings
from flows.settings import Settings
from flows.terminal import terminal
from warehouse.published import ask
from warehouse.store import Warehouse

SHOWN: Final = 200
"""As many lines as a table prints; csv and json hold all."""


def print_open(settings: Settings, asked: Mapping[str, str], form: str) -> int:
    """What is set aside today, narrowed by ``form``, ``unit``, ``rule`` and ``period``; deliveries that were refused
    whole; corrections that do nothing, or whose source was mended."""
    warehouse = warehouse_of(settings)
    rows = _rows(warehouse, asked)
    if form != "table":
        show(rows, form)
        return 0
    shown = [name for name in rows[0] if name != "content"]
    head = (shown, [tuple(row[rows[0].index(name)] for name in shown) for row in rows[1][:SHOWN]])
    console, said = terminal(), headings(settings)
    if rows[1]:
        show(head, "table", f"{said('Rows set aside')}: {len(rows[1]):,}", said)
    else:
        console.print(said("No row is set aside."))
    if len(rows[1]) > SHOWN:
        console.print(f"The first {SHOWN} are shown; --format csv lists all, --form and --rule narrow it down.")
    refused = _refused(warehouse, asked)
    if refused[1]:
        title = f"{said('Deliveries refused whole')}: {len(refused[1]):,}"
        show((refused[0], refused[1][:SHOWN]), "table", title, said)
    for line in (*outdated_corrections(settings, warehouse), *unused_corrections(settings, warehouse)):
        console.print(line, markup=False, style="yellow")
    return 0


_NARROW: Final = {"form": "form_code = :form", "unit": "unit_code = :unit", "period": "period_code = :period"}


def _rows(warehouse: Warehouse, asked: Mapping[str, str]) -> Answer:
    where, values = ["1 = 1"], {name: value for name, value in asked.items() if value}
    where += [said for name, said in _NARROW.items() if name in values]
    if "rule" in values:
        where.append("';' || rules || ';' LIKE :rule")
        values["rule"] = f"%;{values['rule']};%"
    return ask(
        warehouse,
        f"""SELECT delivery_key AS delivery, form_code AS form, unit_code AS unit, period_code AS period,
                   source_sheet AS sheet, source_row AS "row", rules, open_since AS since, content
            FROM quarantine_open WHERE {" AND ".join(where)}
            ORDER BY form_code, unit_code, period_code, delivery_key, source_sheet, source_row""",
        values,
    )


def _refused(warehouse: Warehouse, asked: Mapping[str, str]) -> Answer:
    where, values = ["1 = 1"], {name: value for name, value in asked.items() if value}
    where += [f"d.{said}" for name, said in _NARROW.items() if name in values]
    if "rule" in values:
        where.append("d.delivery_key IN (SELECT delivery_key FROM issue WHERE rule_code = :rule)")
    return ask(
        warehouse,
        f"""SELECT d.delivery_key AS delivery, d.form_code AS form, d.unit_code AS unit, d.period_code AS period,
                   d.name, i.rules, d.arrived_at AS since
            FROM delivery_standing d
            LEFT JOIN (SELECT delivery_key, string_agg(rule_code, ';' ORDER BY rule_code) AS rules
                       FROM (SELECT DISTINCT delivery_key, rule_code FROM issue WHERE severity = 'reject_delivery') r
                       GROUP BY delivery_key) i ON i.delivery_key = d.delivery_key
            WHERE d.status IN ('rejected', 'error') AND d.rows_quarantined = 0 AND NOT d.resubmitted
              AND {" AND ".join(where)}
            ORDER BY d.delivery_key""",
        values,
    )


def print_delivery(settings: Settings, key: int, *, as_json: bool) -> int:
    """One delivery: its rows that are set aside, with their raw texts, and every finding about them with its cell."""
    warehouse = warehouse_of(settings)
    values = {"key": key}
    about = records(
        ask(
            warehouse,
            """SELECT d.delivery_key AS delivery, d.name, d.form_code AS form, d.unit_code AS unit,
                      d.period_code AS period, d.status, d.rows_loaded, d.rows_quarantined, d.received_at, d.reason,
                      d.sha256, s.delivery_key AS judged_last_as
               FROM dim_delivery d JOIN delivery_standing s ON s.sha256 = d.sha256 WHERE d.delivery_key = :key""",
            values,
        )
    )
    if not about:
        raise UsageError(f"there is no delivery {key}; `chiso quarantine list` and `chiso status` tell their numbers")
    rows = ask(
        warehouse,
        """SELECT source_sheet AS sheet, source_row AS "row", rules, content FROM quarantine
           WHERE delivery_key = :key ORDER BY source_sheet, source_row""",
        values,
    )
    findings = ask(
        warehouse,
        """SELECT source_sheet AS sheet, source_column || CAST(source_row AS TEXT) AS cell, rule_code AS rule,
                  severity, found, allowed, advice AS what_to_do
           FROM issue WHERE delivery_key = :key ORDER BY source_sheet, source_row, source_column, rule_code""",
        values,
    )
    decided = ask(
        warehouse,
        """SELECT o.rule_code AS rule, o.source_sheet AS sheet, o.source_row AS "row", o.active, o.reason,
                  o.decided_by AS "by", o.decided_at AS at
           FROM rule_override o JOIN dim_delivery d ON d.sha256 = o.sha256
           WHERE d.delivery_key = :key ORDER BY o.override_key""",
        values,
    )
    if as_json:
        parts = {"delivery": about[0], "rows": records(rows), "findings": records(findings)}
        print(json.dumps(parts | {"overrides": records(decided)}, ensure_ascii=False, indent=2))
        return 0
    _print_delivery(about[0], rows, findings, decided, headings(settings))
    return 0


def _print_delivery(about: Mapping[str, Any], rows: Answer, findings: Answer, decided: Answer, said: Said) -> None:
    console = terminal()
    console.print(f"Delivery {about['delivery']}: {about['name']}", markup=False)
    console.print(
        f"form {about['form'] or '?'}, unit {about['unit'] or '?'}, period {about['period'] or 'as in the rows'}; "
        f"{str(about['status']).replace('_', ' ')}: {about['rows_loaded']} rows loaded, "
        f"{about['rows_quarantined']} set aside"
    )
    if about["reason"]:
        console.print(f"judged anew: {about['reason']}", markup=False)
    if about["judged_last_as"] != about["delivery"]:
        console.print(f"It was judged anew since, as delivery {about['judged_last_as']}.", style="yellow")
    raw = [(sheet, row, rules, _raw(content)) for sheet, row, rules, content in rows[1]]
    if raw:
        columns, title = ["sheet", "row", "rules", "raw text"], f"{said('Rows set aside')}: {len(raw):,}"
        show((columns, raw[:SHOWN]), "table", title, said)
    if findings[1]:
        show((findings[0], findings[1][:SHOWN]), "table", f"{said('Findings')}: {len(findings[1]):,}", said)
    if decided[1]:
        show(decided, "table", said("Decisions"), said)


def _raw(content: str) -> str:
    """A row's raw texts as people read them."""
    return "; ".join(f"{name} = {text}" for name, text in json.loads(content).items() if text is not None)
