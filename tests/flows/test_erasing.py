"""``chiso erase``: what was sent by mistake is nowhere any more; hash, facts, counts and who decided it stay."""

from __future__ import annotations

import json
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from tests.flows.office import Installation, good, install
from tests.worlds import Worlds

NAME = "Nguyen Thi Bi Mat 079123456789"
SAID = ("--reason", "a citizen's number in a remark", "--document", "letter 9", "--by", "A. Head")
FACTS = "SELECT unit_key, period_code, topic_code, received FROM cases ORDER BY 1, 2, 3"
COUNTS = "SELECT name, sha256, status, rows_read, rows_loaded, rows_quarantined FROM dim_delivery ORDER BY delivery_key"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Two workbooks; in one somebody wrote a name and number where a topic belongs, and beside it an unknown topic.
    The tests go on from one another, in their order."""
    made = install(tmp_path_factory.mktemp("office"), prepared=True)
    made.send("ON1", "january.xlsx", "2024-01", [good("data"), good(NAME), good("nothing known")])
    made.send("ON2", "january.xlsx", "2024-01", [good("data")])
    assert made.chiso("run", "--no-flow").returncode == 1
    return made


def holding(home: Path, text: str = NAME) -> list[str]:
    """The files below a folder that hold a text, as it is or in a packed workbook."""
    found = []
    for path in sorted(home.rglob("*")):
        data = path.read_bytes() if path.is_file() else b""
        if data.startswith(b"PK"):
            with zipfile.ZipFile(BytesIO(data)) as book:
                data += b"".join(book.read(one) for one in book.namelist())
        if text.encode() in data:
            found.append(path.relative_to(home).as_posix())
    return found


def test_what_makes_no_sense_is_refused_and_nothing_is_gone(office: Installation) -> None:
    before = holding(office.folder / "home")
    assert {one.partition("/")[0].partition(".")[0] for one in before} >= {"archive", "receipts", "warehouse"}
    for words, said in (
        (("nowhere.xlsx", *SAID), "there is none"),
        (("ON1/january.xlsx", *SAID, "--cell", "7A"), "is no cell"),
        (("ON1/january.xlsx", *SAID[:-1], " "), "an erasure has a reason, a document and a name"),
    ):
        done = office.chiso("erase", *words)
        assert (done.returncode, said in done.stderr) == (2, True), done.stderr
    assert holding(office.folder / "home") == before


def test_only_the_cells_that_are_named_are_masked(office: Installation) -> None:
    before, counts = office.asked(FACTS), office.asked(COUNTS)
    done = office.chiso("erase", "ON1/january.xlsx", *SAID, "--cell", "A7")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "masked: 1 rows set aside, 1 findings" in done.stdout
    assert holding(office.folder / "home") == []
    assert (office.asked(FACTS), office.asked(COUNTS)) == (before, counts)
    left = office.asked("SELECT content FROM quarantine ORDER BY source_row")
    assert [json.loads(one["content"])["topic"] for one in left] == ["[erased]", "nothing known"]
    found = office.asked("SELECT found FROM issue ORDER BY source_row")
    assert [one["found"] for one in found] == ["[erased]", "nothing known"]


def test_nothing_of_it_is_left_but_hash_and_counts(office: Installation) -> None:
    home = office.folder / "home"
    before, counts = office.asked(FACTS), office.asked(COUNTS)
    sha = next(str(one["sha256"]) for one in counts if one["name"] == "ON1/january.xlsx")
    done = office.chiso("erase", sha[:10], *SAID)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "masked: 2 rows set aside, 1 findings" in done.stdout
    assert (holding(home), holding(home, "nothing known")) == ([], [])
    assert (office.asked(FACTS), office.asked(COUNTS)) == (before, counts)
    again = office.chiso("erase", sha, *SAID)
    assert (again.returncode, "masked: 0 rows" in again.stdout) == (0, True), again.stderr
    assert office.asked("SELECT count(*) AS n FROM ledger WHERE event = 'erase'") == [{"n": 2}]

    told = json.loads((home / "archive" / sha[:2] / sha[2:4] / f"{sha}.erased").read_text())
    assert (told["sha256"], told["erased_by"], told["reason"]) == (sha, "A. Head", SAID[1])
    assert told["size"] > 0
    (said, _) = [one for one in json.loads(office.chiso("audit", "--format", "json").stdout) if one["what"] == "erased"]
    assert (said["who"], sha[:12] in said["about"], said["reason"]) == ("A. Head", True, f"{SAID[1]} (letter 9)")
    looked = office.chiso("doctor", "--all", "--format", "json")
    (archive,) = [one for one in json.loads(looked.stdout) if one["what"] == "archive"]
    assert (archive["state"], "1 were erased" in archive["found"]) == ("ok", True)


def test_what_is_erased_is_not_taken_again_nor_judged_anew(office: Installation) -> None:
    office.put("ON1", "again.xlsx", (office.inbox / "ON1" / "january.xlsx").read_bytes())
    assert office.chiso("run", "--no-flow").returncode == 0
    anew = office.chiso("quarantine", "replay", "--every", "--dry-run", "--reason", "x", "--by", "y")
    assert (anew.returncode, "was erased by a decision of people" in anew.stdout) == (1, True), anew.stdout
    assert holding(office.folder / "home") == []
    assert office.chiso("release", "verify").returncode == 0


def test_an_erasure_that_was_interrupted_is_told_and_completed(office: Installation) -> None:
    (tombstone,) = (office.folder / "home" / "archive").glob("??/??/*.erased")
    tombstone.unlink()
    tombstone.with_suffix("").write_bytes((office.inbox / "ON1" / "january.xlsx").read_bytes())
    found = json.loads(office.chiso("doctor", "--format", "json").stdout)
    (wrong,) = [one for one in found if one["state"] == "wrong"]
    assert (wrong["what"], wrong["todo"].startswith(f"chiso erase {tombstone.stem}")) == ("archive", True)
    assert office.chiso("erase", tombstone.stem, *SAID).returncode == 0
    assert (holding(office.folder / "home"), tombstone.is_file()) == ([], True)


@pytest.mark.long
def test_a_zip_that_held_it_goes_too(tmp_path: Path) -> None:
    office = install(tmp_path, prepared=True)
    office.send("ON1", "one.xlsx", "2024-01", [good("data"), good(NAME)])
    office.send("ON1", "two.xlsx", "2024-02", [good("data")])
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as bundle:
        for path in sorted((office.inbox / "ON1").iterdir()):
            bundle.write(path, path.name)
            path.unlink()
    office.put("ON1", "both.zip", packed.getvalue())
    assert office.chiso("run", "--no-flow").returncode == 1
    done = office.chiso("erase", "ON1/both.zip/one.xlsx", *SAID)
    assert (done.returncode, done.stdout.count("erased ")) == (0, 2), done.stdout + done.stderr
    assert holding(tmp_path / "home") == []
    assert len([*(tmp_path / "home" / "archive").glob("??/??/*.erased")]) == 2


@pytest.mark.long
def test_backup_carries_it_and_a_rebuild_keeps_what_was_counted(
    office: Installation, worlds: Worlds, tmp_path: Path
) -> None:
    assert office.chiso("erase", "ON1/january.xlsx", *SAID).returncode == 0
    facts, counts, decided = office.asked(FACTS), office.asked(COUNTS), office.asked("SELECT * FROM erasure")
    assert office.chiso("backup", str(tmp_path / "saved")).returncode == 0
    assert holding(tmp_path / "saved") == []
    (tmp_path / "new").mkdir()
    new = install(tmp_path / "new")
    url = worlds.empty("postgresql", tmp_path)
    new.environment["CHISO_WAREHOUSE"] = url
    done = new.chiso("restore", str(tmp_path / "saved"))
    assert done.returncode == 0, done.stderr
    assert len([*(tmp_path / "new" / "home" / "archive").glob("??/??/*.erased")]) == 1
    assert (new.asked(FACTS), new.asked(COUNTS)) == (facts, counts)

    target = str(tmp_path / "rebuilt.duckdb")
    done = office.chiso("rebuild", target)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "kept as it was counted, its bytes were erased: ON1/january.xlsx" in done.stdout
    (office.folder / "home" / "warehouse.duckdb").write_bytes(Path(target).read_bytes())
    assert office.chiso("run", "--no-flow").returncode == 0
    assert office.asked(FACTS) == facts
    assert sorted(map(str, office.asked(COUNTS))) == sorted(map(str, counts))
    assert office.asked("SELECT * FROM erasure") == decided

    # On a server, too.
    new.send("ON1", "february.xlsx", "2024-02", [good("data"), good(NAME)])
    assert new.chiso("run", "--no-flow").returncode == 1
    done = new.chiso("erase", "ON1/february.xlsx", *SAID)
    assert (done.returncode, "masked: 1 rows" in done.stdout, "look at" in done.stdout) == (0, True, False), done.stdout
    assert holding(tmp_path / "new" / "home") == []
    assert len(new.asked("SELECT * FROM quarantine WHERE position('[erased]' IN content) > 0")) == 3
    worlds.drop(url)
