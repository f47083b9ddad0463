"""Problems: what is wrong in a declaration, where, what is allowed there, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a programme.

    ``place`` is the kind and the name of a declared thing, then the way to the key inside it, as
    ``("form", "BM-01", "fields", 2, "to")``; the loader turns it into a file and a line.
    """

    place: tuple[str | int, ...]
    found: str
    allowed: str
    remedy: str

    def __str__(self) -> str:
        """Say it without a file: by kind and name."""
        kind, name, *path = self.place
        return said(f"{kind} {name}", None, path, self)


def said(file: str, line: int | None, path: Iterable[str | int], problem: Problem) -> str:
    """The one sentence of a problem: file, line, key, what was found, what is allowed, what to do."""
    keys = ".".join(step for step in path if isinstance(step, str))
    where = file + (f", line {line}" if line else "") + (f" ({keys})" if keys else "")
    return f"{where}: found {problem.found}; allowed: {problem.allowed}; {problem.remedy}"


def listed(names: Iterable[str], most: int = 30) -> str:
    """Names in a sentence; a long list is cut and says how long it is.

    >>> listed(["a", "b"])
    'a, b'
    >>> listed([])
    'none is declared'
    """
    every = list(names)
    if not every:
        return "none is declared"
    return ", ".join(every[:most]) + (f", ... ({len(every)} in all)" if len(every) > most else "")


def nearest(name: str, names: Iterable[str], otherwise: str) -> str:
    """The advice for a name that does not exist: the closest one that does, or ``otherwise``.

    >>> nearest("counrses", ["courses", "staff"], "choose one")
    "write 'courses'"
    >>> nearest("zzz", ["courses", "staff"], "choose one")
    'choose one'
    """
    lowered = {other.casefold(): other for other in names}
    close = get_close_matches(name.casefold(), lowered, n=1)
    return f"write {lowered[close[0]]!r}" if close else otherwise


def unknown(place: tuple[str | int, ...], what: str, name: str, names: Iterable[str]) -> Problem:
    """The problem of a name that leads nowhere, with those that would."""
    every = list(dict.fromkeys(names))
    otherwise = f"choose one of these, or declare the {what}"
    return Problem(place, f"the unknown {what} {name!r}", listed(every), nearest(name, every, otherwise))
