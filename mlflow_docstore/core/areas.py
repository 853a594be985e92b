"""The areas of MLflow's store, by the name that each has in every layer."""

from enum import Enum


class Area(str, Enum):
    """One domain of MLflow's store; the value is the file stem of its modules."""

    EXPERIMENTS = "experiments"
    RUNS = "runs"
    METRICS = "metrics"
    INPUTS = "inputs"
    LOGGED_MODELS = "logged_models"
    REGISTERED_MODELS = "registered_models"
    MODEL_VERSIONS = "model_versions"
    PROMPTS = "prompts"
    TRACES = "traces"
    SPANS = "spans"
    TRACE_METRICS = "trace_metrics"
    ASSESSMENTS = "assessments"
    ISSUES = "issues"
    DATASETS = "datasets"
    SCORERS = "scorers"
    LABEL_SCHEMAS = "label_schemas"
    REVIEW_QUEUES = "review_queues"
    GATEWAY_SECRETS = "gateway_secrets"
    GATEWAY_ENDPOINTS = "gateway_endpoints"
    GATEWAY_BUDGETS = "gateway_budgets"
    GATEWAY_GUARDRAILS = "gateway_guardrails"
    MCP_SERVERS = "mcp_servers"
    SKILLS = "skills"
    WEBHOOKS = "webhooks"
    WORKSPACES = "workspaces"


BASE = frozenset(
    {
        Area.EXPERIMENTS,
        Area.RUNS,
        Area.METRICS,
        Area.REGISTERED_MODELS,
        Area.MODEL_VERSIONS,
        Area.PROMPTS,
        Area.TRACES,
    }
)
"""Areas that every backend must pass; the rest is extended."""

EXTENDED = frozenset(Area) - BASE
