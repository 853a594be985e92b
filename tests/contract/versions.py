"""Cases that an older MLflow's own store answers otherwise, and so cannot be asked of anyone there.

The contract is that of the newest MLflow. Each pattern is matched against a case's module, name and
parameters; what it matches is left out where MLflow is older than the version above it.
"""

from collections.abc import Mapping
from fnmatch import fnmatchcase

from packaging.version import Version

CHANGED: Mapping[Version, tuple[str, ...]] = {
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
        "test_search_runs_filters.py::test_nan_*",
        "test_search_runs_filters.py::test_metric_is_compared_as_a_number*-metrics.m <= 0-*",
        "test_search_runs_order.py::test_metric_order_and_filter_on_the_same_key_combine*",
        "test_search_runs_order.py::test_paging_keeps_to_the_filter*",
        "test_search_runs_refusals.py::test_malformed_filter_is_refused*-status IN *",
        "test_search_runs_refusals.py::test_malformed_filter_is_refused*-run_name IN *",
    ),
}


def changed_since(case: str, installed: Version) -> Version | None:
    """The version that the case needs, where the installed one is older."""
    for version, patterns in CHANGED.items():
        if installed < version and any(fnmatchcase(case, pattern) for pattern in patterns):
            return version
    return None
