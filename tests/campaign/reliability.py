"""``docs/reliability.md``: what was broken on purpose, how often, and what was lost; written from results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from tests.campaign.slopes import looked_at, told

_BACKENDS: Final = ("duckdb", "postgresql")
# What else is broken on purpose, in the suite: the fault, what happens, and the test that shows it.
TESTED: Final = (
    ("connection to PostgreSQL cut in the middle of an append", "one message, exit 2; nothing was written",
     "tests/warehouse/test_server.py::test_a_connection_that_breaks_in_the_middle_of_an_append_leaves_nothing"),
    ("PostgreSQL crashes and starts again in the middle of an append", "the same; the next run is whole",
     "tests/warehouse/test_server.py"
     "::test_a_server_that_crashes_and_starts_again_in_the_middle_of_an_append_holds_nothing_of_it"),
    ("loader of a server killed while it waits inside the append", "the next run is as an unbroken one",
     "tests/warehouse/test_server.py"
     "::test_a_loader_killed_in_the_middle_of_an_append_and_run_again_is_one_that_was_not"),
    ("two runs begun at once on a fresh home", "the second names the first; all is done once",
     "tests/faults/test_stopping.py::test_two_runs_that_begin_at_once_on_a_fresh_home_do_the_work_once"),
    ("a second run while one is at work, which is then asked to stop", "the second names the first; the next is whole",
     "tests/faults/test_stopping.py::test_a_run_that_is_stopped_says_so_and_the_next_one_makes_it_whole"),
    ("two writers of a DuckDB file", "the second names the first",
     "tests/warehouse/test_store.py::test_a_second_writer_is_told_who_the_first_is"),
    ("two writers of a server", "the second waits for the first; keys go on",
     "tests/warehouse/test_server.py::test_who_waited_for_another_writer_sees_what_that_one_wrote"),
    ("read copy replaced while it is read", "the reader goes on with the old one",
     "tests/warehouse/test_store.py::test_readers_see_the_copy_that_was_published_last"),
    ("object of the archive damaged or cut", "named by its hash; never used, never overwritten",
     "tests/sources/test_archive.py::test_a_corrupted_object_is_named_and_never_overwritten"),
    ("object of the archive damaged or gone when it is judged anew", "named by its hash; nothing changes",
     "tests/faults/test_disk.py::test_an_archived_object_that_is_not_what_it_was_is_named_and_never_used"),
    ("object of the archive gone, and its file sent again", "archived again",
     "tests/faults/test_disk.py::test_a_file_whose_archived_bytes_were_lost_is_archived_when_it_is_sent_again"),
    ("a portal's last pull damaged or gone", "archived again, or another vintage; the run goes on",
     "tests/faults/test_disk.py"
     "::test_a_pull_whose_archived_bytes_were_lost_is_archived_again_and_damage_stops_nothing"),
    ("disk full", "one message that names the file; the next run is whole",
     "tests/faults/test_disk.py::test_a_disk_that_is_full_is_said_and_the_next_run_is_whole"),
    ("disk that becomes read-only between two runs", "one message that names the file, exit 2; the next run is whole",
     "tests/faults/test_disk.py::test_a_disk_that_becomes_read_only_is_one_message_and_the_next_run_is_whole"),
    ("home that cannot be made", "one message, exit 2",
     "tests/faults/test_disk.py::test_a_home_that_cannot_be_written_is_one_message"),
    ("clock that goes backwards between two runs", "the newer delivery counts; order is that of the ledger",
     "tests/faults/test_disk.py::test_a_clock_that_goes_backwards_changes_nothing"),
    ("portal that dies in a page, repeats, forgets, changes while it is read", "a state it was in, or held back",
     "tests/faults/test_portal_faults.py::test_the_warehouse_is_what_the_portal_counts_or_says_that_it_is_not"),
    ("damaged, hostile and absurd files", "refused one by one; the others go on",
     "tests/faults/test_hostile_files.py::test_hostile_files_beside_a_good_one_change_nothing_else"),
)  # fmt: skip
_HEAD: Final = """# Reliability: what was broken on purpose

Written by the campaigns that are named below, with `--write`; do not edit."""
_KILLS: Final = """\
By `python -m tests.campaign.kills --write`. A run is killed with SIGKILL right before a statement that it sends to a
database, or right before a change of a file in its home; then it is run again. Every table, but for clocks and run ids,
every receipt and every archived object is compared with what an unbroken run leaves: a row that is missing is *lost*,
one that is there too often, or that nobody expects, is *doubled*. The story is small: four files, of which one is set
aside in part and one is no workbook."""
_SOAK: Final = """\
By `python -m tests.campaign.soak --write`: pipeline after pipeline on a world that grows. Each run finds four new files
of nine towns: three reports, and in turn a correction, a file with a row to set aside, the same whole again, and a file
that is no workbook; one route is told of incidents. Every fifth run is followed by one that finds nothing new. After
each, garbage is collected, and the process and its home are looked at.

The slope is that of Theil and Sen, from run 20 on (of `chiso serve` from run 4 on), with the bounds between which it
lies in 95 of 100 such series. Flat is what leads, from the first of these runs to the last, no further than it may.
Time is processor time, the database server's included, in *yardsticks*: the processor time of a fixed piece of work
done beside each run, as other programs slow both down."""


def write(path: Path, kills: Sequence[Mapping[str, Any]] = (), soaks: Sequence[Mapping[str, Any]] = ()) -> None:
    """Write the page. A section of which no results are given stays as the page has it."""
    standing = _standing(path)
    sections = {
        "Kills": _kills(kills) if kills else standing.get("Kills", ""),
        "Soak": _soak(soaks) if soaks else standing.get("Soak", ""),
        "Other faults": _others(),
    }
    page = [_HEAD, *(f"## {title}\n\n{text}" for title, text in sections.items() if text)]
    path.write_text("\n\n".join(page) + "\n", encoding="utf-8")


def _standing(path: Path) -> dict[str, str]:
    """The sections of the page as it is, by their titles."""
    parts = path.read_text(encoding="utf-8").split("\n## ")[1:] if path.exists() else []
    return {title: text.strip() for title, _, text in (part.partition("\n") for part in parts)}


def _kills(results: Sequence[Mapping[str, Any]]) -> str:
    lines = [
        _KILLS,
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
    ]
    return "\n".join(lines)


def _soak(results: Sequence[Mapping[str, Any]]) -> str:
    """The newest soak of each kind."""
    lines = [_SOAK]
    for kind in (*_BACKENDS, "serve"):
        some = [one for one in results if one["kind"] == kind]
        newest = max((one["soak"] for one in some), default="")
        runs = [one for one in some if one["soak"] == newest]
        if not runs:
            continue
        full, minutes = sum(1 for one in runs if one["deliveries"]), sum(one["seconds"] for one in runs) / 60
        where = "`chiso serve`, DuckDB" if kind == "serve" else f"one process, {kind}"
        sent, idle = sum(one["deliveries"] for one in runs), len(runs) - full
        lines += [
            "",
            f"**{where}**, {newest[:10]}: {full} runs, {sent:,} deliveries, {idle} runs without anything new, "
            f"{minutes:.0f} minutes; home of {runs[0]['home'] / 2**20:,.0f} MiB after the first run, "
            f"{runs[-1]['home'] / 2**20:,.0f} MiB after the last{_kept_by_prefect(runs)}.",
            "",
            *told(looked_at(kind, runs)),
        ]
    return "\n".join(lines)


def _kept_by_prefect(runs: Sequence[Mapping[str, Any]]) -> str:
    """What Prefect's server writes down about each run, and keeps for as long as it is told to."""
    if len(runs) < 2 or "prefect" not in runs[0]:
        return ""
    each = (runs[-1]["prefect"] - runs[0]["prefect"]) / (len(runs) - 1) / 1024
    return f", of which Prefect's own files add {each:,.0f} KiB with each run"


def _others() -> str:
    lines = [
        "Each is in the suite, in `make test` or `make long`, so that it runs with every change.",
        "",
        "| fault | what happens | shown by |",
        "|---|---|---|",
    ]
    for fault, happens, test in TESTED:
        file, _, name = test.partition("::test_")
        lines.append(f"| {fault} | {happens} | `{file}`: {name.replace('_', ' ')} |")
    return "\n".join(lines)


def _counts(some: Sequence[Mapping[str, Any]]) -> str:
    killed = sum(bool(one["killed"]) for one in some)
    lost, doubled = (sum(sum(one[kind].values()) for one in some) for kind in ("lost", "doubled"))
    return f"{killed} | {lost} | {doubled} | {sum(bool(one['failed']) for one in some)}"
