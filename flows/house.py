"""The house of a run: programme, warehouse, archive and the folders of one home, opened once and handed down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import Table, select

from catalogue.alias import Alias
from catalogue.loader import load_programme
from catalogue.period import Calendar
from catalogue.programme import Programme
from flows.reading import Kept
from flows.settings import Settings
from flows.trusting import trust_of
from sources.archive import Archive
from transforms.explain import all_rows_behind
from transforms.resolve import Resolver
from warehouse.alias import read_aliases
from warehouse.append import note
from warehouse.dimensions import declared_digest, replace_dimensions, stage_dimensions
from warehouse.facts import programme_tables
from warehouse.migrate import is_migrated, migrate
from warehouse.schema import dim_delivery
from warehouse.staging import staging_area
from warehouse.store import Warehouse

if TYPE_CHECKING:
    from sources.trust import Trust


def now() -> datetime:
    """The wall clock, UTC, without a zone: as the warehouse stores it. The only clock there is."""
    return datetime.now(UTC).replace(tzinfo=None)


ENGINE_VERSION = version("chiso")


@dataclass(frozen=True)
class House:
    """Everything a step needs, built from the settings."""

    settings: Settings
    programme: Programme
    warehouse: Warehouse
    archive: Archive
    run_id: str
    decided: tuple[Alias, ...] | None = None
    """What people decided that names mean, where whoever opened the house knows; else it is as readers see it."""

    @property
    def home(self) -> Path:
        """The folder below which a run writes."""
        return self.settings.home

    @cached_property
    def resolver(self) -> Resolver:
        """The indexes of the programme's registers and codelists, and what people decided that names mean."""
        return Resolver(self.programme, self.aliases())

    def aliases(self) -> tuple[Alias, ...]:
        """What people decided that names mean, as readers see it: who decides publishes. None before the first run."""
        if self.decided is not None:
            return self.decided
        if not self.warehouse.exists:
            return ()
        with self.warehouse.reader() as connection:
            return read_aliases(connection)

    @cached_property
    def kept(self) -> Kept:
        """What was read of files when they were fetched, until they are loaded."""
        return Kept()

    @cached_property
    def trust(self) -> Trust:
        """The trust list: whose signatures count for which units. Raises ProgrammeError, SettingsError."""
        return trust_of(self.settings, self.programme)

    @cached_property
    def owing(self) -> set[tuple[str, int, Calendar, int]]:
        """The years (form, its version, calendar, year) whose obligations this run has written into the warehouse."""
        return set()

    @cached_property
    def tables(self) -> Mapping[str, Table]:
        """The tables that the programme declares, by name."""
        return programme_tables(self.programme).tables

    def staging_path(self, name: str) -> Path:
        """A file for a staging area."""
        return self.home / "staging" / f"{self.run_id}-{name}.duckdb"


def open_house(settings: Settings, run_id: str | None = None) -> House:
    """Load the programme and lay out the home. Raises ProgrammeError, SettingsError."""
    home = settings.home.resolve()
    home.mkdir(parents=True, exist_ok=True)
    settings = settings.model_copy(update={"home": home})
    url = settings.warehouse or f"duckdb:///{home / 'warehouse.duckdb'}"
    return House(
        settings=settings,
        programme=load_programme(settings.programme_folder()),
        warehouse=Warehouse(url, home / "published.duckdb"),
        archive=Archive(settings.archive, settings.secrets_of("archive"))
        if settings.archive
        else Archive(str(home / "archive")),
        run_id=run_id or uuid4().hex[:12],
    )


def prepare(house: House) -> list[str]:
    """Bring the warehouse to this engine and programme, where it is not; returns the steps taken."""
    wanted = f"{house.programme.digest} {ENGINE_VERSION}"
    with house.warehouse.connection() as connection:
        if is_migrated(connection) and declared_digest(connection) == wanted:
            return []
        steps = migrate(connection, house.programme, all_rows_behind(house.programme, house.tables))
    with staging_area(house.staging_path("dimensions")) as area:
        names = stage_dimensions(area, house.programme)
        with area.writing(house.warehouse.url):
            replace_dimensions(area, names)
            note(area, "dimensions", wanted, house.run_id, now())
    return steps


def known_hashes(house: House) -> set[str]:
    """The sha256 of every delivery that the warehouse holds; those that ended in our own error are tried again."""
    with house.warehouse.connection() as connection:
        found = connection.execute(select(dim_delivery.c.sha256).where(dim_delivery.c.status != "error"))
        return {sha for (sha,) in found}
