"""The terminal: as wide as it is; wide enough for a table where the output goes into a file or a pipe."""

from __future__ import annotations

import sys

from rich.console import Console


def terminal() -> Console:
    """A console on standard output. What stands in cells, names and titles is shown as it is: ``[/x]`` in a file is no
    markup of ours. A line that has some says ``markup=True`` and escapes what it tells.
    """
    return Console(width=None if sys.stdout.isatty() else 220, highlight=False, markup=False)


def say(line: str, style: str = "") -> None:
    """Print one line as it is, however long: whoever cuts it, or copies a path out of it, gets it whole."""
    terminal().print(line, soft_wrap=True, style=style or None)
