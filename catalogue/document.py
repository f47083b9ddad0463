"""Documents: the YAML and CSV files of a programme, as values, with the line of everything in them."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from io import StringIO
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

Path = Sequence[str | int]

_TAG = "tag:yaml.org,2002:"
_WORDS: Final[dict[str, bool]] = {"true": True, "false": False}


class Unreadable(Exception):
    """A file is no YAML or CSV at all: the line, what was found, what is allowed, what to do."""

    def __init__(self, line: int | None, found: str, allowed: str, remedy: str) -> None:
        self.line, self.found, self.allowed, self.remedy = line, found, allowed, remedy
        super().__init__(found)


def decoded(raw: bytes) -> str:
    """The text of a file. Raises Unreadable where it is not UTF-8 or holds nothing."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        found = f"the byte 0x{raw[error.start]:02x}, which is not UTF-8"
        raise Unreadable(line, found, "a text file in UTF-8", "save the file as UTF-8") from None
    if not text.strip():
        raise Unreadable(None, "an empty file", "at least one declaration", "fill it in, or remove the file")
    return text


@dataclass
class YamlDocument:
    """A YAML file: ``value`` once, by the fast parser; the lines only when somebody asks."""

    text: str

    @cached_property
    def value(self) -> Any:
        """What the file declares: texts, exact numbers, days, lists and dicts whose keys are texts.

        Raises Unreadable where it is not YAML, declares a key twice, or declares nothing.
        """
        value = None if self._root is None else _value(self._root, ())
        if value is None:
            remedy = "fill it in, or remove the file"
            raise Unreadable(None, "a file with comments only", "at least one declaration", remedy)
        return value

    @cached_property
    def _root(self) -> Node | None:
        try:
            root: Node | None = YAML(typ="safe").compose(self.text)
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            around = f" ({error.context})" if error.context and error.problem else ""
            found = f"wrong YAML: {error.problem or error.context}{around}"
            remedy = "check the indentation, the quotes and the brackets of this line and the one before"
            raise Unreadable(int(mark.line) + 1 if mark else None, found, "YAML 1.2", remedy) from None
        except YAMLError as error:
            found = f"wrong YAML: {' '.join(str(error).split())}"
            remedy = "remove the character that cannot be printed"
            raise Unreadable(_unprintable(self.text), found, "printable text", remedy) from None
        return root

    def seek(self, path: Path) -> tuple[int, str | None, int]:
        """Where a path leads, as far as it does: the line, the text as written (of a scalar), and how many steps of
        the path exist. Steps that are no key of the file (the kind of a union) are passed over."""
        node, known, line = self._root, 0, 1
        for step in path:
            if isinstance(node, MappingNode):
                pair = next((pair for pair in node.value if pair[0].value == str(step)), None)
                if pair is None:
                    continue
                line, node, known = pair[0].start_mark.line + 1, pair[1], known + 1
            elif isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
                node, known = node.value[step], known + 1
                line = node.start_mark.line + 1
        if isinstance(node, ScalarNode):
            return node.start_mark.line + 1, str(node.value), known
        return line, None, known


@dataclass
class CsvDocument:
    """A CSV file: ``columns``, the cells of each row, the line where each begins, and what is wrong with its lines."""

    text: str
    columns: tuple[str, ...] = ()
    cells: list[list[str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    complaints: list[Unreadable] = field(default_factory=list)

    def __post_init__(self) -> None:
        reader = csv.reader(StringIO(self.text, newline=""), strict=True)
        line, width = 1, 0
        try:
            for cells in reader:
                if not self.columns:
                    self.columns = tuple(cell.strip() for cell in cells)
                    width = len(self.columns)
                elif len(cells) == width:
                    self.cells.append(cells)
                    self.lines.append(line)
                elif any(cells):
                    allowed = f"{width} cells, as in the first line"
                    remedy = "add the missing commas, or put a text that holds commas in double quotes"
                    self.complaints.append(Unreadable(line, f"{len(cells)} cells", allowed, remedy))
                line = reader.line_num + 1
        except csv.Error as error:
            remedy = 'close the double quotes; write a double quote inside a text as ""'
            self.complaints.append(Unreadable(line, f"wrong CSV: {error}", "comma-separated cells", remedy))
        for column in sorted({column for column in self.columns if self.columns.count(column) > 1}):
            found = f"the column {column!r} twice" if column else "more than one column without a name"
            self.complaints.append(Unreadable(1, found, "each column once", "remove one of the two"))

    def rows(self) -> list[dict[str, Any]]:
        """The rows as new dicts of texts per column; empty cells are left out."""
        columns = self.columns
        return [
            {column: cell for column, cell in zip(columns, cells, strict=True) if cell and not cell.isspace()}
            for cells in self.cells
        ]

    def seek(self, path: Path) -> tuple[int, str | None, int]:
        """The line of a row, the text of its cell, and how many steps of the path exist."""
        if not path or not isinstance(path[0], int) or path[0] >= len(self.cells):
            return 1, None, 0
        column = str(path[1]) if len(path) > 1 else ""
        cell = self.cells[path[0]][self.columns.index(column)].strip() if column in self.columns else None
        return self.lines[path[0]], cell, min(len(path), 2)


Document = YamlDocument | CsvDocument


def _value(node: Node, above: tuple[Node, ...]) -> Any:
    """The value of a node. Keys stay texts (``true:`` is a word of a language pack), and so does a date that does not
    exist: the model says so, with its line."""
    if isinstance(node, ScalarNode):
        return _scalar(node)
    line = int(node.start_mark.line) + 1
    if node in above:
        remedy = "write the value out"
        raise Unreadable(line, "an alias of what it stands in", "aliases of other parts of the file", remedy)
    if isinstance(node, SequenceNode):
        return [_value(item, (*above, node)) for item in node.value]
    found: dict[str, Any] = {}
    merged: list[Any] = []
    for key, inner in node.value:
        if not isinstance(key, ScalarNode):
            raise Unreadable(line, "a list or keys where a key should be", "a text", "put the key in quotes")
        value = _value(inner, (*above, node))
        if _tag(key) == "merge":
            merged += value if isinstance(value, list) else [value]
        elif key.value in found:
            remedy = "remove one of the two, or merge them"
            raise Unreadable(key.start_mark.line + 1, f"the key {key.value!r} a second time", "each key once", remedy)
        else:
            found[key.value] = value
    for inner in merged:
        if not isinstance(inner, dict):
            raise Unreadable(line, "'<<' before what has no keys", "'<<: *name' of keys with values", "correct it")
        found = inner | found
    return found


def _scalar(node: ScalarNode) -> Any:
    """A text, or what YAML 1.2 reads a plain scalar as."""
    text = str(node.value)
    value: Any = None
    try:
        match _tag(node):
            case "str":
                value = text
            case "int":
                sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text.removeprefix("+"))
                value = sign * int(digits, {"0x": 16, "0o": 8}.get(digits[:2], 10))
            case "float":
                value = Decimal(text.replace(".inf", "inf").replace(".nan", "nan"))
            case "bool":
                value = _WORDS[text.lower()]
            case "timestamp":
                value = date.fromisoformat(text)
            case "null":
                value = None
            case tag:
                line, allowed = int(node.start_mark.line) + 1, "plain values, lists and keys"
                raise Unreadable(line, f"the tag {tag!r}", allowed, "remove the tag")
    except (ValueError, ArithmeticError, KeyError):
        value = text
    return value


def _tag(node: Node) -> str:
    """The last part of a node's tag. Most are implicit, and their name need not be unescaped first."""
    tag = node.ctag
    name = str(tag.suffix if tag.handle is None else tag)
    return name.removeprefix(_TAG)


def _unprintable(text: str) -> int | None:
    """The line of the first character that YAML does not allow."""
    for number, line in enumerate(text.splitlines(), start=1):
        if any(not letter.isprintable() and letter != "\t" for letter in line):
            return number
    return None
