"""The rules that hold between declarations: one function each, run by the loader once every file is right by itself.

A rule yields a ``Problem`` per breach. A rule whose subject does not exist yields nothing: another says so already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from catalogue import (
    beside_rules,
    check_rules,
    contact_rules,
    fact_rules,
    form_rules,
    indicator_rules,
    memory_rules,
    register_rules,
    source_rules,
    text_rules,
)
from catalogue.problem import Problem
from catalogue.programme import Programme

Rule = Callable[[Programme], Iterator[Problem]]

RULES: Final[tuple[Rule, ...]] = (
    text_rules.every_text_has_every_language,
    register_rules.codes_of_a_codelist_occur_once,
    register_rules.a_replaced_code_names_one_that_exists,
    register_rules.the_days_of_a_code_are_in_order,
    register_rules.an_alias_means_one_code,
    register_rules.links_name_a_register,
    register_rules.a_key_belongs_to_one_register,
    register_rules.parents_exist,
    register_rules.linked_entities_exist,
    register_rules.levels_are_declared,
    register_rules.a_day_has_one_version,
    register_rules.a_code_means_one_entity_on_a_day,
    fact_rules.names_are_free_in_the_warehouse,
    fact_rules.columns_of_a_fact_occur_once,
    fact_rules.dimensions_name_a_register_or_codelist,
    fact_rules.the_place_is_an_entity,
    form_rules.the_fact_exists,
    form_rules.calendars_are_known,
    form_rules.respondents_exist,
    form_rules.the_label_is_a_field,
    form_rules.the_serial_is_ignored,
    form_rules.fields_occur_once,
    form_rules.headers_occur_once,
    form_rules.fields_have_their_list,
    form_rules.fields_have_bounds_that_fit,
    form_rules.fields_feed_columns_of_their_type,
    form_rules.reasons_for_absence_are_kept,
    beside_rules.what_stands_beside_a_figure_has_a_field,
    form_rules.dimensions_are_fed_once,
    form_rules.constants_fit_their_dimension,
    form_rules.the_unit_goes_to_an_entity,
    form_rules.the_place_is_fed,
    form_rules.rows_bear_a_period_where_the_form_does_not,
    check_rules.checks_occur_once,
    check_rules.checks_read_fields,
    check_rules.checks_have_what_their_kind_needs,
    check_rules.operands_are_one_thing,
    check_rules.checks_read_fields_of_their_type,
    check_rules.patterns_are_regular_expressions,
    check_rules.conditions_of_checks_are_one_thing,
    memory_rules.the_key_is_made_of_fields,
    memory_rules.checks_remember_what_is_kept,
    memory_rules.made_up_figures_follow_a_target,
    source_rules.sources_bring_forms,
    source_rules.the_portal_is_a_respondent,
    source_rules.the_periods_of_a_portal_fit,
    source_rules.the_key_of_a_record_is_read,
    source_rules.corrections_mend_fields,
    source_rules.routes_name_forms_units_and_languages,
    contact_rules.contacts_name_units_and_languages,
    contact_rules.an_outbox_is_no_inbox,
    indicator_rules.indicators_have_what_their_kind_needs,
    indicator_rules.the_fact_exists,
    indicator_rules.calendars_are_known,
    indicator_rules.changes_follow_an_indicator,
    indicator_rules.terms_name_measures,
    indicator_rules.what_is_counted_once_is_told_apart,
    indicator_rules.terms_name_forms_that_feed_the_fact,
    indicator_rules.periods_are_made_of_those_of_the_forms,
    indicator_rules.what_does_not_add_up_is_not_added,
    indicator_rules.conditions_are_one_thing,
    indicator_rules.conditions_name_columns,
    indicator_rules.conditions_name_codes,
    indicator_rules.examples_fit_the_fact,
    source_rules.targets_name_an_indicator_and_a_place,
)
