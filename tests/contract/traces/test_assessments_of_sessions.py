"""Assessments of whole sessions: a verdict on one trace that speaks for every trace of the talk."""

from collections.abc import Callable

import pytest
from mlflow.entities import Assessment
from mlflow.store.tracking.abstract_store import AbstractStore

from .. import scenarios
from .assessment_scenarios import SESSION, assessed_trace, expectation, feedback, made

pytestmark = pytest.mark.area("assessments")

Builder = Callable[..., Assessment]
OF_SESSION = {SESSION: "talk"}


@pytest.fixture
def experiment_id(store: AbstractStore) -> str:
    return scenarios.new_experiment(store)


def said_in(store: AbstractStore, experiment_id: str, session: str = "talk") -> str:
    """A trace of a session; its id."""
    return assessed_trace(store, experiment_id=experiment_id, trace_metadata={SESSION: session})


def found(store: AbstractStore, experiment_id: str, filter_string: str) -> set[str]:
    traces, _ = store.search_traces(experiment_ids=[experiment_id], filter_string=filter_string)
    return {trace.trace_id for trace in traces}


@pytest.mark.parametrize(
    ("build", "filter_string"),
    [(feedback, "feedback.polite = 'yes'"), (expectation, "expectation.polite = 'yes'")],
    ids=["feedback", "expectation"],
)
def test_speaks_for_every_trace_of_the_session(
    store: AbstractStore, experiment_id: str, build: Builder, filter_string: str
) -> None:
    first, second = (said_in(store, experiment_id) for _ in range(2))
    said_in(store, experiment_id, "another talk")
    made(store, build(first, "polite", "yes", metadata=OF_SESSION))
    assert found(store, experiment_id, filter_string) == {first, second}


def test_without_the_mark_speaks_for_its_own_trace(
    store: AbstractStore, experiment_id: str
) -> None:
    first, _ = (said_in(store, experiment_id) for _ in range(2))
    made(store, feedback(first, "polite", "yes"))
    assert found(store, experiment_id, "feedback.polite = 'yes'") == {first}


def test_mark_may_name_any_session(store: AbstractStore, experiment_id: str) -> None:
    first, second = (said_in(store, experiment_id) for _ in range(2))
    said_in(store, experiment_id, "named")
    made(store, feedback(first, "polite", "yes", metadata={SESSION: "named"}))
    assert found(store, experiment_id, "feedback.polite = 'yes'") == {first, second}


def test_on_a_trace_of_no_session_speaks_for_that(store: AbstractStore, experiment_id: str) -> None:
    said_in(store, experiment_id)
    alone = assessed_trace(store, experiment_id=experiment_id)
    made(store, feedback(alone, "polite", "yes", metadata=OF_SESSION))
    assert found(store, experiment_id, "feedback.polite = 'yes'") == {alone}


def test_that_is_overridden_speaks_for_none(store: AbstractStore, experiment_id: str) -> None:
    first, _ = (said_in(store, experiment_id) for _ in range(2))
    hidden = made(store, feedback(first, "polite", "yes", metadata=OF_SESSION))
    made(store, feedback(first, "polite", "no", overrides=hidden))
    assert found(store, experiment_id, "feedback.polite = 'yes'") == set()


def test_brought_back_speaks_again(store: AbstractStore, experiment_id: str) -> None:
    first, second = (said_in(store, experiment_id) for _ in range(2))
    hidden = made(store, feedback(first, "polite", "yes", metadata=OF_SESSION))
    override = made(store, feedback(first, "polite", "no", overrides=hidden))
    store.delete_assessment(first, override)
    assert found(store, experiment_id, "feedback.polite = 'yes'") == {first, second}


def test_follows_its_updates(store: AbstractStore, experiment_id: str) -> None:
    first, second = (said_in(store, experiment_id) for _ in range(2))
    given = made(store, feedback(first, "polite", "yes"))
    store.update_assessment(first, given, name="kind", metadata=OF_SESSION)
    assert found(store, experiment_id, "feedback.polite = 'yes'") == set()
    assert found(store, experiment_id, "feedback.kind = 'yes'") == {first, second}


def test_that_is_deleted_speaks_for_none(store: AbstractStore, experiment_id: str) -> None:
    first, _ = (said_in(store, experiment_id) for _ in range(2))
    given = made(store, feedback(first, "polite", "yes", metadata=OF_SESSION))
    store.delete_assessment(first, given)
    assert found(store, experiment_id, "feedback.polite = 'yes'") == set()


def test_speaks_in_its_own_experiment_alone(store: AbstractStore, experiment_id: str) -> None:
    first = said_in(store, experiment_id)
    elsewhere = scenarios.new_experiment(store)
    said_in(store, elsewhere)
    made(store, feedback(first, "polite", "yes", metadata=OF_SESSION))
    assert found(store, elsewhere, "feedback.polite = 'yes'") == set()
