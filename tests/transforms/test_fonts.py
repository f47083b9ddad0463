"""Cells in fonts of before Unicode: what people see in them is what is read, where only the font can tell."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import openpyxl
import pytest
from openpyxl.styles import Font

from catalogue.language import Language
from catalogue.loader import load_programme
from transforms.workbook import open_book


@pytest.fixture(scope="module")
def vietnamese() -> Language:
    return load_programme(Path(__file__).parents[2] / "programmes" / "vietnam").language


@pytest.mark.parametrize(
    ("typed", "font", "read"),
    [
        ("Sè", ".VnTime", "Số"),
        ("Sè", "Times New Roman", "Sè"),
        ("Hoà", "VNI-Times", "Hồ"),
        ("Së Th«ng tin", ".VnTimeH", "SỞ THÔNG TIN"),
        ("Sở Nội vụ", ".VnTime", "Sở Nội vụ"),
        (7, ".VnTime", "7"),
    ],
)
def test_what_is_shown_in_a_font_is_what_is_read(typed: str | int, font: str, read: str, vietnamese: Language) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet["B2"], sheet["B3"] = typed, typed
    sheet["B2"].font = Font(name=font)
    held = io.BytesIO()
    book.save(held)
    second, third = open_book(held.getvalue(), "a.xlsx", vietnamese).sheets[0].lines
    assert second.texts[1] == read
    assert third.texts[1] == str(typed)
    assert open_book(held.getvalue(), "a.xlsx").sheets[0].lines[0].texts[1] == str(typed)


NAMES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{rest}:1.0"'
    for name, rest in (
        ("office", "office"), ("style", "style"), ("table", "table"), ("text", "text"),
        ("fo", "xsl-fo-compatible"), ("svg", "svg-compatible"),
    )
)  # fmt: skip
STYLES = f"""<office:document-styles {NAMES}>
<office:font-face-decls><style:font-face style:name="F0" svg:font-family="&apos;Times New Roman&apos;"/>
<style:font-face style:name="F1" svg:font-family=".VnTime"/></office:font-face-decls>
<office:styles><style:default-style style:family="table-cell"><style:text-properties style:font-name="FONT"/>
</style:default-style><style:style style:name="Default" style:family="table-cell"/>
<style:style style:name="Old" style:family="table-cell" style:parent-style-name="Default">
<style:text-properties style:font-name="F1"/></style:style></office:styles></office:document-styles>"""
CONTENT = f"""<office:document-content {NAMES}>
<office:automatic-styles><style:style style:name="ce1" style:family="table-cell" style:parent-style-name="Old"/>
<style:style style:name="ce2" style:family="table-cell" style:parent-style-name="Default">
<style:text-properties fo:font-family="&apos;VNI-Times&apos;"/></style:style>
<style:style style:name="ce3" style:family="table-cell"><style:text-properties style:font-name="F0"/></style:style>
<style:style style:name="ce1" style:family="paragraph"/></office:automatic-styles>
<office:body><office:spreadsheet><table:table table:name="S">COLUMNROW
CELL<table:table-cell office:value-type="string"><text:p>Sè</text:p></table:table-cell>
</table:table-row></table:table></office:spreadsheet></office:body></office:document-content>"""


@pytest.mark.parametrize(
    ("typed", "font", "column", "row", "cell", "read"),
    [
        ("Sè", "F0", "", "", "ce1", "Số"),  # of the style that the cell's style adds to
        ("Hoà", "F0", "", "", "ce2", "Hồ"),  # a family, not one of the typefaces
        ("Sè", "F0", "", "Old", "", "Số"),
        ("Sè", "F0", "Old", "", "", "Số"),
        ("Sè", "F1", "", "", "", "Số"),  # of all cells without a style
        ("Sè", "F1", "", "", "ce3", "Sè"),
        ("Sè", "F0", "Old", "", "ce3", "Sè"),
        ("Sè", "F0", "", "", "", "Sè"),
        ("Sè", "F0", "", "", "unheard-of", "Sè"),
    ],
)
def test_a_cell_of_an_ods_file_has_the_font_of_its_style_or_of_what_it_stands_in(
    typed: str, font: str, column: str, row: str, cell: str, read: str, vietnamese: Language
) -> None:
    style = 'table:default-cell-style-name="{}"'
    of_cell = f'table:style-name="{cell}"' if cell else ""
    parts = {
        "COLUMN": f"<table:table-column {style.format(column) if column else ''}/><table:table-column/>",
        "ROW": f"<table:table-row {style.format(row) if row else ''}>",
        "CELL": f'<table:table-cell {of_cell} office:value-type="string"><text:p>{typed}</text:p></table:table-cell>',
    }
    content = CONTENT
    for place, part in parts.items():
        content = content.replace(place, part)
    content = content.replace(">\n<", "><").replace("\n", " ")
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr("styles.xml", STYLES.replace("FONT", font))
        archive.writestr("content.xml", content)
    (line,) = open_book(held.getvalue(), "a.ods", vietnamese).sheets[0].lines
    beside = "Số" if "F1" in font or row else "Sè"
    assert line.texts == (read, beside)
