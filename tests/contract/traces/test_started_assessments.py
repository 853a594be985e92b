"""Assessments that come with a trace when the store is told of it."""

from typing import Any

import pytest
from mlflow.entities import (
    Assessment,
    AssessmentError,
    AssessmentSource,
    Expectation,
    Feedback,
    IssueReference,
)
from mlflow.store.tracking.abstract_store import AbstractStore

from ..scenarios import new_experiment, refused
from .trace_scenarios import feedback, info_of, is_there, started

pytestmark = pytest.mark.area("traces")

HUMAN = AssessmentSource("HUMAN", "me@example.org")


def _stored(store: AbstractStore, *assessments: Assessment) -> list[Assessment]:
    """The assessments of a trace that came with these."""
    trace = started(store, assessments=list(assessments))
    return store.get_trace_info(trace.trace_id).assessments


def _only(store: AbstractStore, assessment: Assessment) -> Assessment:
    (found,) = _stored(store, assessment)
    return found


class TestIdentity:
    def test_an_id_is_drawn(self, store: AbstractStore) -> None:
        first, second = _stored(store, feedback("a"), feedback("b"))
        assert first.assessment_id != second.assessment_id
        assert first.assessment_id.startswith("a-")

    def test_an_id_that_is_given_is_kept(self, store: AbstractStore) -> None:
        trace = started(store)
        given = feedback(assessment_id=f"a-{trace.trace_id}")
        assert _only(store, given).assessment_id == f"a-{trace.trace_id}"

    def test_the_id_is_set_on_what_was_passed(self, store: AbstractStore) -> None:
        given = feedback()
        assert _only(store, given).assessment_id == given.assessment_id

    @pytest.mark.parametrize("given", [None, "tr-of-another"])
    def test_the_trace_is_the_one_that_it_came_with(
        self, store: AbstractStore, given: str | None
    ) -> None:
        trace = started(store, assessments=[feedback(trace_id=given)])
        (found,) = store.get_trace_info(trace.trace_id).assessments
        assert found.trace_id == trace.trace_id

    def test_it_is_found_by_its_id(self, store: AbstractStore) -> None:
        trace = started(store, assessments=[feedback("quality", 0.25)])
        assessment_id = trace.assessments[0].assessment_id
        found = store.get_assessment(trace.trace_id, assessment_id)
        assert (found.name, found.feedback.value) == ("quality", 0.25)


class TestContent:
    @pytest.mark.parametrize(
        "value",
        [0.5, 7, True, None, "yes", "", "é損失😀", [1, "a", None], {"a": {"b": [1.5]}}, 2**53 + 1],
    )
    def test_value_of_a_feedback(self, store: AbstractStore, value: Any) -> None:
        error = AssessmentError("E") if value is None else None
        found = _only(store, feedback(value=value, error=error))
        assert (found.name, found.feedback.value) == ("quality", value)
        assert type(found.feedback.value) is type(value)

    @pytest.mark.parametrize("value", [0.5, 7, True, "yes", "é", [1, "a"], {"a": {"b": [1.5]}}])
    def test_value_of_an_expectation(self, store: AbstractStore, value: Any) -> None:
        found = _only(store, Expectation(name="answer", value=value))
        assert isinstance(found, Expectation)
        assert (found.name, found.expectation.value) == ("answer", value)

    def test_reference_to_an_issue(self, store: AbstractStore) -> None:
        found = _only(store, IssueReference(issue_id="iss-1", issue_name="slow"))
        assert isinstance(found, IssueReference)
        assert (found.issue_id, found.issue_name) == ("iss-1", "slow")

    def test_error_of_a_feedback(self, store: AbstractStore) -> None:
        error = AssessmentError("JUDGE_DOWN", "no answer", "a\nb")
        found = _only(store, Feedback(name="judge", error=error))
        assert found.feedback.error.to_dictionary() == error.to_dictionary()
        assert found.feedback.value is None

    def test_everything_else(self, store: AbstractStore) -> None:
        given = feedback(
            source=HUMAN,
            rationale="because",
            metadata={"k": "v", "mlflow.trace.session": "s"},
            span_id="0000000000000001",
            create_time_ms=5,
            last_update_time_ms=6,
        )
        found = _only(store, given)
        assert (found.source.source_type, found.source.source_id) == ("HUMAN", "me@example.org")
        assert (found.rationale, found.span_id) == ("because", "0000000000000001")
        assert found.metadata == {"k": "v", "mlflow.trace.session": "s"}
        assert (found.create_time_ms, found.last_update_time_ms) == (5, 6)

    def test_times_are_those_of_the_call_unless_given(self, store: AbstractStore) -> None:
        found = _only(store, feedback())
        assert found.create_time_ms > 1_700_000_000_000
        assert found.last_update_time_ms >= found.create_time_ms

    def test_source_is_code_unless_given(self, store: AbstractStore) -> None:
        found = _only(store, feedback())
        assert (found.source.source_type, found.source.source_id) == ("CODE", "default")

    def test_run_that_made_it(self, store: AbstractStore) -> None:
        found = _only(store, feedback(metadata={"mlflow.assessment.sourceRunId": "r" * 32}))
        assert found.run_id == "r" * 32

    def test_every_one_is_valid(self, store: AbstractStore) -> None:
        assert _only(store, feedback(valid=False)).valid is True

    def test_what_it_overrides_is_kept_but_not_looked_for(self, store: AbstractStore) -> None:
        assert _only(store, feedback(overrides="a-nowhere")).overrides == "a-nowhere"


class TestOrder:
    def test_is_that_of_their_creation(self, store: AbstractStore) -> None:
        given = [feedback(f"n{at}", create_time_ms=at) for at in (3, 1, 2)]
        assert [one.name for one in _stored(store, *given)] == ["n1", "n2", "n3"]

    def test_two_of_one_name_are_two(self, store: AbstractStore) -> None:
        found = _stored(store, feedback("same", 1), feedback("same", 2))
        assert sorted(one.feedback.value for one in found) == [1, 2]

    def test_many(self, store: AbstractStore) -> None:
        given = [feedback(f"n{at:03}", at, create_time_ms=at + 1) for at in range(200)]
        assert [one.feedback.value for one in _stored(store, *given)] == list(range(200))


class TestRefusals:
    def test_one_with_no_value_at_all(self, store: AbstractStore) -> None:
        empty = feedback("empty")
        empty.feedback = None
        info = info_of(new_experiment(store), assessments=[feedback(), empty])
        text = "Assessment must have either feedback, expectation, or issue value"
        with refused("INVALID_PARAMETER_VALUE", text):
            store.start_trace(info)
        assert not is_there(store, info.trace_id)
