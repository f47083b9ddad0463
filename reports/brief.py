"""The paper for those who decide: a document of a few pages whose sentences, tables and charts are filled from figures.

Every word of it is the programme's (``catalogue.brief``); here stands only how figures get into sentences and tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import docx
from docx.document import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.text.paragraph import Paragraph

from catalogue.brief import Brief, BriefPhrase, Chart, Ranking, Section, Table, read_brief
from catalogue.declared import say
from catalogue.errors import UsageError
from catalogue.programme import Programme
from catalogue.report import read_report
from reports.brief_figures import Told, told
from reports.figures import Row, Shown, shown_release
from reports.office_chart import add_chart
from reports.office_file import restamped
from reports.words import Words, worded
from warehouse.store import Warehouse

_PAGE: Final = (Mm(210), Mm(297))
_LEFT, _CENTRE, _RIGHT, _BOTH = (
    WD_ALIGN_PARAGRAPH.LEFT, WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.RIGHT, WD_ALIGN_PARAGRAPH.JUSTIFY,
)  # fmt: skip
# The share of the width of a page that a chart is high.
_HIGH: Final = 0.45


class _Writer:
    """What a document is written with: the brief, its words and its figures."""

    def __init__(self, programme: Programme, brief: Brief, words: Words, found: Told) -> None:
        self.programme, self.brief, self.words, self.found = programme, brief, words, found
        self.language = words.language
        self.phrases = brief.phrases.get(self.language) or next(iter(brief.phrases.values()))
        self.numbers = {"table": 0, "chart": 0}

    def phrase(self, name: BriefPhrase, **gaps: object) -> str:
        """A phrase with its gaps filled; empty where the programme says nothing there."""
        return self.phrases.get(name, "").format(**gaps)

    def value(self, one: Row) -> str:
        """A figure as it is read."""
        return self.words.figure(one["value"], str(one["scale"]), one["of_n"], one["approx"])

    def title(self, indicator: str) -> str:
        """The title of an indicator."""
        return say(self.programme.indicator[indicator].title, self.language)

    def caption(self, kind: BriefPhrase, said: str) -> str:
        """The numbered name of a table or chart."""
        self.numbers[kind] += 1
        return f"{self.phrase(kind)} {self.numbers[kind]}. {said}"


def write_brief(
    path: Path, warehouse: Warehouse, programme: Programme, release: str, place: str, language: str
) -> None:
    """Write the brief of a place from a release as docx.

    Raises UsageError where the programme declares none, or the release or the place is not there.
    """
    brief = read_brief(programme)
    if brief is None:
        raise UsageError(f"programme {programme.name} declares no brief; write one into report/brief.yml")
    shown = shown_release(warehouse, release)
    words = worded(programme, read_report(programme.folder), language)
    found = told(warehouse, brief, shown, place)
    writer = _Writer(programme, brief, words, found)
    document = docx.Document()
    _set_up(document, brief, shown, say(brief.title, language).format(place=found.place["name"]))
    _head(document, writer, shown)
    for number, section in enumerate(brief.sections, start=1):
        _section(document, writer, number, section)
    _foot(document, writer)
    out = BytesIO()
    document.save(out)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(restamped(out.getvalue(), shown.published_at))


def _set_up(document: Document, brief: Brief, release: Shown, title: str) -> None:
    page = document.sections[0]
    page.page_width, page.page_height = _PAGE
    page.top_margin, page.right_margin, page.bottom_margin, page.left_margin = map(Mm, brief.page.margins)
    for name in ("Normal", "Heading 1"):
        style: Any = document.styles[name]
        style.font.name = brief.page.font
        style.font.size = Pt(brief.page.size)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for script in ("w:ascii", "w:hAnsi", "w:eastAsia", "w:cs"):
            fonts.set(qn(script), brief.page.font)
        for theme in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
            fonts.attrib.pop(qn(theme), None)
    heading: Any = document.styles["Heading 1"]
    heading.font.color.rgb = RGBColor(0, 0, 0)
    document.core_properties.title = title
    document.core_properties.author = ""
    document.core_properties.comments = f"{release.name}, {release.hash}"


def _head(document: Document, writer: _Writer, release: Shown) -> None:
    brief, language = writer.brief, writer.language
    _sides(document, writer, brief.left, brief.right)
    zone = ZoneInfo(writer.programme.header.time_zone)
    at = release.published_at.replace(tzinfo=UTC).astimezone(zone)
    place = str(writer.found.place["name"])
    if brief.dated:
        said = say(brief.dated, language).format(day=f"{at.day:02}", month=f"{at.month:02}", year=at.year)
        _paragraph(document, said, _RIGHT, italic=True)
    _paragraph(document, say(brief.title, language).format(place=place), _CENTRE, bold=True, size=brief.page.size + 2)
    if brief.lead:
        day = writer.words.day(at.date())
        said = say(brief.lead, language).format(place=place, release=release.name, day=day)
        _paragraph(document, said, _BOTH)


def _foot(document: Document, writer: _Writer) -> None:
    _sides(document, writer, writer.brief.copies, writer.brief.signed)


def _sides(
    document: Document, writer: _Writer, left: dict[str, tuple[str, ...]], right: dict[str, tuple[str, ...]]
) -> None:
    """Lines beside each other, without a frame; the first and every line between stars is bold."""
    if not left and not right:
        return
    table: Any = document.add_table(rows=1, cols=2)
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    _share_out(document, table, (2, 3))
    for place_of, (cell, lines) in enumerate(zip(table.rows[0].cells, (left, right), strict=True)):
        cell.width = table.columns[place_of].width
        said = lines.get(writer.language) or next(iter(lines.values()), ())
        for place, line in enumerate(said):
            paragraph = cell.paragraphs[0] if place == 0 else cell.add_paragraph()
            paragraph.alignment = _CENTRE
            paragraph.paragraph_format.space_after = Pt(0)
            run = paragraph.add_run(line.strip("*").format(place=writer.found.place["name"]))
            run.bold = line.startswith("*")
            run.font.size = Pt(writer.brief.page.size - 1)
    _gap(document)


def _section(document: Document, writer: _Writer, number: int, section: Section) -> None:
    document.add_heading(f"{number}. {say(section.title, writer.language)}", level=1)
    for one in section.sentences:
        latest = writer.found.latest(one.indicator)
        said = (
            sentence(writer, latest, say(one.text, writer.language))
            if latest
            else writer.phrase("no_figure", title=writer.title(one.indicator))
        )
        if said:
            _paragraph(document, said, _BOTH)
    if section.chart:
        _chart(document, writer, section.chart)
    if section.table:
        _table(document, writer, section.table)
    if section.ranking:
        _ranking(document, writer, section.ranking)


def sentence(writer: _Writer, one: Row, text: str) -> str:
    """A sentence about a figure: each gap filled, each clause there where the figures give cause."""
    words = writer.words
    rank = words.figure(one["value"], "rank", one["of_n"])
    return text.format(
        place=writer.found.place["name"],
        period=words.period(str(one["period_code"])),
        value=writer.value(one),
        numerator=words.number(one["numerator"]),
        denominator=words.number(one["denominator"]),
        rank=rank,
        change=_change(writer, one),
        target=_target(writer, one),
        partial=_partial(writer, one),
    )


def _change(writer: _Writer, one: Row) -> str:
    """By how much a figure is more or less than the one before: points of a percentage, else per cent of it."""
    before = writer.found.before(writer.programme, one)
    if before is None:
        return ""
    words, then = writer.words, writer.words.period(str(before["period_code"]))
    by = one["value"] - before["value"]
    if one["scale"] == "percent":
        amount = writer.phrase("points", amount=words.number(abs(by) * 100))
        is_same = words.number(abs(by) * 100) == words.number(0)
    elif one["scale"] == "number" and before["value"]:
        amount = words.figure(Decimal(abs(by)) / Decimal(before["value"]), "percent")
        is_same = not by
    else:
        amount, is_same = words.number(abs(by)), not by
    name: BriefPhrase = "same" if is_same else "rose" if by > 0 else "fell"
    return writer.phrase(name, amount=amount, before=then, was=_cell(writer, before))


_STANDING: Final[dict[str, BriefPhrase]] = {
    "met": "met",
    "met_partial": "met_partial",
    "not_met": "not_met",
    "pending": "pending",
    "not_comparable": "not_comparable",
}


def _target(writer: _Writer, one: Row) -> str:
    aimed = writer.found.target(one)
    name = _STANDING.get(str(aimed["target_status"])) if aimed else None
    return writer.phrase(name, target=_aim(writer, aimed, one), year=aimed["year"]) if aimed and name else ""


def _aim(writer: _Writer, aimed: Row, one: Row) -> str:
    """What a target demands, as ≥ 70%."""
    sign = {">=": "≥ ", "<=": "≤ ", ">": "> ", "<": "< "}.get(str(aimed["operator"]), "")
    return f"{sign}{writer.words.figure(aimed['target_value'], str(one['scale']))}"


def _partial(writer: _Writer, one: Row) -> str:
    received, expected = one["reports_received"], one["reports_expected"]
    if not expected or received >= expected:
        return ""
    return writer.phrase("partial", received=writer.words.number(received), expected=writer.words.number(expected))


def _chart(document: Document, writer: _Writer, chart: Chart) -> None:
    series = {code: writer.found.series.get(code, []) for code in chart.indicators}
    series = {code: some for code, some in series.items() if any(one["value"] is not None for one in some)}
    if not series:
        return
    periods = {str(one["period_code"]): one["end_date"] for some in series.values() for one in some}
    ordered = sorted(periods, key=lambda code: (periods[code], code))
    lines = [
        (
            writer.title(code),
            [{str(one["period_code"]): one["value"] for one in some}.get(period) for period in ordered],
        )
        for code, some in series.items()
    ]
    scale = {str(one["scale"]) for some in series.values() for one in some}
    wide = _wide(document)
    title = writer.caption("chart", say(chart.title, writer.language))
    form = "0%" if scale == {"percent"} else "#,##0"
    names = [writer.words.period(code) for code in ordered]
    add_chart(document, title, names, lines, (wide, int(wide * _HIGH)), form)


def _table(document: Document, writer: _Writer, table: Table) -> None:
    shown = [code for code in table.indicators if writer.found.latest(code)]
    if not shown:
        return
    ends: dict[str, Any] = {}
    for code in shown:
        ends |= {str(one["period_code"]): one["end_date"] for one in writer.found.series[code]}
    periods = sorted(ends, key=lambda code: (ends[code], code))[-table.periods :]
    heads = [writer.phrase("indicator"), *(writer.words.period(code) for code in periods)]
    heads += [writer.phrase("target"), writer.phrase("standing")]
    lines = []
    for code in shown:
        latest = writer.found.latest(code)
        by_period = {str(one["period_code"]): one for one in writer.found.series[code]}
        cells = [_cell(writer, by_period.get(period)) for period in periods]
        aimed = writer.found.target(latest) if latest else None
        demand = f"{_aim(writer, aimed, latest)} ({aimed['year']})" if aimed and latest else "–"
        standing = writer.words(f"target.{aimed['target_status']}") if aimed else "–"
        lines.append([writer.title(code), *cells, demand, standing])
    _grid(
        document,
        writer,
        writer.caption("table", say(table.title, writer.language)),
        heads,
        lines,
        (5, *[2] * (len(heads) - 1)),
    )


def _wide(document: Document) -> int:
    """The width between the margins, in EMU."""
    page = document.sections[0]
    return int(page.page_width or 0) - int(page.left_margin or 0) - int(page.right_margin or 0)


def _cell(writer: _Writer, one: Row | None) -> str:
    """A figure in a table: a star where reports are missing, a dash where there is none."""
    if one is None or one["value"] is None:
        return "–"
    return f"{writer.value(one)}{'*' if _partial(writer, one) else ''}"


def _ranking(document: Document, writer: _Writer, ranking: Ranking) -> None:
    found = writer.found.below.get(ranking.indicator, [])
    if not found:
        return
    is_down = writer.programme.indicator[ranking.indicator].direction == "down"
    ordered = sorted(found, key=lambda one: (one["value"] if is_down else -one["value"], str(one["place_code"])))
    lines = []
    for one in ordered[: ranking.first]:
        place = 1 + sum(_is_better(other, one, is_down=is_down) for other in ordered)
        lines.append([str(place), str(one["place_name"]), _cell(writer, one)])
    title = f"{say(ranking.title, writer.language)}, {writer.words.period(str(ordered[0]['period_code']))}"
    heads = [writer.phrase("rank"), writer.phrase("place"), writer.phrase("value")]
    _grid(document, writer, writer.caption("table", title), heads, lines, (1, 6, 3))


def _is_better(other: Row, one: Row, *, is_down: bool) -> bool:
    return bool(other["value"] < one["value"] if is_down else other["value"] > one["value"])


def _grid(
    document: Document,
    writer: _Writer,
    caption: str,
    heads: Sequence[str],
    lines: Sequence[Sequence[str]],
    shares: Sequence[int],
) -> None:
    """A table with a caption, its first line repeated on every page, figures at the right, columns in these shares."""
    size = writer.brief.page.size - 2
    said = _paragraph(document, caption, _CENTRE, bold=True, size=size)
    said.paragraph_format.keep_with_next = True
    table: Any = document.add_table(rows=1, cols=len(heads))
    table.style = "Table Grid"
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    _share_out(document, table, shares)
    for number, line in enumerate((heads, *lines)):
        row = table.rows[0] if number == 0 else table.add_row()
        properties = row._tr.get_or_add_trPr()  # noqa: SLF001 python-docx has no name for it
        properties.append(OxmlElement("w:cantSplit"))
        if number == 0:
            properties.append(OxmlElement("w:tblHeader"))
        for place, (cell, text) in enumerate(zip(row.cells, line, strict=True)):
            is_text = shares[place] > min(shares) or place == 0
            paragraph = cell.paragraphs[0]
            paragraph.alignment = _CENTRE if number == 0 else _LEFT if is_text else _RIGHT
            paragraph.paragraph_format.space_after = Pt(2)
            run = paragraph.add_run(text)
            run.font.size = Pt(size)
            run.bold = number == 0
            cell.width = table.columns[place].width
    _gap(document)


def _share_out(document: Document, table: Any, shares: Sequence[int]) -> None:
    """Give the columns of a table their shares of the width of the page."""
    table.autofit = False
    for column, share in zip(table.columns, shares, strict=True):
        column.width = _wide(document) * share // sum(shares)


def _gap(document: Document) -> None:
    """A little space, as a table has none below it."""
    paragraph = document.add_paragraph()
    paragraph.paragraph_format.space_after = Pt(0)
    paragraph.add_run().font.size = Pt(6)
    paragraph.paragraph_format.line_spacing = Pt(8)


def _paragraph(
    document: Document, said: str, where: WD_ALIGN_PARAGRAPH, *, bold: bool = False, italic: bool = False, size: int = 0
) -> Paragraph:
    paragraph = document.add_paragraph()
    paragraph.alignment = where
    paragraph.paragraph_format.space_after = Pt(6)
    run = paragraph.add_run(said)
    run.bold, run.italic = bold, italic
    if size:
        run.font.size = Pt(size)
    return paragraph
