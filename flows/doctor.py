"""``chiso doctor``: what an installation needs, looked at one by one, with what to do where something is wrong.

Nothing is written but a file of no content in the home, which is removed again; no secret is ever shown, and no portal
or route is asked.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

from rich.table import Table
from rich.text import Text
from sqlalchemy import Connection, text

from catalogue.errors import ChisoError, SettingsError, WarehouseBusy
from catalogue.loader import load_programme
from catalogue.programme import Programme
from catalogue.source import Portal
from flows.asking import warehouse_of
from flows.headings import Said, as_it_is, headings
from flows.house import ENGINE_VERSION, now
from flows.lease import holder
from flows.orchestrate import ill
from flows.settings import Settings, read_settings
from flows.terminal import terminal
from flows.trusting import look_at_trust
from sources.address import check_address
from sources.archive import Archive
from warehouse.dimensions import declared_digest
from warehouse.erasure import read_erasures
from warehouse.migrate import behind_head, is_migrated

State = Literal["ok", "warning", "wrong"]

SHARES: Final = 28
"""Without --all, one of so many shares of the archive is verified, another every day: all of it in four weeks."""
_LITTLE, _TOO_LITTLE = 2_000_000_000, 200_000_000
_LOST: Final = "restore it from a backup, or have it sent again: the next run archives it"
_PACKAGES: Final = ("prefect", "great-expectations", "duckdb", "SQLAlchemy", "pandas")
_STYLE: Final[dict[State, str]] = {"ok": "green", "warning": "yellow", "wrong": "red"}


@dataclass(frozen=True, slots=True)
class Found:
    """What one look found: of what, how it is, in words, and what to do about it."""

    what: str
    state: State
    found: str
    todo: str = ""


@dataclass
class Patient:
    """An installation that is looked at. ``programme`` is there from when it was found well."""

    settings: Settings
    every_object: bool
    programme: Programme | None = None
    sequences: list[int] = field(default_factory=list)

    @property
    def home(self) -> Path:
        """The folder of the settings, as a whole path."""
        return self.settings.home.resolve()


Look = Callable[[Patient], Iterator[Found]]


def examine(config: Path | None, *, every_object: bool = False) -> list[Found]:
    """Look at everything, in order. What cannot be looked at is itself something that is wrong."""
    try:
        patient = Patient(read_settings(config), every_object)
    except ChisoError as error:
        return [Found("settings", "wrong", str(error), "mend the settings file; docs/reference/commands.md has them")]
    named = config or os.environ.get("CHISO_CONFIG") or "chiso.toml"
    file = Path(named)
    found = [Found("settings", "ok", str(file.resolve()) if file.is_file() else "no file: the usual, and CHISO_*")]
    for what, look in LOOKS.items():
        try:
            found += look(patient)
        except Exception as error:
            said = str(error) if isinstance(error, ChisoError) else f"{type(error).__name__}: {error}"
            found.append(Found(what, "wrong", said.splitlines()[0], "mend what the message names, then ask again"))
    return found


def doctor(config: Path | None, form: str, *, every_object: bool) -> int:
    """Print what was found; 1 where something is wrong, 0 else."""
    found = examine(config, every_object=every_object)
    if form == "json":
        print(json.dumps([asdict(one) for one in found], ensure_ascii=False, indent=2))
    else:
        table = Table()
        said = _headings(config)
        for column in ("what", "", "found", "what to do"):
            table.add_column(said(column), overflow="fold")
        for one in found:
            table.add_row(one.what, Text(said(one.state), _STYLE[one.state]), one.found, one.todo)
        terminal().print(table)
    return 1 if any(one.state == "wrong" for one in found) else 0


def _headings(config: Path | None) -> Said:
    try:
        return headings(read_settings(config))
    except ChisoError:
        return as_it_is


def _home(patient: Patient) -> Iterator[Found]:
    home = patient.home
    there = next(one for one in (home, *home.parents) if one.exists())
    try:
        # What a folder allows is known when something was made in it.
        with tempfile.TemporaryDirectory(dir=there):
            pass
    except OSError as error:
        mend = "let the user of the runs write there, or name another home in the settings"
        yield Found("home", "wrong", f"{home}: {error.strerror}", mend)
        return
    if there != home:
        yield Found("home", "warning", f"{home} is not there yet", "the first run makes it")
        return
    free = shutil.disk_usage(home).free
    said = f"{home}, {free / 1e9:,.1f} GB free"
    if free < _TOO_LITTLE:
        yield Found("home", "wrong", said, "make room: a run needs space for staging and for a second read copy")
    elif free < _LITTLE:
        yield Found("home", "warning", said, "make room before the next large delivery")
    else:
        yield Found("home", "ok", said)
    lease = holder(home)
    if lease:
        yield Found("lease", "warning", f"in use by {lease}", "a run is at work: others wait for it")
    kept = [*home.glob("staging/*.duckdb")]
    if kept:
        said = f"{len(kept)} staging areas of batches that failed"
        yield Found("staging", "warning", said, f"look at them, then delete them: {home / 'staging'}")


def _programme(patient: Patient) -> Iterator[Found]:
    folder = patient.settings.programme_folder()
    patient.programme = load_programme(folder)
    one = patient.programme
    holds = f"{len(one.forms)} forms, {len(one.indicators)} indicators, {len(one.sources)} sources"
    yield Found("programme", "ok", f"{one.name} ({folder}): {holds}")


def _warehouse(patient: Patient) -> Iterator[Found]:
    warehouse = warehouse_of(patient.settings)
    file = patient.home / "warehouse.duckdb"
    if warehouse.lost:
        mend = "put it back, restore a backup, or `chiso rebuild` elsewhere from the archive"
        yield Found("warehouse", "wrong", f"{file} is not there, though its read copies are", mend)
        return
    if warehouse.embedded and not patient.settings.warehouse and not file.is_file():
        yield Found("warehouse", "warning", f"{file} is not there yet", "the first run makes it")
        return
    try:
        with warehouse.connection() as connection:
            yield from _inside(patient, connection)
    except WarehouseBusy as busy:
        yield Found("warehouse", "warning", str(busy), "ask again when it has ended")


def _inside(patient: Patient, connection: Connection) -> Iterator[Found]:
    what = connection.dialect.name
    if not is_migrated(connection):
        yield Found("warehouse", "warning", f"{what}: reachable, empty", "`chiso warehouse setup`, or the first run")
        return
    rows, last = connection.execute(
        text("SELECT (SELECT count(*) FROM dim_delivery), coalesce(max(sequence), 0) FROM ledger")
    ).one()
    patient.sequences.append(int(last))
    here, newest = behind_head(connection)
    if newest is None:
        todo = "it was written by a newer chiso: install that one; this one must not write there"
        yield Found("warehouse", "wrong", f"{what}: schema {here} is not known to chiso {ENGINE_VERSION}", todo)
    elif here != newest:
        said = f"{what}: schema {here}, this engine's is {newest}"
        yield Found("warehouse", "warning", said, "the next run migrates it")
    else:
        yield Found("warehouse", "ok", f"{what}: schema {here}, {rows:,} deliveries, {last:,} events")
    wanted = f"{patient.programme.digest} {ENGINE_VERSION}" if patient.programme else ""
    if wanted and declared_digest(connection) != wanted:
        said = "the programme or the engine has changed since the last run"
        yield Found("programme", "warning", said, "the next run brings the warehouse to it")


def _archive(patient: Patient) -> Iterator[Found]:
    settings = patient.settings
    root = settings.archive or str(patient.home / "archive")
    archive = Archive(root, settings.secrets_of("archive") if settings.archive else None)
    day = now().date().toordinal()
    every = [f"{number:02x}" for number in range(256)]
    mine = every if patient.every_object else [one for one in every if int(one, 16) % SHARES == day % SHARES]
    there, bad = set(archive.objects(mine)), list[str]()
    for sha256 in sorted(there):
        try:
            archive.verify(sha256)
        except ChisoError as error:
            bad.append(str(error))
    erased = set(archive.erased())
    missing = sorted(_delivered(patient, mine) - there - erased)
    for one in sorted(_decided(patient) - erased):
        found = f"object {one} is to be erased, and its bytes are still there, or nothing says why they are not"
        yield Found("archive", "wrong", found, f"chiso erase {one}, as it was decided: `chiso audit`")
    how = "all" if patient.every_object else f"today's share of {SHARES}"
    for one in bad:
        yield Found("archive", "wrong", one, _LOST)
    for one in missing:
        yield Found("archive", "wrong", f"object {one} is missing below {root}", _LOST)
    if not bad and not missing:
        gone = f"; {len(erased):,} were erased" if erased else ""
        said = f"{root}: {len(there):,} objects read through and equal to their names ({how}){gone}"
        yield Found("archive", "ok", said)


def _delivered(patient: Patient, prefixes: list[str]) -> set[str]:
    """The hashes that readers are told of, as far as they begin so."""
    warehouse = warehouse_of(patient.settings)
    if not warehouse.exists or not patient.sequences:
        return set()
    with warehouse.reader() as connection:
        found = connection.execute(text("SELECT DISTINCT sha256 FROM dim_delivery")).scalars()
        return {sha256 for sha256 in found if sha256[:2] in set(prefixes)}


def _decided(patient: Patient) -> set[str]:
    """The hashes that people decided to erase, as readers are told."""
    warehouse = warehouse_of(patient.settings)
    if not warehouse.exists or not patient.sequences:
        return set()
    with warehouse.reader() as connection:
        return {one.sha256 for one in read_erasures(connection)}


def _read_copy(patient: Patient) -> Iterator[Found]:
    warehouse = warehouse_of(patient.settings)
    if not warehouse.embedded:
        yield Found("read copy", "ok", "none is needed: readers ask the database itself")
        return
    if not warehouse.exists:
        yield Found("read copy", "warning", f"{warehouse.published} is not there yet", "the first run makes it")
        return
    with warehouse.reader() as connection:
        seen = int(connection.execute(text("SELECT coalesce(max(sequence), 0) FROM ledger")).scalar_one())
    if patient.sequences and seen < patient.sequences[0]:
        said = f"{patient.sequences[0] - seen} events behind the warehouse"
        yield Found("read copy", "warning", said, "`chiso run` swaps it; a run that was stopped may have left it so")
    else:
        yield Found("read copy", "ok", f"{warehouse.published.name}: readable, {seen:,} events")


def _addresses(patient: Patient) -> Iterator[Found]:
    """Whether each source has an address of the right kind, and each portal its token. Nothing is asked."""
    settings = patient.settings
    for source in patient.programme.sources if patient.programme else ():
        what = f"source {source.source}"
        try:
            address = settings.address(source.address)
        except SettingsError as error:
            yield Found(what, "warning", "has no address: runs skip it", str(error).partition("; ")[2])
            continue
        if not isinstance(source, Portal):
            yield _folder(settings, what, source.address)
            continue
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
            todo = "write it as https://HOST/..., without a name or password; its token is a secret"
            yield Found(what, "wrong", f"the address {source.address!r} is no address of a portal", todo)
        elif source.token and (lacking := _lacks(settings, source.token)):
            yield Found(what, "wrong", "its token is not set", lacking)
        else:
            plain = parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1", "::1")
            todo = "ask for https: figures and token travel in clear" if plain else ""
            yield Found(what, "warning" if plain else "ok", f"{parts.scheme}://{parts.netloc}, token set", todo)
    for name in sorted({*settings.addresses} - _known_addresses(patient.programme)) if patient.programme else ():
        yield Found(f"address {name}", "warning", "no source has this address", "mend its name, or remove it")


def _known_addresses(programme: Programme) -> set[str]:
    """The names of addresses that the sources of a programme have: those they read, and those of their outboxes."""
    outboxes = {one.outbox for one in programme.sources if not isinstance(one, Portal) and one.outbox}
    return outboxes | {one.address for one in programme.sources}


def _folder(settings: Settings, what: str, name: str) -> Found:
    address = settings.address(name)
    if "://" in address:
        try:
            check_address(address, settings.secrets_of(name), name)
        except SettingsError as error:
            said, _, todo = str(error).partition("; ")
            return Found(what, "wrong", said, todo)
        return Found(what, "ok", f"{address.partition('://')[0]}://{urlsplit(address).hostname or ''}, not asked")
    path = Path(address)
    if not path.is_dir():
        return Found(what, "wrong", f"{path} is no folder", "make it, or mend the address")
    if not os.access(path, os.R_OK | os.X_OK):
        return Found(what, "wrong", f"{path} cannot be read", "let the user of the runs read it")
    return Found(what, "ok", str(path))


def _lacks(settings: Settings, name: str) -> str:
    """What to do where a secret is not set; empty where it is."""
    try:
        return "" if settings.secret(name) else f"secret {name!r} is empty"
    except SettingsError as error:
        return str(error)


def _routes(patient: Patient) -> Iterator[Found]:
    for route in patient.programme.routes if patient.programme else ():
        lacking = _lacks(patient.settings, route.address)
        if lacking:
            yield Found(f"route {route.route}", "warning", "its address is not set: nobody is told", lacking)
        else:
            yield Found(f"route {route.route}", "ok", "its address is set", "`chiso alerts test` sends a test message")


def _signers(patient: Patient) -> Iterator[Found]:
    for well, found, todo in look_at_trust(patient.settings, patient.programme, now()) if patient.programme else ():
        yield Found("signers", "ok" if well else "warning", found, todo)


def _engine(_patient: Patient) -> Iterator[Found]:
    for name in _PACKAGES:
        try:
            version(name)
        except PackageNotFoundError:
            yield Found("versions", "wrong", f"{name} is not installed", "install chiso anew (make setup)")
            return
    yield Found("versions", "ok", f"chiso {ENGINE_VERSION}, " + ", ".join(f"{one} {version(one)}" for one in _PACKAGES))


def _prefect(_patient: Patient) -> Iterator[Found]:
    url = os.environ.get("PREFECT_API_URL")
    if not url:
        todo = "for schedules start one: chiso serve --server"
        yield Found("prefect", "ok", "no server is set: each run has one of its own", todo)
        return
    if why := ill(url):
        said = f"the server at {url} does not answer: {why}"
        yield Found("prefect", "wrong", said, "start it, or unset PREFECT_API_URL")
    else:
        yield Found("prefect", "ok", f"the server at {url} answers")


LOOKS: Final[dict[str, Look]] = {
    "home": _home,
    "programme": _programme,
    "warehouse": _warehouse,
    "read copy": _read_copy,
    "archive": _archive,
    "sources": _addresses,
    "routes": _routes,
    "signers": _signers,
    "versions": _engine,
    "prefect": _prefect,
}
