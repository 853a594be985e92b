"""What later releases will bring: refused by name, so that nothing answers None by inheritance.

One line a method of MLflow's store, by area. A method leaves the table when its area gets a mixin.
"""

from collections.abc import Callable, Mapping
from typing import NoReturn

from mlflow.exceptions import MlflowNotImplementedException

from mlflow_docstore.core.areas import Area

DECLINED: Mapping[Area, tuple[str, ...]] = {
    Area.ISSUES: ("create_issue", "get_issue", "update_issue", "search_issues"),
    Area.DATASETS: (
        "create_dataset",
        "get_dataset",
        "delete_dataset",
        "search_datasets",
        "upsert_dataset_records",
        "delete_dataset_records",
        "set_dataset_tags",
        "delete_dataset_tag",
        "get_dataset_experiment_ids",
        "_load_dataset_records",
        "add_dataset_to_experiments",
        "remove_dataset_from_experiments",
    ),
    Area.SCORERS: (
        "register_scorer",
        "list_scorers",
        "list_scorers_across_experiments",
        "get_scorer",
        "list_scorer_versions",
        "delete_scorer",
        "upsert_online_scoring_config",
        "get_online_scoring_configs",
        "get_active_online_scorers",
    ),
    Area.LABEL_SCHEMAS: (
        "create_label_schema",
        "get_label_schema",
        "get_label_schema_by_name",
        "list_label_schemas",
        "update_label_schema",
        "delete_label_schema",
    ),
    Area.REVIEW_QUEUES: (
        "create_review_queue",
        "get_or_create_user_queue",
        "get_review_queue",
        "get_review_queue_by_name",
        "list_review_queues",
        "update_review_queue",
        "delete_review_queue",
        "add_items_to_review_queue",
        "remove_items_from_review_queue",
        "list_review_queue_items",
        "set_review_queue_item_status",
    ),
    Area.GATEWAY_SECRETS: (
        "create_gateway_secret",
        "get_secret_info",
        "update_gateway_secret",
        "delete_gateway_secret",
        "list_secret_infos",
    ),
    Area.GATEWAY_ENDPOINTS: (
        "create_gateway_model_definition",
        "get_gateway_model_definition",
        "list_gateway_model_definitions",
        "update_gateway_model_definition",
        "delete_gateway_model_definition",
        "create_gateway_endpoint",
        "get_gateway_endpoint",
        "update_gateway_endpoint",
        "delete_gateway_endpoint",
        "list_gateway_endpoints",
        "attach_model_to_endpoint",
        "detach_model_from_endpoint",
        "create_endpoint_binding",
        "delete_endpoint_binding",
        "list_endpoint_bindings",
        "set_gateway_endpoint_tag",
        "delete_gateway_endpoint_tag",
    ),
    Area.GATEWAY_BUDGETS: (
        "create_budget_policy",
        "get_budget_policy",
        "update_budget_policy",
        "delete_budget_policy",
        "list_budget_policies",
        "list_budget_policies_across_workspaces",
        "sum_gateway_trace_cost",
    ),
    Area.GATEWAY_GUARDRAILS: (
        "create_gateway_guardrail",
        "get_gateway_guardrail",
        "delete_gateway_guardrail",
        "list_gateway_guardrails",
        "add_guardrail_to_endpoint",
        "update_endpoint_guardrail_config",
        "remove_guardrail_from_endpoint",
        "list_endpoint_guardrail_configs",
    ),
    Area.MCP_SERVERS: (
        "create_mcp_server",
        "get_mcp_server",
        "search_mcp_servers",
        "update_mcp_server",
        "delete_mcp_server",
        "create_mcp_server_version",
        "get_mcp_server_version",
        "get_mcp_server_version_by_alias",
        "get_latest_mcp_server_version",
        "search_mcp_server_versions",
        "update_mcp_server_version",
        "delete_mcp_server_version",
        "create_mcp_access_endpoint",
        "get_mcp_access_endpoint",
        "search_mcp_access_endpoints",
        "update_mcp_access_endpoint",
        "delete_mcp_access_endpoint",
        "set_mcp_server_tag",
        "delete_mcp_server_tag",
        "set_mcp_server_version_tag",
        "delete_mcp_server_version_tag",
        "set_mcp_server_alias",
        "delete_mcp_server_alias",
        "link_mcp_server_versions_to_trace",
        "get_mcp_server_versions_for_trace",
    ),
    Area.SKILLS: (
        "create_skill",
        "get_skill",
        "update_skill",
        "delete_skill",
        "delete_skill_and_collect_artifacts",
        "search_skills",
        "create_skill_version",
        "bulk_register_skills",
        "get_skill_version",
        "search_skill_versions",
        "set_skill_tag",
        "delete_skill_tag",
        "set_skill_version_tag",
        "delete_skill_version_tag",
        "get_skill_version_by_alias",
        "get_latest_skill_version",
        "update_skill_version",
        "delete_skill_version",
        "set_skill_alias",
        "delete_skill_alias",
    ),
}


def declined_method(name: str, area: Area) -> Callable[..., NoReturn]:
    """A method of that name which refuses."""
    subject = area.value.replace("_", " ")

    def declined(_self: object, *_args: object, **_kwargs: object) -> NoReturn:
        raise MlflowNotImplementedException(
            f"{name} is not supported by mlflow-docstore yet, nor are {subject} in general"
        )

    declined.__name__ = name
    declined.__qualname__ = f"DeclinedMixin.{name}"
    declined.__doc__ = f"Refused: {subject} are not supported yet."
    return declined


class DeclinedMixin:
    """Every method of the areas that are not supported yet."""

    locals().update(
        {name: declined_method(name, area) for area, names in DECLINED.items() for name in names}
    )
