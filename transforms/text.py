"""Texts as people write them, brought to forms that can be compared.

Nothing here guesses: folding only forgets what offices write in several ways without meaning anything by it (case,
marks, kinds of spaces, forms of one letter).
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Callable
from itertools import filterfalse
from typing import Final, TypeVar

from catalogue.language import Language
from transforms.legacy import decoder

T = TypeVar("T")

_BLANKS = re.compile(r"[^\S\n]+")
_PUNCTUATION = re.compile(r"[^\w\s]|_")
# Zero-width space, joiners, directions, word joiner, byte order mark: characters that nobody sees.
_INVISIBLE = {ord(mark): None for mark in "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"}
_UNSEEN = re.compile("[\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad]")
_WORD = re.compile(r"\w+")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
_SOFT_HYPHEN = "\u00ad"
_KEPT_LANGUAGES = 64
_KEPT_LETTERS = 65536
# Roman numerals as folded text has them.
ROMAN: Final = {
    f"{ten}{one}": 10 * tens + ones
    for tens, ten in enumerate(("", "x", "xx"))
    for ones, one in enumerate(("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix"))
    if tens or ones
}


def per_language(make: Callable[[Language], T]) -> Callable[[Language], T]:
    """Remember what ``make`` derives from a language pack, by identity: packs hold dicts and cannot be hashed.

    The pack itself is kept beside the result, so that its identity cannot be given to another while it is remembered.
    """
    known: dict[int, tuple[Language, T]] = {}

    @functools.wraps(make)
    def remembered(language: Language) -> T:
        found = known.get(id(language))
        if found is None:
            # A process that runs again loads the same pack again: what it has worked out, and the texts it has met,
            # serve both runs; else each would leave its own behind.
            equal = next((one for one in known.values() if one[0] == language), None)
            if len(known) >= _KEPT_LANGUAGES:
                known.clear()
            found = known[id(language)] = (language, equal[1] if equal else make(language))
        return found[1]

    return remembered


_decode = per_language(decoder)


def decoded(text: str, language: Language, font: str = "") -> str:
    """A text in Unicode letters, where an encoding of before Unicode was typed (``transforms.legacy``).

    To be asked before ``clean``. ``font`` is the name of the font that the text is shown in, where that is known.
    """
    return _decode(language)(text, font)


def read_text(text: str, language: Language) -> str:
    """A text as it is meant: in Unicode letters, clean, without the hyphens that show only at the end of a line."""
    return clean(decoded(text, language).replace(_SOFT_HYPHEN, ""))


def in_one_script(text: str, language: Language, *, every_word: bool = True) -> str:
    """The text with letters of other scripts that look like the language's own written as these.

    ``every_word`` False: only in words that have letters of both, so that a word of another language stays itself.
    """
    if text.isascii() or not language.look_alikes:
        return text
    table = str.maketrans(language.look_alikes)
    if every_word:
        return text.translate(table)
    return _WORD.sub(lambda word: word[0].translate(table) if _LATIN.search(word[0]) else word[0], text)


def clean(text: str) -> str:
    r"""A text as it is kept: composed (NFC), without control or invisible characters, spaces single and trimmed.

    Line breaks stay, because lists are written with them.

    >>> clean("  E\u0301cole\u00a0  de\x00 ville ")
    'École de ville'
    """
    if text.isprintable() and "  " not in text and unicodedata.is_normalized("NFC", text):
        return text.strip()
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).translate(_INVISIBLE)
    text = _BLANKS.sub(" ", text)
    text = "".join(char for char in text if char == "\n" or unicodedata.category(char) != "Cc")
    return "\n".join(line.strip() for line in text.split("\n")).strip()


class _Letters(dict[int, str]):
    """What each letter (by its number) is without case and marks; ``letters`` replaces those that do not decompose.

    Worked out when a letter is met first: texts are long and many, letters few.
    """

    def __init__(self, letters: dict[int, str]) -> None:
        self.letters = letters

    def __missing__(self, letter: int) -> str:
        apart = unicodedata.normalize("NFKD", chr(letter).casefold().translate(self.letters))
        bare = "".join(filterfalse(unicodedata.combining, apart)).casefold().translate(self.letters)
        if len(self) < _KEPT_LETTERS:
            self[letter] = bare
        return bare


def _bare(text: str, letters: _Letters) -> str:
    """Case, marks and kinds of spaces forgotten, letter by letter."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", _UNSEEN.sub("", text))
    return " ".join(text.translate(letters).split())


@per_language
def _letters(language: Language) -> _Letters:
    written = {**language.look_alikes, **language.letters}
    forms = ((form, to) for one, to in written.items() for form in (one, one.casefold()))
    return _Letters({ord(form): to.casefold() for form, to in forms if len(form) == 1})


@per_language
def folder(language: Language) -> Callable[[str], str]:
    """``fold`` of one language: what folds many texts asks for it once."""
    letters = _letters(language)
    variants = {_bare(one, letters): _bare(to, letters) for one, to in language.replacements.items()}
    longest = sorted(filter(None, variants), key=len, reverse=True)
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest))})(?!\w)") if longest else None

    @functools.lru_cache(maxsize=65536)
    def fold(text: str) -> str:
        bare = _bare(decoded(text, language), letters)
        return pattern.sub(lambda match: variants[match[0]], bare) if pattern else bare

    return fold


@per_language
def _fold_name(language: Language) -> Callable[[str], str]:
    letters = _letters(language)
    short = {_bare(one, letters): _bare(to, letters) for one, to in language.abbreviations.items()}
    longest = sorted(filter(None, short), key=len, reverse=True)
    # One that ends in a point may stand right before the next word, as in "TP.HCM"; others are whole words.
    parts = [re.escape(one) if one.endswith(".") else rf"{re.escape(one)}(?!\w)" for one in longest]
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(parts)})") if parts else None

    number = _number_in_names(language)

    @functools.lru_cache(maxsize=65536)
    def fold_name(text: str) -> str:
        folded = number(fold(text, language))
        if pattern:
            folded = pattern.sub(lambda match: f"{short[match[0]]} ", folded)
        return number(fold(_PUNCTUATION.sub(" ", folded), language))

    return fold_name


def _number_in_names(language: Language) -> Callable[[str], str]:
    """What writes a number that is a name in one way: "p4", "p.04" and, where Roman numerals are used, "phuong iv"."""
    words = {fold(one, language): fold(to, language) for one, to in language.numbered.items()}
    if not words:
        return lambda folded: folded
    longest = "|".join(map(re.escape, sorted({*words, *words.values()}, key=len, reverse=True)))
    numerals = "|".join(sorted(ROMAN, key=len, reverse=True)) if language.roman else r"(?!)"
    # A numeral is the last word: "xa vi huong" has none.
    numeral = rf"(?:(?<=\.)\s*|\s+)(?P<numeral>{numerals})(?=\s*(?:$|[^\w\s]))"
    pattern = re.compile(rf"(?<!\w)(?P<word>{longest})(?:\s*0*(?P<digits>[1-9]\d*)(?!\w)|{numeral})")

    def write(match: re.Match[str]) -> str:
        word = words.get(match["word"], match["word"])
        return f"{word} {match['digits'] or ROMAN[match['numeral']]}"

    return lambda folded: pattern.sub(write, folded)


def fold(text: str, language: Language) -> str:
    """A text for comparison: no case, no marks, one kind of space, spelling variants of the language as one."""
    return folder(language)(text)


def fold_name(text: str, language: Language) -> str:
    """A name for comparison: folded, abbreviations of the language written out, punctuation dropped."""
    return _fold_name(language)(text)
