"""``chiso backup``: everything that an installation knows and nobody could make again, in one folder or tar file.

The manifest, written last, has the sha256 of every file. Secrets are not part of it, and are never in settings.

``archive/``      what arrived, object by object
``warehouse.duckdb``  all tables, whatever database they live in
``programme/``    what was declared
``settings.toml`` the settings, without passwords
``home/``         receipts, what is remembered of inboxes, traces
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import tarfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any, Final

from sqlalchemy.engine import make_url

from catalogue.errors import ChisoError, UsageError
from flows.house import ENGINE_VERSION, House, now, open_house
from flows.lease import leased
from flows.settings import Settings
from flows.terminal import say
from sources.archive import TOMBSTONE
from transforms.explain import all_rows_behind
from warehouse.snapshot import Extent, take
from warehouse.staging import staging_area

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
TARS: Final = (".tar", ".tar.gz", ".tgz")
# Kept elsewhere in the backup, made again by a run, or of the moment only.
_LEFT_OUT: Final = ("archive", "warehouse.duckdb*", "published*", "steward*", "staging", "pulls", "prefect", "lease*",
                    "programme", "metrics.prom")  # fmt: skip
_CHUNK: Final = 1 << 20

Add = Callable[[str, Path], None]
"""Puts a file into a backup under a name."""


def back_up(settings: Settings, target: Path, patience: float) -> int:
    """Write a backup; prints what is in it. 1 where an object of the archive is damaged, and so left out.

    Raises UsageError where the target is there already, WarehouseBusy, WarehouseError, ProgrammeError.
    """
    if target.exists():
        raise UsageError(f"{target} is there already; name a new folder, or a new file ending in .tar or .tar.gz")
    house = open_house(settings)
    if target.resolve().is_relative_to(house.home):
        raise UsageError(f"{target} lies in the home that is to be saved; name a place outside of {house.home}")
    with leased(house.home, f"backup into {target.name}", patience):
        held, files, damaged = _written(house, target)
    size = sum(one["size"] for one in files.values())
    say(f"{target}: {len(files):,} files, {size / 1e6:,.1f} MB")
    say(f"{held.deliveries:,} deliveries, {held.events:,} events, {held.releases:,} releases")
    for one in damaged:
        say(f"left out: {one}", style="red")
    return 1 if damaged else 0


def _written(house: House, target: Path) -> tuple[Extent, dict[str, Any], list[str]]:
    files, damaged = dict[str, Any](), list[str]()
    work = house.home / "staging" / f"{house.run_id}-backup"
    work.mkdir(parents=True)
    try:
        with _opened(target, files) as add:
            snapshot = work / "warehouse.duckdb"
            with staging_area(house.staging_path("backup")) as area:
                held = take(
                    area, house.warehouse, snapshot, house.programme, now(),
                    all_rows_behind(house.programme, house.tables),
                )  # fmt: skip
            add("warehouse.duckdb", snapshot)
            for sha256 in house.archive.objects():
                try:
                    with house.archive.local(sha256, work) as path:
                        add(f"archive/{sha256[:2]}/{sha256[2:4]}/{sha256}", path)
                except ChisoError as error:
                    damaged.append(str(error))
            for sha256 in house.archive.erased():
                (work / "tombstone").write_bytes(house.archive.tombstone(sha256) or b"")
                add(f"archive/{sha256[:2]}/{sha256[2:4]}/{sha256}{TOMBSTONE}", work / "tombstone")
            for name, path in (*_below(house.programme.folder, "programme"), *_below(house.home, "home", _LEFT_OUT)):
                add(name, path)
            (work / "settings.toml").write_text(settings_text(house.settings), encoding="utf-8")
            add("settings.toml", work / "settings.toml")
            manifest = {
                "format": FORMAT,
                "engine": ENGINE_VERSION,
                "made_at": now().isoformat(timespec="seconds"),
                "programme": house.programme.name,
                "programme_hash": house.programme.digest,
                "warehouse": asdict(held),
                "damaged": damaged,
                "files": dict(files),
            }
            (work / MANIFEST).write_text(json.dumps(manifest, indent=1, ensure_ascii=False), encoding="utf-8")
            add(MANIFEST, work / MANIFEST)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return held, files, damaged


def _below(folder: Path, name: str, without: Iterable[str] = ()) -> list[tuple[str, Path]]:
    """The files below a folder, with the names that they have in a backup, in order."""
    return [
        (f"{name}/{path.relative_to(folder).as_posix()}", path)
        for top in sorted(folder.iterdir())
        if not any(top.match(pattern) for pattern in (*without, "__pycache__"))
        for path in sorted([top] if top.is_file() else top.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    ]


@contextmanager
def _opened(target: Path, files: dict[str, Any]) -> Iterator[Add]:
    """A backup that is being written: it has its name only when all of it is there. ``files`` fills with hashes."""
    partial = target.with_name(f"{target.name}.partial")
    target.parent.mkdir(parents=True, exist_ok=True)
    is_tar = target.name.endswith(TARS)
    try:
        if is_tar:
            mode = "w" if target.name.endswith(".tar") else "w:gz"
            with tarfile.open(partial, mode) as tar:  # type: ignore[call-overload]
                yield lambda name, path: _pack(tar, name, path, files)
        else:
            partial.mkdir()
            yield lambda name, path: _copy(partial, name, path, files)
        partial.rename(target)
    except BaseException:
        partial.unlink() if is_tar and partial.exists() else shutil.rmtree(partial, ignore_errors=True)
        raise


class _Read(io.RawIOBase):
    """A file that is hashed while it is read, so that what is told of it is what was copied."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.digest, self.size = file, hashlib.sha256(), 0

    def read(self, size: int = -1) -> bytes:
        """Some bytes, counted."""
        data = self.file.read(size)
        self.digest.update(data)
        self.size += len(data)
        return data

    def told(self) -> dict[str, Any]:
        """Hash and size of what was read."""
        return {"sha256": self.digest.hexdigest(), "size": self.size}


def _pack(tar: tarfile.TarFile, name: str, path: Path, files: dict[str, Any]) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = path.stat().st_size, int(path.stat().st_mtime), 0o644
    with path.open("rb") as file:
        read = _Read(file)
        tar.addfile(info, read)
    files[name] = read.told()


def _copy(folder: Path, name: str, path: Path, files: dict[str, Any]) -> None:
    goal = folder / name
    goal.parent.mkdir(parents=True, exist_ok=True)
    with path.open("rb") as file, goal.open("xb") as copy:
        read = _Read(file)
        shutil.copyfileobj(read, copy, _CHUNK)
    files[name] = read.told()


def settings_text(settings: Settings) -> str:
    """Settings as a file that chiso reads: what was set, a database's password left out."""
    lines = ["# The settings of the installation that was saved. Secrets are not in it: set them anew."]
    values = settings.model_dump(mode="json", exclude_defaults=True)
    if settings.warehouse:
        values["warehouse"] = make_url(settings.warehouse).render_as_string(hide_password=True)
    addresses = values.pop("addresses", {})
    lines += [_setting(name, value) for name, value in values.items() if value is not None]
    lines += ["", "[addresses]", *(_setting(name, value) for name, value in addresses.items())]
    return "\n".join(lines) + "\n"


def _setting(name: str, value: object) -> str:
    """A line of TOML: its strings and numbers are written as those of JSON."""
    return f"{name} = {json.dumps(value, ensure_ascii=False)}"
