"""How many requests calls on traces cost on Azure Cosmos DB for NoSQL, as for tracking."""

from collections.abc import Mapping

import pytest

from tests.contract.traces.assessment_scenarios import assessed_trace, feedback, made
from tests.contract.traces.metric_scenarios import measured
from tests.contract.traces.trace_scenarios import new_trace_id
from tests.contract.traces.trace_search_scenarios import new_trace

from . import test_assessment_commands as assessments
from . import test_trace_commands as traces
from .asking import Asked, Billed, sorted_search
from .test_commands import experiment_in
from .test_trace_commands import spans, traced_in

FOUND = "search traces"
CHANGED = ["read traces", "replace traces"]

REQUESTS: Mapping[str, Asked] = {
    "start_trace": Asked(["create traces"], 8.0),
    "start_trace once more": Asked(
        ["create traces: 409", "read traces", "read traces", "patch traces"], 17.5
    ),
    "log_spans of 100 spans of a new trace": Asked(
        ["read traces: 404", "batch spans", "create traces"], 815.0
    ),
    "log_spans of 100 spans of a trace that is there": Asked(
        ["read traces", "batch spans", "patch traces"], 825.0
    ),
    "log_spans of 100 spans with tokens of a trace that is there": Asked(
        ["read traces", "batch spans", "query spans", "patch traces"], 860.0
    ),
    "log_spans of 100 spans of 100 new traces": Asked(
        [FOUND, *["upsert spans"] * 100, *["create traces"] * 100], 1542.5
    ),
    "get_trace_info": Asked(["read traces"], 1.0),
    "get_trace": Asked(["read traces", "query spans"], 3.6),
    "batch_get_trace_infos": Asked(["read traces"], 1.0),
    "set_trace_tag": Asked(["patch traces"], 11.0),
    "set_trace_tag of the name": Asked(["patch traces"], 11.5),
    "delete_trace_tag": Asked(["patch traces"], 11.0),
    "link_traces_to_run": Asked(["create traces: 409", "query traces", *CHANGED], 15.0),
    "link_prompts_to_trace": Asked(CHANGED, 11.5),
    "deprecated_start_trace_v2": Asked(["create traces"], 8.0),
    "deprecated_end_trace_v2": Asked(["read traces", "patch traces"], 14.5),
}

OF_ASSESSMENTS: Mapping[str, Asked] = {
    "create_assessment": Asked(["create assessments", "patch traces"], 19.5),
    "create_assessment that overrides": Asked(
        ["read traces", "create assessments", "patch traces"], 20.0
    ),
    "get_assessment": Asked(["read traces"], 1.1),
    "update_assessment": Asked(["read traces", "patch traces"], 13.5),
    "update_assessment that names a run": Asked(
        ["read traces", "create assessments", "patch traces"], 20.0
    ),
    "delete_assessment": Asked(["read traces", "patch traces"], 13.0),
    "delete_assessment of none": Asked(["read traces"], 1.1),
}


@pytest.mark.parametrize(
    ("name", "call"), [one[:2] for one in traces.BUDGETS], ids=[one[0] for one in traces.BUDGETS]
)
def test_a_call_asks_for_this(billed: Billed, name: str, call: traces.Call) -> None:
    experiment_id = experiment_in(billed.tracking)
    trace_id = traced_in(billed.tracking, experiment_id)
    with billed.during() as asked:
        call(billed.tracking, experiment_id, trace_id)
    REQUESTS[name].verify(asked)


@pytest.mark.parametrize(
    ("name", "call"),
    [one[:2] for one in assessments.BUDGETS],
    ids=[one[0] for one in assessments.BUDGETS],
)
def test_a_call_on_assessments_asks_for_this(
    billed: Billed, name: str, call: assessments.Call
) -> None:
    trace_id = assessed_trace(billed.tracking)
    assessment_id = made(billed.tracking, feedback(trace_id))
    with billed.during() as asked:
        call(billed.tracking, trace_id, assessment_id)
    OF_ASSESSMENTS[name].verify(asked)


@pytest.fixture(scope="module")
def four_traces(billed: Billed) -> str:
    """An experiment with traces of two spans each, no more than one response of a partition has."""
    experiment_id = experiment_in(billed.tracking)
    for _ in range(4):
        new_trace(
            billed.tracking,
            experiment_id,
            name="ask",
            spans=[{"name": "ask", "attributes": {"model": "small"}}, {"name": "generate"}],
        )
    return experiment_id


def test_a_hundred_traces_are_two_searches(billed: Billed) -> None:
    experiment_id = experiment_in(billed.tracking)
    trace_ids = [new_trace_id() for _ in range(100)]
    billed.tracking.log_spans(experiment_id, [one for key in trace_ids for one in spans(key, 3)])
    with billed.during() as asked:
        found = billed.tracking.batch_get_traces(trace_ids)
    assert [len(trace.data.spans) for trace in found] == [3] * 100
    Asked([FOUND, "search spans"], 50).verify(asked)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (None, Asked(sorted_search("traces"), 8.0)),
        ("tags.colour = 'red'", Asked(sorted_search("traces"), 8.0)),
        ("span.name = 'generate'", Asked([*sorted_search("traces"), "search spans"], 13.5)),
        (
            "span.content LIKE '%small%'",
            Asked([*sorted_search("traces"), *sorted_search("spans")], 15.5),
        ),
    ],
)
def test_a_page_of_traces(
    billed: Billed, four_traces: str, question: str | None, expected: Asked
) -> None:
    with billed.during() as asked:
        billed.tracking.search_traces(
            filter_string=question, locations=[four_traces], max_results=3
        )
    expected.verify(asked)


@pytest.mark.parametrize(
    ("view", "metric", "expected"),
    [
        ("traces", "trace_count", Asked(["search traces"], 5.0)),
        ("spans", "span_count", Asked(["search spans"], 5.0)),
    ],
)
def test_a_chart(billed: Billed, view: str, metric: str, expected: Asked) -> None:
    charted = measured(billed.tracking)
    charted.spans({"lasted": 1}, trace_id=charted.trace("t", at=0))
    with billed.during() as asked:
        charted.answer(view, metric, "COUNT")
    expected.verify(asked)
