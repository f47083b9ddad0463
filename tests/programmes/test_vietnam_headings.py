"""Headings of commands in Vietnamese: each is there, in correct Unicode, and none is left in English by mistake."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import get_args

import yaml

from catalogue.heading import Heading

PACK = Path(__file__).parents[2] / "programmes" / "vietnam" / "languages" / "vi.yml"


def test_every_heading_is_worded_in_composed_letters() -> None:
    worded: dict[str, str] = yaml.safe_load(PACK.read_text(encoding="utf-8"))["headings"]
    assert set(worded) == set(get_args(Heading))
    for english, said in worded.items():
        assert said != english
        assert said == unicodedata.normalize("NFC", said).strip()
