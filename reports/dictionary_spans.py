"""From when until when there is something, and in which cells it stood: what the dictionary asks of a release."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from catalogue.programme import Programme
from reports.figures import Row, Shown, rows
from warehouse.store import Warehouse

# A cell of a workbook stands in a column of at most three letters; a record of a portal has keys.
_LETTERS = 3
_SOME = 3


@dataclass(frozen=True)
class Spans:
    """First and last period of forms and of indicators; where the fields of forms stood; what a release changed."""

    forms: dict[str, tuple[str, str]]
    indicators: dict[str, tuple[str, str]]
    cells: dict[tuple[str, str], str]
    versions: dict[str, list[int]]
    changed: dict[str, int]
    new: frozenset[str]


def spans(warehouse: Warehouse, programme: Programme, release: Shown) -> Spans:
    """What a release knows of each form and indicator."""
    last = {"last": release.last_part}
    parts = rows(
        warehouse,
        """SELECT p.form_code AS code, t.period_code, min(t.start_date) AS start_date, min(t.end_date) AS end_date
           FROM dim_part p JOIN dim_period t ON t.period_code = p.period_code WHERE p.part_key <= :last
           GROUP BY p.form_code, t.period_code""",
        **last,
    )
    shown = rows(
        warehouse,
        """SELECT indicator_code AS code, period_code, min(start_date) AS start_date, min(end_date) AS end_date,
                  max(definition_version) AS version, min(from_release) AS first_release
           FROM indicator_history WHERE from_release <= :release AND status <> 'tombstone'
           GROUP BY indicator_code, period_code""",
        release=release.key,
    )
    revised = rows(
        warehouse,
        "SELECT indicator_code, count(*) AS n FROM revision WHERE from_release = :release GROUP BY indicator_code",
        release=release.key,
    )
    versions: dict[str, set[int]] = defaultdict(set)
    begun: dict[str, int] = {}
    for one in shown:
        versions[str(one["code"])].add(int(one["version"]))
        begun[str(one["code"])] = min(begun.get(str(one["code"]), release.key), int(one["first_release"]))
    return Spans(
        forms=_ends(parts),
        indicators=_ends(shown),
        cells=_cells(warehouse, programme, release),
        versions={code: sorted(found) for code, found in versions.items()},
        changed={str(one["indicator_code"]): int(one["n"]) for one in revised},
        new=frozenset(code for code, first in begun.items() if first == release.key and release.before),
    )


def _ends(found: Iterable[Row]) -> dict[str, tuple[str, str]]:
    """Code -> its first and its last period, by their days; of equal days the longer."""
    by_code: dict[str, list[Row]] = defaultdict(list)
    for one in found:
        by_code[str(one["code"])].append(one)
    return {
        code: (
            str(min(some, key=lambda one: (one["start_date"], -one["end_date"].toordinal()))["period_code"]),
            str(max(some, key=lambda one: (one["end_date"], -one["start_date"].toordinal()))["period_code"]),
        )
        for code, some in by_code.items()
    }


def _cells(warehouse: Warehouse, programme: Programme, release: Shown) -> dict[tuple[str, str], str]:
    """(form, field) -> the ranges in which it stood, the most usual first; of a portal or extract the key."""
    reach = _reach(warehouse, programme, release)
    layouts = rows(
        warehouse,
        """SELECT d.form_code, y.field, y.source_column, count(*) AS n
           FROM sheet_layout l
           JOIN layout_column y ON y.layout_hash = l.layout_hash
           JOIN dim_delivery d ON d.delivery_key = l.delivery_key
           WHERE l.delivery_key IN (SELECT delivery_key FROM dim_part WHERE part_key <= :last)
           GROUP BY d.form_code, y.field, y.source_column
           ORDER BY d.form_code, y.field, count(*) DESC, y.source_column""",
        last=release.last_part,
    )
    found: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for one in layouts:
        found[str(one["form_code"]), str(one["field"])].append(one)
    return {(form, field): _ranges(some, reach.get(form)) for (form, field), some in found.items()}


def _ranges(found: Sequence[Row], reach: tuple[int, int] | None) -> str:
    said = []
    for one in found[:_SOME]:
        column = str(one["source_column"])
        is_letters = column.isascii() and column.isalpha() and column.isupper() and len(column) <= _LETTERS
        where = f"{column}{reach[0]}:{column}{reach[1]}" if is_letters and reach else column
        said.append(f"{where} ({one['n']} sheets)" if is_letters else where)
    if len(found) > _SOME:
        said.append(f"and {len(found) - _SOME} more")
    return ", ".join(said)


def _reach(warehouse: Warehouse, programme: Programme, release: Shown) -> dict[str, tuple[int, int]]:
    """Form -> the first and the last row of a sheet from which something of it was loaded."""
    found = {}
    for fact in programme.facts:
        for one in rows(
            warehouse,
            f"""SELECT p.form_code, min(f.source_row) AS first, max(f.source_row) AS last
                FROM fact_{fact.fact} f JOIN dim_part p ON p.part_key = f.part_key
                WHERE p.part_key <= :last GROUP BY p.form_code""",
            last=release.last_part,
        ):
            found[str(one["form_code"])] = (int(one["first"]), int(one["last"]))
    return found
