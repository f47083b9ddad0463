"""The Canadian service inventory of 2025-01-21: what the warehouse publishes is what the csv module counts.

The recomputation reads the two files with the standard library and adds with integers and fractions; nothing of the
engine takes part in it.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import floor
from pathlib import Path

import pytest

from tests.realdata.conftest import Install, Installation

pytestmark = [pytest.mark.realdata, pytest.mark.slow]

Record = Mapping[str, str]
Place = tuple[str, str]
"""Code of a department (gc: all of them), code of a fiscal year."""

SERVICES, STANDARDS = "si_2024__2025-01-21.csv", "ss_2024__2025-01-21.csv"
CHANNELS = {
    "APP.PHONE": "num_applications_by_phone",
    "APP.ONLINE": "num_applications_online",
    "APP.INPERSON": "num_applications_in_person",
    "APP.MAIL": "num_applications_by_mail",
    "APP.EMAIL": "num_applications_by_email",
    "APP.FAX": "num_applications_by_fax",
    "APP.OTHER": "num_applications_by_other",
}
SUMS = {
    **CHANNELS,
    "APP.TOTAL": "num_applications_total",
    "ENQ.PHONE": "num_phone_enquiries",
    "WEB.VISITS": "num_website_visits",
}
# Measure of the fact: column of the file. Each may hold NA or ND.
MARKED = {
    "phone_enquiries": "num_phone_enquiries",
    "website_visits": "num_website_visits",
    "applications_phone": "num_applications_by_phone",
    "applications_online": "num_applications_online",
    "applications_in_person": "num_applications_in_person",
    "applications_mail": "num_applications_by_mail",
    "applications_email": "num_applications_by_email",
    "applications_fax": "num_applications_by_fax",
    "applications_other": "num_applications_by_other",
}
# Standards that reach their target only because performance is rounded to four decimals: department, service, standard,
# channel, volume meeting target, total volume, target.
ROUNDED = {
    ("ec", "688", "522", "ONL", 8672, 8760, "0.99"),
    ("esdc-edsc", "1294", "1238", "ONL", 51811, 51813, "1"),
    ("nrc-cnrc", "1339", "1337", "TEL", 7973, 8859, "0.9"),
    ("nrc-cnrc", "1339", "2552", "EML", 17258, 19176, "0.9"),
    ("nrc-cnrc", "1547", "1541", "ONL", 64436, 65087, "0.99"),
    ("phac-aspc", "2293", "3536", "TEL", 4195, 5244, "0.8"),
}


@dataclass(frozen=True)
class Canada:
    """The two files as the csv module reads them, and the installation that loaded them."""

    services: Sequence[Record]
    standards: Sequence[Record]
    installed: Installation

    def published(self, indicator: str) -> dict[Place, list[Decimal | None]]:
        """Numerator, denominator and value of an indicator, by place."""
        rows = self.installed.ask(
            "SELECT place_code, period_code, numerator, denominator, value FROM indicator WHERE indicator_code = :code",
            {"code": indicator},
        )
        return {(place, period): figures for place, period, *figures in rows}

    def totals(self, indicator: str) -> dict[Place, int]:
        """The value of an indicator that has no denominator, by place."""
        found = {}
        for place, (numerator, denominator, value) in self.published(indicator).items():
            assert denominator is None
            assert value is not None
            assert value == numerator == value.to_integral_value()
            found[place] = int(value)
        return found

    def ratios(self, indicator: str) -> dict[Place, tuple[int, int]]:
        """Numerator and denominator of a ratio, by place. Its value must be their quotient, half-up to 12 places."""
        found = {}
        for place, (numerator, denominator, value) in self.published(indicator).items():
            assert numerator is not None
            assert denominator is not None
            found[place] = (int(numerator), int(denominator))
            assert value == (_half_up(Fraction(*found[place]), 12) if denominator else None)
        return found


@pytest.fixture(scope="module")
def canada(realdata: Path, install: Install) -> Canada:
    installed = install("canada", "inbox")
    for name in (SERVICES, STANDARDS):
        installed.lay(f"gc/{name}", realdata / "canada" / name)
    installed.run()
    return Canada(_records(realdata, SERVICES), _records(realdata, STANDARDS), installed)


# What a file says, counted without the engine


def _records(realdata: Path, name: str) -> list[dict[str, str]]:
    with (realdata / "canada" / name).open(encoding="utf-8-sig", newline="") as source:
        return list(csv.DictReader(source))


def _places(record: Record) -> Iterable[Place]:
    year = f"{record['fiscal_yr']}@FISCAL_APR"
    return (record["owner_org"], year), ("gc", year)


def _count(records: Iterable[Record], counts: Callable[[Record], bool]) -> dict[Place, int]:
    """How many records of a place count; a place with records of which none counts has 0."""
    found: Counter[Place] = Counter()
    for record in records:
        for place in _places(record):
            found[place] += counts(record)
    return dict(found)


def _sum(records: Iterable[Record], column: str) -> dict[Place, int]:
    """The sum of the figures of a place; one where no record has a figure has no sum."""
    found: Counter[Place] = Counter()
    for record in records:
        if record[column].isdigit():
            for place in _places(record):
                found[place] += int(record[column])
    return dict(found)


def _both(one: Mapping[Place, int], other: Mapping[Place, int]) -> dict[Place, tuple[int, int]]:
    return {place: (one[place], other[place]) for place in other}


def _judged(record: Record) -> bool:
    return record["target_met"] in ("Y", "N")


def _quotient(record: Record) -> Fraction:
    return Fraction(int(record["volume_meeting_target"]), int(record["total_volume"]))


def _half_up(value: Fraction, places: int) -> Decimal:
    return Decimal(floor(value * 10**places + Fraction(1, 2))).scaleb(-places)


def _reaches(record: Record) -> bool:
    """Judged, and the unrounded quotient reaches the target."""
    return _judged(record) and _quotient(record) >= Fraction(record["target"])


def _reaches_rounded(record: Record) -> bool:
    """Judged, and the quotient rounded to four decimals reaches the target."""
    return _judged(record) and _half_up(_quotient(record), 4) >= Decimal(record["target"])


# Rows


def test_every_record_is_loaded_and_the_five_fates_add_up(canada: Canada) -> None:
    fates = canada.installed.ask(
        """SELECT form_code, status, rows_loaded, rows_quarantined, rows_refused, rows_repeated, rows_furniture, adds_up
           FROM fates ORDER BY form_code"""
    )
    assert fates == [
        ("SI", "accepted", len(canada.services), 0, 0, 0, 1, True),
        ("SS", "accepted_with_warnings", len(canada.standards), 0, 0, 0, 1, True),
    ]
    assert (len(canada.services), len(canada.standards)) == (1680, 2324)


def test_identifiers_are_the_texts_of_the_files(canada: Canada) -> None:
    services = canada.installed.ask("SELECT period_code, department_code, service_id FROM services")
    assert Counter(services) == Counter(
        (f"{record['fiscal_yr']}@FISCAL_APR", record["owner_org"], record["service_id"]) for record in canada.services
    )
    standards = canada.installed.ask("SELECT period_code, department_code, service_id, standard_id FROM standards")
    assert Counter(standards) == Counter(
        (f"{record['fiscal_yr']}@FISCAL_APR", record["owner_org"], record["service_id"], record["service_standard_id"])
        for record in canada.standards
    )
    assert {"0849", "SRV03049"} <= {service for _, _, service in services}
    # Two letters that mean "not applicable" in other columns are an identifier here.
    assert {"NA", "Not Available"} <= {standard for *_, standard in standards}


@pytest.mark.parametrize(("measure", "column"), MARKED.items())
def test_na_nd_and_zero_stay_apart(canada: Canada, measure: str, column: str) -> None:
    found = canada.installed.ask(
        f"SELECT coalesce({measure}_missing, CAST({measure} AS VARCHAR)), count(*) FROM services GROUP BY 1"
    )
    words = {"NA": "not_applicable", "ND": "no_data"}
    # Some figures are written 011 or 00.
    wanted = Counter(words.get(record[column]) or str(int(record[column])) for record in canada.services)
    assert dict(found) == wanted
    assert min(wanted["not_applicable"], wanted["no_data"], wanted["0"]) > 200
    both = canada.installed.ask(f"SELECT count(*) FROM services WHERE {measure}_missing IS NOT NULL AND {measure} >= 0")
    assert both == [(0,)]


@pytest.mark.parametrize("column", ["volume_meeting_target", "total_volume"])
def test_a_blank_volume_is_no_zero(canada: Canada, column: str) -> None:
    found = canada.installed.ask(
        f"SELECT coalesce({column}_missing, CAST({column} AS VARCHAR)), count(*) FROM standards GROUP BY 1"
    )
    assert dict(found) == Counter(record[column] or "no_data" for record in canada.standards)


# Indicators


def test_services_of_each_department(canada: Canada) -> None:
    assert canada.totals("SVC.COUNT") == _count(canada.services, lambda _: True)
    external = _count(canada.services, lambda record: "EXTERN" in record["service_scope"].split(","))
    assert canada.totals("SVC.EXTERNAL") == external


@pytest.mark.parametrize(("indicator", "column"), SUMS.items())
def test_sums_of_each_channel_and_department(canada: Canada, indicator: str, column: str) -> None:
    assert canada.totals(indicator) == _sum(canada.services, column)


def test_channels_add_up_to_the_total(canada: Canada) -> None:
    found: Counter[Place] = Counter()
    for indicator in CHANNELS:
        found.update(canada.totals(indicator))
    assert {place: found[place] for place in canada.totals("APP.TOTAL")} == canada.totals("APP.TOTAL")


def test_the_share_of_applications_online_is_of_services_that_count_them(canada: Canada) -> None:
    counted = [record for record in canada.services if record["num_applications_online"].isdigit()]
    online, total = _sum(counted, "num_applications_online"), _sum(counted, "num_applications_total")
    assert canada.ratios("APP.ONLINE.SHARE") == _both(online, total)


def test_services_that_can_be_applied_for_online(canada: Canada) -> None:
    yes = _count(canada.services, lambda record: record["os_application"] == "Y")
    asked = _count(canada.services, lambda record: record["os_application"] in ("Y", "N"))
    assert canada.ratios("SVC.ONLINE.APPLY") == _both(yes, asked)


def test_volumes_on_time_of_each_department(canada: Canada) -> None:
    assert canada.totals("STD.COUNT") == _count(canada.standards, lambda _: True)
    assert canada.totals("STD.ONTIME") == _sum(canada.standards, "volume_meeting_target")
    assert canada.totals("STD.VOLUME") == _sum(canada.standards, "total_volume")
    known = [record for record in canada.standards if record["volume_meeting_target"] and record["total_volume"]]
    rates = _both(_sum(known, "volume_meeting_target"), _sum(known, "total_volume"))
    assert canada.ratios("STD.ONTIME.RATE") == rates


def test_standards_whose_target_was_met_as_published_and_by_the_rule(canada: Canada) -> None:
    judged = _count(canada.standards, _judged)
    published = _both(_count(canada.standards, lambda record: record["target_met"] == "Y"), judged)
    assert canada.ratios("STD.MET.SHARE") == published
    # The rule, with its four decimals, gives what was published, in every department.
    assert canada.ratios("STD.RULE.SHARE") == _both(_count(canada.standards, _reaches_rounded), judged) == published
    assert canada.ratios("STD.EXACT.SHARE") == _both(_count(canada.standards, _reaches), judged)


def test_six_rows_are_decided_by_rounding_to_four_decimals(canada: Canada) -> None:
    found = canada.installed.ask(
        """SELECT department_code, service_id, standard_id, channel_code, volume_meeting_target, total_volume, target
           FROM standards
           WHERE target_met_code = 'Y' AND volume_meeting_target < target * total_volume"""
    )
    assert {(*row[:-1], _plain(row[-1])) for row in found} == ROUNDED
    recomputed = {
        (
            record["owner_org"],
            record["service_id"],
            record["service_standard_id"],
            record["channel"],
            int(record["volume_meeting_target"]),
            int(record["total_volume"]),
            record["target"],
        )
        for record in canada.standards
        if _reaches_rounded(record) and not _reaches(record)
    }
    assert recomputed == ROUNDED
    decided = {place: count for place, count in canada.totals("STD.ROUNDED").items() if count}
    year = "2023-2024@FISCAL_APR"
    assert decided == {("gc", year): 6, **{(code, year): n for code, n in Counter(row[0] for row in ROUNDED).items()}}
    exact = canada.ratios("STD.EXACT.SHARE")
    by_the_rule = {place: (met + decided.get(place, 0), judged) for place, (met, judged) in exact.items()}
    assert canada.ratios("STD.RULE.SHARE") == by_the_rule


# Findings


def test_what_is_odd_in_the_files_is_a_warning_at_its_row(canada: Canada) -> None:
    wanted = []
    for row, record in enumerate(canada.standards, start=2):
        met, total = record["volume_meeting_target"], record["total_volume"]
        if met and total and int(met) > int(total):
            wanted.append(("SS.C1", "warn", row))
        if met and total and int(total) and not record["performance"]:
            wanted.append(("SS.C4", "warn", row))
    found = canada.installed.ask("SELECT rule_code, severity, source_row FROM issue")
    assert sorted(found) == sorted(wanted)
    assert Counter(rule for rule, _, _ in wanted) == {"SS.C1": 9, "SS.C4": 22}


def test_rows_that_cannot_be_right_are_set_aside_and_no_others(canada: Canada, realdata: Path, tmp_path: Path) -> None:
    records = _records(realdata, SERVICES)
    with_na = next(n for n, one in enumerate(records) if one["num_applications_by_fax"] == "NA")
    records[with_na]["num_applications_total"] += "1"
    records[200]["num_applications_online"] = ""
    records[300]["num_phone_enquiries"] = "N.A."
    records[400]["owner_org"] = "no-such"
    records[501]["service_id"], records[501]["owner_org"] = records[500]["service_id"], records[500]["owner_org"]
    broken = tmp_path / "broken.csv"
    with broken.open("w", encoding="utf-8-sig", newline="") as target:
        writer = csv.DictWriter(target, list(records[0]))
        writer.writeheader()
        writer.writerows(records)

    receipt = canada.installed.check(broken, "gc")

    found = {
        (one["rule"], one["field"], int(one["cell"].lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")))
        for one in receipt["findings"]
    }
    assert found == {
        ("SI.C1", "applications_total", with_na + 2),
        ("cell.missing", "applications_online", 202),
        ("cell.not_number", "phone_enquiries", 302),
        ("cell.unknown_entity", "owner_org", 402),
        ("SI.U1", "owner_org", 502),
        ("SI.U1", "owner_org", 503),
    }
    assert (receipt["rows_loaded"], receipt["rows_quarantined"]) == (1674, 6)


def test_running_again_changes_nothing_also_under_another_name(canada: Canada, realdata: Path) -> None:
    counts = """SELECT (SELECT count(*) FROM dim_delivery), (SELECT count(*) FROM dim_part),
                       (SELECT max(release_key) FROM dim_release)"""
    before = canada.installed.ask(counts)
    canada.installed.lay("gc/inventory.csv", realdata / "canada" / "si_2024__2025-01-21.csv")
    said = canada.installed.run()
    assert "Nothing new" in said
    assert "3 files" in said
    assert canada.installed.ask(counts) == before


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
