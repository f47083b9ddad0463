"""Messages reach a real SMTP server and a real webhook server on loopback, once; and nothing else ever does."""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from email.message import EmailMessage
from pathlib import Path
from typing import Final

import pytest

from alerts.message import Message, compose
from alerts.notice import Notice
from alerts.send import send
from alerts.tell import Told, attempt
from catalogue.document import YamlDocument
from catalogue.errors import AlertFailed, SettingsError
from catalogue.language import Language
from catalogue.programme import Header, Programme
from catalogue.route import Route
from tests.channels import PASSWORD, Hook, Office, hook_server, mail_server

# Apprise's mail channel imports a module that Python 3.13 drops, and brings its own.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

PACKS: Final = Path(__file__).parents[2] / "programmes" / "vietnam" / "languages"
REJECTED: Final = Notice(
    name="Biểu số 01 <b>đậm</b> & :smile:.xlsx",
    status="rejected",
    findings=12,
    set_aside=3,
    receipt="/home/receipts/ab.json",
    form="BM-01",
    form_title={"vi": "Khóa đào tạo, bồi dưỡng", "en": "Training courses"},
    unit="H02.24",
    unit_name={"vi": "Sở Nội vụ tỉnh Bắc Giang", "en": "Home Affairs"},
    period="2024-Q1",
    above=frozenset({"H02.24", "H02"}),
)
MESSAGE: Final = Message("stewards", "mail", "Tiêu đề", "Nội dung: được, ở, ỹ.\n", "failure", 1, "id")


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def office() -> Iterator[Office]:
    with mail_server() as server:
        yield server


@pytest.fixture
def hook() -> Iterator[Hook]:
    with hook_server() as server:
        yield server


@pytest.fixture
def silence() -> Iterator[str]:
    """The address of a server that takes a connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"json://127.0.0.1:{server.getsockname()[1]}/hook/{PASSWORD}"


@pytest.fixture
def nowhere() -> str:
    """The address of a port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    return f"json://user:{PASSWORD}@127.0.0.1:{port}/hook"


def programme(*routes: dict[str, object]) -> Programme:
    packs = [YamlDocument((PACKS / f"{name}.yml").read_text(encoding="utf-8")).value for name in ("vi", "en")]
    return Programme(
        header=Header(
            programme="tiny", title={"vi": "Thống kê chuyển đổi số", "en": "Digital statistics"}, languages=("vi", "en")
        ),
        folder=Path(),
        digest="",
        languages=tuple(Language.model_validate(found) for found in packs),
        routes=tuple(Route.model_validate({"title": {"en": "A route"}} | stated) for stated in routes),
    )


MAIL: Final[dict[str, object]] = {"route": "stewards", "address": "mail", "language": "vi"}
WEB: Final[dict[str, object]] = {"route": "monitoring", "address": "web", "language": "en"}


def secrets(**held: str) -> Callable[[str], str]:
    def secret(name: str) -> str:
        if name not in held:
            raise SettingsError(f"secret {name!r} is not set; set it")
        return held[name]

    return secret


def tell(
    programme: Programme, notices: Sequence[Notice], run_id: str, secret: Callable[[str], str]
) -> tuple[Told, ...]:
    """Tell every route what concerns it."""
    packs = {pack.language: pack for pack in programme.languages}
    found = []
    for route in programme.routes:
        message = compose(route, notices, run_id, packs[route.language], programme.header.title)
        if message:
            outcome, reason = attempt(message, secret)
            found.append(Told(route.route, outcome, message.deliveries, message.message_id, reason))
    return tuple(found)


def text(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def test_each_route_gets_one_message_in_its_language(office: Office, hook: Hook) -> None:
    told = tell(programme(MAIL, WEB), [REJECTED], "run7", secrets(mail=office.url(), web=hook.url()))
    assert [(one.route, one.outcome, one.deliveries, one.reason) for one in told] == [
        ("stewards", "sent", 1, ""),
        ("monitoring", "sent", 1, ""),
    ]
    (letter,) = office.letters
    assert letter["subject"] == "Thống kê chuyển đổi số - Không được tiếp nhận: 1"
    assert letter["to"] == "can.bo@tinh.example"
    assert letter.get_content_type() == "text/plain"
    lines = text(letter).splitlines()
    assert lines[2:5] == [
        "1. Không được tiếp nhận - BM-01 Khóa đào tạo, bồi dưỡng - H02.24 Sở Nội vụ tỉnh Bắc Giang - 2024-Q1",
        "Tệp: Biểu số 01 <b>đậm</b> & :smile:.xlsx. Số lỗi và cảnh báo: 12. Số dòng bị giữ lại: 3.",
        "Chi tiết xem tại phiếu tiếp nhận: /home/receipts/ab.json",
    ]
    assert told[0].message_id in text(letter)
    ((verb, path, call),) = hook.calls
    assert (verb, path) == ("POST", f"/hook/{PASSWORD}")
    assert (call["title"], call["type"]) == ("Digital statistics - Rejected: 1", "failure")
    assert call["message"].splitlines()[2:5] == [
        "1. Rejected - BM-01 Training courses - H02.24 Home Affairs - 2024-Q1",
        "File: Biểu số 01 <b>đậm</b> & :smile:.xlsx. Findings: 12. Rows set aside: 3.",
        "Findings are in: /home/receipts/ab.json",
    ]
    assert told[1].message_id in call["message"]


def test_a_run_of_many_deliveries_is_one_message(office: Office) -> None:
    told = tell(programme(MAIL), [REJECTED] * 500, "run7", secrets(mail=office.url()))
    assert [(one.outcome, one.deliveries) for one in told] == [("sent", 500)]
    assert [letter["subject"] for letter in office.letters] == ["Thống kê chuyển đổi số - Không được tiếp nhận: 500"]


def test_a_mail_may_be_asked_for_as_html(office: Office) -> None:
    tell(programme(MAIL), [REJECTED], "run7", secrets(mail=office.url(format="html")))
    (letter,) = office.letters
    body = letter.get_body(("html",))
    assert body is not None
    assert "<br/>" in body.get_content()
    assert "<b>đậm" not in body.get_content()
    assert "đậm" in body.get_content()


def test_only_what_concerns_a_route_is_sent_to_it(office: Office, hook: Hook) -> None:
    narrow = MAIL | {"branches": ["H44"]}
    told = tell(programme(narrow, WEB), [REJECTED], "run7", secrets(mail=office.url(), web=hook.url()))
    assert [(one.route, one.outcome) for one in told] == [("monitoring", "sent")]
    assert (office.letters, len(hook.calls)) == ([], 1)


def test_a_message_bears_its_id_in_a_header_and_a_field(office: Office, hook: Hook) -> None:
    told = tell(programme(MAIL, WEB), [REJECTED], "run7", secrets(mail=office.url(), web=hook.url()))
    assert office.letters[0]["X-Chiso-Message"] == told[0].message_id
    assert hook.calls[0][2]["message_id"] == told[1].message_id


@pytest.mark.parametrize(
    ("held", "reason"), [({}, "secret 'mail' is not set; set it"), ({"mail": "  "}, "secret 'mail' is empty")]
)
def test_a_route_without_its_secret_is_skipped_and_says_so(hook: Hook, held: dict[str, str], reason: str) -> None:
    told = tell(programme(MAIL, WEB), [REJECTED], "run7", secrets(web=hook.url(), **held))
    assert [one.outcome for one in told] == ["skipped", "sent"]
    assert told[0].reason.startswith(reason)
    assert len(hook.calls) == 1


def test_a_secret_that_cannot_be_read_fails_its_route_only(hook: Hook) -> None:
    def secret(name: str) -> str:
        if name == "mail":
            raise PermissionError(f"/run/secrets/{PASSWORD}")
        return hook.url()

    told = tell(programme(MAIL, WEB), [REJECTED], "run7", secret)
    assert [one.outcome for one in told] == ["failed", "sent"]
    assert told[0].reason == "route 'stewards': the message was not delivered: PermissionError"


def test_one_failing_route_does_not_stop_the_others(office: Office, hook: Hook, nowhere: str) -> None:
    first = WEB | {"route": "first", "address": "gone"}
    told = tell(programme(first, MAIL, WEB), [REJECTED], "r", secrets(gone=nowhere, mail=office.url(), web=hook.url()))
    assert [one.outcome for one in told] == ["failed", "sent", "sent"]
    assert told[0].reason == (
        "route 'first': the message was not delivered: the server did not answer, or refused it; "
        "check the secret 'gone' and the server it names"
    )
    assert (len(office.letters), len(hook.calls)) == (1, 1)


def test_a_mail_server_that_refuses_is_a_failure(office: Office) -> None:
    office.answer = "550 no such user"
    with pytest.raises(AlertFailed, match="did not answer, or refused it"):
        send(office.url(), MESSAGE)
    assert office.letters == []


@pytest.mark.parametrize("status", [301, 302, 400, 401, 404, 429, 500, 503])
def test_a_webhook_that_answers_anything_but_success_is_a_failure(hook: Hook, status: int) -> None:
    hook.status = status
    with pytest.raises(AlertFailed, match=f"the server answered {status};"):
        send(hook.url(), MESSAGE)
    assert [verb for verb, _, _ in hook.calls] == ["POST"]


def test_an_address_cannot_have_a_failure_called_a_success(hook: Hook) -> None:
    hook.status = 500
    with pytest.raises(AlertFailed):
        send(hook.url() + "?optional=yes", MESSAGE)


def test_a_server_that_never_answers_is_not_waited_for(silence: str) -> None:
    with pytest.raises(AlertFailed, match=r"the server did not answer within 0\.2 seconds"):
        send(silence, MESSAGE, patience=0.2)


@pytest.mark.parametrize("address", [f"{PASSWORD}", f"nosuch://{PASSWORD}", f"json://:{PASSWORD}@", "mailto://"])
def test_an_address_that_is_none_is_said_without_it(address: str) -> None:
    with pytest.raises(AlertFailed) as caught:
        send(address, MESSAGE)
    assert "not one that Apprise knows" in str(caught.value)
    assert (caught.value.exit_code, caught.value.retriable) == (1, True)


def _leaks(spoken: str) -> list[str]:
    return [word for word in (PASSWORD, "127.0.0.1", "can.bo@tinh.example") if word in spoken]


def test_no_address_is_ever_in_an_error_or_a_log(
    office: Office, hook: Hook, nowhere: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(1)
    refusing = {"a": nowhere, "b": f"nosuch://{PASSWORD}", "c": f"json://:{PASSWORD}@"}
    held = refusing | {"d": office.url(user=PASSWORD), "e": hook.url(), "f": hook.url() + "?verify=no&cto=x"}
    routes = [WEB | {"route": name, "address": name} for name in held]
    told = tell(programme(*routes), [REJECTED], "run7", secrets(**held))
    assert [one.outcome for one in told] == ["failed"] * 3 + ["sent"] * 3
    assert [leak for one in told for leak in _leaks(one.reason)] == []
    # The SMTP server of this test has a log of its own.
    spoken = [record.getMessage() for record in caplog.records if record.name != "mail.log"]
    assert [leak for line in spoken for leak in _leaks(line)] == []


def test_an_error_leads_back_to_nothing_that_holds_the_address(nowhere: str) -> None:
    with pytest.raises(AlertFailed) as caught:
        send(nowhere, MESSAGE)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


def test_a_fresh_process_logs_no_address_either(hook: Hook) -> None:
    program = (
        "import logging, sys; logging.basicConfig(level=1, stream=sys.stdout)\n"
        "from alerts.message import Message\nfrom alerts.send import send\n"
        "assert 'apprise' not in sys.modules, 'apprise is slow: import it late'\n"
        "send(sys.argv[1], Message('r', 's', 't', 'b', 'info', 1, 'id'))\n"
    )
    root = str(Path(__file__).parents[2])
    command = [sys.executable, "-c", program, hook.url()]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert (done.returncode, _leaks(done.stdout + done.stderr)) == (0, []), done.stderr
    assert len(hook.calls) == 1


def test_what_others_log_meanwhile_is_kept(hook: Hook, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(1)
    send(hook.url(), MESSAGE)
    logging.getLogger("apprise").warning("ours")
    logging.getLogger("urllib3.connectionpool").debug("also ours")
    assert [record.getMessage() for record in caplog.records][-2:] == ["ours", "also ours"]
