"""The words of the site in one language: phrases, numbers, periods and days as its readers write them.

Phrases are data (``reports/languages``); units of measure and levels of places are the programme's
(``report/words.yml``). What a language does not word is said in English.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Final

from catalogue.declared import Words as Texts
from catalogue.declared import say
from catalogue.document import YamlDocument
from catalogue.period import Period
from catalogue.programme import Programme
from catalogue.report import ReportData

FOLDER: Final = Path(__file__).with_name("languages")
DECIMALS: Final = 2
_ROMAN: Final = ("I", "II", "III", "IV")
SIGNS: Final = {
    "met": "✔", "met_partial": "◐", "not_met": "✘", "pending": "◷", "no_data": "–", "no_target": "–",
    "not_comparable": "≠",
}  # fmt: skip
"""The sign of how a target stands: beside the word, so that neither colour nor one of them alone says it."""


@dataclass(frozen=True)
class Words:
    """The words of a language, with the marks that its numbers bear."""

    language: str
    phrases: Mapping[str, str]
    decimal: str
    thousands: str
    data: ReportData
    programme: Programme

    def __call__(self, key: str, *values: object) -> str:
        """A phrase by its key; what it is about filled in."""
        said = self.phrases[key]
        return said.format(*values) if values else said

    def say(self, texts: Texts) -> str:
        """A declared text."""
        return say(texts, self.language)

    def unit(self, code: str) -> str:
        """A unit of measure."""
        return self.say(self.data.words.units.get(code, {})) or code

    def level(self, code: str) -> str:
        """A level of a register."""
        return self.say(self.data.words.levels.get(code, {})) or code

    def number(self, value: Decimal | int | None, decimals: int = DECIMALS) -> str:
        """A number with at most so many decimals, half-up; a dash where there is none."""
        if value is None:
            return "–"
        exact = Decimal(value).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
        whole, _, rest = f"{abs(exact):f}".partition(".")
        rest = rest.rstrip("0")
        grouped = f"{int(whole):,}".replace(",", self.thousands)
        sign = "-" if exact < 0 else ""
        return f"{sign}{grouped}{self.decimal}{rest}" if rest else f"{sign}{grouped}"

    def figure(
        self, value: Decimal | int | None, scale: str, of_n: int | None = None, approx: str | None = None
    ) -> str:
        """A value on its scale: a fraction as a percentage, a rank of how many."""
        if value is None:
            return "–"
        if scale == "percent":
            said = f"{self.number(Decimal(value) * 100)}%"
        elif scale == "rank" and of_n:
            said = f"{self.number(value)}/{self.number(of_n)}"
        else:
            said = self.number(value)
        return f"{approx} {said}" if approx and approx != "=" else said

    def operator(self, sign: str) -> str:
        """How a target compares, as it is printed."""
        return {">=": "≥", "<=": "≤"}.get(sign, sign)

    def period(self, code: str) -> str:
        """A period as people call it; its code where it is of no known calendar."""
        try:
            period = Period.parse(code, self.programme.calendars)
        except ValueError:
            return code
        two = period.calendar.spans_two_years
        key = f"period.{period.kind}"
        if period.kind == "half":
            key = f"{key}.{period.index}"
        if period.kind == "year" and two:
            key = "period.year.two"
        month = self.phrases["months"].split()[(period.index - 1) % 12] if period.kind == "month" else ""
        said = self.phrases[key].format(
            year=period.year,
            next=period.year + 1,
            index=period.index,
            roman=_ROMAN[(period.index - 1) % 4],
            month=month,
        )
        return said if period.calendar.code == "CAL" or key == "period.year.two" else f"{said} ({period.calendar.code})"

    def day(self, day: date | None) -> str:
        """A day as its readers write it."""
        return self.phrases["day"].format(year=day.year, month=day.month, day=day.day) if day else "–"


def worded(programme: Programme, data: ReportData, language: str) -> Words:
    """The words of a language; in English where nobody has worded it."""
    pack = next((one for one in programme.languages if one.language == language), programme.language)
    return Words(
        language=language,
        phrases=phrases("en") | (phrases(language) if (FOLDER / f"{language}.yml").exists() else {}),
        decimal=pack.decimal,
        thousands=pack.thousands[0],
        data=data,
        programme=programme,
    )


@cache
def phrases(language: str) -> dict[str, str]:
    """Key -> phrase of a language."""
    document = YamlDocument((FOLDER / f"{language}.yml").read_text(encoding="utf-8"))
    return {str(key): str(said) for key, said in document.value.items()}
