"""Rules over the texts of a programme."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from catalogue.declared import Declared, Words
from catalogue.problem import Problem, listed, nearest
from catalogue.programme import Programme

_TEXT_OR_WORDS: Final = str | Words


def every_text_has_every_language(programme: Programme) -> Iterator[Problem]:
    """Each text is there in each language of the header, and in no other."""
    roots: list[tuple[tuple[str | int, ...], Declared]] = [(("header", "programme"), programme.header)]
    for kind, name, items in (
        ("register", "register_name", programme.registers),
        ("fact", "fact", programme.facts),
        ("form", "form", programme.forms),
        ("source", "source", programme.sources),
        ("indicator", "indicator", programme.indicators),
        ("target", "target", programme.targets),
        ("route", "route", programme.routes),
        ("personal", "personal", programme.personal),
    ):
        roots += [((kind, str(getattr(item, name))), item) for item in items]
    texts = [text for place, item in roots for text in _texts(item, place)]
    for codelist in programme.codelists:
        for index, entry in enumerate(codelist.entries):
            texts.append((("codelist", codelist.codelist, index), entry.name))
    languages = programme.header.languages
    for place, words in texts:
        missing = [language for language in languages if not words.get(language)]
        strange = [language for language in words if language not in languages]
        for language in missing:
            # A codelist writes each language in a column of its own.
            key = f"name_{language}" if place[0] == "codelist" else language
            found = f"a text without the language {language!r}"
            yield Problem((*place, key), found, f"all of {listed(languages)}", f"add the text as {key!r}")
        for language in strange:
            remedy = nearest(language, missing, "remove it, or add the language to programme.yml")
            yield Problem((*place, language), f"the language {language!r}", listed(languages), remedy)


def _texts(item: Declared, place: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Words]]:
    """Every text inside a declaration, with the way to it; one that may be left out and was is none."""
    for name, info in type(item).model_fields.items():
        value, key = getattr(item, name), info.alias or name
        if info.annotation == Words or (info.annotation == _TEXT_OR_WORDS and isinstance(value, dict)):
            if value or info.is_required():
                yield (*place, key), value
        elif isinstance(value, Declared):
            yield from _texts(value, (*place, key))
        elif isinstance(value, tuple) and name != "versions":
            for index, inner in enumerate(value):
                if isinstance(inner, Declared):
                    yield from _texts(inner, (*place, key, index))
