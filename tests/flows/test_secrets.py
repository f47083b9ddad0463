"""Secrets of known value are nowhere after runs that log all they can: not below the home, not in what was printed."""

from __future__ import annotations

import base64
import logging
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from urllib.parse import quote

import pytest

from flows.asking import warehouse_of
from flows.settings import Settings
from tests.channels import hook_server
from tests.flows.office import COUNTS, PORTAL, ROUTES, Installation, good, install
from tests.portal_server import Truth, answering
from warehouse.export import export

pytestmark = pytest.mark.long

TOKEN = "portal-token/Kh0ng+ai=biet"
HOOK = "webhook-part-9f2c61d07e"
MAIL = "mail-password-1b8e77"
STORE = "store-password-44ad0c"
SERVER = "server-password-c0ffee12"
SECRETS = (TOKEN, HOOK, MAIL, STORE, SERVER)

# The command with every logger of the process at its most talkative, from before it imports anything.
LOUD = """
import logging, warnings
logging.basicConfig(level=logging.DEBUG)
logging.captureWarnings(True)
from flows.command_line import main
main()
"""
DEBUG = {
    "PREFECT_LOGGING_LEVEL": "DEBUG",
    "PREFECT_LOGGING_ROOT_LEVEL": "DEBUG",
    "PREFECT_LOGGING_SERVER_LEVEL": "DEBUG",
    "PREFECT_LOGGING_TO_API_ENABLED": "true",
    "NO_PROXY": "127.0.0.1",
}


def faces(secret: str) -> tuple[bytes, ...]:
    """A secret as it might be written somewhere."""
    plain = secret.encode()
    return plain, quote(secret, safe="").encode(), base64.b64encode(plain), secret.replace("/", "\\/").encode()


def files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below a folder, by name; what is packed, unpacked."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            yield str(path), data
            if zipfile.is_zipfile(BytesIO(data)):
                with zipfile.ZipFile(BytesIO(data)) as packed:
                    yield from ((f"{path}/{name}", packed.read(name)) for name in packed.namelist())


def holding(found: Iterator[tuple[str, bytes]]) -> list[str]:
    """What holds a secret."""
    wanted = [face for secret in SECRETS for face in faces(secret)]
    return [f"{name}: {face.decode()}" for name, data in found for face in wanted if face in data]


def _loud(office: Installation, *words: str) -> tuple[int, str]:
    """A command in a process of its own that logs all it can: how it ended, and all that it said."""
    command = [sys.executable, "-W", "default", "-c", LOUD, *words, "--config", str(office.config)]
    environment = {**os.environ, **DEBUG, **office.environment}
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600, env=environment)
    return done.returncode, done.stdout + done.stderr


def _said(office: Installation, caplog: pytest.LogCaptureFixture, *words: str) -> bytes:
    """A command in this process: what it printed and what every logger said."""
    caplog.clear()
    with caplog.at_level(logging.DEBUG):
        done = office.chiso(*words)
    return (done.stdout + done.stderr + caplog.text).encode()


def test_secrets_of_known_value_are_nowhere_after_runs_that_log_all_they_can(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    office = install(tmp_path)
    office.declare("sources/counter.yml", PORTAL)
    office.declare("forms/COUNTS.yml", COUNTS)
    office.declare("routes.yml", ROUTES)
    office.send("ON1", "good.xlsx", "01/2024", [good("data")])
    office.send("ON2", "bad.xlsx", "01/2024", [[*good("data")[:-1], "?"]])
    truth = Truth({"2024-01-01": {("ON1", "data"): 5}, "2024-02-01": {("ON2", "web"): 6}}, token=TOKEN)
    said = list[tuple[str, bytes]]()
    with answering(truth) as portal, hook_server() as hook:
        office.addresses["counter"] = portal
        office.environment = {
            "CHISO_SECRET_COUNTER_TOKEN": TOKEN,
            "CHISO_SECRET_ROUTE_HOOK": hook.url(f"hook/{HOOK}"),
            # A server that is not there: what fails tells the most.
            "CHISO_SECRET_ROUTE_MAIL": f"mailto://clerk:{MAIL}@127.0.0.1:1?from=a@tinh.example&to=b@tinh.example",
        }
        code, out = _loud(office, "run")
        assert code == 1, out[-3000:]
        assert "DEBUG" in out
        assert truth.asked, "the portal was never asked"
        assert any(HOOK in path for _, path, _ in hook.calls), "no message came"
        said.append(("run", out.encode()))
        truth.token = "another one"  # the portal refuses ours from now on
        hook.status = 500
        office.send("ON2", "worse.xlsx", "02/2024", [[*good("web")[:-1], "?"]])
        for words in (("run", "--no-flow"), ("doctor",), ("status",), ("alerts", "list")):
            said.append((words[0], _said(office, caplog, *words)))
    # Places that cannot be reached, with the password in their address or beside it.
    server = f"postgresql+psycopg://chiso:{quote(SERVER, safe='')}@127.0.0.1:1/chiso"
    office.environment |= {"CHISO_WAREHOUSE": server}
    said.append(("server", _said(office, caplog, "run", "--no-flow")))
    said.append(("sql", _said(office, caplog, "sql", "SELECT 1")))
    office.environment |= {"CHISO_WAREHOUSE": "", "CHISO_ARCHIVE": "sftp://127.0.0.1:1/archive",
                           "CHISO_SECRET_ARCHIVE_USER": "clerk", "CHISO_SECRET_ARCHIVE_PASSWORD": STORE}  # fmt: skip
    said.append(("store", _said(office, caplog, "run", "--no-flow")))
    assert holding(iter(said)) == []

    home = tmp_path / "home"
    assert list(home.glob("prefect/*.db")), "Prefect kept nothing to look at"
    assert holding(files(home)) == []
    # A database may keep text in other bytes than ours: it is asked, too.
    warehouse = warehouse_of(Settings(home=home, programme=str(office.programme)))
    with warehouse.connection() as connection:
        export(connection, tmp_path / "written", tables=True)
    assert holding(files(tmp_path / "written")) == []


def test_the_search_would_find_them(tmp_path: Path) -> None:
    """What the test above relies on."""
    (tmp_path / "log.txt").write_bytes(b"x" + faces(MAIL)[2])
    with zipfile.ZipFile(tmp_path / "book.xlsx", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/a.xml", TOKEN)
    assert [one.rpartition(": ")[0].rpartition("/")[2] for one in holding(files(tmp_path))] == ["a.xml", "log.txt"]
