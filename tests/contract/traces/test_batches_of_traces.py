"""Reading many traces in one call."""

import json
from collections.abc import Callable

import pytest
from mlflow.store.tracking.abstract_store import AbstractStore

from ..scenarios import UNKNOWN_EXPERIMENT, new_experiment, refused
from .trace_scenarios import (
    SIZE_STATS,
    SPANS_LOCATION,
    feedback,
    ids_of,
    logged,
    new_trace_id,
    new_traced,
    span,
    started,
)

pytestmark = pytest.mark.area("traces")

Reading = Callable[..., list[str]]


def _whole(store: AbstractStore, trace_ids: list[str], **options: object) -> list[str]:
    return ids_of(trace.info for trace in store.batch_get_traces(trace_ids, **options))


def _infos(store: AbstractStore, trace_ids: list[str], **options: object) -> list[str]:
    return ids_of(store.batch_get_trace_infos(trace_ids, **options))


either = pytest.mark.parametrize("read", [_whole, _infos], ids=["whole", "infos"])


@either
class TestIds:
    def test_none_are_none(self, store: AbstractStore, read: Reading) -> None:
        assert read(store, []) == []

    @pytest.mark.parametrize(
        ("asked", "expected"),
        [
            ([0, 1, 2], [0, 1, 2]),
            ([2, 0, 1], [2, 0, 1]),
            ([1], [1]),
            ([0, 1, 0], [1, 0]),
            ([0, 0, 0], [0]),
            ([2, 1, 2, 0, 1], [2, 0, 1]),
        ],
    )
    def test_come_in_the_order_of_their_last_mentions(
        self, store: AbstractStore, read: Reading, asked: list[int], expected: list[int]
    ) -> None:
        experiment_id = new_experiment(store)
        traces = [new_traced(store, experiment_id).trace_id for _ in range(3)]
        found = read(store, [traces[place] for place in asked])
        assert found == [traces[place] for place in expected]

    def test_unknown_ones_are_left_out(self, store: AbstractStore, read: Reading) -> None:
        trace_id = new_traced(store).trace_id
        assert read(store, [new_trace_id(), trace_id, "x", ""]) == [trace_id]

    def test_may_be_of_several_experiments(self, store: AbstractStore, read: Reading) -> None:
        traces = [new_traced(store).trace_id for _ in range(2)]
        assert read(store, traces) == traces

    def test_may_be_many(self, store: AbstractStore, read: Reading) -> None:
        spans = [span(new_trace_id()) for _ in range(600)]
        store.log_spans(new_experiment(store), spans)
        ids = [one.trace_id for one in spans][::-1]
        assert read(store, ids) == ids

    def test_those_of_a_deleted_experiment_are_there(
        self, store: AbstractStore, read: Reading
    ) -> None:
        trace = new_traced(store)
        store.delete_experiment(trace.experiment_id)
        assert read(store, [trace.trace_id]) == [trace.trace_id]


@either
class TestExperiments:
    def test_restrict_what_is_found(self, store: AbstractStore, read: Reading) -> None:
        first, second = new_traced(store), new_traced(store)
        ids = [first.trace_id, second.trace_id]
        assert read(store, ids, experiment_ids=[second.experiment_id]) == ids[1:]
        both = [second.experiment_id, first.experiment_id]
        assert read(store, ids, experiment_ids=both) == ids

    def test_of_none_nothing_is_found(self, store: AbstractStore, read: Reading) -> None:
        assert read(store, [new_traced(store).trace_id], experiment_ids=[]) == []

    def test_unknown_ones_have_none(self, store: AbstractStore, read: Reading) -> None:
        trace_id = new_traced(store).trace_id
        assert read(store, [trace_id], experiment_ids=[UNKNOWN_EXPERIMENT]) == []

    def test_may_have_zeros_before_them(self, store: AbstractStore, read: Reading) -> None:
        trace = new_traced(store)
        found = read(store, [trace.trace_id], experiment_ids=[f"00{trace.experiment_id}"])
        assert found == [trace.trace_id]

    def test_experiment_id_that_is_no_number_is_refused(
        self, store: AbstractStore, read: Reading
    ) -> None:
        trace_id = new_traced(store).trace_id
        with refused("INVALID_PARAMETER_VALUE", "Invalid experiment ID 'x'."):
            read(store, [trace_id], experiment_ids=["x"])

    def test_location_does_not_matter(self, store: AbstractStore, read: Reading) -> None:
        trace_id = new_traced(store).trace_id
        assert read(store, [trace_id], location="elsewhere") == [trace_id]


class TestWhole:
    def test_are_infos_and_spans(self, store: AbstractStore) -> None:
        experiment_id, trace_id = new_experiment(store), new_trace_id()
        spans = [span(trace_id, 2, 1, name="b"), span(trace_id, 1, name="a")]
        info = logged(store, experiment_id, *spans)
        (found,) = store.batch_get_traces([trace_id])
        assert found.info.to_dict() == info.to_dict()
        assert [one.name for one in found.data.spans] == ["a", "b"]

    def test_have_each_its_own_spans(self, store: AbstractStore) -> None:
        first, second = new_trace_id(), new_trace_id()
        spans = [span(first, 1, name="a"), span(second, 1, name="b"), span(first, 2, 1, name="c")]
        store.log_spans(new_experiment(store), spans)
        found = store.batch_get_traces([second, first])
        assert [[one.name for one in trace.data.spans] for trace in found] == [["b"], ["a", "c"]]

    def test_one_without_spans_is_left_out(self, store: AbstractStore) -> None:
        empty = started(store, tags={SPANS_LOCATION: "TRACKING_STORE"})
        full = new_traced(store)
        assert _whole(store, [empty.trace_id, full.trace_id]) == [full.trace_id]

    def test_one_without_all_of_its_spans_is_left_out(self, store: AbstractStore) -> None:
        trace = started(store, trace_metadata={SIZE_STATS: json.dumps({"num_spans": 2})})
        logged(store, trace.experiment_id, span(trace.trace_id, 1))
        assert _whole(store, [trace.trace_id]) == []
        logged(store, trace.experiment_id, span(trace.trace_id, 2, 1))
        assert _whole(store, [trace.trace_id]) == [trace.trace_id]

    @pytest.mark.parametrize("tags", [{}, {SPANS_LOCATION: "ARTIFACT_REPO"}])
    def test_one_with_spans_elsewhere_fails_them_all(
        self, store: AbstractStore, tags: dict[str, str]
    ) -> None:
        elsewhere, here = started(store, tags=tags), new_traced(store)
        with refused("INTERNAL_ERROR", "Trace data not stored in tracking store"):
            store.batch_get_traces([here.trace_id, elsewhere.trace_id])


class TestInfos:
    def test_are_those_that_are_read_one_by_one(self, store: AbstractStore) -> None:
        traces = [started(store, tags={"k": "v"}, assessments=[feedback()]), new_traced(store)]
        found = store.batch_get_trace_infos(ids_of(traces))
        assert [info.to_dict() for info in found] == [trace.to_dict() for trace in traces]

    @pytest.mark.parametrize(
        "tags",
        [
            {},
            {SPANS_LOCATION: "ARTIFACT_REPO"},
            {SPANS_LOCATION: "ARCHIVE_REPO"},
            {SPANS_LOCATION: "TRACKING_STORE"},
        ],
    )
    def test_are_there_wherever_the_spans_are(
        self, store: AbstractStore, tags: dict[str, str]
    ) -> None:
        trace_id = started(store, tags=tags).trace_id
        assert _infos(store, [trace_id]) == [trace_id]
