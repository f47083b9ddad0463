"""The commands as people call them: in their own process, on a real home, with real servers beside."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Iterator
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from demo.portal import Faults, serve
from tests.flows.office import COUNTS, LAND, PORTAL, ROUTES, Installation, good, install


@pytest.fixture
def office(tmp_path: Path) -> Installation:
    return install(tmp_path, prepared=True)


@pytest.fixture
def bare(tmp_path: Path) -> Installation:
    """Before the first run."""
    return install(tmp_path)


def test_a_run_loads_what_is_good_sets_aside_what_is_not_and_says_so(bare: Installation) -> None:
    bare.send("ON1", "january.xlsx", "2024-01", [good("data"), good("web")])
    bare.send("ON2", "january.xlsx", "2024-01", [good("data"), ["web", 9, 1, 5, 4, 4, 2]])
    done = bare.chiso("run", "--no-flow")
    assert done.returncode == 1, done.stdout + done.stderr
    fates = bare.asked("SELECT name, status, rows_loaded, rows_quarantined, adds_up FROM fates ORDER BY name")
    assert fates == [
        {"name": "ON1/january.xlsx", "status": "accepted", "rows_loaded": 2, "rows_quarantined": 0, "adds_up": True},
        {
            "name": "ON2/january.xlsx",
            "status": "partly_accepted",
            "rows_loaded": 1,
            "rows_quarantined": 1,
            "adds_up": True,
        },
    ]
    rules = bare.asked("SELECT rule_code, source_column, source_row FROM issue ORDER BY rule_code")
    assert rules == [
        {"rule_code": "CASES.IN", "source_column": "B", "source_row": 7},
        {"rule_code": "CASES.OUT", "source_column": "B", "source_row": 7},
    ]
    received = bare.asked(
        "SELECT value FROM indicator WHERE indicator_code = 'RECEIVED' AND place_code = 'N' AND period_code = '2024-01'"
    )
    assert received == [{"value": "15"}]


def test_the_same_run_again_changes_nothing_and_says_so(office: Installation) -> None:
    sent = office.send("ON1", "january.xlsx", "2024-01", [good("data")])
    assert office.chiso("run", "--no-flow").returncode == 0
    before = office.asked("SELECT count(*) AS n, max(sequence) AS last FROM ledger")
    shutil.copy2(sent, sent.with_name("january final (2).xlsx"))
    again = office.chiso("run", "--no-flow")
    assert again.returncode == 0
    assert "Nothing new." in again.stdout
    assert "2 files and pulls are known already by their content" in again.stdout
    assert "no new release" in again.stdout
    assert office.asked("SELECT count(*) AS n, max(sequence) AS last FROM ledger") == before


def test_a_resubmission_supersedes_and_the_earlier_vintage_stays(office: Installation) -> None:
    office.send("ON1", "january.xlsx", "2024-01", [good("data", received=5)])
    assert office.chiso("run", "--no-flow").returncode == 0
    office.send("ON1", "january-2.xlsx", "2024-01", [good("data", received=7)])
    assert office.chiso("run", "--no-flow").returncode == 0
    assert office.asked("SELECT received FROM cases") == [{"received": 7}]
    assert office.asked("SELECT received, known_to IS NULL AS current FROM cases_history ORDER BY received") == [
        {"received": 5, "current": False},
        {"received": 7, "current": True},
    ]
    history = office.asked(
        "SELECT value, from_release, to_release FROM indicator_history "
        "WHERE indicator_code = 'RECEIVED' AND place_code = 'N' AND period_code = '2024-01' ORDER BY from_release"
    )
    assert history == [
        {"value": "5", "from_release": 1, "to_release": 2},
        {"value": "7", "from_release": 2, "to_release": None},
    ]


def test_check_says_what_would_become_of_a_file_and_stores_nothing(bare: Installation) -> None:
    fine = bare.send("ON1", "fine.xlsx", "2024-01", [good("data")])
    wrong = bare.send("ON1", "wrong.xlsx", "2024-01", [["data", "six", 1, 5, 4, 4, 2]])
    assert bare.chiso("check", str(fine)).returncode == 0
    refused = bare.chiso("check", str(wrong), "--json")
    assert refused.returncode == 1
    receipt = json.loads(refused.stdout)
    assert receipt["status"] == "rejected"
    assert [(one["rule"], one["cell"], one["found"]) for one in receipt["findings"]] == [
        ("cell.not_number", "B6", "six")
    ]
    assert not (bare.folder / "home" / "warehouse.duckdb").exists()
    assert not list((bare.folder / "home").rglob("*.duckdb"))


def test_what_is_no_form_is_refused_with_a_receipt_and_the_rest_goes_on(office: Installation) -> None:
    office.put("ON1", "scan.xlsx", b"%PDF-1.7 not a workbook")
    office.put("ON1", "empty.xlsx", b"")
    office.put("ON1", "notes.csv", b"a,b\n1,2\n")
    office.send("ON1", "january.xlsx", "2024-01", [good("data")])
    assert office.chiso("run", "--no-flow").returncode == 1
    became = office.asked(
        "SELECT d.name, d.status, i.rule_code FROM dim_delivery d LEFT JOIN issue i USING (delivery_key) ORDER BY 1"
    )
    assert [tuple(row.values()) for row in became] == [
        ("ON1/empty.xlsx", "rejected", "file.empty"),
        ("ON1/january.xlsx", "accepted", None),
        ("ON1/notes.csv", "rejected", "file.form"),
        ("ON1/scan.xlsx", "rejected", "file.unreadable"),
    ]


def test_a_file_that_claims_another_unit_than_its_folder_is_refused(office: Installation) -> None:
    path = office.send("ON1", "january.xlsx", "2024-01", [good("data")])
    foreign = office.inbox / "ON2" / "january.xlsx"
    foreign.parent.mkdir()
    path.rename(foreign)
    assert office.chiso("run", "--no-flow").returncode == 1
    assert office.asked("SELECT rule_code, found FROM issue") == [{"rule_code": "file.foreign_unit", "found": "ON1"}]


def _add_portal(office: Installation) -> None:
    office.declare("sources/counter.yml", PORTAL)
    office.declare("forms/COUNTS.yml", COUNTS)


RECORDS = {
    "counter": {
        "2024-01-01": [{"office": "ON1", "topic": topic, "received": n} for topic, n in (("data", 3), ("web", 4))]
        + [{"office": "ON2", "topic": "data", "received": 5}],
        "2024-02-01": [{"office": "ON1", "topic": "data", "received": 6}],
    }
}


def test_a_portal_is_pulled_month_by_month_and_known_pulls_are_not_loaded_again(office: Installation) -> None:
    _add_portal(office)
    office.environment["CHISO_SECRET_COUNTER_TOKEN"] = "right"
    with serve(RECORDS, "right") as base:
        office.addresses["counter"] = f"{base}/counter"
        first = office.chiso("run", "--no-flow")
        assert first.returncode == 0, first.stdout + first.stderr
        again = office.chiso("run", "--no-flow")
    assert "Nothing new." in again.stdout
    assert office.asked("SELECT period_code, sum(received) AS n FROM cases GROUP BY 1 ORDER BY 1") == [
        {"period_code": "2024-01", "n": 12},
        {"period_code": "2024-02", "n": 6},
    ]


def test_a_portal_that_is_down_is_one_message_and_the_inbox_goes_on(office: Installation) -> None:
    _add_portal(office)
    portal = PORTAL.replace("page_size: 2", "page_size: 2\nattempts: 1\ntimeout_seconds: 2")
    office.declare("sources/counter.yml", portal)
    office.environment["CHISO_SECRET_COUNTER_TOKEN"] = "right"
    office.addresses["counter"] = "http://127.0.0.1:9"
    nothing_else = office.chiso("run", "--no-flow")
    assert nothing_else.returncode == 2
    assert nothing_else.stdout.count("failed counter/2024-01") == 1
    office.send("ON1", "january.xlsx", "2024-01", [good("data")])
    assert office.chiso("run", "--no-flow").returncode == 1
    assert office.asked("SELECT count(*) AS n FROM cases") == [{"n": 1}]


def test_a_token_that_is_refused_is_one_message_without_the_token(office: Installation) -> None:
    _add_portal(office)
    office.environment["CHISO_SECRET_COUNTER_TOKEN"] = "expired-and-secret"
    with serve(RECORDS, "right", faults=Faults()) as base:
        office.addresses["counter"] = f"{base}/counter"
        done = office.chiso("run", "--no-flow")
    assert done.returncode == 2
    assert "token" in done.stdout
    assert "expired-and-secret" not in done.stdout + done.stderr
    log = "".join(path.read_text(errors="ignore") for path in (office.folder / "home").rglob("*") if path.is_file())
    assert "expired-and-secret" not in log


def test_a_missing_secret_is_one_message_that_says_where_to_put_it(office: Installation) -> None:
    _add_portal(office)
    office.addresses["counter"] = "http://127.0.0.1:9"
    done = office.chiso("run", "--no-flow")
    assert done.returncode == 2
    assert "CHISO_SECRET_COUNTER_TOKEN" in done.stdout


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """An installation after a run, for what only asks."""
    made = install(tmp_path_factory.mktemp("used"), prepared=True)
    made.send("ON1", "january.xlsx", "2024-01", [good("data")])
    assert made.chiso("run", "--no-flow").returncode == 0
    return made


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("sql", "DELETE FROM cases"), "only queries are allowed"),
        (("sql", "SELECT * FROM nothing"), "nothing"),
        (("sql", "SELECT 1; SELECT 2"), "one query at a time"),
        (("sql", "/* SELECT */ DELETE FROM cases"), "only queries are allowed"),
        (("indicators", "--place", "Atlantis"), "Atlantis"),
        (("indicators", "--indicator", "NIX"), "no figure fits indicator 'NIX'"),
        (("describe", "NOPE"), "NOPE"),
        (("describe", "cases_"), "write 'cases'"),
        (("check", "missing.xlsx"), "missing.xlsx"),
        (("check", str(LAND / "programme.yml"), "--language", "xx"), "no words of language 'xx'; name one of"),
        (("receipt", "january.xlsx", "--language", "xx"), "no words of language 'xx'"),
        (("run", "--no-flow", "--source", "inbx"), "inbx: no source of programme land; name some of inbox"),
        (("status", "--last", "0"), "--last 0 are no deliveries"),
    ],
)
def test_a_wrong_call_is_one_message_and_exit_code_two(
    used: Installation, words: tuple[str, ...], message: str
) -> None:
    done = used.chiso(*words)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_what_looks_like_markup_in_an_answer_is_shown_as_it_is(used: Installation) -> None:
    done = used.chiso("sql", "-- ours\n/* and; */ SELECT 'a[/x] [red]b' AS c")
    assert done.returncode == 0, done.stderr
    assert "a[/x] [red]b" in done.stdout
    assert "1 row\n" in done.stdout


@pytest.mark.parametrize("words", [("sql", "SELECT 1"), ("release", "list")])
def test_before_the_first_run_a_question_says_what_to_do_and_makes_nothing(
    bare: Installation, words: tuple[str, ...]
) -> None:
    done = bare.chiso(*words)
    assert done.returncode == 2
    assert "chiso run" in done.stderr
    assert not (bare.folder / "home").exists()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("CHISO_HOME", "/dev/null/home", "Not a directory"),
        ("CHISO_ADDRESSES", "nonsense", "CHISO_ADDRESSES__INBOX=/srv/inbox"),
        ("CHISO_BATCH", "0", "batch: Input should be greater than or equal to 1, found '0'"),
    ],
)
def test_a_setting_that_cannot_be_used_is_one_message(
    bare: Installation, monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str
) -> None:
    monkeypatch.setenv(name, value)
    done = bare.chiso("run", "--no-flow")
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_declaration_names_file_line_and_remedy_and_loads_nothing(bare: Installation) -> None:
    form = bare.programme / "forms" / "CASES.yml"
    form.write_text(form.read_text().replace("frequency: month", "frequency: fortnight"), encoding="utf-8")
    bare.send("ON1", "january.xlsx", "2024-01", [good("data")])
    done = bare.chiso("run", "--no-flow")
    assert done.returncode == 2
    assert "forms/CASES.yml, line 4" in done.stderr
    assert "fortnight" in done.stderr
    assert "month" in done.stderr
    assert not (bare.folder / "home" / "warehouse.duckdb").exists()


def test_a_missing_settings_file_is_one_message(office: Installation) -> None:
    done = office.chiso("run", "--config", str(office.folder / "none.toml"), config=False)
    assert done.returncode == 2
    assert "none.toml" in done.stderr


def test_settings_that_the_environment_names_must_be_there(office: Installation) -> None:
    office.environment["CHISO_CONFIG"] = str(office.folder / "typo.toml")
    done = office.chiso("run", "--no-flow", config=False)
    assert done.returncode == 2
    assert "typo.toml" in done.stderr


def test_a_run_that_has_no_source_to_look_at_did_nothing(office: Installation) -> None:
    office.addresses.clear()
    done = office.chiso("run", "--no-flow")
    assert done.returncode == 2
    assert "skipped inbox" in done.stdout


def test_a_file_that_is_still_being_copied_waits_for_the_next_run(office: Installation) -> None:
    path = office.send("ON1", "january.xlsx", "2024-01", [good("data")])
    # Changed just now, as far as any look in the next hour can tell.
    inbox = office.programme / "sources" / "inbox.yml"
    inbox.write_text(inbox.read_text() + "settle_seconds: 3600\n", encoding="utf-8")
    path.touch()
    done = office.chiso("run", "--no-flow")
    assert "1 files are still being copied" in done.stdout
    assert done.returncode == 0


class _Mails:
    """Keeps what arrives by SMTP."""

    def __init__(self) -> None:
        self.letters: list[Any] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 aiosmtpd's name
        assert isinstance(envelope.content, bytes)
        self.letters.append(message_from_bytes(envelope.content))
        return "250 OK"


@pytest.fixture
def mails() -> Iterator[tuple[_Mails, int]]:
    kept = _Mails()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(kept, hostname="127.0.0.1", port=port)
    controller.start()
    yield kept, port
    controller.stop()


@pytest.fixture
def hooks() -> Iterator[tuple[list[dict[str, Any]], int]]:
    kept: list[dict[str, Any]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            kept.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    Thread(target=server.serve_forever, daemon=True).start()
    yield kept, server.server_port
    server.shutdown()
    server.server_close()


def test_a_failed_validation_reaches_mail_and_webhook_once(
    office: Installation, mails: tuple[_Mails, int], hooks: tuple[list[dict[str, Any]], int]
) -> None:
    office.declare("routes.yml", ROUTES)
    office.environment["CHISO_SECRET_ROUTE_MAIL"] = (
        f"mailto://127.0.0.1:{mails[1]}?from=chiso@example.org&to=steward@example.org&mode=insecure&smtp=127.0.0.1"
    )
    office.environment["CHISO_SECRET_ROUTE_HOOK"] = f"json://127.0.0.1:{hooks[1]}/chiso"
    office.send("ON1", "january.xlsx", "2024-01", [good("data")])
    office.send("ON2", "january.xlsx", "2024-01", [good("data"), ["web", 9, 1, 5, 4, 4, 2]])
    assert office.chiso("run", "--no-flow").returncode == 1
    assert office.chiso("run", "--no-flow").returncode == 0
    (letter,) = mails[0].letters
    (hook,) = hooks[0]
    text = (
        letter.get_payload(decode=True)
        if not letter.is_multipart()
        else letter.get_payload()[0].get_payload(decode=True)
    )
    for said in (text.decode(), hook["message"]):
        assert "ON2" in said
        assert "CASES" in said
        assert "ON1/january" not in said
        assert str(office.folder / "home" / "receipts") in said
