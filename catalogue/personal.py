"""Personal data: what a programme takes for it in free text, pattern by pattern."""

from __future__ import annotations

from pydantic import Field

from catalogue.declared import Declared, Name, Words


class Personal(Declared):
    """One kind of personal data, as a regular expression over a text whose letters are composed (NFC).

    ``finds`` and ``passes`` are examples, tried when the programme is loaded: what it must find, and decoys in which it
    must find nothing.
    """

    personal: Name
    title: Words
    pattern: str = Field(min_length=1, description="A regular expression of Python, sought anywhere in the text")
    source: str = Field(default="", description="The document by which this is personal data")
    finds: tuple[str, ...] = Field(min_length=1, description="Texts in which it must be found; made up")
    passes: tuple[str, ...] = Field(default=(), description="Texts in which it must not be found")
