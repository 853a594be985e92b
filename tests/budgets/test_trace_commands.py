"""How many commands calls on traces and spans cost: exactly, so that an improvement is noticed."""

from collections.abc import Callable

import pytest
from mlflow.entities import Span
from mlflow.entities.model_registry import PromptVersion

from mlflow_docstore.compat.tracking.store import DocStoreTrackingStore
from tests.contract.traces.trace_scenarios import (
    INPUTS,
    SPAN_USAGE,
    TRACE_NAME,
    feedback,
    info_of,
    new_trace_id,
    span,
    usage,
)

from .conftest import Heard
from .test_commands import experiment_in

Call = Callable[[DocStoreTrackingStore, str, str], object]
"""With the ids of an experiment and of a trace in it, which has started and has a span."""


def spans(trace_id: str, count: int, **attributes: object) -> list[Span]:
    """A root and its children."""
    return [
        span(trace_id, number, 1 if number > 1 else None, attributes=attributes)
        for number in range(1, count + 1)
    ]


def traced_in(store: DocStoreTrackingStore, experiment_id: str) -> str:
    trace_id = new_trace_id()
    store.start_trace(info_of(experiment_id, trace_id, tags={"colour": "red"}))
    store.log_spans(experiment_id, spans(trace_id, 1))
    return trace_id


BUDGETS: list[tuple[str, Call, list[str]]] = [
    ("start_trace", lambda store, e, _t: store.start_trace(info_of(e)), ["insert"]),
    (
        "start_trace once more",
        lambda store, e, t: store.start_trace(info_of(e, t)),
        ["insert", "find", "find", "findAndModify"],
    ),
    (
        "log_spans of 100 spans of a new trace",
        lambda store, e, _t: store.log_spans(e, spans(new_trace_id(), 100)),
        ["find", "update", "insert"],
    ),
    (
        "log_spans of 100 spans of a trace that is there",
        lambda store, e, t: store.log_spans(e, spans(t, 100)),
        ["find", "update", "update"],
    ),
    (
        "log_spans of 100 spans with tokens of a trace that is there",
        lambda store, e, t: store.log_spans(e, spans(t, 100, **{SPAN_USAGE: usage(1, 2)})),
        ["find", "update", "find", "update"],
    ),
    (
        "log_spans of 100 spans of 100 new traces",
        lambda store, e, _t: store.log_spans(e, [span(new_trace_id()) for _ in range(100)]),
        ["find", "update", "insert"],
    ),
    ("get_trace_info", lambda store, _e, t: store.get_trace_info(t), ["find"]),
    ("get_trace", lambda store, _e, t: store.get_trace(t), ["find", "find"]),
    ("batch_get_trace_infos", lambda store, _e, t: store.batch_get_trace_infos([t]), ["find"]),
    ("set_trace_tag", lambda store, _e, t: store.set_trace_tag(t, "k", "v"), ["update"]),
    (
        "set_trace_tag of the name",
        lambda store, _e, t: store.set_trace_tag(t, TRACE_NAME, "v"),
        ["update"],
    ),
    ("delete_trace_tag", lambda store, _e, t: store.delete_trace_tag(t, "colour"), ["update"]),
    (
        "link_traces_to_run",
        lambda store, _e, t: store.link_traces_to_run([t], "r" * 32),
        ["insert", "update"],
    ),
    (
        "link_prompts_to_trace",
        lambda store, _e, t: store.link_prompts_to_trace(t, [PromptVersion("p", 1, "")]),
        ["update"],
    ),
    (
        "deprecated_start_trace_v2",
        lambda store, e, _t: store.deprecated_start_trace_v2(e, 1, {}, {}),
        ["insert"],
    ),
    (
        "deprecated_end_trace_v2",
        lambda store, _e, t: store.deprecated_end_trace_v2(t, 5, "OK", {}, {}),
        ["find", "findAndModify"],
    ),
]


@pytest.mark.parametrize(
    ("call", "commands"),
    [(call, commands) for _, call, commands in BUDGETS],
    ids=[name for name, _, _ in BUDGETS],
)
def test_call_costs(heard: Heard, call: Call, commands: list[str]) -> None:
    experiment_id = experiment_in(heard.store)
    trace_id = traced_in(heard.store, experiment_id)
    with heard.listener.during() as sent:
        call(heard.store, experiment_id, trace_id)
    assert sent.names == commands


@pytest.mark.parametrize("first", ["start", "spans"])
def test_the_experiment_is_read_for_the_first_trace(heard: Heard, first: str) -> None:
    experiment_id = experiment_in(heard.store)
    with heard.listener.during() as sent:
        if first == "start":
            heard.store.start_trace(info_of(experiment_id))
        else:
            heard.store.log_spans(experiment_id, spans(new_trace_id(), 100))
    assert sent.names == (
        ["find", "insert"] if first == "start" else ["find", "find", "update", "insert"]
    )


def test_many_traces_are_read_as_one_is(heard: Heard) -> None:
    experiment_id = experiment_in(heard.store)
    trace_ids = [new_trace_id() for _ in range(100)]
    heard.store.log_spans(experiment_id, [one for key in trace_ids for one in spans(key, 3)])
    with heard.listener.during() as sent:
        traces = heard.store.batch_get_traces(trace_ids)
    assert [len(trace.data.spans) for trace in traces] == [3] * 100
    assert [name for name in sent.names if name != "getMore"] == ["find", "find"]


def test_many_traces_are_deleted_as_one_is(heard: Heard) -> None:
    costs = []
    for count in (1, 100):
        experiment_id = experiment_in(heard.store)
        made = [span(new_trace_id(), attributes={INPUTS: "x"}) for _ in range(count)]
        heard.store.log_spans(experiment_id, made)
        with heard.listener.during() as sent:
            heard.store.delete_traces(experiment_id, trace_ids=[one.trace_id for one in made])
        costs.append(sent.names)
    assert costs[0] == costs[1]
    assert len(costs[0]) <= 7


def test_a_trace_with_assessments_is_read_as_one_without(heard: Heard) -> None:
    experiment_id = experiment_in(heard.store)
    started = heard.store.start_trace(
        info_of(experiment_id, assessments=[feedback(f"n{number}") for number in range(20)])
    )
    with heard.listener.during() as sent:
        heard.store.get_trace_info(started.trace_id)
    assert sent.names == ["find"]
