"""Partitions of releases: (indicator, period). Their rows as of a release, their hashes, and whether both still agree.

All of it is SQL of a staging area that has the warehouse attached as ``warehouse``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from warehouse.backends import backend_of
from warehouse.staging import Staging

KEY: Final = ("indicator_code", "entity_key", "period_code", "boundary_version")
COMPARED: Final = (
    "definition_version", "numerator", "denominator", "value", "approx", "of_n", "reports_received", "reports_expected",
    "status", "target_code", "target_status",
)  # fmt: skip
# What was added later is part of a line only where it says something, so that older hashes hold.
_LINE: Final = (
    " || '|' || ".join(f"coalesce(CAST(f.{column} AS VARCHAR), '~')" for column in (*KEY, *COMPARED))
    + " || CASE WHEN f.release_status = 'revised' THEN '|revised' ELSE '' END"
    + " || coalesce('|' || CAST(f.withdrawal_key AS VARCHAR), '')"
    + " || coalesce('|' || f.reason, '')"
    + " || coalesce('|in time ' || CAST(f.reports_on_time AS VARCHAR), '')"
)
_HASH: Final = "sha256(string_agg(line, '\n' ORDER BY line))"
_STATUS: Final = "concat_ws('|', f.target_code, CAST(f.entity_key AS VARCHAR), f.target_status)"
_NO_TARGETS: Final = "none"
"""What stands for the hash where a partition has no status of a target."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A partition, or (without indicator) a release as a whole, that is not what was sealed; and what is wrong."""

    release: str
    indicator: str
    period: str
    said: str

    def __str__(self) -> str:
        where = f"{self.indicator} {self.period} of {self.release}" if self.indicator else self.release
        return f"{where}: {self.said}"


def latest(where: str = "TRUE") -> str:
    """The latest released row of each figure, of the partitions that ``where`` says about ``f``."""
    keys = ", ".join(KEY)
    return f"""
        SELECT f.* FROM warehouse.fact_indicator f JOIN (
            SELECT {keys}, max(from_release) AS from_release
            FROM warehouse.fact_indicator f WHERE {where} GROUP BY ALL) l
        USING ({keys}, from_release) WHERE {where}"""


def hash_changed(area: Staging, release: int) -> None:
    """Inside a transaction: append the hashes of the partitions that a release changed."""
    changed = " UNION ".join(
        f"SELECT indicator_code, period_code FROM warehouse.{table} WHERE from_release = {release}"
        for table in ("fact_indicator", "target_status")
    )
    here = f"(f.indicator_code, f.period_code) IN (SELECT (indicator_code, period_code) FROM ({changed}))"
    area.run(f"""
        INSERT INTO warehouse.release_partition (release_key, indicator_code, period_code, rows, hash, target_hash)
        SELECT {release}, p.indicator_code, p.period_code, p.rows, p.hash, coalesce(t.hash, '{_NO_TARGETS}')
        FROM (SELECT indicator_code, period_code, count(*) AS rows, {_HASH} AS hash
              FROM (SELECT f.indicator_code, f.period_code, {_LINE} AS line FROM ({latest(here)}) f)
              GROUP BY indicator_code, period_code) p
        LEFT JOIN (SELECT indicator_code, period_code, {_HASH} AS hash
                   FROM (SELECT f.indicator_code, f.period_code, {_STATUS} AS line
                         FROM warehouse.target_status f JOIN (
                             SELECT target_code, indicator_code, entity_key, period_code,
                                    max(from_release) AS from_release
                             FROM warehouse.target_status f WHERE {here} GROUP BY ALL) l
                         USING (target_code, indicator_code, entity_key, period_code, from_release))
                   GROUP BY indicator_code, period_code) t USING (indicator_code, period_code)""")


def release_hash(area: Staging, release: int) -> str:
    """The hash over the hashes of all partitions that a release shows."""
    partitions = area.rows(
        """SELECT p.indicator_code, p.period_code, p.hash, p.target_hash FROM warehouse.release_partition p JOIN (
               SELECT indicator_code, period_code, max(release_key) AS release_key
               FROM warehouse.release_partition WHERE release_key <= ? GROUP BY ALL) l
           USING (indicator_code, period_code, release_key)""",
        (release,),
    )
    # How targets stood is part of it since engines seal it; what was sealed before has the hash that it had.
    ordered = sorted(partitions, key=lambda row: row[:3])
    listed = "\n".join("|".join(one for one in row if one is not None) for row in ordered)
    return hashlib.sha256(listed.encode()).hexdigest()


@contextmanager
def looking(area: Staging, url: str) -> Iterator[None]:
    """While the warehouse is attached to be read. Raises WarehouseBusy, WarehouseError."""
    backend_of(url).attach(area.connection, url, read_only=True)
    try:
        yield
    finally:
        area.run("DETACH warehouse")


def broken_partitions(area: Staging, where: str = "TRUE") -> list[Broken]:
    """The partitions whose stored rows are not those that were sealed, and rows that no release sealed.

    ``where`` chooses sealed partitions, by release_key, indicator_code, period_code of ``f``; TRUE: every one of every
    release.
    """
    keys, own = ", ".join(f"f.{name}" for name in KEY), ", ".join(f"v.{name}" for name in KEY)
    found = area.rows(f"""
        WITH sealed AS (SELECT * FROM warehouse.release_partition f WHERE {where}),
        shown AS (
            SELECT s.release_key AS of_release, {keys}, max(f.from_release) AS from_release
            FROM sealed s JOIN warehouse.fact_indicator f ON f.indicator_code = s.indicator_code
                 AND f.period_code = s.period_code AND f.from_release <= s.release_key
            GROUP BY ALL),
        lines AS (
            SELECT v.of_release, {own}, {_LINE} AS line
            FROM shown v JOIN warehouse.fact_indicator f USING ({", ".join((*KEY, "from_release"))})),
        now AS (
            SELECT of_release, indicator_code, period_code, count(*) AS rows, {_HASH} AS hash
            FROM lines GROUP BY ALL),
        stood AS (
            SELECT s.release_key AS of_release, f.target_code, f.indicator_code, f.entity_key, f.period_code,
                   max(f.from_release) AS from_release
            FROM sealed s JOIN warehouse.target_status f ON f.indicator_code = s.indicator_code
                 AND f.period_code = s.period_code AND f.from_release <= s.release_key
            WHERE s.target_hash IS NOT NULL GROUP BY ALL),
        targets AS (
            SELECT of_release, indicator_code, period_code, {_HASH} AS hash
            FROM (SELECT v.of_release, f.indicator_code, f.period_code, {_STATUS} AS line
                  FROM stood v JOIN warehouse.target_status f
                  USING (target_code, indicator_code, entity_key, period_code, from_release))
            GROUP BY ALL)
        SELECT r.name, s.indicator_code, s.period_code, s.rows, coalesce(n.rows, 0),
               n.hash IS NOT DISTINCT FROM s.hash AND n.rows IS NOT DISTINCT FROM s.rows
        FROM sealed s LEFT JOIN warehouse.dim_release r ON r.release_key = s.release_key
        LEFT JOIN now n ON n.of_release = s.release_key AND n.indicator_code = s.indicator_code
             AND n.period_code = s.period_code
        LEFT JOIN targets t ON t.of_release = s.release_key AND t.indicator_code = s.indicator_code
             AND t.period_code = s.period_code
        WHERE n.hash IS DISTINCT FROM s.hash OR n.rows IS DISTINCT FROM s.rows
           OR (s.target_hash IS NOT NULL AND coalesce(t.hash, '{_NO_TARGETS}') <> s.target_hash)
        ORDER BY s.release_key, s.indicator_code, s.period_code""")
    result = [
        Broken(name, code, period, _said(rows, there, figures_hold=figures_hold))
        for name, code, period, rows, there, figures_hold in found
    ]
    # A release seals how targets stood where any of its partitions says so; those of older engines did not.
    aware = "SELECT release_key FROM warehouse.release_partition WHERE target_hash IS NOT NULL"
    unsealed = " UNION ".join(
        f"""SELECT f.from_release, f.indicator_code, f.period_code FROM warehouse.{table} f
            WHERE {where.replace("f.release_key", "f.from_release")} AND f.from_release IN ({of}) AND NOT EXISTS (
                SELECT 1 FROM warehouse.release_partition p WHERE p.release_key = f.from_release
                AND p.indicator_code = f.indicator_code AND p.period_code = f.period_code)"""
        for table, of in (("fact_indicator", "f.from_release"), ("target_status", aware))
    )
    foreign = area.rows(f"SELECT * FROM ({unsealed}) ORDER BY ALL")
    return result + [
        Broken(f"release {key}", code, period, "rows are stored that were never sealed")
        for key, code, period in foreign
    ]


def _said(sealed: int, there: int, *, figures_hold: bool) -> str:
    if figures_hold:
        return "how targets stood is not what was sealed"
    how = "and one or more differ" if sealed == there else "so that some were added or taken away"
    return f"{sealed} rows were sealed, {there} are stored, {how}"


def broken_releases(area: Staging, keys: Iterable[int]) -> list[Broken]:
    """The releases whose own hash is not that over the hashes of their partitions."""
    said = area.rows("SELECT release_key, name, hash FROM warehouse.dim_release")
    known = {key: (name, found) for key, name, found in said}
    return [
        Broken(name, "", "", "its hash is not that over the hashes of its partitions")
        for key in keys
        for name, sealed in [known[key]]
        if release_hash(area, key) != sealed
    ]
