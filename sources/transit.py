"""Files on their way from one machine to another, below the archive, for the length of a run.

The archive is the one place that all machines of a cluster see. What lies in ``transit/`` is no archived object: it is
named by the run that it is for, removed when that ends, and whatever a killed run leaves is removed by the next.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final
from uuid import uuid4

from catalogue.errors import ChisoError
from sources.address import open_address, said

TRANSIT: Final = "transit"
_CHUNK: Final = 1 << 20


class Transit:
    """Files ``transit/<name>`` below the root of an archive. A name is used once."""

    def __init__(self, root: str, secrets: Mapping[str, str] | None = None) -> None:
        opened = open_address(root, secrets)
        self._files, self._local, self._faults = opened.files, opened.local, opened.faults
        self._root = f"{opened.root.rstrip('/')}/{TRANSIT}"

    def put(self, name: str, path: Path) -> None:
        """Send a file under a name, as ``<run>/<what>/<file>``. Raises ChisoError where it cannot be written."""
        place = f"{self._root}/{name}"
        try:
            self._files.makedirs(place.rpartition("/")[0], exist_ok=True)
            self._files.put_file(str(path), place)
        except self._faults as error:
            raise ChisoError(
                f"{place} cannot be written: {said(error)}; make room or mend the permissions, then run again"
            ) from error

    @contextmanager
    def local(self, name: str, sha256: str, folder: Path) -> Iterator[Path]:
        """A file of this machine with what was sent, for as long as the ``with`` lasts: itself, or a copy in
        ``folder``.

        Raises ChisoError where it is missing, cannot be read, or is not what was sent.
        """
        place, copy = f"{self._root}/{name}", folder / f"{TRANSIT}-{uuid4().hex}"
        try:
            if not self._local:
                folder.mkdir(parents=True, exist_ok=True)
                self._files.get_file(place, str(copy))
            path = Path(place) if self._local else copy
            found = hashlib.sha256()
            with path.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    found.update(chunk)
        except self._faults as error:
            copy.unlink(missing_ok=True)
            raise ChisoError(f"{place} cannot be read: {said(error)}; look whether all machines see it") from error
        try:
            if found.hexdigest() != sha256:
                raise ChisoError(f"{place} has the sha256 {found.hexdigest()}, {sha256} was sent: it was damaged")
            yield path
        finally:
            copy.unlink(missing_ok=True)

    def clear(self) -> None:
        """Remove whatever is in transit. What cannot be removed stays, and harms nothing."""
        with suppress(*self._faults):
            if self._files.exists(self._root):
                self._files.rm(self._root, recursive=True)
