"""A form's rules as predicates over the staged rows: true where a row breaks the rule. Never null.

One ``Rule`` is what the quarantine splits on, and what Great Expectations is asked to count in its own way. Checks read
``<field>__own`` and ``<field>__sound`` (expectations.soundness) and ``<field>__past`` and its kind (transforms.past).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from catalogue.check import Check, Operand, Severity
from catalogue.form import Field, Form
from catalogue.period import MONTHS, PeriodKind
from expectations.memory import condition, remembered

Native = Literal["null", "not_null", "between", "pair", "unique", "rows"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a form.

    ``breaks``   SQL over ``staged s``: what both counts must agree on
    ``rule``     SQL for the rule id of a finding: a constant, or the engine's rule of the cell
    ``in_column``  a finding needs the column: a sheet without it has one finding for that, not one per row
    ``of_cell``  without a check: whether it judges the cell of its field, or the whole report
    ``native``   the kind of expectation that counts it; ``rows`` where only SQL can
    ``past``     (name, column) of earlier figures that a finding shows beside those of this period
    ``pair``     the columns of which the first is to be more than the second, or equal to it as well
    """

    code: str
    severity: Severity
    fields: tuple[str, ...]
    breaks: str
    native: Native
    rule: str = ""
    allowed: str = ""
    advice: str = ""
    minimum: object = None
    maximum: object = None
    table: Literal["staged", "totals"] = "staged"
    check: Check | None = None
    in_column: bool = False
    of_cell: bool = True
    past: tuple[tuple[str, str], ...] = ()
    pair: tuple[str, str, bool] | None = None

    @property
    def remembers(self) -> bool:
        """Whether it looks beyond the report itself: at earlier ones, at others, at targets."""
        return self.check is not None and (bool(self.check.remembers()) or self.check.kind in ("backfilled", "shared"))


# What lies outside a period, by the edge that a check minds.
_OUTSIDE: Final = {
    "both": 's."{name}" NOT BETWEEN {start} AND s.period_end',
    "start": 's."{name}" < {start}',
    "end": 's."{name}" > s.period_end',
}
# The kinds that judge each of their fields by itself: one rule, and one finding, per field.
_EACH: Final = ("jump", "falls", "grows")
_SIGN: Final = {"=": "=", "<=": "<=", "<": "<", ">=": ">=", ">": ">"}


def rules(form: Form, language: str) -> tuple[Rule, ...]:
    """Every rule of a form, in the order of its fields and checks."""
    found = [rule for field in form.fields for rule in _field_rules(field)]
    figures = tuple(field for field in form.fields if field.type in ("count", "decimal", "percent") and field.to)
    if figures and not any(field.required for field in figures):
        found.append(_blank(figures))
    for check in form.checks:
        single = check.kind in _EACH
        found += [_check_rule(check, form, language, name) for name in (check.fields if single else ("",))]
        if check.explained:
            found.append(_check_rule(check, form, language, "", explained=True))
    return tuple(found)


def _blank(figures: tuple[Field, ...]) -> Rule:
    """A report in whose rows no figure stands at all says nothing, though each blank alone would be allowed."""
    said = [f'count(o."{field.field}")' for field in figures]
    said += [f'count(o."{field.field}__rule")' for field in figures]
    said += [f'count(o."{field.field}__missing")' for field in figures if field.missing]
    return Rule(
        code="table.blank",
        severity="reject_delivery",
        fields=(figures[0].field,),
        breaks=f"(s.row_no IN (SELECT min(o.row_no) FROM staged o GROUP BY o.part_no HAVING {' + '.join(said)} = 0))",
        native="rows",
        rule="'table.blank'",
        of_cell=False,
    )


def _field_rules(field: Field) -> Iterator[Rule]:
    name = field.field
    if field.required:
        # A cell that cannot be read has no value either: one expectation counts both, the finding tells them apart.
        marked = f' AND s."{name}__missing" IS NULL' if field.missing else ""
        yield Rule(
            code=f"{name}.required",
            severity=field.severity,
            fields=(name,),
            breaks=f'(s."{name}" IS NULL{marked})',
            rule=f"coalesce(s.\"{name}__rule\", 'cell.missing')",
            in_column=True,
            native="rows" if field.missing else "not_null",
        )
    else:
        yield Rule(
            code=f"{name}.readable",
            severity=field.severity,
            fields=(name,),
            breaks=f'(s."{name}__rule" IS NOT NULL)',
            rule=f's."{name}__rule"',
            native="null",
        )
    if field.minimum is not None or field.maximum is not None:
        below = f's."{name}" < {field.minimum}' if field.minimum is not None else "false"
        above = f's."{name}" > {field.maximum}' if field.maximum is not None else "false"
        bounds = [f">= {field.minimum}"] if field.minimum is not None else []
        bounds += [f"<= {field.maximum}"] if field.maximum is not None else []
        yield Rule(
            code=f"{name}.range",
            severity=field.severity,
            fields=(name,),
            breaks=f"coalesce({below} OR {above}, false)",
            rule="'cell.out_of_range'",
            allowed=", ".join(bounds),
            native="between",
            minimum=field.minimum,
            maximum=field.maximum,
        )


def _check_rule(check: Check, form: Form, language: str, name: str, *, explained: bool = False) -> Rule:
    """The rule of a check; of one of its fields where the kind judges each by itself; ``explained``: the warning that
    it becomes where some figures explain the difference."""
    breaks, reads, pair = _breaks(check, form, name), check.reads(), _pair(check, name)
    if check.explained:
        unexplained = _compare(check.model_copy(update={"right": (*check.right, *map(_or_zero, check.explained))}))
        breaks = f"({breaks}) AND {'NOT ' if explained else ''}({unexplained})"
    if name:
        reads = (name, *(when.field for when in check.when))
    conditions = "".join(f" AND {condition(when, 's')}" for when in check.when)
    # What is wrong in itself has a finding already: the row is neither right nor wrong by a check that reads it.
    unsound = "" if check.kind == "repeats" else "".join(f' AND NOT s."{field}__own"' for field in reads)
    title = check.title.get(language) or next(iter(check.title.values()))
    advice = check.advice.get(language) or next(iter(check.advice.values()))
    native: Native = "pair" if pair else "unique" if check.kind == "unique" else "rows"
    return Rule(
        code=f"{check.check}.explained" if explained else f"{check.check}.{name}" if name else check.check,
        severity="warn" if explained else check.severity,
        fields=reads,
        breaks=f"coalesce(({breaks}){conditions}{unsound}, false)",
        rule=f"'{check.check}'",
        allowed=title,
        advice=advice,
        native="rows" if check.when else native,
        table="totals" if check.kind == "total" else "staged",
        check=check,
        past=_past_columns(check, form, name),
        pair=pair,
    )


def _breaks(check: Check, form: Form, name: str) -> str:
    """SQL that is true where a row breaks a check; null where it cannot be judged."""
    match check.kind:
        case "compare":
            return _compare(check)
        case "ratio":
            return _ratio(check)
        case "unique":
            keys = ", ".join(f'"{key}__sound"' for key in check.fields)
            whole = " AND ".join(f'"{key}__sound" IS NOT NULL' for key in check.fields)
            return (
                f"s.row_no IN (SELECT row_no FROM (SELECT row_no, count(*) OVER (PARTITION BY part_no, {keys}) AS times"
                f" FROM staged WHERE {whole}) WHERE times > 1)"
            )
        case "within_period":
            start = f"s.period_end - INTERVAL {check.months} MONTH" if check.months else "s.period_start"
            return " OR ".join(_OUTSIDE[check.edge].format(name=field, start=start) for field in check.fields)
        case "pattern":
            pattern = (check.pattern or "").replace("'", "''")
            return " OR ".join(f"NOT regexp_full_match(s.\"{field}\", '{pattern}')" for field in check.fields)
        case "total":
            return " OR ".join(_total(check, field) for field in check.fields)
        case "jump" | "falls" | "grows" | "repeats" | "backfilled" | "shared":
            return remembered(check, form, name)


def _total(check: Check, field: str) -> str:
    """Where a figure of a row of the table is missing, or wrong in itself, its sum is not known."""
    rows = "FROM staged o WHERE o.delivery_no = s.delivery_no AND o.sheet = s.sheet"
    whole = f'(SELECT CASE WHEN count(*) = count(o."{field}__sound") THEN sum(o."{field}__sound") END {rows})'
    if not check.tolerance:
        return f's."{field}" <> {whole}'
    return f's."{field}" NOT BETWEEN {whole} - {_exact(check.tolerance)} AND {whole} + {_exact(check.tolerance)}'


def _sum(operands: tuple[Operand, ...], over: PeriodKind | None = None) -> str:
    return " + ".join(
        _operand(one, over) + ("" if one.times == 1 else f" * CAST({one.times} AS DECIMAL(12, 6))") for one in operands
    )


def _operand(one: Operand, over: PeriodKind | None) -> str:
    if one.field is None:
        return f"DATE '{one.day}'" if one.day else _exact(one.constant)
    column = {
        "this": f's."{one.field}"',
        "last": f's."{one.field}__past"',
        "before": f'CASE WHEN s.past_adjoins THEN s."{one.field}__past" END',
        "first": f's."{one.field}__first_{over}"',
        "all": f'(s."{one.field}" + s."{one.field}__rest_{over}")',
    }[one.of]
    return f"coalesce({column}, 0)" if one.absent == "zero" else column


def _or_zero(one: Operand) -> Operand:
    return one.model_copy(update={"absent": "zero"})


def _exact(value: Decimal | None) -> str:
    return f"CAST({value} AS DECIMAL(18, 6))"


def _compare(check: Check) -> str:
    left, right, allowed = _sum(check.left, check.over), _sum(check.right, check.over), check.tolerance
    if not allowed:
        return f"NOT (({left}) {_SIGN[check.operator]} ({right}))"
    slack = _exact(allowed)
    if check.operator == "=":
        return f"abs(({left}) - ({right})) > {slack}"
    return f"NOT (({left}) {_SIGN[check.operator]} ({right}) {'+' if '<' in check.operator else '-'} {slack})"


def _ratio(check: Check) -> str:
    """The quotient against a field. Rounded once: to 12 places first and then to fewer could tip a half."""
    left, right, sign, against = _sum(check.left), _sum(check.right), _SIGN[check.operator], f's."{check.against}"'
    slack = _exact(check.tolerance)
    if check.decimals is None:
        value = f"half_up({left}, {right})"
    else:
        scale = 10**check.decimals
        value = f"CAST(half_up_units({left}, {right}, {scale}) AS DECIMAL(38, 6))"
        by = f" * CAST({scale} AS DECIMAL({check.decimals + 1}, 0))"
        against, slack = f"CAST({against} AS DECIMAL(38, 12)){by}", f"{slack}{by}"
    if not check.tolerance:
        return f"NOT ({value} {sign} {against})"
    if check.operator == "=":
        return f"abs({value} - {against}) > {slack}"
    return f"NOT ({value} {sign} {against} {'+' if '<' in check.operator else '-'} {slack})"


def _pair(check: Check, name: str) -> tuple[str, str, bool] | None:
    """The comparison that Great Expectations has itself: one column at least another, nothing else to it."""
    if check.kind == "falls" and not check.share:
        return f"{name}__sound", f"{name}__past", True
    both = (*check.left, *check.right)
    if (
        check.kind != "compare"
        or len(both) != len(check.left) * 2
        or len(check.left) != 1
        or check.operator == "="
        or check.tolerance
        or check.explained
        or any(
            not one.field or one.times != 1 or one.absent == "zero" or one.of not in ("this", "last") for one in both
        )
    ):
        return None
    left, right = (f"{one.field}__{'sound' if one.of == 'this' else 'past'}" for one in both)
    return (left, right, "=" in check.operator) if ">" in check.operator else (right, left, "=" in check.operator)


def _past_columns(check: Check, form: Form, name: str) -> tuple[tuple[str, str], ...]:
    if check.kind == "repeats":
        return ()
    if check.over is None or form.frequency is None:
        return tuple((f"{field}(t-1)", f"{field}__past") for field in ((name,) if name else check.remembers()))
    # The report that ends a quarter is of month t, its first month is t-2.
    back = MONTHS[check.over] // MONTHS[form.frequency] - 1
    named = {"first": f"(t-{back})", "all": f"(t-{back}…t-1)" if back > 1 else "(t-1)"}
    column = {"first": "first", "all": "rest"}
    return tuple(
        (f"{one.field}{named[one.of]}", f"{one.field}__{column[one.of]}_{check.over}")
        for one in (*check.left, *check.right)
        if one.of in named
    )
