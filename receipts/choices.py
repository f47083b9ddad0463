"""What may be chosen in a column: the texts that a template's drop-down offers are those that the pipeline takes.

Nothing is decided here: each text is put to the parser and the resolver that judge a delivery, and only what they take
for the code or entity meant is offered.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from catalogue.codelist import Entry
from catalogue.declared import say
from catalogue.form import Field, Form
from catalogue.language import Language
from catalogue.period import Period
from catalogue.register import Version
from transforms.parse import parse
from transforms.resolve import Resolver

# A drop-down with more than this is no help to anybody: a register as long is only checked.
MOST: Final = 3_000


@dataclass(frozen=True, slots=True)
class Choice:
    """One text that may be chosen: the code behind it, and its name."""

    text: str
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Choices:
    """What may be chosen in a column. ``closed``: nothing else is right, as far as the template can know."""

    choices: tuple[Choice, ...]
    closed: bool

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts, in the order of the list."""
        return tuple(choice.text for choice in self.choices)


def choices(
    resolver: Resolver,
    form: Form,
    field: Field,
    unit: Version | None,
    period: Period | None,
    today: date,
    language: str,
) -> Choices | None:
    """What may be chosen in a field; None where it is filled in freely.

    Codes are those that may be used in the period, entities those of the unit's own branch in the period. Without a
    period, which is known only when the form is filled in, nobody can say that another code or entity is wrong.
    """
    pack = resolver.programme.language
    if field.type == "flag":
        return Choices(tuple(Choice(word, word, "") for word in _flag_words(field, pack)), closed=True)
    if field.type in ("code", "codes") and field.codelist:
        entries = resolver.programme.codelist[field.codelist].entries
        usable = [entry for entry in entries if period is None or entry.valid_within(period.start, period.end)]
        found = (_code(resolver, field, entry, period, language) for entry in usable)
        return Choices(tuple(one for one in found if one), closed=field.type == "code")
    if field.type == "entity" and field.register_name:
        of_branch = field.to == resolver.programme.fact[form.fact].place
        within = unit.key if unit and of_branch else None
        entities = tuple(_entities(resolver, field, within, period, today))
        # A code of which only the first parts count may go on in a way of its own: the list shows what there is.
        known = period is not None and (unit is not None or not of_branch) and not field.code_parts
        return Choices(entities, closed=known) if 0 < len(entities) <= MOST else None
    return None


def _flag_words(field: Field, language: Language) -> tuple[str, ...]:
    """Yes and no in words, and the mark of the legend; those that the parser reads so."""
    found = []
    for words, meant in ((language.true, True), (language.false, False)):
        spelt = next((word for word in words if len(word) > 1 and word.isalpha()), words[0] if words else "")
        found += [word for word in (spelt, *words[:1]) if parse(word, "t", field, language).value is meant and word]
    return tuple(dict.fromkeys(word for word in found if word != "-"))


def _code(resolver: Resolver, field: Field, entry: Entry, period: Period | None, language: str) -> Choice | None:
    """The way an entry of a codelist is written: by its name, else by its code; None where neither is taken."""
    name = say(entry.name, language)
    for text in (name, entry.code):
        value = parse(text, "t", field, resolver.language).value if text else None
        meant = value if field.type == "codes" else (value,)
        if isinstance(meant, tuple) and len(meant) == 1 and isinstance(meant[0], str):
            resolved = resolver.code(meant[0], field.codelist or "", period)
            if resolved.code == entry.code:
                return Choice(text, entry.code, name)
    return None


def _entities(
    resolver: Resolver, field: Field, within: int | None, period: Period | None, today: date
) -> Iterator[Choice]:
    """The entities of a register that the resolver takes by their code, of those that exist in the period."""
    register = resolver.programme.register_named[field.register_name or ""]
    days = (period.end, period.start) if period else (today,)
    versions = {version.key: version for day in reversed(days) for version in register.on(day)}
    if within is None and len(versions) > MOST:
        return
    for version in sorted(versions.values(), key=lambda one: one.code):
        value = parse(version.code, "t", field, resolver.language).value
        if value is not None:
            resolved = resolver.entity(str(value), register.register_name, period, within, today)
            if resolved.key == version.key:
                yield Choice(version.code, version.code, version.name)
