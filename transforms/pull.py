"""Pulls: the JSON lines of a portal's answer, read as a table by the form whose fields name the record's keys."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import repeat
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

from catalogue.delivery import Cell, Finding
from catalogue.errors import DeliveryRefused
from catalogue.form import Field, Form
from catalogue.language import Language
from catalogue.rule import finding
from transforms.table import Piece, Row, Table

FORMAT: Final = "pull/1"
# Words for findings where no language is given: the engine's own.
ENGLISH: Final = Language(
    language="en", decimal=".", thousands=(",",), date_formats=(), missing=(), true=("true",), false=("false",)
)
LONGEST_NUMBER: Final = 40  # Digits: a figure that says 1e999999999 stays as it was written.


class _Fraction(str):
    """A JSON number with a point or an exponent, as written."""

    __slots__ = ()


def read_pull(data: bytes, form: Form, language: Language = ENGLISH) -> Table:
    """The table of a pull. ``Row.sheet`` is the page, ``Row.row`` the record's place on it; ``columns`` gives the key
    of (page, field). A key that a record lacks, and a null, are empty.

    Findings: keys that the form neither reads nor ignores, required fields whose key no record has, a pull that is
    not complete, no records at all where the form must have some. Raises DeliveryRefused where the bytes are no pull.
    """
    header, *lines = _decoded(data).removesuffix("\n").split("\n")
    opened = header_of(header)
    sheets, numbers, records = _records(lines)
    first_on: dict[str, str] = {}  # Each key of any record, with the page where it first stands.
    for sheet, record in zip(sheets, records, strict=True):
        if not record.keys() <= first_on.keys():
            first_on.update((key, sheet) for key in record if key not in first_on)
    keys = [key_of(field, first_on) for field in form.fields]
    columns = [_column(_values(records, key)) for key in keys]
    rows = tuple(map(Row, sheets, numbers, zip(*(texts for texts, _ in columns), strict=True), _kinds(columns)))
    names = tuple(field.field for field in form.fields)
    letters = {
        (sheet, name): key
        for sheet in dict.fromkeys(sheets)
        for name, key in zip(names, keys, strict=True)
        if key in first_on
    }
    found = findings_of(opened, len(rows), form, first_on, language)
    return Table(names, letters, rows, left_out(opened), findings=found)


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DeliveryRefused("file.unreadable", f"this is no pull of a portal: it is not UTF-8 ({error})") from error


def header_in(path: Path) -> dict[str, Any]:
    """What the first line of the file of a pull says, as ``header_of``. Raises DeliveryRefused."""
    with path.open("rb") as lines:
        return header_of(_decoded(lines.readline()).removesuffix("\n"))


def header_of(line: str) -> dict[str, Any]:
    """What the first line of a pull says: total, complete, notes, totals. Raises DeliveryRefused."""
    try:
        header = json.loads(line)
        total, complete, notes, totals = header["total"], header["complete"], header["notes"], header.get("totals", 0)
        shaped = isinstance(total, int) and isinstance(complete, bool) and isinstance(notes, list)
        shaped = shaped and isinstance(totals, int)
        if header["chiso"] != FORMAT or not shaped:
            raise ValueError(f"the header is {line:.80}")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DeliveryRefused(
            "file.unreadable", f"this is no pull of a portal: {error}; its first line must be a {FORMAT} header"
        ) from error
    return {"total": total, "complete": complete, "notes": notes, "totals": totals}


def key_of(field: Field, present: dict[str, str]) -> str:
    """The key under which records have a field: the first of its headers that any record has. ``present`` is each key
    of any record, with the page where it first stands."""
    return next((label for label in field.header if label in present), field.header[0] if field.header else field.field)


def _records(lines: list[str]) -> tuple[list[str], list[int], list[dict[str, Any]]]:
    """Page, place and record of every line. All at once, so that the decoder keeps one copy of each key."""
    decoder = json.JSONDecoder(parse_float=_Fraction)
    try:
        decoded = decoder.decode("[" + ",".join(lines) + "]")
        pages = [one["page"] for one in decoded]
        numbers = [one["row"] for one in decoded]
        records = [one["record"] for one in decoded]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _no_record(lines, str(error)) from error
    if len(decoded) != len(lines) or not ({*map(type, pages), *map(type, numbers)} <= {int}):
        raise _no_record(lines, "pages and rows must be whole numbers, one record to a line")
    if not set(map(type, records)) <= {dict}:
        raise _no_record(lines, "a record must be an object")
    named = {page: f"page {page}" for page in set(pages)}
    return [named[page] for page in pages], numbers, records


def _no_record(lines: list[str], why: str) -> DeliveryRefused:
    """The refusal that names the first line which is no object at all, where one is."""
    for number, line in enumerate(lines, start=2):
        if not (line.startswith('{"page":') and line.endswith("}}")):
            return DeliveryRefused("file.unreadable", f"line {number} of the pull is no record: {line:.80}")
    return DeliveryRefused("file.unreadable", f"the lines of the pull are no records: {why}")


def _values(records: list[dict[str, Any]], key: str) -> list[Any]:
    try:
        return list(map(itemgetter(key), records))  # Portals send every key in every record, nearly always.
    except KeyError:
        return [record.get(key) for record in records]


def _column(values: list[Any]) -> tuple[list[str | None], str | list[str]]:
    """The texts of a column, and its kinds: one letter where all are alike, which most columns are, else one each."""
    types = set(map(type, values))
    if types == {int}:
        return list(map(str, values)), "n"
    if types == {str} and all(values) and not any(map(str.isspace, values)):
        return values, "t"
    read = [_READ[type(value)](value) for value in values]
    return [text for text, _ in read], [kind for _, kind in read]


def _kinds(columns: list[tuple[list[str | None], str | list[str]]]) -> Iterator[str]:
    """The kinds of each row; the same string for rows that are alike."""
    alike = "".join(kinds for _, kinds in columns if isinstance(kinds, str))
    if len(alike) == len(columns):
        return repeat(alike)  # Without end, as each of its columns is: the rows end it.
    each = [repeat(kinds) if isinstance(kinds, str) else kinds for _, kinds in columns]
    kept: dict[tuple[str, ...], str] = {}
    return (kept.setdefault(kinds, "".join(kinds)) for kinds in zip(*each, strict=False))


def _text(value: str) -> tuple[str | None, str]:
    return (value, "t") if value and not value.isspace() else (None, "-")


def _fraction(value: str) -> tuple[str | None, str]:
    """Exactly the number, as short as it goes: 12.50 is 12.5, 1e3 is 1000, -0.0 is 0."""
    number = Decimal(value)
    if not number:
        return "0", "n"
    if len(value) > LONGEST_NUMBER or abs(number.adjusted()) > LONGEST_NUMBER:
        return str(value), "n"
    plain = format(number, "f")
    return (plain.rstrip("0").rstrip(".") if "." in plain else plain), "n"


# How each type of JSON reads.
_READ: Final[dict[type, Callable[[Any], tuple[str | None, str]]]] = {
    int: lambda value: (str(value), "n"),
    _Fraction: _fraction,
    str: _text,
    bool: lambda value: ("true" if value else "false", "b"),
    type(None): lambda _: (None, "-"),
    dict: lambda value: (json.dumps(value, ensure_ascii=False), "t"),
    list: lambda value: (json.dumps(value, ensure_ascii=False), "t"),
}


def left_out(opened: dict[str, Any]) -> tuple[Piece, ...]:
    """The records that a portal's totals of others were: counted, and in no line of the pull."""
    return (Piece("", 0, "total", "pull.totals", ""),) * int(opened["totals"])


def findings_of(
    opened: dict[str, Any], count: int, form: Form, first_on: dict[str, str], language: Language
) -> tuple[Finding, ...]:
    """What is wrong with a pull of ``count`` records as a whole; ``first_on`` as ``key_of`` has it."""
    found = (*pull_findings(opened, count, language), *_column_findings(form, first_on, language))
    if not count and opened["total"] == 0 and not form.empty:
        found += (finding("table.no_rows", Cell("page 1"), "", "0 records", language),)
    return found


def pull_findings(opened: dict[str, Any], count: int, language: Language) -> tuple[Finding, ...]:
    """What the header of a pull of ``count`` records says: that it is not complete, else its remarks."""
    if opened["complete"] and opened["total"] == count:
        return tuple(finding("pull.noted", Cell(), "", str(note), language) for note in opened["notes"])
    found = "; ".join([f"{count} of {opened['total']} records", *(str(note) for note in opened["notes"])])
    return (finding("pull.incomplete", Cell(), "", found, language),)


def _column_findings(form: Form, first_on: dict[str, str], language: Language) -> tuple[Finding, ...]:
    read = {label: field for field in form.fields for label in field.header}
    found = [
        finding("table.column_unknown", Cell(sheet, 0, key), "", key, language)
        for key, sheet in first_on.items()
        if key not in read and key not in form.ignore
    ]
    if first_on:
        for field in form.fields:
            present = [label for label in field.header if label in first_on]
            if field.required and not present:
                label = field.header[0] if field.header else field.field
                found.append(
                    finding("table.column_missing", Cell("page 1", 0, label), field.field, "no record has it", language)
                )
            if len(present) > 1:
                cell = Cell(first_on[present[1]], 0, present[1])
                found.append(finding("table.column_doubled", cell, field.field, ", ".join(present), language))
    return tuple(found)
