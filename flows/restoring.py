"""``chiso restore``: an installation made anew from a backup, where there is nothing yet. All is verified before
anything of it counts."""

from __future__ import annotations

import hashlib
import json
import shutil
import tarfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final

from catalogue.errors import UsageError, WarehouseError
from catalogue.loader import load_programme
from flows.asking import warehouse_of
from flows.backup import FORMAT, MANIFEST, TARS
from flows.house import now
from flows.lease import leased
from flows.settings import Settings
from flows.terminal import say
from sources.archive import TOMBSTONE, Archive
from transforms.explain import all_rows_behind
from warehouse.facts import programme_tables
from warehouse.snapshot import Extent, bring_back
from warehouse.staging import staging_area

Reader = Callable[[str], IO[bytes]]
"""Opens a file of a backup by its name there. Raises KeyError, FileNotFoundError."""
_CHUNK: Final = 1 << 20
_NAMED: Final = 5
_LEASE: Final = frozenset({"lease.json", "lease.lock"})


def restore(settings: Settings, source: Path) -> int:
    """Bring archive, warehouse and what else is in a backup to the home of the settings, which must be empty; prints
    what is there then. Raises UsageError, WarehouseError; nothing of it is left in the home then."""
    home = settings.home.resolve()
    _must_be_empty(home)
    with _opened(source) as (read, manifest), leased(home, f"restore from {source.name}"):
        work = home / "staging" / "restore"
        try:
            _verified(read, manifest, work, source)
            held = _brought(settings, home, work)
        except BaseException:
            _empty(home)
            raise
        finally:
            shutil.rmtree(work, ignore_errors=True)
    say(f"{home}: {len(manifest['files']):,} files, each with the hash that it was saved with")
    say(f"{held.deliveries:,} deliveries, {held.events:,} events, {held.releases:,} releases")
    if load_programme(settings.programme_folder()).digest != manifest["programme_hash"]:
        say(f"the programme of the settings is not the one that was saved, which is {home / 'restored' / 'programme'}")
    say(f"the settings that were saved: {home / 'restored' / 'settings.toml'}; secrets are to be set anew")
    for one in manifest["damaged"]:
        say(f"was damaged when it was saved: {one}")
    return 0


def _must_be_empty(home: Path) -> None:
    held = sorted({one.name for one in home.iterdir()} - _LEASE) if home.exists() else []
    if held:
        names = ", ".join(held[:_NAMED]) + (", ..." if len(held) > _NAMED else "")
        raise UsageError(
            f"{home} is not empty: it holds {names}; a backup is restored into an empty home only: name another one in "
            "the settings, or move this one away"
        )


def _empty(home: Path) -> None:
    """Remove what was restored: the home was empty before."""
    for path in home.iterdir():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif path.name not in _LEASE:
            path.unlink(missing_ok=True)


@contextmanager
def _opened(source: Path) -> Iterator[tuple[Reader, dict[str, Any]]]:
    """A backup, folder or tar, and its manifest. Raises UsageError where it is none, or of a newer chiso."""
    if not source.is_dir() and not (source.is_file() and source.name.endswith(TARS)):
        raise UsageError(f"there is no backup {source}; name the folder or tar file that `chiso backup` wrote")
    with ExitStack() as held:
        try:
            if source.is_dir():
                reader: Reader = partial(_file, source)
            else:
                tar = held.enter_context(tarfile.open(source))
                reader = partial(_member, tar)
            with reader(MANIFEST) as file:
                manifest = _manifest(json.load(file), source)
        except (tarfile.TarError, EOFError, FileNotFoundError, KeyError, ValueError) as error:
            raise UsageError(f"{source} is no backup, or only part of one: its {MANIFEST} cannot be read") from error
        yield reader, manifest


def _member(tar: tarfile.TarFile, name: str) -> IO[bytes]:
    file = tar.extractfile(name)
    if file is None:
        raise KeyError(name)
    return file


def _file(folder: Path, name: str) -> IO[bytes]:
    return (folder / name).open("rb")


def _manifest(found: dict[str, Any], source: Path) -> dict[str, Any]:
    if found.get("format") != FORMAT:
        raise UsageError(
            f"{source} is a backup of format {found.get('format')!r}, written by chiso {found.get('engine')}; this one "
            f"reads format {FORMAT}: install that version"
        )
    return found


def _verified(read: Reader, manifest: dict[str, Any], work: Path, source: Path) -> None:
    """Copy every file of the manifest, hashing it on its way. Raises UsageError, naming all that differ or lack."""
    wrong: list[str] = []
    for name, told in manifest["files"].items():
        parts = PurePosixPath(name)
        if parts.is_absolute() or ".." in parts.parts:
            raise UsageError(f"{source}: its manifest names a file outside of it: {name!r}; this is no backup of chiso")
        goal = work / name
        goal.parent.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256()
        try:
            with read(name) as file, goal.open("xb") as copy:
                while data := file.read(_CHUNK):
                    digest.update(data)
                    copy.write(data)
        except (KeyError, FileNotFoundError):
            wrong.append(f"{name} is missing")
            continue
        if digest.hexdigest() != told["sha256"]:
            wrong.append(f"{name} has another content than was saved")
    if wrong:
        said = "; ".join(wrong[:_NAMED]) + (f" and {len(wrong) - _NAMED} more" if len(wrong) > _NAMED else "")
        raise UsageError(f"{source} is damaged, and nothing was restored: {said}; take another backup")


def _brought(settings: Settings, home: Path, work: Path) -> Extent:
    """Put what was verified into its places, the warehouse last."""
    if settings.archive:
        archive = Archive(settings.archive, settings.secrets_of("archive"))
        for path in sorted((work / "archive").glob("??/??/*")):
            if path.name.endswith(TOMBSTONE):
                archive.erase(path.name.removesuffix(TOMBSTONE), path.read_bytes())
            else:
                archive.put_file(path)
    elif (work / "archive").is_dir():
        (work / "archive").rename(home / "archive")
        for path in (home / "archive").glob("??/??/*"):
            path.chmod(0o444)
    programme = load_programme(work / "programme")
    warehouse = warehouse_of(settings)
    behind = all_rows_behind(programme, programme_tables(programme).tables)
    with staging_area(home / "staging" / "restore.duckdb") as area:
        held = bring_back(area, work / "warehouse.duckdb", warehouse, programme, now(), behind)
    (home / "restored").mkdir()
    (work / "programme").rename(home / "restored" / "programme")
    (work / "settings.toml").rename(home / "restored" / "settings.toml")
    for path in sorted((work / "home").iterdir()) if (work / "home").is_dir() else ():
        if (home / path.name).exists():
            raise WarehouseError(f"{home / path.name} came into being while the backup was restored; begin anew")
        path.rename(home / path.name)
    warehouse.publish()
    return held
