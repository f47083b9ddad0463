"""Records of a portal: a crop as the answers of a one-stop system, with the page and place at which each will stand."""

from __future__ import annotations

from typing import Any

from catalogue.form import Form
from catalogue.programme import Programme
from catalogue.register import Version
from catalogue.source import Portal
from demo.draft import overwritten
from demo.hand import Hand
from demo.reckoning import FactShape, field_of, severity_of, status_of
from demo.scene import Campaign, Fault, Plus
from demo.seat import Crop, Grown
from demo.truth import CleanRow, Expected, Planted

Record = dict[str, Any]


def answer(programme: Programme, portal: Portal, crop: Crop) -> tuple[list[Record], Expected]:
    """The records of a portal for a period, in the order of its pages, and what must become of the pull."""
    form, keys = crop.form, _keys(crop.form)
    grown = [(_record(keys, crop.campaign, row), row) for rows in crop.rows.values() for row in rows]
    # The portal answers in the order it is asked for: this gives each record its page and place.
    grown.sort(key=lambda pair: tuple(str(pair[0].get(key, "")) for key in portal.order_by))
    rows: list[CleanRow] = []
    planted: list[Planted] = []
    aside, unit = 0, crop.units[0]
    shape, hand = FactShape(programme, form), Hand()
    for number, (record, row) in enumerate(grown):
        page, place = f"page {number // portal.page_size + 1}", number % portal.page_size + 1
        wrong = False
        if row.seat.plant is not None:
            for find in row.seat.plant.finds:
                field = form.field(field_of(form, find) or "")
                key = field.header[0] if field and field.header else ""
                severity = severity_of(form, find)
                text = "" if record.get(key) is None else str(record[key])
                planted.append(Planted(row.seat.plant.plant, find.rule, severity, page, f"{place}:{key}", text))
                wrong = wrong or severity == "reject_row"
        aside += wrong
        if not wrong:
            values = _values(row)
            contents = {field: record.get(key) for field, key in keys.items()}
            rows.append(CleanRow(page, place, shape.columns(values, contents, unit, hand)))
    status = status_of(planted, loaded=len(rows), aside=aside)
    code = crop.period.code if crop.period else ""
    name = f"{portal.source}/{code}"
    expected = Expected(
        name, portal.source, form.form, portal.unit, code, status, tuple(rows), tuple(planted), quarantined=aside
    )
    return [record for record, _ in grown], expected


def _values(row: Grown) -> dict[str, Any]:
    """The values of a row, with the figures that a plant which only warns wrote over."""
    values = dict(row.values)
    for name, over in (row.seat.plant.cells if row.seat.plant else {}).items():
        value = values.get(name)
        values[name] = overwritten(value, over) if isinstance(value, int) else over
    return values


def _keys(form: Form) -> dict[str, str]:
    return {one.field: one.header[0] if one.header else one.field for one in form.fields}


def _record(keys: dict[str, str], campaign: Campaign, row: Grown) -> Record:
    """A row as the portal sends it: keys as the contract names them, figures as numbers, codes as texts."""
    record: Record = {}
    cells = row.seat.plant.cells if row.seat.plant else {}
    for name, key in keys.items():
        value = row.values.get(name)
        if name in cells:
            over = cells[name]
            value = overwritten(value, over) if isinstance(over, Plus) else over
        record[key] = value.code if isinstance(value, Version) else value.error if isinstance(value, Fault) else value
    tags = {"row": row.seat.entity, "second": row.seat.second, "unit": row.seat.unit}
    for key, template in campaign.extra.items():
        record[key] = template.format(**tags)
    return record
