"""``chiso check``: what would become of a file, by the very gate of the pipeline. Nothing is stored."""

from __future__ import annotations

import hashlib
from pathlib import Path

from catalogue.errors import UsageError
from catalogue.source import Inbox
from flows.answering import Reply
from flows.house import House, now, open_house
from flows.load import check
from flows.receipt import print_receipt, spoken
from flows.settings import Settings
from flows.signing import signed_on_disk
from receipts.receipt import Receipt, to_json
from transforms.recognise import Parcel, recognise_file


def check_file(
    settings: Settings, file: Path, unit: str, *, as_json: bool, language: str = "", marked: Path | None = None
) -> int:
    """Print every finding of a file in a language (that of the settings where empty), and write its marked copy.

    Returns 1 where the file would be rejected, 0 otherwise. Raises UsageError where there is no such file.
    """
    if file.is_dir():
        raise UsageError(f"{file} is a folder; name a workbook or CSV in it")
    if not file.is_file():
        raise UsageError(f"there is no file {file}; name a workbook or CSV")
    house = open_house(settings)
    told = spoken(house.programme, language) or settings.language
    data = file.read_bytes()
    reply = Reply(house, receipt_of(house, file, unit), told, data)
    if as_json:
        print(to_json(reply.worded), end="")
    else:
        print_receipt(reply.worded, reply.words)
    if marked is not None:
        write_marked(reply, marked, tell=not as_json)
    return 1 if reply.receipt.status in ("rejected", "error") else 0


def receipt_of(house: House, file: Path, unit: str = "") -> Receipt:
    """The receipt that a file would get. Where several inboxes are declared, the first that knows its form counts."""
    data = file.read_bytes()
    folder = {"unit": unit} if unit else {}
    parcel = Parcel(file.name, hashlib.sha256(data).hexdigest(), len(data), now(), folder)
    inboxes = [one for one in house.programme.sources if isinstance(one, Inbox)]
    if not inboxes:
        raise UsageError(f"programme {house.programme.name} declares no inbox, so no file can be checked")
    found = [recognise_file(house.programme, inbox, parcel, data, house.resolver) for inbox in inboxes]
    # What no inbox knows is told the forms of the one that takes most.
    widest = max(range(len(inboxes)), key=lambda place: len(inboxes[place].forms))
    delivery = next((one for one in found if one.form), found[widest])
    form = house.programme.form[delivery.form] if delivery.form else None
    return check(house, form, signed_on_disk(house, delivery, file, data), data).receipts[0]


def write_marked(reply: Reply, path: Path, *, tell: bool) -> None:
    """Write the marked copy of a file, and say so; where there is nothing to mark, nothing is written.

    Raises UsageError where the path is not one that can be written.
    """
    copy = reply.marked
    if copy is None:
        if tell:
            print(reply.told.no_copy or reply.words("nothing_to_mark"))
        return
    try:
        path.write_bytes(copy)
    except OSError as error:
        raise UsageError(f"the marked copy cannot be written to {path}: {error.strerror}; name another file") from error
    if tell:
        print(reply.words("copy_written", path))
