"""Rules over the patterns of personal data: they find what they say, and nothing in the decoys."""

from __future__ import annotations

import re
from collections.abc import Iterator

from catalogue.problem import Problem
from catalogue.programme import Programme


def patterns_of_personal_data_hold(programme: Programme) -> Iterator[Problem]:
    """A pattern is a regular expression that can be joined to others, and does what its examples say."""
    for one in programme.personal:
        place: tuple[str | int, ...] = ("personal", one.personal)
        try:
            pattern = re.compile(f"(?:{one.pattern})")
        except re.error as error:
            found = f"a pattern that is no regular expression: {error}"
            yield Problem((*place, "pattern"), found, "a regular expression without flags for all of it", "mend it")
            continue
        if pattern.search(""):
            yield Problem((*place, "pattern"), "a pattern that finds something in an empty text", "more", "mend it")
            continue
        for key, texts, wanted in (("finds", one.finds, True), ("passes", one.passes, False)):
            for index, text in enumerate(texts):
                if bool(pattern.search(text)) != wanted:
                    found = f"{text!r}, in which the pattern finds {'nothing' if wanted else 'something'}"
                    allowed = "a text in which it does" if wanted else "a text in which it finds nothing"
                    yield Problem((*place, key, index), found, allowed, "mend the pattern, or the example")
