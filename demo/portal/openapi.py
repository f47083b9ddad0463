"""The OpenAPI document of a demo portal, made from the dialects that it speaks."""

from __future__ import annotations

from typing import Any, Final

from demo.portal.desk import DemoPortal
from demo.portal.dialect import MEASURES, Dialect
from demo.portal.faults import FAULTS
from demo.portal.question import EVERYTHING, LAST_PAGE

Schema = dict[str, Any]

_TEXT: Final[Schema] = {"type": "string"}
_MAYBE_TEXT: Final[Schema] = {"type": ["string", "null"]}
_COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
_ERROR: Final[Schema] = {"type": "object", "required": ["error"], "properties": {"error": _TEXT}}
_WORDS: Final = {
    "400": "The question is out of the contract", "401": "No token, or one that does not count",
    "405": "Another method", "413": "A question that is too long",
    "429": "Too many requests", "500": "The fault server_error", "503": "The fault unavailable",
}  # fmt: skip


def document(portal: DemoPortal) -> dict[str, Any]:
    """The document that ``/openapi.json`` shows."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Demo portal of chiso",
            "version": "1",
            "description": "Synthetic figures. A question with the header X-Fault: NAME is answered with that fault.",
        },
        "servers": [{"url": portal.url}],
        "paths": {desk.path: {desk.dialect.method.lower(): _operation(desk.dialect)} for desk in portal.desks} | _own(),
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    }


def _operation(dialect: Dialect) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": dialect.dialect,
        "summary": dialect.title.get("en") or next(iter(dialect.title.values())),
        "responses": {"200": _json("A page", _answer(dialect))} | _errors("400", "401", "413", "429", "500", "503"),
        "security": [{"token": []}] if dialect.token else [],
    }
    schema = _question(dialect)
    if dialect.asked.borne == "query":
        required = schema["required"]
        found["parameters"] = [
            {"name": key, "in": "query", "required": key in required, "schema": held}
            for key, held in schema["properties"].items()
        ]
    elif dialect.asked.borne == "form" and dialect.asked.envelope:
        held = {"type": "string", "contentMediaType": "application/json", "contentSchema": schema}
        form = {"type": "object", "required": [dialect.asked.envelope], "properties": {dialect.asked.envelope: held}}
        found["requestBody"] = {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": form}}}
    else:
        found["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return found


def _question(dialect: Dialect) -> Schema:
    """The schema of a question's keys."""
    asked = dialect.asked
    in_query = asked.borne == "query"
    text = _TEXT if in_query else _MAYBE_TEXT
    keys: dict[str, Schema] = {key: {"enum": list(allowed)} for key, allowed in asked.given.items()}
    required = [*asked.given]
    for name in (asked.start, asked.end):
        if name:
            keys[name] = {"type": "string", "format": "date-time" if asked.instants else "date"}
            required.append(name)
    if asked.year:
        keys[asked.year] = {"type": "integer", "minimum": 1, "maximum": 9998}
        required.append(asked.year)
    for name, most in ((asked.half, 2), (asked.quarter, 4), (asked.month, 12)):
        if name:
            keys[name] = {"type": ["integer", "null"], "minimum": 0, "maximum": most}
    keys |= dict.fromkeys(asked.filters, text) | {key: {} for key in asked.others}
    # The portal of which this is a picture hands out everything where no size is named.
    keys[asked.page] = {
        "type": "integer",
        "minimum": asked.first_page,
        "maximum": LAST_PAGE,
        "default": asked.first_page,
    }
    keys[asked.size] = {"type": "integer", "minimum": 1, "maximum": EVERYTHING, "default": EVERYTHING}
    if asked.order:
        keys[asked.order] = _TEXT if in_query else {"type": "array", "items": _TEXT}
    return {"type": "object", "required": required, "properties": keys}


def _answer(dialect: Dialect) -> Schema:
    """The schema of an answer."""
    said = dialect.answered
    records: Schema = {"type": "array", "items": _record(dialect)}
    if said.data is None:
        return records
    keys: dict[str, Schema] = {said.data: records}
    keys |= {name: _COUNT for name in (said.total, said.pages, said.current, said.size, said.count) if name}
    keys |= {name: {"type": "boolean"} for name in (said.more, said.before, said.first, said.last) if name}
    return {"type": "object", "required": [*keys], "properties": keys}


def _record(dialect: Dialect) -> Schema:
    root: Schema = {"type": "object", "required": [], "properties": {}}
    for key, noun in dialect.record.items():
        place = root
        *above, last = key.split(".")
        for name in above:
            inner = place["properties"].setdefault(name, {"type": "object", "required": [], "properties": {}})
            place["required"] = [*dict.fromkeys([*place["required"], name])]
            place = inner
        kind: Schema = _MAYBE_TEXT
        if noun in MEASURES:
            kind = {"type": ["string", "null"], "pattern": "^[0-9]+$"} if dialect.answered.texts else {
                "type": ["integer", "null"], "minimum": 0,
            }  # fmt: skip
        place["properties"][last] = kind
        place["required"].append(last)
    return root


def _own() -> dict[str, Any]:
    """The portal's own pages."""
    fault = {
        "name": "fault", "in": "query", "required": False, "explode": True,
        "description": "NAME, or NAME:n for the next n answers",
        "schema": {"type": "array", "items": {"type": "string", "pattern": f"^({'|'.join(FAULTS)})(:[1-9][0-9]?)?$"}},
    }  # fmt: skip
    period = {
        "name": "period", "in": "query", "required": False, "description": "A month, as 2024-03",
        "schema": {"type": "string", "pattern": "^(19|20)[0-9]{2}-(0[1-9]|1[0-2])$"},
    }  # fmt: skip
    some = {"type": "object"}
    pages: dict[str, dict[str, tuple[str, list[Any], tuple[str, ...]]]] = {
        "/openapi.json": {"get": ("This document", [], ())},
        "/_faults": {
            "get": ("What may go wrong, and what does", [], ()),
            "post": ("Switch faults on", [fault], ("400",)),
            "delete": ("Switch faults off; all where none is named", [fault], ("400",)),
        },
        "/_truth": {"get": ("What the portal counts in a month, by unit, whatever it answers", [period], ("400",))},
        "/_token": {"post": ("A token that counts", [], ())},
    }
    return {
        path: {
            method: {"summary": words, "parameters": held, "responses": {"200": _json(words, some)} | _errors(*errors)}
            for method, (words, held, errors) in methods.items()
        }
        for path, methods in pages.items()
    }


def _json(words: str, schema: Schema) -> dict[str, Any]:
    return {"description": words, "content": {"application/json": {"schema": schema}}}


def _errors(*statuses: str) -> dict[str, Any]:
    return {status: _json(_WORDS[status], _ERROR) for status in statuses}
