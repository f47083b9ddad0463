"""Releases: sealed states of the indicators. Only rows that changed are appended; nothing released is ever edited.

A partition is (indicator, period). Its hash is over its rows; the release's hash is over the hashes of all partitions.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from catalogue.errors import ReleaseRefused, UsageError, WarehouseBusy
from warehouse import schema
from warehouse.append import note
from warehouse.partition import COMPARED, KEY, broken_partitions, hash_changed, latest, release_hash
from warehouse.staging import Staging

_COLUMNS = tuple(column.name for column in schema.fact_indicator.columns)
SHARES = 28
"""A run verifies one partition of so many, another share every day."""


@dataclass(frozen=True, slots=True)
class Release:
    """A sealed release: what it is called, what it knows, and how many values it changed. ``revised`` were final."""

    key: int
    name: str
    hash: str
    last_part: int
    changed: int
    withdrawn: int
    revised: int = 0
    embargo_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """How a release is published: its name (empty: its number), its embargo, whether all it shows is final; how many
    days after its publication a figure is final by itself; ``always``: sealed although nothing changed."""

    name: str = ""
    embargo_until: datetime | None = None
    final: bool = False
    final_after: int | None = None
    always: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """What the last release knew, and what has come since."""

    release: int | None
    last_part: int
    programme_hash: str | None
    parts_now: int
    last_withdrawal: int = 0
    withdrawals_now: int = 0
    last_change: int = 0
    changes_now: int = 0
    names: frozenset[str] = field(default_factory=frozenset)


def known(connection: Connection) -> Known:
    """The last release, the newest part, withdrawal and change of an obligation."""
    release, part, decision = schema.dim_release, schema.dim_part, schema.withdrawal
    last = connection.execute(select(release).order_by(release.c.release_key.desc()).limit(1)).mappings().first()
    newest = connection.execute(select(func.max(part.c.part_key))).scalar() or 0
    decided = connection.execute(select(func.max(decision.c.withdrawal_key))).scalar() or 0
    changed = connection.execute(select(func.max(schema.obligation_change.c.change_key))).scalar() or 0
    names = frozenset(connection.execute(select(release.c.name)).scalars())
    if last is None:
        return Known(None, 0, None, newest, 0, decided, 0, changed, names)
    return Known(
        last["release_key"], last["last_part_key"], last["programme_hash"], newest, last["last_withdrawal_key"] or 0,
        decided, last["last_change_key"] or 0, changed, names,
    )  # fmt: skip


_IN_SCOPE = """EXISTS (SELECT 1 FROM scope s WHERE s.indicator_code = f.indicator_code
                       AND coalesce(s.period_code, f.period_code) = f.period_code)"""


def seal(
    area: Staging,
    url: str,
    terms: Terms,
    *,
    programme: tuple[str, str],
    engine: str,
    state: Known,
    run_id: str,
    now: datetime,
) -> Release | None:
    """Verify what is touched, append what changed, hash it, seal it. None, and nothing written, where nothing changed.

    ``programme`` is its name and digest. Raises ReleaseRefused where a part that is new in it was not judged, or in
    error; or where what was sealed before is not what is stored. Raises WarehouseBusy where another release was sealed
    since ``state``: that one may know more, and would be undone.
    """
    with area.writing(url):
        previous = area.rows(
            "SELECT release_key, name, embargo_until FROM warehouse.dim_release ORDER BY release_key DESC LIMIT 1"
        )
        parent, before, waits = previous[0] if previous else (None, "", None)
        key = (parent or 0) + 1
        if parent != state.release:
            raise WarehouseBusy(
                f"release {before} was sealed while this one was computed, and nothing was sealed; run it again"
            )
        if parent:
            must_be_sealed(area, now, touched=True)
        _must_be_judged(area, state)
        changed, withdrawn, revised = _append_changes(area, key, final_releases(area, terms.final_after, now))
        judged = _append_statuses(area, key)
        if not (changed or withdrawn or judged or terms.always):
            return None
        hash_changed(area, key)
        total = release_hash(area, key)
        title = terms.name or f"release-{key}"
        if area.rows("SELECT 1 FROM warehouse.dim_release WHERE name = ?", (title,)):
            raise UsageError(f"there is a release {title!r} already, and a release never changes; name it otherwise")
        # A release shows what those before it show: it cannot be seen before them.
        embargo = max((one for one in (terms.embargo_until, waits) if one and one > now), default=None)
        said = f"{title}: {changed} values changed, {withdrawn} withdrawn, {judged} statuses of targets changed"
        sequence = note(area, "release", _ledger_line(area, key, before, said, state, revised), run_id, now)
        _only_new_feed(area, key)
        row = (key, title, now, total, parent, sequence, state.parts_now, *programme, engine, embargo, terms.final,
               state.withdrawals_now, state.changes_now)  # fmt: skip
        columns = [column.name for column in schema.dim_release.columns]
        area.run(
            f"INSERT INTO warehouse.dim_release ({', '.join(columns)}) VALUES ({', '.join('?' for _ in columns)})", row
        )
    return Release(key, title, total, state.parts_now, changed, withdrawn, revised, embargo)


def must_be_sealed(area: Staging, now: datetime, *, touched: bool) -> None:
    """While the warehouse is attached: verify a share of all partitions, another one every day, and those of ``scope``
    (``touched``), as the latest release that changed them sealed them. Raises ReleaseRefused, naming what is broken.
    """
    share = f"hash(f.indicator_code, f.period_code) % {SHARES} = {now.toordinal() % SHARES}"
    newest = """f.release_key = (SELECT max(l.release_key) FROM warehouse.release_partition l
                                 WHERE l.indicator_code = f.indicator_code AND l.period_code = f.period_code)"""
    chosen = f"({share} OR {_IN_SCOPE})" if touched else share
    found = broken_partitions(area, f"{chosen} AND {newest}")
    if found:
        raise ReleaseRefused(
            f"what is stored is not what was sealed: {'; '.join(map(str, found[:5]))}"
            f"{f' and {len(found) - 5} more' if len(found) > 5 else ''}. "  # noqa: PLR2004 as many as are named
            "Nothing was sealed; compare with a copy of the warehouse, and see `chiso release verify`"
        )


def _must_be_judged(area: Staging, state: Known) -> None:
    """Raises ReleaseRefused where a part that is new in the release was not judged by the gate, or stands although a
    check of its form was in error in its run and nothing of that was held back."""
    new = f"""
        SELECT DISTINCT p.form_code, d.run_id, d.name, d.status FROM warehouse.dim_part p
        JOIN warehouse.dim_delivery d ON d.delivery_key = p.delivery_key
        WHERE p.part_key > {state.last_part} AND p.part_key <= {state.parts_now} AND p.rows_loaded > 0
          AND p.reason NOT IN ('withdrawn', 'restored')"""
    unjudged = area.rows(f"""
        SELECT n.name, n.form_code FROM ({new}) n WHERE NOT EXISTS (
            SELECT 1 FROM warehouse.check_result c WHERE c.run_id = n.run_id AND c.form_code = n.form_code)
        ORDER BY ALL LIMIT 5""")
    if unjudged:
        raise ReleaseRefused(
            f"{', '.join(f'{name} ({form})' for name, form in unjudged)}: no check of the form was run on what is to "
            "be released. Nothing was sealed; judge it anew: chiso quarantine replay"
        )
    doubtful = area.rows(f"""
        SELECT n.name, c.form_code, c.check_code FROM ({new}) n
        JOIN warehouse.check_result c ON c.run_id = n.run_id AND c.form_code = n.form_code AND c.verdict = 'error'
        WHERE n.status = 'error' OR NOT EXISTS (
            SELECT 1 FROM warehouse.dim_delivery e
            WHERE e.run_id = c.run_id AND e.form_code = c.form_code AND e.status = 'error')
        ORDER BY ALL LIMIT 5""")
    if doubtful:
        raise ReleaseRefused(
            f"{', '.join(f'{check} in {name}' for name, _, check in doubtful)}: the check ended in error, and what it "
            "could not judge was not held back. Nothing was sealed; judge it anew: chiso quarantine replay"
        )


def final_releases(area: Staging, days: int | None, now: datetime) -> list[int]:
    """While the warehouse is attached: the releases of which every figure that has not changed since is final now."""
    rows = area.rows("SELECT release_key, coalesce(embargo_until, sealed_at), is_final FROM warehouse.dim_release")
    declared = max((key for key, shown, final in rows if final and shown <= now), default=0)
    return [
        key for key, shown, _ in rows if key <= declared or (days is not None and shown + timedelta(days=days) <= now)
    ]


def _append_changes(area: Staging, release: int, final: Iterable[int]) -> tuple[int, int, int]:
    """Insert the values that differ from the latest released ones, and tombstones for those that are no more (or, where
    a decision withdrew them, rows that say so); returns how many of each, and how many of both had been final."""
    same = " AND ".join(f"v.{column} = w.{column}" for column in KEY)
    differs = " OR ".join(f"v.{column} IS DISTINCT FROM w.{column}" for column in (*COMPARED, "reason"))
    # What was released before that was counted does not change because it is.
    differs += " OR v.reports_on_time <> w.reports_on_time"
    moved = " OR ".join(f"v.{name} IS DISTINCT FROM w.{name}" for name in ("numerator", "denominator", "status"))
    closed = f"w.from_release IN ({', '.join(map(str, final)) or 'NULL'})"
    columns = ", ".join(_COLUMNS)
    own = {
        "from_release": str(release),
        # Who once changed what was final stays one that did.
        "release_status": f"CASE WHEN {closed} AND ({moved}) THEN 'revised' "
        "ELSE coalesce(w.release_status, 'provisional') END",
    }
    values = ", ".join(own.get(column, f"v.{column}") for column in _COLUMNS)
    gone = dict.fromkeys(("numerator", "denominator", "value", "approx", "of_n", "target_code", "reason"), "NULL")
    gone |= {"target_status": "'no_target'", "from_release": str(release), "withdrawal_key": "w.gone_key"}
    gone["status"] = "CASE WHEN w.gone_key IS NULL THEN 'tombstone' ELSE 'withdrawn' END"
    gone["release_status"] = f"CASE WHEN {closed} THEN 'revised' ELSE coalesce(w.release_status, 'provisional') END"
    buried = ", ".join(gone.get(column, f"w.{column}") for column in _COLUMNS)
    # In one statement: see Staging.run of what becomes of the second where the first has nothing to insert.
    appended = area.one(f"""
        INSERT INTO warehouse.fact_indicator ({columns})
        SELECT * FROM (
            SELECT {values} FROM "values" v LEFT JOIN ({latest(_IN_SCOPE)}) w ON {same}
            WHERE w.from_release IS NULL OR {differs}
            UNION ALL
            SELECT {buried} FROM (
                SELECT f.*, g.gone_key FROM ({latest(_IN_SCOPE)}) f LEFT JOIN (
                    SELECT indicator_code, entity_key, period_code, max(withdrawal_key) AS gone_key
                    FROM gone GROUP BY ALL) g
                USING (indicator_code, entity_key, period_code)) w
            WHERE w.status <> 'tombstone' AND NOT (w.status = 'withdrawn' AND w.gone_key IS NOT NULL)
              AND NOT EXISTS (SELECT 1 FROM "values" v WHERE {same})) changes ({columns})
        ORDER BY indicator_code, period_code, entity_key""")
    withdrawn = area.one(f"""
        SELECT count(*) FROM warehouse.fact_indicator w
        WHERE w.from_release = {release} AND NOT EXISTS (SELECT 1 FROM "values" v WHERE {same})""")
    revised = area.one(f"""
        SELECT count(*) FROM warehouse.fact_indicator n JOIN ({latest(f"{_IN_SCOPE} AND f.from_release < {release}")}) w
        ON {same.replace("v.", "n.")}
        WHERE n.from_release = {release} AND n.release_status = 'revised' AND {closed}""")
    return int(appended) - int(withdrawn), int(withdrawn), int(revised)


def _append_statuses(area: Staging, release: int) -> int:
    """Insert the statuses of targets that differ from the latest: a target may be new where its figure is not."""
    keys = "target_code, indicator_code, entity_key, period_code"
    changed = area.one(f"""
        INSERT INTO warehouse.target_status
        SELECT s.*, {release} FROM statuses s LEFT JOIN (
            SELECT * FROM warehouse.target_status JOIN (
                SELECT {keys}, max(from_release) AS from_release FROM warehouse.target_status GROUP BY ALL) latest
            USING ({keys}, from_release)) w USING ({keys})
        WHERE s.target_status IS DISTINCT FROM w.target_status""")
    return int(changed)


def _ledger_line(area: Staging, release: int, before: str, said: str, state: Known, revised: int) -> str:
    """What a release changed against the last one, by kind of change, and by how many parts."""
    if not before:
        return said
    told = dict(
        area.rows(f"""
            SELECT CASE WHEN w.from_release IS NULL THEN 'new' WHEN n.status = 'withdrawn' THEN 'withdrawn'
                        WHEN n.status = 'tombstone' THEN 'gone'
                        WHEN n.value IS NOT DISTINCT FROM w.value AND n.status = w.status THEN 'same value'
                        ELSE 'other value' END AS how, count(*)
            FROM warehouse.fact_indicator n
            LEFT JOIN ({latest(f"{_IN_SCOPE} AND f.from_release < {release}")}) w
                 ON {" AND ".join(f"n.{column} = w.{column}" for column in KEY)}
            WHERE n.from_release = {release} GROUP BY ALL""")
    )
    counts = ", ".join(f"{count} {how}" for how, count in sorted(told.items())) or "nothing"
    parts = state.parts_now - state.last_part
    loud = f"; {revised} FINAL FIGURES REVISED" if revised else ""
    return f"{said}{loud}; against {before}: {counts}, by {parts} new parts"


def _only_new_feed(area: Staging, release: int) -> None:
    area.run(f"""
        INSERT INTO warehouse.release_feed SELECT indicator_code, form_code, is_wide, {release} FROM feed f
        WHERE NOT EXISTS (SELECT 1 FROM warehouse.release_feed w WHERE w.indicator_code = f.indicator_code
                          AND w.form_code = f.form_code AND w.is_wide = f.is_wide)""")
