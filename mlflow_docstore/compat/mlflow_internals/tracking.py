"""What the tracking store takes."""

from . import names_of_known_releases

with names_of_known_releases():
    from mlflow.entities.dataset_summary import _DatasetSummary as DatasetSummary
    from mlflow.utils.mlflow_tags import MLFLOW_LOGGED_MODELS, MLFLOW_RUN_NAME
    from mlflow.utils.mlflow_tags import _get_run_name_from_tags as get_run_name_from_tags
    from mlflow.utils.name_utils import _generate_random_name as generate_random_name
    from mlflow.utils.search_utils import (
        SearchExperimentsUtils,
        SearchLoggedModelsPaginationToken,
        SearchTraceMetricsUtils,
        SearchTraceUtils,
    )
    from mlflow.utils.uri import append_to_uri_path, resolve_uri_if_local
    from mlflow.utils.validation import (
        _resolve_experiment_ids_and_locations as resolve_locations,
    )
    from mlflow.utils.validation import _validate_batch_log_data as validate_batch_log_data
    from mlflow.utils.validation import _validate_batch_log_limits as validate_batch_log_limits
    from mlflow.utils.validation import _validate_dataset_inputs as validate_dataset_inputs
    from mlflow.utils.validation import (
        _validate_experiment_artifact_location_length as validate_experiment_location_length,
    )
    from mlflow.utils.validation import _validate_experiment_name as validate_experiment_name
    from mlflow.utils.validation import _validate_experiment_tag as validate_experiment_tag
    from mlflow.utils.validation import _validate_logged_model_name as validate_logged_model_name
    from mlflow.utils.validation import _validate_metric as validate_metric
    from mlflow.utils.validation import _validate_param as validate_param
    from mlflow.utils.validation import _validate_param_keys_unique as validate_param_keys_unique
    from mlflow.utils.validation import _validate_run_id as validate_run_id
    from mlflow.utils.validation import _validate_tag as validate_tag

__all__ = [
    "MLFLOW_LOGGED_MODELS",
    "MLFLOW_RUN_NAME",
    "DatasetSummary",
    "SearchExperimentsUtils",
    "SearchLoggedModelsPaginationToken",
    "SearchTraceMetricsUtils",
    "SearchTraceUtils",
    "append_to_uri_path",
    "generate_random_name",
    "get_run_name_from_tags",
    "resolve_locations",
    "resolve_uri_if_local",
    "validate_batch_log_data",
    "validate_batch_log_limits",
    "validate_dataset_inputs",
    "validate_experiment_location_length",
    "validate_experiment_name",
    "validate_experiment_tag",
    "validate_logged_model_name",
    "validate_metric",
    "validate_param",
    "validate_param_keys_unique",
    "validate_run_id",
    "validate_tag",
]
