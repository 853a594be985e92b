"""What all subjects are filled with: the same runs and points, drawn from one seed."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mlflow.entities import (
    Metric,
    Param,
    Run,
    RunData,
    RunInfo,
    RunInputs,
    RunTag,
)

EPOCH = 1_700_000_000_000
HIT = "needle"
"""The value of the tags and of the parameters that few runs have."""

RARE = 0.01
"""Few runs have a smaller ``loss``, or smaller ``seconds``."""

HITS = 50
"""How many runs that is, in an experiment of whatever size."""

LAST_STEP = 10

KEY = "loss"
"""The metric whose histories are long."""

KEYS_A_STEP = 10

_HIT_BY = ("team", "stage", "depth", "learning_rate", "loss", "seconds")
_TEAMS = tuple(f"team-{number}" for number in range(20))


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much there is to measure on.

    Args:
        small: Runs of the smaller experiment.
        large: Runs of the larger one.
        huge: Runs beside which a page is read once more, of documents alone; 0 for none.
        history: Points of the shorter history.
        long_history: Points of the longer one.
        long_trace: Spans of the trace that has many.
        steps: Batches of ``KEYS_A_STEP`` metrics, of a run that has not ended.
        measured: Points that logged models have; nothing for none.
        processes: How many log at once.
        models: Registered models.
        versions: Of each of them.
        prompts: Prompts beside them.
    """

    small: int = 1_000
    large: int = 100_000
    huge: int = 1_000_000
    history: int = 10_000
    long_history: int = 1_000_000
    steps: int = 10_000
    long_trace: int = 10_000
    measured: tuple[int, ...] = (10, 10_000, 1_000_000)
    processes: int = 16
    models: int = 1_000
    versions: int = 20
    prompts: int = 20


MONGODB_SIZES = Sizes(
    large=5_000,
    huge=0,
    history=2_000,
    long_history=100_000,
    steps=500,
    long_trace=1_000,
    measured=(),
    processes=8,
    models=200,
    versions=10,
    prompts=10,
)
"""Of a server that is slow itself: what it takes says nothing, only what ours adds."""

COSMOSDB_SIZES = Sizes(
    small=200,
    large=1_000,
    huge=0,
    history=2_000,
    long_history=10_000,
    steps=100,
    long_trace=300,
    measured=(),
    models=200,
    versions=5,
    prompts=5,
)
"""Likewise, and of one that looks at each item that a query may be about."""

QUICK_SIZES = Sizes(
    small=200,
    large=1_000,
    huge=2_000,
    history=1_000,
    long_history=10_000,
    steps=100,
    long_trace=1_000,
    measured=(10, 100),
    processes=4,
    models=200,
    versions=10,
    prompts=5,
)


def runs(experiment_id: str, count: int, seed: int) -> Iterator[Run]:
    """Finished runs, of 3 metrics, 5 parameters and 4 tags each."""
    source = random.Random(seed)  # noqa: S311 - repeatable, guards nothing
    stride = max(1, count // HITS)
    for number in range(count):
        place = number % stride if number < stride * HITS else -1
        yield _run(experiment_id, number, place, stride, source)


def _run(experiment_id: str, number: int, place: int, stride: int, source: random.Random) -> Run:
    """One run; ``place`` says where it is between two hits, each kind of which has its own."""
    run_id = f"{source.getrandbits(128):032x}"
    name = f"run-{number}"
    start = EPOCH + number * 1000
    end = start + 60_000
    hit = {kind for at, kind in enumerate(_HIT_BY) if place == at * stride // len(_HIT_BY)}
    params = {
        "learning_rate": HIT if "learning_rate" in hit else f"{source.random():.6f}",
        "batch_size": str(source.choice((16, 32, 64))),
        "optimizer": source.choice(("adam", "sgd")),
        "depth": HIT if "depth" in hit else str(source.randrange(2, 12)),
        "seed": str(number),
    }
    tags = {
        "mlflow.runName": name,
        "mlflow.user": "bench",
        "team": HIT if "team" in hit else source.choice(_TEAMS),
        "stage": HIT if "stage" in hit else source.choice(("dev", "test")),
    }
    metrics = {
        "loss": source.uniform(0.0, RARE) if "loss" in hit else source.uniform(2 * RARE, 5.0),
        "accuracy": source.random(),
        "seconds": source.uniform(0.0, RARE) if "seconds" in hit else source.uniform(1, 100),
    }
    info = RunInfo(
        run_id=run_id,
        experiment_id=experiment_id,
        user_id="bench",
        status="FINISHED",
        start_time=start,
        end_time=end,
        lifecycle_stage="active",
        artifact_uri=f"/tmp/artifacts/{experiment_id}/{run_id}/artifacts",  # noqa: S108
        run_name=name,
    )
    return Run(info, _data(metrics, params, tags, end), RunInputs(dataset_inputs=[]))


def _data(
    metrics: Mapping[str, float], params: Mapping[str, str], tags: Mapping[str, str], end: int
) -> RunData:
    return RunData(
        metrics=[Metric(key, value, end, LAST_STEP) for key, value in metrics.items()],
        params=[Param(key, value) for key, value in params.items()],
        tags=[RunTag(key, value) for key, value in tags.items()],
    )


def points_of(run: Run) -> list[Metric]:
    """The latest points of a run: step and time are those of its end."""
    end = run.info.end_time
    return [Metric(key, value, end, LAST_STEP) for key, value in run.data.metrics.items()]


def points(count: int, key: str = KEY, start: int = 0, model_id: str | None = None) -> list[Metric]:
    """Points of one metric, a step and a second apart; perhaps measured of a logged model."""
    return [
        Metric(key, 1.0 / (step + 1), EPOCH + step * 1000, step, model_id=model_id)
        for step in range(start, start + count)
    ]


def batches(count: int, size: int = 1_000, model_id: str | None = None) -> Iterator[list[Metric]]:
    """The points of one metric, in MLflow's largest batches unless smaller ones are asked for."""
    for start in range(0, count, size):
        yield points(min(size, count - start), start=start, model_id=model_id)


def many_metrics(count: int, step: int) -> list[Metric]:
    """One point of each of many metrics."""
    return [Metric(metric_key(n), n / (step + 1), EPOCH + step, step) for n in range(count)]


def metric_key(number: int) -> str:
    """One of the keys of ``many_metrics``."""
    return f"metric-{number}"


def many_params(count: int) -> list[Param]:
    """Many parameters."""
    return [Param(f"param-{number}", f"value-{number}") for number in range(count)]
