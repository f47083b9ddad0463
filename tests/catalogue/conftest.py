"""A small programme that is right in every part; tests write it to a folder and break one thing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

PACK: Final = """\
language: {language}
decimal: "{decimal}"
thousands: ["{thousands}"]
date_formats: ["%d/%m/%Y"]
missing: ["-", "..."]
true: [x, "yes"]
false: ["no"]
"""

FILES: Final[dict[str, str]] = {
    "programme.yml": """\
programme: tiny
title: {en: Tiny, fr: Minuscule}
languages: [en, fr]
""",
    "languages/en.yml": PACK.format(language="en", decimal=".", thousands=","),
    "languages/fr.yml": PACK.format(language="fr", decimal=",", thousands="."),
    "codelists/topic.csv": """\
code,name_en,name_fr,aliases,valid_from,valid_to,replaced_by
data,Data,Données,statistics; figures,,,
web,Web,Toile,,,2023-12-31,site
site,Sites,Sites,,2024-01-01,,
""",
    "registers.yml": """\
- register: places
  entity: town
  title: {en: Places, fr: Lieux}
  levels: [nation, province]
- register: offices
  entity: office
  title: {en: Offices, fr: Bureaux}
  links: places
""",
    "registers/places.csv": """\
key,code,valid_from,event,name,name_en,level,type,parent,link,aliases,document
1,00,,,Nation,,nation,,,,,
2,01,,,North,,province,old,1,,Nord;N,
3,02,,,South,,province,old,1,,,
3,02,2024-07-01,merged,South,,province,old,1,,,Act 1
4,02,2024-07-01,,Grand South,,province,new,1,,,Act 1
""",
    "registers/succession.csv": """\
predecessor,successor,relation,share,basis,effective,document,correction
3,4,whole,,,2024-07-01,Act 1,
""",
    "registers/offices.csv": """\
key,code,valid_from,event,name,name_en,level,type,parent,link,aliases,document
11,N1,,,Office of the North,,,office,,2,,
12,S1,,,Office of the South,,,office,,3,,
""",
    "facts/courses.yml": """\
fact: courses
title: {en: Courses, fr: Cours}
grain: one row per course
place: place
dimensions:
  - {dimension: place, title: {en: Place, fr: Lieu}, type: entity, register: places}
  - {dimension: office, title: {en: Office, fr: Bureau}, type: entity, register: offices}
  - {dimension: topic, title: {en: Topic, fr: Sujet}, type: code, codelist: topic}
  - {dimension: starts, title: {en: Start, fr: Début}, type: date}
  - {dimension: ends, title: {en: End, fr: Fin}, type: date}
  - {dimension: online, title: {en: Online, fr: En ligne}, type: flag}
measures:
  - {measure: learners, title: {en: Learners, fr: Élèves}, unit: person}
  - {measure: passed, title: {en: Passed, fr: Reçus}, unit: person, missing: true}
  - {measure: rate, title: {en: Rate, fr: Taux}, unit: "%", type: decimal, over_time: none, over_place: none}
""",
    "forms/F-01.yml": """\
form: F-01
title: {en: Courses held, fr: Cours tenus}
fact: courses
frequency: month
respondents: {register: offices, types: [office], branches: [N1]}
layout: {header_rows: 1, label: name}
unit_to: office
constants: {online: "true"}
fields:
  - {field: name, header: [Name], title: {en: Name, fr: Nom}, type: text}
  - {field: place, header: [Place], title: {en: Place, fr: Lieu}, type: entity, register: places, to: place}
  - {field: topic, header: [Topic], title: {en: Topic, fr: Sujet}, type: code, codelist: topic, to: topic}
  - {field: starts, header: [Start], title: {en: Start, fr: Début}, type: date, to: starts}
  - {field: ends, header: [End], title: {en: End, fr: Fin}, type: date, to: ends, required: true}
  - {field: learners, header: [Learners], title: {en: Learners, fr: Élèves}, type: count, to: learners, minimum: 0}
  - field: passed
    header: [Passed, Successful]
    title: {en: Passed, fr: Reçus}
    type: count
    to: passed
    missing: {NA: not_applicable}
  - {field: rate, header: [Rate], title: {en: Rate, fr: Taux}, type: percent, to: rate, minimum: 0, maximum: 100}
checks:
  - check: part
    kind: compare
    title: {en: A part, fr: Une partie}
    advice: {en: Check it, fr: Vérifiez}
    left: [{field: passed}]
    operator: "<="
    right: [{field: learners}]
    when: [{field: topic, one_of: [data]}]
  - check: rate
    kind: ratio
    title: {en: The rate, fr: Le taux}
    advice: {en: Check it, fr: Vérifiez}
    left: [{field: passed, times: 100}]
    right: [{field: learners}]
    decimals: 1
    against: rate
  - check: once
    kind: unique
    title: {en: Once, fr: Une fois}
    advice: {en: Check it, fr: Vérifiez}
    fields: [name, starts]
  - check: inside
    kind: within_period
    title: {en: In the month, fr: Dans le mois}
    advice: {en: Check it, fr: Vérifiez}
    fields: [ends]
  - check: sum
    kind: total
    severity: warn
    title: {en: Total, fr: Total}
    advice: {en: Check it, fr: Vérifiez}
    fields: [learners]
  - check: shape
    kind: pattern
    title: {en: Shape, fr: Forme}
    advice: {en: Check it, fr: Vérifiez}
    fields: [name]
    pattern: "[A-Z].*"
""",
    "sources/inbox.yml": """\
source: inbox
kind: inbox
title: {en: Inbox, fr: Boîte}
address: inbox
forms: [F-01]
outbox: answers
""",
    "sources/portal.yml": """\
source: portal
kind: portal
title: {en: Portal, fr: Portail}
adapter: one_stop
form: F-01
unit: N1
address: portal
path: /counts
token: portal_token
order_by: [Name]
key: [Name]
first: 2023-01
last: 2024-06
""",
    "indicators/people.yml": """\
- indicator: COURSES
  title: {en: Courses, fr: Cours}
  definition: {en: Courses that ended, fr: Cours finis}
  kind: count
  fact: courses
  unit: course
  periods: [month, year]
  numerator: [{where: [{ends_in_period: ends}, {column: topic, one_of: [data]}]}]
  example:
    given: [{place: "01", topic: data, ends: 2024-03-05, period: 2024-03}]
    place: "01"
    period: 2024-03
    value: 1
- indicator: LEARNERS
  title: {en: Learners, fr: Élèves}
  definition: {en: Learners, fr: Élèves}
  kind: sum
  fact: courses
  unit: person
  numerator: [{measure: learners, forms: [F-01], where: [{attribute: level, one_of: [province]}]}]
  example: {given: [{learners: 5}], place: "01", period: "2024", value: 5}
- indicator: PASSED
  title: {en: Passed, fr: Reçus}
  definition: {en: Passed over learners, fr: Reçus sur élèves}
  kind: ratio
  fact: courses
  unit: "1"
  scale: percent
  numerator: [{measure: passed, where: [{any_of: [online]}, {sum_of: [learners, passed], at_least: 1}]}]
  denominator: [{measure: learners, where: [{active_at_end: [starts, ends]}]}]
  example: {given: [{learners: 5, passed: 4}], place: "01", period: "2024", value: 0.8}
- indicator: GROWTH
  title: {en: Growth, fr: Croissance}
  definition: {en: Growth, fr: Croissance}
  kind: change
  of: LEARNERS
  unit: "1"
  example:
    given: [{learners: 5, period: "2023"}, {learners: 10, period: "2024"}]
    place: "01"
    period: "2024"
    value: 2
- indicator: RATE
  title: {en: Rate, fr: Taux}
  definition: {en: As published, fr: Publié}
  kind: published
  fact: courses
  unit: "%"
  periods: [month]
  numerator: [{measure: rate}]
  example: {given: [{rate: 80.5}], place: "01", period: 2024-03, value: 80.5}
""",
    "targets.yml": """\
- target: T1
  indicator: PASSED
  place: "02"
  boundary: 2024-12-31
  year: 2025
  operator: ">"
  value: 0.9
  words: {en: more than 90 %, fr: plus de 90 %}
  document: Plan 1
""",
    "corrections.yml": """\
- correction: C1
  form: F-01
  unit: N1
  period: 2024-03
  where: {name: Course}
  field: topic
  expect: dta
  replace: data
  reason: a slip
  provider: the office
""",
    "reconciliations.yml": """\
- reconciliation: two_offices
  title: {en: Two counts, fr: Deux comptes}
  fact: courses
  left: {title: {en: Counted, fr: Compté}, forms: [F-01], measures: [learners]}
  right: {title: {en: Examined, fr: Examiné}, forms: [F-01], measures: [passed]}
""",
    "routes.yml": """\
- route: steward
  title: {en: Steward, fr: Responsable}
  address: steward_mail
  forms: [F-01]
  branches: ["01"]
""",
    "personal.yml": """\
- personal: phone
  title: {en: Telephone, fr: Téléphone}
  pattern: '0[1-9](?: \\d\\d){4}'
  finds: [call 01 23 45 67 89]
  passes: [the year 2023]
""",
    "contacts.yml": """\
- contact: north
  unit: N1
  address: north_mail
  language: en
""",
}


def written(folder: Path, files: dict[str, str]) -> Path:
    """Write the files of a programme into a folder."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """The folder of the small programme, right in every part."""
    return written(tmp_path / "tiny", FILES)


@pytest.fixture
def broken(tiny: Path) -> Callable[[str, str, str], Path]:
    """A function that replaces a text of one file of the small programme, once, and gives its folder."""

    def broken(file: str, old: str, new: str) -> Path:
        text = (tiny / file).read_text(encoding="utf-8")
        assert text.count(old) >= 1, f"{old!r} is not in {file}"
        (tiny / file).write_text(text.replace(old, new, 1), encoding="utf-8")
        return tiny

    return broken
