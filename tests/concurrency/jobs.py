"""What processes do to one run, model or name, all at once; each job gets its process's number."""

from collections.abc import Callable, Sequence

from mlflow.entities import (
    Dataset,
    DatasetInput,
    Experiment,
    InputTag,
    LoggedModelInput,
    LoggedModelOutput,
    Metric,
    Run,
    RunData,
    RunInfo,
)

from mlflow_docstore.core.errors import AlreadyExists, StoreError
from mlflow_docstore.core.paging import PageRequest
from mlflow_docstore.ports.backend import Backend
from mlflow_docstore.ports.runs import RunBatch

KEYS = 12
WRITES = 10
READS = 12
SHARED = Metric("loss", 0.5, 1, 1)


def run(run_id: str, experiment_id: str) -> Run:
    info = RunInfo(
        run_id=run_id,
        experiment_id=experiment_id,
        user_id="u",
        status="RUNNING",
        start_time=1,
        end_time=None,
        lifecycle_stage="active",
        artifact_uri="loc",
        run_name=run_id,
    )
    return Run(info, RunData())


def experiment(experiment_id: str, name: str) -> Experiment:
    return Experiment(experiment_id, name, "loc", "active", [], 1, 1)


def log_params(backend: Backend, number: int, run_id: str) -> list[str]:
    """The keys that took this process's value; half of them are tried from the other end."""
    keys = [f"p{key}" for key in range(KEYS)]
    return [
        key
        for key in (keys if number % 2 else reversed(keys))
        if _succeeds(lambda key=key: backend.runs.log(run_id, RunBatch(params={key: str(number)})))
    ]


def log_params_at_once(backend: Backend, number: int, run_id: str) -> None:
    backend.runs.log(run_id, RunBatch(params={"shared": str(number), f"own{number}": "x"}))


def points_of(number: int) -> list[Metric]:
    """No two processes have a point in common but ``SHARED``; times and steps disagree."""
    return [
        Metric("loss", float(number), 1000 - step * 7 + number, (step * 5) % 50)
        for step in range(1, WRITES + 1)
    ]


def log_points(backend: Backend, number: int, run_id: str) -> None:
    points = points_of(number)
    for point in points[: WRITES // 2]:
        backend.runs.log(run_id, RunBatch([point, SHARED]))
    backend.runs.log(run_id, RunBatch([*points[WRITES // 2 :], SHARED]))


def set_tags(backend: Backend, number: int, run_id: str) -> None:
    for write in range(WRITES):
        tags = {"shared": f"{number}-{write}", f"own{number}": str(write)}
        backend.runs.log(run_id, RunBatch(tags=tags))


def append_to_tag(backend: Backend, number: int, run_id: str) -> None:
    for write in range(3):
        backend.runs.change_tag(run_id, "list", lambda old, n=write: f"{old or ''} {number}-{n}")


def create_experiment(backend: Backend, number: int, ids: Sequence[str], name: str) -> None:
    backend.experiments.create(experiment(ids[number], name))


def rename_own(backend: Backend, number: int, ids: Sequence[str], name: str) -> None:
    backend.experiments.rename(ids[number], name, at=2)


def rename_one(backend: Backend, number: int, experiment_id: str, names: Sequence[str]) -> None:
    backend.experiments.rename(experiment_id, names[number], at=2)


def create_or_rename(backend: Backend, number: int, ids: Sequence[str], name: str) -> None:
    """The experiments of the even ones exist."""
    (create_experiment if number % 2 else rename_own)(backend, number, ids, name)


def change_names(backend: Backend, number: int, ids: Sequence[str], names: Sequence[str]) -> int:
    """Rename the own experiment through names that all the others want too; how often it went."""
    return sum(
        _succeeds(
            lambda write=write: backend.experiments.rename(
                ids[number], names[(number + write) % len(names)], at=2
            )
        )
        for write in range(WRITES)
    )


def link_output(backend: Backend, number: int, run_id: str) -> None:
    backend.inputs.log_outputs(run_id, [LoggedModelOutput("shared", number)])


def link_inputs(backend: Backend, number: int, run_id: str) -> None:
    dataset = Dataset("data", "digest", "local", f"source-{number}")
    tags = [InputTag("mlflow.data.context", "train")]
    models = [LoggedModelInput("shared"), LoggedModelInput(f"own{number}")]
    backend.inputs.log_inputs(run_id, [DatasetInput(dataset, tags)], models)


def measure_model(backend: Backend, number: int, model_id: str) -> None:
    for step in range(WRITES):
        point = Metric("auc", 0.5, 1, step, model_id=model_id)
        backend.logged_models.add_metrics(f"run{number}", [point])
        backend.logged_models.add_metrics("everybody", [point])


def merge_write_or_read(backend: Backend, number: int, run_id: str) -> list[set[int]]:
    """Two merge, three write and three read; what the readers saw, in order."""
    if number < 2:
        for _ in range(READS):
            backend.metrics.compact(run_id)
        return []
    if number < 5:
        for write in range(READS):
            step = 1000 * number + write
            backend.runs.log(run_id, RunBatch([Metric("loss", 1.0, step, step)]))
        return []
    pages = PageRequest(None if number == 5 else 10_000)
    return [
        {point.step for point in backend.metrics.history(run_id, "loss", pages).items}
        for _ in range(READS)
    ]


def _succeeds(call: Callable[[], object]) -> bool:
    try:
        call()
    except StoreError as error:
        if not (isinstance(error, AlreadyExists) or error.kind == "param"):
            raise
        return False
    return True
