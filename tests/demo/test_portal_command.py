"""The command that starts the demo portal, and the contracts that a programme declares for it."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from catalogue.errors import ChisoError, SettingsError
from demo.portal import load_dialects
from flows.command_line import app
from tests.demo.questions import GATEWAY, ROOT, http


def test_the_command_answers_until_it_is_stopped() -> None:
    options = ["--port", "0", "--units", "2", "--procedures", "2", "--months", "1", "--fault", "server_error:1"]
    code = "from flows.command_line import main; main()"
    command = [sys.executable, "-c", code, "demo-portal", *options]
    question = json.dumps({"type": "ref", "p_nam": 2024, "service": "report_by_year_sum_service"})
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        url = said.split(",")[0] + GATEWAY
        try:
            told = [http().post(url, data={"params": question}, timeout=5) for _ in range(2)]
        finally:
            process.send_signal(signal.SIGINT)
        assert "SYNTHETIC" in said
        assert ([answer.status_code for answer in told], len(told[1].json())) == ([500, 200], 2)
        assert process.wait(timeout=20) == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--fault", "nope"], "there is no fault 'nope'; allowed are too_many_requests, "),
        (["--fault", "rows_shift:0"], "fault rows_shift: '0' is not how often it hits"),
        (["--first", "2024-13"], "'2024-13' is no month"),
        (["--units", "0"], "--units is 0"),
        (["--port", "70000"], "port 70000 cannot be taken"),
        (["--programme", "canada"], "no portal to try against"),
    ],
)
def test_the_command_says_what_is_wrong(options: list[str], words: str) -> None:
    with pytest.raises(ChisoError, match=re.escape(words)):
        app(["demo-portal", *options], result_action="return_value")


NO_SPAN = """
dialect: x
title: {en: X}
method: GET
path: /x
per: unit
asked: {borne: query, page: p, size: s}
answered: {}
record: {}
"""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("dialect: [", "one.yml:"),
        ("dialect: x", "method: Field required"),
        (NO_SPAN, "start and end, or a year"),
        (None, "declares one contract in each portal/"),
    ],
)
def test_a_contract_that_is_declared_wrong_is_named(tmp_path: Path, text: str | None, words: str) -> None:
    if text is not None:
        (tmp_path / "one.yml").write_text(text)
    with pytest.raises(SettingsError, match=words):
        load_dialects(tmp_path)
