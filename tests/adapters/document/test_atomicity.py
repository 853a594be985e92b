"""A call that is refused has written nothing, even where it writes several documents."""

import pytest
from mlflow.entities import LoggedModel, Metric, Run, RunData, RunInfo

from mlflow_docstore.adapters.document.backend import DocumentBackend
from mlflow_docstore.adapters.memory.database import Database
from mlflow_docstore.adapters.memory.driver import MemoryDriver
from mlflow_docstore.core.errors import AlreadyExists, InvalidArgument, NotFound
from mlflow_docstore.core.paging import PageRequest
from mlflow_docstore.ports.backend import Backend
from mlflow_docstore.ports.runs import RunBatch

LARGE = 2**70


@pytest.fixture
def backend() -> Backend:
    made = DocumentBackend(MemoryDriver(Database()))
    info = RunInfo(
        run_id="r",
        experiment_id="1",
        user_id="u",
        status="RUNNING",
        start_time=1,
        end_time=None,
        lifecycle_stage="active",
        artifact_uri="loc",
        run_name="name",
    )
    made.runs.create(Run(info, RunData()))
    for model_id in ("m1", "m2"):
        made.logged_models.create(LoggedModel("1", model_id, "name", "loc", 1, 1))
    return made


def point(value: float, timestamp: int, step: int, model_id: str | None = None) -> Metric:
    return Metric("loss", value, timestamp, step, model_id=model_id)


@pytest.mark.parametrize(
    "bad", [point(1.0, 1, -LARGE), point(1.0, -LARGE, 0), point(1.0, LARGE, 0)]
)
def test_a_batch_with_an_integer_that_does_not_fit_writes_nothing(
    backend: Backend, bad: Metric
) -> None:
    """Even where that point is not the latest, which alone is stored in the run."""
    batch = RunBatch([point(2.0, 5, 5), bad], {"p": "v"}, {"t": "v"})
    with pytest.raises(InvalidArgument):
        backend.runs.log("r", batch)
    run = backend.runs.get("r")
    assert (run.data.metrics, run.data.params, run.data.tags) == ({}, {}, {})
    assert backend.metrics.history("r", "loss", PageRequest(None)).items == []


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (point(9.0, 1, 1, "m2"), AlreadyExists),
        (point(1.0, 1, 1, "absent"), NotFound),
    ],
)
def test_points_of_several_models_one_of_which_is_refused_are_not_written(
    backend: Backend, bad: Metric, error: type[Exception]
) -> None:
    backend.logged_models.add_metrics("r", [point(1.0, 1, 1, "m2")])
    with pytest.raises(error):
        backend.logged_models.add_metrics("r", [point(1.0, 1, 1, "m1"), bad])
    assert backend.logged_models.get("m1").metrics is None
    assert len(backend.logged_models.get("m2").metrics) == 1
