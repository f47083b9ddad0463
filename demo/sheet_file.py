"""Writing pages as files, the same bytes every time: xlsx with a fixed clock, csv with a mark of its encoding.

A workbook is written by hand: what a spreadsheet library adds (its own time stamps above all) would change the sha256,
by which a file is known, from run to run.
"""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from demo.hand import Content
from demo.page import Page
from demo.scene import Fault
from transforms.workbook import letter

_STAMP: Final = (2024, 1, 1, 0, 0, 0)
_EPOCH: Final = date(1899, 12, 30)
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
# Styles: 0 as it is, 1 a day, 2 a header.
_DAY, _BOLD = 1, 2

_PARTS: Final[dict[str, str]] = {
    "[Content_Types].xml": (
        f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>'
    ),
    "xl/styles.xml": (
        f'{_HEAD}<styleSheet xmlns="{_MAIN}">'
        '<numFmts count="1"><numFmt numFmtId="164" formatCode="dd/mm/yyyy"/></numFmts>'
        '<fonts count="2"><font><sz val="11"/><name val="Times New Roman"/></font>'
        '<font><b/><sz val="11"/><name val="Times New Roman"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        '<cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
        '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
        '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1" applyAlignment="1">'
        '<alignment horizontal="center" vertical="center" wrapText="1"/></xf></cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    ),
}


def file_bytes(page: Page) -> bytes:
    """The bytes of a page: a workbook, or a csv file where its hand writes one."""
    return _csv(page) if page.draft.hand.csv else _xlsx(page)


def _xlsx(page: Page) -> bytes:
    workbook = (
        f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        f'<sheet name={quoteattr(page.sheet)} sheetId="1" r:id="rId1"/></sheets></workbook>'
    )
    parts = {**_PARTS, "xl/workbook.xml": workbook, "xl/worksheets/sheet1.xml": _worksheet(page)}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, text in parts.items():
            info = zipfile.ZipInfo(name, _STAMP)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 0  # The same on every system.
            archive.writestr(info, text.encode())
    return buffer.getvalue()


def _worksheet(page: Page) -> str:
    lines: dict[int, list[str]] = {}
    top, bottom = page.header
    for (row, column), content in sorted(page.cells.items()):
        if content is not None:
            lines.setdefault(row, []).append(_cell(row, column, content, header=top <= row <= bottom))
    rows = "".join(
        f'<row r="{row}"{_HIDDEN if row in page.hidden else ""}>{"".join(cells)}</row>' for row, cells in lines.items()
    )
    merges = "".join(f'<mergeCell ref="{letter(b)}{a}:{letter(d)}{c}"/>' for a, b, c, d in page.merges)
    merged = f'<mergeCells count="{len(page.merges)}">{merges}</mergeCells>' if merges else ""
    return f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData>{merged}</worksheet>'


_HIDDEN: Final = ' hidden="1"'


def _cell(row: int, column: int, content: Content, *, header: bool) -> str:
    place = f'r="{letter(column)}{row}"'
    if isinstance(content, Fault):
        return f'<c {place} t="e"><v>{escape(content.error)}</v></c>'
    if isinstance(content, int | Decimal):
        return f"<c {place}><v>{content}</v></c>"
    if isinstance(content, date | datetime):
        return f'<c {place} s="{_DAY}"><v>{(content - _EPOCH).days}</v></c>'
    style = f' s="{_BOLD}"' if header else ""
    return f'<c {place}{style} t="inlineStr"><is><t xml:space="preserve">{escape(str(content))}</t></is></c>'


def _csv(page: Page) -> bytes:
    """Semicolons, because the comma is the decimal mark of many languages; every row as wide as the table."""
    width = max(column for _, column in page.cells)
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";", lineterminator="\r\n")
    for row in range(1, max(row for row, _ in page.cells) + 1):
        writer.writerow([page.text(row, column) for column in range(1, width + 1)])
    return buffer.getvalue().encode("utf-8-sig")
