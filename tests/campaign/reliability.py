"""``docs/reliability.md``: what was broken on purpose, how often, and what was lost; written from results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

_BACKENDS: Final = ("duckdb", "postgresql")
# What else is broken on purpose, in every run of the suite: the fault, what happens, and the test that shows it.
TESTED: Final = (
    ("connection to PostgreSQL cut in the middle of an append", "one message, exit 2; nothing was written",
     "tests/warehouse/test_server.py"),
    ("PostgreSQL crashes and starts again in the middle of an append", "the same; the next run is whole",
     "tests/warehouse/test_server.py"),
    ("loader of a server killed while it waits inside the append", "the next run is as an unbroken one",
     "tests/warehouse/test_server.py"),
    ("two writers at once", "the second waits for, or names, the first; keys go on", "tests/warehouse/test_store.py"),
    ("two runs of one home at once, a run asked to stop", "the second names the first; the next run is whole",
     "tests/faults/test_stopping.py"),
    ("read copy replaced while it is read", "the reader goes on with the old one", "tests/warehouse/test_store.py"),
    ("object of the archive damaged, cut, or gone", "named by its hash; never used, never overwritten",
     "tests/sources/test_archive.py"),
    ("disk full, home that cannot be written", "one message that names the file; exit 2; the next run is whole",
     "tests/faults/test_disk.py"),
    ("clock that goes backwards between two runs", "the newer delivery counts; order is that of the ledger",
     "tests/faults/test_disk.py"),
    ("portal that dies in a page, repeats, forgets, changes while it is read", "a state it was in, or held back",
     "tests/faults/test_portal_faults.py"),
    ("damaged, hostile and absurd files", "refused one by one; the others go on", "tests/faults/test_hostile_files.py"),
)  # fmt: skip


def write(results: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Write the page."""
    lines = [
        "# Reliability: what was broken on purpose",
        "",
        "Written by `python -m tests.campaign.kills --write`; do not edit. A run is killed with SIGKILL right before a",
        "statement that it sends to a database, or right before a change of a file in its home; then it is run again.",
        "Every table, but for clocks and run ids, every receipt and every archived object is compared with what an",
        "unbroken run leaves: a row that is missing is *lost*, one that is there too often, or that nobody expects, is",
        "*doubled*. The story is small: four files, of which one is set aside in part and one is no workbook.",
        "",
        "## Kills",
        "",
        "| warehouse | killed | lost rows | doubled rows | second run failed | points of a run |",
        "|---|---|---|---|---|---|",
    ]
    for backend in _BACKENDS:
        some = [one for one in results if one["backend"] == backend]
        lines.append(f"| {backend} | {_counts(some)} | {max((one['of'] for one in some), default=0):,} |")
    lines += [
        "",
        "By the step that was about to act:",
        "",
        "| step | killed | lost rows | doubled rows | second run failed |",
        "|---|---|---|---|---|",
    ]
    for step in sorted({one["step"] for one in results}):
        lines.append(f"| {step} | {_counts([one for one in results if one['step'] == step])} |")
    lines += [
        "",
        "Kills in the middle of a statement, as in COMMIT, are tried by time: `tests/campaign/kill_load.py`.",
        "Not shown: a machine that loses its power (what the disk says it wrote is believed), and a disk that lies.",
        "",
        "## Other faults",
        "",
        "Each is in the suite, so that it runs with every change.",
        "",
        "| fault | what happens | shown by |",
        "|---|---|---|",
        *(f"| {fault} | {happens} | `{test}` |" for fault, happens, test in TESTED),
        "",
    ]
    path.write_text("\n".join(lines), encoding="utf-8")


def _counts(some: Sequence[Mapping[str, Any]]) -> str:
    killed = sum(bool(one["killed"]) for one in some)
    lost, doubled = (sum(sum(one[kind].values()) for one in some) for kind in ("lost", "doubled"))
    return f"{killed} | {lost} | {doubled} | {sum(bool(one['failed']) for one in some)}"
