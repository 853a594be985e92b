"""How many commands calls on assessments cost: exactly, so that an improvement is noticed."""

from collections.abc import Callable

import pytest

from mlflow_docstore.compat.tracking.store import DocStoreTrackingStore
from tests.contract.scenarios import new_run_id
from tests.contract.traces.assessment_scenarios import (
    assessed_trace,
    feedback,
    finished_trace,
    made,
    made_by_run,
)

from .conftest import Heard
from .test_commands import experiment_in
from .tracing import Traced

Call = Callable[[DocStoreTrackingStore, str, str], object]
"""With the ids of a trace and of an assessment on it."""

BUDGETS: list[tuple[str, Call, list[str]]] = [
    (
        "create_assessment",
        lambda store, t, _a: store.create_assessment(feedback(t)),
        ["insert", "findAndModify"],
    ),
    (
        "create_assessment that overrides",
        lambda store, t, a: store.create_assessment(feedback(t, overrides=a)),
        ["find", "insert", "findAndModify"],
    ),
    ("get_assessment", lambda store, t, a: store.get_assessment(t, a), ["find"]),
    (
        "update_assessment",
        lambda store, t, a: store.update_assessment(t, a, name="new", metadata={"k": "v"}),
        ["find", "findAndModify"],
    ),
    (
        "update_assessment that names a run",
        lambda store, t, a: store.update_assessment(t, a, metadata=made_by_run("r")),
        ["find", "insert", "findAndModify"],
    ),
    (
        "delete_assessment",
        lambda store, t, a: store.delete_assessment(t, a),
        ["find", "findAndModify"],
    ),
    ("delete_assessment of none", lambda store, t, _a: store.delete_assessment(t, "x"), ["find"]),
]


@pytest.mark.parametrize(
    ("call", "commands"),
    [(call, commands) for _, call, commands in BUDGETS],
    ids=[name for name, _, _ in BUDGETS],
)
def test_call_costs(heard: Heard, call: Call, commands: list[str]) -> None:
    trace_id = assessed_trace(heard.store)
    assessment_id = made(heard.store, feedback(trace_id))
    with heard.listener.during() as sent:
        call(heard.store, trace_id, assessment_id)
    assert sent.names == commands


def test_a_trace_that_brings_assessments_costs_one_more(heard: Heard) -> None:
    experiment_id = experiment_in(heard.store)
    assessed_trace(heard.store, experiment_id=experiment_id)
    brought = [feedback() for _ in range(50)]
    with heard.listener.during() as sent:
        heard.store.start_trace(finished_trace(experiment_id, brought))
    assert sent.names == ["insert", "insert"]


def test_a_deleted_run_that_made_some_costs_two_more_and_one_a_trace(heard: Heard) -> None:
    run_id = new_run_id(heard.store)
    for _ in range(5):
        assessed_trace(heard.store, *[feedback(metadata=made_by_run(run_id)) for _ in range(3)])
    with heard.listener.during() as sent:
        heard.store.delete_run(run_id)
    assert sent.names == ["update", "find", "find", *["findAndModify"] * 5, "delete"]


def test_where_two_documents_can_be_one_write_claim_and_assessment_are(traced: Traced) -> None:
    trace_id = assessed_trace(traced.tracking)
    with traced.during() as heard:
        traced.tracking.create_assessment(feedback(trace_id))
    # The trace and the claim are looked for, then written.
    assert heard.names == ["BEGIN", "SELECT", "SELECT", "UPDATE", "INSERT", "COMMIT"]
