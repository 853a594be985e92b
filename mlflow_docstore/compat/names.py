"""Names of metrics and params: those that MLflow lets pass are not judged with every call."""

from functools import lru_cache

from mlflow.exceptions import MlflowException

from mlflow_docstore.compat.mlflow_internals.tracking import validate_metric, validate_param

# Runs of one training script log the same few hundred names, step by step.
_REMEMBERED = 4096


def is_name(name: object) -> bool:
    """Whether MLflow's validators let metrics and params be called so; they know best why not."""
    return type(name) is str and _passes(name)


@lru_cache(_REMEMBERED)
def _passes(name: str) -> bool:
    try:
        validate_metric(name, 0.0, 0, 0)
        validate_param(name, "")
    except MlflowException:
        return False
    return True
