"""Which total rows stand for all rows of a table: only those are compared with the sum of its rows.

Others stand for a section, or for a part ("of which"). Where a row stands is not enough to tell: the total of the last
section and that of the whole table may both be the last row. So what it comes to is asked, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from catalogue.form import Form
from catalogue.language import Language
from transforms.furniture import Verdict
from transforms.header import Header
from transforms.parse import parse
from transforms.sheet import Line
from transforms.text import fold

Figures = tuple[Decimal, ...]
"""The figures of a row, or of some rows added up, field by field; what is no figure is 0."""


def grand_totals(lines: Sequence[tuple[Line, Verdict]], header: Header, form: Form, language: Language) -> list[Line]:
    """The total rows that stand for all rows: the one with the largest figures, and those of the same words.

    A row that comes to exactly the rows of its own section is that section's, and not judged further. Where the same
    words also stand between rows of data, each is the total of its section, and none stands for all.
    """
    data = [line.row for line, verdict in lines if verdict.kind is None]
    totals = [line for line, verdict in lines if verdict.kind == "total"]
    if not data or not totals:
        return []
    figures = {line.row: _figures(line, header, form, language) for line, verdict in lines if verdict.kind is None}
    figures |= {line.row: _figures(line, header, form, language) for line in totals}
    of_sections = {line.row for line in totals if _is_of_section(line, lines, figures)}
    largest = max(totals, key=lambda line: sum(figures[line.row]))
    if not any(figures[largest.row]) or largest.row in of_sections:
        return []
    words = _words_of(largest, language)
    alike = [line for line in totals if line.row not in of_sections and _words_of(line, language) == words]
    middle = any(data[0] < line.row < data[-1] for line in totals if _words_of(line, language) == words)
    return alike if not middle else [line for line in alike if line is largest and line.row < data[0]]


def _is_of_section(total: Line, lines: Sequence[tuple[Line, Verdict]], figures: dict[int, Figures]) -> bool:
    """Whether a total comes to the rows between it and the next section or total above or below, which are not all."""
    rows = [line.row for line, verdict in lines if verdict.kind is None]
    bounds = [line.row for line, verdict in lines if verdict.kind in ("section", "total") and line is not total]
    above = max((row for row in bounds if row < total.row), default=0)
    below = min((row for row in bounds if row > total.row), default=rows[-1] + 1)
    for section in (
        [row for row in rows if above < row < total.row],
        [row for row in rows if total.row < row < below],
    ):
        if section and len(section) < len(rows) and _added(section, figures) == figures[total.row]:
            return True
    return False


def _added(rows: Sequence[int], figures: dict[int, Figures]) -> Figures:
    return tuple(sum(column, Decimal(0)) for column in zip(*(figures[row] for row in rows), strict=True))


def _figures(line: Line, header: Header, form: Form, language: Language) -> Figures:
    """The figures of a row that can be added, in the order of the form's fields."""
    found = []
    for field in form.fields:
        column = header.columns.get(field.field, 0)
        if field.type in ("count", "decimal"):
            inside = 0 < column <= len(line.texts)
            value = parse(line.texts[column - 1], line.kinds[column - 1], field, language).value if inside else None
            found.append(Decimal(value) if isinstance(value, int | Decimal) else Decimal(0))
    return tuple(found)


def _words_of(line: Line, language: Language) -> str:
    """The words of a row, without its figures."""
    texts = (text for text, kind in zip(line.texts, line.kinds, strict=True) if text and kind == "t")
    return " ".join(fold(text, language) for text in texts if any(char.isalpha() for char in text))
