"""``chiso receipt``: the receipt of a delivery, shown or written in any form and language, or sent once more."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Final, Literal

from sqlalchemy import select

from catalogue.errors import UsageError, WarehouseError
from flows.answering import Answers, Reply, from_warehouse, send
from flows.house import House, open_house
from flows.receipt import print_receipt, spoken
from flows.settings import Settings
from receipts.page import text
from receipts.receipt import Receipt, from_json, kept_path, to_json
from warehouse.schema import dim_delivery

Format = Literal["text", "json", "html", "xlsx"]
_HASH: Final = re.compile(r"[0-9a-f]{8,64}")
_CANDIDATES: Final = 5


def answer_again(
    settings: Settings, wanted: str, form: Format, language: str, output: Path | None, *, post: bool
) -> int:
    """Show the receipt of a delivery, or write it to a file; ``post`` sends it once more, as a run does.

    ``language`` empty is that of the settings. Returns 1 where it could not be laid or mailed, 0 otherwise. Raises
    UsageError where there is no such delivery, more than one of the name, or nothing to mark.
    """
    house = open_house(settings)
    told = spoken(house.programme, language) or settings.language
    receipt = find_receipt(house, wanted)
    if post:
        return _send(house, receipt)
    reply = Reply(house, receipt, told)
    if form == "text" and output is None:
        print_receipt(reply.worded, reply.words)
        return 0
    data = _bytes(reply, form)
    if output is not None:
        try:
            output.write_bytes(data)
        except OSError as error:
            raise UsageError(f"{output} cannot be written: {error.strerror}; name another file") from error
        print(f"{receipt.name}: {output}")
    elif form == "xlsx":
        raise UsageError("a workbook is nothing for the terminal; add -o FILE.xlsx")
    else:
        sys.stdout.write(data.decode())
    return 0


def _bytes(reply: Reply, form: Format) -> bytes:
    match form:
        case "html":
            return reply.html
        case "json":
            return to_json(reply.told).encode()
        case "xlsx":
            if reply.marked is None:
                why = reply.told.no_copy or "It has no cell to mark."
                raise UsageError(f"{reply.receipt.name}: {why} Its findings are in --format html or text")
            return reply.marked
        case "text":
            return text(reply.told, reply.words).encode()


def _send(house: House, receipt: Receipt) -> int:
    answers = Answers()
    send(house, receipt, answers)
    for who, why in answers.problems:
        print(f"{who}: {why}", file=sys.stderr)
    print(f"{receipt.name}: {answers.laid} laid into the outbox, {answers.mailed} mailed")
    if not (answers.problems or answers.laid or answers.mailed):
        print(
            "Its inbox declares no outbox (outbox: NAME in sources/), and its unit has no contact that is told of "
            f"{receipt.status!r} (contacts.yml): there is nobody to send it to.",
            file=sys.stderr,
        )
    return 0 if answers.laid or answers.mailed else 1


def find_receipt(house: House, wanted: str) -> Receipt:
    """The receipt of a delivery by its sha256 (eight digits of it do), its path in the inbox, or its file name.

    Of several judgements of the same bytes it is the latest. Raises UsageError where there is none, or more than one.
    """
    folder = house.home / "receipts"
    found: dict[str, str] = {}
    if _HASH.fullmatch(wanted):
        found = {path.stem: path.name for path in folder.glob(f"{wanted[:16]}*.json")}
        found = {stem: from_json(kept_path(folder, stem).read_text(encoding="utf-8")).sha256 for stem in found}
    shas = {sha256: sha256[:16] for sha256 in found.values() if sha256.startswith(wanted)} or _named(house, wanted)
    if not shas:
        raise UsageError(
            f"there is no delivery {wanted!r}; name its path in the inbox or its file name, as `chiso status` "
            "lists them, or its sha256"
        )
    if len(shas) > 1:
        some = "; ".join(f"{name} ({sha256[:12]})" for sha256, name in list(shas.items())[-_CANDIDATES:])
        more = f"; and {len(shas) - _CANDIDATES} more" if len(shas) > _CANDIDATES else ""
        raise UsageError(
            f"{wanted!r} names {len(shas)} deliveries; name one by its sha256 or its path in the inbox: {some}{more}"
        )
    (sha256,) = shas
    path = kept_path(folder, sha256)
    if path.is_file():
        return from_json(path.read_text(encoding="utf-8"))
    if not house.warehouse.whole:
        raise UsageError(
            f"the receipt of {wanted!r} is not in {folder}, and {house.warehouse.copy.name} holds no findings: ask "
            "where the stewards' copy can be read"
        )
    with house.warehouse.reader() as connection:
        told = from_warehouse(connection, sha256)
    if told is None:
        raise UsageError(f"the receipt of {wanted!r} is neither in {folder} nor in the warehouse; run `chiso run`")
    return told


def _named(house: House, wanted: str) -> dict[str, str]:
    """The deliveries of a name, (sha256: name), from the read copy; those that failed inside us from the home alone."""
    found: dict[str, str] = {}
    for path in sorted((house.home / "receipts").glob("*.json")):
        kept = path.read_text(encoding="utf-8")
        # Only what may be it is read as JSON: a home holds thousands.
        if wanted.rpartition("/")[2] in kept[:2000]:
            receipt = from_json(kept)
            if receipt.name == wanted or receipt.name.endswith(f"/{wanted}"):
                found[receipt.sha256] = receipt.name
    try:
        with house.warehouse.reader() as connection:
            rows = connection.execute(
                select(dim_delivery.c.sha256, dim_delivery.c.name)
                .where((dim_delivery.c.name == wanted) | dim_delivery.c.name.endswith(f"/{wanted}", autoescape=True)
                       | dim_delivery.c.sha256.startswith(wanted.lower(), autoescape=True))
                .order_by(dim_delivery.c.delivery_key)
            )  # fmt: skip
            found |= {str(sha256): str(name) for sha256, name in rows}
    except WarehouseError:
        # Nothing was published yet: what the home has is all there is.
        return found
    return found
