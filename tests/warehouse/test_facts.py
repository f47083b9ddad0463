"""The tables of a programme: made once for what is declared, however often it is loaded."""

from __future__ import annotations

from catalogue.loader import load_programme
from tests.world import LAND, redeclared
from warehouse.facts import programme_tables


def test_equal_declarations_have_the_same_tables_and_others_have_their_own() -> None:
    """Else no query that one run has compiled would serve the next, and each would stay in memory."""
    programme = load_programme(LAND)
    tables = programme_tables(programme)
    assert programme_tables(load_programme(LAND)) is tables
    fact = programme.fact["cases"]
    other = programme_tables(redeclared(programme, facts=(fact.model_copy(update={"measures": fact.measures[:1]}),)))
    assert [column.name for column in other.tables["fact_cases"].columns][-1] == fact.measures[0].measure
    assert fact.measures[-1].measure in tables.tables["fact_cases"].columns
    assert programme_tables(programme) is tables
