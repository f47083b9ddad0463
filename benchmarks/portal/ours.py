"""Our way: the pipeline as an installation runs it, from the inbox to a sealed release and the read copy.

Everything is on: archive, verdict and self-check of the gate, quarantine, ledger, vintages, receipts, coverage.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from benchmarks.portal.case import Case, Sums, Way

# What the last release changed, ranked among the places of each level: a question that analysts ask of the view.
RANKS = """
SELECT indicator_code, period_code, place_code,
       rank() OVER (PARTITION BY indicator_code, period_code, place_level ORDER BY value DESC NULLS LAST) AS line
FROM indicator WHERE register = 'localities' AND period_code IN (
    SELECT period_code FROM release_partition WHERE release_key = (SELECT max(release_key) FROM dim_release))
"""
SUMS = """
SELECT indicator_code, count(*), coalesce(sum(numerator), 0), coalesce(sum(denominator), 0), coalesce(sum(value), 0),
       sum(place_in_line)
FROM (SELECT *, rank() OVER (PARTITION BY indicator_code, period_code, place_level ORDER BY value DESC NULLS LAST)
                AS place_in_line FROM indicator WHERE register = 'localities') ranked
GROUP BY indicator_code
"""
TARGETS = """
SELECT target_status, count(*) FROM (
    SELECT target_status, row_number() OVER (PARTITION BY target_code, period_code ORDER BY from_release DESC) AS n
    FROM target_status) latest WHERE n = 1 GROUP BY target_status
"""
RULES = "SELECT rules, count(*) FROM quarantine_open GROUP BY rules"
# The engine's rules of cells, as the other ways name them.
NAMES = {
    "cell.missing": "missing", "cell.out_of_range": "range", "cell.unknown_code": "unknown",
    "cell.unknown_entity": "unknown",
}  # fmt: skip


def plain(case: Case) -> Way:
    """Plain functions, without Prefect."""
    import alembic.autogenerate
    import great_expectations
    import pandas
    import pyarrow

    from expectations import gate
    from flows.plain import run_plainly

    _ = alembic.autogenerate, great_expectations, pandas, pyarrow, gate  # Imported now, so that no work pays for it.
    return _way(case, run_plainly)


def under_prefect(case: Case) -> Way:
    """The same as a flow, on the server that the harness has running."""
    import alembic.autogenerate
    import great_expectations
    import pandas
    import pyarrow

    from flows.orchestrate import prefect_server, run_under_prefect

    # Prefect reads the server's address when it is imported, and the harness has set it.
    if "PREFECT_API_URL" not in os.environ:
        raise SystemExit("there is no Prefect server; run this way by python -m benchmarks.portal, which starts one")
    with prefect_server(case.home):
        import flows.pipeline

    _ = alembic.autogenerate, great_expectations, pandas, pyarrow, flows.pipeline

    def run(settings: Any) -> Any:
        with prefect_server(case.home) as ready:
            return run_under_prefect(settings, None, (), ready)

    return _way(case, run)


def _way(case: Case, run: Callable[[Any], tuple[Any, Any, Any]]) -> Way:
    from flows.settings import Settings

    settings = Settings(
        home=case.home, programme=str(case.place.programme), addresses={"extracts": str(case.inbox)},
        warehouse=case.url, language="en",
    )  # fmt: skip

    def work() -> None:
        outcome, sealed, house = run(settings)
        if outcome.failed or outcome.skipped or outcome.count("rejected"):
            raise SystemExit(f"failed: {outcome.failed[:3]}, skipped: {outcome.skipped[:3]}, {outcome.receipts[:3]}")
        # The other ways rank what they computed; where nothing was, nobody does.
        if sealed is not None:
            with house.warehouse.reader() as connection:
                connection.exec_driver_sql(RANKS).fetchall()

    return work, lambda: sums_of(settings)


def sums_of(settings: Any) -> Sums:
    """The sums of what readers see."""
    from flows.house import open_house

    with open_house(settings).warehouse.reader() as connection:

        def rows(query: str) -> list[Any]:
            return list(connection.exec_driver_sql(query).fetchall())

        rules: dict[str, int] = {}
        for broken, number in rows(RULES):
            for rule in broken.split(";"):
                name = NAMES.get(rule, rule.removeprefix("PORTAL-01."))
                rules[name] = rules.get(name, 0) + int(number)
        return Sums(
            {name: [float(value) for value in values] for name, *values in rows(SUMS)},
            int(rows("SELECT count(*) FROM dossiers")[0][0]),
            int(rows("SELECT count(*) FROM quarantine_open")[0][0]),
            dict(sorted(rules.items())),
            {status: int(number) for status, number in sorted(rows(TARGETS))},
        )
