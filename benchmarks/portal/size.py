"""How large the made-up portal is, and where its files lie. Every figure of the workload follows from these."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
GATEWAY: Final = "CONG"
"""Code of the organisation that runs the portal: the one respondent."""
FIRST_YEAR: Final = 2020
CHANNELS: Final = ("online", "counter", "post")
PROVINCES: Final = 34
SUFFIXES: Final = {"parquet": "parquet", "csv": "csv", "json": "jsonl"}
DIRTY: Final = 0.001
HALF: Final = 0.5


@dataclass(frozen=True, slots=True)
class Size:
    """``rows`` are those of a month; no more than communes x procedures x channels."""

    rows: int = 1_200_000
    communes: int = 3_321
    procedures: int = 300
    seed: int = 3321
    form: str = "parquet"


@dataclass(frozen=True, slots=True)
class Place:
    """The folder of a workload: ``programme/``, ``inbox/`` with a file per month, ``spare/`` with what changes it."""

    folder: Path
    size: Size

    @property
    def programme(self) -> Path:
        """The programme, with registers and targets."""
        return self.folder / "programme"

    @property
    def targets(self) -> Path:
        """The targets once more, as CSV, for ways that read no declarations."""
        return self.folder / "targets.csv"

    @property
    def said(self) -> dict[str, object]:
        """The size as plain values, to be kept beside what was made."""
        return asdict(self.size)

    def extract(self, index: int, kind: str = "inbox") -> Path:
        """The file of the month with that index. ``kind``: inbox, or in spare/ restated or half."""
        top = self.folder / "inbox" if kind == "inbox" else self.folder / "spare" / kind
        return top / GATEWAY / month(index) / f"counts.{SUFFIXES[self.size.form]}"

    def extracts(self, months: int) -> Iterator[Path]:
        """The files of the first months."""
        return (self.extract(index) for index in range(months))


def month(index: int) -> str:
    """The code of a month.

    >>> month(13)
    '2021-02'
    """
    return f"{FIRST_YEAR + index // 12}-{index % 12 + 1:02}"


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options that say a size and a folder."""
    usual = Size()
    parser.add_argument("--rows", type=int, default=usual.rows, help="rows of a month")
    parser.add_argument("--communes", type=int, default=usual.communes)
    parser.add_argument("--procedures", type=int, default=usual.procedures)
    parser.add_argument("--seed", type=int, default=usual.seed)
    parser.add_argument("--format", choices=sorted(SUFFIXES), default=usual.form)
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "portal")


def place_of(options: argparse.Namespace) -> Place:
    """The folder and size that the options say."""
    size = Size(options.rows, options.communes, options.procedures, options.seed, options.format)
    if size.rows > (most := size.communes * size.procedures * len(CHANNELS)):
        raise SystemExit(f"--rows {size.rows}: communes x procedures x channels are {most}; ask for fewer rows")
    return Place(options.folder.resolve(), size)
