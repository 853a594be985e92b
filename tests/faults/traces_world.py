"""A few traces with spans and links, for operations to change, and all that a reader can see."""

import json
from collections.abc import Mapping
from typing import Any

from mlflow.entities import Experiment, TraceInfo, TraceLocation, TraceState

from mlflow_docstore.core.errors import NotFound
from mlflow_docstore.core.spans import SpanBatch, SpanNode, SpanRecord
from mlflow_docstore.core.traces import NAME_TAG
from mlflow_docstore.ports.backend import Backend
from mlflow_docstore.ports.spans import Home

from .arenas import World
from .readers import Snapshot

IDS = ("t1", "t2", "t3", "t4", "t5")
"""All ids that the operations use."""

_MILLISECOND = 1_000_000
LARGE = "x" * 100_000
"""A content that is moved out of its span."""


def trace(trace_id: str, time: int = 2000) -> TraceInfo:
    return TraceInfo(
        trace_id,
        TraceLocation.from_experiment_id("1"),
        time,
        TraceState.OK,
        request_preview="hello",
        execution_duration=10,
        trace_metadata={"mlflow.trace.session": "s1", "mlflow.trace.infoFinalized": "true"},
        tags={"team": "a", NAME_TAG: "answer"},
    )


def span(number: int, start: int, text: str = "", tokens: int | None = None) -> SpanRecord:
    """The first of a trace is its root, the others are its children."""
    usage = None if tokens is None else {"input_tokens": tokens}
    parent = None if number == 1 else f"{1:016x}"
    return SpanRecord(
        SpanNode(f"{number:016x}", parent, usage),
        f"step {number}",
        "LLM",
        "OK",
        start * _MILLISECOND,
        (start + 5) * _MILLISECOND,
        json.dumps({"text": text, "number": number}),
    )


def batch(trace_id: str, *spans: SpanRecord) -> SpanBatch:
    return SpanBatch(trace_id, spans, "OK", user="me", tags={"service": "x"})


def new_trace(trace_id: str) -> tuple[str, Mapping[str, str]]:
    return "1", {"mlflow.artifactLocation": f"loc/{trace_id}"}


HOME = Home(new_trace)


def arrange(backend: Backend) -> None:
    """Of t1 all has come, of t2 only spans, of t3 only the start; t4 is only linked."""
    backend.prepare()
    backend.experiments.create(Experiment("1", "ant", "loc/1", "active", [], 1000, 1000))
    backend.traces.start(trace("t1"))
    spans = (span(1, 2000), span(2, 2001, LARGE, tokens=7))
    backend.spans.log([batch("t1", *spans), batch("t2", *spans)], HOME)
    backend.traces.start(trace("t3", 3000))
    backend.traces.link_run(["t3", "t4"], "r1")
    backend.traces.link_prompts("t3", ["p/1"])


def look(backend: Backend) -> Snapshot:
    """Everything, as plain values that compare."""
    read = {one.info.trace_id: one for one in backend.spans.read(IDS)}
    return {
        "traces": {key: one.info.to_dict() for key, one in read.items()},
        "spans": {key: one.spans for key, one in read.items()},
        "single": {key: found for key in IDS if (found := _got(backend, key)) is not None},
    }


def _got(backend: Backend, trace_id: str) -> dict[str, Any] | None:
    try:
        return backend.traces.get(trace_id).to_dict()
    except NotFound:
        return None


WORLD = World(("traces", "spans", "trace_metrics"), arrange, look, exact=())
