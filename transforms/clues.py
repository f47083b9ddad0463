"""What the head of a sheet says about the file: the form's code, the reporting unit, the period, each with its cell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from catalogue.delivery import Cell
from catalogue.form import Layout
from catalogue.language import Language
from transforms.sheet import Sheet, cells_of, letter
from transforms.span import names_days, names_period
from transforms.table import Clues
from transforms.text import fold

# What may stand between a label and its value, and around a value; dots are the leader of a printed form.
_SEPARATOR = re.compile(r"\s*[:.\u2026_\-\u2010-\u2015]+\s*")
_AROUND: Final = " .:;,_-\u2010\u2011\u2012\u2013\u2014\u2026"
# What may stand before a label: a bracket, or the mark of a list.
_BULLETS: Final = "(-+*\u2022\u2013\u2014 "
_LONG_LABEL = 3


def read_clues(sheet: Sheet, last_row: int, layout: Layout, language: Language) -> Clues:
    """The clues above and up to ``last_row``, by the labels of a layout.

    A label and its value stand in one cell ("Form: BM-01"), or the value in the next filled cell to the right, or in
    the one below. Of several periods one that names its days wins. Where no label gives the period, a cell that is
    nothing but a period does.
    """
    cells = _cells(sheet, last_row)
    every = _folded((*layout.stamp, *layout.unit, *layout.period, *layout.submission), language)
    periods = list(_labelled(cells, sheet.name, layout.period, every, language))
    periods = periods or list(_alone(cells, sheet.name, language))
    explicit = (found for found in periods if names_days(found[0], language))
    return Clues(
        form=next(_labelled(cells, sheet.name, layout.stamp, every, language), None),
        unit=next(_labelled(cells, sheet.name, layout.unit, every, language), None),
        period=next(iter((*explicit, *periods)), None),
        submission=next(_labelled(cells, sheet.name, layout.submission, every, language), None),
    )


def read_stamps(sheet: Sheet, last_row: int, labels: tuple[str, ...], language: Language) -> Iterator[str]:
    """What stands behind the labels of a form's code, in reading order."""
    cells = _cells(sheet, last_row)
    for text, _ in _labelled(cells, sheet.name, labels, _folded(labels, language), language):
        yield text


def _folded(labels: tuple[str, ...], language: Language) -> frozenset[str]:
    return frozenset(fold(label, language).rstrip(" :.") for label in labels)


def _cells(sheet: Sheet, last_row: int) -> dict[int, dict[int, str]]:
    return {line.row: cells_of(line) for line in sheet.lines if line.row <= last_row}


def _labelled(
    cells: dict[int, dict[int, str]], sheet: str, labels: tuple[str, ...], every: frozenset[str], language: Language
) -> Iterator[tuple[str, Cell]]:
    """The values of some labels with the cells they stand in, in reading order, longest label first."""
    wanted = sorted(_folded(labels, language), key=len, reverse=True)
    for row, line in cells.items():
        for column, text in line.items():
            rest = next((found for label in wanted if (found := _after(text, label, language)) is not None), None)
            if rest is None:
                continue
            if rest:
                yield rest, Cell(sheet, row, letter(column))
                continue
            beside = _value_beside(cells, row, column, every, language)
            if beside is not None:
                yield beside[0], Cell(sheet, beside[1], letter(beside[2]))


def _after(text: str, label: str, language: Language) -> str | None:
    """What stands behind a label in a cell: "" where the label is all, None where the cell does not bear it.

    "Unit of measure: dossiers" does not bear the label "Unit": behind a label stands a mark, nothing, or, where the
    label is long or the next word holds a digit, the value itself.
    """
    for written in text.split("\n"):
        line = written.strip().lstrip(_BULLETS).strip()
        if not label or not fold(line, language).startswith(label):
            continue
        end = next((place for place in range(len(line) + 1) if fold(line[:place], language) == label), None)
        if end is None or line[end : end + 1].isalnum():
            continue
        rest = line[end:]
        marked = _SEPARATOR.match(rest)
        value = rest.strip(_AROUND).removesuffix(")" if "(" not in rest else "\x00").strip(_AROUND)
        word = value.split(" ", 1)[0]
        plain = label.count(" ") + 1 >= _LONG_LABEL or any(char.isdigit() for char in value)
        if not value or marked or (plain and ":" not in rest and word):
            return value
    return None


def _value_beside(
    cells: dict[int, dict[int, str]], row: int, column: int, labels: frozenset[str], language: Language
) -> tuple[str, int, int] | None:
    """The next filled cell to the right of a label, else the one below; no label itself."""
    line = cells[row]
    right = next((place for place in sorted(line) if place > column), None)
    below = cells.get(row + 1, {}).get(column)
    for text, at_row, at_column in ((line.get(right or 0), row, right or 0), (below, row + 1, column)):
        if text is None:
            continue
        value = text.strip(_AROUND)
        if value and not any(_after(text, label, language) is not None for label in labels):
            return value, at_row, at_column
    return None


def _alone(cells: dict[int, dict[int, str]], sheet: str, language: Language) -> Iterator[tuple[str, Cell]]:
    """Cells that are a period and nothing else."""
    for row, line in cells.items():
        for column, text in line.items():
            for part in text.split("\n"):
                value = part.strip(f"() {_AROUND}")
                if value and not value.isdecimal() and names_period(value, language):
                    yield value, Cell(sheet, row, letter(column))
