"""Receipts reach the clerk within the run: in the outbox, by mail with what is attached, and again by one command."""

from __future__ import annotations

import io
import json
import socket
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from flows.answering import Answers, answer_unanswered
from flows.house import open_house
from flows.plain import run_plainly
from flows.settings import read_settings
from tests.flows.office import Installation, good, install

pytestmark = pytest.mark.long

CONTACTS = """
- contact: on2
  unit: ON2
  address: on2_mail
- contact: north
  unit: ON
  address: north_mail
  below: true
"""
WRONG = ["web", 9, 1, 5, 4, 4, 2]


@pytest.fixture
def office(tmp_path: Path) -> Installation:
    made = install(tmp_path, prepared=True)
    inbox = made.programme / "sources" / "inbox.yml"
    inbox.write_text(inbox.read_text(encoding="utf-8") + "outbox: outbox\n", encoding="utf-8")
    made.addresses["outbox"] = str(tmp_path / "outbox")
    return made


class _Mails:
    """Keeps what arrives by SMTP."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 aiosmtpd's name
        assert isinstance(envelope.content, bytes)
        letter = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        return "250 OK"


@pytest.fixture
def mails(office: Installation) -> Iterator[_Mails]:
    """A mail server, and the office's contacts with addresses on it."""
    kept = _Mails()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(kept, hostname="127.0.0.1", port=port)
    controller.start()
    office.declare("contacts.yml", CONTACTS)
    for name in ("on2", "north"):
        office.environment[f"CHISO_SECRET_{name.upper()}_MAIL"] = (
            f"mailto://127.0.0.1:{port}?from=chiso@example.org&to={name}@example.org&mode=insecure&smtp=127.0.0.1"
        )
    yield kept
    controller.stop()


def laid(office: Installation) -> list[str]:
    outbox = office.folder / "outbox"
    return sorted(str(path.relative_to(outbox)) for path in outbox.rglob("*") if path.is_file())


def receipt(office: Installation, place: str) -> Any:
    return json.loads((office.folder / "outbox" / f"{place}.receipt.json").read_text(encoding="utf-8"))


def test_every_delivery_is_answered_in_the_outbox_within_the_run(office: Installation) -> None:
    office.send("ON1", "january.xlsx", "2024-01", [good("data")])
    office.send("ON2", "january.xlsx", "2024-01", [good("data"), WRONG])
    office.put("ON2", "scan.xlsx", b"%PDF-1.7 not a workbook")
    done = office.chiso("run", "--no-flow")
    assert "3 laid into outboxes" in done.stdout
    assert laid(office) == [
        "ON1/january.xlsx.receipt.html",
        "ON1/january.xlsx.receipt.json",
        "ON2/january.xlsx.receipt.html",
        "ON2/january.xlsx.receipt.json",
        "ON2/january.xlsx.receipt.xlsx",
        "ON2/scan.xlsx.receipt.html",
        "ON2/scan.xlsx.receipt.json",
    ]
    assert [receipt(office, name)["status"] for name in ("ON1/january.xlsx", "ON2/january.xlsx", "ON2/scan.xlsx")] == [
        "accepted",
        "partly_accepted",
        "rejected",
    ]
    told = receipt(office, "ON2/january.xlsx")["findings"][0]
    assert (told["rule"], told["cell"], told["title"]) == ("CASES.IN", "B7", "Total")
    assert told["found"] == "Total: 9; Carried over: 1; Received: 5"
    assert [path.name for path in office.inbox.rglob("*receipt*")] == []
    # A second run finds nothing new: receipts are no submissions.
    assert office.chiso("run", "--no-flow").returncode == 0
    assert len(laid(office)) == 7


def test_the_marked_copy_mended_and_sent_is_accepted(office: Installation) -> None:
    office.send("ON2", "january.xlsx", "2024-01", [good("data"), WRONG])
    assert office.chiso("run", "--no-flow").returncode == 1
    book = openpyxl.load_workbook(office.folder / "outbox" / "ON2" / "january.xlsx.receipt.xlsx")
    sheet = book.worksheets[0]
    assert sheet["B7"].comment is not None
    sheet["B7"], sheet["G7"] = 6, 2
    held = io.BytesIO()
    book.save(held)
    office.put("ON2", "january-2.xlsx", held.getvalue())
    assert office.chiso("run", "--no-flow").returncode == 0
    assert receipt(office, "ON2/january-2.xlsx")["status"] == "accepted"


def test_where_no_copy_could_be_made_page_and_json_say_why(office: Installation) -> None:
    office.send("ON2", "january.xlsx", "2024-01", [good("data"), WRONG])
    office.chiso("run", "--no-flow")
    archived = office.folder / "home" / "archive"
    for path in archived.rglob("*"):
        if path.is_file():
            path.unlink()
    why = "There is no marked copy, as the file that was sent is not at hand."
    assert why in office.chiso("receipt", "ON2/january.xlsx", "--format", "html").stdout
    assert json.loads(office.chiso("receipt", "ON2/january.xlsx", "--format", "json").stdout)["no_copy"].startswith(why)
    refused = office.chiso("receipt", "ON2/january.xlsx", "--format", "xlsx", "-o", str(office.folder / "x.xlsx"))
    assert (refused.returncode, "is missing" in refused.stderr) == (2, True)


def test_the_contact_gets_one_letter_per_delivery_with_page_and_marked_copy(
    office: Installation, mails: _Mails
) -> None:
    office.send("ON1", "january.xlsx", "2024-01", [good("data")])
    office.send("ON2", "january.xlsx", "2024-01", [good("data"), WRONG])
    done = office.chiso("run", "--no-flow")
    assert "2 mailed" in done.stdout, done.stdout
    by_contact = {str(letter["To"]): letter for letter in mails.letters}
    # ON1 has no contact of its own: that of the region above it answers for it. ON2's own comes first.
    assert sorted(by_contact) == ["north@example.org", "on2@example.org"]
    fine, wrong = by_contact["north@example.org"], by_contact["on2@example.org"]
    assert "Accepted: january.xlsx" in str(fine["Subject"])
    assert "Partly accepted: january.xlsx" in str(wrong["Subject"])
    attached = {part.get_filename() or "": part for part in wrong.iter_attachments()}
    assert sorted(attached) == ["january.xlsx.receipt.html", "january.xlsx.receipt.xlsx"]
    assert attached["january.xlsx.receipt.html"].get_content_type() == "text/html"
    marks = attached["january.xlsx.receipt.xlsx"].get_payload(decode=True)
    assert isinstance(marks, bytes)
    assert openpyxl.load_workbook(io.BytesIO(marks)).worksheets[0]["B7"].comment is not None
    assert [part.get_filename() for part in fine.iter_attachments()] == ["january.xlsx.receipt.html"]
    body = wrong.get_body(("plain", "html"))
    assert body is not None
    assert "CASES.IN" in body.get_content()


def test_a_file_that_cannot_be_read_is_answered_to_the_unit_of_its_folder(office: Installation, mails: _Mails) -> None:
    office.put("ON3 - Newtown", "scan.xlsx", b"%PDF-1.7 not a workbook")
    assert office.chiso("run", "--no-flow").returncode == 1
    (letter,) = mails.letters
    assert (str(letter["To"]), "Rejected: scan.xlsx" in str(letter["Subject"])) == ("north@example.org", True)


def test_a_mail_that_cannot_go_costs_nothing_and_is_sent_again_by_one_command(
    office: Installation, mails: _Mails
) -> None:
    right = office.environment["CHISO_SECRET_ON2_MAIL"]
    office.environment["CHISO_SECRET_ON2_MAIL"] = "mailto://127.0.0.1:9?from=a@b.org&to=c@d.org&mode=insecure"
    office.send("ON2", "january.xlsx", "2024-01", [good("data"), WRONG])
    done = office.chiso("run", "--no-flow")
    assert done.returncode == 1
    assert "receipt on2" in done.stdout
    assert "127.0.0.1:9" not in done.stdout + done.stderr
    assert office.asked("SELECT status FROM dim_delivery") == [{"status": "partly_accepted"}]
    assert not mails.letters
    office.environment["CHISO_SECRET_ON2_MAIL"] = right
    (office.folder / "outbox" / "ON2" / "january.xlsx.receipt.html").unlink()
    again = office.chiso("receipt", "january.xlsx", "--send")
    assert (again.returncode, len(mails.letters)) == (0, 1)
    assert "ON2/january.xlsx.receipt.html" in laid(office)


def test_a_channel_that_is_dead_is_given_up_and_the_run_says_so(office: Installation, mails: _Mails) -> None:
    office.environment["CHISO_SECRET_NORTH_MAIL"] = "mailto://127.0.0.1:9?from=a@b.org&to=c@d.org&mode=insecure"
    for month in range(1, 7):
        office.send("ON1", f"{month}.xlsx", f"2024-0{month}", [good("data")])
    done = office.chiso("run", "--no-flow")
    assert done.returncode == 0
    assert done.stdout.count("receipt north") == 3
    assert "is not tried again in this run" in " ".join(done.stdout.split())


@pytest.mark.parametrize("inside", ["inbox", "inbox/answers"])
def test_an_outbox_inside_the_inbox_is_refused_once_and_the_run_goes_on(office: Installation, inside: str) -> None:
    office.addresses["outbox"] = str(office.folder / inside)
    for name in ("a.xlsx", "b.xlsx"):
        office.send("ON1", name, "2024-01", [good("data", received=len(name) + ord(name[0]))])
    done = office.chiso("run", "--no-flow")
    assert done.returncode == 0
    assert " ".join(done.stdout.split()).count("would take receipts for submissions") == 1
    assert [path for path in office.inbox.rglob("*") if "receipt" in path.name] == []


def test_without_an_address_the_outbox_is_named_and_nothing_fails(office: Installation) -> None:
    del office.addresses["outbox"]
    office.send("ON1", "january.xlsx", "2024-01", [good("data")])
    done = office.chiso("run", "--no-flow")
    assert done.returncode == 0
    assert "receipt outbox: address 'outbox' is not set" in done.stdout


def test_what_a_killed_run_took_in_and_did_not_answer_the_next_one_answers(office: Installation) -> None:
    office.send("ON2", "january.xlsx", "2024-01", [good("data"), WRONG])
    settings = read_settings(office.config)
    outcome, _, house = run_plainly(settings)
    sha256 = outcome.receipts[0].sha256
    before = receipt(office, "ON2/january.xlsx")
    # Killed after the append: what was promised is noted, nothing was laid or kept.
    for path in [*(office.folder / "outbox").rglob("*.receipt.*"), *(house.home / "receipts").glob("*.*")]:
        path.unlink()
    unanswered = house.home / "receipts" / "unanswered"
    (unanswered / f"{house.run_id}-killed.json").write_text(json.dumps([sha256, "0" * 64]), encoding="utf-8")
    # Promised by a run that was killed before it wrote anything: what an earlier one wrote is answered already.
    (unanswered / "earlier-killed.json").write_text(json.dumps([sha256]), encoding="utf-8")
    (unanswered / "torn.json").write_text('["', encoding="utf-8")
    answers = Answers()
    assert answer_unanswered(open_house(settings), answers) == 1
    assert answers.laid == 1
    assert receipt(office, "ON2/january.xlsx") == before
    assert list(unanswered.iterdir()) == []
    assert answer_unanswered(open_house(settings), answers) == 0


def test_an_error_of_ours_is_answered_too(office: Installation) -> None:
    office.send("ON1", "january.xlsx", "2024-01", [good("data")])
    settings = read_settings(office.config)
    house = open_house(settings)
    run_plainly(settings)
    from catalogue.form import Form  # noqa: PLC0415
    from flows.run import run_submissions  # noqa: PLC0415

    office.send("ON2", "february.xlsx", "2024-02", [good("data")])

    def poisoned(_house: object, _form: Form | None, _some: object, _name: str) -> Any:
        raise RuntimeError("poison")

    outcome = run_submissions(house, poisoned)
    assert [name for name, _ in outcome.failed] == ["ON2/february.xlsx"]
    told = receipt(office, "ON2/february.xlsx")
    assert (told["status"], told["findings"][0]["rule"]) == ("error", "file.error")
    assert told["findings"][0]["found"].endswith(".txt")
    # The next run takes it, and its answer replaces ours.
    assert office.chiso("run", "--no-flow").returncode == 0
    assert receipt(office, "ON2/february.xlsx")["status"] == "accepted"


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """An installation after a run, for what only asks."""
    made = install(tmp_path_factory.mktemp("used"), prepared=True)
    made.send("ON1", "january.xlsx", "2024-01", [good("data")])
    made.send("ON2", "january.xlsx", "2024-01", [good("data"), WRONG])
    made.send("ON2", "february.xlsx", "2024-02", [["data", "=1+1", 1, 5, 4, 4, 2]])
    assert made.chiso("run", "--no-flow").returncode == 1
    return made


def test_a_receipt_is_found_by_path_name_or_hash_and_shown_in_every_form(used: Installation, tmp_path: Path) -> None:
    said = used.chiso("receipt", "february.xlsx")
    assert (said.returncode, "cell.formula_error" in said.stdout or "cell.missing" in said.stdout) == (0, True)
    told = json.loads(used.chiso("receipt", "ON2/january.xlsx", "--format", "json").stdout)
    assert json.loads(used.chiso("receipt", told["sha256"][:10], "--format", "json").stdout) == told
    page = tmp_path / "page.html"
    assert used.chiso("receipt", "ON2/january.xlsx", "--format", "html", "-o", str(page)).returncode == 0
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    copy = tmp_path / "copy.xlsx"
    assert used.chiso("receipt", "ON2/january.xlsx", "--format", "xlsx", "-o", str(copy)).returncode == 0
    assert openpyxl.load_workbook(copy).worksheets[0]["B7"].comment is not None


def test_a_receipt_that_the_home_lost_is_told_by_the_warehouse(used: Installation) -> None:
    told = json.loads(used.chiso("receipt", "ON2/january.xlsx", "--format", "json").stdout)
    kept = used.folder / "home" / "receipts" / f"{told['sha256'][:16]}.json"
    text = kept.read_text(encoding="utf-8")
    kept.unlink()
    try:
        assert json.loads(used.chiso("receipt", "ON2/january.xlsx", "--format", "json").stdout) == told
    finally:
        kept.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("nothing.xlsx",), "there is no delivery 'nothing.xlsx'"),
        (("january.xlsx",), "names 2 deliveries; name one by its sha256"),
        (("ON2/january.xlsx", "--format", "xlsx"), "add -o FILE.xlsx"),
        (("ON1/january.xlsx", "--format", "xlsx", "-o", "x.xlsx"), "It has no cell to mark"),
        (("ON1/january.xlsx", "--format", "html", "-o", "no/such/folder.html"), "cannot be written"),
    ],
)
def test_a_wrong_call_is_one_message(used: Installation, words: tuple[str, ...], message: str) -> None:
    done = used.chiso("receipt", *words)
    assert (done.returncode, message in done.stderr) == (2, True), done.stderr


def test_where_nobody_is_to_be_told_sending_says_so(used: Installation) -> None:
    done = used.chiso("receipt", "ON2/january.xlsx", "--send")
    assert done.returncode == 1
    assert "declares no outbox" in done.stderr


def test_check_writes_the_marked_copy(used: Installation, tmp_path: Path) -> None:
    file, copy = used.inbox / "ON2" / "january.xlsx", tmp_path / "marked.xlsx"
    done = used.chiso("check", str(file), "--marked", str(copy))
    assert f"Marked copy: {copy}" in done.stdout
    assert openpyxl.load_workbook(copy).worksheets[0]["B7"].comment is not None
    fine = used.chiso("check", str(used.inbox / "ON1" / "january.xlsx"), "--marked", str(tmp_path / "none.xlsx"))
    assert fine.returncode == 0
    assert "no copy was written" in fine.stdout
    assert not (tmp_path / "none.xlsx").exists()
