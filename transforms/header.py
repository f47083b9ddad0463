"""Finding the header of a form's table in a sheet: by the words of its labels, never by position."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from math import ceil
from typing import Final

from catalogue.form import Form
from catalogue.language import Language
from transforms.sheet import Merge, Sheet
from transforms.text import folder, per_language

JOIN: Final = " > "
_MOST_ROWS: Final = 4
_MOST_COLUMNS: Final = 1000
_KEPT_FORMS: Final = 512
_KEPT_TEXTS: Final = 16_384
# Stars and the like that templates put behind the labels of required columns.
_MARKS = re.compile(r"(?:\s*(?:\(\s*\*+\s*\)|\*+|:))+$")
# "On time (waiting ones included)": what stands in brackets behind a label.
_REMARK = re.compile(r"\s*\([^()]*\)$")


@dataclass(frozen=True, slots=True)
class Label:
    """A labelled column that no field is read from: its number and its label, header rows joined by " > "."""

    column: int
    text: str


@dataclass(frozen=True, slots=True)
class Header:
    """A header: its first and last row, the column of each field found, and what does not fit.

    ``doubled`` are second columns of a field, as (field, label). ``ignored`` are columns that the form ignores by
    name, ``unknown`` those it does not know. ``whole`` counts the fields that were found by their whole label.
    """

    sheet: str
    top: int
    bottom: int
    columns: dict[str, int]
    doubled: tuple[tuple[str, Label], ...]
    ignored: tuple[Label, ...]
    unknown: tuple[Label, ...]
    whole: int

    def missing(self, form: Form) -> tuple[str, ...]:
        """Required fields without a column."""
        return tuple(field.field for field in form.columns if field.required and field.field not in self.columns)

    def enough(self, form: Form) -> bool:
        """Whether this is the form's header at all: two fields or more, and half of those that are required."""
        required = [field.field for field in form.columns if field.required]
        found = sum(name in self.columns for name in required)
        return len(self.columns) >= min(2, len(form.columns)) and found >= ceil(len(required) / 2)

    def share(self, form: Form) -> float:
        """The share of required fields (of all fields where none is required) that were found, 0 to 1."""
        sought = [field.field for field in form.columns if field.required] or [field.field for field in form.columns]
        return sum(name in self.columns for name in sought) / len(sought)


@dataclass(frozen=True, slots=True)
class _Sought:
    """The labels of a form, folded: which fields bear one, which are ignored. ``beside`` gives, for labels by which
    the column directly left of them is known, its field; None where it is ignored. ``may_end`` tells whether a text as
    written may be the last part of a label, a remark behind it left aside."""

    fields: dict[str, frozenset[str]]
    ignored: frozenset[str]
    beside: dict[str, str | None]
    may_end: Callable[[str], bool]
    known: dict[tuple[str, ...], tuple[tuple[int, str] | None, bool]]
    """What was made of a column's labels before (``_match``, ``_is_ignored``): offices send the same heads."""


def find_header(sheet: Sheet, form: Form, language: Language) -> Header | None:
    """The best header of the form in a sheet's first rows; None where no label of the form occurs in them.

    Windows of one to four rows are tried. The one with most fields wins, then the one with most whole labels, the
    number of rows the form declares, the fewest rows, the topmost.
    """
    sought, folded_as = _sought_by(language)(form), _folder(language)
    grid = _grid(sheet, form.layout.scan_rows + _MOST_ROWS)
    tall = [merge for merge in sheet.merges or () if merge.bottom > merge.top]
    # Few headers need to know how full the columns are, and telling it takes a look at every cell.
    covered, filled = _covered(sheet), cache(lambda: _filled(sheet))
    folded: dict[int, dict[int, str]] = {}
    best: tuple[tuple[int, int, bool, int, int], Header] | None = None
    for bottom in sorted(grid):
        if not any(map(sought.may_end, grid[bottom].values())):
            continue
        for row in range(max(1, bottom - _MOST_ROWS + 1), bottom + 1):
            if row not in folded:
                folded[row] = {column: folded_as(text) for column, text in grid.get(row, {}).items()}
        for height in range(1, _MOST_ROWS + 1):
            top = bottom - height + 1
            if top < 1 or top > form.layout.scan_rows or (height < _MOST_ROWS and _cuts(tall, top, bottom)):
                continue
            header = _header(sheet.name, range(top, bottom + 1), grid, folded, covered, filled, sought)
            declared = height == form.layout.header_rows
            score = (len(header.columns), header.whole, declared, -height, -top)
            if header.columns and (best is None or score > best[0]):
                best = (score, header)
    return best[1] if best else None


@per_language
def _sought_by(language: Language) -> Callable[[Form], _Sought]:
    """What is sought of a form, worked out once; of an equal form, too, as a process that runs again loads it anew.
    Forms hold dicts: they are known by their code, and kept beside it."""
    known: dict[str, tuple[Form, _Sought]] = {}

    def sought(form: Form) -> _Sought:
        found = known.get(form.form)
        if found and found[0] is form:
            return found[1]
        if len(known) >= _KEPT_FORMS:
            known.clear()
        made = found[1] if found and found[0] == form else _sought(form, language)
        known[form.form] = form, made
        return made

    return sought


def _sought(form: Form, language: Language) -> _Sought:
    fields: dict[str, set[str]] = {}
    for field in form.fields:
        for header in field.header:
            fields.setdefault(_path(header, language), set()).add(field.field)
    ignored = frozenset(_path(name, language) for name in form.ignore)
    beside: dict[str, str | None] = {_path(label, language): None for label in form.ignore_left_of}
    beside |= {_path(label, language): field.field for field in form.fields for label in field.left_of}
    tails = frozenset(label.rpartition(JOIN)[2] for label in (*fields, *beside))
    folded_as = _folder(language)

    @lru_cache(maxsize=_KEPT_TEXTS)
    def may_end(text: str) -> bool:
        folded = folded_as(text)
        return folded in tails or (folded.endswith(")") and _REMARK.sub("", folded) in tails)

    return _Sought({label: frozenset(names) for label, names in fields.items()}, ignored, beside, may_end, {})


def _path(declared: str, language: Language) -> str:
    """A label as a form declares it, folded part by part."""
    return _joined(map(_folder(language), declared.split(JOIN.strip())))


def _joined(labels: Iterable[str]) -> str:
    return JOIN.join(labels)


@per_language
def _folder(language: Language) -> Callable[[str], str]:
    """What folds a label, the marks behind it left aside."""
    fold = folder(language)
    return lru_cache(maxsize=_KEPT_TEXTS)(lambda text: _MARKS.sub("", fold(text)).strip())


def _grid(sheet: Sheet, rows: int) -> dict[int, dict[int, str]]:
    """The texts of the first rows, by row and column; merged cells all bear the text of their first."""
    grid: dict[int, dict[int, str]] = {}
    for line in sheet.lines:
        if line.row > rows:
            break
        filled = enumerate(line.texts[:_MOST_COLUMNS], start=1)
        grid[line.row] = {column: text for column, text in filled if text and not text.isspace()}
    for merge in sheet.merges or ():
        text = grid.get(merge.top, {}).get(merge.left)
        if text is not None:
            for row in range(merge.top, min(merge.bottom, rows) + 1):
                cells = grid.setdefault(row, {})
                for column in range(merge.left, min(merge.right, _MOST_COLUMNS) + 1):
                    cells.setdefault(column, text)
    return grid


def _covered(sheet: Sheet) -> dict[int, dict[int, int]]:
    """Of each row with cells merged across columns, the covered columns with the first column of their cell.

    In such rows what is blank beside a label is meant blank.
    """
    found: dict[int, dict[int, int]] = {}
    for merge in sheet.merges or ():
        if merge.right > merge.left:
            for row in range(merge.top, min(merge.bottom, merge.top + _MOST_ROWS) + 1):
                columns = range(merge.left + 1, min(merge.right, _MOST_COLUMNS) + 1)
                found.setdefault(row, {}).update(dict.fromkeys(columns, merge.left))
    return found


def _filled(sheet: Sheet) -> dict[int, list[int]]:
    """The rows in which each column holds something, from the top."""
    rows: dict[int, list[int]] = {}
    for line in sheet.lines:
        for column, text in enumerate(line.texts[:_MOST_COLUMNS], start=1):
            if text and not text.isspace():
                rows.setdefault(column, []).append(line.row)
    return rows


def _below(rows: list[int], row: int) -> int:
    """How many of some rows are a row or lie below it."""
    return len(rows) - bisect_left(rows, row)


def _cuts(tall: list[Merge], top: int, bottom: int) -> bool:
    """Whether the last row of a window cuts cells that are merged over rows."""
    return any(top <= merge.top <= bottom < merge.bottom for merge in tall)


def _paths(
    rows: range,
    grid: dict[int, dict[int, str]],
    folded: dict[int, dict[int, str]],
    covered: dict[int, dict[int, int]],
) -> dict[int, tuple[list[str], list[str]]]:
    """The labels of each column from top to bottom, as written and folded; equal neighbours count once.

    Files without merged cells (csv, exports) leave blanks where a label goes on to the right: these are filled, where
    a row below has a label in that column.
    """
    columns = sorted({column for row in rows for column in grid.get(row, {})})
    paths: dict[int, tuple[list[str], list[str]]] = {column: ([], []) for column in columns}
    for row in rows:
        last: tuple[str, str] | None = None
        for column in columns:
            text, bare = grid.get(row, {}).get(column), folded.get(row, {}).get(column)
            if text is None or bare is None:
                below = any(column in grid.get(under, {}) for under in range(row + 1, rows.stop))
                if last is None or row in covered or not below:
                    last = None if not below else last
                    continue
                text, bare = last
            last = (text, bare)
            written, labels = paths[column]
            if not labels or labels[-1] != bare:
                written.append(" ".join(text.split()))
                labels.append(bare)
    return paths


def _header(
    name: str,
    rows: range,
    grid: dict[int, dict[int, str]],
    folded: dict[int, dict[int, str]],
    covered: dict[int, dict[int, int]],
    filled: Callable[[], dict[int, list[int]]],
    sought: _Sought,
) -> Header:
    """What a window of rows would be as a header."""
    paths = _paths(rows, grid, folded, covered)
    spans: dict[int, list[int]] = {}
    for column, first in covered.get(rows.stop - 1, {}).items():
        if paths.get(column) == paths.get(first):
            spans.setdefault(first, [first]).append(column)
    for columns_of in spans.values():
        # One cell merged over several columns labels the fullest below it, of equal ones the first; no other.
        labelled = max(columns_of, key=lambda column: (_below(filled().get(column, []), rows.stop), -column))
        for column in columns_of:
            if column != labelled:
                paths.pop(column, None)
    # By its place before by its label: that may be blank, or the same as that of another.
    beside = _beside(paths, sought)
    paths |= {column: ([], []) for column in beside if column not in paths}
    matches = [(False, -_MOST_ROWS, column, field) for column, field in beside.items() if field is not None]
    ignored = [Label(column, JOIN.join(paths[column][0])) for column, field in beside.items() if field is None]
    unknown = []
    for column, (written, labels) in paths.items():
        if column in beside:
            continue
        match, is_ignored = _meant(tuple(labels), sought)
        label = Label(column, JOIN.join(written))
        if match:
            matches.append((match[0] < len(labels), -match[0], column, match[1]))
        elif is_ignored:
            ignored.append(label)
        else:
            unknown.append(label)
    columns: dict[str, int] = {}
    taken: dict[str, tuple[bool, int]] = {}
    doubled = []
    for partial, length, column, field in sorted(matches):
        label = Label(column, JOIN.join(paths[column][0]))
        if field not in columns:
            columns[field], taken[field] = column, (partial, length)
        elif taken[field] == (partial, length):
            doubled.append((field, label))
        else:
            unknown.append(label)
    unknown.sort(key=lambda label: label.column)
    whole = sum(not partial for partial, _ in taken.values())
    return Header(name, rows.start, rows.stop - 1, columns, tuple(doubled), tuple(ignored), tuple(unknown), whole)


def _beside(paths: dict[int, tuple[list[str], list[str]]], sought: _Sought) -> dict[int, str | None]:
    """The columns that are known by the label directly right of them, with their field, or None where ignored."""
    if not sought.beside:
        return {}
    found: dict[int, str | None] = {}
    for column, (_, labels) in paths.items():
        tails = (_joined(labels[start:]) for start in range(len(labels)))
        label = next((tail for tail in tails if tail in sought.beside), None)
        if label is not None and column > 1:
            found[column - 1] = sought.beside[label]
    return found


def _meant(labels: tuple[str, ...], sought: _Sought) -> tuple[tuple[int, str] | None, bool]:
    """The match of a column's labels, and whether the form ignores the column."""
    if labels not in sought.known:
        if len(sought.known) >= _KEPT_TEXTS:
            sought.known.clear()
        sought.known[labels] = _match([*labels], sought), _is_ignored([*labels], sought)
    return sought.known[labels]


def _match(labels: list[str], sought: _Sought) -> tuple[int, str] | None:
    """How many of a column's last labels name a field, and which: as many as can be.

    A label that several fields bear names none of them. A remark in brackets behind a label is no part of it where
    the label is not declared with it.
    """
    for written in (labels, [_REMARK.sub("", label) or label for label in labels]):
        for start in range(len(written)):
            fields = sought.fields.get(_joined(written[start:]), frozenset())
            if len(fields) == 1:
                return len(written) - start, next(iter(fields))
    return None


def _is_ignored(labels: list[str], sought: _Sought) -> bool:
    """Whether a column is one that the form ignores by name."""
    bare = [_REMARK.sub("", label) or label for label in labels]
    return any(_joined(written[start:]) in sought.ignored for written in (labels, bare) for start in range(len(labels)))
