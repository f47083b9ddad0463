"""The read copies of an embedded warehouse: one for stewards, with everything, and one for analysts.

The stewards' is the file as it is. The analysts' never held what analysts may not see: rows that are deleted from a
file can still be found in it. So it is not thinned out but written, and the next one is the last one plus what is new,
as long as the warehouse is the same one further on; else it is written anew. Both are swapped by a rename, and nobody
may write them; who may read them (mode and group) is kept as somebody set it on the file before.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path
from stat import S_IMODE
from typing import TYPE_CHECKING, Final

import duckdb

from warehouse.policy import EVERY, NONE, Role, digest, is_fact, rows

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_STEWARDS: Final = 0o400
_ANALYSTS: Final = 0o440
_ROLE: Final[Role] = "analyst"
_MEMORY: Final = "600MB"
_WRITES: Final = 0o222
_ANYBODY: Final = 0o007
_NEWEST: Final = {
    "part_key": "SELECT coalesce(max(last_part_key), 0) FROM {at}dim_release",
    "from_release": "SELECT coalesce(max(release_key), 0) FROM {at}dim_release",
    "delivery_key": "SELECT coalesce(max(delivery_key), 0) FROM {at}dim_delivery",
    "sequence": "SELECT coalesce(max(ledger_sequence), 0) FROM {at}dim_release",
}
"""Column -> the last of it that an analysts' copy has. Rows with a later one are new; those up to it never change."""
_GROWING: Final = {
    "dim_part": "part_key",
    **dict.fromkeys(("fact_indicator", "target_status", "release_feed"), "from_release"),
    **dict.fromkeys(("dim_delivery", "furniture", "sheet_layout", "issue"), "delivery_key"),
    "ledger": "sequence",
}
"""Large tables that only grow -> the column that tells how far. Besides these the facts, by part."""
_MARK: Final = "read_copy"
"""The table of the copy that says what it was made from, and for whom."""


def write_copies(source: Path, stewards: Path, analysts: Path, number: str) -> None:
    """Replace both copies, atomically, by what the warehouse file ``source``, which nobody has open, holds now."""
    whole, seen = stewards.with_suffix(f".{number}.tmp"), analysts.with_suffix(f".{number}.tmp")
    _close(source)
    _copy(source, whole)
    with duckdb.connect(config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}) as area:
        # However much there is to copy: what does not fit is put aside on the disk, beside the copy.
        area.execute(f"SET memory_limit = '{_MEMORY}'; SET temp_directory = {_text(f'{seen}.spill')}")
        area.execute(f"ATTACH {_text(str(whole))} AS source (READ_ONLY)")
        tables = [name for (name,) in area.execute(_TABLES).fetchall()]
        mark = _mark(area, tables)
        same = analysts.exists() and _same(area, analysts, mark)
        if not same and not _grown(area, analysts, seen, tables, mark):
            _anew(area, seen, tables, mark)
    _swap(whole, stewards, _STEWARDS)
    if not same:
        _swap(seen, analysts, _ANALYSTS)


def _close(source: Path) -> None:
    """Let nobody but its owner read the warehouse itself, unless somebody has set who may."""
    with suppress(PermissionError):
        if source.stat().st_mode & _ANYBODY:
            source.chmod(0o600)


def _copy(file: Path, fresh: Path) -> None:
    """Copy a file into one that its owner alone may read, from the first byte on."""
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    shutil.copyfile(file, fresh)


def _swap(fresh: Path, goal: Path, mode: int) -> None:
    """Put a file in another's place; who may read it stays as it was, and nobody may write it."""
    if goal.exists():
        was = goal.stat()
        # A file of before copies had modes could be written: it was not set by anybody.
        mode = mode if was.st_mode & _WRITES else S_IMODE(was.st_mode)
        # Another group can be given by its members only; the mode is then what is left.
        with suppress(PermissionError):
            os.chown(fresh, -1, was.st_gid)
    fresh.chmod(mode)
    fresh.replace(goal)


_TABLES: Final = """
SELECT table_name FROM duckdb_tables() WHERE database_name = 'source' AND NOT internal ORDER BY table_name
"""
# Columns and views; comments change with the programme, which writes an event. duckdb_columns() would bind every view,
# which takes longer than all the rest.
_STRUCTURE: Final = """
SELECT sha256(string_agg(said, '|' ORDER BY said)) FROM (
    SELECT sql AS said FROM duckdb_tables() WHERE database_name = 'source' AND NOT internal
    UNION ALL
    SELECT concat(view_name, sql) FROM duckdb_views() WHERE database_name = 'source' AND NOT internal)
"""
_EVENTS: Final = """
SELECT count(*), coalesce(sum(hash(sequence, happened_at, run_id, event, detail)), 0)::VARCHAR,
       coalesce(max(sequence), 0)
FROM source.ledger WHERE sequence <= {last}
"""
_COUNTS: Final = "SELECT coalesce(string_agg(told, ' ' ORDER BY told), '') FROM ({each})"


def _mark(area: DuckDBPyConnection, tables: list[str]) -> dict[str, str]:
    """What a copy made now is made from: policy, structure, events, what of releases is due, and rows."""
    mark = {"policy": digest(_ROLE, tables), "structure": _one(area, _STRUCTURE)}
    try:
        events, hashed, last = area.execute(_EVENTS.format(last=2**62)).fetchall()[0]
        due = rows(_ROLE, "dim_release", at="source.main.")
        mark |= {"events": str(events), "event_hash": hashed, "last_event": str(last)}
        mark["releases"] = _one(
            area, f"SELECT count(*) || ' ' || coalesce(max(hash), '') FROM source.main.dim_release WHERE {due}"
        )
    except (duckdb.CatalogException, duckdb.BinderException):
        pass  # No warehouse of this engine yet: nothing of it is shown.
    # What no event tells of, as what is owed: told by how many there are.
    each = " UNION ALL ".join(
        f"SELECT '{table} ' || count(*) AS told FROM source.main.{table}"
        for table in tables
        if rows(_ROLE, table) == EVERY
    )
    mark["rows"] = _one(area, _COUNTS.format(each=each)) if each else ""
    return mark


def _same(area: DuckDBPyConnection, analysts: Path, mark: dict[str, str]) -> bool:
    """True where a copy is what would be written now."""
    try:
        area.execute(f"ATTACH {_text(str(analysts))} AS held (READ_ONLY)")
    except duckdb.Error:
        return False  # What is there is no database: it is written anew.
    try:
        return _marked(area, "held") == mark
    finally:
        area.execute("DETACH held")


def _marked(area: DuckDBPyConnection, at: str) -> dict[str, str]:
    try:
        return dict(area.execute(f"SELECT said, value FROM {at}.main.{_MARK}").fetchall())
    except duckdb.CatalogException:
        return {}  # Of a version that marked nothing.


def _anew(area: DuckDBPyConnection, fresh: Path, tables: list[str], mark: dict[str, str]) -> None:
    """Write a copy from nothing."""
    fresh.unlink(missing_ok=True)
    area.execute(f"ATTACH {_text(str(fresh))} AS fresh")
    area.execute("COPY FROM DATABASE source TO fresh (SCHEMA)")
    area.execute("BEGIN")
    for table in tables:
        _insert(area, table)
    _write_mark(area, mark)
    area.execute("COMMIT")
    area.execute("DETACH fresh")


def _grown(area: DuckDBPyConnection, analysts: Path, fresh: Path, tables: list[str], mark: dict[str, str]) -> bool:
    """Write a copy that is the last one and what is new; False where the warehouse is not that one further on."""
    if not analysts.exists():
        return False
    _copy(analysts, fresh)
    try:
        area.execute(f"ATTACH {_text(str(fresh))} AS fresh")
    except duckdb.Error:
        return False
    try:
        was = _marked(area, "fresh")
        if any(was.get(name) != mark[name] for name in ("policy", "structure")) or not _goes_on(area, was):
            return False
        area.execute("BEGIN")
        # Read before anything is written: they say how far the copy goes.
        newest = {name: _one(area, query.format(at="fresh.main.")) for name, query in _NEWEST.items()}
        for table in tables:
            column = _GROWING.get(table) or ("part_key" if is_fact(table) else "")
            if column:
                _insert(area, table, f"{table}.{column} > {newest[column]}")
            elif rows(_ROLE, table) != NONE and _differs(area, table):
                area.execute(f"DELETE FROM fresh.main.{table}")
                _insert(area, table)
        area.execute(f"DROP TABLE fresh.main.{_MARK}")
        _write_mark(area, mark)
        area.execute("COMMIT")
    finally:
        with suppress(duckdb.TransactionException):
            area.execute("ROLLBACK")
        area.execute("DETACH fresh")
    return True


def _goes_on(area: DuckDBPyConnection, was: dict[str, str]) -> bool:
    """True where the warehouse has the events and the releases that the last copy was made from, and more of the kinds
    that only add."""
    if "last_event" not in was:
        return False
    events, hashed, _ = area.execute(_EVENTS.format(last=was["last_event"])).fetchall()[0]
    if (str(events), hashed) != (was["events"], was["event_hash"]):
        return False
    kinds = area.execute(f"SELECT DISTINCT event FROM source.ledger WHERE sequence > {was['last_event']}").fetchall()
    due = rows(_ROLE, "dim_release", at="source.main.")
    shown = _NEWEST["from_release"].format(at="fresh.main.")
    until = f"SELECT release_key, hash FROM source.main.dim_release WHERE {due} AND release_key <= ({shown})"
    other = f"(FROM ({until}) EXCEPT {_HELD}) UNION ALL ({_HELD} EXCEPT FROM ({until}))"
    return {kind for (kind,) in kinds} <= _ADDING and not area.execute(other).fetchall()


_HELD: Final = "SELECT release_key, hash FROM fresh.main.dim_release"
_ADDING: Final = frozenset({"append", "release", "withdraw", "alias", "override", "waive"})
"""Events of the ledger that change no row of a table that grows."""


def _insert(area: DuckDBPyConnection, table: str, also: str = EVERY) -> None:
    """Put the rows of a table that analysts may see into the copy; where that cannot be told, none."""
    seen = rows(_ROLE, table, at="source.main.")
    if seen == NONE:
        return
    with suppress(duckdb.BinderException, duckdb.CatalogException):
        area.execute(
            f"INSERT INTO fresh.main.{table} SELECT * FROM source.main.{table} AS {table} WHERE ({seen}) AND {also}"
        )


def _differs(area: DuckDBPyConnection, table: str) -> bool:
    """True where the copy's rows of a table are not those that analysts may see."""
    seen = rows(_ROLE, table, at="source.main.")
    told = f"SELECT count(*) || ' ' || coalesce(sum(hash({table})), 0)::VARCHAR FROM"
    there = _one(area, f"{told} source.main.{table} AS {table} WHERE {seen}")
    return there != _one(area, f"{told} fresh.main.{table} AS {table}")


def _write_mark(area: DuckDBPyConnection, mark: dict[str, str]) -> None:
    area.execute(f"CREATE TABLE fresh.main.{_MARK} (said VARCHAR, value VARCHAR)")
    area.execute(f"COMMENT ON TABLE fresh.main.{_MARK} IS 'What this copy, for analysts, was made from'")
    area.executemany(f"INSERT INTO fresh.main.{_MARK} VALUES (?, ?)", [*mark.items()])


def _one(area: DuckDBPyConnection, query: str) -> str:
    return str(area.execute(query).fetchall()[0][0])


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
