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
)
_HASH: Final = "sha256(string_agg(line, '\n' ORDER BY line))"


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
    here = "(f.indicator_code, f.period_code) IN (SELECT (indicator_code, period_code) FROM warehouse.fact_indicator "
    here += f"WHERE from_release = {release})"
    area.run(f"""
        INSERT INTO warehouse.release_partition
        SELECT {release}, indicator_code, period_code, count(*), {_HASH}
        FROM (SELECT f.indicator_code, f.period_code, {_LINE} AS line FROM ({latest(here)}) f)
        GROUP BY indicator_code, period_code""")


def release_hash(area: Staging, release: int) -> str:
    """The hash over the hashes of all partitions that a release shows."""
    partitions = area.rows(
        """SELECT p.indicator_code, p.period_code, p.hash FROM warehouse.release_partition p JOIN (
               SELECT indicator_code, period_code, max(release_key) AS release_key
               FROM warehouse.release_partition WHERE release_key <= ? GROUP BY ALL) l
           USING (indicator_code, period_code, release_key)""",
        (release,),
    )
    listed = "\n".join("|".join(row) for row in sorted(partitions))
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
            FROM lines GROUP BY ALL)
        SELECT r.name, s.indicator_code, s.period_code, s.rows, coalesce(n.rows, 0)
        FROM sealed s LEFT JOIN warehouse.dim_release r ON r.release_key = s.release_key
        LEFT JOIN now n ON n.of_release = s.release_key AND n.indicator_code = s.indicator_code
             AND n.period_code = s.period_code
        WHERE n.hash IS DISTINCT FROM s.hash OR n.rows IS DISTINCT FROM s.rows
        ORDER BY s.release_key, s.indicator_code, s.period_code""")
    result = [
        Broken(name, code, period, f"{rows} rows were sealed, {there} are stored, {_how(rows, there)}")
        for name, code, period, rows, there in found
    ]
    foreign = area.rows(f"""
        SELECT DISTINCT f.from_release, f.indicator_code, f.period_code FROM warehouse.fact_indicator f
        WHERE {where.replace("f.release_key", "f.from_release")} AND NOT EXISTS (
            SELECT 1 FROM warehouse.release_partition p WHERE p.release_key = f.from_release
            AND p.indicator_code = f.indicator_code AND p.period_code = f.period_code)
        ORDER BY ALL""")
    return result + [
        Broken(f"release {key}", code, period, "rows are stored that were never sealed")
        for key, code, period in foreign
    ]


def _how(sealed: int, there: int) -> str:
    return "and one or more differ" if sealed == there else "so that some were added or taken away"


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
