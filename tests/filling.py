"""Templates filled in, as an office would: valid workbooks of any form.

Values are drawn from the validations of the workbook itself, never from the form: only relations between cells, which
no cell's validation can know, are taken from the form's checks.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.worksheet.datavalidation import DataValidation

from catalogue.check import Check, Operand
from catalogue.delivery import Delivery
from catalogue.form import Form
from catalogue.loader import load_programme
from catalogue.period import PER_YEAR, Period
from catalogue.register import Version
from catalogue.source import Inbox
from flows.house import House, now
from flows.load import judge
from flows.past import past_of
from receipts.receipt import Receipt, receipts
from receipts.template import template
from tests.world import LAND
from transforms.account import account
from transforms.owe import is_respondent
from transforms.read import read
from transforms.recognise import Parcel, recognise_file
from transforms.stage import Arrived
from warehouse.staging import staging_area

VIETNAM = Path(__file__).parents[1] / "programmes" / "vietnam"
TODAY = date(2024, 6, 1)
Row = dict[str, Any]


def _forms(folder: Path) -> list[tuple[Path, str]]:
    programme = load_programme(folder)
    sent = {code for source in programme.sources if isinstance(source, Inbox) for code in source.forms}
    return [(folder, form.form) for form in programme.forms if form.form in sent]


FORMS = [*_forms(LAND), *_forms(VIETNAM)]


@dataclass
class Case:
    """A form, a unit that owes it, a period, and their template."""

    house: House
    form: Form
    unit: Version
    period: Period | None
    data: bytes


def case(house: House, code: str, drawn: random.Random) -> Case:
    """The template of a form for a random unit that owes it, in the first of some years in which there is one."""
    programme, form = house.programme, house.programme.form[code]
    register = programme.register_named[form.respondents.register_name]
    for year in range(2023, 2027):
        period = None
        if form.frequency:
            last = PER_YEAR[form.frequency]
            period = Period(programme.calendars[form.calendar], form.frequency, year, drawn.randint(1, last))
        day = period.end if period else TODAY
        units = [one for one in register.on(day) if is_respondent(programme, form, one, day)]
        if units:
            unit = drawn.choice(sorted(units, key=lambda one: one.code))
            language = drawn.choice(programme.languages).language
            return Case(house, form, unit, period, template(house.resolver, form, language, unit, period, TODAY))
    raise AssertionError(f"nobody owes {code}")


def judged(one: Case, files: Sequence[bytes]) -> list[tuple[Delivery, Receipt]]:
    """What the pipeline makes of files that an office sends, all of them in one batch; nothing is stored."""
    house, programme = one.house, one.house.programme
    inbox = next(source for source in programme.sources if isinstance(source, Inbox) and one.form.form in source.forms)
    folder = {}
    if "stamp" not in inbox.identify:
        folder = {"form": one.form.form, "unit": one.unit.code, "period": one.period.code if one.period else ""}
    batch = []
    for number, data in enumerate(files, start=1):
        parcel = Parcel(f"{number}.xlsx", sha256(data).hexdigest(), len(data), datetime(2024, 6, 1), folder)
        delivery = recognise_file(programme, inbox, parcel, data, house.resolver)
        batch.append(Arrived(number, delivery, read(delivery, data, one.form, programme)))
    with staging_area(house.staging_path("judged")) as area:
        judge(house, area, one.form, batch, past_of(house.warehouse, published=True))
        account(area, one.form, batch, now(), house.run_id)
        return list(zip((arrived.delivery for arrived in batch), receipts(area), strict=True))


class Filling:
    """A template that is being filled in."""

    def __init__(self, one: Case, drawn: random.Random) -> None:
        self.case, self.drawn = one, drawn
        self.book = openpyxl.load_workbook(BytesIO(one.data))
        self.sheet = self.book.worksheets[0]
        self.cells = {
            name.removeprefix("col_"): next(iter(found.destinations))[1].replace("$", "").partition(":")[0]
            for name, found in self.book.defined_names.items()
            if name.startswith("col_")
        }
        rules: list[DataValidation] = self.sheet.data_validations.dataValidation
        self.rules = {str(rule.sqref).partition(":")[0]: rule for rule in rules}
        self.first = self.sheet[next(iter(self.cells.values()))].row

    def rule(self, field: str) -> DataValidation:
        """The validation of a column."""
        return self.rules[self.cells[field]]

    def listed(self, field: str) -> list[str]:
        """What the drop-down of a column offers."""
        name = self.rule(field).formula1
        sheet, area = next(iter(self.book.defined_names[name].destinations))
        return [str(cell.value) for (cell,) in self.book[sheet][area.replace("$", "")] if cell.value is not None]

    def own_rows(self) -> list[Row]:
        """The rows that are prefilled."""
        found = []
        for place in range(self.first, self.sheet.max_row + 1):
            texts = {field: self.at(field, place).value for field in self.cells}
            if any(texts.values()):
                found.append({field: text for field, text in texts.items() if text})
        return found

    def at(self, field: str, row: int) -> Any:
        """The cell of a field in a row of the sheet."""
        return self.sheet[f"{self.cells[field].rstrip('0123456789')}{row}"]

    def rows(self) -> list[Row]:
        """Rows that the validations allow and the checks across cells hold for."""
        known = self.own_rows()
        keys = {field for one in self.case.form.checks if one.kind == "unique" for field in one.fields}
        lists = [len(self.listed(field)) for field in keys if self.rule(field).type == "list"]
        rows = known or [{} for _ in range(min([3, *lists]))]
        picked = {
            field: self.drawn.sample(self.listed(field), len(rows))
            for field in self.cells
            if self.rule(field).type == "list" and len(self.listed(field)) >= len(rows)
        }
        filled = []
        for place, row in enumerate(rows):
            for _ in range(200):
                tried = {**self.row(place), **{field: texts[place] for field, texts in picked.items()}, **row}
                if self.settled(tried):
                    filled.append(tried)
                    break
            else:
                raise AssertionError(f"no row of {self.case.form.form} could be drawn that keeps its checks")
        return filled

    def row(self, place: int) -> Row:
        """Each required column, and most of the others, with something its validation allows."""
        return {
            field.field: self.value(field.field, field.type, place)
            for field in self.case.form.fields
            if field.required or self.drawn.random() < 0.7
        }

    def value(self, field: str, kind: str, place: int) -> Any:
        rule, drawn = self.rule(field), self.drawn
        if rule.type == "list":
            return drawn.choice(self.listed(field))
        if rule.type == "whole":
            low = max(int(said(rule.formula1)), 0)
            return drawn.randint(low, min(int(said(rule.formula2)), low + 60))
        if rule.type == "decimal":
            least = max(Decimal(said(rule.formula1)), Decimal(0))
            return min(Decimal(said(rule.formula2)), least + Decimal(drawn.randint(0, 800)) / 100)
        if rule.type == "date":
            span = self.case.period
            start, end = (span.start, span.end) if span else (date(2024, 1, 1), TODAY)
            return start + timedelta(days=drawn.randint(0, (end - start).days))
        if kind == "period":
            return str(drawn.randint(2020, 2023))
        return f"{drawn.choice(['Khám bệnh', 'Đất đai', 'Field', 'Ổn định'])} {place + 1}{drawn.randint(10, 99)}"[
            : int(said(rule.formula1))
        ]

    def settled(self, row: Row) -> bool:
        """Move the figures of a row until its comparisons hold; false where they would not."""
        comparisons = [one for one in self.case.form.checks if one.kind == "compare" and one.severity != "warn"]
        for _ in range(400):
            broken = [(one, excess) for one in comparisons if (excess := self.excess(one, row)) is not None]
            if not broken:
                return True
            one, excess = self.drawn.choice(broken)
            self.move(one, excess, row)
        return False

    def excess(self, one: Check, row: Row) -> Decimal | None:
        """By how much the left side is more than the right, where the check is broken."""
        programme = self.case.house.programme
        for when in one.when:
            field = self.case.form.field(when.field)
            value = row.get(when.field)
            if field and field.codelist and value is not None:
                value = self.case.house.resolver.code(str(value), field.codelist, None).code
            if field and field.type == "flag":
                value = value in programme.language.true
            holds = (
                (when.one_of is None or value in when.one_of)
                and (when.is_true is None or value is when.is_true)
                and (when.more_than is None or (value is not None and value > when.more_than))
                and (when.present is None or (value is not None) is when.present)
            )
            if not holds:
                return None
        sides = [sum((term(operand, row) for operand in side), Decimal(0)) for side in (one.left, one.right)]
        if any(side.is_nan() for side in sides):
            return None
        left, right = sides
        holds = {"=": left == right, "<=": left <= right, "<": left < right, ">=": left >= right, ">": left > right}
        return None if holds[one.operator] else left - right

    def move(self, one: Check, excess: Decimal, row: Row) -> None:
        """Change one figure so that a broken comparison would hold, as far as the figure's validation allows."""
        sides = [(operand, 1) for operand in one.left] + [(operand, -1) for operand in one.right]
        movable = [(operand, sign) for operand, sign in sides if operand.field]
        operand, sign = self.drawn.choice(movable)
        field = operand.field or ""
        step = excess / (operand.times * sign)
        if isinstance(row[field], date):
            row[field] -= timedelta(days=int(step))
            return
        rule = self.rule(field)
        whole = step if rule.type == "decimal" else step.to_integral_value(ROUND_CEILING)
        least, most = Decimal(said(rule.formula1)), Decimal(said(rule.formula2))
        row[field] = min(max(row[field] - whole, least), most)

    def filled(self, rows: list[Row]) -> bytes:
        """The workbook with some rows."""
        for place, row in enumerate(rows, start=self.first):
            for field, value in row.items():
                self.at(field, place).value = float(value) if isinstance(value, Decimal) else value
        held = BytesIO()
        self.book.save(held)
        return held.getvalue()


def said(formula: str | None) -> str:
    """What a validation says, where its kind must say something."""
    assert formula is not None
    return formula


def term(operand: Operand, row: Mapping[str, Any]) -> Decimal:
    """An operand as a number; NaN where its cell is blank."""
    if operand.field is None:
        return operand.constant or Decimal(0)
    value = row.get(operand.field)
    if value is None:
        return Decimal(0) if operand.absent == "zero" else Decimal("NaN")
    return operand.times * (Decimal(value.toordinal()) if isinstance(value, date) else Decimal(value))
