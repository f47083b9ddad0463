"""Answering: each delivery's receipt, kept, laid into the outbox and mailed to the unit's contacts within the run.

What cannot be laid or mailed is said and never costs the run: the delivery is in the warehouse, and its receipt can be
sent again by hand (``chiso receipt NAME --send``). What a killed run left unanswered the next one answers.
"""
# ruff: noqa: PLC0415 - Apprise and openpyxl are loaded only where there is something to tell or to mark

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, select

from catalogue.contact import Contact, contacts_of
from catalogue.declared import say
from catalogue.delivery import Cell, Delivery
from catalogue.errors import ChisoError, SettingsError
from catalogue.period import Period
from catalogue.rule import finding
from catalogue.source import Extract, Folder, Portal
from flows.house import House
from receipts.outbox import HTML, JSON, XLSX, lay, place_of
from receipts.page import html, letter
from receipts.receipt import Line, Receipt, Tally, keep, receipt_of, to_json
from receipts.words import Words, worded, words_of
from warehouse.schema import dim_delivery, issue
from warehouse.signature import signature_of

if TYPE_CHECKING:
    from receipts.marked import NoCopy

PATIENCE: Final = 3
"""As many failures of one channel in a row, after which the rest of a run does not try it again."""


@dataclass(slots=True)
class Answers:
    """What became of the receipts of a run: how many were laid and mailed; (who or what, why) of what was not; and how
    often the outbox and the mail failed one after another."""

    laid: int = 0
    mailed: int = 0
    problems: list[tuple[str, str]] = field(default_factory=list)
    failing: dict[str, int] = field(default_factory=dict)

    def add(self, other: Answers) -> None:
        """Take others in."""
        self.laid += other.laid
        self.mailed += other.mailed
        self.problems += other.problems

    def tries(self, channel: str) -> bool:
        """Whether a channel is still worth trying."""
        return self.failing.get(channel, 0) < PATIENCE

    def worked(self, channel: str) -> None:
        """Say that a channel did its work."""
        self.failing[channel] = 0

    def failed(self, channel: str, who: str, why: str) -> None:
        """Say that a channel failed; the last failure that counts says that the rest is not tried."""
        self.failing[channel] = self.failing.get(channel, 0) + 1
        self.problems.append((who, why))
        if not self.tries(channel):
            rest = "is not tried again in this run; once it works, chiso receipt NAME --send sends what is missing"
            self.problems.append((channel, f"failed {PATIENCE} times one after another and {rest}"))


@dataclass
class Reply:
    """One receipt in the forms that people get; each is made once, and only where somebody asks for it.

    ``language`` empty is the programme's first. ``data`` are the bytes of the delivery, where they are at hand;
    else the archive has them.
    """

    house: House
    receipt: Receipt
    language: str
    data: bytes | None = None

    @cached_property
    def words(self) -> Words:
        """The words it is written in."""
        return words_of(self.house.programme, self.language)

    @cached_property
    def worded(self) -> Receipt:
        """The receipt with its texts in the language."""
        return worded(self.receipt, self.house.programme, self.words)

    @cached_property
    def title(self) -> str:
        """The programme's title."""
        return say(self.house.programme.header.title, self.words.language)

    @cached_property
    def told(self) -> Receipt:
        """The receipt as it is told: worded, and with the reason where there are cells to mark and no marked copy."""
        try:
            copy = self._copy
        except ChisoError:
            # Whoever asks for the copy itself is told; the page must not be missing, too.
            copy = "copy_lost"
        return replace(self.worded, no_copy=self.words(copy)) if isinstance(copy, str) else self.worded

    @cached_property
    def html(self) -> bytes:
        """The page."""
        return html(self.told, self.words, self.title).encode()

    @cached_property
    def marked(self) -> bytes | None:
        """The marked copy; None where there is none (``told`` says why, where there is something to mark). Raises
        ChisoError where the archive lost the file."""
        return self._copy if isinstance(self._copy, bytes) else None

    @cached_property
    def _copy(self) -> bytes | NoCopy | None:
        source = self.house.programme.source.get(self.receipt.source)
        if not self.receipt.has_marks or isinstance(source, Portal):
            return None
        if isinstance(source, Extract):
            # It has no cells that a person would look for, and may be too large to be held.
            return "copy_extract"
        from receipts.marked import marked

        data = self.house.archive.get(self.receipt.sha256) if self.data is None else self.data
        return marked(data, self.worded, self.words)

    @property
    def files(self) -> dict[str, bytes]:
        """What is laid into the outbox, by what is added to the file's name."""
        made = {HTML: self.html, JSON: to_json(self.told).encode()}
        return made | ({XLSX: self.marked} if self.marked else {})


def answer(house: House, receipt: Receipt, answers: Answers) -> Path:
    """Answer one delivery: lay its receipt into the outbox, mail it to the unit's contacts, keep it in the home.

    Returns the path of the page in the home. Raises nothing: what failed is in ``answers``.
    """
    replies: dict[str, Reply] = {}

    def reply(language: str) -> Reply:
        return replies.setdefault(language, Reply(house, receipt, language))

    folder = house.home / "receipts"
    page = folder / f"{receipt.sha256[:16]}.html"
    try:
        send(house, receipt, answers, replies)
        folder.mkdir(parents=True, exist_ok=True)
        page.write_bytes(reply("").html)
        # Last: what is kept was answered.
        keep(receipt, folder)
    except Exception as error:
        answers.failed("home", receipt.name, f"the receipt was not kept in {folder}: {type(error).__name__}: {error}")
    return page


def send(house: House, receipt: Receipt, answers: Answers, replies: dict[str, Reply] | None = None) -> None:
    """Lay a receipt into the outbox of its inbox, and mail it to the contacts of its unit, each in her language.

    ``replies`` are the forms of it that were made already, by language.
    """
    made = {} if replies is None else replies
    source = house.programme.source.get(receipt.source)
    # A portal reads no letters; who runs it is told by the routes.
    if not isinstance(source, Folder):
        return
    contacts = list(contacts_of(house.programme.contacts, _codes(house, source, receipt)))
    first = contacts[0].language if contacts else ""
    _lay(house, source, made.setdefault(first, Reply(house, receipt, first)), answers)
    for contact in contacts:
        if receipt.status in contact.on:
            reply = made.setdefault(contact.language, Reply(house, receipt, contact.language))
            _mail(house, contact, reply, answers)


def failure(house: House, delivery: Delivery, trace: str) -> Receipt:
    """The receipt of a delivery that no step of ours could carry through, with the trace that the steward is told."""
    wrong = finding("file.error", Cell(), "", trace, house.programme.language)
    return Receipt(
        name=delivery.name,
        sha256=delivery.sha256,
        form=delivery.form,
        unit=delivery.unit_code,
        period=delivery.period.code if delivery.period else None,
        status="error",
        rows_read=0,
        rows_loaded=0,
        rows_quarantined=0,
        rows_refused=0,
        rows_repeated=0,
        rows_furniture=0,
        findings_total=1,
        findings=(Line(wrong.rule, wrong.severity, "", "", "", wrong.found, wrong.allowed, wrong.advice),),
        tallies=(Tally(wrong.rule, wrong.severity, 1),),
        source=delivery.source,
        unit_key=delivery.unit_key,
        run_id=house.run_id,
        received_at=delivery.received_at.isoformat(sep=" ", timespec="seconds"),
    )


def promise(house: House, deliveries: Sequence[Delivery]) -> Path:
    """Note that some deliveries are to be answered; whoever answered them deletes the note. A killed run leaves it."""
    folder = house.home / "receipts" / "unanswered"
    folder.mkdir(parents=True, exist_ok=True)
    note = folder / f"{house.run_id}-{deliveries[0].sha256[:16]}.json"
    note.write_text(json.dumps([one.sha256 for one in deliveries]), encoding="utf-8")
    return note


def kept_promises(house: House) -> None:
    """Delete the notes of this run: all that it promised is answered."""
    for note in (house.home / "receipts" / "unanswered").glob(f"{house.run_id}-*.json"):
        note.unlink()


def answer_unanswered(house: House, answers: Answers) -> int:
    """Answer what an earlier run took in and was killed before it could answer; returns how many."""
    answered = 0
    for note in sorted((house.home / "receipts" / "unanswered").glob("*.json")):
        try:
            hashes: list[str] = json.loads(note.read_text(encoding="utf-8"))
        except ValueError:
            # Killed while it was written: nothing was taken in yet.
            hashes = []
        with house.warehouse.connection() as connection:
            told = [receipt for sha256 in hashes if (receipt := from_warehouse(connection, sha256))]
        # Killed before the append, or judged anew by a later run, which answered it: not what was promised here.
        found = [receipt for receipt in told if note.name.startswith(f"{receipt.run_id}-")]
        for receipt in found:
            answer(house, receipt, answers)
        answered += len(found)
        note.unlink()
    return answered


def from_warehouse(connection: Connection, sha256: str) -> Receipt | None:
    """The receipt of the latest judgement of a delivery, as the warehouse tells it; None where it knows none."""
    latest = select(dim_delivery).where(dim_delivery.c.sha256 == sha256).order_by(dim_delivery.c.delivery_key.desc())
    about: Any = connection.execute(latest.limit(1)).mappings().one_or_none()
    if about is None:
        return None
    issues = connection.execute(select(issue).where(issue.c.delivery_key == about["delivery_key"])).mappings()
    return receipt_of(about, [dict(one) for one in issues], signature_of(connection, about["delivery_key"]))


def _codes(house: House, inbox: Folder, receipt: Receipt) -> tuple[str, ...]:
    """The code of the unit that reported, and those above it, nearest first. Of a file that could not be read far
    enough to know, that is the unit whose folder it lay in."""
    programme, key = house.programme, receipt.unit_key
    if key is None:
        day = date.fromisoformat(receipt.received_at[:10])
        levels = dict(zip(inbox.folders, receipt.name.split("/")[:-1], strict=False))
        code = receipt.unit or levels.get("unit", "").partition(" - ")[0].strip()
        found = (register.by_code(code, day) for register in programme.registers)
        key = next((version.key for version in found if version), None)
    else:
        day = programme.last_day(key) or date.fromisoformat(receipt.received_at[:10])
        if receipt.period:
            day = programme.as_of(key, Period.parse(receipt.period, programme.calendars))
    if key is None:
        return (receipt.unit,) if receipt.unit else ()
    above = (programme.version(one, day) for one in programme.ancestors(key, day))
    return tuple(dict.fromkeys([*([receipt.unit] if receipt.unit else []), *(one.code for one in above if one)]))


def _lay(house: House, inbox: Folder, reply: Reply, answers: Answers) -> None:
    if inbox.outbox is None or not answers.tries("outbox"):
        return
    try:
        fetched = [house.settings.addresses[name] for name in _inboxes(house) if name in house.settings.addresses]
        place = place_of(reply.receipt.name, reply.receipt.unit, by_unit="unit" in inbox.folders)
        lay(house.settings.address(inbox.outbox), fetched, place, reply.files)
    except SettingsError as error:
        # The same for every delivery: said once.
        answers.problems.append(("outbox", str(error)))
        answers.failing["outbox"] = PATIENCE
    except ChisoError as error:
        answers.failed("outbox", reply.receipt.name, str(error))
    except Exception as error:
        answers.failed("outbox", reply.receipt.name, f"the receipt was not laid: {type(error).__name__}: {error}")
    else:
        answers.worked("outbox")
        answers.laid += 1


def _inboxes(house: House) -> list[str]:
    return [one.address for one in house.programme.sources if isinstance(one, Folder)]


def _mail(house: House, contact: Contact, reply: Reply, answers: Answers) -> None:
    if not answers.tries("mail"):
        return
    from alerts.letter import post

    receipt = reply.receipt
    if receipt.status == "repeated":
        return
    name = receipt.name.rpartition("/")[2]
    try:
        attached = {f"{name}{HTML}": reply.html}
        if reply.marked:
            attached[f"{name}{XLSX}"] = reply.marked
        subject_and_text = letter(reply.told, reply.words, reply.title)
        told = post(contact, (receipt.sha256, receipt.status), subject_and_text, attached, house.settings.secret)
    except Exception as error:
        answers.failed("mail", contact.contact, f"{receipt.name} was not mailed: {type(error).__name__}: {error}")
        return
    if told.outcome == "sent":
        answers.worked("mail")
        answers.mailed += 1
    elif told.outcome == "failed":
        answers.failed("mail", contact.contact, told.reason)
    elif (contact.contact, told.reason) not in answers.problems:
        answers.problems.append((contact.contact, told.reason))
