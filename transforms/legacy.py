"""Texts typed in encodings older than Unicode, whose letters show only in their own fonts, brought back to letters.

Looked at cell by cell, before anything is cleaned away: in one of these encodings a letter is the soft hyphen, which
nobody sees. A cell that is written in the language already stays as it is, and so does one that no encoding of the
language pack turns into words of the language; where two encodings would, only the font can tell.

What is particular to a language stands in its pack: the encodings, and what a syllable of the language looks like.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from catalogue.language import Encoding, Language

# A run of ASCII letters and of anything that an old encoding may have put a letter on: not spaces, not the dashes and
# quotation marks of Unicode, which old encodings do not have.
_TOKEN = re.compile(r"(?:[A-Za-z]|[^\x00-\x7f\s\u2000-\u206f])+")
_LATIN = "latin-1"


@dataclass(frozen=True, slots=True)
class _Reader:
    """An encoding, ready to read: its letters, and the fonts (folded to lower case) that show it."""

    encoding: Encoding
    letters: dict[str, str]
    pattern: re.Pattern[str]

    def shown_in(self, font: str) -> bool:
        """Whether a font shows this encoding."""
        return bool(font) and font.casefold().startswith(tuple(one.casefold() for one in self.encoding.fonts))

    def read(self, token: str) -> str | None:
        """The letters of a run; None where it holds a character that the encoding has not."""
        found = self.pattern.sub(lambda match: self.letters[match[0]], token)
        rest = self.pattern.sub("", token)
        return unicodedata.normalize("NFC", found) if rest.isascii() else None


Decode = Callable[[str, str], str]


def decoder(language: Language) -> Decode:
    """What brings a text, given the name of its font ("" where that is not known), to Unicode letters.

    Composed (NFC) where anything was changed; else the very text.
    """
    readers = tuple(_reader(encoding) for encoding in language.encodings)
    is_word = _word_test(language)
    own = {letter.casefold() for reader in readers for letter in reader.letters.values()}

    @functools.lru_cache(maxsize=65536)
    def decode(text: str, font: str) -> str:
        if text.isascii() or not readers:
            return text
        composed = unicodedata.normalize("NFC", text)
        shown = next((reader for reader in readers if reader.shown_in(font)), None)
        if shown is None and _written_in(composed, is_word, own):
            return text
        # Bytes of an old encoding may have been taken for a code page that replaces some Latin letters.
        for candidate in dict.fromkeys((text, composed, *_other_views(text, readers))):
            if shown is not None:
                found = {_converted(candidate, shown, str.isalpha)}
            else:
                found = {_converted(candidate, reader, is_word) for reader in readers}
            found.discard(None)
            if len(found) == 1 and (new := found.pop()) is not None:
                capitals = shown is not None and font.casefold().endswith(
                    tuple(end.casefold() for end in shown.encoding.capitals)
                )
                return new.upper() if capitals else new
        return text

    return decode


def _reader(encoding: Encoding) -> _Reader:
    letters = dict(encoding.letters)
    if encoding.cased:
        # The first character of several tells the case of the letter; the mark behind it comes in either.
        for old, new in encoding.letters.items():
            for rest in {old[1:], old[1:].upper()}:
                letters.setdefault(old[0] + rest, new)
                letters.setdefault(old[0].upper() + rest, new.upper())
    longest = sorted(letters, key=len, reverse=True)
    return _Reader(encoding, letters, re.compile("|".join(map(re.escape, longest))))


def _word_test(language: Language) -> Callable[[str], bool]:
    """Whether a run of letters may be written in the language: a syllable, or an abbreviation without vowels."""
    syllable = re.compile(language.syllable or r"(?!)", re.VERBOSE)
    misplaced = re.compile(language.misplaced or r"(?!)")
    look_alikes = str.maketrans({one: to for one, to in language.letters.items() if len(one) == 1 and not to.isascii()})

    @functools.lru_cache(maxsize=65536)
    def is_word(token: str) -> bool:
        lowered = unicodedata.normalize("NFC", token).translate(look_alikes).casefold()
        bare, tones = "", 0
        for char in unicodedata.normalize("NFD", lowered):
            if char in language.tones:
                tones += 1
            else:
                bare += char
        bare = unicodedata.normalize("NFC", bare)
        return tones <= 1 and bool(syllable.fullmatch(bare)) and not misplaced.search(lowered)

    return is_word


def _written_in(text: str, is_word: Callable[[str], bool], letters: set[str]) -> bool:
    """Whether a text is written in the language already: every run that is more than ASCII is a word of it.

    Where all letters are its own, most runs are enough: the others are names from elsewhere, no old encoding.
    """
    runs = [run for run in _TOKEN.findall(text) if not run.isascii()]
    words = sum(map(is_word, runs))
    own = all(char.isascii() or char in letters for char in text.casefold())
    return words == len(runs) or (own and 2 * words > len(runs))


def _converted(text: str, reader: _Reader, is_word: Callable[[str], bool]) -> str | None:
    """The text by one encoding; None where it does not come out in words of the language."""
    found, last, words = "", 0, 0
    for match in _TOKEN.finditer(text):
        token = match[0]
        found += text[last : match.start()]
        last = match.end()
        new = token if token.isascii() else reader.read(token)
        # Beside a digit it is a mark of a footnote or a unit, as in "12¹" or "50 m²".
        beside = text[match.start() - 1 : match.start()].isdigit() or text[match.end() : match.end() + 1].isdigit()
        if new is None or (not token.isascii() and (beside or not new.isalpha() or not is_word(new))):
            return None
        words += not token.isascii() and len(new) > 1
        found += new
    return found + text[last:] if words else None


def _other_views(text: str, readers: tuple[_Reader, ...]) -> tuple[str, ...]:
    """The text as the same bytes look in Latin-1, for each code page that an encoding is often mistaken for."""
    found = []
    for page in dict.fromkeys(page for reader in readers for page in reader.encoding.mistaken_for):
        try:
            found.append(text.encode(page).decode(_LATIN))
        except UnicodeError:
            continue
    return tuple(found)
