"""Names of files for codes: what any file system and any address takes."""

from __future__ import annotations

import re
from collections.abc import Iterable


def slugs(codes: Iterable[str]) -> dict[str, str]:
    """A name for each code, no two alike even where case is not told apart.

    >>> slugs(["SVC.RECV", "a/b", "A b"])
    {'SVC.RECV': 'SVC.RECV', 'a/b': 'a_b', 'A b': 'A_b~2'}
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    for code in codes:
        plain = re.sub(r"[^A-Za-z0-9.-]", "_", code).strip(".") or "_"
        name, number = plain, 1
        while name.lower() in taken:
            number += 1
            name = f"{plain}~{number}"
        taken.add(name.lower())
        found[code] = name
    return found
