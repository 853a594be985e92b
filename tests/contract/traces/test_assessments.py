"""Assessments: creation, look-up, what each keeps."""

import re
import time
from collections.abc import Callable

import pytest
from mlflow.entities import Assessment, Expectation, Feedback
from mlflow.entities.assessment import FeedbackValue, IssueReference
from mlflow.store.tracking.abstract_store import AbstractStore

from .. import scenarios
from ..scenarios import refused
from .assessment_scenarios import (
    KINDS,
    SESSION,
    assessed_trace,
    expectation,
    feedback,
    ids_on_trace,
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
KIND = pytest.mark.parametrize("build", KINDS.values(), ids=KINDS)


@pytest.fixture
def trace_id(store: AbstractStore) -> str:
    return assessed_trace(store)


class TestCreation:
    @KIND
    def test_answers_what_is_read_afterwards(
        self, store: AbstractStore, trace_id: str, build: Builder
    ) -> None:
        created = store.create_assessment(build(trace_id, span_id="5f", metadata={"k": "v"}))
        assert store.get_assessment(trace_id, created.assessment_id) == created

    @KIND
    def test_shows_in_its_trace(self, store: AbstractStore, trace_id: str, build: Builder) -> None:
        created = store.create_assessment(build(trace_id))
        assert on_trace(store, trace_id) == [created]

    @KIND
    def test_keeps_the_kind(self, store: AbstractStore, trace_id: str, build: Builder) -> None:
        given = build(trace_id)
        kept = store.get_assessment(trace_id, made(store, given))
        assert type(kept) is type(given)

    @KIND
    def test_chooses_an_id_of_the_form_of_mlflow(
        self, store: AbstractStore, trace_id: str, build: Builder
    ) -> None:
        assert re.fullmatch(r"a-[0-9a-f]{32}", made(store, build(trace_id)))

    @KIND
    def test_keeps_an_id_that_is_given(
        self, store: AbstractStore, trace_id: str, build: Builder
    ) -> None:
        own = unknown_assessment_id()
        assert made(store, build(trace_id, assessment_id=own)) == own
        assert store.get_assessment(trace_id, own).assessment_id == own

    def test_tells_the_passed_object_its_id(self, store: AbstractStore, trace_id: str) -> None:
        given = feedback(trace_id)
        created = store.create_assessment(given)
        assert given.assessment_id == created.assessment_id

    def test_of_the_general_class_becomes_its_kind(
        self, store: AbstractStore, trace_id: str
    ) -> None:
        general = Assessment("q", source(), trace_id, feedback=FeedbackValue("good"))
        assert type(store.create_assessment(general)) is Feedback

    @KIND
    def test_is_always_valid(self, store: AbstractStore, trace_id: str, build: Builder) -> None:
        assessment_id = made(store, build(trace_id, valid=False))
        assert store.get_assessment(trace_id, assessment_id).valid is True

    def test_equal_ones_are_two(self, store: AbstractStore, trace_id: str) -> None:
        first, second = made(store, feedback(trace_id)), made(store, feedback(trace_id))
        assert sorted(ids_on_trace(store, trace_id)) == sorted([first, second])

    def test_on_one_trace_does_not_show_on_another(
        self, store: AbstractStore, trace_id: str
    ) -> None:
        made(store, feedback(assessed_trace(store)))
        assert on_trace(store, trace_id) == []

    @pytest.mark.parametrize("span_id", [None, "", "no-such-span", "0123456789abcdef"])
    def test_span_need_not_exist(
        self, store: AbstractStore, trace_id: str, span_id: str | None
    ) -> None:
        assessment_id = made(store, feedback(trace_id, span_id=span_id))
        assert store.get_assessment(trace_id, assessment_id).span_id == span_id

    def test_marks_of_a_session_are_kept(self, store: AbstractStore, trace_id: str) -> None:
        assessment_id = made(store, feedback(trace_id, metadata={SESSION: "talk-1"}))
        assert store.get_assessment(trace_id, assessment_id).metadata == {SESSION: "talk-1"}


class TestRefusedCreation:
    @KIND
    def test_trace_must_exist(self, store: AbstractStore, build: Builder) -> None:
        trace_id = unknown_trace_id()
        with refused("RESOURCE_DOES_NOT_EXIST", f"Trace with ID '{trace_id}' not found."):
            store.create_assessment(build(trace_id))

    def test_trace_must_be_named(self, store: AbstractStore) -> None:
        with refused("RESOURCE_DOES_NOT_EXIST", "Trace with ID 'None' not found."):
            store.create_assessment(feedback())

    def test_on_no_trace_leaves_the_passed_object_without_an_id(self, store: AbstractStore) -> None:
        given = feedback(unknown_trace_id())
        with refused("RESOURCE_DOES_NOT_EXIST"):
            store.create_assessment(given)
        assert given.assessment_id is None

    def test_must_have_a_value_of_some_kind(self, store: AbstractStore, trace_id: str) -> None:
        given = feedback(trace_id)
        given.feedback = None
        text = "Assessment must have either feedback, expectation, or issue value"
        with refused("INVALID_PARAMETER_VALUE", text):
            store.create_assessment(given)

    def test_trace_is_looked_for_before_the_value(self, store: AbstractStore) -> None:
        given = feedback(unknown_trace_id())
        given.feedback = None
        with refused("RESOURCE_DOES_NOT_EXIST", "not found."):
            store.create_assessment(given)

    def test_id_in_use_on_the_trace_is_refused(self, store: AbstractStore, trace_id: str) -> None:
        assessment_id = made(store, feedback(trace_id))
        with refused("INTERNAL_ERROR", _constraint(trace_id)):
            store.create_assessment(feedback(trace_id, "other", assessment_id=assessment_id))

    def test_id_in_use_on_another_trace_is_refused(
        self, store: AbstractStore, trace_id: str
    ) -> None:
        assessment_id = made(store, feedback(assessed_trace(store)))
        with refused("INTERNAL_ERROR", _constraint(trace_id)):
            store.create_assessment(feedback(trace_id, assessment_id=assessment_id))
        assert on_trace(store, trace_id) == []

    def test_trace_is_looked_for_before_the_id(self, store: AbstractStore, trace_id: str) -> None:
        taken, unknown = made(store, feedback(trace_id)), unknown_trace_id()
        with refused("RESOURCE_DOES_NOT_EXIST", f"Trace with ID '{unknown}' not found."):
            store.create_assessment(feedback(unknown, assessment_id=taken))

    def test_id_in_use_by_another_kind_is_refused(
        self, store: AbstractStore, trace_id: str
    ) -> None:
        assessment_id = made(store, feedback(trace_id))
        with refused("INTERNAL_ERROR", _constraint(trace_id)):
            store.create_assessment(expectation(trace_id, assessment_id=assessment_id))

    def test_same_object_twice_is_refused(self, store: AbstractStore, trace_id: str) -> None:
        given = feedback(trace_id)
        store.create_assessment(given)
        with refused("INTERNAL_ERROR", _constraint(trace_id)):
            store.create_assessment(given)
        assert ids_on_trace(store, trace_id) == [given.assessment_id]

    def test_refused_one_leaves_the_first_as_it_was(
        self, store: AbstractStore, trace_id: str
    ) -> None:
        first = store.create_assessment(feedback(trace_id, rationale="because"))
        with refused("INTERNAL_ERROR"):
            store.create_assessment(
                feedback(trace_id, "other", "bad", assessment_id=first.assessment_id)
            )
        assert store.get_assessment(trace_id, first.assessment_id) == first

    @KIND
    def test_name_must_be_given(self, store: AbstractStore, trace_id: str, build: Builder) -> None:
        given = build(trace_id)
        given.name = None
        with refused("INTERNAL_ERROR", _constraint(trace_id)):
            store.create_assessment(given)
        assert on_trace(store, trace_id) == []

    def test_source_must_be_given(self, store: AbstractStore, trace_id: str) -> None:
        given = feedback(trace_id)
        given.source = None
        with refused("INTERNAL_ERROR", "'NoneType' object has no attribute 'source_type'"):
            store.create_assessment(given)


class TestLookUp:
    def test_of_an_unknown_one_is_refused(self, store: AbstractStore, trace_id: str) -> None:
        unknown = unknown_assessment_id()
        text = f"Assessment with ID '{unknown}' not found for trace '{trace_id}'"
        with refused("RESOURCE_DOES_NOT_EXIST", text):
            store.get_assessment(trace_id, unknown)

    def test_of_an_unknown_trace_is_refused(self, store: AbstractStore) -> None:
        trace_id = unknown_trace_id()
        with refused("RESOURCE_DOES_NOT_EXIST", f"Trace with request_id '{trace_id}' not found"):
            store.get_assessment(trace_id, unknown_assessment_id())

    def test_on_another_trace_than_its_own_is_refused(
        self, store: AbstractStore, trace_id: str
    ) -> None:
        assessment_id = made(store, feedback(assessed_trace(store)))
        text = f"Assessment with ID '{assessment_id}' not found for trace '{trace_id}'"
        with refused("RESOURCE_DOES_NOT_EXIST", text):
            store.get_assessment(trace_id, assessment_id)

    def test_of_a_known_one_on_an_unknown_trace_names_the_trace(
        self, store: AbstractStore, trace_id: str
    ) -> None:
        assessment_id = made(store, feedback(trace_id))
        with refused("RESOURCE_DOES_NOT_EXIST", "Trace with request_id '"):
            store.get_assessment(unknown_trace_id(), assessment_id)

    def test_finds_it_by_id_among_others_of_its_name(
        self, store: AbstractStore, trace_id: str
    ) -> None:
        made(store, feedback(trace_id, value=1))
        wanted = made(store, feedback(trace_id, value=2))
        made(store, feedback(trace_id, value=3))
        assert store.get_assessment(trace_id, wanted).value == 2


class TestTimes:
    @KIND
    def test_given_ones_are_kept(self, store: AbstractStore, trace_id: str, build: Builder) -> None:
        given = build(trace_id, create_time_ms=1_600_000_000_123, last_update_time_ms=17)
        kept = store.get_assessment(trace_id, made(store, given))
        assert (kept.create_time_ms, kept.last_update_time_ms) == (1_600_000_000_123, 17)

    @pytest.mark.parametrize("field", ["create_time_ms", "last_update_time_ms"])
    @pytest.mark.parametrize("given", [None, 0])
    def test_of_none_is_now(
        self, store: AbstractStore, trace_id: str, field: str, given: int | None
    ) -> None:
        before = time.time_ns() // 1_000_000
        assessment = feedback(trace_id)
        setattr(assessment, field, given)
        assessment_id = made(store, assessment)
        kept = getattr(store.get_assessment(trace_id, assessment_id), field)
        assert before <= kept <= time.time_ns() // 1_000_000

    @pytest.mark.parametrize("moment", [-1, 1, 2**31, 253_402_300_799_999])
    def test_may_be_any(self, store: AbstractStore, trace_id: str, moment: int) -> None:
        assessment_id = made(store, feedback(trace_id, create_time_ms=moment))
        assert store.get_assessment(trace_id, assessment_id).create_time_ms == moment

    def test_last_change_may_precede_the_creation(
        self, store: AbstractStore, trace_id: str
    ) -> None:
        given = feedback(trace_id, create_time_ms=2000, last_update_time_ms=1000)
        kept = store.create_assessment(given)
        assert (kept.create_time_ms, kept.last_update_time_ms) == (2000, 1000)


class TestIssueReferences:
    def test_name_is_the_issue(self, store: AbstractStore, trace_id: str) -> None:
        created = store.create_assessment(issue_reference(trace_id, "iss-7", "Wrong city"))
        assert isinstance(created, IssueReference)
        assert (created.name, created.issue_id, created.issue_name) == (
            "iss-7",
            "iss-7",
            "Wrong city",
        )

    def test_issue_need_not_exist(self, store: AbstractStore, trace_id: str) -> None:
        issue_id = scenarios.unique("iss")
        assert store.create_assessment(issue_reference(trace_id, issue_id)).issue_id == issue_id

    def test_keeps_its_run(self, store: AbstractStore, trace_id: str) -> None:
        created = store.create_assessment(issue_reference(trace_id, run_id="nobody"))
        assert store.get_assessment(trace_id, created.assessment_id).run_id == "nobody"

    def test_keeps_its_rationale(self, store: AbstractStore, trace_id: str) -> None:
        created = store.create_assessment(issue_reference(trace_id, rationale="took 9 s"))
        assert store.get_assessment(trace_id, created.assessment_id).rationale == "took 9 s"

    def test_own_run_goes_before_that_of_the_metadata(
        self, store: AbstractStore, trace_id: str
    ) -> None:
        given = issue_reference(trace_id, run_id="own", metadata=made_by_run("other"))
        assert store.create_assessment(given).run_id == "own"


def test_expectation_shows_no_rationale(store: AbstractStore, trace_id: str) -> None:
    created = store.create_assessment(expectation(trace_id, rationale="because"))
    assert isinstance(created, Expectation)
    assert store.get_assessment(trace_id, created.assessment_id).rationale is None


def _constraint(trace_id: str) -> str:
    return f"Failed to create assessment for trace '{trace_id}' due to a constraint violation."
