"""A small world of entities, for operations to change."""

from mlflow.entities import (
    Dataset,
    DatasetInput,
    Experiment,
    ExperimentTag,
    InputTag,
    LoggedModel,
    LoggedModelStatus,
    Metric,
    Run,
    RunData,
    RunInfo,
    RunTag,
)

from mlflow_docstore.adapters.document.backend import DocumentBackend
from mlflow_docstore.adapters.document.layout import DATASETS, EXPERIMENTS
from mlflow_docstore.adapters.document.texts.large import LargeTexts
from mlflow_docstore.adapters.document.texts.parts import Holder, root_of
from mlflow_docstore.ports.backend import Backend
from mlflow_docstore.ports.runs import RunBatch

from .arenas import World
from .readers import snapshot

_CHUNKS = 10
"""Of one metric, and of two: more than are left alone when a run ends."""

LARGE = "x" * 100_000
"""A text that is moved out of its document."""


def experiment(number: str, name: str) -> Experiment:
    tags = [ExperimentTag("team", "a")]
    return Experiment(number, name, f"loc/{number}", "active", tags, 1000, 1000)


def run(run_id: str, experiment_id: str) -> Run:
    info = RunInfo(
        run_id=run_id,
        experiment_id=experiment_id,
        user_id="u",
        status="RUNNING",
        start_time=2000,
        end_time=None,
        lifecycle_stage="active",
        artifact_uri=f"loc/{run_id}",
        run_name=run_id,
    )
    return Run(info, RunData(tags=[RunTag("colour", "red")]))


def model(model_id: str, experiment_id: str) -> LoggedModel:
    return LoggedModel(
        experiment_id,
        model_id,
        model_id,
        f"loc/{model_id}",
        3000,
        3000,
        status=LoggedModelStatus.PENDING,
        tags={"stage": "one"},
        params={"depth": "3"},
    )


def point(number: int, key: str = "loss", model_id: str | None = None) -> Metric:
    return Metric(key, number / 2, 4000 + number, number, model_id=model_id)


def dataset(name: str, profile: str | None = None) -> DatasetInput:
    tags = [InputTag("mlflow.data.context", "train")]
    return DatasetInput(Dataset(name, f"digest-{name}", "local", "src", None, profile), tags)


def arrange(backend: Backend) -> None:
    """Experiment 1 is active, 2 deleted; so are their runs; models are like their numbers."""
    backend.prepare()
    for number, name in (("1", "ant"), ("2", "bee")):
        backend.experiments.create(experiment(number, name))
    for run_id, experiment_id in (("r1", "1"), ("r2", "1"), ("r3", "2")):
        backend.runs.create(run(run_id, experiment_id))
        backend.runs.log(run_id, RunBatch([point(0)], {"depth": "3"}, {"shape": "round"}))
    for number in range(1, _CHUNKS):
        backend.runs.log("r1", RunBatch([point(number)]))
        backend.runs.log("r1", RunBatch([point(number, "train"), point(number, "val")]))
    for run_id in ("r2", "r3"):
        backend.inputs.log_inputs(run_id, [dataset("old", f"old {LARGE}")], [])
    for model_id, experiment_id in (("m1", "1"), ("m2", "1"), ("m3", "2")):
        backend.logged_models.create(model(model_id, experiment_id))
        backend.logged_models.add_metrics("r1", [point(0, "auc", model_id)])
    for number in range(1, _CHUNKS):
        backend.logged_models.add_metrics("r1", [point(number, "auc", "m1")])
    backend.runs.log("r1", RunBatch([point(0, "auc", "m1")]))
    backend.logged_models.delete("m2", at=5000)
    _leave_parts(backend)
    backend.runs.delete("r2", at=5000)
    backend.experiments.delete("2", at=5000)


def _leave_parts(backend: Backend) -> None:
    """Parts of a text that was never named, of a writer who died long ago."""
    assert isinstance(backend, DocumentBackend)
    texts = LargeTexts(backend._driver, clock=lambda: 0)
    holder = Holder(DATASETS, "none", root_of(EXPERIMENTS, "1"))
    with texts.stored(texts.moved(holder, {"profile": LARGE}, ["profile"])[1]):
        pass


# What an aborted rename or creation leaves of its claims is nobody's concern.
WORLD = World(
    ("experiments", "runs", "metrics", "inputs", "logged_models", ""),
    arrange,
    snapshot,
    exact=("runs", "logged_models", "datasets", "metrics", "logged_model_metrics", "texts"),
)
