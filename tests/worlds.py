"""Worlds that tests start from, on either backend: prepared once per session, copied per test."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import psycopg

from catalogue.loader import load_programme
from catalogue.programme import Programme
from flows.house import House, prepare
from flows.settings import Settings
from sources.archive import Archive
from tests.world import World
from warehouse.store import Warehouse


@dataclass(repr=False)
class Worlds:
    """Makes worlds on either backend: a programme's warehouse is prepared once per session, and copied per test."""

    folder: Path
    server: str
    programmes: dict[Path, Programme] = field(default_factory=dict)
    templates: dict[tuple[str, Path], str] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Short, as that of a world."""
        return f"Worlds({self.folder})"

    def programme(self, folder: Path) -> Programme:
        """A programme, loaded once."""
        if folder not in self.programmes:
            self.programmes[folder] = load_programme(folder)
        return self.programmes[folder]

    def make(self, backend: str, folder: Path, home: Path) -> World:
        """A world of a programme with a prepared warehouse of its own."""
        if (backend, folder) not in self.templates:
            name = f"template_{len(self.templates)}"
            house = self._house(folder, self.empty(backend, self.folder / name, name), self.folder / name)
            prepare(house)
            self.templates[backend, folder] = name
        template = self.templates[backend, folder]
        home.mkdir(parents=True, exist_ok=True)
        if backend == "duckdb":
            url = f"duckdb:///{home / 'warehouse.duckdb'}"
            shutil.copyfile(self.folder / template / "warehouse.duckdb", home / "warehouse.duckdb")
        else:
            url = self._database(f"w{uuid4().hex}", f"TEMPLATE {template}")
        return World(self._house(folder, url, home))

    def twin(self, world: World, home: Path) -> World:
        """A world that is what another has become, and goes on by itself."""
        shutil.copytree(world.house.home, home, dirs_exist_ok=True)
        url = world.house.warehouse.url
        if url.startswith("duckdb"):
            url = f"duckdb:///{home / 'warehouse.duckdb'}"
        else:
            url = self._database(f"w{uuid4().hex}", f"TEMPLATE {url.partition('?')[0].rpartition('/')[2]}")
        return World(self._house(world.programme.folder, url, home))

    def empty(self, backend: str, home: Path, name: str = "") -> str:
        """The URL of a warehouse in which there is nothing at all."""
        home.mkdir(parents=True, exist_ok=True)
        if backend == "duckdb":
            return f"duckdb:///{home / 'warehouse.duckdb'}"
        return self._database(name or f"w{uuid4().hex}")

    def house(self, folder: Path, url: str, home: Path) -> House:
        """A house over a warehouse."""
        return self._house(folder, url, home)

    def _house(self, folder: Path, url: str, home: Path) -> House:
        return House(
            settings=Settings(home=home, programme=str(folder), warehouse=url),
            programme=self.programme(folder),
            warehouse=Warehouse(url, home / "published.duckdb"),
            archive=Archive(str(home / "archive")),
            run_id=uuid4().hex[:12],
        )

    def _database(self, name: str, how: str = "") -> str:
        with psycopg.connect(self.server, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} {how}".encode())
        return self.address(name)

    def address(self, name: str) -> str:
        """The URL of a database of the server."""
        before, _, query = self.server.partition("?")
        address = before.rpartition("/")[0].replace("postgresql://", "postgresql+psycopg://")
        return f"{address}/{name}" + (f"?{query}" if query else "")

    def drop(self, url: str) -> None:
        """Drop the database of a test."""
        if url.startswith("postgresql"):
            name = url.partition("?")[0].rpartition("/")[2]
            with psycopg.connect(self.server, autocommit=True) as connection:
                connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())
