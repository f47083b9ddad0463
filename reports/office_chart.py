"""A chart in a document of a word processor, drawn by the word processor itself: it is sharp."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final
from xml.sax.saxutils import escape

from docx.document import Document
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.shared import Emu

_TYPE: Final = "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"
_RELATION: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/chart"
# Told apart by colour, by how they are drawn and by the sign of their points.
_STYLES: Final = (("1F5A99", "solid", "circle"), ("B45309", "dash", "square"), ("15803D", "sysDot", "triangle"),
                  ("7E22CE", "dashDot", "diamond"))  # fmt: skip

Line = tuple[str, Sequence[Decimal | None]]
"""A line: its name, and a value per category; None where there is none."""


def add_chart(
    document: Document, title: str, categories: Sequence[str], lines: Sequence[Line], size: tuple[int, int], form: str
) -> None:
    """Add a chart of lines as a paragraph. ``size`` in EMU; ``form`` is how values are written, as 0% or #,##0."""
    package = document.part.package
    number = sum(str(part.partname).startswith("/word/charts/") for part in package.iter_parts()) + 1
    blob = _chart(title, categories, lines, form).encode()
    part = Part(PackURI(f"/word/charts/chart{number}.xml"), _TYPE, blob, package)
    relation = document.part.relate_to(part, _RELATION)
    run: Any = document.add_paragraph().add_run()
    run._r.append(parse_xml(_drawing(relation, number, title, size)))  # noqa: SLF001 python-docx draws pictures only


def _drawing(relation: str, number: int, title: str, size: tuple[int, int]) -> str:
    wide, high = Emu(size[0]), Emu(size[1])
    named = escape(title, {'"': "&quot;"})
    return f"""<w:drawing xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"
 xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"
 xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"
 xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"
 xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart">
<wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent cx="{wide}" cy="{high}"/>
<wp:docPr id="{1000 + number}" name="chart {number}" descr="{named}"/><wp:cNvGraphicFramePr/>
<a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/chart"><c:chart r:id="{relation}"/>
</a:graphicData></a:graphic></wp:inline></w:drawing>"""


def _chart(title: str, categories: Sequence[str], lines: Sequence[Line], form: str) -> str:
    drawn = "".join(_line(place, line, categories, form) for place, line in enumerate(lines))
    # From zero, so that a small change looks small.
    is_positive = all(value >= 0 for _, values in lines for value in values if value is not None)
    least = '<c:min val="0"/>' if is_positive else ""
    legend = '<c:legend><c:legendPos val="b"/><c:overlay val="0"/></c:legend>' if len(lines) > 1 else ""
    return f"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<c:chartSpace xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"
 xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">
<c:roundedCorners val="0"/><c:chart><c:title>{_rich(title)}<c:overlay val="0"/></c:title>
<c:autoTitleDeleted val="0"/><c:plotArea><c:layout/>
<c:lineChart><c:grouping val="standard"/><c:varyColors val="0"/>{drawn}<c:marker val="1"/>
<c:axId val="1"/><c:axId val="2"/></c:lineChart>
<c:catAx><c:axId val="1"/><c:scaling><c:orientation val="minMax"/></c:scaling><c:delete val="0"/>
<c:axPos val="b"/><c:numFmt formatCode="General" sourceLinked="0"/><c:majorTickMark val="out"/>
<c:minorTickMark val="none"/><c:tickLblPos val="low"/><c:crossAx val="2"/><c:crosses val="autoZero"/></c:catAx>
<c:valAx><c:axId val="2"/><c:scaling><c:orientation val="minMax"/>{least}</c:scaling><c:delete val="0"/>
<c:axPos val="l"/><c:majorGridlines><c:spPr><a:ln w="6350"><a:solidFill><a:srgbClr val="D9D9D9"/></a:solidFill></a:ln>
</c:spPr></c:majorGridlines><c:numFmt formatCode="{form}" sourceLinked="0"/><c:majorTickMark val="out"/>
<c:minorTickMark val="none"/><c:tickLblPos val="nextTo"/><c:crossAx val="1"/><c:crosses val="autoZero"/></c:valAx>
</c:plotArea>{legend}<c:plotVisOnly val="1"/><c:dispBlanksAs val="gap"/></c:chart></c:chartSpace>"""


def _line(place: int, line: Line, categories: Sequence[str], form: str) -> str:
    name, values = line
    colour, dash, sign = _STYLES[place % len(_STYLES)]
    column, last = chr(ord("B") + place), len(categories) + 1
    fill = f'<a:solidFill><a:srgbClr val="{colour}"/></a:solidFill>'
    points = "".join(
        f'<c:pt idx="{index}"><c:v>{value}</c:v></c:pt>' for index, value in enumerate(values) if value is not None
    )
    named = "".join(f'<c:pt idx="{index}"><c:v>{escape(one)}</c:v></c:pt>' for index, one in enumerate(categories))
    return f"""<c:ser><c:idx val="{place}"/><c:order val="{place}"/>
<c:tx><c:strRef><c:f>Sheet1!${column}$1</c:f><c:strCache><c:ptCount val="1"/>
<c:pt idx="0"><c:v>{escape(name)}</c:v></c:pt></c:strCache></c:strRef></c:tx>
<c:spPr><a:ln w="28575">{fill}<a:prstDash val="{dash}"/></a:ln></c:spPr>
<c:marker><c:symbol val="{sign}"/><c:size val="7"/><c:spPr>{fill}</c:spPr></c:marker>
<c:cat><c:strRef><c:f>Sheet1!$A$2:$A${last}</c:f><c:strCache><c:ptCount val="{len(categories)}"/>{named}</c:strCache>
</c:strRef></c:cat>
<c:val><c:numRef><c:f>Sheet1!${column}$2:${column}${last}</c:f><c:numCache><c:formatCode>{form}</c:formatCode>
<c:ptCount val="{len(categories)}"/>{points}</c:numCache></c:numRef></c:val><c:smooth val="0"/></c:ser>"""


def _rich(said: str) -> str:
    return (
        '<c:tx><c:rich><a:bodyPr/><a:p><a:pPr><a:defRPr sz="1100" b="1"/></a:pPr>'
        f'<a:r><a:rPr sz="1100" b="1"/><a:t>{escape(said)}</a:t></a:r></a:p></c:rich></c:tx>'
    )
