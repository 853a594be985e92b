"""Which index each read of traces walks on the embedded database: SQLite's own plans."""

from uuid import uuid4

import pytest

from tests.contract.traces.metric_scenarios import measured

from .test_statement_plans import assert_walks, walked
from .test_trace_commands import traced_in
from .tracing import Traced


@pytest.mark.parametrize("count", [1, 2, 100])
def test_traces_are_read_by_their_ids_and_their_spans_by_theirs(traced: Traced, count: int) -> None:
    experiment_id = str(traced.tracking.create_experiment(f"e{uuid4().hex}"))
    ids = [traced_in(traced.tracking, experiment_id) for _ in range(count)]
    with traced.during() as heard:
        found = traced.tracking.batch_get_traces(ids)
    assert [len(trace.data.spans) for trace in found] == [1] * count
    assert_walks(walked(traced, heard), ["_id_", "by_trace"])


@pytest.mark.parametrize("aggregated", ["COUNT", "P95"])
def test_spans_of_chosen_traces_are_found_by_these(traced: Traced, aggregated: str) -> None:
    charted = measured(traced.tracking)
    for number in range(3):
        charted.spans({"lasted": 1}, trace_id=charted.trace(at=number))
    metric = "span_count" if aggregated == "COUNT" else "latency"
    chosen = ["trace.status = 'OK'"]
    # What columns there are is asked for once.
    charted.answer("spans", metric, aggregated, filters=chosen)
    with traced.during() as heard:
        charted.answer("spans", metric, aggregated, filters=chosen)
    assert_walks(walked(traced, heard), ["by_recency", "by_trace"])
