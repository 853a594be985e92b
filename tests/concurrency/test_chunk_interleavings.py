"""No reader misses a point, in whatever order chunks are merged, appended and read."""

import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from mlflow_docstore.adapters.document.codecs.metrics import SEVERAL
from mlflow_docstore.adapters.document.histories import merging
from mlflow_docstore.adapters.document.histories.chunks import Chunks
from mlflow_docstore.adapters.document.histories.encoding import encode_chunks
from mlflow_docstore.adapters.document.layout import METRICS
from mlflow_docstore.adapters.memory.database import Database
from mlflow_docstore.adapters.memory.driver import MemoryDriver
from mlflow_docstore.core.metrics import Point

from .interleavings import Actor, Crashed, SteppedDriver, every_order, interleave

pytestmark = pytest.mark.usefixtures("eager")

RUN, KEY = "r", "loss"
OTHERS: tuple[str, ...] = ()
POINTS: list[Point] = [(number, number, 0.5, False) for number in range(4)]

Work = Callable[[Chunks], Any]


def merge(chunks: Chunks) -> int:
    return chunks.merge(RUN)


def gather(chunks: Chunks) -> int:
    """Of what is logged alone, and of batches of several metrics."""
    return sum(merging.gather(chunks._chunks, RUN, key) for key in (KEY, SEVERAL))


def history(chunks: Chunks) -> list[Point]:
    return chunks.history(RUN, KEY)


def pages(chunks: Chunks) -> list[Point]:
    """The history in pages of two, which overlap no more than they must."""
    read: list[Point] = []
    while page := chunks.after(RUN, KEY, read[-1] if read else None, 2):
        read += page
    return read


def append(*points: Point) -> Work:
    """Points of the one metric, and of as many others as the world has."""
    return lambda chunks: chunks.append(
        encode_chunks(RUN, {KEY: points, **dict.fromkeys(OTHERS, points)})
    )


@pytest.fixture(params=[(), ("accuracy",)], ids=["alone", "several"], autouse=True)
def others(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Points are logged one metric a batch, or several."""
    monkeypatch.setattr(sys.modules[__name__], "OTHERS", request.param)


def world(points: Sequence[Point]) -> Database:
    """Each point in a chunk of its own."""
    database = Database()
    chunks = Chunks(MemoryDriver(database))
    for point in points:
        append(point)(chunks)
    return database


def explore(
    pool: ThreadPoolExecutor,
    make: Callable[[], Database],
    works: Sequence[Work],
    check: Callable[[list[Any], list[Point]], None],
    *,
    preemptions: int = 3,
) -> int:
    """Check, after every order, what each work returned, and the history in the end."""

    def checked(database: Database, results: list[Any]) -> None:
        check(results, history(Chunks(MemoryDriver(database))))

    jobs = [partial(job, work) for work in works]
    return every_order(pool, make, jobs, checked, preemptions=preemptions)


def job(work: Work, database: Database, actor: Actor) -> Callable[[], Any]:
    driver = SteppedDriver(database, {METRICS}, actor.step, torn=work not in (merge, gather))
    chunks = Chunks(driver)
    return lambda: work(chunks)


@pytest.mark.parametrize("work", [merge, gather])
@pytest.mark.parametrize("read", [history, pages])
def test_a_reader_sees_every_point_during_a_merge(
    pool: ThreadPoolExecutor, read: Work, work: Work
) -> None:
    def check(results: list[Any], end: list[Point]) -> None:
        assert results[0] == POINTS[:3]
        assert end == POINTS[:3]

    assert explore(pool, lambda: world(POINTS[:3]), [read, work], check) > 50


@pytest.mark.parametrize("other", [merge, gather])
def test_a_reader_sees_every_point_during_two_merges(pool: ThreadPoolExecutor, other: Work) -> None:
    def check(results: list[Any], end: list[Point]) -> None:
        assert results[0] == POINTS[:3]
        assert end == POINTS[:3]

    works = [history, merge, other]
    assert explore(pool, lambda: world(POINTS[:3]), works, check, preemptions=2) > 100


def test_a_merge_loses_nothing_that_is_logged_meanwhile(pool: ThreadPoolExecutor) -> None:
    def check(results: list[Any], end: list[Point]) -> None:
        assert set(results[2]) >= set(POINTS[:3])
        assert end == POINTS

    works = [merge, append(POINTS[3]), history]
    assert explore(pool, lambda: world(POINTS[:3]), works, check, preemptions=2) > 100


@pytest.mark.parametrize("other", [merge, gather])
def test_a_merge_loses_nothing_that_is_logged_again_meanwhile(
    pool: ThreadPoolExecutor, other: Work
) -> None:
    def check(results: list[Any], end: list[Point]) -> None:
        del results
        assert end == POINTS[:3]

    works = [merge, append(POINTS[1]), other]
    assert explore(pool, lambda: world(POINTS[:3]), works, check, preemptions=2) > 100


@pytest.mark.parametrize(
    ("work", "step"),
    [*((merge, step) for step in range(8)), *((gather, step) for step in range(4))],
)
def test_a_merge_that_died_loses_nothing_and_is_done_by_the_next(
    pool: ThreadPoolExecutor, work: Work, step: int
) -> None:
    def make() -> Database:
        database = world(POINTS)
        actor = Actor(crash_at=step)
        interleave(pool, [(actor, job(work, database, actor))], ())
        assert isinstance(actor.result, Crashed | int)
        assert history(Chunks(MemoryDriver(database))) == POINTS
        return database

    def check(results: list[Any], end: list[Point]) -> None:
        assert results[0] == POINTS
        assert end == POINTS

    assert explore(pool, make, [history, merge], check, preemptions=2) > 1
