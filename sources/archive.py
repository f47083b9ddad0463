"""The archive: what arrived, byte for byte, under its sha256, written once and before anybody looks at it."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Final
from uuid import uuid4

from catalogue.errors import ChisoError, Erased, SettingsError
from sources.address import open_address, said

INCOMING: Final = "incoming"
TOMBSTONE: Final = ".erased"
READ_ONLY: Final = 0o444
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_CHUNK: Final = 1 << 20
"""As many bytes as are held of an object that is too large to be held."""


class Archive:
    """Objects ``ab/cd/<sha256>`` below a folder or an fsspec URL. Nothing is ever overwritten or removed, but for what
    people decide to erase: then ``<sha256>.erased`` stands in its place, and the same bytes are never kept again.

    Objects are written under ``incoming/`` and then renamed: whoever sees an object sees all of it. What a killed run
    leaves in ``incoming/`` is harmless and may be deleted by hand while nothing runs.
    """

    def __init__(self, root: str, secrets: Mapping[str, str] | None = None) -> None:
        opened = open_address(root, secrets)
        self._files, self._root, self._local, self._faults = opened.files, opened.root, opened.local, opened.faults

    def put(self, data: bytes) -> str:
        """Keep some bytes and return their sha256; bytes that are here already are left as they are.

        Raises ChisoError where the object is here but no longer has that hash, SettingsError where it cannot be
        written.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        if self.has(sha256):
            self.get(sha256)
            return sha256
        if self.tombstone(sha256) is not None:
            return sha256
        try:
            if self._local:
                self._keep_on_disk(sha256, data)
            else:
                self._keep_in_store(sha256, data)
        except self._faults as error:
            raise SettingsError(
                f"archive {self._root!r}: object {sha256} ({len(data)} bytes) cannot be written: "
                f"{said(error)}; make room or mend the permissions, then run again"
            ) from error
        return sha256

    def put_file(self, path: Path) -> str:
        """Keep the bytes of a local file, as ``put``, without holding them."""
        with path.open("rb") as file:
            return self.put_chunks(iter(lambda: file.read(_CHUNK), b""))

    def put_chunks(self, chunks: Iterable[bytes]) -> str:
        """Keep bytes that come in chunks, as ``put``, without holding them. Whatever ``chunks`` raises leaves nothing.

        Raises SettingsError where the object cannot be written.
        """
        digest, incoming = hashlib.sha256(), self._incoming("chunks")
        try:
            self._files.makedirs(incoming.rpartition("/")[0], exist_ok=True)
            try:
                with Path(incoming).open("xb") if self._local else self._files.open(incoming, "wb") as file:
                    for chunk in chunks:
                        digest.update(chunk)
                        file.write(chunk)
                    file.flush()
                    if self._local:
                        os.fsync(file.fileno())
                self._take_in(digest.hexdigest(), incoming)
            finally:
                with suppress(*self._faults):
                    if self._files.exists(incoming):
                        self._files.rm_file(incoming)
        except self._faults as error:
            raise SettingsError(
                f"archive {self._root!r}: an object cannot be written: {said(error)}; make room or mend the "
                "permissions, then run again"
            ) from error
        return digest.hexdigest()

    def _take_in(self, sha256: str, incoming: str) -> None:
        """Give what is whole in ``incoming`` its name, where nothing has it yet."""
        if self.has(sha256):
            self._verify(sha256, None)
            return
        if self.tombstone(sha256) is not None:
            return
        final = self._path(sha256)
        self._files.makedirs(final.rpartition("/")[0], exist_ok=True)
        if self._local:
            Path(incoming).chmod(READ_ONLY)
            Path(incoming).rename(final)
            _sync_folder(Path(final).parent)
        else:
            self._files.mv(incoming, final)

    @contextmanager
    def local(self, sha256: str, folder: Path) -> Iterator[Path]:
        """A file of this machine with the bytes of an object, for as long as the ``with`` lasts: the object itself, or
        a copy in ``folder``. Never held in memory. Raises as ``get`` does."""
        copy = folder / f"{sha256}.{uuid4().hex}"
        try:
            self._verify(sha256, None if self._local else copy)
            yield Path(self._path(sha256)) if self._local else copy
        finally:
            copy.unlink(missing_ok=True)

    def _verify(self, sha256: str, copy: Path | None) -> None:
        """Read an object through, chunk by chunk, and copy it where that is asked for. Raises as ``get`` does."""
        path, digest = self._path(sha256), hashlib.sha256()
        try:
            if copy:
                copy.parent.mkdir(parents=True, exist_ok=True)
            with self._files.open(path, "rb") as file, copy.open("xb") if copy else nullcontext() as here:
                while chunk := file.read(_CHUNK):
                    digest.update(chunk)
                    if here:
                        here.write(chunk)
        except FileNotFoundError as error:
            raise self._missing(sha256) from error
        except self._faults as error:
            raise self._unreadable(sha256, error) from error
        if digest.hexdigest() != sha256:
            raise self._corrupted(sha256, digest.hexdigest())

    def get(self, sha256: str) -> bytes:
        """The bytes of an object. Raises ChisoError where it is missing, unreadable, or not what its name says."""
        try:
            data: bytes = self._files.cat_file(self._path(sha256))
        except FileNotFoundError as error:
            raise self._missing(sha256) from error
        except self._faults as error:
            raise self._unreadable(sha256, error) from error
        found = hashlib.sha256(data).hexdigest()
        if found != sha256:
            raise self._corrupted(sha256, found)
        return data

    def erase(self, sha256: str, tombstone: bytes) -> None:
        """Take an object away for good and leave ``tombstone`` in its place; whatever was left of it by an earlier
        attempt goes, too. Raises SettingsError where the archive cannot be written."""
        path, incoming = self._path(sha256), self._incoming(sha256)
        try:
            for folder in (path, incoming):
                self._files.makedirs(folder.rpartition("/")[0], exist_ok=True)
            self._files.pipe_file(incoming, tombstone)
            self._files.mv(incoming, f"{path}{TOMBSTONE}")
            if self.has(sha256):
                self._files.rm_file(path)
        except self._faults as error:
            raise SettingsError(
                f"archive {self._root!r}: object {sha256} cannot be erased: {said(error)}; mend the permissions, then "
                "erase it again"
            ) from error

    def tombstone(self, sha256: str) -> bytes | None:
        """What stands in the place of an object that was erased; None where none was."""
        try:
            found: bytes = self._files.cat_file(f"{self._path(sha256)}{TOMBSTONE}")
        except (FileNotFoundError, NotADirectoryError):
            return None
        except self._faults as error:
            raise self._unreadable(sha256, error) from error
        return found

    def _missing(self, sha256: str) -> ChisoError:
        if self.tombstone(sha256) is not None:
            return Erased(
                f"archive object {sha256} was erased by a decision of people, as `chiso audit` tells; its bytes are "
                "gone for good, and cannot be read or judged anew"
            )
        return ChisoError(
            f"archive object {sha256} is missing below {self._root!r}; restore it from a backup of the archive, "
            "or deliver the original again"
        )

    def _unreadable(self, sha256: str, error: Exception) -> ChisoError:
        path = self._path(sha256)
        return ChisoError(
            f"archive object {sha256} cannot be read ({path}): {said(error)}; mend the permissions or the disk"
        )

    def _corrupted(self, sha256: str, found: str) -> ChisoError:
        return ChisoError(
            f"archive object {sha256} is corrupted ({self._path(sha256)}): its bytes have the sha256 {found}; move "
            "it away and restore it from a backup, or deliver the original again"
        )

    def objects(self, prefixes: Iterable[str] = ("",)) -> Iterator[str]:
        """The sha256 of every object that is here, in order; of those alone that begin with some two digits.

        Raises SettingsError where the archive cannot be listed.
        """
        return self._named(prefixes, "")

    def erased(self) -> Iterator[str]:
        """The sha256 of every object that was erased, in order. Raises as ``objects``."""
        return self._named(("",), TOMBSTONE)

    def _named(self, prefixes: Iterable[str], ending: str) -> Iterator[str]:
        self._files.invalidate_cache()
        for prefix in prefixes:
            try:
                found = self._files.find(f"{self._root.rstrip('/')}/{prefix}".rstrip("/"))
            except FileNotFoundError:
                continue
            except self._faults as error:
                raise SettingsError(f"archive {self._root!r} cannot be listed: {said(error)}") from error
            names = (path.rpartition("/")[2] for path in found if path.endswith(ending))
            yield from sorted(sha for name in names if _SHA256.fullmatch(sha := name.removesuffix(ending)))

    def verify(self, sha256: str) -> None:
        """Read an object through and compare its hash, without holding it. Raises as ``get`` does."""
        self._verify(sha256, None)

    def has(self, sha256: str) -> bool:
        """Whether an object of that hash is here; says nothing of its content."""
        self._files.invalidate_cache()
        return bool(self._files.exists(self._path(sha256)))

    def _path(self, sha256: str) -> str:
        if not _SHA256.fullmatch(sha256):
            raise ChisoError(f"{sha256!r} names no archive object; an object is named by 64 hexadecimal digits")
        return f"{self._root.rstrip('/')}/{sha256[:2]}/{sha256[2:4]}/{sha256}"

    def _incoming(self, sha256: str) -> str:
        return f"{self._root.rstrip('/')}/{INCOMING}/{sha256}.{uuid4().hex}"

    def _keep_on_disk(self, sha256: str, data: bytes) -> None:
        final, incoming = Path(self._path(sha256)), Path(self._incoming(sha256))
        incoming.parent.mkdir(parents=True, exist_ok=True)
        final.parent.mkdir(parents=True, exist_ok=True)
        try:
            with incoming.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            incoming.chmod(READ_ONLY)
            if not final.exists():  # Two that put the same bytes at once rename equal content: either may win.
                incoming.rename(final)
        finally:
            with suppress(OSError):
                incoming.unlink(missing_ok=True)
        _sync_folder(final.parent)

    def _keep_in_store(self, sha256: str, data: bytes) -> None:
        final, incoming = self._path(sha256), self._incoming(sha256)
        for folder in (final, incoming):
            self._files.makedirs(folder.rpartition("/")[0], exist_ok=True)
        self._files.pipe_file(incoming, data)
        self._files.mv(incoming, final)


def _sync_folder(folder: Path) -> None:
    """Make a rename survive a power cut, where the system can open folders at all."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
