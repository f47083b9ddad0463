"""An address: a folder, or a URL that an fsspec driver knows, opened."""

from __future__ import annotations

from typing import Any, NamedTuple

from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from catalogue.errors import SettingsError


class Opened(NamedTuple):
    """``files`` is the fsspec file system, ``root`` the path on it; ``local`` where both are of this machine."""

    files: Any
    root: str
    local: bool


def open_address(address: str) -> Opened:
    """Open an address without looking at it. Raises SettingsError where it cannot be understood."""
    try:
        files, root = url_to_fs(address)
    except (ImportError, ValueError) as error:
        raise SettingsError(
            f"address {address!r} cannot be opened: {error}; give a folder, or a URL whose fsspec driver is installed"
        ) from error
    return Opened(files, str(root), isinstance(files, LocalFileSystem))
