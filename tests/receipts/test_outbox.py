"""The outbox: beside the inbox, laid out like it, each receipt whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalogue.errors import SettingsError, SourceUnavailable
from receipts.outbox import HTML, JSON, LONGEST, XLSX, lay, place_of


def test_a_receipt_lies_under_the_path_of_its_file_and_a_later_one_replaces_it(tmp_path: Path) -> None:
    outbox, inbox = tmp_path / "outbox", str(tmp_path / "inbox")
    lay(str(outbox), [inbox], "ON1/a.xlsx", {HTML: b"first", XLSX: b"marks", JSON: b"{}"})
    paths = lay(str(outbox), [inbox], "ON1/a.xlsx", {HTML: b"second", JSON: b"{}"})
    assert sorted(path.name for path in (outbox / "ON1").iterdir()) == ["a.xlsx.receipt.html", "a.xlsx.receipt.json"]
    assert (outbox / "ON1" / "a.xlsx.receipt.html").read_bytes() == b"second"
    assert [Path(path).name for path in paths] == ["a.xlsx.receipt.html", "a.xlsx.receipt.json"]


@pytest.mark.parametrize("inside", ["inbox", "inbox/answers", "other/../inbox/x"])
def test_an_outbox_inside_an_inbox_is_refused(tmp_path: Path, inside: str) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    with pytest.raises(SettingsError, match="would take receipts for submissions"):
        lay(str(tmp_path / inside), [str(tmp_path / "elsewhere"), str(inbox)], "ON1/a.xlsx", {HTML: b"x"})
    assert list(inbox.rglob("*")) == []


def test_an_outbox_that_only_begins_like_the_inbox_is_another_folder(tmp_path: Path) -> None:
    lay(str(tmp_path / "inbox-answers"), [str(tmp_path / "inbox")], "ON1/a.xlsx", {HTML: b"x"})
    assert (tmp_path / "inbox-answers" / "ON1" / "a.xlsx.receipt.html").exists()


def test_any_address_of_fsspec_will_do() -> None:
    lay("memory://outbox-test", ["memory://inbox-test"], "ON1/a.xlsx", {HTML: b"x"})
    paths = lay("memory://outbox-test", ["memory://inbox-test"], "ON1/a.xlsx", {HTML: b"y", XLSX: b"z"})
    assert [path.rpartition("/")[2] for path in paths] == ["a.xlsx.receipt.html", "a.xlsx.receipt.xlsx"]
    with pytest.raises(SettingsError, match="lies inside the inbox"):
        lay("memory://inbox-test/answers", ["memory://inbox-test"], "ON1/a.xlsx", {HTML: b"x"})


def test_a_disk_that_cannot_be_written_is_one_message_that_says_how_to_send_again(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_bytes(b"a file")
    with pytest.raises(SourceUnavailable, match=r"chiso receipt NAME --send"):
        lay(str(tmp_path / "outbox"), [], "ON1/a.xlsx", {HTML: b"x"})


@pytest.mark.parametrize(
    ("name", "unit", "by_unit", "place"),
    [
        ("ON1/january.xlsx", "ON1", True, "ON1/january.xlsx"),
        ("ON1 - Office/2024/january.xlsx", "ON1", True, "ON1 - Office/2024/january.xlsx"),
        ("january.xlsx", "ON1", True, "ON1/january.xlsx"),
        ("2024/january.xlsx", "ON1", False, "ON1/2024/january.xlsx"),
        ("january.xlsx", None, False, "unknown/january.xlsx"),
        ("../../etc/passwd", None, True, "etc/passwd"),
        ("ON1/..", "../ON1", True, ".._ON1/ON1"),
        ("ON1/a\\b\x00:c.xlsx", "ON1", True, "ON1/a_b__c.xlsx"),
        ("ON1/Báo cáo quý I.xlsx", "ON1", True, "ON1/Báo cáo quý I.xlsx"),
    ],
)
def test_no_name_leads_out_of_the_outbox(name: str, unit: str | None, by_unit: bool, place: str) -> None:
    assert place_of(name, unit, by_unit=by_unit) == place


def test_a_name_that_is_too_long_keeps_its_beginning_and_stays_apart() -> None:
    first, second = (place_of(f"ON1/{'á' * 120}{end}.xlsx", None, by_unit=True) for end in ("1", "2"))
    assert first != second
    assert max(len(one.rpartition("/")[2].encode()) for one in (first, second)) <= LONGEST
