"""Named builders of traces and spans: what must exist before a test can ask its question.

Spans are real ones, made of OpenTelemetry's, with none of MLflow's global tracing around them.
"""

import json
import uuid
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mlflow.entities import Feedback, Span, TraceInfo
from mlflow.entities.span import create_mlflow_span
from mlflow.entities.trace_location import TraceLocation
from mlflow.entities.trace_state import TraceState
from mlflow.store.tracking.abstract_store import AbstractStore
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.trace import Link, SpanContext, Status, StatusCode

from ..scenarios import START_TIME, new_experiment

MS = 1_000_000
"""Nanoseconds of a millisecond."""

ARCHIVE_LOCATION = "mlflow.trace.archiveLocation"
ARTIFACT_LOCATION = "mlflow.artifactLocation"
COST = "mlflow.trace.cost"
FINALIZED = "mlflow.trace.infoFinalized"
SESSION = "mlflow.trace.session"
SIZE_STATS = "mlflow.trace.sizeStats"
SOURCE_RUN = "mlflow.sourceRun"
SPANS_LOCATION = "mlflow.trace.spansLocation"
TOKEN_USAGE = "mlflow.trace.tokenUsage"  # noqa: S105 - counts of tokens
TRACE_NAME = "mlflow.traceName"
TRACE_USER = "mlflow.trace.user"

INPUTS = "mlflow.spanInputs"
OUTPUTS = "mlflow.spanOutputs"
SPAN_COST = "mlflow.llm.cost"
SPAN_MODEL = "mlflow.llm.model"
SPAN_TYPE = "mlflow.spanType"
SPAN_USAGE = "mlflow.chat.tokenUsage"
TAG_PREFIX = "mlflow.traceTag."


def new_trace_id() -> str:
    """An id as MLflow's clients make them, of no trace so far."""
    return f"tr-{uuid.uuid4().hex}"


def info_of(experiment_id: str, trace_id: str | None = None, **fields: Any) -> TraceInfo:
    """What a client says of a trace; finished well, after 7 ms, unless told otherwise."""
    given = {
        "request_time": START_TIME,
        "state": TraceState.OK,
        "execution_duration": 7,
    } | fields
    location = TraceLocation.from_experiment_id(experiment_id)
    return TraceInfo(trace_id=trace_id or new_trace_id(), trace_location=location, **given)


def started(
    store: AbstractStore,
    experiment_id: str | None = None,
    trace_id: str | None = None,
    **fields: Any,
) -> TraceInfo:
    """A trace that the store was told of by ``start_trace``, as it answered."""
    info = info_of(experiment_id or new_experiment(store), trace_id, **fields)
    return store.start_trace(info)


def started_again(store: AbstractStore, before: TraceInfo, **fields: Any) -> TraceInfo:
    """The same trace once more, with these fields and otherwise none; as re-read."""
    store.start_trace(info_of(before.experiment_id, before.trace_id, **fields))
    return store.get_trace_info(before.trace_id)


def feedback(name: str = "quality", value: Any = 0.5, **options: Any) -> Feedback:
    """A feedback, with an id if one is given."""
    assessment_id = options.pop("assessment_id", None)
    made = Feedback(name=name, value=value, **options)
    made.assessment_id = assessment_id
    return made


def span(
    trace_id: str,
    span_id: int = 1,
    parent: int | None = None,
    *,
    name: str = "step",
    start: int = START_TIME,
    end: int | None = START_TIME + 7,
    status: StatusCode = StatusCode.OK,
    description: str | None = None,
    attributes: Mapping[str, Any] | None = None,
    raw: Mapping[str, Any] | None = None,
    resource: Mapping[str, Any] | None = None,
    events: Sequence[Event] = (),
    links: Sequence[Link] = (),
) -> Span:
    """A finished span.

    Args:
        trace_id: Of MLflow's.
        span_id: Its number in the trace.
        parent: The number of its parent; None for a root.
        name: Of the span.
        start: In milliseconds.
        end: In milliseconds; None while it runs.
        status: OpenTelemetry's.
        description: Of the status.
        attributes: Written as JSON, as MLflow's clients do.
        raw: Attributes that are written as they are, as other clients do.
        resource: What the exporter says of itself.
        events: In their order.
        links: To other spans.
    """
    written = {"mlflow.traceRequestId": trace_id, **(attributes or {})}
    dumped = {key: json.dumps(value, ensure_ascii=False) for key, value in written.items()}
    made = ReadableSpan(
        name=name,
        context=_context(trace_id, span_id),
        parent=None if parent is None else _context(trace_id, parent),
        start_time=start * MS,
        end_time=None if end is None else end * MS,
        attributes={**dumped, **(raw or {})},
        status=Status(status, description),
        resource=Resource(dict(resource or {})),
        events=events,
        links=links,
    )
    return create_mlflow_span(made, trace_id)


def told_span(
    trace_id: str,
    name: str,
    *,
    span_id: str | None,
    parent_id: str | None,
    status: str,
    times_ns: tuple[int, int | None],
    attributes: Mapping[str, Any],
) -> Span:
    """A span of MLflow's own JSON; one without an id gets one."""
    return Span.from_dict(
        {
            "trace_id": _packed(trace_id.removeprefix("tr-")),
            "span_id": _packed(span_id or uuid.uuid4().hex[:16]),
            "parent_span_id": None if parent_id is None else _packed(parent_id),
            "name": name,
            "start_time_unix_nano": times_ns[0],
            "end_time_unix_nano": times_ns[1],
            "status": {"code": f"STATUS_CODE_{status}", "message": ""},
            "attributes": {
                key: json.dumps(value, ensure_ascii=False)
                for key, value in {"mlflow.traceRequestId": trace_id, **attributes}.items()
            },
            "events": [],
        }
    )


def _packed(digits: str) -> str:
    return b64encode(bytes.fromhex(digits)).decode()


def _context(trace_id: str, span_id: int) -> SpanContext:
    digits = trace_id.removeprefix("tr-")
    number = int(digits, 16) if len(digits) == 32 else uuid.uuid5(uuid.NAMESPACE_OID, trace_id).int
    return SpanContext(trace_id=number, span_id=span_id, is_remote=False)


def event(name: str = "happened", at: int = START_TIME, **attributes: Any) -> Event:
    """Something that happened in a span, at a millisecond."""
    return Event(name, attributes, at * MS)


def logged(store: AbstractStore, experiment_id: str, *spans: Span) -> TraceInfo:
    """The trace of these spans, which are logged in one call; as re-read."""
    store.log_spans(experiment_id, list(spans))
    return store.get_trace_info(spans[0].trace_id)


def new_traced(store: AbstractStore, experiment_id: str | None = None, **options: Any) -> TraceInfo:
    """A trace that nothing but one span, its root, tells of."""
    return logged(
        store, experiment_id or new_experiment(store), span(new_trace_id(), name="root", **options)
    )


def spans_of(store: AbstractStore, trace_id: str) -> list[Span]:
    """The spans that are there so far."""
    return store.get_trace(trace_id, allow_partial=True).data.spans


def names_of(store: AbstractStore, trace_id: str) -> list[str]:
    """The names of the spans that are there so far."""
    return [one.name for one in spans_of(store, trace_id)]


def ids_of(traces: Iterable[TraceInfo]) -> list[str]:
    """In their order."""
    return [trace.trace_id for trace in traces]


def found(store: AbstractStore, experiment_id: str, filter_string: str) -> set[str]:
    """The ids of the traces that a filter finds."""
    infos, _ = store.search_traces(experiment_ids=[experiment_id], filter_string=filter_string)
    return set(ids_of(infos))


def is_there(store: AbstractStore, trace_id: str) -> bool:
    """Whether there is a trace of that id, in whatever state."""
    return bool(store.batch_get_trace_infos([trace_id]))


def usage(entry: int, output: int, **more: int) -> dict[str, int]:
    """Tokens of one call of a model, in the order that MLflow writes them."""
    total = entry + output
    return {"input_tokens": entry, "output_tokens": output, "total_tokens": total, **more}


def cost(entry: float, output: float) -> dict[str, float]:
    """What one call of a model cost, in the order that MLflow writes it."""
    return {"input_cost": entry, "output_cost": output, "total_cost": entry + output}


def metadata_json(info: TraceInfo, key: str) -> Any:
    """A value of the metadata that is JSON, parsed; None where there is none."""
    written = info.trace_metadata.get(key)
    return None if written is None else json.loads(written)
