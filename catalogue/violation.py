"""Violations: pydantic's errors as sentences for the author of a declaration."""

from __future__ import annotations

import re
import types
from collections.abc import Iterator
from typing import Any, Final, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from catalogue.document import Document
from catalogue.problem import Problem, listed, nearest

# What a pattern of ``catalogue.declared`` and the models means, in words.
_PATTERNS: Final[dict[str, str]] = {
    r"^[a-z][a-z0-9_]*$": "lower-case letters a-z, digits and _, beginning with a letter",
    r"^\S(.*\S)?$": "a text that is not empty",
    r"^[a-z]{2}$": "two letters, as vi or en",
    r"^[.,]$": "a point or a comma",
}
# pydantic's kind of error: (what is allowed, what to do)
_TYPES: Final[dict[str, tuple[str, str]]] = {
    "string_type": ("a text", "put it in quotes"),
    "int_type": ("a whole number", "write digits only"),
    "int_parsing": ("a whole number", "write digits only"),
    "int_from_float": ("a whole number", "write it without decimals"),
    "float_type": ("a number", "write digits with a decimal point"),
    "float_parsing": ("a number", "write digits with a decimal point"),
    "decimal_type": ("a number", "write digits with a decimal point, without quotes or marks between thousands"),
    "decimal_parsing": ("a number", "write digits with a decimal point, without quotes or marks between thousands"),
    "finite_number": ("a finite number", "write digits with a decimal point"),
    "bool_type": ("true or false", "write true or false"),
    "bool_parsing": ("true or false", "write true or false"),
    "date_type": ("a date that exists, as 2024-03-01", "write year-month-day"),
    "date_parsing": ("a date that exists, as 2024-03-01", "write year-month-day"),
    "date_from_datetime_parsing": ("a date that exists, as 2024-03-01", "write year-month-day"),
    "date_from_datetime_inexact": ("a date that exists, as 2024-03-01", "write year-month-day"),
    "tuple_type": ("a list", "write each entry on its own line behind '- ', or as [a, b]"),
    "list_type": ("a list", "write each entry on its own line behind '- ', or as [a, b]"),
    "dict_type": ("keys with values, as {vi: ..., en: ...}", "write it as 'key: value' lines"),
    "model_type": ("keys with values", "write it as 'key: value' lines"),
    "model_attributes_type": ("keys with values", "write it as 'key: value' lines"),
}


Steps = tuple[str | int, ...]


def violations(
    error: ValidationError, model: Any, document: Document, prefix: Steps
) -> Iterator[tuple[Steps, Problem]]:
    """Each error of a declaration once: the way to it in the document, and its problem.

    ``model`` is what was validated, ``prefix`` the way to it in the document. Errors of the several kinds that one
    value may be (a union) are told once.
    """
    seen: set[tuple[int, str | int]] = set()
    for detail in error.errors(include_url=False):
        loc = tuple(step for step in detail["loc"] if step != "[key]")
        if detail["type"] == "union_tag_invalid":
            loc = (*loc, str(detail["ctx"]["discriminator"]).strip("'"))
        path = (*prefix, *loc)
        line, text, known = document.seek(path)
        mark = (line, ".".join(map(str, path[:known]))) if known < len(path) and detail["type"] in _TYPES else None
        if mark is not None and mark in seen:
            continue
        if mark is not None:
            seen.add(mark)
        yield path, _problem(detail, loc, model, text)


def keys_at(model: Any, loc: Steps) -> tuple[str, ...]:
    """The keys that may be declared at a place of a model, by the names an author writes."""
    current = _choices(model)
    for step in loc:
        following: list[Any] = []
        for choice in current:
            if _is_model(choice):
                for name, info in choice.model_fields.items():
                    if step in (info.alias or name, name):
                        following += _choices(info.annotation)
            elif get_origin(choice) in (tuple, list):
                following += _choices(get_args(choice)[0])
            elif get_origin(choice) is dict:
                following += _choices(get_args(choice)[1])
        # A step that leads nowhere is the tag of a union: it chooses among the models.
        current = following or [choice for choice in current if _is_model(choice) and step in _tags(choice)] or current
    names = [info.alias or name for found in current if _is_model(found) for name, info in found.model_fields.items()]
    return tuple(dict.fromkeys(names))


def _problem(detail: ErrorDetails, loc: Steps, model: Any, text: str | None) -> Problem:
    kind, context = detail["type"], detail.get("ctx", {})
    found = _found(detail["input"], text)
    key = str(loc[-1]) if loc else ""
    match kind:
        case "extra_forbidden":
            keys = keys_at(model, loc[:-1])
            return Problem(loc, f"the unknown key {key!r}", listed(keys), nearest(key, keys, "remove it"))
        case "missing":
            allowed = listed(keys_at(model, loc[:-1]))
            return Problem(loc, f"no key {key!r}, which is required", allowed, f"add '{key}: ...'")
        case "union_tag_not_found":
            tag = str(context["discriminator"]).strip("'")
            return Problem(loc, f"no key {tag!r}, which is required", listed(keys_at(model, loc)), f"add '{tag}: ...'")
        case "literal_error" | "union_tag_invalid":
            expected = str(context.get("expected", context.get("expected_tags", "")))
            options = re.findall(r"'([^']*)'", expected) or [expected]
            if kind == "union_tag_invalid":
                found = repr(context["tag"])
            return Problem(loc, found, listed(options), nearest(found.strip("'"), options, "choose one of these"))
        case "string_pattern_mismatch":
            pattern = str(context["pattern"])
            allowed_text = _PATTERNS.get(pattern, f"a text that matches {pattern}")
            return Problem(loc, found, allowed_text, "write it so")
        case "string_type" if text is not None and not isinstance(detail["input"], dict | list) and text:
            return Problem(loc, found + ", which YAML reads as no text", "a text", f'put it in quotes: "{text}"')
    if kind in _TYPES:
        allowed_text, remedy = _TYPES[kind]
        return Problem(loc, found, allowed_text, remedy)
    return Problem(loc, found, str(detail["msg"]).removeprefix("Value error, "), "change it so that this holds")


def _found(value: Any, text: str | None) -> str:
    """What stands there, in words."""
    if value is None or text == "":
        return "nothing"
    if isinstance(value, dict):
        return "keys with values"
    if isinstance(value, list | tuple):
        return "an empty list" if not value else "a list"
    return repr(text if text is not None else str(value))


def _choices(annotation: Any) -> list[Any]:
    """The kinds a value may be: unions taken apart, annotations and None left out."""
    origin = get_origin(annotation)
    if origin in (Union, types.UnionType):
        return [choice for part in get_args(annotation) for choice in _choices(part)]
    if hasattr(annotation, "__metadata__"):
        return _choices(get_args(annotation)[0])
    return [] if annotation is type(None) else [annotation]


def _is_model(choice: Any) -> bool:
    return isinstance(choice, type) and issubclass(choice, BaseModel)


def _tags(model: type[BaseModel]) -> set[Any]:
    """The fixed texts of a model's keys that have only one: by them a union chooses it."""
    found = set()
    for info in model.model_fields.values():
        if get_origin(info.annotation) is Literal and len(get_args(info.annotation)) == 1:
            found |= set(get_args(info.annotation))
    return found
