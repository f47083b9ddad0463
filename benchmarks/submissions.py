"""Workbooks of all communes, from inbox to facts and receipts, beside what merely reading the same files costs.

    python -m benchmarks.submissions [--communes 3321] [--folder build/submissions]

Every way runs in a process of its own. Work is measured after imports; ``cpu`` counts both cores; ``rss`` is the peak.
One workbook in a hundred has an error, so that receipts are marked where there is something to mark.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
LONG_AGO: Final = (1_700_000_000, 1_700_000_000)
ROWS: Final = 50


def main(words: Sequence[str] | None = None) -> None:
    """Make the inbox where it is missing, run every way, print the figures and their ratios."""
    options = _options(words)
    if options.way:
        print(json.dumps(measured(WAYS[options.way], options.folder)))
        return
    make_inbox(options.folder, options.communes)
    found = {way: _alone(way, options.folder) for way in WAYS}
    print(f"{options.communes} workbooks of {ROWS} rows x 15 columns, {os.cpu_count()} cores")
    print(f"{'way':<28}{'work s':>9}{'cpu s':>9}{'ms/file':>9}{'rss MB':>9}{'x limit':>9}")
    for way, one in found.items():
        print(
            f"{way:<28}{one['work']:9.1f}{one['cpu']:9.1f}{one['work'] * 1000 / options.communes:9.2f}{one['rss']:9.0f}"
            f"{one['work'] / found['calamine']['work']:9.1f}"
        )


def _options(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--communes", type=int, default=3321)
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "submissions")
    parser.add_argument("--way", choices=sorted(WAYS), help="run this way alone, in this process")
    return parser.parse_args(words)


def make_inbox(folder: Path, communes: int) -> None:
    """The programme, with the registers of Viet Nam, and an inbox with one workbook per commune."""
    ready = folder / f"made-{communes}"
    if ready.exists():
        return
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "benchmarks" / "communes", folder / "programme")
    (folder / "programme" / "registers").mkdir()
    shutil.copytree(ROOT / "programmes" / "vietnam" / "languages", folder / "programme" / "languages")
    shutil.copy(ROOT / "programmes" / "vietnam" / "registers" / "localities.csv", folder / "programme" / "registers")
    from catalogue.loader import load_programme

    register = load_programme(folder / "programme").register_named["localities"]
    there = (version for version in register.on(date(2025, 7, 1)) if version.level == "commune")
    codes = sorted(version.code for version in there)[:communes]
    chance = random.Random(3321)
    for number, code in enumerate(codes):
        _write(folder / "inbox" / code / "2025-08.xlsx", code, chance, wrong=number % 100 == 50)
    ready.touch()


def _write(path: Path, code: str, chance: random.Random, *, wrong: bool) -> None:
    """A workbook whose figures keep every identity; where ``wrong``, one of its cells does not."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Biểu")
    for line in (["Biểu số: XA-50"], ["Mã đơn vị:", code], ["Kỳ báo cáo:", "Tháng 8/2025"], []):
        sheet.append(line)
    sheet.append(
        ["TT", "Mã dịch vụ", "Tên dịch vụ", "Tiếp nhận", "Trực tuyến", "Trực tiếp", "Bưu chính", "Kỳ trước",
         "Đã giải quyết", "Trước hạn", "Đúng hạn", "Quá hạn", "Đang giải quyết", "Trong hạn", "Đã quá hạn"]
    )  # fmt: skip
    for row in range(1, ROWS + 1):
        online, direct, postal, carried = (chance.randrange(40) for _ in range(4))
        received = online + direct + postal + carried
        resolved = chance.randint(0, received)
        early = chance.randint(0, resolved)
        on_time = chance.randint(0, resolved - early)
        pending = received - resolved
        in_time = chance.randint(0, pending)
        sheet.append(
            [row, f"DV{row:02}", f"Dịch vụ công số {row}", received + (wrong and row == ROWS // 2), online, direct,
             postal, carried, resolved, early, on_time, resolved - early - on_time, pending, in_time, pending - in_time]
        )  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
    os.utime(path, LONG_AGO)


def _alone(way: str, folder: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.submissions", "--folder", str(folder), "--way", way]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def measured(prepare: Callable[[Path], Callable[[], None]], folder: Path) -> dict[str, float]:
    """Wall and processor seconds of the work after ``prepare``'s imports, and the peak of this process in MB."""
    work = prepare(folder)
    began, used = time.perf_counter(), _cpu()
    work()
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {"work": time.perf_counter() - began, "cpu": _cpu() - used, "rss": peak / 1024}


def _cpu() -> float:
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in both)


def _files(folder: Path) -> list[Path]:
    return sorted((folder / "inbox").rglob("*.xlsx"))


def _calamine(folder: Path) -> Callable[[], None]:
    """The limit: every cell of every file, and nothing done with it."""
    from python_calamine import CalamineWorkbook

    def work() -> None:
        for path in _files(folder):
            with CalamineWorkbook.from_path(path) as book:
                book.get_sheet_by_index(0).to_python()

    return work


def _pandas(folder: Path) -> Callable[[], None]:
    """The floor: pandas with openpyxl, which merely reads them."""
    import pandas as pd

    def work() -> None:
        for path in _files(folder):
            pd.read_excel(path, header=None, dtype=str, engine="openpyxl")

    return work


def _chiso(folder: Path) -> Callable[[], None]:
    """Us: fetched, archived, read, staged, gated, conformed, appended, computed, released, a receipt for each."""
    import alembic.autogenerate
    import great_expectations
    import jinja2
    import openpyxl

    from expectations.gate import gate
    from flows.plain import run_plainly
    from flows.settings import Settings

    _ = alembic.autogenerate, great_expectations, jinja2, openpyxl, gate  # Imported now, so that no work pays for it.

    home = folder / "home"
    shutil.rmtree(home, ignore_errors=True)
    settings = Settings(
        home=home, programme=str(folder / "programme"), addresses={"inbox": str(folder / "inbox")}, language="vi"
    )

    def work() -> None:
        outcome, sealed, _ = run_plainly(settings)
        files = len(_files(folder))
        if len(outcome.receipts) != files or outcome.failed or sealed is None:
            raise SystemExit(f"{len(outcome.receipts)} receipts of {files} files, failed: {outcome.failed[:3]}")

    return work


WAYS: Final[dict[str, Callable[[Path], Callable[[], None]]]] = {
    "calamine": _calamine,
    "pandas": _pandas,
    "chiso": _chiso,
}

if __name__ == "__main__":
    main()
