"""What calls leave is gathered while the run goes on, so that a reader never finds a long tail."""

from collections.abc import Callable

import pytest
from mlflow.entities import Metric, Run, RunData, RunInfo

from mlflow_docstore.adapters.document.backend import DocumentBackend
from mlflow_docstore.adapters.document.driver import Find, Row
from mlflow_docstore.adapters.document.histories import encoding, merging, tails
from mlflow_docstore.adapters.document.histories.chunks import Chunks
from mlflow_docstore.adapters.document.histories.tails import Tails
from mlflow_docstore.adapters.document.layout import METRICS
from mlflow_docstore.adapters.memory.database import Database
from mlflow_docstore.adapters.memory.driver import MemoryDriver
from mlflow_docstore.core.errors import Unavailable
from mlflow_docstore.core.paging import PageRequest
from mlflow_docstore.core.runs import FINAL_STATUSES
from mlflow_docstore.ports.backend import Backend
from mlflow_docstore.ports.runs import RunBatch

from .shelf import KEY, RUN, append, append_each, append_several, pages, points, stored

KEYS = ("a", "b", "c")
LONG = 8


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tails, "LONG", LONG)


def opened(driver: MemoryDriver) -> Backend:
    """A backend with a run, unless it is there."""
    made = DocumentBackend(driver)
    info = RunInfo(RUN, "1", "u", "RUNNING", 1, None, "active", artifact_uri="loc", run_name="n")
    made.runs.create(Run(info, RunData()))
    return made


@pytest.fixture
def backend(database: Database) -> Backend:
    return opened(MemoryDriver(database))


def log(backend: Backend, step: int, keys: tuple[str, ...] = KEYS) -> None:
    backend.runs.log(RUN, RunBatch([Metric(key, step / 2, step, step) for key in keys], {}, {}))


def levels(database: Database) -> list[tuple[str, int, int]]:
    """Of each chunk its key, level and count."""
    return sorted((one["key"], one["level"], one["count"]) for one in stored(database))


class TestLogging:
    def test_batches_become_one_of_all_their_metrics(
        self, backend: Backend, database: Database, chunks: Chunks
    ) -> None:
        for step in range(LONG - 1):
            log(backend, step)
        assert len(stored(database)) == LONG - 1
        log(backend, LONG - 1)
        assert levels(database) == [("", 1, LONG * len(KEYS))]
        for key in KEYS:
            assert chunks.history(RUN, key) == points(*range(LONG))

    def test_points_of_one_metric_become_a_chunk_of_it(
        self, backend: Backend, database: Database
    ) -> None:
        for step in range(LONG):
            log(backend, step, ("a",))
            if step:
                log(backend, step, ("b",))
        assert levels(database) == [("a", 1, LONG), *[("b", 0, 1)] * (LONG - 1)]

    def test_what_is_gathered_is_not_gathered_again_before_the_run_ends(
        self, backend: Backend, database: Database, chunks: Chunks
    ) -> None:
        for step in range(2 * LONG + 1):
            log(backend, step)
        many = LONG * len(KEYS)
        assert levels(database) == [("", 0, len(KEYS)), ("", 1, many), ("", 1, many)]
        assert pages(chunks, 5, "b") == points(*range(2 * LONG + 1))

    def test_runs_are_counted_apart(self) -> None:
        counted = Tails()
        assert not any(counted.grow(f"r{number % 2}", "") for number in range(2 * LONG - 2))
        assert counted.grow("r0", "")

    def test_those_of_whom_nothing_was_heard_longest_are_forgotten(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tails, "_REMEMBERED", 2)
        counted = Tails()
        for run in ["old"] * (LONG - 1) + ["r", "old", "r", "new"]:
            grown = counted.grow(run, "")
        assert not grown
        assert [counted.grow("r", "") for _ in range(LONG - 2)] == [False] * (LONG - 3) + [True]

    def test_each_process_gathers_what_all_have_left(
        self, backend: Backend, database: Database
    ) -> None:
        other = opened(MemoryDriver(database))
        for step in range(LONG - 1):
            log(other, 2 * step)
            log(backend, 2 * step + 1)
        log(backend, 100)
        assert [one["count"] for one in stored(database)] == [(2 * LONG - 1) * len(KEYS)]

    def test_points_are_logged_whether_or_not_they_can_be_gathered(
        self, database: Database, caplog: pytest.LogCaptureFixture
    ) -> None:
        class Failing(MemoryDriver):
            def find(self, collection: str, query: Find) -> list[Row]:
                if collection == METRICS:
                    raise Unavailable("database", applied=False, reason="it is gone")
                return super().find(collection, query)

        backend = opened(Failing(database))
        for step in range(LONG):
            log(backend, step)
        assert "not merged" in caplog.text
        assert Chunks(MemoryDriver(database)).history(RUN, "a") == points(*range(LONG))


class TestGathering:
    @pytest.fixture
    def gather(self, chunks: Chunks) -> Callable[[str], int]:
        return lambda key: merging.gather(chunks._chunks, RUN, key)

    def test_more_than_usual_is_left_for_the_next_time(
        self,
        chunks: Chunks,
        database: Database,
        gather: Callable[[str], int],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(merging, "_GATHERED", 10)
        append_each(chunks, points(*range(25)))
        assert [gather(KEY) for _ in range(4)] == [10, 10, 5, 0]
        assert [one["first"] for one in stored(database)] == [0, 10, 20]
        assert chunks.history(RUN, KEY) == points(*range(25))

    def test_a_lone_chunk_and_full_ones_and_those_of_others_stay(
        self,
        chunks: Chunks,
        database: Database,
        gather: Callable[[str], int],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(encoding, "CHUNK_POINTS", 10)
        append(chunks, points(1))
        append(chunks, points(*range(5)))
        append(chunks, points(1), run_id="other")
        append(chunks, points(1), key="other")
        append_several(chunks, {"a": points(1), "b": points(1)})
        before = stored(database)
        assert gather(KEY) == 0
        assert stored(database) == before

    def test_points_that_were_logged_twice_and_out_of_order_are_there_once(
        self, chunks: Chunks, database: Database, gather: Callable[[str], int]
    ) -> None:
        for batch in ({"a": points(3, 1), "b": points(2)}, {"a": points(2, 1), "c": points(0)}):
            append_several(chunks, batch)
        assert gather("") == 2
        assert levels(database) == [("", 1, 5)]
        assert [chunks.history(RUN, key) for key in KEYS] == [points(1, 2, 3), points(2), points(0)]

    def test_what_is_too_large_for_one_chunk_is_several(
        self,
        chunks: Chunks,
        database: Database,
        gather: Callable[[str], int],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        for step in range(10):
            append_several(chunks, dict.fromkeys(KEYS, points(step)))
        monkeypatch.setattr(encoding, "CHUNK_POINTS", 25)
        assert gather("") == 10
        assert levels(database) == [("", 1, 20), ("c", 1, 10)]
        for key in KEYS:
            assert chunks.history(RUN, key) == points(*range(10))


@pytest.mark.parametrize("times", [2, 20])
def test_the_end_of_the_run_sorts_by_metric_what_was_gathered(
    backend: Backend,
    database: Database,
    chunks: Chunks,
    monkeypatch: pytest.MonkeyPatch,
    times: int,
) -> None:
    """Although chunks are full, or few: a reader of one metric would read the others as well."""
    many = tuple(f"k{number:02}" for number in range(12))
    monkeypatch.setattr(encoding, "CHUNK_POINTS", LONG * len(many))
    for step in range(times * LONG):
        log(backend, step, many)
    assert len(stored(database)) < 50
    backend.runs.update_info(RUN, status=next(iter(FINAL_STATUSES)), end_time=1)
    assert {one["key"] for one in stored(database)} == set(many)
    for key in many:
        assert chunks.history(RUN, key) == points(*range(times * LONG))
    assert len(backend.metrics.history(RUN, "k03", PageRequest(None)).items) == times * LONG
