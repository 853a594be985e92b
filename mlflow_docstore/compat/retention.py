"""How long traces stay in the database, by a server's configuration of archival."""

import logging
from collections.abc import Sequence

from mlflow.entities import Experiment, ExperimentTag
from mlflow.exceptions import MlflowException

from mlflow_docstore.compat.mlflow_internals.archival import (
    effective_retention,
    get_trace_archival_server_config,
)

_LOG = logging.getLogger(__name__)


def with_retention(experiments: Sequence[Experiment]) -> list[Experiment]:
    """The experiments, each with the retention of its traces, where this process archives any."""
    try:
        config = get_trace_archival_server_config()
    except MlflowException:
        _LOG.warning("The configuration of archival is broken, and ignored.", exc_info=True)
        return list(experiments)
    if config is None or not config.enabled:
        return list(experiments)
    allowed = frozenset(config.long_retention_allowlist)
    return [_with_retention(one, config.retention, allowed) for one in experiments]


def _with_retention(experiment: Experiment, broader: str, allowed: frozenset[str]) -> Experiment:
    return Experiment(
        experiment_id=experiment.experiment_id,
        name=experiment.name,
        artifact_location=experiment.artifact_location,
        lifecycle_stage=experiment.lifecycle_stage,
        tags=[ExperimentTag(key, value) for key, value in experiment.tags.items()],
        creation_time=experiment.creation_time,
        last_update_time=experiment.last_update_time,
        effective_trace_archival_retention=effective_retention(
            experiment_id=experiment.experiment_id,
            experiment_tags=experiment.tags,
            broader_retention=broader,
            long_retention_allowlist=allowed,
        ),
    )
