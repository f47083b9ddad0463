"""Forms and batches for tests of what happens between reading and appending: fields and checks in, staged rows out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from io import BytesIO
from typing import Any

from openpyxl import Workbook

from catalogue.delivery import Delivery
from catalogue.form import Form
from catalogue.period import Period
from catalogue.programme import Programme
from catalogue.source import Inbox
from flows.house import House
from transforms.recognise import Parcel, recognise_file
from transforms.resolve import Resolver
from transforms.stage import Arrived, lay, type_cells
from transforms.table import Row, Table
from warehouse.staging import Staging

WORDS = {"en": "as declared"}


def form_of(fields: Mapping[str, Mapping[str, Any] | str], checks: Sequence[Mapping[str, Any]] = ()) -> Form:
    """A form with these fields (a type, or all that a field declares) and checks, named C1, C2, ... in order."""
    declared = []
    for name, about in fields.items():
        known: dict[str, Any] = {"type": about} if isinstance(about, str) else dict(about)
        declared.append({"field": name, "header": (name,), "title": WORDS, **known})
    numbered = [
        {"check": f"C{number}", "title": WORDS, "advice": WORDS, **check} for number, check in enumerate(checks, 1)
    ]
    return Form.model_validate(
        {
            "form": "T",
            "title": WORDS,
            "fact": "cases",
            "frequency": "month",
            "respondents": {"register": "offices"},
            "fields": declared,
            "checks": numbered,
        }
    )


def kinds_of(texts: Sequence[str | None]) -> str:
    """Cells that hold a whole number are number cells, all others text."""
    return "".join("-" if text is None else "n" if text.lstrip("-").isdigit() else "t" for text in texts)


def arrived(
    form: Form,
    rows: Sequence[Sequence[str | None]],
    *,
    number: int = 1,
    unit: tuple[int, str] = (111, "ON1"),
    period: str = "2024-01",
    totals: Sequence[Sequence[str | None]] = (),
) -> Arrived:
    """A delivery whose cells are in rows 1, 2, ... of one sheet."""
    lines = [Row("sheet", place, tuple(texts), kinds_of(texts)) for place, texts in enumerate(rows, 1)]
    below = [Row("sheet", len(lines) + place, tuple(texts), kinds_of(texts)) for place, texts in enumerate(totals, 1)]
    names = tuple(field.field for field in form.fields)
    columns = {("sheet", name): chr(ord("A") + place) for place, name in enumerate(names)}
    table = Table(fields=names, columns=columns, rows=tuple(lines), totals=tuple(below))
    delivery = Delivery(
        sha256=f"{number:064}",
        name=f"{number}.xlsx",
        source="inbox",
        received_at=datetime(2024, 2, 1),
        size=1,
        form=form.form,
        unit_key=unit[0],
        unit_code=unit[1],
        period=Period.parse(period),
    )
    return Arrived(number, delivery, table)


def stage(area: Staging, programme: Programme, form: Form, batch: Sequence[Arrived]) -> None:
    """Lay a batch out and type its cells."""
    lay(area, programme, form, batch)
    type_cells(area, Resolver(programme), form, date(2024, 2, 1))


def workbook(form: Form, unit: str, period: str, rows: Sequence[Sequence[object]], *below: Sequence[object]) -> bytes:
    """A workbook as an office would send it: a block with form, unit and period, the table, what stands below."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append([form.title["en"]])
    for label, value in (("Form", form.form), ("Unit", unit), ("Period", period)):
        sheet.append([label, value])
    sheet.append([])
    sheet.append([field.header[0] for field in form.fields])
    for row in (*rows, *below):
        sheet.append(list(row))
    # The same rows are the same bytes, whenever they are written.
    book.properties.created = book.properties.modified = datetime(2024, 1, 1)
    held = BytesIO()
    book.save(held)
    return held.getvalue()


def delivered(house: House, data: bytes, unit: str, name: str = "file.xlsx") -> Delivery:
    """Bytes that were found in a unit's folder of the inbox: archived and recognised."""
    sha256 = house.archive.put(data)
    inbox = next(source for source in house.programme.sources if isinstance(source, Inbox))
    parcel = Parcel(name, sha256, len(data), datetime(2024, 6, 1), {"unit": unit})
    return recognise_file(house.programme, inbox, parcel, data, house.resolver)
