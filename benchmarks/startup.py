"""What a command costs from the shell, from pressing Enter to the prompt, beside the imports that it cannot avoid.

python -m benchmarks.startup [--times 5] [--folder build/startup]
"""

from __future__ import annotations

import argparse
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.submissions import ROOT, make_inbox

# What each command may take, in seconds; of ``check``, on top of Great Expectations' import.
AIMS: Final = {"--help": 1.0, "sql": 1.5, "status": 1.5, "check": 3.0}


def main(words: Sequence[str] | None = None) -> None:
    """Make a small installation where it is missing, run every command, print medians."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "startup")
    options = parser.parse_args(words)
    config, workbook = _installation(options.folder.resolve())
    chiso = str(Path(sys.executable).with_name("chiso"))
    told = ["--config", str(config)]
    commands = {
        "chiso --help": [chiso, "--help"],
        "chiso sql": [chiso, "sql", "SELECT count(*) AS n FROM services", *told],
        "chiso status": [chiso, "status", *told],
        "chiso check": [chiso, "check", str(workbook), *told],
        "import great_expectations": [sys.executable, "-c", "import great_expectations"],
        "import prefect": [sys.executable, "-c", "import prefect"],
        "import pandas": [sys.executable, "-c", "import pandas"],
    }
    found = {name: _median(command, options.times) for name, command in commands.items()}
    print("| command | wall s | cpu s | aim s |\n|---|---|---|---|")
    for name, (wall, cpu) in found.items():
        aim = AIMS.get(name.removeprefix("chiso "))
        if aim and name == "chiso check":
            aim += found["import great_expectations"][0]
        print(f"| {name} | {wall:.2f} | {cpu:.2f} | {f'{aim:.2f}' if aim else ''} |")


def _installation(folder: Path) -> tuple[Path, Path]:
    """The settings of an installation that has taken two workbooks in, and one of these."""
    make_inbox(folder, 2)
    config = folder / "chiso.toml"
    if not config.exists():
        from flows.plain import run_plainly
        from flows.settings import Settings

        shutil.rmtree(folder / "home", ignore_errors=True)
        programme, inbox = folder / "programme", folder / "inbox"
        run_plainly(Settings(home=folder / "home", programme=str(programme), addresses={"inbox": str(inbox)}))
        lines = [f'home = "{folder / "home"}"', f'programme = "{programme}"', "[addresses]", f'inbox = "{inbox}"']
        config.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return config, next((folder / "inbox").rglob("*.xlsx"))


def _median(command: Sequence[str], times: int) -> tuple[float, float]:
    """Wall and processor seconds; the first run, which fills the disk's cache, does not count."""
    walls, cpus = [], []
    for _ in range(times + 1):
        began, used = time.perf_counter(), _cpu()
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        walls.append(time.perf_counter() - began)
        cpus.append(_cpu() - used)
        if done.returncode:
            raise SystemExit(f"{' '.join(command)} failed: {done.stderr[-1000:]}")
    return statistics.median(walls[1:]), statistics.median(cpus[1:])


def _cpu() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return children.ru_utime + children.ru_stime


if __name__ == "__main__":
    main()
