r"""The bytes of a pull: JSON lines, a header and then one record per line, the same for the same answer.

    {"chiso":"pull/1","source":"...","period":"2024-03","adapter":"one_stop","total":2,"complete":true,"notes":[]}
    {"page":1,"row":1,"record":{...}}
    {"page":1,"row":2,"record":{...}}

UTF-8, no spaces, "\\n" after each line, keys and figures as the portal sent them, in its order; no time stamp.
The header may bear two keys more: ``totals``, how many records were left out as totals of others, and ``after``, the
sha256 of the pull that this one follows, where a portal answers again as it did before that. ``transforms.pull`` reads
it.

Records go into a file as they come; what the header says of them is known after the last.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from catalogue.errors import SourceBroken

FORMAT: Final = "pull/1"
_CHUNK: Final = 1 << 20
_ENCODE: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


@dataclass(frozen=True, slots=True)
class Record:
    """One record of an answer: the page it came on and its place there (both from 1)."""

    page: int
    row: int
    record: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Header:
    """What a portal answered for a period. ``total`` is the count it states itself, ``complete`` whether all is here;
    ``notes`` are remarks on the records, never on how the pull went, so that the same answer gives the same bytes."""

    source: str
    period: str
    adapter: str
    total: int
    complete: bool
    notes: tuple[str, ...]
    totals: int = 0

    def line(self, after: str | None = None) -> bytes:
        """The first line of a pull. Raises SourceBroken where a text of the portal is not Unicode."""
        said: dict[str, Any] = {
            "chiso": FORMAT,
            "source": self.source,
            "period": self.period,
            "adapter": self.adapter,
            "total": self.total,
            "complete": self.complete,
            "notes": self.notes,
        }
        said |= {"totals": self.totals} if self.totals else {}
        said |= {"after": after} if after else {}
        return _bytes(_ENCODE(said) + "\n", self.source)


@dataclass(frozen=True, slots=True)
class Pull:
    """A pull: its header, and the file with its records. The file belongs to whoever asked for the pull."""

    header: Header
    records: Path

    def chunks(self, after: str | None = None) -> Iterator[bytes]:
        """The bytes of the delivery, piece by piece; ``after`` is the pull that it follows."""
        yield self.header.line(after)
        with self.records.open("rb") as file:
            while chunk := file.read(_CHUNK):
                yield chunk


class Draft:
    """The records of a pull while it is taken: a file that is written once, or from the start again."""

    def __init__(self, path: Path, source: str) -> None:
        self._source = source
        self._file = path.open("wb")
        self._digest = blake2b(digest_size=16)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def restart(self) -> None:
        """Forget what was written."""
        self._file.seek(0)
        self._file.truncate()
        self._digest = blake2b(digest_size=16)

    def add(self, one: Record) -> None:
        """Write a record. Raises SourceBroken where a text of the portal is not Unicode."""
        record = _bytes(_encoded(one.record) + "}\n", self._source)
        self._digest.update(record)
        self._file.write(b'{"page":%d,"row":%d,"record":%b' % (one.page, one.row, record))

    def digest(self) -> bytes:
        """The hash of what was written: equal for equal records in equal order, whatever pages they came on."""
        return self._digest.digest()


def _bytes(text: str, source: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise SourceBroken(
            f"portal {source!r}: a record holds half a character ({error.object[error.start : error.end]!r}), "
            "which is no text; ask those who run it"
        ) from error


def _encoded(value: object) -> str:
    """JSON with fractions exactly as sent: json itself knows no Decimal, and a float changes 0.10000000000000001."""
    try:
        return _ENCODE(value)
    except TypeError:
        if isinstance(value, Decimal):
            return str(value)
        if isinstance(value, dict):
            return "{" + ",".join(f"{_ENCODE(key)}:{_encoded(held)}" for key, held in value.items()) + "}"
        if isinstance(value, list):
            return "[" + ",".join(_encoded(held) for held in value) + "]"
        raise
