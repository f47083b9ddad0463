"""Our own count of every rule: broken rows per part, in one pass over each table of rows.

``broken``  row_no, part_no, rule: every row that breaks a rule, as the split takes it
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from expectations.predicate import Rule
from warehouse.staging import Staging


@dataclass(frozen=True, slots=True)
class Count:
    """What our predicate of one rule says: broken rows per part; whether any row had what the rule reads; the error
    where the predicate cannot be carried out."""

    broken: Counter[int] = field(default_factory=Counter)
    judges: bool = False
    error: str = ""


def counts(area: Staging, rules: Sequence[Rule]) -> dict[str, Count]:
    """The count of each rule, by its code.

    All rules of a table are counted in one pass. Where that fails, each is counted alone, so that a predicate that
    cannot be carried out takes no other with it.
    """
    found: dict[str, Count] = {}
    area.run("CREATE OR REPLACE TABLE broken (row_no BIGINT, part_no BIGINT, rule VARCHAR)")
    for table in ("staged", "totals"):
        asked = [rule for rule in rules if rule.table == table]
        try:
            found.update(_counted(area, asked))
        except Exception:  # noqa: BLE001 whatever the database refuses: the loop below tells which rule it is
            found.update(one for rule in asked for one in _alone(area, rule))
    return found


def _alone(area: Staging, rule: Rule) -> Iterator[tuple[str, Count]]:
    try:
        yield from _counted(area, [rule]).items()
    except Exception as error:  # noqa: BLE001 whatever the database refuses: a check that crashes is no verdict
        yield rule.code, Count(error=" ".join(str(error).split())[:500])


def _counted(area: Staging, rules: Sequence[Rule]) -> dict[str, Count]:
    if not rules:
        return {}
    table = rules[0].table
    # Whether there is a row that a check can judge is mostly told by the first.
    (heard,) = area.rows("SELECT " + ", ".join(f"EXISTS(FROM {table} s WHERE {_judges(rule)})" for rule in rules))
    flags = ", ".join(f"({rule.breaks}) AS is_{place}" for place, rule in enumerate(rules))
    names = ", ".join(f"CASE WHEN is_{place} THEN '{rule.code}' END" for place, rule in enumerate(rules))
    area.run(f"""
        INSERT INTO broken
        SELECT row_no, part_no, rule FROM (
            SELECT row_no, part_no, unnest([{names}]) AS rule
            FROM (SELECT s.row_no, s.part_no, {flags} FROM {table} s)
            WHERE {" OR ".join(f"is_{place}" for place in range(len(rules)))})
        WHERE rule IS NOT NULL""")
    counted: dict[str, Counter[int]] = {rule.code: Counter() for rule in rules}
    for code, part, number in area.rows("SELECT rule, part_no, count(*) FROM broken GROUP BY ALL"):
        if code in counted:
            counted[code][part] = number
    return {rule.code: Count(counted[rule.code], bool(judged)) for rule, judged in zip(rules, heard, strict=True)}


def _judges(rule: Rule) -> str:
    """SQL that is true where a row has what a check reads: where all are blank, or wrong in themselves, it says
    nothing."""
    if rule.check is None:
        return "true"
    operands = (*rule.check.left, *rule.check.right)
    needed = [
        f"{one.field}__sound" for one in operands if one.field and one.of in ("this", "all") and one.absent != "zero"
    ]
    needed += [column for _, column in rule.past]
    tests = [f's."{column}" IS NOT NULL' for column in needed]
    tests += [f'NOT s."{field}__own"' for field in (rule.fields if rule.check.kind != "repeats" else ())]
    if not operands:
        fields = rule.fields[:1] if rule.pair else rule.check.fields
        tests.append("(" + " OR ".join(f's."{field}__sound" IS NOT NULL' for field in fields) + ")")
    return " AND ".join(tests) or "true"
