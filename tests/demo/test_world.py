"""The demo world: what is made up is what the truth says, to the cell; the same seed makes the same bytes."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from catalogue.delivery import Delivery
from catalogue.errors import SettingsError
from catalogue.form import Form
from catalogue.loader import load_programme
from catalogue.period import Period
from catalogue.programme import Programme
from catalogue.source import Inbox, Portal
from demo.scene import load_scene
from demo.score import score
from demo.truth import Expected, Truth
from demo.world import load_portals, make_world
from flows.house import House
from flows.load import judge
from flows.past import past_of
from flows.settings import Settings
from sources.archive import Archive
from sources.lines import Draft, Header, Pull, Record
from tests.world import LAND
from transforms.read import read
from transforms.recognise import Parcel, recognise_file, recognise_pull
from transforms.stage import Arrived
from warehouse.facts import fact_columns
from warehouse.staging import Staging, staging_area
from warehouse.store import Warehouse

pytestmark = pytest.mark.long

VIETNAM = LAND.parents[1] / "programmes" / "vietnam"
LAND_WORLD = Path(__file__).parent / "land_world"
# A day on which every unit that sends exists: forms without a period ask for today's units.
RECEIVED = datetime(2025, 1, 15, 9, 0)
EVERY = 7  # Of the clean files of a form, one in so many is read back; all files with anything odd in them are.


class Made:
    """A programme and its world, made once."""

    def __init__(self, programme: Programme, folder: Path, target: Path) -> None:
        self.programme, self.world, self.folder = programme, make_world(programme, folder, target), target
        home = target.parent / f"{target.name}-home"
        warehouse = Warehouse(f"duckdb:///{home / 'warehouse.duckdb'}", home / "published.duckdb")
        settings = Settings(home=home, programme=str(programme.folder))
        self.house = House(settings, programme, warehouse, Archive(str(home / "archive")), "test")
        self.resolver = self.house.resolver


@pytest.fixture(scope="module")
def vietnam(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return Made(load_programme(VIETNAM), VIETNAM / "world", tmp_path_factory.mktemp("vietnam"))


@pytest.fixture(scope="module")
def land(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return Made(load_programme(LAND), LAND_WORLD, tmp_path_factory.mktemp("land"))


def hashes(folder: Path) -> dict[str, str]:
    """The sha256 of every file below a folder, by path."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


# What there is


def test_about_400_workbooks_60_errors_of_12_kinds_and_20_decoys(vietnam: Made) -> None:
    deliveries = vietnam.world.truth.deliveries
    files = [path for path in vietnam.world.inbox.rglob("*") if path.is_file()]
    assert 380 <= len(files) <= 450
    assert sorted(str(path.relative_to(vietnam.world.inbox)) for path in files) == sorted(
        one.name for one in deliveries if not isinstance(source(vietnam, one), Portal)
    )
    kinds = Counter(error.kind for one in deliveries for error in one.planted)
    assert 55 <= kinds.total() <= 75
    assert len(kinds) >= 12
    decoys = {decoy.kind for one in deliveries for decoy in one.decoys}
    assert len(decoys) >= 20
    assert {path.suffix for path in files} == {".xlsx", ".csv", ".xls"}
    assert Counter(one.status for one in deliveries).keys() == {
        "accepted", "accepted_with_warnings", "partly_accepted", "rejected", "repeated",
    }  # fmt: skip


def test_three_portals_count_36_months(vietnam: Made) -> None:
    portals = vietnam.world.portals
    assert {name: len(months) for name, months in portals.items()} == dict.fromkeys(
        ["dvc_bac_giang", "dvc_phu_tho", "dvc_long_an"], 36
    )
    assert load_portals(vietnam.world.inbox.parent / "portals.json") == portals


def test_the_counts_of_a_portal_carry_over(vietnam: Made) -> None:
    months = vietnam.world.portals["dvc_long_an"]
    for month, following in zip(sorted(months), sorted(months)[1:], strict=False):
        pending = {(one["maDonVi"], one["maTTHC"]): one["tongDangXuLy"] for one in months[month]}
        carried = {(one["maDonVi"], one["maTTHC"]): one["tiepNhanKyTruoc"] for one in months[following]}
        assert pending == carried, following


def test_the_national_portal_tells_of_the_dossiers_of_the_one_stop_systems(vietnam: Made) -> None:
    """All of them in Long An and Bắc Giang, fewer in Phú Thọ, more nowhere."""
    said: dict[tuple[str, str, int], dict[str, int]] = {}
    for one in vietnam.world.truth.deliveries:
        if one.form in ("DVC-06", "DVC-07"):
            for row in one.rows:
                key = ((one.unit or "")[-3:], one.period or "", row.values["organisation_key"])
                sums = said.setdefault(key, {})
                received = row.values["received_online"] + row.values["received_direct"]
                sums[one.form] = sums.get(one.form, 0) + received
    both = {key: sums for key, sums in said.items() if "DVC-07" in sums}
    assert len({(unit, period) for unit, period, _ in both}) == 9
    gaps = {key: sums["DVC-06"] - sums["DVC-07"] for key, sums in both.items()}
    assert {key for key, gap in gaps.items() if gap} <= {key for key in gaps if key[0] == "H44"}
    assert min(gaps.values()) == 0
    assert 0.8 <= sum(both[key]["DVC-07"] for key in gaps if key[0] == "H44") / sum(
        both[key]["DVC-06"] for key in gaps if key[0] == "H44"
    ) <= 0.95  # fmt: skip


def test_ledger_and_portal_tell_the_same_but_where_an_error_says_otherwise(vietnam: Made) -> None:
    said: dict[tuple[str, int], dict[str, int]] = {}
    for one in vietnam.world.truth.deliveries:
        if one.form in ("BM-07", "DVC-06") and (one.unit or "").endswith("H39") and one.status != "repeated":
            for row in one.rows:
                sums = said.setdefault((one.period or "", row.values["organisation_key"]), {})
                told = {"portal": row.values["received_online"] + row.values["received_direct"]}
                if one.form == "BM-07":
                    told = {"software": told["portal"], "ledger": row.values["paper_received"]}
                for name, figure in told.items():
                    sums[name] = sums.get(name, 0) + figure
    both = [sums for sums in said.values() if sums.keys() >= {"portal", "software"}]
    assert len(both) > 90
    # One row that was planted is more than the portal has; three rows have other ledgers than software.
    assert len([sums for sums in both if sums["software"] != sums["portal"]]) == 1
    assert sorted(sums["ledger"] - sums["software"] for sums in both if sums["ledger"] != sums["software"]) == [
        -12, 24, 1000,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("form", "period", "unit", "column", "total"),
    [
        ("DVC-06", "2020", "H39", "received_online", 33300),
        ("DVC-06", "2021", "H39", "received_online", 133200),
        ("BM-02", "2021-Q4", "H44", "it_trained_cumulative", 3400),
        ("BM-04", "2021", "H44", "population", 1480000),
        ("BM-04", "2021", "H44", "smartphone_holders", 1258000),
        ("BM-04", "2021", "H44", "epayment_holders", 1184000),
        ("BM-04", "2021", "H44", "trained_attendances", 803500),
        ("BM-04", "2024", "H02", "skilled_people", 805000),
        ("BM-04", "2024", "H02", "working_age_population", 1150000),
        ("BM-02", "2025-Q2", "H02", "present", 7000),
        ("BM-02", "2025-Q2", "H02", "data_skilled", 6300),
    ],
)
def test_clean_rows_add_up_to_what_was_published(
    vietnam: Made, form: str, period: str, unit: str, column: str, total: int
) -> None:
    rows = [
        row
        for one in vietnam.world.truth.deliveries
        if one.form == form and (one.period or "").startswith(period) and (one.unit or "").endswith(unit)
        for row in one.rows
    ]
    assert sum(row.values[column] for row in rows) == total


def test_66_courses_were_completed_in_2023(vietnam: Made) -> None:
    completed = [
        row
        for one in vietnam.world.truth.deliveries
        if one.form == "BM-01" and (one.period or "").startswith("2023")
        for row in one.rows
        if row.values["status_code"] == "HOAN_THANH"
    ]
    assert len(completed) == 66


def test_no_error_stands_where_a_figure_comes_from(vietnam: Made) -> None:
    """A row in quarantine makes a report incomplete, and a target met on it is met in part only."""
    for one in vietnam.world.truth.deliveries:
        calibrated = (one.form, (one.period or "")[:4], (one.unit or "")[-3:]) in {
            ("BM-01", "2023", "H02"), ("BM-02", "2021", "H44"), ("BM-02", "2025", "H02"), ("BM-04", "2021", "H44"),
            ("BM-04", "2024", "H02"), ("BM-05", "2023", "H02"), ("DVC-06", "2020", "H39"), ("DVC-06", "2021", "H39"),
        }  # fmt: skip
        assert not (calibrated and one.quarantined), one.name


# The truth is right: here for a small world; row by row for the shipped one in tests/flows/test_demo.py


@pytest.mark.parametrize("form", ["COURSES", "PEOPLE", "CASES"])
def test_another_programme_needs_nothing_but_declarations(land: Made, form: str, tmp_path: Path) -> None:
    mine = [one for one in land.world.truth.deliveries if one.form == form]
    assert mine
    agree(land, form, mine, tmp_path)


def test_files_that_are_no_form_are_refused_by_what_they_are(vietnam: Made, land: Made) -> None:
    strange = [one for one in vietnam.world.truth.deliveries if one.form is None]
    assert len(strange) == 4
    assert {error.rule for one in strange for error in one.planted} == {"file.unreadable", "file.empty", "file.form"}
    others = [one for one in land.world.truth.deliveries if one.form is None]
    for made, one in [*((vietnam, one) for one in strange), *((land, one) for one in others)]:
        delivery, _ = arrived(made, one)
        assert [(found.rule, place(found.cell.row, found.cell.column)) for found in delivery.refusal] == [
            (error.rule, error.cell) for error in one.planted
        ]


def test_a_repeated_file_has_the_bytes_of_another(vietnam: Made) -> None:
    (copy,) = (one for one in vietnam.world.truth.deliveries if one.status == "repeated")
    known = hashes(vietnam.world.inbox)
    assert [name for name, digest in known.items() if digest == known[copy.name]][-1] == copy.name
    assert Counter(known.values())[known[copy.name]] == 2


def agree(made: Made, form_code: str, expected: Sequence[Expected], folder: Path) -> None:
    """Read files back by the engine's own steps, and compare findings cell by cell and rows value by value."""
    form = made.programme.form[form_code]
    with staging_area(folder / "staging.duckdb") as area:
        batch = []
        for number, one in enumerate(expected, start=1):
            delivery, data = arrived(made, one)
            batch.append(Arrived(number, delivery, read(delivery, data, form, made.programme)))
        verdicts = judge(made.house, area, form, batch, past_of(made.house.warehouse, published=True))
        assert [one for one in verdicts if one.verdict == "error"] == []
        names = {arrival.number: one.name for arrival, one in zip(batch, expected, strict=True)}
        refused = {one.name for one in expected if any(error.severity == "reject_delivery" for error in one.planted)}
        issues = [
            (names[number], rule, sheet or "", row or 0, letter or "")
            for number, rule, sheet, row, letter in area.rows(
                "SELECT delivery_no, rule, sheet, source_row, letter FROM findings"
            )
        ]
        told = score(Truth("", 0, tuple(expected)), issues)
        assert not told.missed
        assert not told.doubled
        # What else is said of a file that is refused as a whole is not told by the truth.
        assert [found for found in told.unexpected if found[0] not in refused] == []
        assert conformed(area, made.programme, form, names) == {
            (one.name, row.sheet, row.row): row.values for one in expected for row in one.rows
        }


def source(made: Made, one: Expected) -> Inbox | Portal:
    found = next(found for found in made.programme.sources if found.source == one.source)
    assert isinstance(found, Inbox | Portal)
    return found


def arrived(made: Made, one: Expected) -> tuple[Delivery, bytes]:
    """A delivery of the world with its bytes, recognised as it would be on arrival."""
    origin = source(made, one)
    if isinstance(origin, Portal):
        period = Period.parse(one.period or "", made.programme.calendars)
        data = pulled(origin, period, made)
        parcel = Parcel(one.name, hashlib.sha256(data).hexdigest(), len(data), RECEIVED, {})
        return recognise_pull(made.programme, origin, period, parcel, made.resolver), data
    data = (made.world.inboxes[one.source] / one.name).read_bytes()
    levels: tuple[str, ...] = origin.folders
    folder = dict(zip(levels, one.name.split("/"), strict=False))
    parcel = Parcel(one.name, hashlib.sha256(data).hexdigest(), len(data), RECEIVED, folder)
    return recognise_file(made.programme, origin, parcel, data, made.resolver), data


def pulled(portal: Portal, period: Period, made: Made) -> bytes:
    """The bytes of a pull, had the portal been asked."""
    records = made.world.portals[portal.source][period.start.isoformat()]
    path = made.folder / f"{portal.source}-{period.code}.jsonl"
    with Draft(path, portal.source) as draft:
        for number, record in enumerate(records):
            draft.add(Record(number // portal.page_size + 1, number % portal.page_size + 1, record))
    header = Header(portal.source, period.code, portal.adapter, len(records), complete=True, notes=())
    return b"".join(Pull(header, path).chunks())


def conformed(
    area: Staging, programme: Programme, form: Form, names: dict[int, str]
) -> dict[tuple[str, str, int], dict[str, Any]]:
    columns = fact_columns(programme.fact[form.fact])
    quoted = ", ".join(f'c."{name}"' for name in columns)
    found = area.rows(
        f"SELECT p.delivery_no, c.source_sheet, c.source_row, {quoted} FROM conformed c JOIN parts p USING (part_no)"
    )
    return {
        (names[number], sheet, row): dict(zip(columns, (plain(value) for value in values), strict=True))
        for number, sheet, row, *values in found
    }


def plain(value: Any) -> Any:
    """A value as the truth writes it; a decimal that the form reads as a number and the truth as one, too."""
    if isinstance(value, Decimal):
        text = format(value, "f").rstrip("0").rstrip(".")
        return int(text) if "." not in text else text
    return value.isoformat() if isinstance(value, date) else value


def place(row: int, column: str) -> str:
    return f"{column}{row or ''}"


# Always the same


def test_the_same_seed_makes_the_same_bytes_in_any_process(land: Made, tmp_path: Path) -> None:
    again = make_world(land.programme, LAND_WORLD, tmp_path / "again")
    assert hashes(again.inbox.parent) == hashes(land.world.inbox.parent)
    script = (
        "import sys; from pathlib import Path; from catalogue.loader import load_programme; "
        "from demo.world import make_world; "
        "make_world(load_programme(Path(sys.argv[1])), Path(sys.argv[2]), Path(sys.argv[3]))"
    )
    command = [sys.executable, "-c", script, str(LAND), str(LAND_WORLD), str(tmp_path / "other")]
    root = str(LAND.parents[1])
    subprocess.run(command, check=True, cwd=root, env={**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": root})
    assert hashes(tmp_path / "other") == hashes(land.world.inbox.parent)


def test_another_seed_makes_another_world_of_the_same_size(land: Made, tmp_path: Path) -> None:
    other = make_world(land.programme, LAND_WORLD, tmp_path / "other", seed=21)
    mine, theirs = hashes(land.world.inbox), hashes(other.inbox)
    assert set(mine.values()) != set(theirs.values())
    assert len(mine) == len(theirs)
    for column, total in (("people", 10000), ("skilled", 7000)):
        rows = [row for one in other.truth.deliveries if one.form == "PEOPLE" for row in one.rows]
        assert sum(row.values[column] for row in rows) <= total


def test_made_again_in_place_no_file_is_touched(land: Made, tmp_path: Path) -> None:
    first = make_world(land.programme, LAND_WORLD, tmp_path)
    before = {path: path.stat().st_mtime_ns for path in first.inbox.rglob("*")}
    make_world(land.programme, LAND_WORLD, tmp_path)
    assert before == {path: path.stat().st_mtime_ns for path in first.inbox.rglob("*")}


def test_the_truth_is_there_before_any_other_file(land: Made, tmp_path: Path) -> None:
    (tmp_path / "inbox").write_text("in the way")
    with pytest.raises(OSError, match="inbox"):
        make_world(land.programme, LAND_WORLD, tmp_path)
    assert Truth.load(tmp_path / "truth.json") == land.world.truth


def test_the_truth_is_read_back_as_it_was_written(vietnam: Made) -> None:
    path = vietnam.world.inbox.parent / "truth.json"
    assert Truth.load(path) == vietnam.world.truth
    assert "Synthetic" in json.loads(path.read_text(encoding="utf-8"))["note"]


# A world that is declared wrongly


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- a list", "allowed is keys with values"),
        ("manners: [", "wrong YAML"),
        ("manners: {letterheads: [], units: [], files: [], sheets: []}\ncampaigns: [{campaign: a, lots: []}]", "form"),
    ],
    ids=["a list", "no YAML", "no form"],
)
def test_a_wrong_world_says_what_is_wrong(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "world.yml").write_text(text)
    with pytest.raises(SettingsError, match=said):
        load_scene(tmp_path)


def test_a_campaign_of_a_form_that_is_not_there_says_so(land: Made, tmp_path: Path) -> None:
    text = (LAND_WORLD / "world.yml").read_text(encoding="utf-8").replace("form: PEOPLE", "form: POEPLE")
    (tmp_path / "world.yml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"campaign people: no .*POEPLE"):
        make_world(land.programme, tmp_path, tmp_path / "made")
