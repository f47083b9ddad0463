"""How alike names are: what may be a slip of the pen, what is another name, and which entities come nearest.

All comparison is of folded names (``transforms.text``). What every second name of a branch says ("people's committee of
the commune of") tells nobody apart, so names are first compared by the words that do; see docs/adr/0015.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from rapidfuzz import fuzz, process

from catalogue.language import Language
from catalogue.register import Span
from transforms.text import fold

CLOSE: Final = 92.0
"""What is alike enough to be taken, of 100, in the words that tell names apart."""
WHOLE: Final = 88.0
"""What the whole names must reach besides: "commune of X" is not "district of X"."""
MARGIN: Final = 6.0
"""By how much the nearest must lead the second entity."""
WORTH_NAMING: Final = 60.0
"""What is alike enough to be offered as a candidate."""
CANDIDATES: Final = 5
"""As many are listed."""
_LOOKED_AT: Final = 24
# A word tells nothing apart once it stands in this share of the names, and in at least so many.
_COMMON_SHARE: Final = 0.3
_COMMON_LEAST: Final = 4
_NUMERALS: Final = frozenset("ivxlc")


@dataclass(frozen=True, slots=True)
class Near:
    """An entity whose name is near, by how much (0 to 100), and whether near enough to be meant."""

    span: Span
    score: float
    close: bool


class Names:
    """The names of the entities of a branch, folded, each with its version; built once, asked often."""

    def __init__(self, names: Iterable[tuple[str, Span]]) -> None:
        found: dict[str, list[Span]] = {}
        for name, span in names:
            found.setdefault(name, []).append(span)
        times = Counter(word for name in found for word in set(name.split()))
        least = max(_COMMON_LEAST, _COMMON_SHARE * len(found))
        self._common = frozenset(word for word, count in times.items() if count >= least)
        self._found = found
        by_words: dict[str, list[str]] = {}
        for name in found:
            by_words.setdefault(self._tells(name), []).append(name)
        # Each different text is compared once, however many names it tells.
        self._telling, self._names = list(by_words), list(by_words.values())

    def _tells(self, name: str) -> str:
        """The words of a name that tell it apart; the whole name where none does."""
        return " ".join(word for word in name.split() if word not in self._common) or name

    def nearest(self, name: str) -> list[Near]:
        """The entities nearest to a folded name, nearest first, each once.

        At most one is ``close``: the first, where it is near enough and leads clearly.
        """
        numbers = _numbers(name)
        best: dict[int, Near] = {}
        hits = process.extract(
            self._tells(name), self._telling, scorer=fuzz.ratio, score_cutoff=WORTH_NAMING, limit=_LOOKED_AT
        )
        for _, score, place in hits:
            for other in self._names[place]:
                close = score >= CLOSE and numbers == _numbers(other) and fuzz.ratio(name, other) >= WHOLE
                for span in self._found[other]:
                    known = best.get(span.version.key)
                    if known is None or (close, score) > (known.close, known.score):
                        best[span.version.key] = Near(span, score, close)
        found = sorted(best.values(), key=lambda one: (-one.close, -one.score, one.span.version.code))
        if found and found[0].close and all(one.score <= found[0].score - MARGIN for one in found[1:]):
            return found
        return [Near(one.span, one.score, close=False) for one in found]


def _numbers(name: str) -> Sequence[str]:
    """The words that number something, in digits or Roman numerals: a slip in one of them is another thing."""
    return sorted(word for word in name.split() if any(char.isdigit() for char in word) or _NUMERALS.issuperset(word))


def agrees(text: str, name: str, language: Language) -> bool:
    """True where the marks of a text do not speak against a name that folds like it.

    A text without any marks agrees with every such name. Where a mark sits in its word is no matter ("Hoà", "Hòa").
    """
    words = [(fold(word, language), _marks(word)) for word in name.split()]
    written = [(fold(word, language), _marks(word)) for word in text.split()]
    if not any(marks for _, marks in written):
        return True
    for bare, marks in written:
        same = [others for other, others in words if other == bare]
        if same and marks not in same:
            return False
    return True


def _marks(word: str) -> str:
    """The marks of a word, in one order, without their places; a letter with a stroke counts as a mark."""
    apart = unicodedata.normalize("NFD", word.casefold())
    return "".join(sorted(char for char in apart if not char.isascii()))
