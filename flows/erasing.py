"""``chiso erase``: personal data that was sent by mistake leaves the archive and everything made of it, for good.

The archived bytes go, and a tombstone says hash, size, who, when and why. Texts that the quarantine, findings and
receipts quote are masked. Facts and counts stay: what was counted was no person. An erasure that was interrupted is
completed by giving it once more.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from catalogue.errors import ChisoError, DeliveryRefused, UsageError
from catalogue.source import Extract, Folder, Inbox
from flows.answering import Reply, from_warehouse
from flows.house import House, now
from flows.overriding import opened
from flows.settings import Settings
from flows.terminal import say
from receipts.outbox import SUFFIXES, place_of
from receipts.receipt import keep
from sources.bundle import is_bundle, read_member, unpack
from sources.transit import Transit
from transforms.explain import all_rows_behind
from warehouse.erasure import Cells, Erasure, Masked, append_erasure, read_erasures, scour
from warehouse.staging import staging_area
from warehouse.withdraw import Decision

_CELL: Final = re.compile(r"(?:(?P<sheet>.+)!)?(?P<column>[A-Z]{1,3})(?P<row>[1-9][0-9]*)")
_HASH: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Sent:
    """What is known of some bytes: the names and sources under which they came, and the units that sent them."""

    names: tuple[tuple[str, str, str | None], ...] = ()


@dataclass(slots=True)
class Done:
    """What an erasure did: the objects that are gone, what quotes less now, and files that people have to look at."""

    objects: list[str] = field(default_factory=list)
    masked: Masked = field(default_factory=lambda: Masked(0, 0))
    look: list[str] = field(default_factory=list)


def erase(settings: Settings, asked: str, cells: Sequence[str], said: tuple[str, str, str]) -> int:
    """Erase what a delivery brought; prints what is gone, and what is left for people. Raises UsageError where there is
    no such delivery, SettingsError where the archive cannot be written."""
    reason, document, by = (" ".join(one.split()) for one in said)
    if not (reason and document and by):
        raise UsageError("an erasure has a reason, a document and a name: give --reason, --document and --by")
    chosen = frozenset(_cell(one) for one in cells)
    house = opened(settings)
    sha256, sent = _sent(house, asked)
    done = erase_bytes(house, sha256, sent, chosen, Decision(reason, document, by))
    for one in done.objects:
        say(f"erased {one}")
    say(f"masked: {done.masked.rows:,} rows set aside, {done.masked.findings:,} findings. Facts and counts stay.")
    if chosen and not (done.masked.rows or done.masked.findings):
        done.look.append(
            f"nothing was quoted from {', '.join(cells)}: see that these are the cells (sheet, column, row as in the "
            "file); of all other cells the texts that findings and rows set aside quote stand as they were"
        )
    for one in done.look:
        say(f"look at: {one}", style="yellow")
    say("Not reached: the inbox, mails, and backups and extracts that were made before. Delete the data there.")
    return 0


def erase_bytes(house: House, sha256: str, sent: Sent, cells: Cells, why: Decision) -> Done:
    """Erase some bytes, the bundles that they came in, and what quotes them (of ``cells``; of none: all of it)."""
    done, at = Done(), now()
    said = ";".join(sorted(f"{sheet}!{column}{row}" if sheet else f"{column}{row}" for sheet, column, row in cells))
    with house.warehouse.connection() as connection:
        stand = read_erasures(connection)
    objects = [sha256, *_around(house, sha256, sent)]
    for one in objects:
        decided = Erasure(one, _size(house, one), said, why.reason, why.document, why.by, at)
        before = [each for each in stand if each.sha256 == one]
        same = [each for each in before if each.cells in ("", said)]
        with staging_area(house.staging_path("erase")) as area:
            masked = append_erasure(area, house.warehouse, decided, cells, house.run_id, known=bool(same))
        if one == sha256:
            done.masked = masked
        first = (before or [decided])[0]
        if house.archive.has(one) or house.archive.tombstone(one) is None:
            house.archive.erase(one, tombstone(first))
            done.objects.append(f"{one} ({first.size:,} bytes)" if first.size is not None else one)
    with staging_area(house.staging_path("scour")) as area:
        try:
            scour(area, house.warehouse, house.programme, at, all_rows_behind(house.programme, house.tables))
        except DBAPIError as error:
            reason = " ".join(str(error.orig).split())[:200]
            done.look.append(
                f"the database's files may hold the texts still ({reason}); VACUUM (FULL) quarantine, issue"
            )
    _forget(house, sha256)
    _answer(house, sha256)
    # A copy that only grows would keep what was masked.
    house.warehouse.published.unlink(missing_ok=True)
    house.warehouse.publish()
    done.look += _laid(house, sent)
    return done


def tombstone(one: Erasure) -> bytes:
    """What stands in the archive in the place of erased bytes, as JSON: no word of what they were."""
    told = {
        "sha256": one.sha256, "size": one.size, "erased_at": one.at.isoformat(timespec="seconds"), "erased_by": one.by,
        "reason": one.reason, "document": one.document,
    }  # fmt: skip
    return (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode()


def _cell(named: str) -> tuple[str, str, int]:
    found = _CELL.fullmatch(named.strip())
    if not found:
        raise UsageError(f"--cell {named!r} is no cell; write it as B7, or with its sheet as 'Sheet 1!B7'")
    return found["sheet"] or "", found["column"], int(found["row"])


def _sent(house: House, asked: str) -> tuple[str, Sent]:
    """The sha256 of a delivery by its number, name or sha256, and what is known of it; or of any object of the archive
    by all its digits. Raises UsageError where none or several fit."""
    with house.warehouse.connection() as connection:
        rows = connection.execute(
            text("""SELECT DISTINCT sha256, name, source_code, unit_code FROM dim_delivery
                    WHERE name = :asked OR CAST(delivery_key AS TEXT) = :asked
                       OR (length(:asked) >= 8 AND sha256 LIKE :start) ORDER BY 1, 2, 3"""),
            {"asked": asked, "start": f"{asked}%"},
        ).all()
        found = {row[0] for row in rows}
        if len(found) == 1:
            same = text(
                "SELECT DISTINCT name, source_code, unit_code FROM dim_delivery WHERE sha256 = :sha ORDER BY 1, 2"
            )
            (sha256,) = found
            return sha256, Sent(tuple((row[0], row[1], row[2]) for row in connection.execute(same, {"sha": sha256})))
    if (
        not found
        and _HASH.fullmatch(asked)
        and (house.archive.has(asked) or house.archive.tombstone(asked) is not None)
    ):
        return asked, Sent()
    several = "several deliveries fit: " + ", ".join(sha[:8] for sha in sorted(found)) if found else "there is none"
    raise UsageError(
        f"delivery {asked!r}: {several}; name it by its number, as `chiso status` tells it, or by its sha256"
    )


def _size(house: House, sha256: str) -> int | None:
    try:
        with house.archive.local(sha256, house.home / "staging") as path:
            return path.stat().st_size
    except ChisoError:
        return None  # Lost, damaged, or erased before.


def _around(house: House, sha256: str, sent: Sent) -> list[str]:
    """The zips in the archive that hold the same bytes: they are no deliveries, and kept beside what they brought."""
    sources = [house.programme.source.get(source) for _, source, _ in sent.names]
    folders = [source for source in sources if isinstance(source, Inbox)]
    if not any("/" in name for name, _, _ in sent.names) or not folders:
        return []
    with house.warehouse.connection() as connection:
        known = set(connection.execute(text("SELECT DISTINCT sha256 FROM dim_delivery")).scalars())
    found = []
    for one in house.archive.objects():
        if one in known:
            continue
        with suppress(ChisoError, DeliveryRefused):
            data = house.archive.get(one)
            if is_bundle(data, "bundle.zip"):
                places = unpack(data, "bundle.zip", folders[0]).values()
                if any(hashlib.sha256(read_member(data, place)).hexdigest() == sha256 for place in places):
                    found.append(one)
    return found


def _forget(house: House, sha256: str) -> None:
    """Remove what failed or killed steps left: staging areas, batches in transit, and traces of these bytes."""
    archive = house.settings.archive
    secrets = house.settings.secrets_of("archive") if archive else None
    Transit(archive or str(house.home / "archive"), secrets).clear()
    for path in (house.home / "staging").glob("*"):
        shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
    for path in (house.home / "traces").glob(f"*-{sha256[:12]}.txt"):
        path.unlink(missing_ok=True)


def _answer(house: House, sha256: str) -> None:
    """Write the receipt anew that the home keeps, from what is left; nobody is sent it."""
    folder = house.home / "receipts"
    with house.warehouse.connection() as connection:
        receipt = from_warehouse(connection, sha256)
    kept = sorted(folder.glob(f"{sha256[:16]}*"))
    if receipt is None or not kept:
        return
    for path in kept:
        path.unlink()
    (folder / f"{sha256[:16]}.html").write_bytes(Reply(house, receipt, "").html)
    keep(receipt, folder)


def _laid(house: House, sent: Sent) -> list[str]:
    """Files outside of the home that may quote the data: receipts and marked copies in outboxes; and what a file of
    many periods was split from."""
    found = []
    for name, code, unit in sent.names:
        source = house.programme.source.get(code)
        if isinstance(source, Folder) and source.outbox and source.outbox in house.settings.addresses:
            outbox = house.settings.addresses[source.outbox]
            place = place_of(name, unit, by_unit="unit" in source.folders)
            laid = [f"{outbox}/{place}{suffix}" for suffix in SUFFIXES]
            found += [one for one in laid if "://" in one or Path(one).is_file()]
        if isinstance(source, Extract) and source.split_by:
            whole = PurePosixPath(name).parent
            found.append(f"{whole}, of which it was split: erase it, too, by its sha256 (sha256sum)")
    return list(dict.fromkeys(found))
