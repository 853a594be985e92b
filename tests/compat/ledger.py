"""What becomes of every method that MLflow's stores have: none may answer by accident.

The names are MLflow's. A release that adds one fails the test until it is entered here.
"""

from mlflow_docstore.compat.tracking.declined import DECLINED

IMPLEMENTED = frozenset(
    {
        # experiments
        "search_experiments",
        "create_experiment",
        "get_experiment",
        "get_experiment_by_name",
        "delete_experiment",
        "restore_experiment",
        "rename_experiment",
        "set_experiment_tag",
        "delete_experiment_tag",
        "filter_active_experiment_ids",
        # runs
        "get_run",
        "update_run_info",
        "create_run",
        "delete_run",
        "restore_run",
        "_search_runs",
        "log_param",
        "set_tag",
        "log_batch",
        "record_logged_model",
        # metrics
        "log_metric",
        "get_metric_history",
        "get_metric_history_bulk_interval",
        "get_metric_history_bulk_interval_from_steps",
        # inputs
        "log_inputs",
        "log_outputs",
        # logged models
        "create_logged_model",
        "search_logged_models",
        "finalize_logged_model",
        "set_logged_model_tags",
        "delete_logged_model_tag",
        "get_logged_model",
        "delete_logged_model",
        # assessments
        "create_assessment",
        "get_assessment",
        "update_assessment",
        "delete_assessment",
        # traces
        "start_trace",
        "get_trace_info",
        "get_trace",
        "batch_get_traces",
        "batch_get_trace_infos",
        "search_traces",
        "find_completed_sessions",
        "calculate_trace_filter_correlation",
        "_delete_traces",
        "set_trace_tag",
        "delete_trace_tag",
        "link_traces_to_run",
        "link_prompts_to_trace",
        "archive_traces",
        # spans
        "log_spans",
        "log_spans_async",
        # trace metrics
        "query_trace_metrics",
        # what the server asks before it starts
        "supports_workspaces",
        "supports_trace_archival",
    }
)
"""Methods of MLflow's abstract tracking store that our classes define."""

OUTSIDE_THE_ABSTRACT_STORE = frozenset(
    {
        "_get_deleted_logged_models",
        "_get_deleted_runs",
        "_hard_delete_experiment",
        "_hard_delete_logged_model",
        "_hard_delete_run",
        "_search_datasets",
        "delete_tag",
        "deprecated_end_trace_v2",
        "deprecated_start_trace_v2",
        "get_max_step_for_metric",
        "get_metric_history_bulk",
        "log_logged_model_params",
        "sanitize_metric_value",
    }
)
"""Methods that only SqlAlchemyStore has, and that the server, the client or `mlflow gc` call."""

INHERITED = {
    "_evenly_spaced_indices": "pure; only its own default sampling calls it, which we override",
    "search_runs": "wraps _search_runs",
    "set_model_versions_tags": "get_logged_model, then set_logged_model_tags",
    "resolve_trace_archival_config": "of one workspace, that of the server",
    "delete_traces": "checks its arguments, then _delete_traces",
    "log_metric_async": "queues for log_batch",
    "log_param_async": "queues for log_batch",
    "set_tag_async": "queues for log_batch",
    "log_batch_async": "queues for log_batch",
    "end_async_logging": "the queue's",
    "flush_async_logging": "the queue's",
    "shut_down_async_logging": "the queue's",
}
"""Methods that work as MLflow's base class has them, and why."""

LATER = frozenset(name for names in DECLINED.values() for name in names)
"""Methods of areas that are not supported yet; they answer NOT_IMPLEMENTED."""

NOT_IMPLEMENTED = {
    "unlink_traces_from_run": "not even SqlAlchemyStore has it",
    "get_online_trace_details": "of Databricks alone",
}
"""Methods that must raise Python's own NotImplementedError, and why."""

ONLY_OF_SQL = frozenset(
    {
        # reached by the gateway, which enforces no budget where it is missing
        "list_budget_policies_across_workspaces",
    }
)
"""Declined methods that only SqlAlchemyStore has."""

REGISTRY_IMPLEMENTED = frozenset(
    {
        # registered models
        "create_registered_model",
        "update_registered_model",
        "rename_registered_model",
        "delete_registered_model",
        "search_registered_models",
        "get_registered_model",
        "set_registered_model_tag",
        "delete_registered_model_tag",
        "set_registered_model_alias",
        "delete_registered_model_alias",
        # model versions
        "get_latest_versions",
        "create_model_version",
        "update_model_version",
        "transition_model_version_stage",
        "delete_model_version",
        "get_model_version",
        "get_model_version_by_alias",
        "get_model_version_download_uri",
        "search_model_versions",
        "set_model_version_tag",
        "delete_model_version_tag",
        "_await_model_version_creation",
        # webhooks
        "create_webhook",
        "get_webhook",
        "list_webhooks",
        "list_webhooks_by_event",
        "update_webhook",
        "delete_webhook",
        # what the server asks before it starts
        "supports_workspaces",
    }
)
"""Methods of MLflow's abstract registry that our classes define."""

REGISTRY_INHERITED = {
    "_parse_experiment_id_filter": "text only",
    "_await_model_version_creation_impl": "of stores whose versions take time; ours are ready",
    "copy_model_version": "create_registered_model, then create_model_version",
    "test_webhook": "get_webhook, then MLflow's delivery",
    "create_prompt": "create_registered_model",
    "create_prompt_version": "create_model_version, get_registered_model",
    "delete_prompt": "delete_registered_model",
    "delete_prompt_alias": "delete_registered_model_alias",
    "delete_prompt_tag": "delete_registered_model_tag",
    "delete_prompt_version": "delete_model_version",
    "delete_prompt_version_tag": "delete_model_version_tag",
    "get_prompt": "get_registered_model",
    "get_prompt_version": "get_model_version, get_registered_model",
    "get_prompt_version_by_alias": "get_model_version_by_alias, get_registered_model",
    "link_prompt_version_to_model": "tags of the logged model, through the tracking store",
    "link_prompt_version_to_run": "tags of the run, through the tracking store",
    "link_prompts_to_trace": "tags of the trace, through the tracking store",
    "search_prompts": "search_registered_models",
    "search_prompt_versions": "search_model_versions",
    "set_prompt_alias": "set_registered_model_alias",
    "set_prompt_tag": "set_registered_model_tag",
    "set_prompt_version_tag": "set_model_version_tag",
}
"""Methods of the registry that work as MLflow's base class has them, and by what."""
