"""Web pages under the name of a workbook, as portals and old programs export them: their tables as one sheet.

What stands outside tables, as titles do, becomes a row of one cell, so that the head of the page is read like the
head of a sheet. Nothing is fetched and nothing is run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from html.parser import HTMLParser
from typing import Final

from catalogue.errors import DeliveryRefused
from transforms.sheet import Line, Merge, Sheet
from transforms.text_file import decode

_START: Final = (b"<!doctype", b"<html", b"<head", b"<table", b"<meta", b"<style", b"<div", b"<body", b"<?xml", b"<!--")
# Encodings in which the declaration itself can be read as it stands.
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*(utf-8|windows-\d+|iso-8859-\d+|cp\d+)\b", re.IGNORECASE)
_LOOKED_AT: Final = 4096
_TABLE = re.compile(r"<table[\s>]", re.IGNORECASE)
_UNSEEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_SILENT: Final = frozenset({"script", "style", "title", "noscript", "template"})
_BLOCKS: Final = frozenset({"div", "p", "h1", "h2", "h3", "h4", "h5", "h6", "li", "caption", "center", "section", "hr"})
# Limits of the HTML standard, and of what somebody could have filled in.
_WIDEST_SPAN: Final = 1000
_TALLEST_SPAN: Final = 65_534
_MOST_CELLS: Final = 2_000_000
_MOST_NESTED: Final = 50
_BLANKS = re.compile(r"[ \t\r\n\f]+")


def is_page(data: bytes) -> bool:
    """Whether bytes begin as a web page does."""
    start = data[:_LOOKED_AT]
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        start = start[2:].replace(b"\x00", b"")
    return start.removeprefix(b"\xef\xbb\xbf").lstrip(b" \r\n\t").lower().startswith(_START)


def read_page(data: bytes, name: str) -> Sheet:
    """The tables of a page as one sheet without a name, in the order of the page, with what stands between them.

    Raises DeliveryRefused by ``file.unreadable`` where it is no text, has no table, or is of absurd size.
    """
    declared = _CHARSET.search(data[:_LOOKED_AT])
    text = decode(data, name, declared[1].decode("ascii") if declared else "")
    if not _TABLE.search(text):
        raise _unreadable(name, "it is a web page or XML without a table")
    page = _Page(name)
    page.feed(text)
    page.close()
    page.end()
    return Sheet("", tuple(page.lines), tuple(page.merges), hidden_rows=frozenset(page.hidden))


def _unreadable(name: str, why: str) -> DeliveryRefused:
    allowed = "send an xlsx, xls, xlsb, ods or csv file"
    return DeliveryRefused("file.unreadable", f"{name} cannot be read: {why}; {allowed}")


@dataclass(slots=True)
class _Cell:
    """A cell that is being read: what it spans, its text so far, and the exact number that a spreadsheet left."""

    down: int
    right: int
    number: str | None
    parts: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Table:
    """A table that is being read: which cells of the row being read and of later rows are covered from above."""

    cells: list[_Cell] = field(default_factory=list)
    cell: _Cell | None = None
    in_row: bool = False
    unseen: bool = False
    covered: dict[int, int] = field(default_factory=dict)


class _Page(HTMLParser):
    """Collects the rows of a page. Tables inside a cell are rows of their own, before what follows in their row."""

    def __init__(self, name: str) -> None:
        super().__init__(convert_charrefs=True)
        self.name = name
        self.lines: list[Line] = []
        self.merges: list[Merge] = []
        self.hidden: set[int] = set()
        self.row = self.size = 0
        self._tables: list[_Table] = []
        self._outside: list[str] = []
        self._silent: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if self._silent is None and tag in _SILENT:
            self._silent = tag
        if self._silent is not None:
            return
        table = self._tables[-1] if self._tables else None
        if tag == "table":
            self._end_text()
            if len(self._tables) >= _MOST_NESTED:
                raise _unreadable(self.name, f"its tables are nested more than {_MOST_NESTED} times")
            if table is not None and table.cell is not None:
                # What a cell says before the table in it is a row of its own.
                self._outside = table.cell.parts
                table.cell.parts = []
                self._end_text()
            self._tables.append(_Table())
        elif tag == "tr" and table is not None:
            self._end_row(table)
            table.in_row, table.unseen = True, bool(_UNSEEN.search(given.get("style") or ""))
        elif tag in ("td", "th") and table is not None:
            self._end_cell(table)
            table.in_row = True
            number = (given["x:num"] or "") if "x:num" in given else None
            table.cell = _Cell(_span(given, "rowspan"), _span(given, "colspan"), number)
        elif tag == "br":
            self._say("\n")
        elif tag in _BLOCKS:
            self._break()

    def handle_endtag(self, tag: str) -> None:
        if self._silent is not None:
            self._silent = None if tag == self._silent else self._silent
            return
        table = self._tables[-1] if self._tables else None
        if tag == "table" and table is not None:
            self._end_row(table)
            self._tables.pop()
        elif tag == "tr" and table is not None:
            self._end_row(table)
        elif tag in ("td", "th") and table is not None:
            self._end_cell(table)
        elif tag in _BLOCKS:
            self._break()

    def handle_data(self, data: str) -> None:
        if self._silent is None:
            self._say(_BLANKS.sub(" ", data))

    def end(self) -> None:
        """What a page that stops in the middle leaves open."""
        while self._tables:
            self._end_row(self._tables.pop())
        self._end_text()

    def _say(self, text: str) -> None:
        table = self._tables[-1] if self._tables else None
        if table is not None and table.cell is not None:
            table.cell.parts.append(text)
        elif table is None or text.strip():
            self._outside.append(text)

    def _break(self) -> None:
        table = self._tables[-1] if self._tables else None
        if table is not None and table.cell is not None:
            table.cell.parts.append("\n")
        else:
            self._end_text()

    def _end_text(self) -> None:
        """Text outside of tables: a row for each of its lines."""
        for written in "".join(self._outside).split("\n"):
            text = written.strip()
            if text:
                self.row += 1
                self.lines.append(Line(self.row, (text,), "t"))
        self._outside = []

    def _end_cell(self, table: _Table) -> None:
        if table.cell is not None:
            table.cells.append(table.cell)
            table.cell = None

    def _end_row(self, table: _Table) -> None:
        self._end_cell(table)
        if not table.in_row:
            return
        self._end_text()
        self.row += 1
        texts: dict[int, tuple[str, str]] = {}
        column = 1
        for cell in table.cells:
            while table.covered.get(column, 0) >= self.row:
                column += 1
            self.size += cell.right
            if self.size > _MOST_CELLS:
                raise _unreadable(self.name, f"its tables have more than {_MOST_CELLS} cells")
            if cell.right > 1 or cell.down > 1:
                self.merges.append(Merge(self.row, column, self.row + cell.down - 1, column + cell.right - 1))
                for place in range(column, column + cell.right):
                    table.covered[place] = self.row + cell.down - 1
            found = _value(cell)
            if found is not None:
                texts[column] = found
            column += cell.right
        if texts:
            places = range(1, max(texts) + 1)
            cells = [texts.get(place, (None, "-")) for place in places]
            self.lines.append(Line(self.row, tuple(text for text, _ in cells), "".join(kind for _, kind in cells)))
        if table.unseen:
            self.hidden.add(self.row)
        table.cells, table.in_row, table.unseen = [], False, False


def _span(given: dict[str, str | None], name: str) -> int:
    """How many rows or columns a cell spans; what is no number is one, and nothing spans more than the limit."""
    text = (given.get(name) or "").strip()
    most = _TALLEST_SPAN if name == "rowspan" else _WIDEST_SPAN
    return min(max(int(text), 1), most) if text.isascii() and text.isdigit() and len(text) < len(str(most)) + 1 else 1


def _value(cell: _Cell) -> tuple[str, str] | None:
    """The text and the kind of a cell: as shown, or the number that a spreadsheet wrote beside it."""
    text = "\n".join(line.strip() for line in "".join(cell.parts).split("\n")).strip()
    if not text:
        return None
    if cell.number:
        try:
            number = Decimal(cell.number)
        except InvalidOperation:
            return text, "t"
        if number.is_finite():
            shown = number.scaleb(2) if text.endswith("%") else number
            plain = format(shown, "f")
            plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
            return plain + ("%" if text.endswith("%") else ""), "n"
    return text, "t"
