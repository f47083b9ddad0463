"""Figures on the boundaries of another day: whole moves exact, stated shares estimated, everything else refused."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from catalogue.period import Period
from flows.explaining import explain
from flows.explanation import print_explanation
from flows.restating import figures_on
from tests.world import BACKENDS, KINDS, World, plain
from tests.worlds import Worlds

# On 2024-08-16 Oldtown goes whole into Newtown; Roamer moves south. On 2024-11-01 Fork is split, with shares, and Knot
# without. On 2025-07-01 Firsttown and Tine are merged into Great, and both regions into one.
PLACES = """
key,code,valid_from,event,name,level,parent
1,L,,,Land,land,
10,N,,,North,region,1
10,N,2025-07-01,merged,North,region,
20,S,,,South,region,1
20,S,2025-07-01,merged,South,region,
30,N,2025-07-01,created,Norsouth,region,1
11,N1,,,Firsttown,town,10
11,N1,2025-07-01,merged,Firsttown,town,
12,N2,,,Oldtown,town,10
12,N2,2024-08-16,merged,Oldtown,town,
13,N3,2024-08-16,created,Newtown,town,10
13,N3,2025-07-01,moved,Newtown,town,30
14,R,,,Roamer,town,10
14,R,2024-08-16,moved,Roamer,town,20
14,R,2025-07-01,moved,Roamer,town,30
15,F,,,Fork,town,10
15,F,2024-11-01,split,Fork,town,
16,F1,2024-11-01,created,Tine,town,10
16,F1,2025-07-01,merged,Tine,town,
17,F2,2024-11-01,created,Prong,town,10
17,F2,2025-07-01,moved,Prong,town,30
18,G,2025-07-01,created,Great,town,30
21,S1,,,Southtown,town,20
21,S1,2025-07-01,moved,Southtown,town,30
22,K,,,Knot,town,20
22,K,2024-11-01,split,Knot,town,
23,K1,2024-11-01,created,Strand,town,20
23,K1,2025-07-01,moved,Strand,town,30
24,K2,2024-11-01,created,Cord,town,20
24,K2,2025-07-01,moved,Cord,town,30
"""
SUCCESSION = """
predecessor,successor,relation,share,basis,effective,document
12,13,whole,,,2024-08-16,Act 7
15,16,part,0.25,people of 2023,2024-11-01,Act 8
15,17,part,0.75,people of 2023,2024-11-01,Act 8
22,23,part,,,2024-11-01,Act 8
22,24,part,,,2024-11-01,Act 8
11,18,whole,,,2025-07-01,Act 9
16,18,whole,,,2025-07-01,Act 9
10,30,whole,,,2025-07-01,Act 9
20,30,whole,,,2025-07-01,Act 9
"""
EXTENT = "  - {dimension: extent, title: {en: Boundaries}, type: text}\nmeasures:"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("programme") / "land"
    shutil.copytree(KINDS, made)
    (made / "registers" / "places.csv").write_text(PLACES.lstrip(), encoding="utf-8")
    (made / "registers" / "succession.csv").write_text(SUCCESSION.lstrip(), encoding="utf-8")
    for path, old, new in (
        ("programme.yml", "languages:", "boundaries: [2025-07-01]\nlanguages:"),
        ("facts/published.yml", "measures:", EXTENT),
        ("facts/published.yml", "place: place\n", "place: place\nboundaries: extent\n"),
    ):
        text = (made / path).read_text(encoding="utf-8")
        (made / path).write_text(text.replace(old, new, 1), encoding="utf-8")
    return made


@pytest.fixture(scope="module", params=BACKENDS)
def land(
    worlds: Worlds, request: pytest.FixtureRequest, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    made = worlds.make(str(request.param), folder, tmp_path_factory.mktemp("home"))
    made.clock = datetime(2025, 8, 20)

    def people(unit: str, period: str, **towns: tuple[int, int]) -> None:
        rows = [{"place": town, "people": all_, "skilled": some} for town, (all_, some) in towns.items()]
        made.report("PEOPLE", unit, period, rows)

    people("ON", "2024-Q2", N1=(100, 50), N2=(40, 10), F=(80, 20), R=(5, 5))
    people("OS", "2024-Q2", S1=(200, 100), K=(60, 30))
    people("ON", "2024-Q3", N1=(101, 51), N3=(42, 12), F=(84, 24))
    people("OS", "2024-Q3", S1=(201, 101), K=(61, 31), R=(6, 6))
    people("ON", "2025-Q1", N1=(110, 60), N3=(44, 14), F1=(22, 11), F2=(66, 33))
    people("OS", "2025-Q1", S1=(210, 110), K1=(20, 10), K2=(44, 22), R=(7, 7))

    def cases(unit: str, period: str, received: int, pending: int) -> None:
        row = {"topic": "data", "received": received, "resolved": received - pending, "on_time": pending}
        made.report("CASES", unit, period, [row | {"pending": pending}])

    cases("ON2", "2024-07", 10, 8)
    cases("ON3", "2024-09", 7, 5)
    cases("ON3", "2025-07", 34, 4)
    cases("OS1", "2024-07", 20, 1)
    rank = {"figure": "RANK", "reference_period": "2024", "sign": "="}
    made.report(
        "PUB",
        "ON",
        "2024",
        [rank | {"place": "N", "value": 3}, rank | {"place": "N", "value": 2, "extent": "2025-07-01"}],
    )
    made.release()
    yield made
    worlds.drop(made.house.warehouse.url)


def told(land: World, indicator: str, place: str, period: str, boundary: str = "2025-07-01") -> str:
    """value, numerator/denominator where there are both, and the status where it is not ok."""
    rows = land.sql(
        "SELECT value, numerator, denominator, status FROM indicator_on_boundaries WHERE boundary_version = :day "
        "AND indicator_code = :code AND place_code = :place AND period_code = :period",
        day=boundary, code=indicator, place=place, period=period,
    )  # fmt: skip
    return "; ".join(said(*row) for row in rows) or "-"


def said(value: Decimal | None, numerator: Decimal | None, denominator: Decimal | None, status: str) -> str:
    if value is None:
        return status
    parts = [plain(value)] if denominator is None else [f"{plain(numerator or Decimal(0))}/{plain(denominator)}"]
    return " ".join(parts + ([status] if status != "ok" else []))


@pytest.mark.parametrize(
    ("indicator", "place", "period", "expected"),
    [
        # Whole: exact, and a ratio from its parts. Both regions together, whatever moved between their towns.
        ("PEOPLE", "N", "2024-Q2", "485"),
        ("SKILL", "N", "2024-Q2", "215/485"),
        ("PEOPLE", "N3", "2024-Q2", "40"),
        ("PEOPLE", "N3", "2024-Q3", "42"),
        # A split with shares, and what follows on it: estimated.
        ("PEOPLE", "F2", "2024-Q3", "63 estimated"),
        ("SKILL", "F2", "2024-Q3", "18/63 estimated"),
        ("PEOPLE", "G", "2024-Q3", "122 estimated"),
        ("SKILL", "G", "2024-Q3", "57/122 estimated"),
        ("PEOPLE", "G", "2025-Q1", "132"),
        # A split without shares: refused. What was reported after it stands.
        ("PEOPLE", "K1", "2024-Q3", "not_comparable"),
        ("SKILL", "K2", "2024-Q3", "not_comparable"),
        ("PEOPLE", "K1", "2025-Q1", "20"),
        # What did not change is as reported; what is gone on the day is not shown.
        ("PEOPLE", "S1", "2024-Q2", "200"),
        ("PEOPLE", "L", "2024-Q2", "485"),
        ("PEOPLE", "F", "2024-Q2", "-"),
        # A flow of a year in which a town was merged counts both halves, a stock only who stands at the end.
        ("RECEIVED", "N3", "2024", "17"),
        ("PENDING", "N3", "2024", "5"),
        ("PENDING", "N3", "2024-07", "8"),
        # Growth is between two years on the same boundaries; as reported, the new region has no year before.
        ("RECEIVED.GROWTH", "N", "2025-07", "34/30"),
        ("RECEIVED.GROWTH", "N3", "2025-07", "34/10"),
        # Shares of units, gaps and reports: the units are those of the time, whatever was merged above them.
        ("PROMPT", "N", "2024-Q3", "2/3"),
        ("PROMPT", "N3", "2024-Q3", "2/2"),
        ("APART", "N", "2024-Q3", "14/37"),
        ("IN.STEP", "N3", "2024-Q3", "17/17"),
        ("REPORTS.WHOLE", "N", "2024-07", "2/3"),
        ("REPORTS.IN.TIME", "N", "2024-07", "0/3"),
        ("ROWS.IN.ERROR", "N", "2024-Q3", "0/3"),
        # An index is of a place's own rows.
        ("PILLARS", "N", "2024", "not_comparable"),
        # A rank is what somebody gave for these boundaries, or nothing.
        ("RANK", "N", "2024", "2"),
    ],
)
def test_on_the_boundaries_of_the_day_that_is_kept(
    land: World, indicator: str, place: str, period: str, expected: str
) -> None:
    assert told(land, indicator, place, period) == expected


@pytest.mark.parametrize(
    ("indicator", "place", "period", "reason"),
    [
        ("PEOPLE", "K1", "2024-Q3", "split"),
        ("PILLARS", "N", "2024", "kind"),
        ("PEOPLE", "N", "2024-Q2", None),
    ],
)
def test_what_is_not_comparable_says_why(
    land: World, indicator: str, place: str, period: str, reason: str | None
) -> None:
    assert land.sql(
        "SELECT reason FROM indicator_on_boundaries WHERE boundary_version = '2025-07-01' "
        "AND indicator_code = :code AND place_code = :place AND period_code = :period",
        code=indicator, place=place, period=period,
    ) == [(reason,)]  # fmt: skip


def test_what_was_reported_stays_as_it_was(land: World) -> None:
    assert [land.value("PEOPLE", place, "2024-Q2") for place in ("N", "S", "N2", "F")] == ["225", "260", "40", "80"]
    assert land.value("RANK", "N", "2024") == "3"
    assert land.value("RECEIVED.GROWTH", "N", "2025-07") is None


@pytest.mark.parametrize(
    ("day", "indicator", "place", "period", "expected"),
    [
        # Between the steps: the split is made, the merger is not.
        ("2025-01-01", "PEOPLE", "F1", "2024-Q3", "21 estimated"),
        ("2025-01-01", "PEOPLE", "N1", "2024-Q3", "101"),
        # Roamer moved between the regions, and nobody said how much of them that is.
        ("2025-01-01", "PEOPLE", "N", "2024-Q2", "not_comparable"),
        ("2025-01-01", "PEOPLE", "N", "2024-Q3", "227"),
        # Backward: a town that is one former one, whole, or all parts of it; never out of a merged one.
        ("2024-01-01", "PEOPLE", "N2", "2025-Q1", "44"),
        ("2024-01-01", "PEOPLE", "F", "2025-Q1", "88"),
        ("2024-01-01", "PEOPLE", "K", "2025-Q1", "64"),
        ("2024-12-01", "RECEIVED", "N", "2025-07", "not_comparable"),
    ],
)
def test_on_the_boundaries_of_any_other_day(
    land: World, day: str, indicator: str, place: str, period: str, expected: str
) -> None:
    when = date.fromisoformat(day)
    register = land.programme.register_named["places"]
    version = register.by_code(place, when)
    assert version is not None
    with land.house.warehouse.connection() as connection:
        found = figures_on(
            land.house, connection, indicator, when, 10_000, {period: Period.parse(period)}, places=[version.key]
        )
    assert [
        said(one.numerator if one.status in ("ok", "estimated") else None, one.numerator, one.denominator, one.status)
        for one in found
    ] == [expected]


def test_the_cells_behind_every_restated_figure_times_their_share_add_up_to_it(land: World) -> None:
    wrong = land.sql(
        """SELECT f.indicator_code, f.entity_key, f.period_code, f.numerator, x.numerator
           FROM fact_indicator f JOIN dim_indicator d ON d.indicator_code = f.indicator_code
           LEFT JOIN (SELECT boundary_version, indicator_code, entity_key, period_code,
                             sum(CASE WHEN side = 'numerator' THEN amount ELSE 0 END) AS numerator,
                             sum(CASE WHEN side = 'denominator' THEN amount ELSE 0 END) AS denominator
                      FROM explain_row_on_boundaries
                      GROUP BY boundary_version, indicator_code, entity_key, period_code) x
             ON x.boundary_version = f.boundary_version AND x.indicator_code = f.indicator_code
            AND x.entity_key = f.entity_key AND x.period_code = f.period_code
           WHERE f.boundary_version <> 'as_reported' AND f.status IN ('ok', 'estimated')
             AND d.kind IN ('count', 'sum', 'ratio', 'distinct', 'share', 'gap')
             AND (coalesce(f.numerator, 0) <> coalesce(x.numerator, 0)
                  OR coalesce(f.denominator, 0) <> coalesce(x.denominator, 0))"""
    )
    assert wrong == []
    assert land.one("SELECT count(*) FROM fact_indicator WHERE status = 'estimated'") > 0


@pytest.mark.parametrize(
    ("indicator", "place", "period", "expected"),
    [
        # A quarter of Fork is in Great, three quarters in Prong: what the town had reported, the share, what that is.
        ("SKILL", "G", "2024-Q3", [("N1", "51", "1", "51"), ("F", "24", "0.25", "6")]),
        ("SKILL", "F2", "2024-Q3", [("F", "24", "0.75", "18")]),
        ("PEOPLE", "N3", "2024-Q2", [("N2", "40", "1", "40")]),
    ],
)
def test_a_restated_figure_shows_what_its_predecessors_reported_and_the_share(
    land: World, indicator: str, place: str, period: str, expected: list[tuple[str, ...]]
) -> None:
    for view in ("explain_part_on_boundaries", "explain_cell_on_boundaries"):
        found = land.sql(
            f"""SELECT e.unit_code, e.stated, e.share, e.amount FROM {view} e
                JOIN place p ON p.entity_key = e.entity_key AND DATE '2025-07-01' BETWEEN p.valid_from AND p.valid_to
                WHERE e.boundary_version = '2025-07-01' AND e.indicator_code = :code AND p.code = :place
                  AND e.period_code = :period AND e.side = 'numerator' ORDER BY e.amount DESC""",
            code=indicator, place=place, period=period,
        )  # fmt: skip
        assert [(code, *map(plain, figures)) for code, *figures in found] == expected, view


def test_an_estimate_is_explained_down_to_the_cells_of_its_predecessors(
    land: World, capsys: pytest.CaptureFixture[str]
) -> None:
    land.house.warehouse.publish()
    found = explain(land.house.settings, "SKILL", "G", "2024-Q3", boundaries="2025-07-01", most=0)
    assert found.asked.figure["status"] == "estimated"
    assert [found.total(side) for side in ("numerator", "denominator")] == [57, 122]
    told = [(one["unit_name"], one["side"], plain(one["share"]), plain(one["amount"])) for one in found.shown]
    assert sorted(told) == [
        ("Firsttown", "denominator", "1", "101"),
        ("Firsttown", "numerator", "1", "51"),
        ("Fork", "denominator", "0.25", "21"),
        ("Fork", "numerator", "0.25", "6"),
    ]
    print_explanation(found, "en")
    printed = capsys.readouterr().out
    assert "share" in printed
    assert "0.25" in printed


def test_a_predecessor_of_which_nothing_is_known_is_not_taken_for_nothing(land: World) -> None:
    # Nobody in the south reported cases in September 2024, but Southtown's office owes them: the coverage says so.
    assert told(land, "RECEIVED", "N", "2024-09") == "7"
    received, expected = land.sql(
        "SELECT reports_received, reports_expected FROM indicator_on_boundaries "
        "WHERE indicator_code = 'RECEIVED' AND place_code = 'N' AND period_code = '2024-09'"
    )[0]
    assert received < expected
    # A rank of the south was never published: the rank of the north is not that of both.
    assert told(land, "SCORE", "N", "2024") == "-"


def test_a_release_stores_what_changed_and_nothing_else(land: World) -> None:
    stored = land.sql("SELECT DISTINCT boundary_version FROM fact_indicator ORDER BY 1")
    assert stored == [("2025-07-01",), ("as_reported",)]
    unchanged = "SELECT count(*) FROM fact_indicator WHERE boundary_version <> 'as_reported' AND entity_key IN (1, 21)"
    assert land.one(unchanged) == 0
    assert land.release() is None


def test_succession_reads_with_names(land: World) -> None:
    assert land.sql(
        "SELECT predecessor_name, successor_name, relation, share FROM succession WHERE effective_date = '2024-11-01' "
        "AND predecessor_code = 'F' ORDER BY successor_name"
    ) == [("Fork", "Prong", "part", Decimal("0.75")), ("Fork", "Tine", "part", Decimal("0.25"))]
