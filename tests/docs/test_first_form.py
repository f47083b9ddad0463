"""The guide to a first form, followed word by word: what it lets write is written, what it says comes out comes out."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

import pytest

from flows.command_line import main

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "guides" / "first-form.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
LONG_AGO = (1_700_000_000, 1_700_000_000)


class Reader:
    """Somebody who follows the guide in an empty folder."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> None:
        self.folder, self.capsys, self.patch = folder, capsys, patch

    def write(self) -> list[str]:
        """Write every file of the guide; returns their names."""
        # The comment that names a file stays in it: whoever copies a block copies it, too, and errors count its line.
        files = [(name, body) for body, name in re.findall(r"```(?:toml|yaml)\n(# (\S+)\n.*?)```", GUIDE, re.DOTALL)]
        files += [(name, body) for name, body in re.findall(r"`(inbox/[^`]+)`:\n\n```csv\n(.*?)```", GUIDE, re.DOTALL)]
        for name, body in files:
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(body, encoding="utf-8")
            # As if it had been sent a while ago: a file that has just changed is taken by the next run.
            os.utime(path, LONG_AGO)
        return [name for name, _ in files]

    def replace(self, name: str, old: str, new: str) -> None:
        """Change a line of a file."""
        path = self.folder / name
        said = path.read_text(encoding="utf-8")
        assert old in said
        path.write_text(said.replace(old, new), encoding="utf-8")
        os.utime(path, LONG_AGO)

    def chiso(self, *words: str) -> tuple[int, str]:
        """Call a command; its exit code and what it printed."""
        self.patch.setattr(sys, "argv", ["chiso", *words])
        with pytest.raises(SystemExit) as left:
            main()
        said = self.capsys.readouterr()
        return int(str(left.value.code)), said.out + said.err


def shown(heading: str, number: int = 0) -> str:
    """What the guide says comes out: the blocks of text of a section."""
    section = GUIDE.split(f"\n## {heading}")[1].split("\n## ")[0]
    return str(re.findall(r"```text\n(.*?)```", section, re.DOTALL)[number])


def assert_says(said: str, promised: str) -> None:
    """Each line of the promise comes out, in order, but for the frame of tables."""
    lines = [" ".join(re.findall(r"[^\s│┃!]+", line)) for line in said.splitlines()]
    for line in promised.strip().splitlines():
        words = " ".join(line.split())
        assert words in lines, f"the guide promises {words!r}; what came out is\n" + "\n".join(lines)
        lines = lines[lines.index(words) + 1 :]


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.filterwarnings("ignore:module 'sre_parse' is deprecated:DeprecationWarning")
def test_the_guide_does_what_it_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    reader = Reader(tmp_path, capsys, monkeypatch)
    shutil.copytree(ROOT / "programmes" / "vietnam", tmp_path / "my-programme")
    *declared, sent = reader.write()
    assert declared == [
        "chiso.toml", "my-programme/facts/libraries.yml", "my-programme/forms/TV-01.yml",
        "my-programme/indicators/libraries.yml",
    ]  # fmt: skip
    line = re.search(r"    (forms: \[.*), TV-01\]", GUIDE)
    assert line is not None
    reader.replace("my-programme/sources/van_thu.yml", line[1] + "]", line[1] + ", TV-01]")

    for code in ("TV-01", "LIB.ONLINE"):
        assert reader.chiso("describe", code)[0] == 0
    reader.replace(
        "my-programme/indicators/libraries.yml", "denominator: [{measure: visits}]", "denominator: [{measure: visit}]"
    )
    wrong, said = reader.chiso("describe", "LIB.ONLINE")
    assert wrong == 2
    assert_says(said, shown("4."))
    reader.replace(
        "my-programme/indicators/libraries.yml", "denominator: [{measure: visit}]", "denominator: [{measure: visits}]"
    )

    assert f'chiso check "{sent}"' in GUIDE
    left, said = reader.chiso("check", sent)
    assert left == 0
    assert_says(said, shown("5."))

    mended = shown("5.", 1).strip()
    swapped = next(row for row in (tmp_path / sent).read_text("utf-8").splitlines() if row.startswith(mended[:6]))
    reader.replace(sent, swapped, mended)
    left, said = reader.chiso("run", "--no-flow", "--source", "van_thu")
    assert (left, "TV-01 1 3 0" in " ".join(re.findall(r"[\w-]+", said))) == (0, True)

    assert_says(reader.chiso("indicators", "--indicator", "LIB.ONLINE", "--period", "2024-Q1")[1], shown("6."))
    query = re.search(r'    chiso sql "(.*)"', GUIDE)
    assert query is not None
    assert_says(reader.chiso("sql", query[1])[1], shown("6.", 1))

    again = Path(sent).with_name("again.csv")
    shutil.copy2(sent, again)
    left, said = reader.chiso("run", "--no-flow", "--source", "van_thu")
    assert (left, "No figure changed" in said, "known already" in said) == (0, True, True)

    # The queries of the README are of the same tables and views.
    queries = re.findall(r'chiso sql "(.*?)"', README)
    assert len(queries) == 2
    assert [one for one in queries if reader.chiso("sql", one)[0] != 0] == []
