"""A trace that the store is told of once more: what is given is merged into what is there."""

from typing import Any

import pytest
from mlflow.entities.trace_state import TraceState
from mlflow.store.tracking.abstract_store import AbstractStore

from ..scenarios import START_TIME, deleted_experiment, new_experiment, refused
from .trace_scenarios import (
    ARCHIVE_LOCATION,
    ARTIFACT_LOCATION,
    FINALIZED,
    SPANS_LOCATION,
    TRACE_NAME,
    feedback,
    info_of,
    started,
    started_again,
)

pytestmark = pytest.mark.area("traces")


class TestFields:
    @pytest.mark.parametrize(
        ("field", "first", "second"),
        [
            ("request_time", START_TIME, START_TIME - 9),
            ("request_time", START_TIME, START_TIME + 9),
            ("execution_duration", 7, 3),
            ("execution_duration", 7, None),
            ("execution_duration", None, 7),
            ("client_request_id", "a", "b"),
            ("client_request_id", "a", None),
            ("client_request_id", None, "b"),
            ("state", TraceState.IN_PROGRESS, TraceState.OK),
            ("state", TraceState.OK, TraceState.IN_PROGRESS),
            ("state", TraceState.ERROR, TraceState.OK),
            ("state", TraceState.OK, TraceState.STATE_UNSPECIFIED),
            ("request_preview", "a", "b"),
            ("request_preview", "a", ""),
            ("request_preview", None, "b"),
            ("response_preview", "a", "b"),
            ("response_preview", "a", ""),
            ("response_preview", None, "b"),
        ],
    )
    def test_are_overwritten(
        self, store: AbstractStore, field: str, first: Any, second: Any
    ) -> None:
        before = started(store, **{field: first})
        assert getattr(started_again(store, before, **{field: second}), field) == second

    @pytest.mark.parametrize("field", ["request_preview", "response_preview"])
    def test_a_preview_that_is_not_given_stays(self, store: AbstractStore, field: str) -> None:
        before = started(store, **{field: "kept"})
        assert getattr(started_again(store, before), field) == "kept"

    def test_the_same_once_more_changes_nothing(self, store: AbstractStore) -> None:
        fields = {
            "tags": {"a": "1", TRACE_NAME: "n"},
            "trace_metadata": {"b": "2"},
            "request_preview": "q",
            "client_request_id": "7",
        }
        before = started(store, **fields)
        assert started_again(store, before, **fields).to_dict() == before.to_dict()

    def test_the_answer_has_what_is_new_and_what_stayed(self, store: AbstractStore) -> None:
        before = started(store, request_preview="q", trace_metadata={"a": "1"})
        answer = store.start_trace(
            info_of(before.experiment_id, before.trace_id, client_request_id="7")
        )
        assert (answer.client_request_id, answer.request_preview) == ("7", "q")
        assert answer.trace_metadata == {"a": "1", FINALIZED: "true"}
        assert answer.trace_id == before.trace_id


class TestTags:
    def test_are_added_and_replaced_and_none_is_removed(self, store: AbstractStore) -> None:
        before = started(store, tags={"kept": "1", "replaced": "2"})
        after = started_again(store, before, tags={"replaced": "3", "added": "4"})
        location = before.tags[ARTIFACT_LOCATION]
        expected = {"kept": "1", "replaced": "3", "added": "4", ARTIFACT_LOCATION: location}
        assert after.tags == expected

    def test_a_tag_that_was_set_meanwhile_stays(self, store: AbstractStore) -> None:
        before = started(store)
        store.set_trace_tag(before.trace_id, "by hand", "1")
        assert started_again(store, before).tags["by hand"] == "1"

    def test_a_tag_may_lose_its_value(self, store: AbstractStore) -> None:
        before = started(store, tags={"k": "1"})
        assert started_again(store, before, tags={"k": None}).tags["k"] is None

    def test_the_artifact_location_is_as_before(self, store: AbstractStore) -> None:
        before = started(store)
        after = started_again(store, before, tags={ARTIFACT_LOCATION: "s3://theirs"})
        assert after.tags == before.tags

    def test_an_artifact_location_that_was_changed_is_set_again(self, store: AbstractStore) -> None:
        before = started(store)
        store.set_trace_tag(before.trace_id, ARTIFACT_LOCATION, "s3://theirs")
        assert started_again(store, before).tags == before.tags


class TestName:
    @pytest.mark.parametrize(
        ("first", "second", "expected"),
        [
            ({TRACE_NAME: "a"}, {TRACE_NAME: "b"}, {TRACE_NAME: "b"}),
            ({TRACE_NAME: "a"}, {TRACE_NAME: ""}, {TRACE_NAME: ""}),
            ({TRACE_NAME: "a"}, {TRACE_NAME: None}, {}),
            ({TRACE_NAME: "a"}, {}, {TRACE_NAME: "a"}),
            ({}, {TRACE_NAME: "b"}, {TRACE_NAME: "b"}),
            ({}, {}, {}),
        ],
    )
    def test_is_replaced_if_it_is_given(
        self,
        store: AbstractStore,
        first: dict[str, str],
        second: dict[str, str],
        expected: dict[str, str],
    ) -> None:
        after = started_again(store, started(store, tags=first), tags=second)
        assert {key: after.tags[key] for key in after.tags if key == TRACE_NAME} == expected


class TestMetadata:
    def test_is_added_and_replaced_and_none_is_removed(self, store: AbstractStore) -> None:
        before = started(store, trace_metadata={"kept": "1", "replaced": "2"})
        after = started_again(store, before, trace_metadata={"replaced": "3", "added": "4"})
        expected = {"kept": "1", "replaced": "3", "added": "4", FINALIZED: "true"}
        assert after.trace_metadata == expected


class TestAssessments:
    def test_that_are_there_stay(self, store: AbstractStore) -> None:
        before = started(store, assessments=[feedback("old")])
        after = started_again(store, before, assessments=[feedback("new")])
        assert {one.name for one in after.assessments} == {"old", "new"}

    def test_with_the_id_of_one_that_is_there_replaces_it(self, store: AbstractStore) -> None:
        before = started(store, assessments=[feedback("old", "no"), feedback("other")])
        assessment_id = before.assessments[0].assessment_id
        after = started_again(
            store, before, assessments=[feedback("new", "yes", assessment_id=assessment_id)]
        )
        values = {one.assessment_id: (one.name, one.feedback.value) for one in after.assessments}
        other = before.assessments[1]
        assert values == {assessment_id: ("new", "yes"), other.assessment_id: ("other", 0.5)}

    def test_created_meanwhile_stays(self, store: AbstractStore) -> None:
        before = started(store)
        store.create_assessment(feedback("by hand", trace_id=before.trace_id))
        assert [one.name for one in started_again(store, before).assessments] == ["by hand"]

    def test_of_another_trace_is_refused(self, store: AbstractStore) -> None:
        before = started(store)
        other = started(store, before.experiment_id, assessments=[feedback()])
        assessment_id = other.assessments[0].assessment_id
        with refused(
            "INVALID_PARAMETER_VALUE",
            f"Assessment with ID '{assessment_id}' belongs to another trace.",
        ):
            started_again(store, before, assessments=[feedback(assessment_id=assessment_id)])
        assert store.get_trace_info(before.trace_id).to_dict() == before.to_dict()
        assert store.get_trace_info(other.trace_id).to_dict() == other.to_dict()


class TestOtherExperiment:
    def test_is_refused(self, store: AbstractStore) -> None:
        before = started(store)
        text = f"Trace with ID '{before.trace_id}' already exists in another experiment."
        with refused("INVALID_PARAMETER_VALUE", text):
            started(store, new_experiment(store), before.trace_id)
        assert store.get_trace_info(before.trace_id).to_dict() == before.to_dict()

    def test_moves_the_trace(self, store: AbstractStore) -> None:
        before = started(store)
        experiment_id = new_experiment(store)
        started(store, experiment_id, before.trace_id)
        assert store.get_trace_info(before.trace_id).experiment_id == experiment_id

    def test_that_is_deleted_is_told_first(self, store: AbstractStore) -> None:
        before = started(store)
        with refused("INVALID_PARAMETER_VALUE", "must be in the 'active' state"):
            started(store, deleted_experiment(store), before.trace_id)
        assert store.get_trace_info(before.trace_id).to_dict() == before.to_dict()

    def test_own_experiment_that_was_deleted_refuses_too(self, store: AbstractStore) -> None:
        before = started(store)
        store.delete_experiment(before.experiment_id)
        with refused("INVALID_PARAMETER_VALUE", "must be in the 'active' state"):
            started_again(store, before, client_request_id="new")
        assert store.get_trace_info(before.trace_id).to_dict() == before.to_dict()


class TestSpansElsewhere:
    """Traces whose spans went to another place are not changed any more."""

    @pytest.mark.parametrize("location", ["ARCHIVE_REPO", "ARTIFACT_REPO", "ELSEWHERE", ""])
    def test_is_refused(self, store: AbstractStore, location: str) -> None:
        before = started(store, tags={SPANS_LOCATION: location})
        text = f"Cannot update traces that are no longer DB-backed: '{before.trace_id}'."
        with refused("INVALID_STATE", text):
            started_again(store, before, client_request_id="new", tags={"k": "v"})
        assert store.get_trace_info(before.trace_id).to_dict() == before.to_dict()

    def test_in_this_store_is_taken(self, store: AbstractStore) -> None:
        before = started(store, tags={SPANS_LOCATION: "TRACKING_STORE"})
        assert started_again(store, before, client_request_id="new").client_request_id == "new"

    def test_a_place_of_archives_alone_does_not_matter(self, store: AbstractStore) -> None:
        before = started(store, tags={ARCHIVE_LOCATION: "s3://archive"})
        assert started_again(store, before, client_request_id="new").client_request_id == "new"

    def test_may_be_told_of_again_once_the_tag_is_gone(self, store: AbstractStore) -> None:
        before = started(store, tags={SPANS_LOCATION: "ARCHIVE_REPO"})
        store.delete_trace_tag(before.trace_id, SPANS_LOCATION)
        assert started_again(store, before, client_request_id="new").client_request_id == "new"

    def test_experiment_is_told_before_the_place_of_the_spans(self, store: AbstractStore) -> None:
        before = started(store, tags={SPANS_LOCATION: "ARCHIVE_REPO"})
        with refused("INVALID_PARAMETER_VALUE", "already exists in another experiment."):
            started(store, new_experiment(store), before.trace_id)

    def test_place_of_the_spans_is_told_before_an_assessment(self, store: AbstractStore) -> None:
        before = started(store, tags={SPANS_LOCATION: "ARCHIVE_REPO"})
        other = started(store, before.experiment_id, assessments=[feedback()])
        foreign = feedback(assessment_id=other.assessments[0].assessment_id)
        with refused("INVALID_STATE", "no longer DB-backed"):
            started_again(store, before, assessments=[foreign])

    def test_the_client_may_say_where_they_went(self, store: AbstractStore) -> None:
        before = started(store)
        after = started_again(store, before, tags={SPANS_LOCATION: "ARTIFACT_REPO"})
        assert after.tags[SPANS_LOCATION] == "ARTIFACT_REPO"


def test_a_trace_that_was_deleted_starts_anew(store: AbstractStore) -> None:
    before = started(store, tags={"old": "1"}, client_request_id="old")
    store.delete_traces(before.experiment_id, trace_ids=[before.trace_id])
    after = started_again(store, before, tags={"new": "2"})
    assert after.client_request_id is None
    assert set(after.tags) == {"new", ARTIFACT_LOCATION}
