"""Files that mean harm, or look as if: each ends in one message within 10 s and 500 MB, and harms nothing beside it."""

from __future__ import annotations

import io
import json
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import openpyxl
import pytest

from tests.flows.office import CASES, Installation, good, install

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
SECONDS, MEGABYTES = 10, 500

# Opens the files named, says the message of each, and what the process needed.
OPEN = """
import json, sys, time
from pathlib import Path
from catalogue.errors import DeliveryRefused
from transforms.workbook import open_book
found = []
for path in map(Path, sys.argv[1:]):
    start = time.process_time()
    try:
        book = open_book(path.read_bytes(), path.name)
        said = f"{sum(len(sheet.lines) for sheet in book.sheets)} lines"
    except DeliveryRefused as refused:
        said = f"{refused.rule}: {refused}"
    status = Path("/proc/self/status").read_text()
    most = int(status.partition("VmHWM:")[2].split()[0]) // 1024
    found.append((path.name, said, time.process_time() - start, most))
print(json.dumps(found))
"""

SPREADSHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
HEAD = f'<?xml version="1.0"?><worksheet xmlns="{SPREADSHEET}"><sheetData>'.encode()
TAIL = b"</sheetData></worksheet>"
# A cell that says another row than the one that it stands in.
FAR = b'<row r="1"><c r="A1"><v>1</v></c><c r="L99999999999"><v>1</v></c></row>'
NEAR = b'<row r="1"><c r="A1"><v>1</v></c></row>'
# An encoding that there is not; the cells are well all the same.
UNKNOWN = b'<?xml version="1.0" encoding="UTF-x"?><styleSheet/>'


def package(sheet: Iterable[bytes], parts: dict[str, bytes] | None = None) -> bytes:
    """An xlsx file whose only sheet is this XML."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("[Content_Types].xml", f'<Types xmlns="{PACKAGE}/content-types"/>')
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
            f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{SPREADSHEET}" xmlns:r="{OFFICE}"><sheets><sheet name="S" sheetId="1" r:id="r1"/>'
            "</sheets></workbook>",
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" Type="{OFFICE}/worksheet" '
            'Target="worksheets/sheet1.xml"/></Relationships>',
        )
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            for piece in sheet:
                part.write(piece)
        for name, data in (parts or {}).items():
            archive.writestr(name, data)
    return held.getvalue()


def zipped(parts: Iterable[tuple[str, bytes]]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in parts:
            archive.writestr(name, data)
    return held.getvalue()


def lying() -> bytes:
    """A bomb that declares to be small: its part says it has 1,000 bytes."""
    blank = b" " * (1024 * 1024)
    data = bytearray(package([HEAD, *[blank] * 400, TAIL]))
    true = struct.pack("<I", 400 * 1024 * 1024 + len(HEAD) + len(TAIL))
    for place in range(len(data) - 4):
        if data[place : place + 4] == true:
            data[place : place + 4] = struct.pack("<I", 1000)
    return bytes(data)


def nested() -> bytes:
    inner = zipped([("0.zip", bytes(50 * 1024 * 1024))])
    for depth in range(3):
        inner = zipped([(f"{depth}.{place}.zip", inner) for place in range(8)])
    return inner


def repeated_cells() -> bytes:
    """An ods file of a few bytes that repeats one cell over a million rows and a thousand columns."""
    content = (
        '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
        '<table:table table:name="S"><table:table-row table:number-rows-repeated="1000000"><table:table-cell '
        'table:number-columns-repeated="1000" office:value-type="float" office:value="1"><text:p>1</text:p>'
        "</table:table-cell></table:table-row></table:table></office:spreadsheet></office:body>"
        "</office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = ("META-INF/manifest.xml", b"<manifest/>")
    return zipped([("mimetype", kind.encode()), manifest, ("content.xml", content.encode())])


def laughs() -> bytes:
    """Entities that stand for ten of the next, ten times over, in the workbook's own XML and in the sheet's."""
    entities = "".join(f'<!ENTITY e{number} "{f"&e{number - 1};" * 10 if number else "ha"}">' for number in range(10))
    sheet = f'<?xml version="1.0"?><!DOCTYPE x [{entities}]><worksheet xmlns="{SPREADSHEET}"><sheetData>'
    row = b'<row r="1"><c r="A1" t="inlineStr"><is><t>&e9;</t></is></c></row>'
    styles = f'<?xml version="1.0"?><!DOCTYPE x [{entities}]><styleSheet xmlns="{SPREADSHEET}">&e9;</styleSheet>'
    return package([sheet.encode(), row, TAIL], {"xl/styles.xml": styles.encode()})


def reaching_out() -> bytes:
    """An entity that names a file of the machine."""
    entity = '<!ENTITY e SYSTEM "file:///etc/passwd">'
    sheet = f'<?xml version="1.0"?><!DOCTYPE x [{entity}]><worksheet xmlns="{SPREADSHEET}"><sheetData>'
    return package([sheet.encode(), b'<row r="1"><c r="A1" t="inlineStr"><is><t>&e;</t></is></c></row>', TAIL])


def saved(book: openpyxl.Workbook) -> bytes:
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def far_cell() -> bytes:
    book = openpyxl.Workbook()
    book.worksheets[0]["A1"], book.worksheets[0]["XFD1048576"] = 1, 1
    return saved(book)


WHOLE = saved(openpyxl.Workbook())
ENCRYPTED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(600)

HOSTILE: list[tuple[str, Callable[[], bytes], str]] = [
    ("many-parts.xlsx", lambda: zipped((f"xl/{n}.xml", bytes(64 * 1024 * 1024)) for n in range(9)), "unpacks from"),
    ("one-part.xlsx", lambda: package([HEAD, *[b" " * (1024 * 1024)] * 450, TAIL]), "unpacks from"),
    ("lying.xlsx", lying, "declares"),
    ("nested.xlsx", nested, "file.unreadable"),
    ("many-names.xlsx", lambda: zipped((f"{n:060}", b"") for n in range(60_000)), "absurdly many parts"),
    ("columns.xlsx", lambda: package([HEAD, b"<row>", *[b"<c><v>1</v></c>"] * 1_000_000, b"</row>", TAIL]), "columns"),
    ("far-cell.xlsx", far_cell, "1048576 rows"),
    ("other-row.xlsx", lambda: package([HEAD, FAR, TAIL]), "9999999 rows"),
    ("other-row-no-styles.xlsx", lambda: package([HEAD, FAR, TAIL], {"xl/styles.xml": b"<"}), "9999999 rows"),
    ("no-encoding.xlsx", lambda: package([HEAD, NEAR, TAIL], {"xl/styles.xml": UNKNOWN}), "1 lines"),
    ("repeated.ods", repeated_cells, "file.unreadable"),
    ("laughs.xlsx", laughs, "file."),
    ("reaching-out.xlsx", reaching_out, "file."),
    ("encrypted.xlsx", lambda: ENCRYPTED, "password"),
    ("truncated.xlsx", lambda: WHOLE[: len(WHOLE) // 2], "damaged"),
    ("empty.xlsx", lambda: b"", "file.empty"),
    ("blank.xlsx", lambda: WHOLE, "file.empty"),
    ("scan.pdf", lambda: b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj", "it is a PDF"),
    ("scan.xlsx", lambda: b"\x89PNG\r\n\x1a\n" + bytes(100), "it is a picture"),
    ("photo.xls", lambda: b"\xff\xd8\xff\xe0" + bytes(100), "it is a picture"),
    ("page.xls", lambda: b"<html><table><tr><td colspan=999 rowspan=65000>x" + b"<td colspan=1000>" * 3000, "cells"),
    ("deep.xls", lambda: b"<html>" + b"<table><tr><td>" * 100_000, "nested"),
    ("no-table.xls", lambda: b"<!DOCTYPE html><html><p>Error 500</p></html>", "without a table"),
    ("wide.csv", lambda: b'"' + b"x" * 2_000_000 + b'"', "no csv file"),
]


def test_each_is_refused_in_one_message_with_little_effort(tmp_path: Path) -> None:
    for name, make, _ in HOSTILE:
        (tmp_path / name).write_bytes(make())
    paths = [str(tmp_path / name) for name, _, _ in HOSTILE]
    done = subprocess.run(
        [sys.executable, "-c", OPEN, *paths], capture_output=True, check=False, cwd=ROOT, encoding="utf-8", timeout=300
    )
    assert done.returncode == 0, done.stderr[-2000:]
    for (name, said, seconds, megabytes), (_, _, says) in zip(json.loads(done.stdout), HOSTILE, strict=True):
        assert says in said, (name, said)
        assert "\n" not in said, name
        assert seconds < SECONDS, (name, seconds)
        assert megabytes < MEGABYTES, (name, megabytes)
        assert "root:" not in said


@pytest.fixture
def office(tmp_path: Path) -> Installation:
    return install(tmp_path)


def receipts(office: Installation) -> dict[str, dict[str, object]]:
    kept = [
        json.loads(path.read_text(encoding="utf-8")) for path in (office.folder / "home" / "receipts").glob("*.json")
    ]
    return {str(one["name"]): one for one in kept}


def test_hostile_files_beside_a_good_one_change_nothing_else(office: Installation) -> None:
    office.send("ON1", "good.xlsx", "01/2024", [good("data")])
    for name, make, _ in HOSTILE:
        if name != "empty.xlsx":  # a file of no bytes is a file that is still being written
            office.put("ON2", name, make())
    office.put("ON2", "a..%2f..%2fetc.xlsx", b"%PDF-1.4")
    before = sorted(path.name for path in office.folder.iterdir())
    done = office.chiso("run", "--no-flow")
    assert done.returncode == 1, done.stdout + done.stderr
    told = receipts(office)
    assert {name.rpartition("/")[2] for name, one in told.items() if one["status"] == "accepted"} == {"good.xlsx"}
    bad = {name.split("/")[1]: one for name, one in told.items() if one["status"] != "accepted"}
    assert set(bad) == {name for name, _, _ in HOSTILE} - {"empty.xlsx"} | {"a..%2f..%2fetc.xlsx"}
    assert {(one["status"], one["findings_total"]) for one in bad.values()} == {("rejected", 1)}
    assert office.asked("SELECT count(*) AS n, sum(received) AS received FROM cases") == [{"n": 1, "received": 5}]
    assert sorted(path.name for path in office.folder.iterdir()) == sorted({*before, "home", "chiso.toml"})


def test_macros_and_links_to_other_files_are_not_followed(office: Installation) -> None:
    """The values that were kept in the file are read; what stands behind them is not."""
    path = office.send("ON1", "macros.xlsm", "01/2024", [good("data")])
    held = io.BytesIO()
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(held, "w") as target:
        for name in source.namelist():
            target.writestr(name, source.read(name))
        target.writestr("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0" + bytes(512))
        target.writestr("xl/externalLinks/externalLink1.xml", b'<externalLink xmlns="x"/>')
    office.put("ON1", "macros.xlsm", held.getvalue())
    linked = openpyxl.Workbook()
    sheet = linked.worksheets[0]
    for line in (["Form: CASES"], ["Unit:", "ON2"], ["Period:", "01/2024"], [], list(CASES), good("data")):
        sheet.append(line)
    sheet["B6"] = "=[1]Other!A1"
    office.put("ON2", "linked.xlsx", saved(linked))
    done = office.chiso("run", "--no-flow")
    assert done.returncode == 1, done.stdout + done.stderr
    told = {name.rpartition("/")[2]: one for name, one in receipts(office).items()}
    assert told["macros.xlsm"]["status"] == "accepted"
    findings = told["linked.xlsx"]["findings"]
    assert isinstance(findings, list)
    assert ("cell.formula_error", "B6", "=[1]Other!A1") in [
        (one["rule"], one["cell"], one["found"]) for one in findings
    ]


def test_ten_thousand_findings_are_counted_in_full_and_listed_in_part(office: Installation) -> None:
    rows = [["no topic", -1, "x", "y", "z", "#REF!", 1.5] for _ in range(2_000)]
    # Rows that are alike count once: each has its own text.
    office.send("ON1", "bad.xlsx", "01/2024", [[f"topic {place}", *row[1:]] for place, row in enumerate(rows)])
    office.send("ON2", "good.xlsx", "01/2024", [good("data")])
    done = office.chiso("run", "--no-flow")
    assert done.returncode == 1, done.stdout + done.stderr
    told = {name.rpartition("/")[2]: one for name, one in receipts(office).items()}
    assert told["good.xlsx"]["status"] == "accepted"
    bad = told["bad.xlsx"]
    listed = bad["findings"]
    assert isinstance(listed, list)
    assert (bad["status"], bad["rows_quarantined"]) == ("rejected", 2_000)
    assert isinstance(bad["findings_total"], int)
    assert bad["findings_total"] >= 10_000
    assert 0 < len(listed) < bad["findings_total"]
