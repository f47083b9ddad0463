"""Sheets drawn as text, and the forms that tests of the reader read them by."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

import openpyxl

from catalogue.form import Form
from transforms.table import Table


def form(code: str, fields: Iterable[tuple[str, str, str]], required: Iterable[str] = (), **more: object) -> Form:
    """A form of (field, type, header) triples; several headers are separated by "|"."""
    must = set(required)
    declared = [
        {
            "field": name, "type": type_, "header": header.split("|"), "title": {"vi": name}, "required": name in must,
            **({"register": "organisations"} if type_ == "entity" else {}),
        }
        for name, type_, header in fields
    ]  # fmt: skip
    basis = {"form": code, "title": {"vi": code}, "fact": "f", "respondents": {"register": "organisations"}}
    return Form.model_validate({**basis, "fields": declared, "ignore": ["STT", "TT"], **more})


LAYOUT: dict[str, Any] = {"stamp": ["Biểu số"], "unit": ["Đơn vị báo cáo", "Mã đơn vị"], "period": ["Kỳ báo cáo", "Kỳ"]}
COURSES = form(
    "BM-01",
    [("ma", "text", "Mã lớp"), ("ten", "text", "Tên lớp"), ("so", "count", "Số tham gia|Số người > Tham gia"),
     ("nu", "count", "Số nữ|Số người > Nữ"), ("ngay", "date", "Ngày")],
    required=("ma", "ten", "so", "ngay"), layout={**LAYOUT, "label": "ten"},
)  # fmt: skip
DOSSIERS = form(
    "BM-07",
    [("don_vi", "entity", "Đơn vị"), ("c3", "count", "Tiếp nhận > Tổng số"), ("c4", "count", "Tiếp nhận > Trực tuyến"),
     ("c7", "count", "Giải quyết > Tổng số")],
    required=("don_vi", "c3", "c4", "c7"), layout={**LAYOUT, "label": "don_vi", "header_rows": 2}, empty=True,
)  # fmt: skip


def drawn(sheet: str) -> bytes:
    """A workbook of one sheet from a drawing: a row per line, cells between bars.

    "<" is merged with the cell to its left, "^" with the one above; digits are numbers.
    """
    return drawn_sheets({"Sheet1": sheet})


def drawn_sheets(sheets: dict[str, str]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, drawing in sheets.items():
        sheet = book.create_sheet(name)
        grid = [[cell.strip() for cell in line.strip().split("|")] for line in drawing.strip("\n").split("\n")]
        for row, cells in enumerate(grid, start=1):
            for column, cell in enumerate(cells, start=1):
                if cell in {"<", "^", ""}:
                    continue
                number = cell.isascii() and cell.isdigit()
                sheet.cell(row, column).value = int(cell) if number else cell.replace("\\n", "\n")
                right, bottom = column, row
                while right < len(cells) and cells[right] == "<":
                    right += 1
                while bottom < len(grid) and column <= len(grid[bottom]) and grid[bottom][column - 1] == "^":
                    bottom += 1
                if (right, bottom) != (column, row):
                    sheet.merge_cells(start_row=row, start_column=column, end_row=bottom, end_column=right)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


HEADER = "STT | Mã lớp | Tên lớp | Số tham gia | Số nữ | Ngày\n"
BODY = "1 | L1 | A | 7 | 1 | 05/03/2024\n"


def kinds(table: Table) -> dict[int, str]:
    """Row number: "data" or the kind of furniture. Fails where a row is both, or twice the same."""
    pairs = [(row.row, "data") for row in table.rows] + [(piece.row, piece.kind) for piece in table.furniture]
    assert len({row for row, _ in pairs}) == len(pairs)
    return dict(sorted(pairs))


def rules(table: Table) -> list[tuple[str, str, str]]:
    return [(found.rule, str(found.cell), found.field) for found in table.findings]
