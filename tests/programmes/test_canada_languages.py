"""The French of the Canadian programme: every rule is worded, and phrases have the blanks of the English ones."""

from __future__ import annotations

import re
import typing
from collections.abc import Mapping
from pathlib import Path

import pytest

from catalogue.language import Language
from catalogue.loader import load_programme
from catalogue.rule import RULES
from catalogue.template_phrase import PHRASES
from flows.outcome import ENGLISH as RUNS
from receipts.words import ENGLISH as RECEIPTS

BLANK = re.compile(r"\{\d\}")


@pytest.fixture(scope="module")
def french() -> Language:
    programme = load_programme(Path(__file__).parents[2] / "programmes" / "canada")
    return next(one for one in programme.languages if one.language == "fr")


def test_every_rule_is_worded_with_what_is_allowed_and_what_to_do(french: Language) -> None:
    assert set(french.messages) == set(RULES)
    parts = {rule: [part.strip() for part in text.split("|")] for rule, text in french.messages.items()}
    assert [rule for rule, found in parts.items() if len(found) != 2 or not all(found)] == []


@pytest.mark.parametrize(
    ("part", "english"), [("alerts", {}), ("template", PHRASES), ("receipts", RECEIPTS), ("runs", RUNS)]
)
def test_phrases_have_the_blanks_of_the_english_ones(french: Language, part: str, english: Mapping[str, str]) -> None:
    worded: dict[str, str] = getattr(french, part)
    annotation = Language.model_fields[part].annotation
    phrases = typing.get_args(typing.get_args(annotation)[0])
    assert worded
    assert set(worded) <= set(phrases)
    differ = {
        key for key in worded if key in english and set(BLANK.findall(worded[key])) != set(BLANK.findall(english[key]))
    }
    assert differ == set()
