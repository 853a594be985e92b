"""What is taken from MLflow that it does not publish, and that one place alone takes it."""

import ast
from collections.abc import Iterator

from .tree import PACKAGE, is_within, sources

INTERNALS = "mlflow_docstore.compat.mlflow_internals"

PUBLISHED = frozenset(
    {
        "mlflow.entities",
        "mlflow.environment_variables",
        "mlflow.exceptions",
        "mlflow.genai.scorers.registry",
        "mlflow.models",
        "mlflow.protos.databricks_pb2",
        "mlflow.store.entities.paged_list",
        "mlflow.store.model_registry",
        "mlflow.store.model_registry.abstract_store",
        "mlflow.store.tracking",
        "mlflow.store.tracking.abstract_store",
        "mlflow.tracking",
        "mlflow.version",
    }
)
"""Modules whose names without an underscore MLflow documents, or means for plugins."""

PRIVATE = {
    "mlflow.entities.dataset_summary": {"_DatasetSummary"},
    "mlflow.entities.span": {"LazySpan", "Span"},
    "mlflow.genai.scorers.online.entities": {"CompletedSession"},
    "mlflow.store.analytics.trace_correlation": {"calculate_npmi_from_counts"},
    "mlflow.prompt.registry_utils": {"handle_resource_already_exist_error", "has_prompt_tag"},
    "mlflow.store.artifact.artifact_repo": {"ArtifactRepository"},
    "mlflow.store.artifact.artifact_repository_registry": {"get_artifact_repository"},
    "mlflow.store.artifact.utils.models": {"_parse_model_uri"},
    "mlflow.tracking._tracking_service.utils": {"_get_store"},
    "mlflow.store.tracking.file_store": {"_validate_new_trace_id"},
    "mlflow.store.tracking.utils.sql_trace_metrics_utils": {"validate_query_trace_metrics_params"},
    "mlflow.store.tracking.utils.trace_archival": {
        "_ArchiveNowRequest",
        "_parse_trace_archival_duration_millis",
        "_resolve_effective_trace_archival_retention",
    },
    "mlflow.tracing.otel.otel_archival": {"TRACE_ARCHIVAL_FILENAME", "spans_to_traces_data_pb"},
    "mlflow.tracing.trace_archival_config": {
        "get_trace_archival_server_config",
        "load_trace_archival_server_config",
    },
    "mlflow.tracing.utils.artifact_utils": {"get_archive_uri_for_trace"},
    "mlflow.tracing.analysis": {"TraceFilterCorrelationResult"},
    "mlflow.tracing.otel.translation": {"translate_loaded_span", "translate_span_when_storing"},
    "mlflow.tracing.utils": {
        "TraceJSONEncoder",
        "generate_assessment_id",
        "generate_request_id_v2",
        "try_json_loads",
    },
    "mlflow.tracing.utils.truncation": {"_get_truncated_preview"},
    "mlflow.utils.mlflow_tags": {
        "MLFLOW_LOGGED_MODELS",
        "MLFLOW_RUN_NAME",
        "_get_run_name_from_tags",
    },
    "mlflow.utils.name_utils": {"_generate_random_name"},
    "mlflow.utils.search_logged_model_utils": {"Comparison", "EntityType", "parse_filter_string"},
    "mlflow.utils.search_utils": {
        "SearchExperimentsUtils",
        "SearchLoggedModelsPaginationToken",
        "SearchModelUtils",
        "SearchModelVersionUtils",
        "SearchTraceMetricsUtils",
        "SearchTraceUtils",
        "SearchUtils",
    },
    "mlflow.utils.time": {"get_current_time_millis"},
    "mlflow.utils.uri": {"append_to_uri_path", "resolve_uri_if_local"},
    "mlflow.utils.validation": {
        "_resolve_experiment_ids_and_locations",
        "_validate_alias_name",
        "_validate_alias_name_reserved",
        "_validate_batch_log_data",
        "_validate_batch_log_limits",
        "_validate_dataset_inputs",
        "_validate_experiment_artifact_location_length",
        "_validate_experiment_name",
        "_validate_experiment_tag",
        "_validate_length_limit",
        "_validate_logged_model_name",
        "_validate_metric",
        "_validate_model_alias_name",
        "_validate_model_alias_name_reserved",
        "_validate_model_name",
        "_validate_model_renaming",
        "_validate_model_version",
        "_validate_model_version_tag",
        "_validate_param",
        "_validate_param_keys_unique",
        "_validate_registered_model_tag",
        "_validate_run_id",
        "_validate_tag",
        "_validate_tag_name",
        "_validate_trace_tag",
        "_validate_trace_archival_location",
        "_validate_trace_archival_retention_string",
        "_validate_webhook_events",
        "_validate_webhook_name",
        "_validate_webhook_url",
    },
    "mlflow.utils.workspace_utils": {"DEFAULT_WORKSPACE_NAME"},
}
"""The rest: what a new release may rename without a word. Each name more is a risk more."""


def taken() -> Iterator[tuple[str, str, str, str]]:
    """The importing module, MLflow's module, the name, and where."""
    for source in sources(PACKAGE.name):
        for node in ast.walk(source.syntax):
            if isinstance(node, ast.Import):
                names = [(alias.name, "") for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                names = [(node.module, alias.name) for alias in node.names]
            else:
                continue
            for module, name in names:
                if is_within(module, "mlflow"):
                    yield source.module, module, name, f"{source}:{node.lineno} {module} {name}"


def is_published(module: str, name: str) -> bool:
    """Whether a name is one of those that MLflow keeps, or tells of when it does not."""
    if any(part.startswith("_") for part in (*module.split("."), name)):
        return False
    return module in PUBLISHED or is_within(module, "mlflow.entities")


def test_private_names_are_imported_in_one_place() -> None:
    found = [
        where
        for importer, module, name, where in taken()
        if not is_published(module, name) and not is_within(importer, INTERNALS)
    ]
    assert found == []


def test_the_list_of_private_names_is_complete_and_holds_none_that_is_not_used() -> None:
    found: dict[str, set[str]] = {}
    for importer, module, name, _ in taken():
        if is_within(importer, INTERNALS):
            found.setdefault(module, set()).add(name)
    assert found == PRIVATE


def test_no_attribute_is_taken_of_a_module_of_mlflow() -> None:
    # ``import mlflow.utils.validation`` would reach everything in it past the rules above.
    assert [where for _, _, name, where in taken() if not name] == []


def test_the_list_of_published_modules_names_none_that_is_not_used() -> None:
    used = {module for _, module, name, _ in taken() if is_published(module, name)}
    assert used >= PUBLISHED
