"""A form's rules as predicates over the staged rows: true where a row breaks the rule. Never null.

One ``Rule`` is what the quarantine splits on, and what Great Expectations is asked to count in its own way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from catalogue.check import Check, Operand, Severity, When
from catalogue.form import Field, Form

Native = Literal["null", "not_null", "between", "pair", "unique", "rows"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a form.

    ``breaks``   SQL over ``staged s``: what both counts must agree on
    ``rule``     SQL for the rule id of a finding: a constant, or the engine's rule of the cell
    ``in_column``  a finding needs the column: a sheet without it has one finding for that, not one per row
    ``native``   the kind of expectation that counts it; ``rows`` where only SQL can
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


# What lies outside a period, by the edge that a check minds.
_OUTSIDE: Final = {
    "both": 's."{name}" NOT BETWEEN s.period_start AND s.period_end',
    "start": 's."{name}" < s.period_start',
    "end": 's."{name}" > s.period_end',
}
_SIGN: Final = {"=": "=", "<=": "<=", "<": "<", ">=": ">=", ">": ">"}


def rules(form: Form, language: str) -> tuple[Rule, ...]:
    """Every rule of a form, in the order of its fields and checks."""
    return tuple(
        [rule for field in form.fields for rule in _field_rules(field)]
        + [_check_rule(check, language) for check in form.checks]
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


def _check_rule(check: Check, language: str) -> Rule:
    native: Native = "rows"
    match check.kind:
        case "compare":
            breaks = _compare(check)
            native = "pair" if _is_pair(check) else "rows"
        case "ratio":
            breaks = _ratio(check)
        case "unique":
            keys = ", ".join(f'"{name}"' for name in check.fields)
            whole = " AND ".join(f'"{name}" IS NOT NULL' for name in check.fields)
            breaks = (
                f"s.row_no IN (SELECT row_no FROM (SELECT row_no, count(*) OVER (PARTITION BY part_no, {keys}) AS times"
                f" FROM staged WHERE {whole}) WHERE times > 1)"
            )
            native = "unique"
        case "within_period":
            breaks = " OR ".join(_OUTSIDE[check.edge].format(name=name) for name in check.fields)
        case "pattern":
            pattern = (check.pattern or "").replace("'", "''")
            breaks = " OR ".join(f"NOT regexp_full_match(s.\"{name}\", '{pattern}')" for name in check.fields)
        case "total":
            breaks = " OR ".join(
                f'abs(s."{name}" - (SELECT CASE WHEN count(*) = count(o."{name}") THEN sum(o."{name}") END '
                f"FROM staged o WHERE o.delivery_no = s.delivery_no AND o.sheet = s.sheet)) > "
                f"CAST({check.tolerance} AS DECIMAL(18, 6))"
                for name in check.fields
            )
    conditions = "".join(f" AND {_when(when)}" for when in check.when)
    title = check.title.get(language) or next(iter(check.title.values()))
    advice = check.advice.get(language) or next(iter(check.advice.values()))
    return Rule(
        code=check.check,
        severity=check.severity,
        fields=check.reads(),
        breaks=f"coalesce(({breaks}){conditions}, false)",
        rule=f"'{check.check}'",
        allowed=title,
        advice=advice,
        native="rows" if check.when else native,
        table="totals" if check.kind == "total" else "staged",
        check=check,
    )


def _sum(operands: tuple[Operand, ...]) -> str:
    return " + ".join(
        _operand(one) + ("" if one.times == 1 else f" * CAST({one.times} AS DECIMAL(12, 6))") for one in operands
    )


def _operand(one: Operand) -> str:
    if one.field is None:
        return f"CAST({one.constant} AS DECIMAL(18, 6))"
    return f'coalesce(s."{one.field}", 0)' if one.absent == "zero" else f's."{one.field}"'


def _compare(check: Check) -> str:
    left, right, allowed = _sum(check.left), _sum(check.right), check.tolerance
    if not allowed:
        return f"NOT (({left}) {_SIGN[check.operator]} ({right}))"
    slack = f"CAST({allowed} AS DECIMAL(18, 6))"
    if check.operator == "=":
        return f"abs(({left}) - ({right})) > {slack}"
    return f"NOT (({left}) {_SIGN[check.operator]} ({right}) {'+' if '<' in check.operator else '-'} {slack})"


def _ratio(check: Check) -> str:
    """The quotient against a field. Rounded once: to 12 places first and then to fewer could tip a half."""
    left, right, sign, against = _sum(check.left), _sum(check.right), _SIGN[check.operator], f's."{check.against}"'
    if check.decimals is None:
        return f"NOT (half_up({left}, {right}) {sign} {against})"
    scale = 10**check.decimals
    value = f"CAST(half_up_units({left}, {right}, {scale}) AS DECIMAL(38, 6))"
    return (
        f"NOT ({value} {sign} CAST({against} AS DECIMAL(38, 12)) * CAST({scale} AS DECIMAL({check.decimals + 1}, 0)))"
    )


def _is_pair(check: Check) -> bool:
    """True where Great Expectations has the comparison itself: one column at least another, nothing else to it."""
    both = (*check.left, *check.right)
    return (
        len(check.left) == 1
        and len(check.right) == 1
        and all(one.field and one.times == 1 and one.absent == "unjudged" for one in both)
        and check.operator in ("<=", "<", ">=", ">")
        and not check.tolerance
    )


def _when(when: When) -> str:
    column = f's."{when.field}"'
    if when.one_of is not None:
        codes = ", ".join("'" + code.replace("'", "''") + "'" for code in when.one_of)
        return f"{column} IN ({codes})"
    if when.is_true is not None:
        return column if when.is_true else f"NOT {column}"
    if when.more_than is not None:
        return f"{column} > {when.more_than}"
    return f"{column} IS NOT NULL" if when.present is not False else f"{column} IS NULL"
