"""All that a reader can see of a database."""

from collections.abc import Mapping
from typing import Any

from mlflow.entities import Run

from mlflow_docstore.core.errors import NotFound
from mlflow_docstore.core.paging import PageRequest
from mlflow_docstore.ports.backend import Backend
from mlflow_docstore.ports.experiments import ExperimentQuery
from mlflow_docstore.ports.runs import RunQuery

Snapshot = Mapping[str, Mapping[str, Any]]
"""By area, what there is, by id."""

EXPERIMENTS = ("1", "2", "3")
MODELS = ("m1", "m2", "m3", "m4")
"""All ids that the operations use."""

_STAGES = ("active", "deleted")
_ALL = PageRequest(None)


def snapshot(backend: Backend) -> Snapshot:
    """Everything, as plain values that compare."""
    experiments = backend.experiments.search(ExperimentQuery(_STAGES), _ALL).items
    # Runs of an experiment that is gone would show too: no run may outlive it.
    runs = backend.runs.search(RunQuery(EXPERIMENTS, _STAGES), _ALL).items
    runs = [backend.runs.get(run.info.run_id) for run in runs]
    return {
        "experiments": {one.experiment_id: dict(one) for one in experiments},
        "names": {one.name: _id_of(backend, one.name) for one in experiments},
        "runs": {run.info.run_id: _run(run) for run in runs},
        "histories": _histories(backend, runs),
        **_models(backend),
        "datasets": {
            f"{one.name} {one.context}": one.digest
            for one in backend.inputs.dataset_summaries(EXPERIMENTS, limit=1000)
        },
    }


def _id_of(backend: Backend, name: str) -> str | None:
    found = backend.experiments.find_by_name(name)
    return None if found is None else found.experiment_id


def _run(run: Run) -> dict[str, Any]:
    seen = run.to_dictionary()
    seen["inputs"]["model_inputs"] = [model.model_id for model in run.inputs.model_inputs]
    return seen


def _histories(backend: Backend, runs: list[Run]) -> dict[str, Any]:
    """Those of which there is anything."""
    keys = [(run.info.run_id, key) for run in runs for key in sorted(run.data.metrics)]
    pages = {key: backend.metrics.history(*key, _ALL).items for key in keys}
    return {
        f"{run_id} {key}": [(point.timestamp, point.step, point.value) for point in points]
        for (run_id, key), points in pages.items()
        if points
    }


def _models(backend: Backend) -> Snapshot:
    """Models, and apart from them the points of those that have any."""
    models: dict[str, Any] = {}
    points: dict[str, Any] = {}
    for model_id in MODELS:
        try:
            model = backend.logged_models.get(model_id, include_deleted=True)
            models[model_id] = {**model.to_dictionary(), "metrics": None, "deleted": True}
            if model.metrics:
                points[model_id] = [metric.to_dictionary() for metric in model.metrics]
            backend.logged_models.get(model_id)
        except NotFound:
            continue
        models[model_id]["deleted"] = False
    return {"models": models, "points": points}
