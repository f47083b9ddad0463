"""Signed submissions: what is taken, warned of and refused by the policy of its form; what waits; what comes late."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest

from catalogue.delivery import Signature
from catalogue.errors import ProgrammeError
from catalogue.source import Folder
from flows.fetch import fetch_inbox
from flows.house import House, open_house
from flows.settings import Settings
from flows.signing import Offered, signed, signed_again
from flows.trusting import look_at_trust
from tests.batch import delivered
from tests.flows.office import LONG_AGO, Installation, good, install
from tests.pki import DAY, Holder, now, root, trust_list
from tests.world import BACKENDS
from tests.worlds import Worlds

AUTHORITY = root("Authority of the land")
NORTH = AUTHORITY.issue("Head of the North", "Office of the North")
FIRST = AUTHORITY.issue("A. Clerk", "Office of Firsttown")
SOUTH = AUTHORITY.issue("B. Clerk", "Office of Southtown")
ENTRIES = """
- signer: first
  units: [ON1]
  certificates: [authority.pem]
  subject: {O: office of firsttown}
  revocation: [land.crl]
- {signer: south, units: [OS1], certificates: [south.pem]}
- {signer: north, units: [ON], certificates: [north.pem]}
"""
WHY = ("--reason", "asked", "--by", "A. Head")


def signing(folder: Path, policy: str = "required", minutes: int = 0, *, prepared: bool = True) -> Installation:
    """An installation whose form CASES asks for signatures."""
    made = install(folder, prepared=prepared)
    for path, line in (
        ("forms/CASES.yml", f"signature: {policy}"),
        ("sources/inbox.yml", f"signature_minutes: {minutes}"),
    ):
        file = made.programme / path
        file.write_text(f"{file.read_text(encoding='utf-8')}\n{line}\n", encoding="utf-8")
    vouch(made)
    return made


def vouch(office: Installation, entries: str = ENTRIES, until: int = 7) -> None:
    """Write the trust list."""
    files = {
        "authority.pem": AUTHORITY.pem, "south.pem": SOUTH.pem, "north.pem": NORTH.pem,
        "land.crl": AUTHORITY.revocation_list(now() + until * DAY),
    }  # fmt: skip
    trust_list(office.programme / "signers", files, entries)


def sign(file: Path, *signers: Holder, over: bytes | None = None) -> Path:
    """Lay a signature beside a file."""
    path = file.with_name(f"{file.name}.p7s")
    path.write_bytes(signers[0].sign(file.read_bytes() if over is None else over, *signers[1:]))
    os.utime(path, LONG_AGO)
    return path


def house_of(office: Installation) -> House:
    """The house of an installation, without its settings file."""
    settings = Settings(
        home=office.folder / "home", programme=str(office.programme), addresses={"inbox": str(office.inbox)}
    )
    return open_house(settings)


def fetched(office: Installation) -> tuple[dict[str, tuple[str, str]], list[str], list[str]]:
    """What a look brings: by file (rule and severity of its signature's finding, "" where it holds), what waits, what
    is told of otherwise."""
    house = house_of(office)
    inbox = house.programme.source["inbox"]
    assert isinstance(inbox, Folder)
    found = fetch_inbox(house, inbox, set())
    told = {}
    for one in found.deliveries:
        about = [(each.rule, each.severity) for each in one.refusal if each.rule.startswith("signature.")]
        told[one.name] = about[0] if about else ("", "")
    return told, found.waiting, [name for name, _ in found.failed]


@pytest.mark.parametrize(
    ("policy", "missing", "broken", "doubtful"),
    [
        ("required", "reject_delivery", "reject_delivery", "reject_delivery"),
        ("wanted", "warn", "reject_delivery", "warn"),
        ("ignored", None, None, None),
    ],
)
def test_the_form_says_what_a_signature_is_worth(
    tmp_path: Path, policy: str, missing: str | None, broken: str | None, doubtful: str | None
) -> None:
    office = signing(tmp_path, policy)
    vouch(office, until=-1)
    sign(office.send("OS1", "good.xlsx", "2024-01", [good("data")]), SOUTH)
    sign(office.send("OS1", "above.xlsx", "2024-02", [good("data")]), NORTH)
    sign(office.send("OS1", "other.xlsx", "2024-03", [good("data")]), SOUTH, over=b"something else")
    office.send("OS1", "none.xlsx", "2024-04", [good("data")])
    sign(office.send("ON1", "doubtful.xlsx", "2024-01", [good("data")]), FIRST)
    sign(office.send("ON1", "by-the-region.xlsx", "2024-02", [good("data")]), NORTH)
    told, waiting, failed = fetched(office)
    assert (waiting, failed) == ([], [])
    wanted = {
        "OS1/good.xlsx": ("", None),
        "OS1/above.xlsx": ("signature.untrusted", broken),
        "OS1/other.xlsx": ("signature.other_bytes", broken),
        "OS1/none.xlsx": ("signature.missing", missing),
        "ON1/doubtful.xlsx": ("signature.revocation_unknown", doubtful),
        "ON1/by-the-region.xlsx": ("", None),
    }
    assert told == {name: (rule, severity) if severity else ("", "") for name, (rule, severity) in wanted.items()}


def test_file_and_signature_come_in_any_order(tmp_path: Path) -> None:
    office = signing(tmp_path, minutes=60)
    first = office.send("OS1", "first.xlsx", "2024-01", [good("data")])
    assert fetched(office) == ({}, ["OS1/first.xlsx"], [])
    sign(first, SOUTH)
    second = office.send("OS1", "second.xlsx", "2024-02", [good("data")])
    data = second.read_bytes()
    sign(second, SOUTH)
    second.unlink()
    # A signature that is older than a file would wait is told of, as nothing says which file it signs.
    assert fetched(office) == ({"OS1/first.xlsx": ("", "")}, [], ["OS1/second.xlsx.p7s"])
    office.put("OS1", "second.xlsx", data)
    assert fetched(office)[0]["OS1/second.xlsx"] == ("", "")


def test_a_signature_that_is_too_large_is_refused_unread(tmp_path: Path) -> None:
    office = signing(tmp_path)
    office.send("OS1", "file.xlsx", "2024-01", [good("data")])
    office.put("OS1", "file.xlsx.p7s", b"\x30\x80" * 5_000_000)
    assert fetched(office)[0] == {"OS1/file.xlsx": ("signature.malformed", "reject_delivery")}


def test_a_bundle_is_signed_as_a_whole_or_file_by_file(tmp_path: Path) -> None:
    office = signing(tmp_path)
    books = {name: office.send("OS1", name, period, [good("data")]) for name, period in
             (("a.xlsx", "2024-01"), ("b.xlsx", "2024-02"))}  # fmt: skip
    packed = {name: book.read_bytes() for name, book in books.items()}
    packed["b.xlsx.p7s"] = SOUTH.sign(b"another file")
    for book in books.values():
        book.unlink()
    data = BytesIO()
    with zipfile.ZipFile(data, "w") as bundle:
        for name, content in packed.items():
            bundle.writestr(name, content)
    sign(office.put("OS1", "all.zip", data.getvalue()), SOUTH)
    assert fetched(office)[0] == {
        "OS1/all.zip/a.xlsx": ("", ""),
        "OS1/all.zip/b.xlsx": ("signature.other_bytes", "reject_delivery"),
    }


@pytest.mark.parametrize(
    ("entries", "told"),
    [
        ("- {signer: a, units: [NOBODY], certificates: [north.pem]}", "NOBODY"),
        ("- {signer: a, units: [ON], certificates: [../north.pem]}", "certificates"),
        ("- {signer: a, units: [ON], certificates: [north.pem], subject: {X: y}}", "subject"),
        ("- {signer: a, units: [], certificates: [north.pem]}", "units"),
        ("signer: a", "a list"),
    ],
)
def test_what_is_wrong_in_a_trust_list_is_named(tmp_path: Path, entries: str, told: str) -> None:
    office = signing(tmp_path)
    vouch(office, entries)
    with pytest.raises(ProgrammeError, match=told):
        _ = house_of(office).trust


def test_a_trust_list_that_cannot_be_read_refuses_nothing(tmp_path: Path) -> None:
    office = signing(tmp_path)
    sign(office.send("OS1", "good.xlsx", "2024-01", [good("data")]), SOUTH)
    office.send("OS1", "none.xlsx", "2024-02", [good("data")])
    vouch(office, "- {signer: a, units: [ON], certificates: [lost.pem]}")
    refused = {"OS1/none.xlsx": ("signature.missing", "reject_delivery")}
    assert fetched(office) == (refused, ["OS1/good.xlsx"], ["signers"])
    vouch(office)
    assert fetched(office) == (refused | {"OS1/good.xlsx": ("", "")}, [], [])


def test_a_worse_signature_that_comes_later_undoes_nothing(tmp_path: Path) -> None:
    office = signing(tmp_path, "wanted")
    house = house_of(office)
    data = office.send("OS1", "file.xlsx", "2024-01", [good("data")]).read_bytes()
    fresh = delivered(house, data, "OS1")
    before = signed(house, fresh, "wanted", None, fresh.received_at).signature
    assert before is not None
    good_one = Offered("file.xlsx.p7s", SOUTH.sign(data), fresh.sha256)
    bad_one = Offered("file.xlsx.p7s", NORTH.sign(b"other"), fresh.sha256)

    def told(last: Signature | None, offered: Offered | None) -> tuple[str, list[str]]:
        found = signed_again(house, fresh, last, offered, recognised=True)
        return found.signature.rule if found.signature else "-", [one.severity for one in found.refusal]

    held = signed_again(house, fresh, before, good_one, recognised=True).signature
    required = replace(before, policy="required")
    broken = signed_again(house, fresh, required, bad_one, recognised=True).signature
    assert told(None, None) == ("-", [])  # Its form asked for none when it came.
    assert told(before, None) == ("signature.missing", ["warn"])
    assert told(before, bad_one) == ("signature.missing", ["warn"])
    assert told(before, good_one) == told(held, None) == told(broken, good_one) == ("", [])
    assert told(required, bad_one) == told(broken, None) == ("signature.other_bytes", ["reject_delivery"])


def test_the_doctor_tells_what_of_a_trust_list_ends(tmp_path: Path) -> None:
    office = signing(tmp_path)
    house = house_of(office)

    def told() -> list[tuple[bool, str]]:
        looked = look_at_trust(house.settings, house.programme, now().replace(tzinfo=None))
        return [(well, found.rpartition(" ")[0]) for well, found, _ in looked]

    assert told() == [(True, "3 entries; forms that ask for signatures:")]
    vouch(office, until=-1)
    assert told() == [(False, "first: the revocation list of CN=Authority of the land is good until")]
    vouch(office, "[]")
    assert told() == [(False, "0 entries; forms that ask for signatures:")]


STATUS = "SELECT name, status FROM delivery_standing ORDER BY name"
KEPT = """
SELECT d.name, s.rule_code, s.signer, s.name AS signature, s.signature_sha256 AS hash
FROM delivery_signature s JOIN dim_delivery d ON d.delivery_key = s.delivery_key ORDER BY s.delivery_key
"""


@pytest.mark.long
@pytest.mark.parametrize("backend", BACKENDS)
def test_what_was_proven_stays_proven(worlds: Worlds, backend: str, tmp_path: Path) -> None:
    office = signing(tmp_path, prepared=False)
    office.environment["CHISO_WAREHOUSE"] = worlds.empty(backend, tmp_path)
    sign(office.send("ON1", "january.xlsx", "2024-01", [good("data")]), FIRST)
    late = office.send("OS1", "january.xlsx", "2024-01", [good("data")])
    sign(office.send("ON2", "january.xlsx", "2024-01", [good("data")]), FIRST)

    assert office.chiso("run", "--no-flow").returncode == 1
    checked = office.chiso("check", str(late), "--unit", "OS1")
    assert checked.returncode == 1
    assert "signature.missing" in checked.stdout
    standing = {"ON1/january.xlsx": "accepted", "ON2/january.xlsx": "rejected", "OS1/january.xlsx": "rejected"}
    assert {one["name"]: one["status"] for one in office.asked(STATUS)} == standing

    # The signature comes after its file was refused: the file is judged anew, and nobody sends it again.
    sign(late, SOUTH)
    checked = office.chiso("check", str(late), "--unit", "OS1")
    assert "Signed by: O=Office of Southtown,CN=B. Clerk, " in checked.stdout.replace("\n", " ")
    assert office.chiso("run", "--no-flow").returncode == 0
    standing["OS1/january.xlsx"] = "accepted"
    assert {one["name"]: one["status"] for one in office.asked(STATUS)} == standing
    assert office.chiso("run", "--no-flow").returncode == 0
    kept = office.asked(KEPT)
    assert [(one["name"], one["rule_code"]) for one in kept] == [
        ("ON1/january.xlsx", None), ("ON2/january.xlsx", "signature.untrusted"),
        ("OS1/january.xlsx", "signature.missing"), ("OS1/january.xlsx", None),
    ]  # fmt: skip
    archive = {path.name for path in (office.folder / "home" / "archive").rglob("*") if path.is_file()}
    assert {one["hash"] for one in kept if one["hash"]} <= archive
    told = json.loads(office.chiso("receipt", "OS1/january.xlsx", "--format", "json").stdout)
    assert told["signed_by"].startswith("O=Office of Southtown,CN=B. Clerk, ")
    heard = office.chiso("audit", "--format", "json").stdout
    assert "signature verified" in heard
    assert f"{SOUTH.certificate.serial_number:X}" in heard

    # A worse signature later does not undo what was proven; nor does a list from which its signer is gone.
    sign(late, NORTH)
    vouch(office, "- {signer: nobody, units: [ON2], certificates: [north.pem]}")
    assert office.chiso("run", "--no-flow").returncode == 0
    replayed = office.chiso("quarantine", "replay", "--every", *WHY)
    assert replayed.returncode == 0, replayed.stdout + replayed.stderr
    assert {one["name"]: one["status"] for one in office.asked(STATUS)} == standing
    rebuilt = tmp_path / "new.duckdb"
    done = office.chiso("rebuild", str(rebuilt))
    assert (done.returncode, "It says what the old one says" in done.stdout) == (0, True), done.stdout + done.stderr

    # A list that is mended, and a replay, take what was refused for the list's sake: as of when it arrived.
    vouch(office, "- {signer: both, units: [ON1, ON2], certificates: [authority.pem]}")
    assert office.chiso("quarantine", "replay", "--every", *WHY).returncode == 0
    assert {one["status"] for one in office.asked(STATUS)} == {"accepted"}
    shutil.rmtree(office.folder / "home")
