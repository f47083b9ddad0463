"""Numbers that are cast as sets are what parsing each cell by itself makes of them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from tests.batch import arrived, form_of
from tests.world import LAND
from tests.worlds import Worlds
from transforms.parse import parse
from transforms.resolve import Resolver
from transforms.stage import Arrived, lay, type_cells
from transforms.table import Row, Table
from warehouse.staging import staging_area

digits = st.text("0123456789", min_size=1, max_size=20)
written = st.one_of(
    digits,
    st.integers(-(10**20), 10**20).map(str),
    st.builds("{}{}{}".format, digits, st.sampled_from([".", ",", " ", "e", "%", "-", "/", "_"]), digits),
    st.sampled_from(["-0", "+1", "007", " 12", "12 ", "1e3", "0x1A", "१२", "１２", "-", "", "...", "99", "1_000"]),
)
texts = st.lists(st.tuples(written, st.sampled_from("ntbd")), min_size=1, max_size=40)


def test_casting_says_what_parsing_says(worlds: Worlds, tmp_path: Path) -> None:
    programme = worlds.programme(LAND)
    fields: dict[str, dict[str, Any]] = {
        "count": {"type": "count", "missing": {"99": "not_applicable"}},
        "amount": {"type": "decimal", "zero": ("-1",)},
    }
    form = form_of(fields)

    @settings(max_examples=12, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck))
    @given(cells=texts)
    @example(cells=[("999999999999999999", "n"), ("1000000000000000000", "n"), ("99", "t"), ("-1", "n"), ("5", "d")])
    def alike(cells: list[tuple[str, str]]) -> None:
        # What a date cell holds is a date: that letter with anything else is nothing that reading makes.
        cells = [(text, "t" if kind == "d" and not text.isdigit() else kind) for text, kind in cells]
        rows = tuple(Row("sheet", place, (text or None,) * 2, kind * 2) for place, (text, kind) in enumerate(cells, 1))
        empty = arrived(form, [])
        table = Table(fields=empty.table.fields, columns=empty.table.columns, rows=rows)
        with staging_area(tmp_path / "staging.duckdb") as area:
            lay(area, programme, form, [Arrived(1, empty.delivery, table)])
            type_cells(area, Resolver(programme), form, date(2024, 2, 1))
            found = area.rows(
                'SELECT source_row, "count", count__rule, count__missing, amount, amount__rule FROM staged'
            )
        for place, count, rule, missing, amount, amount_rule in found:
            text, kind = cells[place - 1]
            one, other = (parse(text or None, kind, field, programme.language) for field in form.fields)
            assert (count, rule) == (one.value, one.rule), text
            assert missing == (None if one.missing == "missing" else one.missing), text
            if other.rule or amount_rule:
                assert amount is None, text
            elif other.value is not None:
                assert amount == Decimal(str(other.value)).quantize(Decimal("0.000001"), "ROUND_HALF_UP"), text

    alike()
