"""The demo world through the real flows under Prefect: what comes out is what its truth says, row by row."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from catalogue.loader import load_programme
from demo.score import score
from demo.truth import Truth, told
from flows.demo import TOKEN, served, write_settings
from flows.settings import SHIPPED

pytestmark = pytest.mark.long

PROGRAMME = SHIPPED / "vietnam"
# Every connection to another machine is refused, in every process of the demo: it needs its own portals, and no more.
NO_NETWORK = Path(__file__).parent / "no_network"


@dataclass(frozen=True)
class Demo:
    """A home in which ``chiso demo`` ran: what it printed, how it ended, the truth, and the read copy."""

    home: Path
    printed: str
    code: int
    truth: Truth
    database: duckdb.DuckDBPyConnection

    def rows(self, query: str, values: list[object] | None = None) -> list[tuple[Any, ...]]:
        """All rows of a query on the read copy."""
        return self.database.execute(query, values or []).fetchall()


def _chiso(*words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own: this one has the read copy open in a way of its own."""
    command = [sys.executable, "-c", "from flows.command_line import main; main()", *words]
    environment = {**os.environ, "PYTHONWARNINGS": "ignore", "CHISO_LANGUAGE": "en", **settings}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=600)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One run of the demo for all tests of this module."""
    home = tmp_path_factory.mktemp("demo") / "home"
    real = tmp_path_factory.mktemp("real") / "home"
    refused = tmp_path_factory.mktemp("network") / "refused"
    blocked = {"PYTHONPATH": str(NO_NETWORK), "CHISO_TEST_REFUSED": str(refused)}
    done = _chiso("demo", "--home", str(home), CHISO_HOME=str(real), **blocked)
    assert not refused.exists(), f"somebody asked for a host that nobody declared:\n{refused.read_text()}"
    assert not real.exists(), "made-up figures went where the settings of the real installation point"
    assert (home / "published.duckdb").exists(), done.stdout + done.stderr
    # That of stewards: the one for analysts has no findings.
    database = duckdb.connect(str(home / "steward.duckdb"), read_only=True)
    yield Demo(home, done.stdout + done.stderr, done.returncode, Truth.load(home / "world" / "truth.json"), database)
    database.close()


def test_the_demo_ends_well_and_says_that_it_is_synthetic(demo: Demo) -> None:
    assert demo.code == 0, demo.printed
    assert "SYNTHETIC" in demo.printed
    assert "NO " not in [word for line in demo.printed.splitlines() for word in line.split("│")]


def test_the_world_is_as_large_and_as_wrong_as_it_claims(demo: Demo) -> None:
    files = [one for one in demo.truth.deliveries if not one.source.startswith("dvc_")]
    pulls = [one for one in demo.truth.deliveries if one.source.startswith("dvc_")]
    errors = [error for one in demo.truth.deliveries for error in one.planted]
    decoys = [decoy for one in demo.truth.deliveries for decoy in one.decoys]
    assert 380 <= len(files) <= 450
    assert len(pulls) == 3 * 36
    assert 50 <= len(errors) <= 80
    assert len({error.kind for error in errors}) >= 12
    assert len(decoys) >= 20


def test_every_planted_error_is_found_by_rule_and_cell_once_and_nothing_else_is(demo: Demo) -> None:
    found = demo.rows(
        "SELECT d.name, i.rule_code, i.source_sheet, i.source_row, i.source_column "
        "FROM issue i JOIN dim_delivery d USING (delivery_key)"
    )
    result = score(demo.truth, found)
    assert (result.missed, result.doubled, result.unexpected) == ((), (), ())
    assert result.found == result.planted


def test_every_delivery_ends_as_the_truth_says(demo: Demo) -> None:
    became = {
        name: (status, form) for name, status, form in demo.rows("SELECT name, status, form_code FROM dim_delivery")
    }
    expected = {one.name: (one.status, one.form) for one in demo.truth.deliveries if one.status != "repeated"}
    assert became == expected


def test_facts_equal_the_clean_rows_row_by_row(demo: Demo) -> None:
    programme = load_programme(PROGRAMME)
    checked = 0
    for one in demo.truth.deliveries:
        if one.status in ("rejected", "repeated", "error") or one.form is None:
            continue
        fact = programme.fact[programme.form[one.form].fact]
        columns = sorted({column for row in one.rows for column in row.values})
        if not columns:
            continue
        listed = ", ".join(f'f."{column}"' for column in columns)
        loaded = demo.rows(
            f"SELECT f.source_sheet, f.source_row, {listed} FROM fact_{fact.fact} f "
            "JOIN dim_part p ON p.facts_part_key = f.part_key JOIN dim_delivery d ON d.delivery_key = p.delivery_key "
            "WHERE d.name = ?",
            [one.name],
        )
        had = {(sheet, row): [_alike(value) for value in values] for sheet, row, *values in loaded}
        want = {(row.sheet, row.row): [_alike(row.values.get(column)) for column in columns] for row in one.rows}
        assert had == want, one.name
        checked += len(want)
    assert checked > 20_000


def _alike(value: object) -> object:
    """A value as the truth writes it; the truth writes a decimal that is whole as a number or as a text."""
    written = told(value)
    return str(written) if isinstance(written, int) and not isinstance(written, bool) else written


def test_the_five_fates_of_rows_add_up_for_every_delivery(demo: Demo) -> None:
    assert demo.rows("SELECT name FROM fates WHERE NOT adds_up") == []
    assert demo.rows("SELECT name FROM fates WHERE rows_quarantined <> quarantine_found") == []
    assert demo.rows("SELECT name FROM fates WHERE rows_furniture <> furniture_found") == []
    assert demo.rows("SELECT name FROM fates WHERE rows_loaded <> loaded_found") == []
    quarantined = dict(demo.rows("SELECT name, rows_quarantined FROM fates WHERE rows_quarantined > 0"))
    assert quarantined == {one.name: one.quarantined for one in demo.truth.deliveries if one.quarantined}
    repeated = dict(demo.rows("SELECT name, rows_repeated FROM fates WHERE rows_repeated > 0"))
    assert repeated == {one.name: one.repeated for one in demo.truth.deliveries if one.repeated}


BAC_GIANG, PHU_THO, LONG_AN = "24", "25", "80"


@pytest.mark.parametrize(
    ("indicator", "place", "period", "says"),
    [
        ("HR.COURSES", BAC_GIANG, "2023", "value = 66"),
        ("SVC.ONLINE", LONG_AN, "2021", "value > 133000"),
        ("SVC.ONLINE.GROWTH", LONG_AN, "2021", "value = 4.0"),
        ("HR.OFF.COMPUTER", PHU_THO, "2021", "value = 1"),
        ("HR.IT.COVER", PHU_THO, "2021", "value = 1"),
        ("CIT.TRAINED", PHU_THO, "2021", "value > 800000"),
        ("CIT.SMARTPHONE", PHU_THO, "2021", "value = 0.85"),
        ("ECO.LAB.TRAINED", PHU_THO, "2021", "value = 0.7"),
        ("ECO.LAB.CERT", PHU_THO, "2021", "value = 0.28"),
        ("DTI.RANK", BAC_GIANG, "2020", "value = 10 AND of_n = 63"),
        ("DTI.RANK.DG", BAC_GIANG, "2020", "value = 7 AND of_n = 63"),
    ],
)
def test_the_seeds_figures_come_out_of_sql(demo: Demo, indicator: str, place: str, period: str, says: str) -> None:
    found = demo.rows(
        f"SELECT value, of_n, {says} FROM indicator WHERE indicator_code = ? AND place_code = ? AND period_code = ? "
        "AND register = 'localities'",
        [indicator, place, period],
    )
    assert [row[-1] for row in found] == [True], found


@pytest.mark.parametrize(
    ("target", "operator", "value", "status"),
    [
        ("BG-2025-HR.OFF.TRAINED", "=", "1", "met"),
        ("BG-2025-HR.LEAD.TRAINED", "=", "1", "met"),
        ("BG-2025-CIT.SKILL", ">=", "0.7", "met"),
        ("BG-2030-CIT.SKILL", ">", "0.9", "pending"),
        ("BG-2025-EDU.STEM", ">=", "0.5", "met"),
        ("BG-2030-EDU.STEM", ">", "0.8", "pending"),
        ("BG-2025-HR.EXPERTS", ">=", "50", "met"),
        ("BG-2030-HR.EXPERTS", ">=", "100", "pending"),
        # Measured to the last day of the old province, with exactly 90 %: of 2030 nobody can say it.
        ("BG-2030-HR.OFF.DATASKILL", ">", "0.9", "not_comparable"),
        ("PT-2025-HR.OFF.CUM", ">", "3400", "pending"),
        ("PT-2025-CIT.EPAY", ">", "0.8", "pending"),
    ],
)
def test_each_target_of_the_seeds_has_a_status(demo: Demo, target: str, operator: str, value: str, status: str) -> None:
    found = demo.rows(
        "SELECT operator, CAST(target_value AS DOUBLE), status, value IS NOT NULL FROM target WHERE target_code = ?",
        [target],
    )
    assert found == [(operator, float(value), status, True)]


def test_running_it_again_changes_nothing_and_says_so(demo: Demo) -> None:
    before = demo.rows("SELECT count(*), max(sequence) FROM ledger")
    with served(load_programme(PROGRAMME), demo.home / "world") as addresses:
        config = write_settings(demo.home, str(PROGRAMME), addresses)
        again = _chiso("run", "--config", str(config), CHISO_SECRET_DVC_TOKEN=TOKEN)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "Nothing new." in again.stdout
    assert "no new release" in again.stdout
    with duckdb.connect(str(demo.home / "steward.duckdb"), read_only=True) as now:
        assert now.execute("SELECT count(*), max(sequence) FROM ledger").fetchall() == before


QUERIES = re.findall(
    r"### \d+\. ([^\n]+)\n\n(<!-- may be empty[^\n]*\n)?```sql\n(.*?)```",
    (Path(__file__).parents[2] / "docs" / "queries.md").read_text(encoding="utf-8"),
    re.DOTALL,
)


def test_there_are_twenty_queries_and_they_name_views_for_analysts_see_nothing_else(demo: Demo) -> None:
    assert len(QUERIES) == 20
    tables = {name for (name,) in demo.rows("SELECT table_name FROM duckdb_tables()")}
    named = {word for *_, query in QUERIES for word in re.findall(r"(?:FROM|JOIN)\s+(\w+)", query)}
    assert named & tables == set()


@pytest.mark.parametrize(("may_be_empty", "query"), [pytest.param(*one[1:], id=one[0]) for one in QUERIES])
def test_each_of_the_twenty_queries_answers(demo: Demo, may_be_empty: str, query: str) -> None:
    assert demo.rows(query) or may_be_empty


def test_the_rows_behind_every_figure_add_up_to_it(demo: Demo) -> None:
    wrong = demo.rows(
        """SELECT i.indicator_code, i.place_name, i.period_code, i.numerator, x.numerator
           FROM indicator i JOIN dim_indicator d USING (indicator_code)
           LEFT JOIN (SELECT indicator_code, entity_key, period_code,
                             sum(amount) FILTER (side = 'numerator') AS numerator,
                             sum(amount) FILTER (side = 'denominator') AS denominator
                      FROM explain_row GROUP BY ALL) x USING (indicator_code, entity_key, period_code)
           WHERE d.kind IN ('sum', 'count', 'ratio', 'published', 'gap') AND i.boundary_version = 'as_reported'
             AND (coalesce(i.numerator, 0) <> coalesce(x.numerator, 0)
                  OR coalesce(i.denominator, 0) <> coalesce(x.denominator, 0))"""
    )
    assert wrong == []


@pytest.mark.parametrize(
    ("indicator", "place", "period"),
    [("SVC.ONLINE.RATE", "Bắc Giang", "2022-Q1"), ("HR.OFF.TRAINED", "24", "2024"), ("HR.COURSES", "24", "2023"),
     ("SVC.GAP.RATE", "Long An", "2021-12")],
)  # fmt: skip
def test_a_figure_is_explained_down_to_cells_that_add_up_to_it(
    demo: Demo, indicator: str, place: str, period: str
) -> None:
    words = ("explain", indicator, "--place", place, "--period", period, "--cells", "0", "--json")
    done = _chiso(*words, "--config", str(demo.home / "chiso.toml"))
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    for side in ("numerator", "denominator"):
        cells = [one for one in found["cells"] if one["side"] == side]
        assert sum(Decimal(one["amount"]) for one in cells) == Decimal(found["figure"][side] or 0)
    assert all(one["text"] for one in found["cells"])
    if found["formula"][0]["measure"]:
        said = [one for one in found["cells"] if one["cell"] is None]
        assert said == [], "a cell without its address"


def test_the_long_an_problem_fits_on_a_page(demo: Demo) -> None:
    words = ("reconcile", "--place", "Long An", "--period", "2021-12", "--language", "vi")
    done = _chiso(*words, "--config", str(demo.home / "chiso.toml"))
    assert done.returncode == 1, done.stderr
    assert "Phần mềm một cửa thiếu" in done.stdout
