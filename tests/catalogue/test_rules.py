"""The rules between declarations: one thing of a right programme is broken, and the message says it all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from catalogue import loader, rules
from catalogue.errors import ProgrammeError
from catalogue.loader import load_programme
from catalogue.problem import Problem

Broken = Callable[[str, str, str], Path]


class Case(NamedTuple):
    """A rule, the one change that breaks it, and what its message must say."""

    rule: str
    file: str
    old: str
    new: str
    said: tuple[str, ...]


FORM, FACT, PEOPLE = "forms/F-01.yml", "facts/courses.yml", "indicators/people.yml"
TOPICS, PLACES, OFFICES = "codelists/topic.csv", "registers/places.csv", "registers/offices.csv"
BESIDE = "reconciliations.yml"
PORTAL, STEPS, STEP = "sources/portal.yml", "registers/succession.csv", "3,4,whole,,,2024-07-01,Act 1,"
TOPIC = "type: code, codelist: topic, to: topic"
RATIO = """kind: ratio
    title: {en: The rate, fr: Le taux}
    advice: {en: Check it, fr: Vérifiez}
    left: [{field: passed, times: 100}]
    right: [{field: learners}]
    decimals: 1
    against: rate
"""
RATIO_MADE_UP = (
    RATIO.replace("ratio", "backfilled").replace("decimals: 1", "least: 5").replace("against: rate", "target: PASED")
)
COMPARED = "left: [{field: passed}]"
SUMMED = "left: [{field: passed, of: all}]"
LEARNERS = "{where: [{ends_in_period: ends}"

CASES: Final = (
    # text_rules
    Case("every_text_has_every_language", FORM, "{en: Courses held, fr: Cours tenus}", "{en: Courses held}",
         ("line 2 (title.fr)", "a text without the language 'fr'", "all of en, fr", "add the text as 'fr'")),
    Case("every_text_has_every_language", FORM, "title: {en: Name, fr: Nom}", "title: {en: Name, frr: Nom}",
         ("line 10", "'fr'", "the language 'frr'", "write 'fr'")),
    Case("every_text_has_every_language", TOPICS, "Toile", "", ("line 3 (name_fr)", "without the language 'fr'")),
    # register_rules: codelists
    Case("codes_of_a_codelist_occur_once", TOPICS, "site,Sites", "data,Sites",
         ("line 4 (code)", "the code 'data' a second time", "each code once")),
    Case("a_replaced_code_names_one_that_exists", TOPICS, "2023-12-31,site", "2023-12-31,sites",
         ("line 3 (replaced_by)", "the unknown code 'sites'", "data, site", "write 'site'")),
    Case("the_days_of_a_code_are_in_order", TOPICS, ",2024-01-01,,", ",2024-01-01,2023-01-01,",
         ("line 4 (valid_to)", "2023-01-01", "a day from 2024-01-01 on")),
    Case("an_alias_means_one_code", TOPICS, "Sites,Sites,,", "Sites,Sites,Figures,",
         ("line 4 (aliases)", "'Figures', which means 'data'", "remove it from one")),
    # register_rules: registers
    Case("links_name_a_register", "registers.yml", "links: places", "links: place",
         ("line 8 (links)", "the unknown register 'place'", "places, offices", "write 'places'")),
    Case("a_key_belongs_to_one_register", OFFICES, "11,N1", "4,N1",
         ("line 2 (key)", "the key 4, which the register 'places' uses", "above 4")),
    Case("parents_exist", PLACES, "province,old,1,,Nord", "province,old,9,,Nord",
         ("line 3 (parent)", "the key 9, which no row has", "the key of another row of places")),
    Case("parents_exist", PLACES, "province,old,1,,Nord", "province,old,2,,Nord", ("line 3 (parent)", "itself")),
    Case("linked_entities_exist", OFFICES, "office,,2", "office,,99",
         ("line 2 (link)", "the key 99, which places does not have")),
    Case("linked_entities_exist", PLACES, "nation,,,,,", "nation,,,11,,", ("line 2 (link)", "links to no register")),
    Case("levels_are_declared", PLACES, "North,,province", "North,,provence",
         ("line 3 (level)", "the unknown level 'provence'", "nation, province", "write 'province'")),
    Case("a_life_begins_and_ends_once", PLACES, "4,02,2024-07-01,,", "4,02,2024-07-01,moved,",
         ("line 6 (event)", "'moved' on 2024-07-01, when the key 4 does not exist", "add the row that creates it")),
    Case("a_life_begins_and_ends_once", PLACES, "3,02,2024-07-01,merged", "3,02,2024-07-01,created",
         ("line 5 (event)", "'created' on 2024-07-01, when the key 3 exists already", "renamed, retyped or moved")),
    Case("labels_are_written_one_way", PLACES, "province,new,1", "province,Old,1",
         ("line 6 (type)", "the type 'Old' beside 'old'", "write 'old'")),
    # succession_rules
    Case("succession_names_entities", STEPS, "3,4,whole", "3,9,whole",
         ("line 2 (successor)", "the key 9, which no register has", "add its row")),
    Case("succession_names_entities", STEPS, "whole,,,2024-07-01", "whole,,,2024-06-30",
         ("line 2 (successor)", "the key 4, which does not exist on 2024-06-30", "or the days of 4 in places")),
    Case("succession_names_entities", STEPS, "3,4,whole", "3,11,whole", ("in another register than 3",)),
    Case("an_edge_occurs_once", STEPS, STEP, f"{STEP}\n{STEP}", ("line 3", "a second edge from 3 to 4", "remove one")),
    Case("a_whole_goes_one_way", STEPS, "whole,,", "whole,0.5,people", ("line 2 (share)", "the share 0.5", "'part'")),
    Case("a_whole_goes_one_way", STEPS, "whole,,", "part,1,", ("line 2 (basis)", "share 1 of nothing", "as of when")),
    Case("a_whole_goes_one_way", STEPS, STEP, f"{STEP}\n3,2,part,,,2024-07-01,Act 1,",
         ("line 2 (relation)", "'whole' beside other edges of 3", "'part' for each")),
    Case("an_unchanged_successor_has_one_predecessor", STEPS, STEP,
         "3,4,unchanged,,,2024-07-01,Act 1,\n2,4,part,,,2024-07-01,Act 1,",
         ("line 2 (relation)", "4 takes in others", "write 'whole'")),
    Case("shares_make_one_whole", STEPS, "whole,,", "part,0.5,people", ("line 2 (share)", "add up to 0.5", "correct")),
    Case("shares_make_one_whole", STEPS, STEP,
         "3,4,part,0.5,people,2024-07-01,Act 1,\n3,2,part,,,2024-07-01,Act 1,",
         ("line 2 (share)", "some of the parts of 3", "add the others")),
    Case("a_day_has_one_version", PLACES, "4,02,2024-07-01", "3,02,2024-07-01",
         ("line 6 (valid_from)", "a second row of the key 3 from 2024-07-01")),
    Case("a_code_means_one_entity_on_a_day", PLACES, "3,02,2024-07-01,merged", "3,02,2024-07-02,merged",
         ("line 6 (code)", "the code '02' from 2024-07-01 on, which the key 3 has then", "abolished")),
    # fact_rules
    Case("names_are_free_in_the_warehouse", "registers.yml", "entity: town", "entity: place",
         ("line 2 (entity)", "the entity 'place', a name that is the warehouse's own", "choose another name")),
    Case("names_are_free_in_the_warehouse", "registers.yml", "entity: town", "entity: courses",
         ("facts/courses.yml, line 1 (fact)", "the fact 'courses', a name that is that of the register places")),
    Case("columns_of_a_fact_occur_once", FACT, "dimension: online", "dimension: topic",
         ("line 11 (dimensions.dimension)", "the column 'topic' a second time")),
    Case("columns_of_a_fact_occur_once", FACT, "measure: rate", "measure: passed_missing",
         ("line 15", "the column 'passed_missing' a second time")),
    Case("dimensions_name_a_register_or_codelist", FACT, "codelist: topic", "codelist: topics",
         ("line 8 (dimensions.codelist)", "the unknown codelist 'topics'", "write 'topic'")),
    Case("dimensions_name_a_register_or_codelist", FACT, "type: entity, register: offices", "type: entity",
         ("line 7 (dimensions)", "the type entity without a register", "add 'register: ...'")),
    Case("dimensions_name_a_register_or_codelist", FACT, "type: flag", "type: flag, codelist: topic",
         ("line 11", "a codelist for the type flag", "remove 'codelist'")),
    Case("the_place_is_an_entity", FACT, "place: place\n", "place: topic\n",
         ("line 4 (place)", "the unknown entity dimension 'topic'", "place, office")),
    # form_rules: the form
    Case("the_fact_exists", FORM, "fact: courses", "fact: course",
         ("line 3 (fact)", "the unknown fact 'course'", "courses", "write 'courses'")),
    Case("calendars_are_known", FORM, "frequency: month", "frequency: month\ncalendar: R16",
         ("line 5 (calendar)", "the unknown calendar 'R16'", "CAL, R15", "write 'R15'")),
    Case("respondents_exist", FORM, "{register: offices, types", "{register: bureaux, types",
         ("line 5 (respondents.register)", "'bureaux'", "places, offices")),
    Case("respondents_exist", FORM, "types: [office]", "types: [ofice]",
         ("line 5 (respondents.types)", "'ofice'", "write 'office'")),
    Case("respondents_exist", FORM, "branches: [N1]", "branches: [N9]",
         ("line 5 (respondents.branches)", "the unknown code 'N9'", "a code of offices, places")),
    Case("the_label_is_a_field", FORM, "label: name", "label: names",
         ("line 6 (layout.label)", "the unknown field 'names'", "name, place, topic", "write 'name'")),
    Case("the_serial_is_ignored", FORM, "label: name", "label: name, serial: No.",
         ("line 6 (layout.serial)", "the column 'No.'", "none is declared", "add 'No.' to 'ignore'")),
    Case("fields_occur_once", FORM, "field: ends,", "field: starts,",
         ("line 14 (fields.field)", "the field 'starts' a second time")),
    Case("headers_occur_once", FORM, "header: [End]", "header: [start]",
         ("line 14 (fields.header)", "the label 'start', which is the field 'starts' already", "'A > B'")),
    Case("headers_occur_once", FORM, "unit_to: office", "unit_to: office\nignore: [Rate]",
         ("line 23", "the label 'Rate', which 'ignore' names as well")),
    Case("headers_occur_once", FORM, "header: [End]", "header: []", ("line 14", "no label", "at least one")),
    Case("names_of_sheets_are_taken_from_named_sheets", FORM, "{field: name, header: [Name], ",
         "{field: name, header: [Name], taken: sheet, ",
         ("line 10 (fields.header)", "the label of a column for a field that is taken", "remove 'header', or")),
    Case("names_of_sheets_are_taken_from_named_sheets", FORM, "{field: name, header: [Name], ",
         "{field: name, taken: sheet, ", ("line 10 (fields.taken)", "'layout.sheets'", "name the sheets")),
    Case("labels_beside_lead_to_one_column", FORM, "- {field: learners, header: [Learners], ",
         "- {field: on, header: [On], title: {en: On, fr: En}, type: text, left_of: [Start]}\n"
         "  - {field: learners, header: [Learners], left_of: [start], ",
         ("line 16 (fields.left_of)", "the column left of 'start', which is the field 'on' already")),
    Case("fields_have_their_list", FORM, TOPIC, "type: code, codelist: topix, to: topic",
         ("line 12 (fields.codelist)", "the unknown codelist 'topix'", "write 'topic'")),
    Case("fields_have_their_list", FORM, TOPIC, "type: code, to: topic",
         ("line 12 (fields)", "the type code without a codelist")),
    Case("fields_have_bounds_that_fit", FORM, "minimum: 0, maximum: 100", "minimum: 101, maximum: 100",
         ("line 22 (fields.minimum)", "101, above the maximum 100")),
    Case("fields_have_bounds_that_fit", FORM, "to: starts}", "to: starts, maximum: 3}",
         ("line 13 (fields.maximum)", "a bound for the type date")),
    Case("fields_feed_columns_of_their_type", FORM, "to: learners", "to: lerners",
         ("line 15 (fields.to)", "the unknown column of the fact courses 'lerners'", "write 'learners'")),
    Case("fields_feed_columns_of_their_type", FORM, "type: count, to: learners", "type: percent, to: learners",
         ("line 15 (fields.to)", "a column of type count, for a field of type percent")),
    Case("fields_feed_columns_of_their_type", FORM, "register: places, to: place", "register: offices, to: place",
         ("line 11 (fields.to)", "of the register 'places' for a field of the register 'offices'")),
    Case("reasons_for_absence_are_kept", FACT, ", missing: true", "",
         (f"{FORM}, line 21 (fields.missing)", "'passed' does not keep", "missing: true")),
    Case("what_stands_beside_a_figure_has_a_field", FORM, "to: learners, minimum: 0}", "to: learners, approx: topics}",
         ("line 15 (fields.approx)", "the unknown field 'topics'", "write 'topic'")),
    Case("what_stands_beside_a_figure_has_a_field", FORM, "to: learners, minimum: 0}", "to: learners, whole: name}",
         ("line 15 (fields.whole)", "'name', a field of type text", "another field of type count")),
    Case("what_stands_beside_a_figure_has_a_field", FORM, "header: [Name]", "approx: topic, header: [Name]",
         ("line 10 (fields.approx)", "'approx' for the type text", "count, decimal, percent")),
    Case("dimensions_are_fed_once", FORM, 'constants: {online: "true"}', "constants: {topic: data}",
         ("line 8 (constants.topic)", "the dimension 'topic', which the form feeds already")),
    Case("constants_fit_their_dimension", FORM, "{online:", "{onlin:",
         ("line 8 (constants.onlin)", "the unknown dimension 'onlin'", "write 'online'")),
    Case("constants_fit_their_dimension", FORM, '{online: "true"}', '{online: "yes"}', ("line 8", "'yes'", '"true"')),
    Case("the_unit_goes_to_an_entity", FORM, "unit_to: office", "unit_to: topic",
         ("line 7 (unit_to)", "the unknown dimension of offices or places 'topic'", "place, office")),
    Case("the_place_is_fed", FORM, "register: places, to: place", "register: places",
         ("line 1", "nothing that feeds 'place'", "unit_to: place")),
    Case("rows_bear_a_period_where_the_form_does_not", FORM, "frequency: month\n", "",
         ("line 1", "neither a frequency nor a field of type period")),
    # form_rules: checks
    Case("checks_occur_once", FORM, "check: rate", "check: part",
         ("line 32 (checks.check)", "the check 'part' a second time")),
    Case("checks_read_fields", FORM, "left: [{field: passed}]", "left: [{field: past}]",
         ("line 28 (checks.left.field)", "the unknown field 'past'", "write 'passed'")),
    Case("checks_read_fields", FORM, "against: rate", "against: rat",
         ("line 39 (checks.against)", "the unknown field 'rat'", "write 'rate'")),
    Case("checks_have_what_their_kind_needs", FORM, "    right: [{field: learners}]\n    when", "    when",
         ("line 24 (checks)", "a check of kind compare without 'right'", "left, right")),
    Case("checks_have_what_their_kind_needs", FORM, "    against: rate\n", "",
         ("line 32 (checks)", "ratio without 'against'")),
    Case("checks_have_what_their_kind_needs", FORM, "fields: [ends]", "fields: []",
         ("within_period without 'fields'",)),
    Case("checks_have_what_their_kind_needs", FORM, "fields: [ends]", "fields: [ends]\n    decimals: 2",
         ("line 50 (checks.decimals)", "'decimals' for the kind within_period", "for ratio only")),
    Case("checks_have_what_their_kind_needs", FORM, "decimals: 1", "decimals: -1",
         ("line 38", "-1 decimals", "0 to 12")),
    Case("checks_have_what_their_kind_needs", FORM, 'pattern: "[A-Z].*"', 'pattern: "[A-Z].*"\n    tolerance: 2',
         ("(checks.tolerance)", "'tolerance' for the kind pattern", "for compare, ratio, total only")),
    Case("checks_have_what_their_kind_needs", FORM, "kind: unique", "kind: jump",
         ("a check of kind jump without 'least'", "fields, share, least")),
    Case("checks_read_fields_of_their_type", FORM, "right: [{field: learners}]\n    when",
         "right: [{day: 2024-01-01}]\n    when", ("the day 2024-01-01 beside what is no day", "type date")),
    Case("operands_are_one_thing", FORM, "{field: passed, times: 100}", "{field: passed, constant: 100}",
         ("line 36 (checks.left)", "both a field and a constant")),
    Case("operands_are_one_thing", FORM, "{field: passed, times: 100}", "{times: 100}",
         ("line 36 (checks.left)", "neither a field nor a constant")),
    Case("checks_read_fields_of_their_type", FORM, "fields: [ends]", "fields: [name]",
         ("line 49 (checks.fields)", "'name' of type text in a check of kind within_period", "fields of type date")),
    Case("checks_read_fields_of_their_type", FORM, "left: [{field: passed}]", "left: [{field: topic}]",
         ("line 28 (checks.left)", "'topic' of type code", "count, decimal, percent")),
    Case("patterns_are_regular_expressions", FORM, '"[A-Z].*"', '"[A-Z.*"',
         ("line 61 (checks.pattern)", "'[A-Z.*', which is none")),
    Case("patterns_are_regular_expressions", FORM, '"[A-Z].*"', '"(?!x).*"', ("line 61", "looks around")),
    Case("conditions_of_checks_are_one_thing", FORM, "one_of: [data]}]", "one_of: [data], present: true}]",
         ("line 31 (checks.when)", "one_of, present", "exactly one of")),
    Case("conditions_of_checks_are_one_thing", FORM, "one_of: [data]}]", "one_of: [dat]}]",
         ("line 31 (checks.when.one_of)", "the unknown code of topic 'dat'", "write 'data'")),
    Case("conditions_of_checks_are_one_thing", FORM, "one_of: [data]}]", "is_true: true}]",
         ("line 31 (checks.when.is_true)", "'is_true' for the field 'topic' of type code", "fields of type flag")),
    # memory_rules
    Case("the_key_is_made_of_fields", FORM, "unit_to: office", "unit_to: office\nkey: [topik]",
         ("line 8 (key)", "the unknown field 'topik'", "write 'topic'")),
    Case("the_key_is_made_of_fields", FORM, "unit_to: office", "unit_to: office\nkey: [name]",
         ("line 8 (key)", "the field 'name', which feeds no column")),
    Case("checks_remember_what_is_kept", FORM, "kind: unique", "kind: shared",
         ("line 40 (checks)", "the field 'name', which feeds no column")),
    Case("checks_remember_what_is_kept", FORM, "kind: total", "kind: falls",
         ("line 50 (checks)", "a check of earlier periods in a form of many rows without 'key'", "add 'key: [...]'")),
    Case("what_is_over_a_period_is_of_its_parts", FORM, COMPARED, SUMMED,
         ("(checks)", "a figure 'of: all' in a check over no longer period", "add 'over: quarter'")),
    Case("what_is_over_a_period_is_of_its_parts", FORM, COMPARED, "over: month\n    " + SUMMED,
         ("(checks.over)", "'over: month' in a form of frequency month", "a quarter, half or year")),
    Case("what_is_over_a_period_is_of_its_parts", FORM, COMPARED, "over: quarter\n    " + COMPARED,
         ("(checks.over)", "with no figure 'of: first' or 'of: all'", "say 'of' anew")),
    Case("made_up_figures_follow_a_target", FORM, RATIO, RATIO_MADE_UP,
         ("(checks.target)", "the unknown indicator 'PASED'", "write 'PASSED'")),
    Case("made_up_figures_follow_a_target", FORM, RATIO, RATIO_MADE_UP,
         ("(checks.left)", "more than one field of this period in 'left'", "name the field alone")),
    # source_rules
    Case("sources_bring_forms", "sources/inbox.yml", "[F-01]", "[F-1]",
         ("line 5 (forms)", "the unknown form 'F-1'", "write 'F-01'")),
    Case("sources_bring_forms", PORTAL, "form: F-01", "form: F-02", ("line 5 (form)", "the unknown form 'F-02'")),
    Case("the_portal_is_a_respondent", PORTAL, "unit: N1", "unit: N7",
         ("line 6 (unit)", "the unknown code 'N7'", "a code of offices")),
    Case("the_periods_of_a_portal_fit", PORTAL, "first: 2023-01", "first: 2023-Q1",
         ("line 12 (first)", "'2023-Q1', a quarter", "a code of kind month in the calendar CAL")),
    Case("the_periods_of_a_portal_fit", PORTAL, "first: 2023-01", "first: 01/2023", ("line 12", "is no period code")),
    Case("the_periods_of_a_portal_fit", PORTAL, "last: 2024-06", "last: 2022-06",
         ("line 13 (last)", "'2022-06', before '2023-01'")),
    Case("the_periods_of_a_portal_fit", PORTAL, "first: 2023-01\nlast: 2024-06", 'first: "2023"\nperiod: year',
         ("line 13 (period)", "'year'", "'month', as of the form F-01")),
    Case("the_periods_of_a_portal_fit", PORTAL, "last: 2024-06", "calendar: CALL", ("line 13", "write 'CAL'")),
    Case("the_key_of_a_record_is_read", PORTAL, "key: [Name]", "key: [name]",
         ("line 11 (key)", "the unknown label of F-01 'name'", "write 'Name'")),
    Case("corrections_mend_fields", "corrections.yml", "form: F-01", "form: F-09", ("line 2 (form)", "'F-09'")),
    Case("corrections_mend_fields", "corrections.yml", "field: topic", "field: topik",
         ("line 6 (field)", "the unknown field of F-01 'topik'", "write 'topic'")),
    Case("corrections_mend_fields", "corrections.yml", "{name: Course}", "{nom: Course}",
         ("line 5 (where.nom)", "the unknown field of F-01 'nom'")),
    Case("corrections_mend_fields", "corrections.yml", "unit: N1", "unit: N7", ("line 3 (unit)", "'N7'")),
    Case("corrections_mend_fields", "corrections.yml", "period: 2024-03", "period: 03-2024", ("line 4 (period)",)),
    Case("an_outbox_is_no_inbox", "sources/inbox.yml", "outbox: answers", "outbox: inbox",
         ("line 6 (outbox)", "'inbox'")),
    Case("contacts_name_units_and_languages", "contacts.yml", "unit: N1", "unit: N7", ("line 2 (unit)", "'N7'")),
    Case("contacts_name_units_and_languages", "contacts.yml", "language: en", "language: de", ("line 4", "'de'")),
    Case("routes_name_forms_units_and_languages", "routes.yml", "[F-01]", "[F-02]", ("line 4 (forms)", "'F-02'")),
    Case("routes_name_forms_units_and_languages", "routes.yml", '["01"]', '["09"]', ("line 5 (branches)", "'09'")),
    Case("routes_name_forms_units_and_languages", "routes.yml", "forms: [F-01]", "language: de",
         ("line 4 (language)", "the unknown language 'de'", "en, fr")),
    Case("routes_name_forms_units_and_languages", "routes.yml", "forms: [F-01]",
         "escalate_after: 2\n  escalate_to: leader", ("line 5 (escalate_to)", "the unknown other route 'leader'")),
    Case("routes_name_forms_units_and_languages", "routes.yml", "forms: [F-01]", "escalate_after: 2",
         ("no escalate_to", "add 'escalate_to: ...'")),
    Case("targets_name_an_indicator_and_a_place", "targets.yml", "indicator: PASSED", "indicator: PAST",
         ("line 2 (indicator)", "the unknown indicator 'PAST'", "write 'PASSED'")),
    Case("targets_name_an_indicator_and_a_place", "targets.yml", 'place: "02"', 'place: "03"',
         ("line 3 (place)", "the unknown place '03'", "that holds on 2024-12-31")),
    # indicator_rules
    Case("indicators_have_what_their_kind_needs", PEOPLE, "  of: LEARNERS\n", "",
         ("line 32", "an indicator of kind change without 'of'", "add 'of: ...'")),
    Case("indicators_have_what_their_kind_needs", PEOPLE, "  kind: sum\n", "  kind: ratio\n",
         ("line 14", "an indicator of kind ratio without 'denominator'")),
    Case("indicators_have_what_their_kind_needs", PEOPLE, "  kind: sum\n", "  kind: sum\n  of: COURSES\n",
         ("line 18 (of)", "'of' for the kind sum", "remove 'of'")),
    Case("the_fact_exists", PEOPLE, "fact: courses", "fact: curses",
         ("line 5 (fact)", "the unknown fact 'curses'", "write 'courses'")),
    Case("calendars_are_known", PEOPLE, "unit: course\n", "unit: course\n  calendar: CALL\n",
         ("line 7 (calendar)", "the unknown calendar 'CALL'", "write 'CAL'")),
    Case("changes_follow_an_indicator", PEOPLE, "of: LEARNERS", "of: LERNERS",
         ("line 36 (of)", "'LERNERS'", "COURSES, LEARNERS, PASSED, RATE", "write 'LEARNERS'")),
    Case("changes_follow_an_indicator", PEOPLE, "of: LEARNERS", "of: GROWTH", ("line 36 (of)", "'GROWTH'")),
    Case("changes_follow_an_indicator", PEOPLE, "of: LEARNERS", "of: LEARNERS\n  periods: [year, month]",
         ("line 37 (periods)", "month", "year, as of LEARNERS")),
    Case("terms_name_measures", PEOPLE, "[{measure: learners, forms", "[{measure: learner, forms",
         ("line 20 (numerator.measure)", "the unknown measure of courses 'learner'", "write 'learners'")),
    Case("terms_name_measures", PEOPLE, LEARNERS, "{measure: learners, where: [{ends_in_period: ends}",
         ("line 8 (numerator.measure)", "the measure 'learners' in a count", "kind: sum")),
    Case("terms_name_measures", PEOPLE, "[{measure: learners, forms", "[{forms",
         ("line 20 (numerator)", "a term without a measure in the kind sum", "learners, passed, rate")),
    Case("what_is_counted_once_is_told_apart", PEOPLE, LEARNERS, "{once_by: [topik], where: [{ends_in_period: ends}",
         ("line 8 (numerator.once_by)", "the unknown dimension of courses 'topik'", "write 'topic'")),
    Case("what_is_counted_once_is_told_apart", PEOPLE, "[{measure: learners, forms",
         "[{measure: learners, once_by: [topic], forms", ("line 20", "the measure 'learners' of what is counted once")),
    Case("terms_name_forms_that_feed_the_fact", PEOPLE, "forms: [F-01]", "forms: [F-02]",
         ("line 20 (numerator.forms)", "the unknown form that feeds courses 'F-02'", "F-01")),
    Case("periods_are_made_of_those_of_the_forms", PEOPLE, "unit: course\n", "unit: course\n  calendar: R15\n",
         ("line 8 (periods)", "month, year of the calendar R15", "month in CAL")),
    Case("what_does_not_add_up_is_not_added", PEOPLE, "[{measure: learners, forms", "[{measure: rate, forms",
         ("line 20 (numerator.measure)", "'rate' over a year", "the period month of the form F-01", "over_time")),
    Case("conditions_are_one_thing", PEOPLE, "{ends_in_period: ends}", "{ends_in_period: ends, any_of: [online]}",
         ("line 8 (numerator.where)", "any_of and ends_in_period", "exactly one of column")),
    Case("conditions_are_one_thing", PEOPLE, "{ends_in_period: ends}", "{}", ("line 8", "none of them")),
    Case("conditions_are_one_thing", PEOPLE, ", one_of: [data]}", "}", ("line 8", "'column' without 'one_of'")),
    Case("conditions_are_one_thing", PEOPLE, "{any_of: [online]}", "{any_of: [online], at_least: 3}",
         ("line 29", "'at_least' for 'any_of'", "'at_least' with sum_of")),
    Case("conditions_name_columns", PEOPLE, "{ends_in_period: ends}", "{ends_in_period: topic}",
         ("line 8 (numerator.where.ends_in_period)", "the unknown date of courses 'topic'", "starts, ends")),
    Case("conditions_name_columns", PEOPLE, "any_of: [online]", "any_of: [onlin]",
         ("line 29 (numerator.where.any_of)", "the unknown flag of courses 'onlin'", "write 'online'")),
    Case("conditions_name_columns", PEOPLE, "active_at_end: [starts, ends]", "active_at_end: [starts, end]",
         ("line 30", "the unknown date of courses 'end'", "write 'ends'")),
    Case("conditions_name_codes", PEOPLE, "one_of: [data]", "one_of: [dat]",
         ("line 8 (numerator.where.one_of)", "the unknown code of topic 'dat'", "write 'data'")),
    Case("conditions_name_codes", PEOPLE, "one_of: [province]", "one_of: [provinces]",
         ("line 20", "the unknown level 'provinces'", "nation, province", "write 'province'")),
    Case("examples_fit_the_fact", PEOPLE, "topic: data, ends", "topics: data, ends",
         ("line 10 (example.given.topics)", "the unknown column 'topics'", "write 'topic'")),
    Case("examples_fit_the_fact", PEOPLE, 'period: "2023"}', "period: 2023}",
         ("line 39 (example.given.period)", "2023, which YAML reads as no text", 'put it in quotes: "2023"')),
    Case("examples_fit_the_fact", PEOPLE, '    place: "01"', '    place: "77"', ("line 11 (example.place)", "'77'")),
    Case("examples_fit_the_fact", PEOPLE, "    period: 2024-03\n", "    period: 2024-Q1\n",
         ("line 12 (example.period)", "'2024-Q1', a quarter", "a month, year of the calendar CAL")),
    Case("what_is_distinct_is_told_apart", PEOPLE, "kind: count", "kind: distinct",
         ("line 8 (numerator)", "a term without 'once_by'", "add 'once_by: [...]'")),
    Case("what_is_compared_by_unit_is_of_one_sort", PEOPLE, "kind: ratio",
         "kind: share\n  unit_by: [topik]\n  at_least: 1",
         ("(unit_by)", "the unknown dimension of courses 'topik'", "write 'topic'")),
    Case("an_index_has_one_measure_of_what_can_be_reached", PEOPLE, "kind: ratio", "kind: index\n  maximum: 5",
         ("both a maximum and a denominator", "declare one of the two")),
    Case("a_rank_knows_its_best_and_its_places", PEOPLE, "kind: change\n  of: LEARNERS",
         "kind: rank\n  of: LEARNERS\n  among: {attribute: level, one_of: [provinces]}",
         ("(among.one_of)", "the unknown level 'provinces'", "write 'province'")),
    Case("what_is_cumulated_is_a_flow", PEOPLE,
         "kind: sum\n  fact: courses\n  unit: person\n  numerator: [{measure: learners,",
         "kind: cumulative\n  since: 2020-01-01\n  fact: courses\n  unit: person\n"
         "  numerator: [{measure: learners, over_time: last,",
         ("(numerator)", "'learners', taken last over time", "what adds up over time")),
    Case("reports_name_forms", PEOPLE, "kind: change\n  of: LEARNERS",
         "kind: reports\n  reports: complete\n  forms: [F-02]", ("(forms)", "the unknown form 'F-02'", "F-01")),
    # reconciliation_rules
    Case("reconciliations_name_what_exists", BESIDE, "measures: [passed]", "measures: [passt]",
         ("(right.measures)", "'passt'", "passed")),
    Case("reconciliations_name_what_exists", BESIDE, "fact: courses", "fact: course",
         ("(fact)", "'course'", "courses")),
    Case("the_country_has_a_calendar", "programme.yml", "languages: [en, fr]",
         "languages: [en, fr]\nholidays: {country: QQ}", ("(holidays.country)", "'QQ', of which no holidays")),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[f"{index:03}-{case.rule}" for index, case in enumerate(CASES)])
def test_a_breach_is_told_with_its_place_and_its_remedy(case: Case, broken: Broken) -> None:
    folder = broken(case.file, case.old, case.new)
    with pytest.raises(ProgrammeError) as caught:
        load_programme(folder)
    told = [finding for finding in caught.value.findings if all(part in finding for part in case.said)]
    assert len(told) == 1, f"{case.said} is not told once, but:\n{caught.value}"
    assert told[0].startswith((f"{case.file}, line ", case.said[0]))


@pytest.mark.parametrize("case", CASES, ids=[f"{index:03}-{case.rule}" for index, case in enumerate(CASES)])
def test_the_breach_is_found_by_the_rule_of_that_name(
    case: Case, broken: Broken, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = broken(case.file, case.old, case.new)
    monkeypatch.setattr(loader, "RULES", [rule for rule in rules.RULES if rule.__name__ == case.rule])
    with pytest.raises(ProgrammeError):
        load_programme(folder)


def test_every_rule_is_broken_by_a_case() -> None:
    assert {rule.__name__ for rule in rules.RULES} == {case.rule for case in CASES}


def test_breaches_of_many_rules_are_told_at_once(tiny: Path) -> None:
    for file, old, new in (
        (FORM, "label: name", "label: names"),
        ("targets.yml", "indicator: PASSED", "indicator: PAST"),
        (OFFICES, "office,,2", "office,,99"),
    ):
        text = (tiny / file).read_text(encoding="utf-8")
        (tiny / file).write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ProgrammeError) as caught:
        load_programme(tiny)
    assert {finding.partition(",")[0] for finding in caught.value.findings} == {FORM, "targets.yml", OFFICES}


def test_a_problem_says_itself_without_a_file() -> None:
    problem = Problem(("form", "F-01", "fields", 2, "to"), "x", "y", "do z")
    assert str(problem) == "form F-01 (fields.to): found x; allowed: y; do z"
