"""The documents that the bare drivers write. The benchmarks refuse to run if ours differ."""

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from mlflow.entities import Assessment, Span, TraceInfo

from benchmarks.bare.documents import STAMP, Document
from benchmarks.data import EPOCH
from mlflow_docstore.adapters.document.keys import digest

SPAN_ORDER = ("parent_id", "start", "span_id")
"""Roots first, then by start."""

DIMENSIONS = {"trace_status": "state", "span_model_name": "model_name"}
"""Paths of what splits a chart."""

VALUES = {
    "latency": "duration",
    "total_tokens": "tokens.total_tokens",
    "total_cost": "costs.total_cost",
}
"""Paths of what is summed."""

_INT64_MAX = 2**63 - 1
_MILLISECOND = 1_000_000
_NAME = "mlflow.traceName"
_SESSION, _TOKENS, _COST = "mlflow.trace.session", "mlflow.trace.tokenUsage", "mlflow.trace.cost"
_LOCATION = "mlflow%2Etrace%2EspansLocation"
_WORDS = {"yes": 1.0, "no": 0.0}


def empty(trace_id: str, experiment_id: str, artifacts: str) -> Document:
    """A trace of which nothing is known yet, but where its artifacts go."""
    return {
        "_id": trace_id,
        "experiment_id": experiment_id,
        "lifecycle": "active",
        "state": "STATE_UNSPECIFIED",
        "client_request_id": None,
        "request_preview": None,
        "response_preview": None,
        "name": None,
        "session_id": None,
        "tokens": {},
        "costs": {},
        "tags": {"mlflow%2EartifactLocation": f"{artifacts}/traces/{trace_id}/artifacts"},
        "metadata": {},
        "assessments": [],
        "held": {},
        "assessed": "",
        "spans": [],
        "revision": 0,
        "era": uuid.uuid4().hex[:16],
        **STAMP,
    }


def told(info: TraceInfo) -> Document:
    """What a trace is told of, by path."""
    metadata = info.trace_metadata
    tags = {key: value for key, value in info.tags.items() if key != _NAME}
    rest = {k: v for k, v in metadata.items() if k not in (_SESSION, _TOKENS, _COST)}
    return {
        "state": info.state.value,
        "request_preview": info.request_preview,
        "response_preview": info.response_preview,
        "name": info.tags[_NAME],
        "session_id": metadata[_SESSION],
        **_timed(info.trace_id, info.request_time, info.execution_duration or 0),
        **_flat("tokens", json.loads(metadata[_TOKENS])),
        **_flat("costs", json.loads(metadata[_COST])),
        **_flat("tags", tags),
        **_flat("metadata", rest),
    }


def grown(
    trace: Document, spans: Sequence[Span], contents: Sequence[Mapping[str, Any]]
) -> Document:
    """What the first spans of a trace say of it, by path: this much even a bare driver needs."""
    begin = min(span.start_time_ns for span in spans) // _MILLISECOND
    end = max(span.end_time_ns or 0 for span in spans) // _MILLISECOND
    root = next(one["attributes"] for one in contents if one["parent_span_id"] is None)
    kinds = {(one.name, one.span_type, one.status.status_code.value) for one in spans}
    return {
        "state": "OK",
        "request_preview": root["mlflow.spanInputs"],
        "response_preview": root["mlflow.spanOutputs"],
        "spans": [dict(zip(("name", "type", "status"), kind, strict=True)) for kind in kinds],
        "revision": trace["revision"] + 1,
        f"tags.{_LOCATION}": "TRACKING_STORE",
        **_timed(trace["_id"], begin, end - begin),
        **_flat("tokens", _summed(contents, "mlflow.chat.tokenUsage")),
        **_flat("costs", _summed(contents, "mlflow.llm.cost")),
    }


def span(trace: Document, time: int, one: Span, content: Mapping[str, Any]) -> Document:
    """A span of a trace."""
    attributes = content["attributes"]
    cost = attributes.get("mlflow.llm.cost")
    end = one.end_time_ns or 0
    return {
        "_id": f"{trace['_id']}-{one.span_id}",
        "trace_id": trace["_id"],
        "span_id": one.span_id,
        "parent_id": one.parent_id,
        "name": one.name,
        "type": one.span_type,
        "status": one.status.status_code.value,
        "start": one.start_time_ns,
        "end": end,
        "started": one.start_time_ns // _MILLISECOND,
        "duration": (end - one.start_time_ns) // _MILLISECOND,
        "content": json.dumps(content),
        "usage": attributes.get("mlflow.chat.tokenUsage"),
        "cost": cost,
        "costs": _loaded(cost) or {},
        "model_name": _loaded(attributes.get("mlflow.llm.model")),
        "model_provider": None,
        "experiment_id": trace["experiment_id"],
        "time": time,
        "era": trace["era"],
        "logged": EPOCH,
        **STAMP,
    }


def claim(assessment: Assessment, asker: str) -> Document:
    """What keeps the id of an assessment from being used twice."""
    return {
        "_id": assessment.assessment_id,
        "trace_id": assessment.trace_id,
        "run_id": None,
        "asker": asker,
        "asked": EPOCH,
        **STAMP,
    }


def held(assessment: Assessment) -> str:
    """The name of what says that a trace has an assessment."""
    return digest(str(assessment.assessment_id))


def element(assessment: Assessment) -> Document:
    """An assessment, in its trace."""
    return {
        "id": assessment.assessment_id,
        "kind": "feedback",
        "name": assessment.name,
        "value": json.dumps(assessment.value),
        "number": _WORDS.get(str(assessment.value)),
        "numeric": False,
        "valid": True,
        "session": False,
        "overrides": None,
        "created": assessment.create_time_ms,
        "updated": assessment.last_update_time_ms,
        "source_type": assessment.source.source_type,
        "source_id": assessment.source.source_id,
        "run_id": None,
        "maker": None,
        "span_id": None,
        "rationale": assessment.rationale,
        "metadata": None,
        "error": None,
    }


def token() -> str:
    """Of a write of a trace's assessments."""
    return uuid.uuid4().hex[:16]


def applied(document: Document, changes: Mapping[str, Any]) -> Document:
    """A document with values at paths of at most two names."""
    found = {**document, "tags": {**document["tags"]}, "metadata": {**document["metadata"]}}
    for path, value in changes.items():
        name, _, inner = path.partition(".")
        if inner:
            found[name][inner] = value
        else:
            found[name] = value
    return found


def _timed(trace_id: str, time: int, duration: int) -> Document:
    return {
        "time": time,
        "duration": duration,
        "ended": time + duration,
        "recent": f"{_INT64_MAX - time:016x}{trace_id}",
    }


def _flat(name: str, pairs: Mapping[str, Any]) -> Document:
    return {f"{name}.{key.replace('.', '%2E')}": value for key, value in pairs.items()}


def _loaded(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def _summed(contents: Sequence[Mapping[str, Any]], key: str) -> dict[str, float]:
    """What is reported in spans, of which none is below another one."""
    totals: dict[str, float] = {}
    for content in contents:
        for name, value in (_loaded(content["attributes"].get(key)) or {}).items():
            totals[name] = totals.get(name, 0) + value
    return totals
