"""Starts, spans and deletions of one trace end as if they had come one after the other."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from mlflow.entities import TraceInfo, TraceLocation, TraceState

from mlflow_docstore.adapters.document.backend import DocumentBackend
from mlflow_docstore.adapters.document.layout import SPANS, TRACES
from mlflow_docstore.adapters.memory.database import Database
from mlflow_docstore.adapters.memory.driver import MemoryDriver
from mlflow_docstore.core.spans import SpanBatch, SpanNode, SpanRecord
from mlflow_docstore.ports.backend import Backend
from mlflow_docstore.ports.spans import Home

from .serial_orders import SerialOrders, Work

ROOT = f"{1:016x}"
HOME = Home(lambda trace_id: ("1", {"at": trace_id}))


def span(number: int, start: int, tokens: int) -> SpanRecord:
    parent = None if number == 1 else ROOT
    node = SpanNode(f"{number:016x}", parent, {"input_tokens": tokens} if tokens else None)
    times = (start * 1_000_000, (start + 10) * 1_000_000)
    return SpanRecord(node, f"step {number}", "LLM", "OK", *times, json.dumps([number, tokens]))


def log(*spans: SpanRecord, state: str | None = None) -> Work:
    return lambda db: db.spans.log([SpanBatch("t", spans, state)], HOME)


def start(time: int) -> Work:
    location = TraceLocation.from_experiment_id("1")
    trace = TraceInfo("t", location, time, TraceState.OK, trace_metadata={"who": str(time)})
    return lambda db: db.traces.start(trace)


def delete(db: Backend) -> None:
    db.traces.delete("1", ["t"])


def link(db: Backend) -> None:
    db.traces.link_run(["t"], "r")


CHILD = log(span(2, 50, 5))
ROOT_SPAN = log(span(1, 40, 0), state="ERROR")
AGAIN = log(span(2, 45, 7))


def look(database: Database) -> Any:
    """What readers see, and whether the spans tell the time and the experiment of their trace."""
    db = DocumentBackend(MemoryDriver(database))
    read = [(one.info.to_dict(), one.spans) for one in db.spans.read(["t"])]
    trace = database.table(TRACES).documents.get("t")
    if trace is None or "time" not in trace:
        return read
    spans = database.table(SPANS).documents.values()
    mine = [one for one in spans if one["era"] == trace["era"]]
    told = {(one["time"], one["experiment_id"]) for one in mine}
    assert told <= {(trace["time"], trace["experiment_id"])}
    return read


ORDERS = SerialOrders({TRACES, SPANS}, look)


@pytest.mark.parametrize(
    ("before", "works"),
    [
        pytest.param([], [CHILD, ROOT_SPAN], id="spans of a new trace"),
        pytest.param([], [CHILD, start(60)], id="a start and spans"),
        pytest.param([], [start(60), start(70)], id="two starts"),
        pytest.param([CHILD], [AGAIN, ROOT_SPAN], id="a span again"),
        pytest.param([CHILD], [start(60), ROOT_SPAN], id="a late start"),
        pytest.param([start(60)], [CHILD, ROOT_SPAN], id="spans of a started trace"),
        pytest.param([CHILD], [delete, ROOT_SPAN], id="a deletion and spans"),
        pytest.param([CHILD], [delete, start(60)], id="a deletion and a start"),
        pytest.param([CHILD, link], [delete, ROOT_SPAN], id="a deletion of a linked one"),
        pytest.param([], [link, CHILD], id="a link and spans"),
    ],
)
def test_two_end_as_one_after_the_other(
    pool: ThreadPoolExecutor, before: list[Work], works: list[Work]
) -> None:
    assert ORDERS.explore(pool, before, works, preemptions=4) > 1


@pytest.mark.parametrize(
    ("before", "works"),
    [
        pytest.param([], [CHILD, ROOT_SPAN, start(60)], id="all of a new trace"),
        pytest.param([CHILD], [AGAIN, ROOT_SPAN, start(30)], id="all of a known trace"),
        pytest.param([CHILD], [delete, ROOT_SPAN, start(60)], id="a deletion"),
    ],
)
def test_three_end_as_one_after_the_other(
    pool: ThreadPoolExecutor, before: list[Work], works: list[Work]
) -> None:
    assert ORDERS.explore(pool, before, works, preemptions=2) > 100
