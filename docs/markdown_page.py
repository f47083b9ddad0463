"""Pieces of a page in Markdown: titles, lists, tables, anchors."""
# ruff: noqa: INP001 - beside a script, in no package

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from catalogue.declared import Words, say


def plain(words: Words, language: str) -> str:
    """What words say in one language."""
    return say(words, language)


def both(words: Words) -> str:
    """A title in the languages beside English, in italics."""
    others = [said for language, said in words.items() if language != "en" and said != words.get("en")]
    return f"*{' · '.join(others)}*" if others else ""


def listed(items: Iterable[str]) -> str:
    """Short items in one line."""
    return " · ".join(items)


def facts_of(pairs: Mapping[str, str]) -> str:
    """Names with what is said of them, in a list; those of which nothing is said are left out."""
    return "\n".join(f"- {name}: {value}" for name, value in pairs.items() if value)


def choice(headers: Sequence[str]) -> str:
    """The headers that a column may have."""
    return " or ".join(f"`{one}`" for one in headers)


def table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table with a line of names."""
    lines = [f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]
    lines += [f"| {' | '.join(map(cell, row))} |" for row in rows]
    return "\n".join(lines)


def cell(said: str) -> str:
    """A text in a table: in one line, without what Markdown would take for a border or a tag."""
    return re.sub(r"<(?=[A-Za-z])", r"\\<", " ".join(said.split()).replace("|", r"\|"))


def anchor(title: str) -> str:
    """The anchor that GitHub makes of a title."""
    kept = "".join(char for char in title.lower() if char.isalnum() or char in " -_")
    return kept.strip().replace(" ", "-")


def page(lines: Iterable[str]) -> str:
    """Pieces as one page; empty ones are left out."""
    return "\n\n".join(line for line in lines if line) + "\n"
