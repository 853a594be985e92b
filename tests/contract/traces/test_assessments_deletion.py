"""Assessments: deletion, which says nothing of what it does not find."""

from collections.abc import Callable

import pytest
from mlflow.entities import Assessment
from mlflow.store.tracking.abstract_store import AbstractStore

from ..scenarios import refused
from .assessment_scenarios import (
    KINDS,
    assessed_trace,
    feedback,
    ids_on_trace,
    made,
    on_trace,
    unknown_assessment_id,
    unknown_trace_id,
)

pytestmark = pytest.mark.area("assessments")

Builder = Callable[..., Assessment]
KIND = pytest.mark.parametrize("build", KINDS.values(), ids=KINDS)


@pytest.fixture
def trace_id(store: AbstractStore) -> str:
    return assessed_trace(store)


@KIND
def test_deleted_one_is_gone(store: AbstractStore, trace_id: str, build: Builder) -> None:
    assessment_id = made(store, build(trace_id))
    assert store.delete_assessment(trace_id, assessment_id) is None
    assert on_trace(store, trace_id) == []
    with refused("RESOURCE_DOES_NOT_EXIST", f"Assessment with ID '{assessment_id}' not found"):
        store.get_assessment(trace_id, assessment_id)


def test_others_stay(store: AbstractStore, trace_id: str) -> None:
    first, second, third = (
        made(store, feedback(trace_id, create_time_ms=moment)) for moment in (1, 2, 3)
    )
    store.delete_assessment(trace_id, second)
    assert ids_on_trace(store, trace_id) == [first, third]


def test_deleting_twice_is_quiet(store: AbstractStore, trace_id: str) -> None:
    assessment_id = made(store, feedback(trace_id))
    store.delete_assessment(trace_id, assessment_id)
    assert store.delete_assessment(trace_id, assessment_id) is None


def test_deleting_an_unknown_one_is_quiet(store: AbstractStore, trace_id: str) -> None:
    kept = made(store, feedback(trace_id))
    assert store.delete_assessment(trace_id, unknown_assessment_id()) is None
    assert ids_on_trace(store, trace_id) == [kept]


def test_deleting_from_an_unknown_trace_is_quiet(store: AbstractStore) -> None:
    assert store.delete_assessment(unknown_trace_id(), unknown_assessment_id()) is None


def test_deleting_one_of_another_trace_is_quiet(store: AbstractStore, trace_id: str) -> None:
    other = assessed_trace(store)
    kept = made(store, feedback(other))
    assert store.delete_assessment(trace_id, kept) is None
    assert ids_on_trace(store, other) == [kept]


def test_deleted_one_cannot_be_updated(store: AbstractStore, trace_id: str) -> None:
    assessment_id = made(store, feedback(trace_id))
    store.delete_assessment(trace_id, assessment_id)
    with refused("RESOURCE_DOES_NOT_EXIST", f"Assessment with ID '{assessment_id}' not found"):
        store.update_assessment(trace_id, assessment_id, name="new")


def test_deleted_one_cannot_be_overridden(store: AbstractStore, trace_id: str) -> None:
    assessment_id = made(store, feedback(trace_id))
    store.delete_assessment(trace_id, assessment_id)
    with refused("RESOURCE_DOES_NOT_EXIST", f"Assessment with ID '{assessment_id}' not found"):
        store.create_assessment(feedback(trace_id, overrides=assessment_id))


def test_id_of_a_deleted_one_is_free(store: AbstractStore, trace_id: str) -> None:
    assessment_id = made(store, feedback(trace_id, rationale="old", metadata={"old": "1"}))
    store.delete_assessment(trace_id, assessment_id)
    anew = store.create_assessment(feedback(trace_id, "new", assessment_id=assessment_id))
    assert on_trace(store, trace_id) == [anew]
    assert (anew.rationale, anew.metadata) == (None, None)


def test_id_of_a_deleted_one_is_free_on_other_traces(store: AbstractStore, trace_id: str) -> None:
    assessment_id = made(store, feedback(trace_id))
    store.delete_assessment(trace_id, assessment_id)
    other = assessed_trace(store)
    assert made(store, feedback(other, assessment_id=assessment_id)) == assessment_id
    assert store.delete_assessment(trace_id, assessment_id) is None
    assert ids_on_trace(store, other) == [assessment_id]


def test_object_of_a_deleted_one_may_be_made_again(store: AbstractStore, trace_id: str) -> None:
    given = feedback(trace_id)
    store.create_assessment(given)
    store.delete_assessment(trace_id, given.assessment_id)
    store.create_assessment(given)
    assert ids_on_trace(store, trace_id) == [given.assessment_id]
