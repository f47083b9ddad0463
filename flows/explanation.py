"""An explanation as people and programs read it: tables on a terminal, or JSON."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from catalogue.declared import say
from catalogue.errors import UsageError
from catalogue.language import ExplanationPhrase, Language
from catalogue.programme import Programme
from flows.asked import Row
from flows.asking import figure
from flows.explaining import SIDES, Explanation, plain, title_of
from flows.terminal import terminal

# What is said where a language pack says nothing.
ENGLISH: Final[Mapping[ExplanationPhrase, str]] = {
    "release": "release {0}, sealed {1} UTC",
    "definition": "Definition",
    "source": "Source",
    "status": "status {0}",
    "coverage": "complete reports: {0} of {1}",
    "formula": "Formula",
    "side": "side",
    "term": "term",
    "amount": "amount",
    "forms": "forms",
    "over_time": "over time",
    "over_place": "over places",
    "rows": "rows",
    "periods": "By reported period",
    "period": "period",
    "units": "By unit",
    "unit": "unit",
    "value": "value",
    "others": "{0} others",
    "missing": "Reports that are owed and do not stand, complete",
    "none_missing": "No report is missing.",
    "form": "form",
    "due": "due",
    "mended": "Rows corrected, or accepted though they broke a rule",
    "targets": "Targets",
    "target": "target",
    "year": "year",
    "deliveries": "Deliveries",
    "delivery": "delivery",
    "received": "received",
    "cells": "Cells, the largest first",
    "sheet": "sheet",
    "cell": "cell",
    "text": "text found",
    "share": "share",
    "shown": "{0}: {1} of {2} rows are shown, they come to {3} of {4}",
    "withdrawn": "It was withdrawn by {0}, {1} UTC: {2} ({3}).",
    "not_traced": "This figure is made of other figures: it is not traced to cells.",
    "numerator": "numerator",
    "denominator": "denominator",
    "counted": "each row counts 1",
    "sum": "added up",
    "first": "the first counts",
    "last": "the last counts",
    "none": "its own period only",
    "gap": "gap",
    "control": "{0}: {1}; {2}: {3}; over {4} reports of units that both tell of",
    "gap_sum": "gap, signs cancelling: {0}; without signs: {1}, {2} of the first",
    "lacks_right": "{0} has less in {1}",
    "lacks_left": "{0} has less in {1}",
    "agree": "{0} agree within the tolerance",
    "only_left": "{0} alone: {1}",
    "short": "{0} lacks {1}",
    "incomplete": "something was left blank",
    "why_split": "Not comparable: a place was divided, and no document says how much of it went where.",
    "why_part": "Not comparable: only part of a place moved, and figures of this kind are of whole places only.",
    "why_kind": "Not comparable: figures of this kind are never put together or taken apart.",
    "why_unknown": "Not comparable: of a place that went into this one, nothing is known.",
    "why_predecessor": "Not comparable: the figure of a place or year that this one stands on does not stand.",
    "why_two_values": "Not comparable: two values were published that differ.",
}
_WHY: Final[Mapping[str, ExplanationPhrase]] = {
    "split": "why_split",
    "part": "why_part",
    "kind": "why_kind",
    "unknown": "why_unknown",
    "predecessor": "why_predecessor",
    "two_values": "why_two_values",
}
"""What is said of a figure that is not comparable, by its reason."""
_LISTED: Final = 15
"""As many units and deliveries are listed; the rest is one line."""


class Phrases:
    """The phrases of explanations in a language of a programme. Raises UsageError where it has no words of it."""

    def __init__(self, programme: Programme, language: str) -> None:
        self.language = language
        self._pack: Language | None = next((one for one in programme.languages if one.language == language), None)
        if self._pack is None and language != "en":
            known = ", ".join(sorted({"en", *(one.language for one in programme.languages)}))
            raise UsageError(f"programme {programme.name} has no words of language {language!r}; name one of {known}")

    def __call__(self, phrase: ExplanationPhrase, *values: object) -> str:
        """A phrase with its values."""
        said = self._pack.explanations.get(phrase) if self._pack else None
        return (said or ENGLISH.get(phrase, phrase)).format(*values)


def print_explanation(found: Explanation, language: str) -> None:
    """Print everything behind a figure."""
    said, console, asked = Phrases(found.asked.programme, language), terminal(), found.asked
    one, indicator = asked.figure, asked.indicator
    console.print(
        f"[bold]{indicator.indicator}[/] {escape(say(indicator.title, language))}: "
        f"[bold]{escape(one['place_name'])}[/] ({one['place_code']}), {asked.period.code}",
        markup=True,
    )
    shown = figure(one["value"], one["scale"], one["approx"], one["of_n"])
    fraction = f" = {number(one['numerator'])} / {number(one['denominator'])}" if one["denominator"] else ""
    status = escape(said("status", one["status"]))
    console.print(f"[bold]{shown}[/]{fraction} ({one['unit']}); {status}; {asked.boundaries}", markup=True)
    told = said("coverage", one["reports_received"], one["reports_expected"])
    release = said("release", asked.release["name"], asked.release["sealed_at"].isoformat(" ", "seconds"))
    console.print(f"{told}; {release}")
    console.print(f"{said('definition')}: {say(indicator.definition, language)}")
    console.print(f"{said('source')}: {indicator.source}")
    if one["reason"] in _WHY:
        console.print(said(_WHY[one["reason"]]))
    elif one["withdrawn_reason"]:
        decided = (one["decided_by"], f"{one['decided_at']:%Y-%m-%d %H:%M}")
        console.print(said("withdrawn", *decided, one["withdrawn_reason"], one["withdrawn_document"]))
    elif not found.terms:
        console.print(said("not_traced"))
    if found.terms:
        _formula(console, found, said)
        _periods(console, found, said)
        _units(console, found, said)
        _missing(console, found, said)
        _mended(console, found, said)
    _targets(console, found, said)
    if found.terms:
        _deliveries(console, found, said)
        _cells(console, found, said)


def number(value: Any) -> str:
    """An amount with its thousands apart; a dash where there is none."""
    if value is None:
        return "-"
    text = f"{Decimal(value):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _table(console: Console, title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    table = Table(*columns, title=title, title_justify="left")
    for row in rows:
        table.add_row(*("" if one is None else str(one) for one in row))
    console.print(table)


def _formula(console: Console, found: Explanation, said: Phrases) -> None:
    rows = [
        (
            said("numerator" if one["side"] == "numerator" else "denominator"),
            f"{one['sign']} {title_of(one, said.language)}{_where(one)}",
            one["measure"] or said("counted"),
            " ".join(one["forms"]),
            said(one["over_time"]),
            said(one["over_place"]),
            number(one["amount"]),
        )
        for one in found.terms
    ]
    columns = [said("side"), said("term"), "", said("forms"), said("over_time"), said("over_place"), said("amount")]
    _table(console, said("formula"), columns, rows)


def _where(term: Row) -> str:
    """The conditions of a term, in short: what is declared, without its braces."""
    told = (", ".join(f"{name} {_plain(value)}" for name, value in one.items()) for one in term["conditions"])
    return "".join(f"\n  {one}" for one in told)


def _plain(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _sides(parts: Iterable[Row], key: str) -> dict[Any, dict[str, Any]]:
    """What each side comes to, per value of a key."""
    sums: dict[Any, dict[str, Any]] = defaultdict(dict)
    for one in parts:
        sums[one[key]][one["side"]] = sums[one[key]].get(one["side"], 0) + one["amount"]
    return sums


def _periods(console: Console, found: Explanation, said: Phrases) -> None:
    rows = [
        (period, *(number(sums.get(side)) for side in SIDES))
        for period, sums in sorted(_sides(found.parts, "reported_period").items())
    ]
    _table(console, said("periods"), [said("period"), said("numerator"), said("denominator")], rows)


def _units(console: Console, found: Explanation, said: Phrases) -> None:
    names = {one["place_key"]: (one["unit_code"], one["unit_name"]) for one in found.parts}
    sums = sorted(_sides(found.parts, "place_key").items(), key=lambda one: (-abs(one[1].get("numerator", 0)), one[0]))
    rows: list[tuple[object, ...]] = [
        (
            *names[key],
            number(side.get("numerator")),
            number(side.get("denominator")),
            figure(side.get("numerator", 0) / side["denominator"], found.asked.figure["scale"])
            if side.get("denominator")
            else "",
        )
        for key, side in sums[:_LISTED]
    ]
    if rest := sums[_LISTED:]:
        amounts = [number(sum(side.get(name, 0) for _, side in rest)) for name in SIDES]
        rows.append(("", said("others", len(rest)), *amounts, ""))
    columns = ["", said("unit"), said("numerator"), said("denominator"), said("value")]
    _table(console, said("units"), columns, rows)


def _missing(console: Console, found: Explanation, said: Phrases) -> None:
    if not found.missing:
        console.print(said("none_missing"))
        return
    rows = [
        (one["form_code"], one["unit_code"], one["unit_name"], one["reported_period"], one["due_at"])
        for one in found.missing
    ]
    _table(console, said("missing"), [said("form"), "", said("unit"), said("period"), said("due")], rows)


def _mended(console: Console, found: Explanation, said: Phrases) -> None:
    if found.mended:
        rows = [
            (
                one["delivery"],
                f"{one['source_sheet']}!{one['source_row']}",
                number(one["amount"]),
                one["correction_reason"] or one["override_reason"],
            )
            for one in found.mended
        ]
        _table(console, said("mended"), [said("delivery"), said("cell"), said("amount"), ""], rows)


def _targets(console: Console, found: Explanation, said: Phrases) -> None:
    if found.targets:
        scale = found.asked.figure["scale"]
        rows = [
            (
                one["target_code"],
                one["year"],
                f"{one['operator']} {figure(one['target_value'], scale)}",
                one["target_status"] or "",
                one["document"],
            )
            for one in found.targets
        ]
        _table(console, said("targets"), [said("target"), said("year"), "", said("value"), said("source")], rows)


def _deliveries(console: Console, found: Explanation, said: Phrases) -> None:
    about = {one["delivery_key"]: one for one in found.parts}
    # A report that never came has none.
    came = [one for one in found.parts if one["delivery_key"] is not None]
    sums = sorted(_sides(came, "delivery_key").items(), key=lambda one: (-abs(one[1].get("numerator", 0)), one[0]))
    rows: list[tuple[object, ...]] = [
        (
            about[key]["delivery"],
            about[key]["form_code"],
            about[key]["received_at"].isoformat(" ", "seconds"),
            about[key]["status"],
            *(number(side.get(name)) for name in SIDES),
        )
        for key, side in sums[:_LISTED]
    ]
    if rest := sums[_LISTED:]:
        amounts = [number(sum(side.get(name, 0) for _, side in rest)) for name in SIDES]
        rows.append((said("others", len(rest)), "", "", "", *amounts))
    columns = [said("delivery"), said("form"), said("received"), "", said("numerator"), said("denominator")]
    _table(console, said("deliveries"), columns, rows)


def _cells(console: Console, found: Explanation, said: Phrases) -> None:
    # Where only a share of what a cell says is of this place, it stands beside.
    shared = any(one.get("share") not in (None, 1) for one in found.shown)
    rows = [
        (
            said("numerator" if one["side"] == "numerator" else "denominator"),
            one["unit_name"],
            one["delivery"],
            one["source_sheet"],
            one["cell"] if one["cell"] and one["cell"][-1].isdigit() else f"{one['source_row']}: {one['cell'] or ''}",
            one["text"],
            *([number(one["share"])] if shared else []),
            number(one["amount"]),
        )
        for one in found.shown
    ]
    columns = [said("side"), said("unit"), said("delivery"), said("sheet"), said("cell"), said("text")]
    columns += [*([said("share")] if shared else []), said("amount")]
    _table(console, said("cells"), columns, rows)
    for side in SIDES:
        here = [one["amount"] for one in found.shown if one["side"] == side]
        if here and side in found.rows:
            name = said("numerator" if side == "numerator" else "denominator")
            console.print(
                said("shown", name, len(here), found.rows[side], number(sum(here)), number(found.total(side)))
            )


def to_json(found: Explanation) -> str:
    """Everything behind a figure as JSON; amounts are exact texts."""
    asked = found.asked
    about = {
        "indicator": asked.indicator.indicator,
        "title": asked.indicator.title,
        "definition": asked.indicator.definition,
        "kind": asked.indicator.kind,
        "source": asked.indicator.source,
        "release": dict(asked.release),
        "figure": dict(asked.figure),
        "formula": list(found.terms),
        "parts": list(found.parts),
        "rows": dict(found.rows),
        "cells": list(found.shown),
        "missing": list(found.missing),
        "corrected_or_overridden": list(found.mended),
        "targets": list(found.targets),
    }
    return json.dumps(plain(about), ensure_ascii=False, indent=2)
