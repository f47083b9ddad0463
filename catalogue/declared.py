"""What every declared thing has in common: frozen, typed, no unknown keys; names and texts in several languages."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=48)]
"""A name that becomes part of a table or column name: ascii, lower case."""

Code = Annotated[str, StringConstraints(pattern=r"^\S(.*\S)?$", max_length=80)]
"""A natural code, as the field writes it."""

Words = dict[str, str]
"""A text per language, as ``{vi: ..., en: ...}``."""


class Declared(BaseModel):
    """Base of everything a programme declares."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


def say(words: Words, language: str) -> str:
    """The text in a language; where it is missing, the first there is."""
    return words.get(language) or next(iter(words.values()), "")
