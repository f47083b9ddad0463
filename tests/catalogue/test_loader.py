"""The loader: a right programme becomes typed values; a wrong one, one message per fault with file and line."""

from __future__ import annotations

import gc
import shutil
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from catalogue.errors import ProgrammeError
from catalogue.loader import load_programme
from catalogue.reading import MOST
from catalogue.register import BEFORE_RECORDS
from catalogue.source import Inbox, Portal

Broken = Callable[[str, str, str], Path]


def findings(folder: Path) -> list[str]:
    """What the loader says of a folder that is wrong."""
    with pytest.raises(ProgrammeError) as caught:
        load_programme(folder)
    return caught.value.findings


def test_a_programme_is_typed_in_the_order_of_its_files(tiny: Path) -> None:
    programme = load_programme(tiny)
    assert programme.name == "tiny"
    assert [language.language for language in programme.languages] == ["en", "fr"]
    assert [register.register_name for register in programme.registers] == ["places", "offices"]
    assert [type(source) for source in programme.sources] == [Inbox, Portal]
    assert list(programme.indicator) == ["COURSES", "LEARNERS", "PASSED", "GROWTH", "RATE"]
    assert programme.form["F-01"].fields[7].maximum == Decimal(100)
    assert programme.language.true == ("x", "yes")


def test_cells_of_a_codelist(tiny: Path) -> None:
    data, web, site = load_programme(tiny).codelist["topic"].entries
    assert (data.name, data.aliases) == ({"en": "Data", "fr": "Données"}, ("statistics", "figures"))
    assert (web.valid_from, web.valid_to, web.replaced_by) == (None, date(2023, 12, 31), "site")
    assert (site.valid_from, site.aliases, site.replaced_by) == (date(2024, 1, 1), (), None)


def test_cells_of_a_register(tiny: Path) -> None:
    places = load_programme(tiny).register_named["places"]
    nation, north, _, merged, grand = places.versions
    assert (nation.key, nation.code, nation.valid_from, nation.parent) == (1, "00", BEFORE_RECORDS, None)
    assert (north.parent, north.aliases) == (1, ("Nord", "N"))
    assert (merged.event, merged.valid_from, merged.ends) == ("merged", date(2024, 7, 1), True)
    assert places.by_code("02", date(2024, 7, 1)) == grand


def test_numbers_of_declarations_are_exact(broken: Broken) -> None:
    folder = broken("targets.yml", "value: 0.9", "value: 0.1234567890123456789")
    assert load_programme(folder).targets[0].value == Decimal("0.1234567890123456789")


def test_yaml_1_2_has_no_yes_and_no(broken: Broken) -> None:
    folder = broken("routes.yml", "forms: [F-01]", "on: [error]")
    assert load_programme(folder).routes[0].on == ("error",)


def test_an_alias_and_a_merge_key_stand_for_what_they_name(broken: Broken) -> None:
    broken("facts/courses.yml", "{dimension: starts,", "&start {dimension: starts,")
    folder = broken("facts/courses.yml", "  - {dimension: ends,", "  - {<<: *start, dimension: ends,")
    dimension = load_programme(folder).fact["courses"].dimension("ends")
    assert dimension is not None
    assert dimension.type == "date"


def test_lists_may_be_absent_and_world_is_not_read(tiny: Path) -> None:
    for name in ("targets.yml", "corrections.yml", "routes.yml"):
        (tiny / name).unlink()
    shutil.rmtree(tiny / "sources")
    before = load_programme(tiny)
    (tiny / "world").mkdir()
    (tiny / "world" / "any.yml").write_text("a: [", encoding="utf-8")
    (tiny / "README.md").write_text("notes", encoding="utf-8")
    after = load_programme(tiny)
    assert (after.targets, after.sources, after.digest) == ((), (), before.digest)


def test_the_digest_is_of_the_content_not_of_the_place(tiny: Path, tmp_path: Path) -> None:
    digest = load_programme(tiny).digest
    assert load_programme(Path(shutil.copytree(tiny, tmp_path / "copy"))).digest == digest
    assert len(digest) == len("0" * 64)


@pytest.mark.parametrize("file", ["programme.yml", "languages/fr.yml", "codelists/topic.csv", "registers/places.csv",
                                  "forms/F-01.yml", "indicators/people.yml", "routes.yml"])  # fmt: skip
def test_the_digest_follows_every_file(tiny: Path, file: str) -> None:
    digest = load_programme(tiny).digest
    with (tiny / file).open("a", encoding="utf-8") as handle:
        handle.write("\n")
    assert load_programme(tiny).digest != digest


def test_the_digest_follows_names_of_files(tiny: Path) -> None:
    digest = load_programme(tiny).digest
    (tiny / "indicators" / "people.yml").rename(tiny / "indicators" / "staff.yml")
    assert load_programme(tiny).digest != digest


def test_the_collector_runs_again_after_loading(tiny: Path) -> None:
    load_programme(tiny)
    assert gc.isenabled()
    (tiny / "programme.yml").unlink()
    findings(tiny)
    assert gc.isenabled()


class Case(NamedTuple):
    """A change of one file, and what the one message must say."""

    file: str
    old: str
    new: str
    said: tuple[str, ...]


FORM, FACT, TARGETS = "forms/F-01.yml", "facts/courses.yml", "targets.yml"
TOPICS, PLACES = "codelists/topic.csv", "registers/places.csv"

CASES: Final = {
    # Not YAML at all.
    "a bracket left open": Case(FORM, "constants: {", "constants: [{", (f"{FORM}, line 9", "wrong YAML", "brackets")),
    "a tab": Case(TARGETS, "  year:", "\tyear:", ("targets.yml, line 5", "tab", "indentation")),
    "a doubled key": Case(FORM, "fact: courses", "fact: courses\nfact: staff",
                          (f"{FORM}, line 4", "the key 'fact' a second time", "each key once", "remove one")),
    "a doubled key inside": Case(TARGETS, "value: 0.9", "value: 0.9\n  value: 1", ("targets.yml, line 8", "'value'")),
    "an alias of nothing": Case(TARGETS, "value: 0.9", "value: *v", ("targets.yml, line 7", "undefined alias")),
    "a tag": Case(TARGETS, "value: 0.9", "value: !num 0.9",
                  ("targets.yml, line 7", "the tag '!num'", "remove the tag")),
    "a control character": Case(TARGETS, "Plan 1", "Plan \x07", ("targets.yml, line 9", "wrong YAML", "remove")),
    "two documents": Case(TARGETS, "  document", "---\ndocument", ("targets.yml, line 9", "wrong YAML")),
    # YAML, but of another shape.
    "a list is keys": Case("routes.yml", "- route", "route", ("routes.yml, line 2", "wrong YAML")),
    "an entry is a text": Case("routes.yml", "- route:", "- route\n- route:",
                               ("routes.yml, line 1", "'route'", "keys")),
    "keys are a text": Case(FORM, "layout: {header_rows: 1, label: name}", "layout: first",
                            (f"{FORM}, line 6 (layout)", "found 'first'", "keys with values")),
    "a list is a text": Case(FORM, "header: [Name]", "header: Name", (f"{FORM}, line 10 (fields.header)", "a list")),
    "a text is a list": Case(FORM, "fact: courses", "fact: [courses]", (f"{FORM}, line 3 (fact)", "a list", "a text")),
    # Wrong keys.
    "an unknown key": Case(FORM, "frequency: month", "frequence: month",
                           (f"{FORM}, line 4 (frequence)", "the unknown key 'frequence'", "form, version", "calendar",
                            "write 'frequency'")),
    "an unknown key inside": Case(FORM, "header: [Name]", "headers: [Name], header: [Name]",
                                  (f"{FORM}, line 10 (fields.headers)", "field, header, title", "write 'header'")),
    "an unknown key of a union": Case("sources/portal.yml", "path: /counts", "path: /counts\ntimeout: 3",
                                      ("sources/portal.yml, line 9 (", "'timeout'", "write 'timeout_seconds'")),
    "a strange key": Case("routes.yml", "forms: [F-01]", "zzz: 1", ("line 4 (zzz)", "route, title", "remove it")),
    "versions in registers.yml": Case("registers.yml", "links: places", "versions: []",
                                      ("registers.yml, line 8 (versions)", "register, entity, title, levels, links;")),
    "a missing key": Case(FORM, "fact: courses\n", "", (f"{FORM}, line 1 (fact)", "no key 'fact', which is required",
                                                        "add 'fact: ...'")),
    "a missing key inside": Case(TARGETS, "  year: 2025\n", "", ("targets.yml, line 1 (year)", "no key 'year'")),
    "no kind of source": Case("sources/portal.yml", "kind: portal\n", "", ("no key 'kind'", "add 'kind: ...'")),
    # Wrong values.
    "a word outside a list": Case(FORM, "type: text}", "type: txt}",
                                  (f"{FORM}, line 10 (fields.type)", "found 'txt'", "count, decimal, percent, text",
                                   "write 'text'")),
    "a kind of source": Case("sources/portal.yml", "kind: portal", "kind: portals",
                             ("sources/portal.yml, line 2 (kind)", "found 'portals'", "inbox, extract, portal",
                              "write 'portal'")),
    "a number for a text": Case(TARGETS, 'place: "02"', "place: 02",
                                ("targets.yml, line 3 (place)", "found '02'", "a text", 'put it in quotes: "02"')),
    "nothing for a text": Case(TARGETS, 'place: "02"', "place:", ("targets.yml, line 3 (place)", "found nothing")),
    "a text for a number": Case(TARGETS, "value: 0.9", 'value: "90 %"',
                                ("targets.yml, line 7 (value)", "found '90 %'", "a number")),
    "a text for a whole number": Case(TARGETS, "year: 2025", "year: soon",
                                      ("targets.yml, line 5 (year)", "found 'soon'", "a whole number")),
    "half a year": Case(TARGETS, "year: 2025", "year: 2025.5", ("line 5 (year)", "found '2025.5'", "a whole number")),
    "a word for a flag": Case(FORM, "required: true", "required: sure",
                              (f"{FORM}, line 14", "'sure'", "true or false")),
    "a day that is none": Case(TARGETS, "2024-12-31", "2024-02-30",
                               ("targets.yml, line 4 (boundary)", "found '2024-02-30'", "a date that exists")),
    "a day of another form": Case(TARGETS, "2024-12-31", "31/12/2024", ("line 4 (boundary)", "found '31/12/2024'")),
    "a name with capitals": Case(FACT, "measure: learners", "measure: Learners",
                                 (f"{FACT}, line 13 (measures.measure)", "'Learners'", "lower-case letters")),
    "too many header rows": Case(FORM, "header_rows: 1", "header_rows: 9", (f"{FORM}, line 6", "found '9'", "4")),
    "a key that is no name": Case("corrections.yml", "{name: Course}", "{Name: Course}",
                                  ("corrections.yml, line 5 (where.Name)", "lower-case letters")),
    # Names.
    "a file of another name": Case(FORM, "form: F-01", "form: F-02",
                                   (f"{FORM}, line 1 (form)", "found 'F-02'", "'F-01'", "rename the file to F-02.yml")),
    "a doubled name": Case("indicators/people.yml", "indicator: LEARNERS", "indicator: COURSES",
                           ("indicators/people.yml, line 14", "the indicator 'COURSES'",
                            "indicators/people.yml, line 1 declares already", "rename or remove")),
    "a language without a pack": Case("programme.yml", "[en, fr]", "[en, fr, de]",
                                      ("programme.yml, line 3 (languages)", "'de'", "en, fr", "add languages/de.yml")),
    "a pack of another language": Case("languages/fr.yml", "language: fr", "language: vi",
                                       ("languages/fr.yml, line 1 (language)", "'vi'", "'fr'")),
    # CSV.
    "a short line": Case(TOPICS, "web,Web,Toile,,,2023-12-31,site", "web,Web,Toile",
                         (f"{TOPICS}, line 3", "found 3 cells", "7 cells", "commas")),
    "a long line": Case(PLACES, "2,01,,,North", "2,01,,,North, far", (f"{PLACES}, line 3", "found 13 cells", "quotes")),
    "an open quote": Case(TOPICS, "web,Web", 'web,"Web', (f"{TOPICS}, line 3", "wrong CSV", "double quotes")),
    "an unknown column": Case(TOPICS, "valid_to,", "valid_till,", (f"{TOPICS}, line 1", "'valid_till'", "'valid_to'")),
    "a language without a column": Case(TOPICS, "name_fr,", "name_de,",
                                        (f"{TOPICS}, line 1", "the unknown column 'name_de'")),
    "a doubled column": Case(PLACES, "name,name_en", "name,name", (f"{PLACES}, line 1", "the column 'name' twice")),
    "a key that is no number": Case(PLACES, "2,01", "two,01", (f"{PLACES}, line 3 (key)", "'two'", "a whole number")),
    "an event that is none": Case(PLACES, "merged", "fused",
                                  (f"{PLACES}, line 5 (event)", "'fused'", "created, renamed")),
    "a cell that must be there": Case(PLACES, "1,00,,,Nation", "1,00,,,",
                                      (f"{PLACES}, line 2 (name)", "no key 'name'")),
    "a day of a register": Case(PLACES, "2024-07-01", "1/7/2024", (f"{PLACES}, line 5 (valid_from)", "'1/7/2024'")),
    "seconds for a day": Case(PLACES, "2024-07-01", "86400",
                              (f"{PLACES}, line 5 (valid_from)", "'86400'", "2024-03-01")),
    "a day with a week": Case(PLACES, "2024-07-01", "2024-W27-1", (f"{PLACES}, line 5 (valid_from)", "'2024-W27-1'")),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_fault_is_told_with_its_place_and_its_remedy(case: Case, broken: Broken) -> None:
    told = findings(broken(case.file, case.old, case.new))
    assert [finding for finding in told if all(part in finding for part in case.said)], "\n".join(told)
    assert all("allowed: " in finding for finding in told)


# Two faults in one: a column of another name is missing under its own, and a new language needs its columns too.
TWOFOLD: Final = ("a language without a column", "a language without a pack")


@pytest.mark.parametrize("name", CASES)
def test_a_fault_is_told_once(name: str, broken: Broken) -> None:
    told = findings(broken(*CASES[name][:3]))
    assert len(told) == (2 if name in TWOFOLD else 1), "\n".join(told)


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("programme.yml", None, ("programme.yml: found no such file", "restore or write programme.yml")),
        ("languages/fr.yml", None, ("programme.yml, line 3 (languages)", "'fr'", "add languages/fr.yml")),
        ("registers.yml", None, ("registers.yml: found no such file",)),
        ("registers/places.csv", None, ("registers.yml, line 1 (register)", "'places' without a file")),
        ("forms/F-01.yml", None, ("forms/: found an empty folder", "at least one .yml file")),
        ("targets.yml", b"", ("targets.yml: found an empty file", "fill it in, or remove the file")),
        ("targets.yml", b"\xef\xbb\xbf \n", ("targets.yml: found an empty file",)),
        ("targets.yml", b"# later\n", ("targets.yml: found a file with comments only",)),
        ("targets.yml", b"a: 1\n", ("targets.yml, line 1: found keys with values", "a list", "'- '")),
        ("targets.yml", b"a: 1\nb: \xe9t\xe9\n", ("targets.yml, line 2", "0xe9", "UTF-8")),
        ("codelists/topic.csv", b"", ("codelists/topic.csv: found an empty file",)),
        ("codelists/topic.csv", b"code;name_en;name_fr\n", ("line 1", "'code;name_en;name_fr'", "commas")),
        ("codelists/topic.csv", b"code,name_en\nx,X\n", ("line 1", "no column 'name_fr'", "add the column")),
        ("codelists/Topic.csv", b"code,name_en,name_fr\n", ("codelists/Topic.csv", "lower-case letters")),
        ("registers/roads.csv", b"key,code,name\n", ("registers/roads.csv", "'roads' that is not declared", "places")),
        ("languages/de.yml", b"language: de\n", ("languages/de.yml", "a pack of the language 'de'", "en, fr")),
        ("forms/F-02.yaml", b"form: F-02\n", ("forms/F-02.yaml", "what nothing would read", "rename it to F-02.yml")),
        ("forms/old/F-00.yml", b"form: F-00\n", ("forms/old", "what nothing would read", "no folders")),
        ("target.yml", b"[]\n", ("target.yml", "what nothing would read", "programme.yml, registers.yml")),
        ("source/portal.yml", b"[]\n", ("source", "what nothing would read")),
    ],
)
def test_a_file_that_is_missing_strange_or_unreadable(
    tiny: Path, file: str, content: bytes | None, said: tuple[str, ...]
) -> None:
    if file == "source/portal.yml":
        shutil.rmtree(tiny / "sources")
    (tiny / file).parent.mkdir(exist_ok=True)
    if content is None:
        (tiny / file).unlink()
    else:
        (tiny / file).write_bytes(content)
    told = findings(tiny)
    assert len([finding for finding in told if all(part in finding for part in said)]) == 1, "\n".join(told)


def test_a_folder_that_is_missing_names_those_that_are_there(tiny: Path) -> None:
    (told,) = findings(tiny.parent / "tinny")
    assert "tinny: found no such folder; allowed: tiny; write 'tiny'" in told


def test_a_folder_that_a_programme_needs(tiny: Path) -> None:
    shutil.rmtree(tiny / "languages")
    assert findings(tiny) == ["languages/: found no such folder; allowed: at least one .yml file; "
                              "add languages/<name>.yml"]  # fmt: skip


def test_faults_of_all_files_are_told_at_once(broken: Broken) -> None:
    for name in ("a doubled key", "a word outside a list", "a short line", "half a year", "an event that is none"):
        folder = broken(*CASES[name][:3])
    # The form is no YAML with its doubled key: what else is wrong in it, only the next reading can say.
    assert [finding.partition(":")[0] for finding in findings(folder)] == [
        f"{TOPICS}, line 3", f"{PLACES}, line 5 (event)", f"{FORM}, line 4", "targets.yml, line 5 (year)",
    ]  # fmt: skip


def test_faults_of_a_file_come_by_line_and_very_many_are_counted(tiny: Path) -> None:
    rows = "".join(f"x{number},{number:02},,,Place,,province,old,1,,,\n" for number in range(100))
    with (tiny / PLACES).open("a", encoding="utf-8") as handle:
        handle.write(rows)
    told = findings(tiny)
    assert len(told) == MOST + 1
    assert [f"{PLACES}, line {7 + number} (key)" for number in range(MOST)] == [
        finding.partition(":")[0] for finding in told[:MOST]
    ]
    assert told[-1] == f"{PLACES}: and {100 - MOST} more of this file"


def test_a_line_is_that_of_the_file_where_texts_hold_line_breaks(tiny: Path) -> None:
    text = (tiny / PLACES).read_text(encoding="utf-8").replace("Nation,,nation", '"Na\ntion",,nation')
    (tiny / PLACES).write_text(text.replace("2,01", "two,01") + "\n", encoding="utf-8")
    (told,) = findings(tiny)
    assert told.startswith(f"{PLACES}, line 4 (key)")
