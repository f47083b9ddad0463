"""The pages of a site in one language: what each shows, handed to its template."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from catalogue.indicator import Indicator, Term
from catalogue.language import Language
from catalogue.rule import RULES
from reports.figures import Row
from reports.sparkline import sparkline
from reports.submissions import STATES
from reports.words import SIGNS, Words

if TYPE_CHECKING:
    from reports.site import Site

MENU: Final = (
    ("overview", "index.html"),
    ("units", "unit.html"),
    ("submissions", "submissions.html"),
    ("quality", "quality.html"),
    ("changes", "changes.html"),
)
STATE_SIGNS: Final = {"T": "✔", "L": "◷", "M": "✘", "R": "⊘", "W": "…"}
_TEMPLATES: Final = Path(__file__).with_name("templates")
_ORDER: Final = ("not_met", "no_data", "not_comparable", "pending", "met_partial", "met", "no_target")


@cache
def _environment() -> Environment:
    # Every value is escaped: names and reasons are written by people.
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


class Pages:
    """Writes the pages of one language below ``folder/<language>``."""

    def __init__(
        self, site: Site, words: Words, languages: Sequence[Words], folder: Path, *, has_receipts: bool
    ) -> None:
        self.site, self.words, self.languages = site, words, languages
        self.folder, self.has_receipts = folder / words.language, has_receipts
        packs = site.programme.languages
        self.pack: Language = next((one for one in packs if one.language == words.language), packs[0])

    def write(self) -> None:
        """Write every page."""
        goals = [self._goal(one) for one in self.site.targets]
        self._overview(goals)
        revised = [self._revised(one) for one in self.site.changes.changed if self._known(one)]
        for declared in self.site.programme.indicators:
            self._indicator(declared, goals, revised)
        self._render("unit.html", "units", "unit.html")
        self._render("explain.html", "explain", "explain.html")
        self._submissions()
        self._quality()
        counts = [one | self._about(one["indicator_code"]) for one in self.site.changes.counts if self._known(one)]
        total = sum(one["changed"] for one in counts)
        more: dict[str, Any] = {"counts": counts, "revised": revised, "total": total}
        self._render("changes.html", "changes", "changes.html", releases=self.site.changes.releases, **more)

    def _render(self, template: str, page: str, path: str, **values: object) -> None:
        header = self.site.programme.header
        said = _environment().get_template(template)
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        common: dict[str, Any] = {
            "words": self.words,
            "languages": self.languages,
            "programme": self.words.say(header.title),
            "note": self.words.say(header.note),
            "release": self.site.release,
            "menu": MENU,
            "signs": SIGNS,
            "page": page,
            "path": path,
            "root": "../" * (path.count("/") + 1),
        }
        target.write_text(said.render(**common, **values), encoding="utf-8")

    def _known(self, one: Row) -> bool:
        return one["indicator_code"] in self.site.programme.indicator

    def _place(self, key: int | None) -> str:
        place = self.site.places.get(key) if key is not None else None
        return place.called(self.words.language) if place else "–"

    def _link(self, code: str, key: int, period: str | None) -> str:
        """Where a figure is explained."""
        return f"explain.html#{self.site.slugs[code]}/{key}/{self.site.number_of[period]}" if period else ""

    def _about(self, code: str) -> Row:
        declared = self.site.programme.indicator[code]
        return {
            "slug": self.site.slugs[code],
            "title": self.words.say(declared.title),
            "scale": declared.scale,
            "unit": self.words.unit(declared.unit),
        }

    def _goal(self, one: Row) -> Row:
        """A target with everything that its row on a page says."""
        code, key = one["indicator_code"], one["entity_key"]
        about = self._about(code)
        declared = next((goal for goal in self.site.programme.targets if goal.target == one["target_code"]), None)
        series = self.site.series.get((code, key, one["period_kind"] or ""), [])
        values: list[Decimal | None] = [row["value"] for row in series]
        told = ", ".join(f"{self.words.period(row['period_code'])}: {self._said(row, about)}" for row in series[-12:])
        return one | about | {
            "place": self._place(key),
            "link": self._link(code, key, one["period_code"]),
            "words": self.words.say(declared.words) if declared else "",
            "spark": sparkline(values, one["target_value"], f"{self.words('trend')}: {told}"),
        }  # fmt: skip

    def _said(self, row: Row, about: Row) -> str:
        return self.words.figure(row["value"], about["scale"])

    def _overview(self, goals: list[Row]) -> None:
        sorted_goals = sorted(goals, key=lambda one: (_ORDER.index(one["target_status"]), one["year"]))
        by_kind = {kind: [one for one in sorted_goals if one["kind"] == kind] for kind in ("target", "actual")}
        tallies = {kind: _tally(found) for kind, found in by_kind.items()}
        extents: dict[str, list[Row]] = {}
        for one in self.site.extents:
            extents.setdefault(one["indicator_code"], []).append(one)
        listed, silent = [], []
        for code in self.site.programme.indicator:
            if code not in extents:
                silent.append((code, self._about(code)))
                continue
            found = extents[code]
            expected, received = (sum(int(one[name] or 0) for one in found) for name in ("expected", "received"))
            latest = max((one["latest"] for one in found), key=self._end)
            listed.append(
                self._about(code) | {
                    "code": code,
                    "latest": latest,
                    "places": max(one["places"] for one in found),
                    "figures": sum(one["figures"] for one in found),
                    "expected": expected,
                    "received": received,
                    "coverage": Decimal(received) / expected if expected else None,
                }
            )  # fmt: skip
        self._render(
            "index.html", "overview", "index.html", goals=by_kind, tallies=tallies, listed=listed, silent=silent
        )

    def _end(self, period: str) -> tuple[str, int]:
        number = self.site.number_of[period]
        return str(self.site.periods[number]["end_date"]), -number

    def _indicator(self, declared: Indicator, goals: Iterable[Row], revised: Iterable[Row]) -> None:
        code, words = declared.indicator, self.words
        self._render(
            "indicator.html",
            "indicator",
            f"indicator/{self.site.slugs[code]}.html",
            code=code,
            **self._about(code),
            definition=words.say(declared.definition),
            kind=declared.kind,
            direction=declared.direction,
            source=declared.source,
            sides=self._sides(declared),
            goals=[one for one in goals if one["indicator_code"] == code],
            revised=[one for one in revised if one["indicator_code"] == code],
        )

    def _sides(self, declared: Indicator) -> list[tuple[str, str]]:
        """What is above and below the line, by the titles of the measures."""
        found = [("numerator" if declared.denominator else "formula", declared.numerator)]
        found += [("denominator", declared.denominator), ("right", declared.against)]
        return [
            (side, " ".join(self._term(declared, *one) for one in enumerate(terms))) for side, terms in found if terms
        ]

    def _term(self, declared: Indicator, number: int, term: Term) -> str:
        fact = self.site.programme.fact.get(declared.fact or "")
        measure = fact.measure(term.measure) if fact and term.measure else None
        said = self.words.say(measure.title) if measure else self.words("rows")
        sign = ("– " if term.sign < 0 else "+ ") if number or term.sign < 0 else ""
        return f"{sign}{said}" + (f" ({', '.join(term.forms)})" if term.forms else "")

    def _revised(self, one: Row) -> Row:
        code, key = one["indicator_code"], one["entity_key"]
        link = self._link(code, key, one["period_code"])
        return one | self._about(code) | {"place": self._place(key), "link": link}

    def _submissions(self) -> None:
        known = self.site.programme.form
        forms = [
            (one.form, self.words.say(known[one.form].title) if one.form in known else one.form, one.counts)
            for one in self.site.boards
        ]
        states = [(state, STATE_SIGNS[state]) for state in STATES]
        self._render(
            "submissions.html",
            "submissions",
            "submissions.html",
            forms=forms,
            states=states,
            has_receipts=self.has_receipts,
        )

    def _quality(self) -> None:
        reconciled = {
            one.reconciliation: tuple(self.words.say(said) for said in (one.title, one.left.title, one.right.title))
            for one in self.site.programme.reconciliations
        }
        gaps = [
            (code, list(found))
            for code, found in groupby(self.site.quality.gaps, key=lambda one: str(one["reconciliation_code"]))
        ]
        self._render(
            "quality.html",
            "quality",
            "quality.html",
            quality=self.site.quality,
            reconciled=reconciled,
            gaps=gaps,
            rule=self._rule,
            place=self._place,
        )

    def _rule(self, code: str) -> str:
        """What a rule is called: the title of a form's check, else what the engine's rule allows."""
        for form in self.site.programme.forms:
            for check in form.checks:
                if code == check.check or code.startswith(f"{check.check}."):
                    return self.words.say(check.title)
        if code in RULES:
            return self.pack.messages.get(code, RULES[code][1]).partition("|")[0].strip()
        field = code.partition(".")[0]
        titles = (one.title for form in self.site.programme.forms for one in form.fields if one.field == field)
        return self.words.say(next(titles, {})) or code


def _tally(goals: list[Row]) -> list[tuple[str, int]]:
    counts = Counter(one["target_status"] for one in goals)
    return [(status, counts[status]) for status in _ORDER if counts[status]]
