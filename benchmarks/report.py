"""How long the report site of a country takes to build, and its largest pages to open in a real browser.

    python -m benchmarks.report HOME [--folder build/report]

``HOME`` is one in which ``chiso demo`` ran. Its published copy is copied, and figures of ten indicators for all 3,321
communes and their provinces in 60 months, 20 quarters and five years are put into its release, with one form that each
of them owed each month. Nothing is written into ``HOME``.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import duckdb

from catalogue.loader import load_programme
from catalogue.period import Period

YEARS: Final = range(2026, 2031)
CODES: Final = ("SVC.RECV", "SVC.ONLINE.RATE", "SVC.ONTIME.A", "SVC.ONLINE", "CIT.SKILL", "CIT.EPAY", "CIT.5G",
                "HR.OFF.TRAINED", "RPT.ONTIME", "RPT.COMPLETE")  # fmt: skip
PAGES: Final = (
    "vi/index.html",
    "vi/unit.html#1024",
    "vi/indicator/CIT.SKILL.html",
    "vi/indicator/SVC.RECV.html",
    "vi/submissions.html#BM-07",
    "vi/quality.html",
    "vi/changes.html",
)
WATCH: Final = """
new MutationObserver(() => {
  if (document.body && document.body.dataset.ready === "true" && !window.seen) {
    window.seen = true;
    requestAnimationFrame(() => setTimeout(() => { window.readyAt = performance.now(); }));
  }
}).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-ready"] });
"""
"""Notes when what a page has ready has been painted, by its own clock: milliseconds since it was asked for."""
CHARTS: Final = ("trend-chart", "distribution-chart", "map-chart")
PLAIN: Final = frozenset({"vi/index.html", "vi/quality.html", "vi/changes.html"})
"""Pages that are whole without a script."""
SHIPPED: Final = Path(__file__).parents[1] / "programmes" / "vietnam"
_FIGURES: Final = {
    "indicator_code": "i.code",
    "definition_version": "1",
    "entity_key": "k.entity_key",
    "period_code": "p.period_code",
    "boundary_version": "'as_reported'",
    "numerator": "CAST(hash(k.entity_key, p.period_code, i.code) % 1000 AS DECIMAL(38, 6))",
    "denominator": "CAST(1000 AS DECIMAL(38, 6))",
    "value": "CAST((hash(k.entity_key, p.period_code, i.code) % 1000) / 1000.0 AS DECIMAL(38, 12))",
    "reports_received": "1",
    "reports_expected": "1",
    "status": "'ok'",
    "target_status": "'no_target'",
    "from_release": "1",
}


def main(words: Sequence[str] | None = None) -> None:
    """Grow the country, build its site in a process of its own, open its pages, print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("home", type=Path)
    parser.add_argument("--folder", type=Path, default=Path(__file__).parents[1] / "build" / "report")
    parser.add_argument("--build", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(words)
    if options.build:
        print(json.dumps(_built(options.folder)))
        return
    shutil.rmtree(options.folder, ignore_errors=True)
    options.folder.mkdir(parents=True)
    print(grow(options.home / "published.duckdb", options.folder / "published.duckdb"))
    command = [sys.executable, "-m", "benchmarks.report", str(options.home), "--folder", str(options.folder), "--build"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    made = json.loads(done.stdout.splitlines()[-1])
    print(
        "built in {wall:.0f} s, {cpu:.0f} s of CPU, peak {peak:.0f} MB: {files:,} files, {size:.0f} MB".format(**made)
    )
    print("| page | kB of the page | s until its figures are there | and its charts |\n|---|---|---|---|")
    for page, readable, whole in opened(options.folder / "site"):
        file = options.folder / "site" / page.partition("#")[0]
        print(f"| {page} | {file.stat().st_size / 1000:,.0f} | {readable:.2f} | {whole:.2f} |")


def grow(origin: Path, copy: Path) -> str:
    """Copy a published warehouse, and put a country's figures of five years into its first release."""
    shutil.copyfile(origin, copy)
    with duckdb.connect(str(copy)) as database:
        for one in _periods():
            row = [one.code, "CAL", one.kind, one.year, one.start, one.end, one.code]
            database.execute(
                "INSERT INTO dim_period SELECT ?, ?, ?, ?, ?, ? "
                "WHERE NOT EXISTS (SELECT 1 FROM dim_period WHERE period_code = ?)", row,
            )  # fmt: skip
        database.execute(
            "CREATE TEMP TABLE k AS SELECT entity_key FROM place WHERE register = 'localities' "
            "AND level IN ('commune', 'province') AND DATE '2026-01-01' BETWEEN valid_from AND valid_to"
        )
        names = [row[0] for row in database.execute("DESCRIBE fact_indicator").fetchall()]
        spans = f"calendar_code = 'CAL' AND year BETWEEN {YEARS[0]} AND {YEARS[-1]}"
        database.execute(
            f"INSERT INTO fact_indicator SELECT {', '.join(_FIGURES.get(name, 'NULL') for name in names)} FROM k "
            f"CROSS JOIN (SELECT unnest({list(CODES)}) AS code) i "
            f"CROSS JOIN (SELECT period_code FROM dim_period WHERE {spans} AND kind IN ('month', 'quarter', 'year')) p"
        )
        database.execute(
            "INSERT INTO fact_reporting "
            "SELECT 'BM-07', k.entity_key, p.period_code, p.end_date + 10, p.end_date, FALSE "
            f"FROM k CROSS JOIN (SELECT * FROM dim_period WHERE {spans} AND kind = 'month') p"
        )
        counts = database.execute(
            "SELECT (SELECT count(*) FROM k), (SELECT count(*) FROM fact_indicator), (SELECT count(*) FROM "
            "fact_reporting)"
        ).fetchone()
    assert counts is not None
    return "{:,} places, {:,} figures, {:,} reports owed".format(*counts)


def _periods() -> list[Period]:
    found = []
    for year in YEARS:
        whole = Period.parse(str(year))
        found += [whole, *whole.parts("quarter"), *whole.parts("month")]
    return found


def _built(folder: Path) -> dict[str, float]:
    """Seconds, peak and size of a build; imports are not counted, as a shell pays them for any command."""
    from reports.site import write_site
    from warehouse.store import Warehouse

    began, used = time.perf_counter(), time.process_time()
    file = folder / "published.duckdb"
    made = write_site(Warehouse(f"duckdb:///{file}", file), load_programme(SHIPPED), folder / "site")
    return {
        "wall": time.perf_counter() - began,
        "cpu": time.process_time() - used,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "files": made.files,
        "size": made.size / 1e6,
    }


def opened(site: Path, browser: str = "/usr/bin/chromium") -> list[tuple[str, float, float]]:
    """Seconds from asking for a page until its figures are there, by the page's own clock, and until its charts are,
    each in a new tab."""
    from playwright.sync_api import sync_playwright

    found = []
    with (
        sync_playwright() as play,
        play.chromium.launch(executable_path=browser, args=["--no-sandbox"]) as chromium,
    ):
        for page in PAGES:
            tab = chromium.new_page(viewport={"width": 1280, "height": 900})
            tab.add_init_script(WATCH)
            began = time.perf_counter()
            tab.goto(f"file://{(site / page.partition('#')[0]).resolve()}#{page.partition('#')[2]}")
            plain = page.partition("#")[0] in PLAIN
            readable = tab.wait_for_function(
                "performance.getEntriesByType('navigation')[0].loadEventEnd" if plain else "window.readyAt"
            ).json_value()
            for chart in CHARTS if "/indicator/" in page else ():
                tab.locator(f"#{chart} svg, #{chart} p").first.wait_for(state="attached")
            found.append((page, readable / 1000, time.perf_counter() - began))
            tab.close()
    return found


if __name__ == "__main__":
    main()
