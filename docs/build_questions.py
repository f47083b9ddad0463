"""Twenty questions with answers and pictures: ``python docs/build_questions.py --config chiso-demo/chiso.toml``.

Reads the queries of ``queries.md``, asks them of an installation (that of ``make demo``), and writes ``questions.md``
and ``questions/<number>.svg``. Run it again after a change of the queries or of the demo's world.
"""
# ruff: noqa: INP001 - a script, in no package

from __future__ import annotations

import re
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import vl_convert

from docs.markdown_page import page, table
from flows.asking import warehouse_of
from flows.settings import read_settings
from warehouse.published import ask

HERE: Final = Path(__file__).resolve().parent
PICTURES: Final = HERE / "questions"
SHOWN: Final = 8
"""As many rows of an answer stand on the page."""

# What to look at, whatever the figures are.
READ: Final[dict[int, str]] = {
    1: "One row per indicator. Rates are fractions; `coverage` is the share of the reports owed that are in it.",
    2: "Every figure bears the release that first said it so.",
    3: "Months, quarters and years stand together: the picture takes the months only.",
    4: "Figures on the boundaries of another day are asked of `indicator_on_boundaries`.",
    5: "A second release that changes a figure is the first that can have rows here.",
    6: "The parts add up to the figure: here every unit with every month of the quarter.",
    7: "The same for cells; `chiso explain` shows this with the text that stands in them.",
    8: "A row that was mended, or accepted against a rule, bears who said why for as long as it stands.",
    9: "The picture has the targets that are rates. The line is the target, the dot where we are.",
    10: "`value - target_value` is negative where more is better and too little was reached.",
    11: "What is not due yet is not in it.",
    12: "Reports that were never asked for are not owed: only what is due counts.",
    13: "Rules that begin with `cell.` are the engine's, the others those of the form.",
    14: "Many units with one finding point to the form, one unit with many findings to the unit.",
    15: "Every row that was read is in exactly one of these; `furniture` is titles, labels, totals and signatures.",
    16: "A unit that sends a period again moves figures that were published: here by how much.",
    17: "Two years are compared only on the same boundaries.",
    18: "Equal figures share a rank, so there may be more than five.",
    19: "`right_lacks`: the software has fewer dossiers than the paper ledger.",
    20: "The net gap lets one unit's excess hide another's lack; the gap without signs does not.",
}

INTRODUCTION: Final = """\
The [twenty queries](queries.md) with what they answer in the made-up world of `make demo`, and a picture where one says
more than a table. **No figure here is real.** A script wrote it, and writes the same of an installation of yours:

    python docs/build_questions.py --config chiso.toml"""

Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Question:
    """A query of ``queries.md``: its number, section, title, SQL, and why it may have no row."""

    number: int
    section: str
    title: str
    query: str
    empty: str


def questions() -> Iterator[Question]:
    """The questions, in order."""
    said = (HERE / "queries.md").read_text(encoding="utf-8")
    for section in said.split("\n## ")[1:]:
        for part in section.split("\n### ")[1:]:
            number, title = part.splitlines()[0].split(". ", 1)
            empty = re.search(r"<!-- may be empty: (.*?) -->", part)
            query = re.search(r"```sql\n(.*?)```", part, re.DOTALL)
            if query is None:
                raise SystemExit(f"docs/queries.md, question {number}: there is no block of sql below its title")
            yield Question(int(number), section.splitlines()[0], title, query[1].rstrip(), empty[1] if empty else "")


def bars(
    x: Mapping[str, Any], y: Mapping[str, Any], color: Mapping[str, Any] | None = None, height: int = 200
) -> dict[str, Any]:
    """Bars, stacked or beside each other as the channels say."""
    color = color or {"value": "#00796b"}
    return {"mark": {"type": "bar"}, "encoding": {"x": x, "y": y, "color": color}, "height": height}


def field(name: str, kind: str, title: str | None = None, **more: Any) -> dict[str, Any]:
    """A channel of Vega-Lite: a column with its type (``nominal``, ``quantitative``, ``ordinal``) and title."""
    return {"field": name, "type": kind, "title": title, **more}


def folded(rows: Rows, names: Sequence[str], *keys: str) -> Rows:
    """One row per figure: the columns ``names`` become ``what`` and ``amount``, beside the columns ``keys``."""
    return [{**{key: row[key] for key in keys}, "what": name, "amount": row[name]} for row in rows for name in names]


PERCENT: Final = {"axis": {"format": "%"}}


def picture(number: int, rows: Rows) -> dict[str, Any] | None:
    """The specification of a question's picture, with its data; None where a table says it as well."""
    match number:
        case 3:
            rows = [row for row in rows if re.fullmatch(r"\d{4}-\d\d", row["period_code"])]
            month = field("period_code", "ordinal", axis={"labelOverlap": "parity", "labelAngle": 0})
            rate = field("value", "quantitative", "online", **PERCENT)
            chart = {
                "mark": {"type": "line", "point": True, "color": "#00796b"},
                "encoding": {"x": month, "y": rate},
                "height": 200,
            }
        case 9:
            rows = [row for row in rows if row["value"] is not None and 0 < row["target_value"] < 1]
            name = field("target_code", "nominal", sort=None)
            chart = {
                "encoding": {"y": name},
                "layer": [
                    {
                        "mark": {"type": "tick", "thickness": 3, "color": "#444444"},
                        "encoding": {"x": field("target_value", "quantitative", "target and value", **PERCENT)},
                    },
                    {
                        "mark": {"type": "point", "filled": True, "size": 80},
                        "encoding": {
                            "x": field("value", "quantitative"),
                            "color": field("status", "nominal"),
                            "shape": field("status", "nominal"),
                        },
                    },
                ],
            }
        case 12:
            rows = [{**row, "share": row["received"] / row["owed"], "year": str(row["year"])} for row in rows]
            dark = {"condition": {"test": "datum.share > 0.5", "value": "white"}, "value": "black"}
            chart = {
                "encoding": {
                    "x": field("year", "ordinal", axis={"labelAngle": 0, "orient": "top"}),
                    "y": field("form_code", "nominal"),
                },
                "layer": [
                    {
                        "mark": "rect",
                        "encoding": {"color": field("share", "quantitative", "received", scale={"scheme": "teals"})},
                    },
                    {
                        "mark": "text",
                        "encoding": {"text": field("share", "quantitative", format=".0%"), "color": dark},
                    },
                ],
                "height": 220,
            }
        case 13:
            rows = rows[:15]
            chart = bars(
                field("rows_set_aside", "quantitative", "rows set aside", axis={"tickMinStep": 1}),
                field("rules", "nominal", sort="-x"),
                field("form_code", "nominal", "form"),
                height=260,
            )
        case 15:
            fates = ["loaded", "quarantined", "refused", "repeated", "furniture"]
            rows = folded([row for row in rows if row["form_code"]], fates, "form_code")
            chart = bars(
                field("amount", "quantitative", "share of the rows read", stack="normalize"),
                field("form_code", "nominal"),
                field("what", "nominal", "fate", sort=fates),
                height=240,
            )
        case 17:
            chart = {
                "mark": {"type": "line", "point": True},
                "encoding": {
                    "x": field("period_code", "ordinal", axis={"labelAngle": 0}),
                    "y": field("value", "quantitative", "dossiers submitted online"),
                    "color": field("place_name", "nominal"),
                    "shape": field("place_name", "nominal", legend=None),
                },
                "height": 200,
            }
            rows += [
                {**row, "value": row["year_before"], "period_code": str(int(row["period_code"]) - 1)}
                for row in rows
                if not any(
                    one["place_name"] == row["place_name"] and int(one["period_code"]) == int(row["period_code"]) - 1
                    for one in rows
                )
            ]
        case 18:
            chart = {
                "mark": {"type": "point", "filled": True, "size": 80, "color": "#00796b"},
                "encoding": {
                    "x": field("value", "quantitative", "in time", scale={"zero": False}, axis={"format": ".1%"}),
                    "y": field("place_name", "nominal", sort=None),
                },
            }
        case 19:
            rows = [{**row, "unit": f"{row['place_name']}, {row['period_code']}"} for row in rows]
            rows = folded(rows, ["paper", "software"], "unit")
            chart = bars(
                field("amount", "quantitative", "dossiers received"), field("unit", "nominal", sort=None), height=140
            )
            chart["encoding"] |= {"color": field("what", "nominal"), "yOffset": field("what", "nominal")}
        case 20:
            rows = folded(rows, ["net_gap", "gap"], "period_code")
            chart = bars(
                field("period_code", "ordinal", axis={"labelAngle": 0}),
                field("amount", "quantitative", "dossiers"),
                field("what", "nominal", sort=["net_gap", "gap"]),
            )
            chart["encoding"]["xOffset"] = field("what", "nominal", sort=["net_gap", "gap"])
        case _:
            return None
    plain = [{key: drawn(one) for key, one in row.items()} for row in rows]
    background = {"background": "white", "padding": 8, "config": {"axis": {"title": None, "labelLimit": 320}}}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "width": 420,
        **background,
        **chart,
        "data": {"values": plain},
    }


def drawn(value: object) -> object:
    """A cell of an answer as a chart takes it: a number to draw with, else a text."""
    if isinstance(value, Decimal):
        return float(value)
    return value if value is None or isinstance(value, int | float | str) else str(value)


def written(value: object) -> str:
    """A cell of an answer: exact numbers without trailing zeros, times to the minute, nothing for what is missing."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case Decimal():
            said = f"{value:f}"
            return said.rstrip("0").rstrip(".") if "." in said else said
        case float():
            return f"{value:.6g}"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M}"
        case _:
            return str(value)


def answered(question: Question, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> Iterator[str]:
    """The pieces of a question on the page; its picture is written beside."""
    yield f"### {question.number}. {question.title}"
    yield f"```sql\n{question.query}\n```"
    if not rows:
        yield f"*No row: {question.empty or 'there is none'}.* {READ[question.number]}"
        return
    yield READ[question.number]
    found = [dict(zip(names, row, strict=True)) for row in rows]
    chart = picture(question.number, found)
    if chart is not None:
        svg = vl_convert.vegalite_to_svg(chart, vl_version="5.20", allowed_base_urls=[])
        (PICTURES / f"{question.number:02}.svg").write_text(svg, encoding="utf-8")
        yield f"![{question.title}](questions/{question.number:02}.svg)"
    yield table(names, [[written(value) for value in row] for row in rows[:SHOWN]])
    if len(rows) > SHOWN:
        yield f"{SHOWN} of {len(rows)} rows."


def main() -> int:
    """Write the page and its pictures."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, required=True, help="the settings of the installation to ask")
    warehouse = warehouse_of(read_settings(parser.parse_args().config))
    PICTURES.mkdir(exist_ok=True)
    for old in PICTURES.glob("*.svg"):
        old.unlink()
    pieces = [
        "# Twenty questions, answered",
        INTRODUCTION,
    ]
    section = ""
    for question in questions():
        if question.section != section:
            section = question.section
            pieces.append(f"## {section}")
        pieces += answered(question, *ask(warehouse, question.query))
    (HERE / "questions.md").write_text(page(pieces), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
