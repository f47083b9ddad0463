"""A warehouse: a database URL and the read copy beside it. It holds no connection while nobody uses it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError

from catalogue.errors import WarehouseError, WarehouseLost
from warehouse.backends import backend_of
from warehouse.backends.duckdb import busy, path_of, stewards_copy


@dataclass(frozen=True, slots=True)
class Warehouse:
    """Where figures are kept. ``published`` is the read copy that analysts open; beside it lies one for stewards."""

    url: str
    published: Path

    @property
    def embedded(self) -> bool:
        """True where the warehouse is a file and readers use the copy."""
        return self.url.startswith("duckdb:")

    @property
    def reading_url(self) -> str:
        """Where readers look: a read copy, or the server itself."""
        return f"duckdb:///{self.copy}" if self.embedded else self.url

    @property
    def copy(self) -> Path:
        """The read copy of whoever asks: the stewards', where this process may read it, else the analysts'."""
        whole = stewards_copy(self.published)
        return whole if os.access(whole, os.R_OK) else self.published

    @property
    def whole(self) -> bool:
        """False where who asks reads the analysts' copy: it holds no findings, receipts or incidents."""
        return not self.embedded or self.copy != self.published

    @property
    def exists(self) -> bool:
        """False where an embedded warehouse was never published."""
        return not self.embedded or self.copy.exists()

    def engine(self) -> Engine:
        """An engine on the warehouse itself."""
        return backend_of(self.url).engine(self.url)

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A connection to the warehouse itself, in a transaction. Raises WarehouseBusy while another process writes,
        WarehouseError where the file is gone that was published from."""
        self._must_not_be_lost()
        with _opened(self.engine(), self.url) as connection, connection.begin():
            yield connection

    def settle(self) -> None:
        """Let queries be planned for what the warehouse holds now; after much was written, before much is asked."""
        if not self.embedded:
            with self.connection() as connection:
                backend_of(self.url).settle(connection)

    def demand(self) -> None:
        """Raises WarehouseError where nothing was published yet."""
        if not self.exists:
            raise WarehouseError(
                f"there is no published warehouse yet in {self.published.parent}; run `chiso run` (or `chiso demo`) "
                "first; `chiso doctor` says whether the settings let it"
            )

    @property
    def lost(self) -> bool:
        """True where a file of a warehouse is not there, though read copies of it are."""
        return self.embedded and self.exists and not path_of(self.url).exists()

    def _must_not_be_lost(self) -> None:
        """Raises WarehouseError where a new, empty warehouse would take the place of one that is gone."""
        if self.lost:
            raise WarehouseError(
                f"{path_of(self.url)} is not there, though what it published is ({self.published.name}): it was lost "
                "or moved, and an empty one would replace its copies. Put it back; or restore a backup; or make it "
                "anew elsewhere from the archive (`chiso rebuild`). To begin with nothing, move the copies away first"
            )

    @contextmanager
    def reader(self) -> Iterator[Connection]:
        """A read-only connection to what readers see. Raises WarehouseError where nothing was published yet."""
        self.demand()
        engine = backend_of(self.reading_url).engine(self.reading_url, read_only=True)
        with _opened(engine, self.reading_url) as connection:
            yield connection

    def publish(self) -> None:
        """Swap the read copies for what the warehouse holds now; where there is none, let queries be planned for it."""
        self.settle()
        backend_of(self.url).publish(self.url, str(self.published))


@contextmanager
def _opened(engine: Engine, url: str) -> Iterator[Connection]:
    try:
        connection = engine.connect()
    except OperationalError as error:
        if url.startswith("duckdb:") and "lock" in str(error.orig):
            raise busy(error, path_of(url)) from error
        said = f"the warehouse cannot be opened: {' '.join(str(error.orig).split())[:300]}"
        raise (WarehouseError if url.startswith("duckdb:") else WarehouseLost)(said) from error
    try:
        with connection:
            yield connection
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        said = " ".join(str(error.orig).split())[:300]
        raise WarehouseLost(f"the connection to the warehouse broke; run it again: {said}") from error
