"""What commands print, in the language of the settings: headings of tables and labels in them, as the programme's
language pack words them. English needs no pack, and loads none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, cast

from catalogue.errors import ChisoError
from catalogue.heading import Heading
from flows.settings import Settings

Said = Callable[[str], str]
"""A heading or label as it is told. What a pack does not word is told as it is."""
LABELS: Final = frozenset({"status", "became", "was", "is", "what", "severity", ""})
"""The columns whose values are labels of ours, and no codes or texts of somebody's."""


def as_it_is(text: str) -> str:
    """English."""
    return text


def headings(settings: Settings) -> Said:
    """The headings in the language of the settings; in English where the programme has no pack of it, or cannot be
    read: a table is not refused for its headings."""
    if settings.language == "en":
        return as_it_is
    from catalogue.loader import load_programme  # noqa: PLC0415 who reads English loads none

    try:
        packs = load_programme(settings.programme_folder()).languages
    except ChisoError:
        return as_it_is
    pack = next((one for one in packs if one.language == settings.language), None)
    worded = pack.headings if pack else {}
    return lambda text: worded.get(cast("Heading", text), text)
