"""The gate: one Great Expectations run per form and batch. Three verdicts: pass, fail, error; an error is no pass."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import great_expectations as gx
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)

from catalogue.form import Form
from expectations.count import Count, counts
from expectations.predicate import Rule
from expectations.soundness import mark
from expectations.suite import INDEX, ROWS, SQL, expectations_of, sql_expectation
from warehouse.staging import Staging

# Without these two, SQLAlchemy's rollback on return to the pool drops DuckDB's open result before GX has fetched it.
_ENGINE = {"isolation_level": "AUTOCOMMIT", "skip_autocommit_rollback": True}
# What DuckDB says where ctrl-C or a signal stopped it; Great Expectations keeps it as the failure of a check.
_STOPPED = "Query interrupted"


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
        counts(area, ())
        return []
    everybody = frozenset(part for (part,) in area.rows("SELECT DISTINCT part_no FROM staged"))
    ours = counts(area, rules)
    theirs = _validate(area, form, rules, rows, ours, everybody)
    verdicts = [_rows(theirs[ROWS], rows, everybody)]
    for rule in rules:
        our, their = ours[rule.code], theirs[rule.code]
        broken = our.broken.total()
        if our.error or their.error:
            error = our.error or their.error
            verdicts.append(Verdict(rule.code, "error", rows, broken, None, everybody, error))
        elif broken or their.broken or our.judges:
            verdicts.append(_verdict(rule, rows, our.broken, their.broken))
    return verdicts


def _verdict(rule: Rule, rows: int, ours: Counter[int], theirs: Counter[int]) -> Verdict:
    broken, broken_gx = ours.total(), theirs.total()
    disputed = frozenset(part for part in {*ours, *theirs} if ours[part] != theirs[part])
    if disputed:
        said = f"our count is {broken}, Great Expectations' is {broken_gx}"
        return Verdict(rule.code, "error", rows, broken, broken_gx, disputed, said)
    return Verdict(rule.code, "fail" if broken else "pass", rows, broken, broken_gx)


@dataclass(frozen=True, slots=True)
class _Theirs:
    """What Great Expectations says of a rule: broken rows per part, what it observed, why it could not say."""

    broken: Counter[int] = field(default_factory=Counter)
    observed: int | None = None
    error: str = ""


def _validate(
    area: Staging, form: Form, rules: tuple[Rule, ...], rows: int, ours: Mapping[str, Count], everybody: frozenset[int]
) -> dict[str, _Theirs]:
    """What Great Expectations says of ``staged``, by rule code.

    Where we have found nothing, it is asked only whether the expectation holds, which for most it does and which costs
    it little; for every broken row where we have found some, or where it does not hold. In a batch of one part it need
    not list them, its number says all. Of those that only SQL can say, one that crashes takes all with it: then each is
    asked alone.
    """
    asked = expectations_of(rules, rows)
    broken = {SQL if rule.native == "rows" else rule.code for rule in rules if ours[rule.code].broken}
    # Else it lists 20 rows, however complete the result is to be.
    complete = {"result_format": "COMPLETE", "unexpected_index_column_names": [INDEX], "partial_unexpected_count": rows}
    number = {"result_format": "BASIC", "partial_unexpected_count": 0}
    with _staged(area) as batch:
        calm = [one for code, one in asked.items() if code not in broken]
        held = _ask(batch, form, calm, {"result_format": "BOOLEAN_ONLY"})
        again = {code: one for code, one in asked.items() if code not in held or not held[code].success}
        listed_by = [again] if len(everybody) > 1 else [{SQL: again[SQL]} if SQL in again else {}, again]
        found: dict[str, Any] = {}
        for form_of_result, some in zip((complete, number), listed_by, strict=False):
            found |= _ask(batch, form, [one for code, one in some.items() if code not in found], form_of_result)
        if SQL in found and _crashed(found[SQL]):
            alone = {rule.code: sql_expectation([rule], rule.code) for rule in rules if rule.native == "rows"}
            del again[SQL], found[SQL]
            again |= alone
            found |= _ask(batch, form, alone.values(), complete)
    known = {rule.code: rule for rule in rules}
    told = {code: _told(code, known.get(code), found.get(code), ours, everybody) for code in again}
    sql = told.get(SQL, _Theirs())
    listed = _listed(found[SQL]) if SQL in found and not sql.error else {}
    for rule in rules:
        if rule.native == "rows" and rule.code not in told:
            told[rule.code] = sql if sql.error else _Theirs(listed.get(rule.code, Counter()))
    return {code: told.get(code, _Theirs()) for code in (ROWS, *known)}


@contextmanager
def _staged(area: Staging) -> Iterator[Any]:
    """The staged rows as a batch of Great Expectations, for the length of a ``with``."""
    with warnings.catch_warnings():
        # Deprecations inside Great Expectations and its own dependencies are its maintainers' to mend.
        warnings.simplefilter("ignore")
        # Without documents in a temporary folder that nobody would ever delete.
        stores = InMemoryStoreBackendDefaults(init_temp_docs_sites=False)
        context = gx.get_context(mode="ephemeral", project_config=DataContextConfig(store_backend_defaults=stores))
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        source = context.data_sources.add_sql("staging", connection_string=area.url, kwargs=_ENGINE)
        asset = source.add_table_asset("staged", table_name="staged")
        try:
            yield asset.add_batch_definition_whole_table("batch").get_batch()
        finally:
            # Its pools would keep the staging area for as long as the process lives: one of the datasource, for
            # looking at tables, and one of the execution engine.
            source.get_execution_engine().engine.dispose()
            source.get_engine().dispose()


def _ask(batch: Any, form: Form, asked: Iterable[Any], form_of_result: dict[str, Any]) -> dict[str, Any]:
    """Results by rule code, whatever their order."""
    asked = list(asked)
    if not asked:
        return {}
    suite = gx.ExpectationSuite(name=form.form, expectations=asked)
    found = {}
    for result in batch.validate(suite, result_format=form_of_result).results:
        meta = result.expectation_config.meta if result.expectation_config else None
        if _crashed(result) and _STOPPED in str(result.exception_info):
            # Whoever stops us must not be told that a check failed, and the next one be begun.
            raise KeyboardInterrupt
        if meta:
            found[str(meta["rule"])] = result
    return found


def _rows(theirs: _Theirs, rows: int, everybody: frozenset[int]) -> Verdict:
    """Whether Great Expectations has looked at the rows that we have."""
    if theirs.error:
        return Verdict(ROWS, "error", rows, 0, None, everybody, theirs.error)
    if theirs.observed in (None, rows):
        return Verdict(ROWS, "pass", rows, 0, 0)
    said = f"there are {rows} rows, Great Expectations has seen {theirs.observed}"
    return Verdict(ROWS, "error", rows, 0, abs(rows - (theirs.observed or 0)), everybody, said)


def _told(code: str, rule: Rule | None, result: Any, ours: Mapping[str, Count], everybody: frozenset[int]) -> _Theirs:
    """What a complete result says of a rule; of all that only SQL can say, merely whether it could be carried out."""
    if result is None or _crashed(result) or not result.result:
        return _Theirs(error=_reason(result))
    if code == ROWS:
        return _Theirs(observed=int(result.result["observed_value"]))
    if rule is None:
        return _Theirs()
    if rule.native == "rows":
        return _Theirs(_listed(result).get(code, Counter()))
    if len(everybody) == 1:
        return _Theirs(Counter(dict.fromkeys(everybody, int(result.result["unexpected_count"]))))
    return _Theirs(_counts(rule, result, ours[code].broken))


def _listed(result: Any) -> dict[str, Counter[int]]:
    """Broken rows per part, by rule code, of an expectation in SQL."""
    rows = (result.result.get("details") or {}).get("unexpected_rows") or []
    if len(rows) != result.result["observed_value"]:
        raise ValueError(f"{result.result['observed_value']} rules are broken, {len(rows)} are listed")
    pairs = {row["rule"]: [one.split(":") for one in row["counts"].split(" ")] for row in rows}
    return {rule: Counter({int(part): int(number) for part, number in found}) for rule, found in pairs.items()}


def _counts(rule: Rule, result: Any, ours: Counter[int]) -> Counter[int]:
    """Broken rows per part of an expectation of Great Expectations' own.

    It counts all, but of several columns together it lists 200 rows at most: where its number is ours, and what it
    lists fits, what it does not list is taken to agree.
    """
    # Of several columns together it lists the rows' values, part number first, and no index.
    listed = result.result.get("unexpected_list" if rule.native == "unique" else "unexpected_index_list") or []
    counted = Counter(row[INDEX] for row in listed)
    if len(listed) < result.result["unexpected_count"] == ours.total() and counted <= ours:
        return ours
    return counted


def _crashed(result: Any) -> bool:
    """Whether an expectation could not be carried out; Great Expectations calls that a failure too."""
    info = result.exception_info
    raised = [info.get("raised_exception"), *(one.get("raised_exception") for one in info.values() if _is_info(one))]
    return any(raised)


def _is_info(value: object) -> bool:
    return isinstance(value, dict)


def _reason(result: Any) -> str:
    """Why a check could not be carried out, in one line."""
    if result is None:
        return "Great Expectations returned no result"
    infos = [result.exception_info, *(info for info in result.exception_info.values() if isinstance(info, dict))]
    said = [str(info["exception_message"]) for info in infos if info.get("exception_message")]
    return _line((said or [str(result.exception_info)])[0])


def _line(text: str) -> str:
    return " ".join(text.split())[:500]
