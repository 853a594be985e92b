"""Spans as MLflow's clients send them, taken apart: what each says, and what of its trace."""

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mlflow.entities import Span
from mlflow.exceptions import MlflowException

from mlflow_docstore.compat.arguments import text
from mlflow_docstore.compat.mlflow_internals.tracing import (
    TraceJSONEncoder,
    translate_span_when_storing,
    try_json_loads,
    validate_length,
    validate_trace_tag,
)
from mlflow_docstore.core.spans import Amounts, SpanBatch, SpanNode, SpanRecord
from mlflow_docstore.core.traces import COSTS, NAME_TAG, TOKENS, finite

INPUTS = "mlflow.spanInputs"
OUTPUTS = "mlflow.spanOutputs"
USAGE = "mlflow.chat.tokenUsage"
COST = "mlflow.llm.cost"
MODEL = "mlflow.llm.model"
PROVIDER = "mlflow.llm.provider"
SESSIONS = ("session.id", "gen_ai.conversation.id")
USER = "user.id"
TAG_PREFIX = "mlflow.traceTag."

NAME_LENGTH = 4096
SESSION_LENGTH = 250
_MODEL_LENGTH = 500
_NOT_OF_USERS = ("telemetry.sdk.", "mlflow.")
"""Attributes of resources that become no tags."""

_FAILED, _DONE = "ERROR", "OK"
"""States of a trace, the first of which is a status of spans, too."""

_INT64 = range(-(2**63), 2**63)

Attributes = Mapping[str, Any]


def checked_name(name: str | None) -> str | None:
    """The name of a trace, with MLflow's limit."""
    checked: str | None = validate_length("Trace name", NAME_LENGTH, name)
    return checked


def checked_session(session: str | None) -> str | None:
    """The session of a trace, with MLflow's limit."""
    checked: str | None = validate_length("Session ID", SESSION_LENGTH, session)
    return checked


def batches_of(spans: Iterable[Span]) -> list[SpanBatch]:
    """The spans of one call, by trace.

    Raises:
        MlflowException: A session or the name of a trace is too long.
    """
    by_trace: dict[str, list[Span]] = defaultdict(list)
    for span in spans:
        by_trace[span.trace_id].append(span)
    return [_batch(trace_id, of_trace) for trace_id, of_trace in by_trace.items()]


def _batch(trace_id: str, spans: Sequence[Span]) -> SpanBatch:
    contents = [translate_span_when_storing(span) for span in spans]
    attributes = [content.get("attributes") or {} for content in contents]
    roots = [place for place, span in enumerate(spans) if span.parent_id is None]
    tags = _resource_tags(spans)
    for place in roots:
        tags |= _root_tags(attributes[place])
    name = tags.pop(NAME_TAG, None)
    request, response = _previews(attributes[roots[-1]]) if roots else (None, None)
    return SpanBatch(
        trace_id,
        [_record(*parts) for parts in zip(spans, contents, attributes, strict=True)],
        state=_state(spans[roots[0]]) if roots else None,
        request_preview=request,
        response_preview=response,
        session=_session(attributes),
        user=_first(attributes, (USER,)),
        name=name,
        tags=tags,
    )


def _record(span: Span, content: Mapping[str, Any], attributes: Attributes) -> SpanRecord:
    usage, cost = (_amounts(attributes, name) for name in (USAGE, COST))
    costs = {name: finite((cost or {}).get(name)) for name in COSTS}
    return SpanRecord(
        SpanNode(
            span.span_id,
            span.parent_id,
            _named(usage, TOKENS),
            _named(cost, COSTS),
        ),
        name=text(span.name),
        type=text(span.span_type),
        status=span.status.status_code.value,
        start=span.start_time_ns,
        end=span.end_time_ns,
        # Text that is not of ASCII stays as it is, so that filters match it.
        content=json.dumps(content, cls=TraceJSONEncoder, ensure_ascii=False),
        costs={name: value for name, value in costs.items() if value is not None},
        model_name=_model(attributes.get(MODEL)),
        model_provider=_model(attributes.get(PROVIDER)),
    )


def _amounts(attributes: Attributes, name: str) -> Mapping[str, Any] | None:
    """What a span reports under a name, if it is an object at all."""
    value = attributes.get(name)
    if isinstance(value, str):
        value = try_json_loads(value)
    return value if isinstance(value, dict) else None


def _named(amounts: Mapping[str, Any] | None, names: Iterable[str]) -> Amounts | None:
    """Those that a trace keeps, as numbers that every database holds; None for what is none."""
    if amounts is None:
        return None
    return {name: _number(amounts[name]) for name in names if name in amounts}


def _number(value: Any) -> int | float | None:
    if isinstance(value, int):
        return int(value) if value in _INT64 else None
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    # As MLflow's own sum of them fails.
    raise TypeError(f"unsupported operand type(s) for +=: 'int' and '{type(value).__name__}'")


def _model(value: Any) -> str | None:
    value = _unquoted(value)
    return value[:_MODEL_LENGTH] if isinstance(value, str) else None


def _unquoted(value: Any) -> Any:
    """A text that was written as JSON, or once more than that."""
    parsed = try_json_loads(value)
    return parsed if isinstance(parsed, str) else value


def _state(root: Span) -> str:
    failed = root.status.status_code.value == _FAILED
    return _FAILED if failed else _DONE


def _session(attributes: Iterable[Attributes]) -> str | None:
    return checked_session(_first(attributes, SESSIONS))


def _first(attributes: Iterable[Attributes], names: Sequence[str]) -> str | None:
    """What the first span says that says any of these."""
    said = (one[name] for one in attributes for name in names if one.get(name))
    return text(_unquoted(next(said, None))) or None


def _previews(root: Attributes) -> tuple[str | None, str | None]:
    """Of the request and of the response; what MLflow stumbles over, it does without."""
    # MLflow's client comes with it, and may be what is importing this.
    from mlflow_docstore.compat.mlflow_internals.previews import (  # noqa: PLC0415
        truncated_preview,
    )

    request = response = None
    try:
        if root.get(INPUTS):
            request = truncated_preview(root[INPUTS], role="user")
        if root.get(OUTPUTS):
            response = truncated_preview(root[OUTPUTS], role="assistant")
    except (AttributeError, LookupError, TypeError, ValueError):
        pass
    return request, response


def _resource_tags(spans: Iterable[Span]) -> dict[str, str]:
    """Tags from what the exporter says of itself, with the first span that says anything."""
    resources = (getattr(span._span, "resource", None) for span in spans)  # noqa: SLF001 - no other way
    resource = next((one for one in resources if one is not None and one.attributes), None)
    if resource is None:
        return {}
    told = {
        key: value if isinstance(value, str) else json.dumps(value)
        for key, value in resource.attributes.items()
        if not key.startswith(_NOT_OF_USERS)
    }
    return _valid_tags(told)


def _root_tags(root: Attributes) -> dict[str, str]:
    """Tags that a user set on the trace, as they come by OpenTelemetry's protocol."""
    told = {
        key.removeprefix(TAG_PREFIX): str(_unquoted(value))
        for key, value in root.items()
        if key.startswith(TAG_PREFIX)
    }
    tags = _valid_tags(told)
    if NAME_TAG in tags:
        checked_name(tags[NAME_TAG])
    return tags


def _valid_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Those of them that MLflow takes, their values as long as it takes them."""
    valid = {}
    for key, value in tags.items():
        try:
            key, value = validate_trace_tag(key, value)  # noqa: PLW2901 - MLflow's may cut either
        except MlflowException:
            continue
        valid[key] = value
    return valid
