"""The figures of an official layout: what a release knows of a unit and all below it in a period."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from catalogue.declared import say
from catalogue.errors import UsageError
from catalogue.form import Form
from catalogue.official import Official
from catalogue.period import Period
from catalogue.programme import Programme
from reports.figures import Row, Shown, rows
from warehouse.store import Warehouse

# The newest part of each unit and period that the release knows; its rows are those of the vintage that it repeats.
_ROWS: Final = """
SELECT v.level, f.{row} AS label, p.unit_key, t.start_date, {sums}
FROM (SELECT unit_key, period_code, max(part_key) AS part_key FROM dim_part
      WHERE part_key <= :last AND form_code = :form GROUP BY unit_key, period_code) n
JOIN dim_part p ON p.part_key = n.part_key AND p.reason <> 'withdrawn'
JOIN dim_period t ON t.period_code = p.period_code AND t.calendar_code = :calendar AND t.kind = :kind
 AND t.start_date >= :start AND t.end_date <= :end
JOIN fact_{fact} f ON f.part_key = p.facts_part_key
JOIN dim_hierarchy h ON h.entity_key = coalesce(f.{place}_key, p.unit_key) AND h.ancestor_key = :unit
 AND p.as_of_date BETWEEN h.valid_from AND h.valid_to
LEFT JOIN place v ON v.entity_key = h.entity_key AND p.as_of_date BETWEEN v.valid_from AND v.named_to
GROUP BY v.level, f.{row}, p.unit_key, t.start_date
"""
_OWED: Final = """
SELECT count(*) AS expected, count(p.part_key) AS received
FROM fact_reporting o
JOIN dim_period t ON t.period_code = o.period_code AND t.calendar_code = :calendar AND t.kind = :kind
 AND t.start_date >= :start AND t.end_date <= :end
LEFT JOIN (SELECT unit_key, period_code, max(part_key) AS part_key FROM dim_part
           WHERE part_key <= :last AND form_code = :form AND reason <> 'withdrawn' GROUP BY unit_key, period_code) p
  ON p.unit_key = o.unit_key AND p.period_code = o.period_code
WHERE o.form_code = :form AND o.unit_key IN (
    SELECT h.entity_key FROM dim_hierarchy h
    WHERE h.ancestor_key = :unit AND t.end_date BETWEEN h.valid_from AND h.valid_to)
  AND (p.part_key IS NOT NULL OR NOT EXISTS (
    SELECT 1 FROM obligation_change c
    WHERE c.form_code = o.form_code AND c.unit_key = o.unit_key AND c.period_code = o.period_code
      AND c.change <> 'owed' AND c.change_key = (
        SELECT max(k.change_key) FROM obligation_change k
        WHERE k.form_code = o.form_code AND k.unit_key = o.unit_key AND k.period_code = o.period_code)))
"""

Values = dict[int, Decimal | None]
"""Column number -> figure; None where nobody said any."""


@dataclass(frozen=True)
class Filled:
    """A layout with its figures: the form they come from, section -> rows (label, values), reports that came and were
    owed."""

    form: str
    sections: dict[str, list[tuple[str, Values]]]
    received: int
    expected: int


def filled(
    warehouse: Warehouse,
    programme: Programme,
    layout: Official,
    release: Shown,
    unit: int,
    period: Period,
    language: str,
) -> Filled:
    """Fill a layout for a unit and all below it; codes by their names in a language.

    Raises UsageError where no form has anything of it.
    """
    for code in layout.forms:
        form = programme.form[code]
        values = {
            "last": release.last_part, "form": code, "unit": unit, "calendar": period.calendar.code,
            "kind": form.frequency, "start": period.start, "end": period.end,
        }  # fmt: skip
        found = [
            dict(one, label=_named(programme, layout, one["label"], language))
            for one in rows(warehouse, _query(programme, layout, form), **values)
        ]
        if found:
            owed = rows(warehouse, _OWED, **values)[0]
            return Filled(code, _sections(programme, layout, found), int(owed["received"]), int(owed["expected"]))
    raise UsageError(
        f"release {release.name} has nothing of forms {', '.join(layout.forms)} for this unit in {period.code}; choose "
        "a period that was reported, or a unit above"
    )


def _named(programme: Programme, layout: Official, label: object, language: str) -> str:
    """What a row is called: a code by its name, anything else as it was reported."""
    dimension = programme.fact[layout.fact].dimension(layout.rows)
    known = programme.codelist[dimension.codelist].entries if dimension and dimension.codelist else ()
    return next((say(entry.name, language) for entry in known if entry.code == label), str(label or ""))


def _query(programme: Programme, layout: Official, form: Form) -> str:
    fact = programme.fact[form.fact]
    place = fact.place or ""
    dimension = fact.dimension(layout.rows)
    suffix = {"entity": "_code", "code": "_code", "codes": "_codes"}.get(dimension.type if dimension else "", "")
    sums = ", ".join(
        f"CAST(sum(f.{name}) AS NUMERIC(38, 6)) AS {name}"
        for name in dict.fromkeys(column.measure for column in layout.columns if column.measure)
    )
    query = _ROWS.format(row=f"{layout.rows}{suffix}", sums=sums, fact=fact.fact, place=place)
    return query if place else query.replace("coalesce(f._key, p.unit_key)", "p.unit_key")


def _sections(programme: Programme, layout: Official, found: list[Row]) -> dict[str, list[tuple[str, Values]]]:
    """Section -> rows, sections in the declared order, then the others; rows by their label."""
    fact = programme.fact[layout.fact]
    # A stock counts in the first or last report of its unit alone.
    ends: dict[int, list[Any]] = defaultdict(list)
    for one in found:
        ends[int(one["unit_key"])].append(one["start_date"])
    called = _spellings(programme, (str(one["label"] or "") for one in found))
    added: dict[str, dict[str, Values]] = defaultdict(lambda: defaultdict(dict))
    for one in found:
        section = str(one["level"] or "")
        values = added[section][called[_folded(programme, str(one["label"] or ""))]]
        days = ends[int(one["unit_key"])]
        for column in (column for column in layout.columns if column.measure):
            measure = fact.measure(column.measure or "")
            counts = {"first": one["start_date"] == min(days), "last": one["start_date"] == max(days)}
            values.setdefault(column.number, None)
            if measure and one[measure.measure] is not None and counts.get(measure.over_time, True):
                values[column.number] = (values[column.number] or Decimal(0)) + Decimal(one[measure.measure])
    for section_rows in added.values():
        for values in section_rows.values():
            recompute(layout, values)
    order = [*(name for name in layout.sections if name in added), *sorted(added.keys() - layout.sections.keys())]
    return {name: sorted(added[name].items(), key=lambda row: (_folded(programme, row[0]), row[0])) for name in order}


def _spellings(programme: Programme, labels: Iterable[str]) -> dict[str, str]:
    """Folded label -> as it is shown: written with and without marks it is one row, shown with them."""
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for label in labels:
        counted[_folded(programme, label)][label] += 1
    return {
        folded: max(found, key=lambda label: (sum(not char.isascii() for char in label), found[label], label))
        for folded, found in counted.items()
    }


def _folded(programme: Programme, label: str) -> str:
    """A label without case and marks, by the letters of the programme's first language."""
    letters = programme.language.letters
    bare = "".join(letters.get(char, char) for char in " ".join(label.casefold().split()))
    return "".join(char for char in unicodedata.normalize("NFD", bare) if not unicodedata.combining(char))


def recompute(layout: Official, values: Values) -> None:
    """Put the sums among the columns of a row."""
    for column in (column for column in layout.columns if column.sum_of):
        parts = [values.get(number) for number in column.sum_of]
        known = [part for part in parts if part is not None]
        values[column.number] = sum(known, Decimal(0)) if known else None


def total(layout: Official, found: list[Values]) -> Values:
    """The sum of rows, its totals recomputed."""
    values: Values = {}
    for column in (column for column in layout.columns if column.measure):
        known = [one for row in found if (one := row.get(column.number)) is not None]
        values[column.number] = sum(known, Decimal(0)) if known else None
    recompute(layout, values)
    return values
