"""What a run prints at its end, in the language of the settings."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
from rich.console import Console

from catalogue.loader import load_programme
from catalogue.programme import Programme
from catalogue.run_phrase import RunPhrase
from flows.outcome import ENGLISH, outcome_table, said
from flows.run import Outcome
from receipts.words import words_of
from tests.receipts.slips import line, slip

VIETNAM = Path(__file__).parents[2] / "programmes" / "vietnam"


@pytest.fixture(scope="module")
def vietnam() -> Programme:
    return load_programme(VIETNAM)


def test_every_phrase_of_a_run_is_worded(vietnam: Programme) -> None:
    assert {*get_args(RunPhrase)} == {*ENGLISH} == {*vietnam.language.runs}


@pytest.mark.parametrize(
    ("language", "released", "failed", "headers"),
    [
        (
            "vi",
            "Bản công bố r1: 1.200 giá trị mới hoặc thay đổi, 0 giá trị không còn.",
            "lỗi {0}.xlsx: {1}",
            ("Các lần gửi", "Biểu", "Tiếp nhận một phần", "số dòng bị giữ lại"),
        ),
        (
            "en",
            "Release r1: 1,200 values new or changed, 0 withdrawn.",
            "failed {0}.xlsx: {1}",
            ("Deliveries", "Form", "Partly accepted", "set aside"),
        ),
        (
            "fr",  # no pack: English
            "Release r1: 1,200 values new or changed, 0 withdrawn.",
            "failed {0}.xlsx: {1}",
            ("Deliveries", "Form", "Partly accepted", "set aside"),
        ),
    ],
)
def test_a_run_speaks_the_language_of_the_settings(
    vietnam: Programme, language: str, released: str, failed: str, headers: tuple[str, ...]
) -> None:
    words = words_of(vietnam, language)
    assert said(words, "release", "r1", words.number(1200), words.number(0)) == released
    # What a sender wrote is no place for what is told.
    assert said(words, "failed", "{0}.xlsx", "{1}") == failed
    console = Console(width=200)
    with console.capture() as shown:
        console.print(outcome_table(Outcome(receipts=[slip("partly_accepted", [line()])]), words))
    for header in headers:
        assert header in shown.get()
