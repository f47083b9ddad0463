"""Both databases say the same, byte by byte, of the same story; and a warehouse moves between them whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from catalogue.errors import WarehouseError
from catalogue.fact import Measure
from flows.compute import compute
from flows.house import prepare
from flows.load import load
from tests.batch import delivered, workbook
from tests.world import BACKENDS, LAND, World, redeclared
from tests.worlds import Worlds
from warehouse.export import CLOCKED, VOLATILE, export
from warehouse.move import move
from warehouse.staging import staging_area

pytestmark = pytest.mark.long

#         topic   total carried received resolved on time pending
DATA = ("data", 500, 100, 400, 420, 400, 80)
WEB = ("Web", 10, 0, 10, 4, 4, 6)
WRONG = ("web", 11, 0, 10, 4, 4, 6)  # 11 is not 0 + 10, and not 4 + 6
STORY = [
    # unit, month, rows: a clean one, one with a row set aside, one sent again, one refused, odd words
    ("ON1", "01/2024", [DATA, WEB]),
    ("ON2", "01/2024", [DATA, WRONG]),
    ("ON2", "01/2024", [DATA, WEB]),
    ("OS1", "02/2024", [WRONG]),
    ("OS2", "02/2024", [('Đường, "quoted"\nline', 1, 0, 1, 0, 0, 1), DATA]),
]


def told(worlds: Worlds, backend: str, home: Path, books: Sequence[bytes]) -> World:
    """A world in which the story happened: two batches, a release after each."""
    world = worlds.make(backend, LAND, home)
    world.house = replace(world.house, run_id="the run")
    sent = [
        delivered(world.house, data, unit, f"{unit}/{number}.xlsx")
        for number, ((unit, _, _), data) in enumerate(zip(STORY, books, strict=True))
    ]
    for batch in (sent[:2], sent[2:]):
        load(world.house, world.programme.form["CASES"], batch, "batch")
        compute(world.house)
    return world


@pytest.fixture(scope="module")
def both(worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, World]]:
    form = worlds.programme(LAND).form["CASES"]
    # The same bytes for both: a workbook bears the time at which it was written.
    books = [workbook(form, unit, month, rows, ("Signed",)) for unit, month, rows in STORY]
    made = {backend: told(worlds, backend, tmp_path_factory.mktemp(backend), books) for backend in BACKENDS}
    yield made
    for world in made.values():
        worlds.drop(world.house.warehouse.url)


def written(world: World, folder: Path, without: frozenset[str] = frozenset()) -> dict[str, tuple[int, str]]:
    with world.house.warehouse.connection() as connection:
        return export(connection, folder, tables=True, without=without)


def test_both_databases_hold_the_same_facts_figures_quarantine_and_ledger(
    both: dict[str, World], tmp_path: Path
) -> None:
    without = VOLATILE | CLOCKED
    found = {name: written(world, tmp_path / name, without) for name, world in both.items()}
    assert found["duckdb"] == found["postgresql"]
    filled = {name for name, (rows, _) in found["duckdb"].items() if rows}
    assert filled >= {"fact_cases", "fact_indicator", "quarantine", "issue", "ledger", "cases", "indicator", "fates"}
    for name in found["duckdb"]:
        ours, theirs = (tmp_path / backend / f"{name}.csv" for backend in BACKENDS)
        assert ours.read_bytes() == theirs.read_bytes()


def test_a_figure_is_written_alike_whatever_its_type(both: dict[str, World], tmp_path: Path) -> None:
    written(both["postgresql"], tmp_path)
    lines = (tmp_path / "indicator.csv").read_text(encoding="utf-8").splitlines()
    columns = lines[0].split(",")
    coverage = {line.split(",")[columns.index("coverage")] for line in lines[1:]}
    assert coverage
    assert all(one in ("", "0", "1") or (one.startswith("0.") and not one.endswith("0")) for one in coverage)


@pytest.mark.parametrize(("here", "there"), [("duckdb", "postgresql"), ("postgresql", "duckdb")])
def test_a_warehouse_moves_whole(both: dict[str, World], worlds: Worlds, tmp_path: Path, here: str, there: str) -> None:
    """With what was once declared and still holds figures; what it publishes is the same bytes, clocks and all."""
    source = both[here]
    target = World(worlds.house(LAND, worlds.empty(there, tmp_path / "home"), tmp_path / "home"))
    with staging_area(tmp_path / "move.duckdb") as area:
        moved = move(
            area, source.house.warehouse, target.house.warehouse, source.programme, "moving", datetime(2024, 7, 1)
        )
    before, after = written(source, tmp_path / "before"), written(target, tmp_path / "after")
    assert {name for name in before if before[name] != after[name]} == {"ledger"}
    assert {one.table: one.rows for one in moved}["fact_cases"] == before["fact_cases"][0]
    assert target.sql("SELECT event, run_id FROM ledger ORDER BY sequence DESC LIMIT 1") == [("move", "moving")]
    # And it goes on there.
    assert prepare(target.house) == []
    target.report("CASES", "ON1", "2024-03", [{"topic": "data", "received": 5}])
    assert compute(target.house) is not None
    worlds.drop(target.house.warehouse.url)


def test_what_was_once_declared_moves_too(embedded: World, worlds: Worlds, tmp_path: Path) -> None:
    fact = embedded.programme.fact["cases"]
    more = fact.model_copy(
        update={"measures": (*fact.measures, Measure(measure="appeals", title={"en": "Appeals"}, unit="case"))}
    )
    facts = tuple(more if one.fact == "cases" else one for one in embedded.programme.facts)
    wider = replace(embedded.house, programme=redeclared(embedded.programme, facts=facts, digest="wider"))
    prepare(wider)
    World(wider).report("CASES", "ON1", "2024-01", [{"topic": "data", "appeals": 3}])
    prepare(embedded.house)  # and is not declared any more

    target = World(worlds.house(LAND, worlds.empty("postgresql", tmp_path / "home"), tmp_path / "home"))
    with staging_area(tmp_path / "move.duckdb") as area:
        move(area, embedded.house.warehouse, target.house.warehouse, embedded.programme, "m", datetime(2024, 7, 1))
    assert target.sql("SELECT topic_code, appeals FROM fact_cases") == [("data", 3)]
    worlds.drop(target.house.warehouse.url)


def test_nothing_moves_over_what_is_there(both: dict[str, World], tmp_path: Path) -> None:
    source, target = both["duckdb"].house.warehouse, both["postgresql"].house.warehouse
    with staging_area(tmp_path / "move.duckdb") as area:
        with pytest.raises(WarehouseError, match="holds deliveries already"):
            move(area, source, target, both["duckdb"].programme, "m", datetime(2024, 7, 1))
        empty = replace(source, url=f"duckdb:///{tmp_path / 'nothing.duckdb'}")
        with pytest.raises(WarehouseError, match="no warehouse to move from"):
            move(area, empty, target, both["duckdb"].programme, "m", datetime(2024, 7, 1))


def test_a_move_that_does_not_arrive_whole_leaves_nothing(
    both: dict[str, World], worlds: Worlds, tmp_path: Path
) -> None:
    """The target keeps fewer rows than it is given."""
    target = World(worlds.house(LAND, worlds.empty("postgresql", tmp_path / "home"), tmp_path / "home"))
    prepare(target.house)
    with target.house.warehouse.connection() as connection:
        connection.execute(
            text("""CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                        IF NEW.source_row = 8 THEN RETURN NULL; END IF; RETURN NEW; END $$""")
        )
        connection.execute(text("CREATE TRIGGER forget BEFORE INSERT ON issue FOR EACH ROW EXECUTE FUNCTION forget()"))
    source = both["duckdb"].house.warehouse
    with (
        staging_area(tmp_path / "move.duckdb") as area,
        pytest.raises(WarehouseError, match=r"issue: \d+ rows were to be moved, \d+ arrived.*nothing was moved"),
    ):
        move(area, source, target.house.warehouse, target.programme, "m", datetime(2024, 7, 1))
    assert target.one("SELECT count(*) FROM dim_delivery") == 0
    worlds.drop(target.house.warehouse.url)
