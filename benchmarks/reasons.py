"""Why rows miss their marks, as found by profiling: one line each, by the row's name."""

from collections.abc import Mapping

_ENTITIES = "an entity of MLflow's a point, 0.5 µs each; the bare driver ends with packed columns"
_CLIENT = "MLflow's client takes most of it: it starts a thread and looks for modules of others"
_LAYERS = "the bare driver takes some 60 µs; the Python of our layers and MLflow's entities, more"

REASONS: Mapping[str, str] = {
    "get_run": "building MLflow's entities takes as long as the bare driver's whole read",
    "log_batch: 100 params": "each param is a condition, a change and a field of JSON, 5 µs",
    "log_batch: 1,000 points, one key": "each point is judged and sorted, 1 µs",
    "get_metric_history: 10,000 points": _ENTITIES,
    "get_metric_history: 10,000 points, logged one by one": _ENTITIES,
    "get_metric_history: one key of 10, 10,000 steps, run not ended": _ENTITIES,
    "get_metric_history: 1,000,000 points": _ENTITIES,
    "get_metric_history: 2,000 points": _ENTITIES,
    "get_metric_history: 100,000 points": _ENTITIES,
    "get_model_version_by_alias": _LAYERS,
    "get_latest_versions": _LAYERS,
    "load_prompt: by version": _CLIENT,
    "load_prompt: by alias": _CLIENT,
    "time to open it in a new process that has imported MLflow": (
        "Python makes some fifty frozen dataclasses, nearly 1 ms each"
    ),
}
