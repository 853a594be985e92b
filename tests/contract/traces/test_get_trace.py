"""Reading one trace, with its spans and without."""

import json

import pytest
from mlflow.entities.trace_state import TraceState
from mlflow.store.tracking.abstract_store import AbstractStore

from ..scenarios import new_experiment, refused
from .trace_scenarios import (
    ARTIFACT_LOCATION,
    SIZE_STATS,
    SPANS_LOCATION,
    TRACE_NAME,
    feedback,
    logged,
    names_of,
    new_trace_id,
    new_traced,
    span,
    started,
)

pytestmark = pytest.mark.area("traces")

IN_STORE = "TRACKING_STORE"
ELSEWHERE = ["ARTIFACT_REPO", "ELSEWHERE", ""]


def _expecting(number: int) -> dict[str, str]:
    """Metadata of a client that says how many spans it sends."""
    return {SIZE_STATS: json.dumps({"num_spans": number})}


class TestInfo:
    def test_of_an_unknown_trace_is_refused(self, store: AbstractStore) -> None:
        trace_id = new_trace_id()
        with refused("RESOURCE_DOES_NOT_EXIST", f"Trace with ID '{trace_id}' not found."):
            store.get_trace_info(trace_id)

    @pytest.mark.parametrize("trace_id", ["", "x", "a/b", "%", " ", "tr-ü"])
    def test_any_text_may_be_asked_for(self, store: AbstractStore, trace_id: str) -> None:
        with refused("RESOURCE_DOES_NOT_EXIST", f"Trace with ID '{trace_id}' not found."):
            store.get_trace_info(trace_id)

    def test_has_everything_but_the_spans(self, store: AbstractStore) -> None:
        trace = started(store, tags={TRACE_NAME: "n"}, assessments=[feedback("quality")])
        logged(store, trace.experiment_id, span(trace.trace_id))
        found = store.get_trace_info(trace.trace_id)
        assert found.tags[TRACE_NAME] == "n"
        assert found.tags[SPANS_LOCATION] == IN_STORE
        assert [one.name for one in found.assessments] == ["quality"]
        assert found.state == TraceState.OK

    def test_is_there_in_a_deleted_experiment(self, store: AbstractStore) -> None:
        trace = started(store)
        store.delete_experiment(trace.experiment_id)
        assert store.get_trace_info(trace.trace_id).to_dict() == trace.to_dict()


class TestWhole:
    def test_is_the_info_and_the_spans(self, store: AbstractStore) -> None:
        trace_id = new_trace_id()
        info = logged(store, new_experiment(store), span(trace_id, name="a"))
        found = store.get_trace(trace_id)
        assert found.info.to_dict() == info.to_dict()
        assert [one.name for one in found.data.spans] == ["a"]

    def test_of_an_unknown_trace_is_refused(self, store: AbstractStore) -> None:
        trace_id = new_trace_id()
        for allowed in (False, True):
            with refused("RESOURCE_DOES_NOT_EXIST", f"Trace with ID {trace_id} is not found."):
                store.get_trace(trace_id, allow_partial=allowed)

    @pytest.mark.parametrize("allowed", [False, True])
    @pytest.mark.parametrize("location", ELSEWHERE)
    def test_with_spans_elsewhere_is_refused(
        self, store: AbstractStore, location: str, allowed: bool
    ) -> None:
        trace_id = started(store, tags={SPANS_LOCATION: location}).trace_id
        with refused("INTERNAL_ERROR", "Trace data not stored in tracking store"):
            store.get_trace(trace_id, allow_partial=allowed)

    @pytest.mark.parametrize("allowed", [False, True])
    def test_with_spans_nobody_knows_where_is_refused(
        self, store: AbstractStore, allowed: bool
    ) -> None:
        trace_id = started(store).trace_id
        with refused("INTERNAL_ERROR", "Trace data not stored in tracking store"):
            store.get_trace(trace_id, allow_partial=allowed)

    def test_allowing_a_part_is_asked_for_by_name(self, store: AbstractStore) -> None:
        trace = new_traced(store)
        with pytest.raises(TypeError):
            store.get_trace(trace.trace_id, True)


class TestPart:
    def test_without_spans_is_a_part(self, store: AbstractStore) -> None:
        trace_id = started(store, tags={SPANS_LOCATION: IN_STORE}).trace_id
        assert names_of(store, trace_id) == []

    def test_without_all_spans_is_a_part(self, store: AbstractStore) -> None:
        trace = started(store, trace_metadata=_expecting(2))
        logged(store, trace.experiment_id, span(trace.trace_id, name="a"))
        assert names_of(store, trace.trace_id) == ["a"]

    def test_that_is_not_allowed_is_refused_after_a_while(self, store: AbstractStore) -> None:
        trace = started(store, trace_metadata=_expecting(2))
        logged(store, trace.experiment_id, span(trace.trace_id))
        text = f"Trace with ID {trace.trace_id} is not fully exported yet, please try again later."
        with refused("RESOURCE_DOES_NOT_EXIST", text):
            store.get_trace(trace.trace_id)

    def test_of_no_spans_is_refused_after_a_while(self, store: AbstractStore) -> None:
        trace_id = started(store, tags={SPANS_LOCATION: IN_STORE}).trace_id
        with refused("RESOURCE_DOES_NOT_EXIST", "is not fully exported yet"):
            store.get_trace(trace_id)

    @pytest.mark.parametrize("expected", [0, 1, 2])
    def test_with_as_many_spans_as_were_told_or_more_is_whole(
        self, store: AbstractStore, expected: int
    ) -> None:
        trace = started(store, trace_metadata=_expecting(expected))
        spans = [span(trace.trace_id, number) for number in (1, 2)]
        logged(store, trace.experiment_id, *spans)
        assert len(store.get_trace(trace.trace_id).data.spans) == 2

    def test_with_a_size_but_no_number_is_whole(self, store: AbstractStore) -> None:
        trace = started(store, trace_metadata={SIZE_STATS: '{"total_size_bytes": 5}'})
        logged(store, trace.experiment_id, span(trace.trace_id, name="a"))
        assert [one.name for one in store.get_trace(trace.trace_id).data.spans] == ["a"]

    def test_whose_root_has_not_come_is_whole(self, store: AbstractStore) -> None:
        trace_id = new_trace_id()
        logged(store, new_experiment(store), span(trace_id, 2, 1, name="child"))
        assert [one.name for one in store.get_trace(trace_id).data.spans] == ["child"]


class TestOrderOfSpans:
    @pytest.mark.parametrize(
        ("spans", "expected"),
        [
            ([("a", None, 5), ("b", 1, 3), ("c", 1, 4)], "abc"),
            ([("c", 1, 9), ("b", 1, 8), ("a", None, 7)], "abc"),
            ([("b", None, 2), ("a", None, 1)], "ab"),
            ([("b", 9, 1), ("c", 1, 2), ("a", None, 3)], "abc"),
        ],
    )
    def test_is_roots_first_then_by_start(
        self, store: AbstractStore, spans: list[tuple[str, int | None, int]], expected: str
    ) -> None:
        trace_id = new_trace_id()
        made = [
            span(trace_id, number, parent, name=name, start=start, end=start + 1)
            for number, (name, parent, start) in enumerate(spans, start=1)
        ]
        logged(store, new_experiment(store), *made)
        assert "".join(names_of(store, trace_id)) == expected

    def test_is_the_same_whatever_order_they_came_in(self, store: AbstractStore) -> None:
        experiment_id, trace_id = new_experiment(store), new_trace_id()
        for number in (3, 1, 4, 2):
            parent = None if number == 1 else 1
            logged(
                store,
                experiment_id,
                span(trace_id, number, parent, name=str(number), start=number, end=9),
            )
        assert names_of(store, trace_id) == ["1", "2", "3", "4"]


def test_a_trace_has_its_own_spans_only(store: AbstractStore) -> None:
    experiment_id = new_experiment(store)
    first, second = new_trace_id(), new_trace_id()
    store.log_spans(experiment_id, [span(first, 1, name="a"), span(second, 1, name="b")])
    assert (names_of(store, first), names_of(store, second)) == (["a"], ["b"])


def test_a_tag_that_tells_another_place_hides_the_spans(store: AbstractStore) -> None:
    trace = new_traced(store)
    store.set_trace_tag(trace.trace_id, SPANS_LOCATION, "ARTIFACT_REPO")
    with refused("INTERNAL_ERROR", "Trace data not stored in tracking store"):
        store.get_trace(trace.trace_id)
    store.set_trace_tag(trace.trace_id, SPANS_LOCATION, IN_STORE)
    assert names_of(store, trace.trace_id) == ["root"]


def test_the_place_of_artifacts_does_not_matter(store: AbstractStore) -> None:
    trace = new_traced(store)
    store.delete_trace_tag(trace.trace_id, ARTIFACT_LOCATION)
    assert names_of(store, trace.trace_id) == ["root"]
