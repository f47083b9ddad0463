"""The tutorial, followed block by block from an empty folder: what it lets write is written, what it says comes out."""

from __future__ import annotations

import os
import re
import runpy
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.command_line import main

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "tutorial.md").read_text(encoding="utf-8")
ANALYSTS = (DOCS / "guides" / "analysts.md").read_text(encoding="utf-8")
LONG_AGO = (1_700_000_000, 1_700_000_000)


def blocks() -> Iterator[tuple[str, str, str]]:
    """(language, body, name of the file it is to be saved as, or "") of every block of the page, in order."""
    named = ""
    for said, language, body in re.findall(r"(.*?)```(\w+)\n(.*?)```\n", PAGE, re.DOTALL):
        if language == "csv":
            named = re.findall(r"`([\w./-]+\.csv)`", said)[-1]
        elif language in {"toml", "yaml", "python"}:
            named = re.match(r"# (\S+)\n", body)[1]  # type: ignore[index]
        else:
            named = ""
        yield language, body, named


def assert_says(said: str, promised: str) -> None:
    """Each line of the promise comes out, in order, but for the frame of tables; "…" is whatever stands there."""
    lines = [" ".join(re.findall(r"[^\s│┃]+", line)) for line in said.splitlines()]
    for line in promised.strip().splitlines():
        pattern = re.compile(".+".join(re.escape(piece) for piece in " ".join(line.split()).split("…")))
        found = [number for number, one in enumerate(lines) if pattern.fullmatch(one)]
        assert found, f"the tutorial promises {line!r}; what came out is\n" + "\n".join(lines)
        lines = lines[found[0] + 1 :]


def age(folder: Path) -> None:
    """As if it had been sent a while ago: a file that has just changed is taken by the next run."""
    for path in folder.rglob("*.xlsx"):
        os.utime(path, LONG_AGO)


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.filterwarnings("ignore:module 'sre_parse' is deprecated:DeprecationWarning")
def test_the_tutorial_does_what_it_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    def call(line: str) -> str:
        """One line of a shell, in this process where it is ours or Python's; what it prints."""
        command, _, rest = line.partition(";")
        words = shlex.split(command)
        if words[0] == "python":
            runpy.run_path(words[1], run_name="__main__")
            age(tmp_path / "inbox")
            return ""
        if words[0] != "chiso":
            return subprocess.run(words, check=True, capture_output=True, text=True).stdout
        monkeypatch.setattr(sys, "argv", words)
        with pytest.raises(SystemExit) as left:
            main()
        said = capsys.readouterr()
        assert rest.strip() == "echo $?" if rest else left.value.code == 0, f"{line}\n{said.out}{said.err}"
        return said.out + said.err + (f"{left.value.code}\n" if rest else "")

    said = ""
    for language, body, name in blocks():
        if name:
            Path(name).write_text(body, encoding="utf-8")
        elif language == "sh":
            said = "".join(call(line) for line in body.splitlines())
        else:
            assert language == "text"
            assert_says(said, body)
    # Nothing of the page is a step that no block shows.
    assert Path("report", "index.html").is_file()
    assert Path("outbox", "D2", "requests-2024-Q2.xlsx.receipt.html").is_file()

    # The page for analysts goes on with this city: what its programs ask for is there.
    alone, pandas = re.findall(r"```python\n(.*?)```", ANALYSTS, re.DOTALL)
    Path("alone.py").write_text(alone, encoding="utf-8")
    Path("pandas_.py").write_text(pandas, encoding="utf-8")
    wards = runpy.run_path("alone.py")["wards"]
    assert list(wards["place_name"])[:2] == ["Phường Đồi Thông", "Phường Cầu Mây"]
    table = runpy.run_path("pandas_.py")["table"]
    assert round(table.loc["Quận Ngân Hà", "2024-Q2"], 4) == 0.6793


def test_every_promise_of_the_tutorial_follows_a_command() -> None:
    order = [language for language, _, _ in blocks()]
    assert set(order) == {"sh", "toml", "yaml", "csv", "python", "text"}
    assert [number for number, one in enumerate(order) if one == "text" and order[number - 1] != "sh"] == []
