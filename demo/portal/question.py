"""A question put to a demo portal: what it bears, read by the dialect, and refused where it is out of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

from demo.portal.dialect import Asked, Dialect
from demo.portal.figures import Span

_NEVER: Final = Span(datetime.min, datetime.min)  # noqa: DTZ901 the portal's own clock; a span in which nothing is
_MONTHS: Final = {"half": 6, "quarter": 3, "month": 1}
EVERYTHING: Final = 2**31 - 1  # The page size of a question that names none.
LAST_PAGE: Final = 1_000_000


class Refused(Exception):
    """A question that is out of the contract: answered with 400 and these words."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked for. ``page`` counts from 0; ``order`` are keys of a record; ``filters`` by key of the question."""

    keys: Mapping[str, Any]
    span: Span
    page: int
    size: int
    order: tuple[str, ...]
    filters: Mapping[str, str]


def read_question(dialect: Dialect, query: str, body: bytes, zone: ZoneInfo) -> Question:
    """Read a question. Raises Refused where it is out of the contract."""
    asked = dialect.asked
    keys = _keys(dialect, query, body)
    for key, allowed in asked.given.items():
        if keys.get(key) not in allowed:
            raise Refused(f"{key} is {keys.get(key)!r:.60}; allowed is {' or '.join(allowed)}")
    filters = {}
    for key in asked.filters:
        held = keys.get(key)
        if held is not None and not isinstance(held, str):
            raise Refused(f"{key} is {held!r:.60}; allowed is a text, or null")
        if held:
            filters[key] = held
    page = _whole(asked, keys, asked.page, asked.first_page, asked.first_page, LAST_PAGE)
    return Question(
        keys, _span(dialect, keys, zone), page - asked.first_page, _whole(asked, keys, asked.size, 1, EVERYTHING),
        _order(dialect, keys), filters,
    )  # fmt: skip


def _keys(dialect: Dialect, query: str, body: bytes) -> dict[str, Any]:
    """The keys of a question, from wherever the dialect bears them."""
    asked = dialect.asked
    if asked.borne == "query":
        try:
            return _single(parse_qs(query, keep_blank_values=True, max_num_fields=200))
        except ValueError as error:
            raise Refused(f"the query cannot be read: {error}") from error
    if asked.borne == "form":
        try:
            fields = _single(parse_qs(body.decode(), keep_blank_values=True, max_num_fields=200))
        except ValueError as error:
            raise Refused(f"the form cannot be read: {error}") from error
        if asked.envelope not in fields:
            raise Refused(f"the form has no field {asked.envelope!r}; it holds the question as JSON")
        body = fields[asked.envelope].encode()
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refused(f"the question is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise Refused("the question is no JSON object")
    return found


def _single(fields: Mapping[str, list[str]]) -> dict[str, str]:
    """The one text of each field."""
    for key, texts in fields.items():
        if len(texts) > 1:
            raise Refused(f"{key:.60} is given {len(texts)} times; allowed is once")
    return {key: text for key, (text,) in fields.items()}


def _whole(asked: Asked, keys: Mapping[str, Any], key: str, least: int, default: int, most: int = EVERYTHING) -> int:
    """A whole number; the default where there is none. Where it is not borne in JSON itself, digits are one, too."""
    held = keys.get(key)
    if held is None:
        return default
    texts = asked.borne != "json"
    if texts and isinstance(held, str) and held.isascii() and held.isdecimal() and len(held) < 20:  # noqa: PLR2004 fits 64 bits
        held = int(held)
    if isinstance(held, float) and held.is_integer():
        held = int(held)
    if not isinstance(held, int) or isinstance(held, bool) or not least <= held <= most:
        raise Refused(f"{key} is {held!r:.60}; allowed is a whole number from {least} to {most}")
    return held


def _order(dialect: Dialect, keys: Mapping[str, Any]) -> tuple[str, ...]:
    key = dialect.asked.order
    held = keys.get(key) if key else None
    if held is None:
        return ()
    if isinstance(held, str) and dialect.asked.borne == "query":
        return tuple(one.strip() for one in held.split(",") if one.strip())
    if isinstance(held, list) and all(isinstance(one, str) for one in held):
        return tuple(held)
    raise Refused(f"{key} is {held!r:.60}; allowed is a list of keys of a record")


def _span(dialect: Dialect, keys: Mapping[str, Any], zone: ZoneInfo) -> Span:
    asked = dialect.asked
    if asked.year is not None:
        return _numbered_span(dialect, keys)
    if asked.start is None or asked.end is None:
        return _NEVER
    if asked.instants:
        start, end = (_instant(keys, key, zone) for key in (asked.start, asked.end))
        # The last instant belongs to the span; portals are asked to the second, or to the millisecond.
        return Span(start, end.replace(microsecond=0) + timedelta(seconds=1)) if _is_in_range(end) else _NEVER
    first, last = (_day(keys, key) for key in (asked.start, asked.end))
    if last == date.max:
        return _NEVER
    return Span(datetime.combine(first, datetime.min.time()), datetime.combine(last, datetime.min.time()) + _DAY)


_DAY: Final = timedelta(days=1)


def _day(keys: Mapping[str, Any], key: str) -> date:
    held = keys.get(key)
    try:
        if not isinstance(held, str) or len(held) != len("2024-03-01"):
            raise ValueError
        return date.fromisoformat(held)
    except ValueError as error:
        raise Refused(f"{key} is {held!r:.60}; allowed is a day, as 2024-03-01") from error


def _instant(keys: Mapping[str, Any], key: str, zone: ZoneInfo) -> datetime:
    """An instant as the portal's own clock shows it."""
    held = keys.get(key)
    try:
        found = datetime.fromisoformat(held if isinstance(held, str) else "")
    except ValueError as error:
        raise Refused(f"{key} is {held!r:.60}; allowed is an instant, as 2024-02-29T17:00:00Z") from error
    if found.tzinfo is None:
        raise Refused(f"{key} is {held!r:.60}, without a zone; allowed is an instant, as 2024-02-29T17:00:00Z")
    try:
        return found.astimezone(zone).replace(tzinfo=None)
    except OverflowError:
        return datetime.max  # noqa: DTZ901 beyond every calendar


def _is_in_range(moment: datetime) -> bool:
    return moment < datetime.max - _DAY  # noqa: DTZ901 beyond every calendar


def _numbered_span(dialect: Dialect, keys: Mapping[str, Any]) -> Span:
    """A year, or the half, quarter or month of it that is numbered."""
    asked = dialect.asked
    year = _whole(asked, keys, asked.year or "", 1, 0)
    if not 1 <= year < date.max.year:
        raise Refused(f"{asked.year} is {year}; allowed is a year")
    for kind, length in _MONTHS.items():
        key = getattr(asked, kind)
        number = _whole(asked, keys, key, 0, 0) if key else 0
        if number > 12 // length:
            raise Refused(f"{key} is {number}; allowed are 1 to {12 // length}, or 0 for none")
        if number:
            first = (number - 1) * length
            return Span(_start(year, first), _start(year, first + length))
    return Span(_start(year, 0), _start(year, 12))


def _start(year: int, months: int) -> datetime:
    return datetime(year + months // 12, months % 12 + 1, 1)  # noqa: DTZ001 the portal's own clock
