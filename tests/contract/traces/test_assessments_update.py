"""Assessments: updates, what they change, keep and refuse."""

import time
from collections.abc import Callable

import pytest
from mlflow.entities import Assessment, AssessmentError
from mlflow.entities.assessment import ExpectationValue, FeedbackValue
from mlflow.store.tracking.abstract_store import AbstractStore

from ..scenarios import next_millisecond, refused
from .assessment_scenarios import (
    SOURCE_RUN,
    assessed_trace,
    expectation,
    feedback,
    issue_reference,
    made,
    made_by_run,
    on_trace,
    source,
    unknown_assessment_id,
    unknown_trace_id,
)

pytestmark = pytest.mark.area("assessments")

Builder = Callable[..., Assessment]
BUILD = pytest.mark.parametrize("build", [feedback, expectation])

FIELDS = ("name", "value", "error", "rationale", "metadata")
"""What an update may change, beside the time of the last change."""


@pytest.fixture
def trace_id(store: AbstractStore) -> str:
    return assessed_trace(store)


def changed(before: Assessment, after: Assessment) -> set[str]:
    """The names of the fields that an update may change and did."""
    return {field for field in FIELDS if getattr(before, field) != getattr(after, field)}


def full_feedback(store: AbstractStore, trace_id: str) -> Assessment:
    """A verdict with something in every field."""
    given = feedback(
        trace_id,
        error=AssessmentError("E", "message", "stack"),
        rationale="because",
        metadata={"k": "v"},
        span_id="5f",
        source=source(),
        create_time_ms=1000,
        last_update_time_ms=2000,
    )
    return store.create_assessment(given)


class TestChanges:
    @BUILD
    def test_are_answered_as_they_are_read_afterwards(
        self, store: AbstractStore, trace_id: str, build: Builder
    ) -> None:
        assessment_id = made(store, build(trace_id, metadata={"a": "1"}))
        answer = store.update_assessment(trace_id, assessment_id, name="new", metadata={"b": "2"})
        assert store.get_assessment(trace_id, assessment_id) == answer
        assert on_trace(store, trace_id) == [answer]

    @BUILD
    def test_of_the_name_touch_nothing_else(
        self, store: AbstractStore, trace_id: str, build: Builder
    ) -> None:
        before = store.create_assessment(build(trace_id, metadata={"a": "1"}))
        after = store.update_assessment(trace_id, before.assessment_id, name="new")
        assert (after.name, changed(before, after)) == ("new", {"name"})

    def test_of_a_verdict_touch_nothing_else(self, store: AbstractStore, trace_id: str) -> None:
        before = store.create_assessment(feedback(trace_id, rationale="r"))
        after = store.update_assessment(
            trace_id, before.assessment_id, feedback=FeedbackValue("bad")
        )
        assert (after.value, changed(before, after)) == ("bad", {"value"})

    def test_of_an_expected_value_touch_nothing_else(
        self, store: AbstractStore, trace_id: str
    ) -> None:
        before = store.create_assessment(expectation(trace_id, metadata={"a": "1"}))
        new = ExpectationValue({"city": "Rome"})
        after = store.update_assessment(trace_id, before.assessment_id, expectation=new)
        assert (after.value, changed(before, after)) == ({"city": "Rome"}, {"value"})

    def test_of_the_rationale_touch_nothing_else(self, store: AbstractStore, trace_id: str) -> None:
        before = full_feedback(store, trace_id)
        after = store.update_assessment(trace_id, before.assessment_id, rationale="new")
        assert (after.rationale, changed(before, after)) == ("new", {"rationale"})

    def test_of_all_at_once_are_all_made(self, store: AbstractStore, trace_id: str) -> None:
        before = full_feedback(store, trace_id)
        after = store.update_assessment(
            trace_id,
            before.assessment_id,
            name="new",
            feedback=FeedbackValue(0.1, AssessmentError("F")),
            rationale="other",
            metadata={"k": "w"},
        )
        assert changed(before, after) == set(FIELDS)
        assert store.get_assessment(trace_id, before.assessment_id) == after

    def test_of_nothing_keep_everything(self, store: AbstractStore, trace_id: str) -> None:
        before = full_feedback(store, trace_id)
        after = store.update_assessment(trace_id, before.assessment_id)
        assert changed(before, after) == set()

    def test_leave_what_cannot_be_changed(self, store: AbstractStore, trace_id: str) -> None:
        target = made(store, feedback(trace_id))
        before = full_feedback(store, trace_id)
        hidden = store.create_assessment(feedback(trace_id, overrides=target, span_id="6e"))
        for each in (before, hidden):
            after = store.update_assessment(trace_id, each.assessment_id, name="new")
            fixed = ("span_id", "source", "create_time_ms", "overrides", "valid", "trace_id")
            assert [getattr(after, field) for field in fixed] == [
                getattr(each, field) for field in fixed
            ]

    @BUILD
    def test_move_the_time_of_the_last_change(
        self, store: AbstractStore, trace_id: str, build: Builder
    ) -> None:
        assessment_id = made(store, build(trace_id, last_update_time_ms=17))
        before = time.time_ns() // 1_000_000
        after = store.update_assessment(trace_id, assessment_id)
        assert before <= after.last_update_time_ms <= time.time_ns() // 1_000_000
        assert store.get_assessment(trace_id, assessment_id) == after

    def test_come_later_than_the_one_before(self, store: AbstractStore, trace_id: str) -> None:
        assessment_id = made(store, feedback(trace_id))
        first = store.update_assessment(trace_id, assessment_id, name="first")
        next_millisecond()
        second = store.update_assessment(trace_id, assessment_id, name="second")
        assert first.last_update_time_ms < second.last_update_time_ms

    def test_move_that_time_back_from_the_future(self, store: AbstractStore, trace_id: str) -> None:
        assessment_id = made(store, feedback(trace_id, last_update_time_ms=2**52))
        assert store.update_assessment(trace_id, assessment_id).last_update_time_ms < 2**52

    def test_leave_other_assessments_alone(self, store: AbstractStore, trace_id: str) -> None:
        other = store.create_assessment(feedback(trace_id, create_time_ms=1))
        assessment_id = made(store, feedback(trace_id, create_time_ms=2))
        store.update_assessment(trace_id, assessment_id, name="new")
        assert on_trace(store, trace_id)[0] == other

    def test_keep_the_place_in_the_trace(self, store: AbstractStore, trace_id: str) -> None:
        made_ones = [made(store, feedback(trace_id, create_time_ms=i)) for i in (1, 2, 3)]
        store.update_assessment(trace_id, made_ones[0], name="new")
        assert [each.assessment_id for each in on_trace(store, trace_id)] == made_ones


class TestNames:
    @pytest.mark.parametrize("name", ["", " ", "a.b", "$set", "損失", "n" * 1000])
    def test_may_become_any(self, store: AbstractStore, trace_id: str, name: str) -> None:
        assessment_id = made(store, feedback(trace_id))
        store.update_assessment(trace_id, assessment_id, name=name)
        assert store.get_assessment(trace_id, assessment_id).name == name


class TestVerdicts:
    def test_without_an_error_clear_it(self, store: AbstractStore, trace_id: str) -> None:
        before = full_feedback(store, trace_id)
        after = store.update_assessment(
            trace_id, before.assessment_id, feedback=FeedbackValue("bad")
        )
        assert (after.error, after.feedback.error) == (None, None)
        assert store.get_assessment(trace_id, before.assessment_id) == after

    def test_with_an_error_bring_it(self, store: AbstractStore, trace_id: str) -> None:
        assessment_id = made(store, feedback(trace_id))
        error = AssessmentError("E", "message", "stack")
        store.update_assessment(trace_id, assessment_id, feedback=FeedbackValue(None, error))
        kept = store.get_assessment(trace_id, assessment_id)
        assert (kept.value, kept.error) == (None, error)

    @pytest.mark.parametrize("empty", [None, "", 0, False, [], {}])
    def test_may_become_empty(self, store: AbstractStore, trace_id: str, empty: object) -> None:
        assessment_id = made(store, feedback(trace_id))
        store.update_assessment(trace_id, assessment_id, feedback=FeedbackValue(empty))
        assert store.get_assessment(trace_id, assessment_id).value == empty

    @pytest.mark.parametrize("empty", ["", 0, False, [], {}])
    def test_may_be_expected_to_be_empty(
        self, store: AbstractStore, trace_id: str, empty: object
    ) -> None:
        assessment_id = made(store, expectation(trace_id))
        store.update_assessment(trace_id, assessment_id, expectation=ExpectationValue(empty))
        assert store.get_assessment(trace_id, assessment_id).value == empty


class TestRationales:
    @pytest.mark.parametrize("text", ["", "new", "損失\n"])
    def test_are_replaced(self, store: AbstractStore, trace_id: str, text: str) -> None:
        assessment_id = made(store, feedback(trace_id, rationale="because"))
        store.update_assessment(trace_id, assessment_id, rationale=text)
        assert store.get_assessment(trace_id, assessment_id).rationale == text

    def test_outlive_a_new_verdict(self, store: AbstractStore, trace_id: str) -> None:
        assessment_id = made(store, feedback(trace_id, rationale="because"))
        store.update_assessment(trace_id, assessment_id, feedback=FeedbackValue("bad"))
        assert store.get_assessment(trace_id, assessment_id).rationale == "because"

    def test_of_expectations_are_ignored(self, store: AbstractStore, trace_id: str) -> None:
        assessment_id = made(store, expectation(trace_id))
        assert store.update_assessment(trace_id, assessment_id, rationale="new").rationale is None
        assert store.get_assessment(trace_id, assessment_id).rationale is None


class TestMetadata:
    @BUILD
    def test_is_merged(self, store: AbstractStore, trace_id: str, build: Builder) -> None:
        assessment_id = made(store, build(trace_id, metadata={"a": "1", "b": "2"}))
        store.update_assessment(trace_id, assessment_id, metadata={"b": "3", "c": "4"})
        kept = store.get_assessment(trace_id, assessment_id).metadata
        assert kept == {"a": "1", "b": "3", "c": "4"}

    @BUILD
    def test_may_come_where_there_was_none(
        self, store: AbstractStore, trace_id: str, build: Builder
    ) -> None:
        assessment_id = made(store, build(trace_id))
        store.update_assessment(trace_id, assessment_id, metadata={"a": "1"})
        assert store.get_assessment(trace_id, assessment_id).metadata == {"a": "1"}

    @pytest.mark.parametrize("empty", [None, {}])
    def test_of_none_changes_nothing(
        self, store: AbstractStore, trace_id: str, empty: dict[str, str] | None
    ) -> None:
        assessment_id = made(store, feedback(trace_id, metadata={"a": "1"}))
        store.update_assessment(trace_id, assessment_id, metadata=empty)
        assert store.get_assessment(trace_id, assessment_id).metadata == {"a": "1"}

    def test_of_none_stays_none(self, store: AbstractStore, trace_id: str) -> None:
        assessment_id = made(store, feedback(trace_id))
        assert store.update_assessment(trace_id, assessment_id, metadata={}).metadata is None

    def test_cannot_lose_a_key(self, store: AbstractStore, trace_id: str) -> None:
        assessment_id = made(store, feedback(trace_id, metadata={"a": "1"}))
        store.update_assessment(trace_id, assessment_id, metadata={"a": None})
        assert store.get_assessment(trace_id, assessment_id).metadata == {"a": None}

    def test_of_a_run_leaves_the_run_that_made_it(
        self, store: AbstractStore, trace_id: str
    ) -> None:
        assessment_id = made(store, feedback(trace_id, metadata=made_by_run("first")))
        store.update_assessment(trace_id, assessment_id, metadata=made_by_run("second"))
        kept = store.get_assessment(trace_id, assessment_id)
        assert (kept.metadata, kept.run_id) == ({SOURCE_RUN: "second"}, "first")

    def test_of_a_run_makes_no_run(self, store: AbstractStore, trace_id: str) -> None:
        assessment_id = made(store, feedback(trace_id))
        store.update_assessment(trace_id, assessment_id, metadata=made_by_run("late"))
        assert store.get_assessment(trace_id, assessment_id).run_id is None


class TestRefusals:
    def test_of_an_unknown_one(self, store: AbstractStore, trace_id: str) -> None:
        unknown = unknown_assessment_id()
        text = f"Assessment with ID '{unknown}' not found for trace '{trace_id}'"
        with refused("RESOURCE_DOES_NOT_EXIST", text):
            store.update_assessment(trace_id, unknown, name="new")

    def test_of_an_unknown_trace(self, store: AbstractStore) -> None:
        trace_id = unknown_trace_id()
        with refused("RESOURCE_DOES_NOT_EXIST", f"Trace with request_id '{trace_id}' not found"):
            store.update_assessment(trace_id, unknown_assessment_id(), name="new")

    def test_of_one_of_another_trace(self, store: AbstractStore, trace_id: str) -> None:
        other = assessed_trace(store)
        before = store.create_assessment(feedback(other))
        with refused("RESOURCE_DOES_NOT_EXIST", f"not found for trace '{trace_id}'"):
            store.update_assessment(trace_id, before.assessment_id, name="new")
        assert on_trace(store, other) == [before]

    @BUILD
    def test_of_two_values(self, store: AbstractStore, trace_id: str, build: Builder) -> None:
        assessment_id = made(store, build(trace_id))
        text = "Cannot specify both `expectation` and `feedback` parameters."
        with refused("INVALID_PARAMETER_VALUE", text):
            store.update_assessment(
                trace_id,
                assessment_id,
                feedback=FeedbackValue(1),
                expectation=ExpectationValue(1),
            )

    def test_of_two_values_come_after_the_look_up(
        self, store: AbstractStore, trace_id: str
    ) -> None:
        with refused("RESOURCE_DOES_NOT_EXIST"):
            store.update_assessment(
                trace_id,
                unknown_assessment_id(),
                feedback=FeedbackValue(1),
                expectation=ExpectationValue(1),
            )

    @pytest.mark.parametrize("build", [feedback, issue_reference])
    def test_of_an_expected_value_of_another_kind(
        self, store: AbstractStore, trace_id: str, build: Builder
    ) -> None:
        assessment_id = made(store, build(trace_id))
        text = "Cannot update expectation value on a Feedback assessment."
        with refused("INVALID_PARAMETER_VALUE", text):
            store.update_assessment(trace_id, assessment_id, expectation=ExpectationValue(1))

    @pytest.mark.parametrize("build", [expectation, issue_reference])
    def test_of_a_verdict_of_another_kind(
        self, store: AbstractStore, trace_id: str, build: Builder
    ) -> None:
        assessment_id = made(store, build(trace_id))
        text = "Cannot update feedback value on an Expectation assessment."
        with refused("INVALID_PARAMETER_VALUE", text):
            store.update_assessment(trace_id, assessment_id, feedback=FeedbackValue(1))

    @pytest.mark.parametrize(
        "change", [{}, {"name": "new"}, {"rationale": "new"}, {"metadata": {"a": "1"}}], ids=str
    )
    def test_of_issue_references(
        self, store: AbstractStore, trace_id: str, change: dict[str, object]
    ) -> None:
        before = store.create_assessment(issue_reference(trace_id))
        with refused("INTERNAL_ERROR", "'IssueReference' object has no attribute 'value'"):
            store.update_assessment(trace_id, before.assessment_id, **change)
        assert on_trace(store, trace_id) == [before]

    def test_of_an_expected_value_of_none(self, store: AbstractStore, trace_id: str) -> None:
        before = store.create_assessment(expectation(trace_id))
        with refused("INVALID_PARAMETER_VALUE", "The `value` field must be specified."):
            store.update_assessment(
                trace_id, before.assessment_id, name="new", expectation=ExpectationValue(None)
            )
        assert on_trace(store, trace_id) == [before]

    def test_change_nothing(self, store: AbstractStore, trace_id: str) -> None:
        before = store.create_assessment(expectation(trace_id))
        with refused("INVALID_PARAMETER_VALUE"):
            store.update_assessment(
                trace_id, before.assessment_id, name="new", feedback=FeedbackValue(1)
            )
        assert on_trace(store, trace_id) == [before]
