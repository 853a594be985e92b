"""What processes do to one trace, all at once; each job gets its process's number."""

import json
from dataclasses import replace

from mlflow.entities import (
    Assessment,
    AssessmentSource,
    Feedback,
    TraceInfo,
    TraceLocation,
    TraceState,
)

from mlflow_docstore.core.errors import AlreadyExists
from mlflow_docstore.core.spans import SpanBatch, SpanNode, SpanRecord
from mlflow_docstore.ports.backend import Backend
from mlflow_docstore.ports.spans import Home

BATCHES = 2
SPANS = 5
"""Of each batch of each process."""

TAGS = 6
STARTS = 6
ROOT = f"{1:016x}"
STARTED = 500
"""What a start tells, in milliseconds; spans begin at 1000 and later."""

HOME = Home(lambda trace_id: ("1", {"mlflow.artifactLocation": f"loc/{trace_id}"}))
_MILLISECOND = 1_000_000


def span(number: int, order: int) -> SpanRecord:
    """A child of a root that is in no batch, with a token of its own."""
    node = SpanNode(f"{100 * (number + 1) + order:016x}", ROOT, {"input_tokens": 1})
    start = (1000 + 100 * number + order) * _MILLISECOND
    content = json.dumps([number, order])
    return SpanRecord(node, f"step {number}", "LLM", "OK", start, start + _MILLISECOND, content)


def batches(trace_id: str, number: int) -> list[SpanBatch]:
    return [
        SpanBatch(trace_id, [span(number, SPANS * batch + at) for at in range(SPANS)])
        for batch in range(BATCHES)
    ]


def trace(trace_id: str) -> TraceInfo:
    location = TraceLocation.from_experiment_id("1")
    return TraceInfo(trace_id, location, STARTED, TraceState.OK, tags={"team": "a"})


def log_spans(backend: Backend, number: int, trace_id: str) -> None:
    for batch in batches(trace_id, number):
        backend.spans.log([batch], HOME)


def deliver_all(backend: Backend, number: int, trace_id: str) -> None:
    """What all send: every process sends every batch, each from another one on."""
    every = [batch for one in range(3) for batch in batches(trace_id, one)]
    for batch in (*every[number:], *every[:number]):
        backend.spans.log([batch], HOME)


def start_log_or_tag(backend: Backend, number: int, trace_id: str) -> None:
    """Two start the trace, three send spans, three set tags once it is there."""
    if number < 2:
        backend.traces.start(trace(trace_id))
    elif number < 5:
        log_spans(backend, number, trace_id)
    else:
        backend.traces.start(trace(trace_id))
        for write in range(TAGS):
            backend.traces.set_tag(trace_id, f"own{number}", str(write))
            backend.traces.link_run([trace_id], f"run{number}")


def delete_or_log(backend: Backend, number: int, trace_id: str) -> None:
    """Two delete the trace again and again, six send all that they have, and then once more."""
    for _ in range(BATCHES):
        if number < 2:
            backend.traces.delete("1", [trace_id])
        else:
            log_spans(backend, number, trace_id)


def assess(backend: Backend, number: int, trace_id: str) -> bool:
    """Some assessments of one's own, and one whose id all want; whether this process got it."""
    for write in range(BATCHES):
        backend.assessments.create(_feedback(trace_id, f"{trace_id}-{number}-{write}"))
        backend.assessments.delete(trace_id, f"{trace_id}-{number}-0")
    try:
        backend.assessments.create(_feedback(trace_id, f"{trace_id}-all"))
    except AlreadyExists:
        return False
    return True


def judge_start_or_log(backend: Backend, number: int, trace_id: str) -> None:
    """Two start the trace again and again, three send spans, three judge.

    Who starts brings assessments. Who judges makes one that stays, and one that goes. Both change
    what all have.
    """
    if number < 2:
        for write in range(STARTS):
            own = _feedback(trace_id, f"{trace_id}-{number}-{write}")
            backend.traces.start(replace(trace(trace_id), assessments=[own]))
        _change(backend, trace_id, "all", number)
    elif number < 5:
        log_spans(backend, number, trace_id)
    else:
        for one in (f"{number}", f"{number}-gone"):
            backend.assessments.create(_feedback(trace_id, f"{trace_id}-{one}"))
            _change(backend, trace_id, one, number)
            _change(backend, trace_id, "all", number)
        backend.assessments.delete(trace_id, f"{trace_id}-{number}-gone")


def _change(backend: Backend, trace_id: str, name: str, number: int) -> None:
    def signed(found: Assessment) -> Assessment:
        found.metadata = {**(found.metadata or {}), str(number): "was here"}
        return found

    backend.assessments.change(trace_id, f"{trace_id}-{name}", signed)


def shared_feedback(trace_id: str) -> Assessment:
    """What all have."""
    return _feedback(trace_id, f"{trace_id}-all")


def _feedback(trace_id: str, assessment_id: str) -> Assessment:
    source = AssessmentSource("CODE", "a process")
    made = Feedback(name="good", value="yes", source=source, trace_id=trace_id)
    made.assessment_id = assessment_id
    return made
