"""Why rows miss their marks, as profiling found: by a row's name, or by how that begins."""

from collections.abc import Mapping

from .subjects import OURS_ON_COSMOSDB, OURS_ON_MONGODB

_ENTITIES = "an entity of MLflow's a point, 0.5 µs each; the bare driver ends with packed columns"
_CLIENT = "MLflow's client takes most of it: it starts a thread and looks for modules of others"
_RUNS = "an entity of MLflow's a run, 20 µs with its tags, params and metrics; bare ends with JSON"
_COMMITS = "two commits, which a crash may part, of the name or version and of the model; bare: one"
_LAYERS = "the bare driver takes some 60 µs; the Python of our layers and MLflow's entities, more"
_SPANS = "half of it is MLflow's: spans are translated from the conventions of others; bare: not"
_SPAN_ENTITIES = "MLflow parses each span and looks through its attributes; bare ends with JSON"
_TRACES = "an entity of MLflow's a trace takes as long as its JSON, with which the bare driver ends"

_FEW = "below some thousands ours makes no index: each trace is looked at, as MLflow's are"
_CHARTS = "an index of as many values is read as MLflow's is; no sums are kept beside it"

_REASONS: Mapping[str, str] = {
    "get_run": "building MLflow's entities takes as long as the bare driver's whole read",
    "log_batch: 100 params": "each param is a condition, a change and a field of JSON, 5 µs",
    "log_batch: 1,000 points, one key": "each point is judged and sorted, 1 µs",
    "get_metric_history: 10,000 points": _ENTITIES,
    "get_metric_history: 10,000 points, logged one by one": _ENTITIES,
    "get_metric_history: one key of 10, 10,000 steps, run not ended": _ENTITIES,
    "get_metric_history: 1,000,000 points": _ENTITIES,
    "get_metric_history: 2,000 points": _ENTITIES,
    "get_metric_history: 100,000 points": _ENTITIES,
    "create_registered_model": _COMMITS,
    "create_model_version": _COMMITS,
    "create_model_version: by who made the one before": _COMMITS,
    "set_registered_model_alias": _LAYERS,
    "set_registered_model_alias: by who set the one before": _LAYERS,
    "get_model_version_by_alias": _LAYERS,
    "get_latest_versions": _LAYERS,
    "load_prompt: by version": _CLIENT,
    "load_prompt: by alias": _CLIENT,
    "start_trace": _LAYERS,
    "create_assessment": "the trace is read and judged before it is written; bare: one statement",
    "time to open it in a new process that has imported MLflow": (
        "Python makes some fifty frozen dataclasses, nearly 1 ms each"
    ),
}

_FAMILIES: Mapping[str, str] = {
    "search_runs: ": _RUNS,
    "log_spans: ": _SPANS,
    "a trace of ": _SPANS,
    "get_trace: ": _SPAN_ENTITIES,
    "batch_get_traces: ": _SPAN_ENTITIES,
    "search_traces: default order": _TRACES,
    "search_traces: session": _TRACES,
    "search_traces: tag of half": _TRACES,
    "search_traces: metadata of half": _TRACES,
    "search_traces: status of most": _TRACES,
    "search_traces: span name of most": "the spans themselves are asked, by a second command",
    "search_traces: feedback": "feedback may be of a session: a command before asks for that",
    "search_traces: tag, 1,000 ": _FEW,
    "search_traces: tag, 100,000 ": _TRACES,
    "search_traces: metadata, 1,000": _FEW,
    "search_traces: status, 1,000": _FEW,
    "search_traces: run, 1,000": _FEW,
    "search_traces: span name, 1,000": _FEW,
    "query_trace_metrics: p95": "all values come here, as no two databases interpolate alike",
    "query_trace_metrics: ": _CHARTS,
    "log a trace of ": _SPANS,
    "feedback of a quarter, 1,000": "a call of 2 ms that looks at some hundred traces",
    "search_registered_models: ": "entities of MLflow's, a model's and one a stage: 50 µs a model",
    "search_model_versions: ": "an entity of MLflow's a version, 10 µs; bare ends with JSON",
    "tag equality, indexed": "a call of 2 ms: what else the machine does, as the bare driver shows",
    "metric descending, 100,000": "by itself each page takes the same; here subjects share a cache",
}


_BY_ID = "the stand-in looks for what findAndModify changes in the whole collection; MongoDB, by id"

_OF_THE_STAND_IN: Mapping[str, str] = {
    "a trace of ": _BY_ID,
    "log a trace of ": _BY_ID,
    "create_assessment": _BY_ID,
    "search_traces: span name": "a second command asks the spans themselves; bare: not",
}
"""As ``_FAMILIES``, on MongoDB's protocol."""


_ALIKE = (
    "bare sends the same requests: the rest is Python of our layers, and what else the machine does"
)

_OF_THE_SDK: Mapping[str, str] = {
    **dict.fromkeys(
        ("create_", "log_param", "log_metric", "set_", "get_run", "start_trace"), _ALIKE
    ),
    "get_metric_history": _ENTITIES,
    "search_traces: span name": "the spans themselves are asked, by a second command; bare: not",
    "load_prompt": "MLflow's client asks for the model and its versions several times over",
}
"""As ``_FAMILIES``, on Azure Cosmos DB for NoSQL."""


def reason(row: str, subject: str) -> str:
    """Why a row misses its mark, where the subject is ours."""
    if subject == OURS_ON_MONGODB and (of_server := _first(_OF_THE_STAND_IN, row)):
        return of_server
    if subject == OURS_ON_COSMOSDB and (of_sdk := _first(_OF_THE_SDK, row)):
        return of_sdk
    return _REASONS.get(row) or _first(_FAMILIES, row) or "not looked into yet"


def _first(families: Mapping[str, str], row: str) -> str | None:
    return next((why for beginning, why in families.items() if row.startswith(beginning)), None)
