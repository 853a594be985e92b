"""How many commands metrics of traces cost."""

from typing import Any

import pytest
from pymongo import MongoClient

from tests.contract.traces.metric_scenarios import Measured, measured

from .conftest import Heard
from .listening import explained

Client = MongoClient[dict[str, Any]]

HOURLY = {"time_interval_seconds": 3600, "start_time_ms": 0, "end_time_ms": 2**62}
RED = ["trace.tag.team = 'red'"]


@pytest.fixture(scope="module")
def charted(heard: Heard) -> Measured:
    """Thirty traces with three spans each."""
    charted = measured(heard.store)
    for number in range(30):
        trace_id = charted.trace(f"t{number % 3}", at=number * 600_000, tags={"team": "red"})
        spans = [{"lasted": step, "root": step == 0} for step in range(3)]
        charted.spans(*spans, trace_id=trace_id)
    return charted


@pytest.mark.parametrize(
    ("view", "metric", "aggregated", "options", "commands"),
    [
        ("traces", "trace_count", "COUNT", {}, 1),
        ("traces", "trace_count", "COUNT", {**HOURLY, "dimensions": ["trace_status"]}, 1),
        ("traces", "trace_count", "COUNT", {**HOURLY, "filters": RED}, 1),
        ("traces", "session_count", "COUNT", HOURLY, 1),
        ("traces", "latency", "P50 P95 AVG", HOURLY, 1),
        ("traces", "total_tokens", "SUM AVG", {"dimensions": ["trace_name"]}, 1),
        ("spans", "span_count", "COUNT", {"dimensions": ["span_name"]}, 1),
        ("spans", "total_cost", "SUM", {"dimensions": ["span_model_name"]}, 1),
        ("spans", "latency", "P95", HOURLY, 1),
        ("spans", "span_count", "COUNT", {**HOURLY, "filters": RED}, 2),
        ("spans", "latency", "P95", {**HOURLY, "filters": RED}, 2),
        ("assessments", "assessment_count", "COUNT", {"filters": RED}, 1),
        ("assessments", "assessment_value", "AVG", HOURLY, 1),
    ],
)
def test_a_question_is_one_command_and_one_more_for_spans_of_chosen_traces(
    heard: Heard,
    charted: Measured,
    view: str,
    metric: str,
    aggregated: str,
    options: dict[str, Any],
    commands: int,
) -> None:
    with heard.listener.during() as sent:
        charted.answer(view, metric, aggregated, **options)
    assert len(sent.names) == commands, sent.names
    # Of percentiles all values are read, which needs no aggregate.
    assert sent.names[-1] == ("find" if "P" in aggregated else "aggregate")


def test_spans_of_an_experiment_are_found_by_an_index(
    heard: Heard, client: Client, charted: Measured
) -> None:
    with heard.listener.during() as sent:
        charted.answer("spans", "span_count", **HOURLY)
    command = sent.only
    where = command["pipeline"][0]["$match"]
    find = {"find": command["aggregate"], "filter": where, "$db": command["$db"]}
    assert explained(client, find).index == "by_time"
