"""Deleting archived traces: the archive goes first, and a trace stays whose archive does not."""

from collections.abc import Callable

import pytest
from mlflow.store.tracking.abstract_store import AbstractStore

from ..scenarios import START_TIME
from .archival_scenarios import Archival
from .trace_scenarios import ARCHIVE_LOCATION, is_there, names_of, span

pytestmark = pytest.mark.area("traces")


def _archived(archival: Archival, count: int, **fields: int) -> tuple[str, list[str]]:
    """An experiment, and the ids of archived traces in it."""
    home = archival.eager()
    traces = [archival.trace(home, **fields) for _ in range(count)]
    assert archival.run() == count
    return home, traces


class TestDeletion:
    def test_removes_trace_and_file(self, archival: Archival, store: AbstractStore) -> None:
        home, (trace_id,) = _archived(archival, 1)
        file = archival.file(trace_id)
        assert store.delete_traces(home, trace_ids=[trace_id]) == 1
        assert not is_there(store, trace_id)
        assert not file.exists()

    def test_by_age_removes_files_too(self, archival: Archival, store: AbstractStore) -> None:
        home, traces = _archived(archival, 3)
        assert store.delete_traces(home, max_timestamp_millis=START_TIME) == 3
        assert not any(is_there(store, trace_id) for trace_id in traces)
        assert archival.files() == []

    def test_by_age_is_bounded_over_both_kinds(
        self, archival: Archival, store: AbstractStore
    ) -> None:
        home = archival.eager()
        traces = [archival.trace(home, request_time=START_TIME + at) for at in range(4)]
        assert archival.run(max_traces_per_pass=2) == 2
        deleted = store.delete_traces(home, max_timestamp_millis=START_TIME + 9, max_traces=3)
        assert deleted == 3
        assert [is_there(store, trace_id) for trace_id in traces] == [False, False, False, True]

    def test_counts_both_kinds(self, archival: Archival, store: AbstractStore) -> None:
        home, traces = _archived(archival, 2)
        traces.append(archival.trace(home))
        assert store.delete_traces(home, trace_ids=traces) == 3

    def test_leaves_files_of_other_traces(self, archival: Archival, store: AbstractStore) -> None:
        home, (gone, kept) = _archived(archival, 2)
        assert store.delete_traces(home, trace_ids=[gone]) == 1
        assert archival.files() == [archival.file(kept)]

    def test_leaves_traces_of_other_experiments(
        self, archival: Archival, store: AbstractStore
    ) -> None:
        _, (trace_id,) = _archived(archival, 1)
        assert store.delete_traces(archival.eager(), trace_ids=[trace_id]) == 0
        assert archival.file(trace_id).exists()

    def test_frees_the_id(self, archival: Archival, store: AbstractStore) -> None:
        home, (trace_id,) = _archived(archival, 1)
        store.delete_traces(home, trace_ids=[trace_id])
        store.log_spans(home, [span(trace_id, 2, name="new")])
        assert names_of(store, trace_id) == ["new"]

    def test_takes_many(self, archival: Archival, store: AbstractStore) -> None:
        home, traces = _archived(archival, 40)
        assert store.delete_traces(home, trace_ids=traces) == 40
        assert archival.files() == []


class TestMissing:
    def test_file_counts_as_deleted(self, archival: Archival, store: AbstractStore) -> None:
        home, (trace_id,) = _archived(archival, 1)
        archival.file(trace_id).unlink()
        assert store.delete_traces(home, trace_ids=[trace_id]) == 1
        assert not is_there(store, trace_id)

    def test_place_counts_as_deleted(self, archival: Archival, store: AbstractStore) -> None:
        home, (trace_id,) = _archived(archival, 1)
        store.delete_trace_tag(trace_id, ARCHIVE_LOCATION)
        assert store.delete_traces(home, trace_ids=[trace_id]) == 1
        assert not is_there(store, trace_id)

    @pytest.mark.parametrize(
        "error",
        [
            FileNotFoundError("gone"),
            OSError("No such file or directory: 'x'"),
            RuntimeError("No such artifact: x"),
        ],
    )
    def test_is_what_the_place_says_in_its_own_way(
        self,
        archival: Archival,
        store: AbstractStore,
        meanwhile: dict[str, Callable[[], object]],
        error: Exception,
    ) -> None:
        home, (trace_id,) = _archived(archival, 1)
        meanwhile["delete"] = _raising(error)
        assert store.delete_traces(home, trace_ids=[trace_id]) == 1
        assert not is_there(store, trace_id)


class TestFailing:
    def test_leaves_the_trace(
        self,
        archival: Archival,
        store: AbstractStore,
        meanwhile: dict[str, Callable[[], object]],
    ) -> None:
        home, (trace_id,) = _archived(archival, 1)
        meanwhile["delete"] = _raising(PermissionError("not yours"))
        assert store.delete_traces(home, trace_ids=[trace_id]) == 0
        assert len(archival.read(trace_id).data.spans) == 1
        del meanwhile["delete"]
        assert store.delete_traces(home, trace_ids=[trace_id]) == 1

    def test_leaves_a_trace_of_a_place_that_nobody_knows(
        self, archival: Archival, store: AbstractStore
    ) -> None:
        home, (trace_id,) = _archived(archival, 1)
        store.set_trace_tag(trace_id, ARCHIVE_LOCATION, "nowhere://bucket")
        assert store.delete_traces(home, trace_ids=[trace_id]) == 0
        assert is_there(store, trace_id)

    def test_of_one_stops_no_other(self, archival: Archival, store: AbstractStore) -> None:
        home, traces = _archived(archival, 3)
        here = archival.trace(home)
        store.set_trace_tag(traces[1], ARCHIVE_LOCATION, "nowhere://bucket")
        assert store.delete_traces(home, trace_ids=[*traces, here]) == 3
        assert [is_there(store, key) for key in traces] == [False, True, False]


def _raising(error: Exception) -> Callable[[], object]:
    def happens() -> None:
        raise error

    return happens
