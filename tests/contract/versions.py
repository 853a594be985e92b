"""Cases that releases of MLflow answer differently, and from or until which one each holds.

The contract is that of the newest MLflow, and of what older ones decided otherwise where this
project answers as they do. Each pattern is matched against a case's module, name and parameters.
"""

from collections.abc import Mapping
from fnmatch import fnmatchcase

from packaging.version import Version

SINCE: Mapping[Version, tuple[str, ...]] = {
    Version("3.15"): (
        "test_metric_sampling.py::TestSpread::*",
        "test_metric_sampling.py::TestBounds::test_are_applied_before_thinning_out*",
        "test_metric_sampling.py::TestBounds::test_come_together_or_not_at_all*",
        "test_metric_sampling.py::TestSeveralRuns::test_are_sampled_each_by_itself*",
    ),
    Version("3.17"): (
        "*::test_experiment_id_that_is_no_number_is_refused*",
        "test_aliases.py::TestLatest::test_is_the_highest_of_any_stage*",
        "test_experiment_changes.py::TestTags::test_a_value_of_20000_characters*",
        "test_experiment_changes.py::TestTags::test_a_longer_value_is_refused*",
        "test_experiments.py::TestCreation::test_an_over_long_tag_value_creates_nothing*",
        "test_experiments.py::TestActiveFilter::*",
        "test_metric_history.py::TestRepeats::test_nan_twice_is_one*",
        "test_model_versions.py::TestLookUp::test_version_in_the_text_of_an_error_is_the_number*",
        "test_registered_model_changes.py::TestRename::test_*search_finds_the_new_name_only*",
        "test_search_experiments.py::test_id_finds_experiments*",
        "test_search_experiments.py::test_scope_of_the_servers_access_control_*",
        "test_search_experiments.py::test_number_of_more_than_64_bits_is_refused*",
        "test_search_experiments.py::test_malformed_filter_is_refused*-name IN*",
        "test_search_experiments.py::test_malformed_filter_is_refused*-creation_time > 1*",
        "test_search_experiments.py::test_malformed_filter_is_refused*-experiment_id *",
        "test_search_logged_models.py::test_malformed_filter_is_refused*-metrics.loss LIKE*",
        "test_search_logged_models.py::test_name_is_compared_as_text*-name like *",
        "test_search_logged_models.py::test_name_is_compared_as_text*-name ilike *",
        "test_search_logged_models.py::test_name_is_compared_as_text*-name in *",
        "test_search_logged_models_order.py::test_paging_keeps_to_the_filter*",
        "test_search_model_versions.py::test_name_is_compared_as_text*-name *in (*",
        "test_search_model_versions.py::test_name_is_compared_as_text*-name *IN (*",
        "test_search_model_versions.py::test_run_is_compared_as_text*-run_id IN ('')*",
        "test_search_model_versions.py::test_run_is_compared_as_text*-run_id NOT IN (*",
        "test_search_refusals.py::*-source_path IN *",
        "test_search_refusals.py::*-version_number = *",
        "test_search_refusals.py::*-version_number *IN *",
        "test_search_refusals.py::test_malformed_filter_is_refused*-name IN *",
        "test_search_registered_models.py::test_name_is_compared_as_text*-name *in (*",
        "test_search_registered_models.py::test_name_is_compared_as_text*-name *IN (*",
        "test_search_runs_dataset_filters.py::*-dataset.*IN *",
        "test_search_runs_dataset_filters.py::*-dataset.*in *",
        "test_search_runs_filters.py::test_a_literal_too_large_for_a_float_is_beyond_infinity*",
        "test_search_runs_filters.py::test_nan_*",
        "test_search_runs_filters.py::test_metric_is_compared_as_a_number*-metrics.m <= 0-*",
        "test_search_runs_order.py::test_metric_order_and_filter_on_the_same_key_combine*",
        "test_search_runs_order.py::test_paging_keeps_to_the_filter*",
        "test_search_runs_refusals.py::test_malformed_filter_is_refused*-status IN *",
        "test_search_runs_refusals.py::test_time_of_more_than_64_bits_is_refused*",
        "test_search_runs_refusals.py::test_malformed_filter_is_refused*-run_name IN *",
        "test_batches_of_traces.py::TestExperiments::*",
        "test_promoted_metadata.py::TestAgain::*",
        "test_promoted_metadata.py::TestCost::*",
        "test_promoted_metadata.py::TestSession::test_may_be_none*",
        "test_promoted_metadata.py::TestTokenUsage::*",
        "test_resent_spans.py::test_the_same_once_more_changes_nothing*",
        "test_resent_spans.py::test_tokens_are_those_of_the_last*",
        "test_span_contents.py::TestSizes::test_nesting_may_be_deep*",
        "test_span_labels.py::TestSessions::test_of_more_than_250_characters_is_refused*",
        "test_span_labels.py::TestSessions::test_that_is_too_long_is_told_before_the_experiment*",
        "test_span_labels.py::TestTagsOfTheRoot::test_with_an_over_long_name_are_refused*",
        "test_span_times.py::TestStartedTrace::test_stays_where_a_span_tells_more*",
        "test_span_totals.py::*",
        "test_start_trace.py::TestName::test_may_be_none*",
        "test_start_trace_again.py::TestName::test_is_replaced_if_it_is_given*",
        "test_start_trace_refusals.py::TestOrder::test_all_of_these_before_a_trace_that_is_there*",
        "test_start_trace_refusals.py::TestOrder::test_name_*",
        "test_start_trace_refusals.py::TestOrder::test_session_before_the_trace_id*",
        "test_start_trace_refusals.py::TestTooLong::*",
        "test_trace_links.py::TestPrompts::test_to_an_unknown_trace_are_refused*",
        "test_trace_tags.py::TestName::*",
        "test_traces_of_old_clients.py::*::test_over_long_*",
        "test_traces_of_old_clients.py::*::test_promoted_metadata_*",
        "test_trace_metrics*.py::*-MIN-*",
        "test_trace_metrics*.py::*-MAX-*",
        "test_trace_metrics.py::TestLatency::test_leaves_out_names_whose_traces_are_unfinished*",
        "test_trace_metrics.py::TestNothing::test_is_in_no_experiments*",
        "test_trace_metrics.py::TestTokens::test_are_whole_numbers*",
        "test_trace_metrics.py::TestTokens::test_that_are_no_count_are_left_out*-1.5]",
        "test_trace_metrics.py::TestTokens::test_that_are_no_count_are_left_out*-922*",
        "test_trace_metrics.py::TestTokens::test_that_are_no_count_are_left_out*-True]",
        "test_trace_metrics.py::TestTokens::test_that_spans_report_twice_are_added_once*",
        "test_trace_metrics_assessments.py::TestTime::*",
        "test_trace_metrics_assessments.py::TestValidity::test_what_was_overridden_*",
        "test_trace_metrics_assessments.py::TestValue::test_is_a_number*-  yes*",
        "test_trace_metrics_assessments.py::TestValue::test_is_a_number*-No-*",
        "test_trace_metrics_assessments.py::TestValue::test_is_a_number*-YES-*",
        "test_trace_metrics_assessments.py::TestValue::test_is_none*-100000*",
        "test_trace_metrics_assessments.py::TestValue::test_is_none*-inf*",
        "test_trace_metrics_assessments.py::TestValue::test_is_none*-nan*",
        "test_trace_metrics_assessments.py::TestValue::test_leaves_out_names_without_a_number*",
        "test_trace_metrics_buckets.py::test_range_has_both_its_ends*-out of 64 bits*",
        "test_trace_metrics_refusals.py::test_aggregation_*-SUM-*'MIN'*",
        "test_trace_metrics_refusals.py::test_aggregation_*-COUNT-*'MIN'*",
        "test_trace_metrics_spans.py::TestCost::test_that_is_no_finite_number_is_left_out*",
        "test_trace_metrics_spans.py::TestLatency::test_is_a_whole_number_of_the_extremes*",
        "test_trace_metrics_spans.py::TestModels::test_are_known_by_their_first_500*",
        "test_trace_metrics_spans.py::TestTime::test_of_a_trace_that_earlier_*-total_cost-*",
        "test_trace_metrics_spans.py::TestTime::test_of_a_trace_that_its_client_had_started_*",
        "test_trace_metrics_spans.py::TestTime::test_range*_cost-*",
    ),
    Version("3.18"): (
        "test_experiment_changes.py::TestRename::test_to_a_blank_name*",
        "test_experiments.py::TestNames::test_a_blank_name*",
        "test_search_experiments.py::test_comparator_may_be_in_any_case*",
        "test_search_experiments.py::test_prefix_of_attributes_may_be_in_the_plural*",
        "test_search_logged_models.py::test_latest_point_*",
        "test_search_logged_models.py::test_status_is_compared_by_its_name*",
        "test_search_logged_models.py::test_status_that_is_no_name_is_refused*",
        "test_search_logged_models_datasets.py::test_latest_point_*",
        "test_search_logged_models_order.py::test_clause_on_none_of_the_datasets_to_search*",
        "test_search_logged_models_order.py::test_datasets_to_search_restrict_the_points*",
        "test_search_logged_models_order.py::test_latest_point_is_the_one_of_the_latest_step*",
        "test_search_logged_models_order.py::test_latest_point_of_one_place_*the_greatest_value*",
        "test_search_logged_models_order.py::test_latest_point_of_one_step_*",
        "test_search_logged_models_order.py::test_paging_keeps_to_a_filter_that_most_models_fail*",
        "test_search_model_versions_order.py::*::test_prefix_of_attributes_may_be_in_the_plural*",
        "test_search_refusals.py::test_test_for_null_is_refused*",
        "test_search_traces.py::TestToken::test_is_absent_on_an_exactly_full_last_page*",
        "test_search_traces_order.py::test_end_time_*",
        "test_trailing_newlines.py::*",
        "test_log_spans.py::TestNewTrace::test_its_id_must_be_a_path_component*",
        "test_log_spans.py::TestOtherExperiment::test_is_told_by_the_text_of_the_id*",
        "test_log_spans.py::TestOtherExperiment::test_of_a_trace_is_refused*",
        "test_span_contents.py::TestAttributes::test_text_of_json_is_kept_twice_encoded*",
        "test_span_contents.py::TestKind::test_is_told*",
        "test_span_totals.py::TestCosts::test_of_an_agent_are_not_counted*",
        "test_start_trace.py::TestFields::test_null_characters_of_a_preview_are_replaced*",
        "test_start_trace_again.py::TestAssessments::test_of_another_trace_is_refused*",
        "test_start_trace_again.py::TestOtherExperiment::test_is_refused*",
        "test_start_trace_again.py::*::test_experiment_is_told_before_the_place_of_the_spans*",
        "test_start_trace_refusals.py::TestTraceId::test_of_several_components_or_none_is_refused*",
        "test_start_trace_refusals.py::TestTraceId::test_with_a_character_that_urls_*",
    ),
}
"""The first release that a case holds for."""

UNTIL: Mapping[Version, tuple[str, ...]] = {
    Version("3.18"): (
        "test_search_experiments.py::test_clause_that_names_no_order*-attributes.name-*",
        "test_search_experiments.py::test_malformed_filter_is_refused*-attributes.name = *",
        "test_search_experiments.py::test_malformed_filter_is_refused*-experiment_id in *",
        "test_search_experiments.py::test_malformed_filter_is_refused*-name like *",
        "test_search_experiments.py::test_malformed_filter_is_refused*-name ilike *",
        "test_search_experiments.py::test_malformed_filter_is_refused*-tags.k like *",
        "test_search_logged_models.py::test_any_point_of_a_metric_may_match*",
        "test_search_logged_models.py::test_status_is_the_number_of_the_status*",
        "test_search_logged_models_order.py::test_datasets_to_search_do_not_change_the_order*",
        "test_search_logged_models_order.py::test_latest_point_is_the_one_of_the_latest_time*",
        "test_search_logged_models_order.py::test_latest_point_of_one_place_*the_first_run_id*",
        "test_search_logged_models_order.py::test_latest_point_of_one_time_*",
        "test_search_model_versions_order.py::*::test_other_fields_are_refused*-attributes.name-*",
        "test_log_spans.py::TestOtherExperiment::test_does_not_matter_to_a_trace_that_is_there*",
        "test_log_spans.py::TestStartAndSpans::test_a_trace_may_move_with_its_spans*",
        "test_span_contents.py::TestAttributes::test_text_of_json_is_unpacked_once*",
        "test_span_contents.py::TestKind::test_is_not_told*",
        "test_span_totals.py::TestCosts::test_of_an_agent_are_counted_likewise*",
        "test_start_trace.py::TestFields::test_null_characters_of_a_preview_are_kept*",
        "test_start_trace_again.py::TestAssessments::test_of_another_trace_moves_to_this_one*",
        "test_start_trace_again.py::TestOtherExperiment::test_moves_the_trace*",
        "test_start_trace_refusals.py::TestTraceId::test_may_be_of_any_characters*",
    ),
}
"""The first release that a case no longer holds for."""


def holds(case: str, installed: Version) -> bool:
    """Whether a case is true of the installed release."""
    begun = all(
        installed >= version or not _matches(case, patterns) for version, patterns in SINCE.items()
    )
    ended = any(
        installed >= version and _matches(case, patterns) for version, patterns in UNTIL.items()
    )
    return begun and not ended


def _matches(case: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(case, pattern) for pattern in patterns)
