"""The gate: one Great Expectations run per form and batch. Three verdicts: pass, fail, error; an error is no pass."""

from __future__ import annotations

import warnings
from collections import Counter
from dataclasses import dataclass
from typing import Any, Literal

import great_expectations as gx
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)

from catalogue.form import Form
from expectations.predicate import Rule
from expectations.soundness import mark
from expectations.suite import ROWS, suite_of
from warehouse.staging import Staging

# Without these two, SQLAlchemy's rollback on return to the pool drops DuckDB's open result before GX has fetched it.
_ENGINE = {"isolation_level": "AUTOCOMMIT", "skip_autocommit_rollback": True}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one rule: rows seen, rows broken by our count and by Great Expectations', where they differ."""

    rule: str
    verdict: Literal["pass", "fail", "error"]
    rows: int
    broken: int
    broken_gx: int | None
    disputed_parts: frozenset[int] = frozenset()
    error: str = ""

    @property
    def carried_out(self) -> bool:
        """False where the check crashed, here or in Great Expectations."""
        return self.broken_gx is not None


def gate(area: Staging, form: Form, rules: tuple[Rule, ...]) -> list[Verdict]:
    """Put the staged rows of a form to its rules, twice: by our predicates and by Great Expectations.

    A part whose counts differ is disputed: its verdict is error, and it is to be held back. A check that could not be
    carried out disputes every part; so does a table of which the two have not seen the same number of rows. Nothing to
    judge is no pass: where there are no rows at all, or none that a check can judge, there is no verdict.
    """
    mark(area, rules)
    rows = area.one("SELECT count(*) FROM staged")
    if rows == 0:
        return []
    everybody = frozenset(part for (part,) in area.rows("SELECT DISTINCT part_no FROM staged"))
    results = _validate(area, form, rules, rows)
    verdicts = [_rows(results.get(ROWS), rows, everybody)]
    for rule in rules:
        result = results.get(rule.code)
        try:
            ours = _count(area, rule)
        except Exception as error:  # noqa: BLE001 whatever the database refuses: a check that crashes is no verdict
            verdicts.append(Verdict(rule.code, "error", rows, 0, None, everybody, _line(str(error))))
            continue
        broken = sum(ours.values())
        if result is None or result.exception_info.get("raised_exception") or not result.result:
            verdicts.append(Verdict(rule.code, "error", rows, broken, None, everybody, _reason(result)))
            continue
        theirs = _counts(rule, result, ours)
        disputed = frozenset(part for part in {*ours, *theirs} if ours[part] != theirs[part])
        if not broken and not theirs and rule.check and not _judges(area, rule):
            continue
        passed: Literal["pass", "fail"] = "pass" if not broken else "fail"
        verdict: Literal["pass", "fail", "error"] = "error" if disputed else passed
        said = f"our count is {broken}, Great Expectations' is {sum(theirs.values())}" if disputed else ""
        verdicts.append(Verdict(rule.code, verdict, rows, broken, sum(theirs.values()), disputed, said))
    return verdicts


def _validate(area: Staging, form: Form, rules: tuple[Rule, ...], rows: int) -> dict[str, Any]:
    """Run the suite of a form over ``staged``; results by rule code, whatever their order."""
    with warnings.catch_warnings():
        # Deprecations inside Great Expectations and its own dependencies are its maintainers' to mend.
        warnings.simplefilter("ignore")
        # Without documents in a temporary folder that nobody would ever delete.
        stores = InMemoryStoreBackendDefaults(init_temp_docs_sites=False)
        context = gx.get_context(mode="ephemeral", project_config=DataContextConfig(store_backend_defaults=stores))
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        source = context.data_sources.add_sql("staging", connection_string=area.url, kwargs=_ENGINE)
        batch = source.add_table_asset("staged", table_name="staged").add_batch_definition_whole_table("batch")
        suite = context.suites.add(suite_of(form.form, rules, rows))
        definition = gx.ValidationDefinition(name=form.form, data=batch, suite=suite)
        wanted = {
            "result_format": "COMPLETE",
            "unexpected_index_column_names": ["part_no"],
            # Else it lists 20 rows, however complete the result is to be.
            "partial_unexpected_count": rows,
        }
        try:
            outcome = definition.run(result_format=wanted)
        finally:
            # Its pools would keep the staging file open for as long as the process lives: one of the datasource, for
            # looking at tables, and one of the execution engine.
            source.get_execution_engine().engine.dispose()
            source.get_engine().dispose()
    found = {}
    for result in outcome.results:
        meta = result.expectation_config.meta if result.expectation_config else None
        if meta:
            found[str(meta["rule"])] = result
    return found


def _rows(result: Any, rows: int, everybody: frozenset[int]) -> Verdict:
    """Whether Great Expectations has looked at the rows that we have."""
    if result is None or not result.result:
        return Verdict(ROWS, "error", rows, 0, None, everybody, _reason(result))
    seen = int(result.result["observed_value"])
    if seen == rows:
        return Verdict(ROWS, "pass", rows, 0, 0)
    said = f"there are {rows} rows, Great Expectations has seen {seen}"
    return Verdict(ROWS, "error", rows, 0, abs(rows - seen), everybody, said)


def _judges(area: Staging, rule: Rule) -> bool:
    """Whether some row has what the check reads: where all are blank, or wrong in themselves, it says nothing."""
    operands = (*rule.check.left, *rule.check.right) if rule.check else ()
    needed = [f"{one.field}__sound" for one in operands if one.field and one.of == "this" and one.absent != "zero"]
    needed += [column for _, column in rule.past]
    clean = rule.fields if rule.check and rule.check.kind != "repeats" else ()
    tests = [f's."{column}" IS NOT NULL' for column in needed] + [f'NOT s."{field}__own"' for field in clean]
    whole = " AND ".join(tests) or "true"
    if not operands and rule.check:
        fields = rule.fields[:1] if rule.pair else rule.check.fields
        whole += " AND (" + " OR ".join(f's."{field}__sound" IS NOT NULL' for field in fields) + ")"
    return bool(area.one(f"SELECT count(*) FROM (SELECT 1 FROM {rule.table} s WHERE {whole} LIMIT 1)"))


def _count(area: Staging, rule: Rule) -> Counter[int]:
    """Broken rows per part by our own predicate."""
    return Counter(dict(area.rows(f"SELECT part_no, count(*) FROM {rule.table} s WHERE {rule.breaks} GROUP BY 1")))


def _counts(rule: Rule, result: Any, ours: Counter[int]) -> Counter[int]:
    """Broken rows per part as Great Expectations counts them.

    It counts all, but of some expectations it lists 200 at most: rows of several columns together, parts of an SQL
    expectation. Where its number is ours, and what it lists fits, what it does not list is taken to agree.
    """
    if rule.native == "rows":
        listed = (result.result.get("details") or {}).get("unexpected_rows") or []
        counted = Counter({row["part_no"]: row["n"] for row in listed})
        if len(listed) < result.result["observed_value"] == len(ours):
            counted = Counter({**ours, **counted})
        return counted
    # Of several columns together it lists the rows' values, part number first, and no index.
    listed = result.result.get("unexpected_list" if rule.native == "unique" else "unexpected_index_list") or []
    counted = Counter(row["part_no"] for row in listed)
    if len(listed) < result.result["unexpected_count"] == sum(ours.values()) and counted <= ours:
        return ours
    return counted


def _reason(result: Any) -> str:
    """Why a check could not be carried out, in one line."""
    if result is None:
        return "Great Expectations returned no result"
    infos = [result.exception_info, *(info for info in result.exception_info.values() if isinstance(info, dict))]
    said = [str(info["exception_message"]) for info in infos if info.get("exception_message")]
    return _line((said or [str(result.exception_info)])[0])


def _line(text: str) -> str:
    return " ".join(text.split())[:500]
