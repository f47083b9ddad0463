"""A telephone number in a remark, through a whole run: told by cell and kind, and quoted by nothing that is sent."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import openpyxl
import pytest

from tests.flows.office import CASES, good, install

NUMBER = "0912345678"
PATTERNS = """
- personal: phone
  title: {en: mobile telephone number}
  pattern: '(?<!\\w)0\\d{9}(?!\\w)'
  finds: ["0912345678"]
"""
REMARK = "- {field: remark, header: [Remark], title: {en: Remark}, type: text, max_length: 40}"


@pytest.mark.long
def test_a_telephone_number_is_told_of_and_quoted_nowhere(tmp_path: Path) -> None:
    office = install(tmp_path, prepared=True)
    form = office.programme / "forms" / "CASES.yml"
    form.write_text(form.read_text(encoding="utf-8").replace("fields:\n", f"fields:\n  {REMARK}\n"), encoding="utf-8")
    office.declare("personal.yml", PATTERNS)
    book, kept = openpyxl.Workbook(), BytesIO()
    sheet = book.worksheets[0]
    head: tuple[list[str], ...] = (["Form: CASES"], ["Unit:", "ON1"], ["Period:", "2024-01"], [], [*CASES, "Remark"])
    for line in (*head, [*good("data"), f"call {NUMBER}"], [*good("web"), "nothing"]):
        sheet.append(line)
    book.save(kept)
    office.put("ON1", "january.xlsx", kept.getvalue())
    assert office.chiso("run", "--no-flow").returncode == 0
    told = office.asked("SELECT rule_code, severity, source_row, source_column, field, found FROM issue")
    assert told == [
        {"rule_code": "cell.personal", "severity": "warn", "source_row": 6, "source_column": "H", "field": "remark",
         "found": "phone"}
    ]  # fmt: skip
    assert office.asked("SELECT status, rows_loaded FROM dim_delivery") == [
        {"status": "accepted_with_warnings", "rows_loaded": 2}
    ]
    answered = office.chiso("receipt", "ON1/january.xlsx").stdout
    assert "mobile telephone" in answered
    # The archive has what was sent; nothing else of the home does.
    home = office.folder / "home"
    files = [path for path in home.rglob("*") if path.is_file() and "archive" not in path.parts]
    assert [path for path in files if NUMBER.encode() in path.read_bytes()] == []
    assert NUMBER not in answered
