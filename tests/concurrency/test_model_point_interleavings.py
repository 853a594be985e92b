"""Points of a logged model are neither lost nor doubled, in whatever order they are written."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from mlflow.entities import LoggedModel, LoggedModelStatus, Metric

from mlflow_docstore.adapters.document.backend import DocumentBackend
from mlflow_docstore.adapters.document.codecs.logged_models import encode_point, telling_points
from mlflow_docstore.adapters.document.driver import Driver, Patch
from mlflow_docstore.adapters.document.histories.model_points import ModelPoints
from mlflow_docstore.adapters.document.layout import LOGGED_MODELS, MODEL_METRICS
from mlflow_docstore.adapters.memory.database import Database
from mlflow_docstore.adapters.memory.driver import MemoryDriver
from mlflow_docstore.core.errors import AlreadyExists

from .interleavings import Actor, Crashed, SteppedDriver, every_order, interleave

pytestmark = pytest.mark.usefixtures("eager")

MODEL, RUN, OTHER = "m", "r", "other"

Place = tuple[str, str | None, int]
Work = Callable[[Driver], Any]


def measured(value: float, at: int, key: str = "acc") -> Metric:
    return Metric(key, value, at, at, model_id=MODEL)


def add(*metrics: Metric, run_id: str = RUN) -> Work:
    """Whether it was taken, not refused."""

    def work(driver: Driver) -> bool:
        try:
            DocumentBackend(driver).logged_models.add_metrics(run_id, metrics)
        except AlreadyExists:
            return False
        return True

    return work


def merge(driver: Driver) -> int:
    return DocumentBackend(driver).logged_models.compact()


def drop(driver: Driver) -> None:
    ModelPoints(driver).drop(MODEL, RUN)


def world(*works: Work) -> Database:
    database = Database()
    driver = MemoryDriver(database)
    status = LoggedModelStatus.PENDING
    DocumentBackend(driver).logged_models.create(
        LoggedModel("1", MODEL, MODEL, "loc", 1, 1, status=status)
    )
    for work in works:
        work(driver)
    return database


def old_world() -> Database:
    """A model that holds its points itself."""
    database = world()
    points = [encode_point(RUN, measured(at / 2, at)) for at in range(2)]
    patch = Patch(set={"metrics": points}, unset=["apart"])
    assert MemoryDriver(database).patch(LOGGED_MODELS, MODEL, patch).matched
    return database


def stored(database: Database) -> dict[Place, float]:
    """All points by their places, once the model keeps just those of them that it should."""
    driver = MemoryDriver(database)
    metrics = DocumentBackend(driver).logged_models.get(MODEL).metrics or []
    found = {(metric.key, metric.run_id, metric.step): metric.value for metric in metrics}
    assert len(found) == len(metrics)
    head = driver.get(LOGGED_MODELS, MODEL)
    assert head is not None
    told = telling_points(encode_point(str(metric.run_id), metric) for metric in metrics)
    assert sorted(point["id"] for point in head["metrics"]) == sorted(one["id"] for one in told)
    return found


def job(work: Work, database: Database, actor: Actor) -> Callable[[], Any]:
    driver = SteppedDriver(database, {LOGGED_MODELS, MODEL_METRICS}, actor.step, torn=False)
    return lambda: work(driver)


def explore(
    pool: ThreadPoolExecutor,
    make: Callable[[], Database],
    works: Sequence[Work],
    check: Callable[[list[Any], dict[Place, float]], None],
    *,
    preemptions: int = 3,
) -> int:
    """Check, after every order, what each work returned, and the points in the end."""

    def checked(database: Database, results: list[Any]) -> None:
        check(results, stored(database))

    jobs = [partial(job, work) for work in works]
    return every_order(pool, make, jobs, checked, preemptions=preemptions)


def places(*values: float, key: str = "acc", run_id: str = RUN) -> dict[Place, float]:
    return {(key, run_id, step): value for step, value in enumerate(values)}


def test_of_two_values_at_one_place_one_is_taken(pool: ThreadPoolExecutor) -> None:
    def check(results: list[Any], end: dict[Place, float]) -> None:
        assert sum(results) == 1
        assert end == places(1.0 if results[0] else 2.0)

    assert explore(pool, world, [add(measured(1.0, 0)), add(measured(2.0, 0))], check) > 10


def test_of_two_batches_that_disagree_in_a_place_one_is_taken_at_most(
    pool: ThreadPoolExecutor,
) -> None:
    batches = [[measured(1.0, 0), measured(5.0, 1)], [measured(6.0, 1), measured(2.0, 2)]]

    def check(results: list[Any], end: dict[Place, float]) -> None:
        assert sum(results) <= 1
        expected = [batch for batch, taken in zip(batches, results, strict=True) if taken]
        assert end == {("acc", RUN, one.step): one.value for batch in expected for one in batch}

    works = [add(*batch) for batch in batches]
    assert explore(pool, world, works, check) > 50


def test_of_a_point_and_a_batch_that_disagree_one_is_taken_at_most(
    pool: ThreadPoolExecutor,
) -> None:
    batch = [measured(1.0, 0), measured(5.0, 1)]

    def check(results: list[Any], end: dict[Place, float]) -> None:
        assert sum(results) <= 1
        taken = batch if results[0] else [measured(6.0, 1)] if results[1] else []
        assert end == {("acc", RUN, one.step): one.value for one in taken}

    assert explore(pool, world, [add(*batch), add(measured(6.0, 1))], check) > 50


def test_who_logs_the_same_is_never_refused(pool: ThreadPoolExecutor) -> None:
    def check(results: list[Any], end: dict[Place, float]) -> None:
        assert results == [True] * 3
        assert end == places(1.0, 2.0)

    batch = [measured(1.0, 0), measured(2.0, 1)]
    works = [add(*batch), add(batch[0]), add(*batch)]
    assert explore(pool, world, works, check, preemptions=1) > 20


def test_who_logs_elsewhere_loses_nothing(pool: ThreadPoolExecutor) -> None:
    def check(results: list[Any], end: dict[Place, float]) -> None:
        assert results == [True] * 3
        assert end == {**places(3.0, 1.0, 2.0), **places(4.0, run_id=OTHER)}

    works = [
        add(measured(1.0, 1)),
        add(measured(3.0, 0), measured(2.0, 2)),
        add(measured(4.0, 0), run_id=OTHER),
    ]
    assert explore(pool, world, works, check, preemptions=1) > 20


@pytest.mark.parametrize("value", [0.5, 9.0])
def test_a_point_that_is_being_merged_is_known(pool: ThreadPoolExecutor, value: float) -> None:
    def check(results: list[Any], end: dict[Place, float]) -> None:
        assert results[1] is (value == 0.5)
        assert end == places(0.0, 0.5, 1.0)

    make = partial(world, *(add(measured(at / 2, at)) for at in range(3)))
    assert explore(pool, make, [merge, add(measured(value, 1))], check) > 50


def test_a_run_that_goes_takes_its_points_alone(pool: ThreadPoolExecutor) -> None:
    def check(results: list[Any], end: dict[Place, float]) -> None:
        assert results == [None, True]
        assert end == places(5.0, 7.0, run_id=OTHER)

    make = partial(
        world, add(measured(9.0, 9), measured(1.0, 1)), add(measured(5.0, 0), run_id=OTHER)
    )
    assert explore(pool, make, [drop, add(measured(7.0, 1), run_id=OTHER)], check) > 50


def test_two_writers_move_the_points_of_an_older_release(pool: ThreadPoolExecutor) -> None:
    def check(results: list[Any], end: dict[Place, float]) -> None:
        assert results == [True, False]
        assert end == places(0.0, 0.5, 2.0)

    works = [add(measured(2.0, 2)), add(measured(9.0, 1))]
    assert explore(pool, old_world, works, check, preemptions=2) > 20


BATCH = add(measured(2.0, 2), measured(3.0, 3), measured(4.0, 3, "f1"))


@pytest.mark.parametrize("step", range(9))
@pytest.mark.parametrize("make", [old_world, lambda: world(add(measured(0.0, 0)), BATCH)])
def test_what_died_is_completed_by_the_next(
    pool: ThreadPoolExecutor, make: Callable[[], Database], step: int
) -> None:
    works = [BATCH, merge, drop]
    for work in works:
        database = make()
        actor = Actor(crash_at=step)
        interleave(pool, [(actor, job(work, database, actor))], ())
        driver = MemoryDriver(database)
        assert work(driver) is not False
        points = stored(database)
        if work is BATCH:
            assert {value for (key, *_), value in points.items() if key == "f1"} == {4.0}
            assert {2.0, 3.0} <= set(points.values())
        assert bool(points) is (work is not drop)
        assert isinstance(actor.result, Crashed | bool | int | None)
