"""Traces: info, tags, metadata, totals, links and assessments in one document."""

from collections.abc import Iterable, Mapping
from typing import Any

from mlflow.entities import TraceInfo, TraceLocation, TraceState

from mlflow_docstore.adapters.document.driver import Document
from mlflow_docstore.adapters.document.keys import path as path_of
from mlflow_docstore.core.runs import recency
from mlflow_docstore.core.traces import NAME_TAG, SPANS_LOCATION_TAG, promoted, restored
from mlflow_docstore.core.traces import SESSION as SESSION_KEY

from .assessments import ASSESSMENTS, HELD, MARK, decode_assessment, in_order
from .tags import decode_map, encode_map

EXPERIMENT = "experiment_id"
LIFECYCLE = "lifecycle"
RECENT = "recent"
"""Changes with the time."""

TIME = "time"
DURATION = "duration"
ENDED = "ended"
"""The time and the duration, or the time alone while that is unknown."""

STATE = "state"
CLIENT_ID = "client_request_id"
REQUEST = "request_preview"
RESPONSE = "response_preview"
NAME = "name"
SESSION = "session_id"
TOKENS = "tokens"
COSTS = "costs"
TAGS = "tags"
METADATA = "metadata"
RUNS = "runs"
"""Runs that it was linked to; there only where it was. ``metadata`` tells of the run it is from."""

PROMPTS = "prompts"
"""Versions of prompts that it was linked to; there only where it was."""

LINK = "id"
SPANS = "spans"
"""What kinds of spans it has, each once: those that it had too, so a search looks again."""

SPANS_FULL = "more_spans"
"""Set where there are more kinds than are kept."""

SPAN_NAME, SPAN_TYPE, SPAN_STATUS = "name", "type", "status"
REVISION = "revision"
"""How often its times, state, previews and totals were written."""

ERA = "era"
"""Which of the traces that ever had this id it is: spans of others are not its own."""

ARCHIVER = "archiver"
"""Who archives it at present, since when; there only while somebody does."""

ARCHIVER_TOKEN = f"{ARCHIVER}.token"
ARCHIVER_SINCE = f"{ARCHIVER}.since"

EMPTIED = "emptied"
"""Whether its spans have lost their contents to an archive; there only once they shall."""

ACTIVE = "active"
ABSENT = "absent"
"""Of a document that only holds links of a trace that is not there, or no more."""

LOCATION = path_of(TAGS, SPANS_LOCATION_TAG)
"""The path of where its spans are."""

CONTENT = (
    *(EXPERIMENT, RECENT, TIME, DURATION, ENDED, STATE, CLIENT_ID, REQUEST, RESPONSE, NAME),
    *(SESSION, TOKENS, COSTS, TAGS, METADATA, ASSESSMENTS, HELD, MARK),
    *(SPANS, SPANS_FULL, REVISION, ERA, ARCHIVER, EMPTIED),
)
"""Fields that go with a trace: its links stay."""


def new_trace(trace_id: str, experiment_id: str, era: str) -> Document:
    """The document of a trace of which nothing is known yet."""
    return {
        "_id": trace_id,
        EXPERIMENT: experiment_id,
        LIFECYCLE: ACTIVE,
        STATE: TraceState.STATE_UNSPECIFIED.value,
        CLIENT_ID: None,
        REQUEST: None,
        RESPONSE: None,
        NAME: None,
        SESSION: None,
        TOKENS: {},
        COSTS: {},
        TAGS: {},
        METADATA: {},
        ASSESSMENTS: [],
        HELD: {},
        MARK: "",
        SPANS: [],
        REVISION: 0,
        ERA: era,
    }


def timed(trace_id: str, time: int, duration: int | None) -> dict[str, Any]:
    """The fields that say when a trace was."""
    return {
        TIME: time,
        DURATION: duration,
        ENDED: time + (duration or 0),
        RECENT: recency(time, trace_id),
    }


def told(trace: TraceInfo) -> dict[str, Any]:
    """What a start tells of a trace, by path: all that is overwritten in one that is there."""
    changes: dict[str, Any] = {
        STATE: trace.state.value,
        CLIENT_ID: trace.client_request_id,
        **timed(trace.trace_id, trace.request_time, trace.execution_duration),
        **labelled(trace.tags, trace.trace_metadata),
    }
    previews = {REQUEST: trace.request_preview, RESPONSE: trace.response_preview}
    return changes | {name: text for name, text in previews.items() if text is not None}


def labelled(tags: Mapping[str, str | None], metadata: Mapping[str, str]) -> dict[str, Any]:
    """What tags and metadata set, by path."""
    rest = promoted(metadata)
    changes: dict[str, Any] = {
        NAME if key == NAME_TAG else path_of(TAGS, key): value for key, value in tags.items()
    }
    changes |= {path_of(METADATA, key): value for key, value in rest.metadata.items()}
    changes |= {f"{TOKENS}.{key}": value for key, value in rest.tokens.items()}
    changes |= {f"{COSTS}.{key}": value for key, value in rest.costs.items()}
    if SESSION_KEY in metadata:
        changes[SESSION] = rest.session
    return changes


def encode_trace(trace: TraceInfo, era: str) -> Document:
    """The document of a new trace, but for its assessments."""
    rest = promoted(trace.trace_metadata)
    document = new_trace(trace.trace_id, trace.experiment_id, era)
    tags = {key: value for key, value in trace.tags.items() if key != NAME_TAG}
    return {
        **document,
        **timed(trace.trace_id, trace.request_time, trace.execution_duration),
        STATE: trace.state.value,
        CLIENT_ID: trace.client_request_id,
        REQUEST: trace.request_preview,
        RESPONSE: trace.response_preview,
        NAME: trace.tags.get(NAME_TAG),
        SESSION: rest.session,
        TOKENS: dict(rest.tokens),
        COSTS: dict(rest.costs),
        TAGS: encode_map(tags),
        METADATA: encode_map(rest.metadata),
    }


def decode_trace(document: Document) -> TraceInfo:
    """The trace of a document."""
    trace_id = document["_id"]
    tags, metadata = decode_map(document[TAGS]), decode_map(document[METADATA])
    if document[NAME] is not None:
        tags[NAME_TAG] = document[NAME]
    metadata |= restored(document[SESSION], document[TOKENS], document[COSTS])
    return TraceInfo(
        trace_id=trace_id,
        trace_location=TraceLocation.from_experiment_id(document[EXPERIMENT]),
        request_time=document[TIME],
        execution_duration=document[DURATION],
        state=TraceState(document[STATE]),
        tags=tags,
        trace_metadata=metadata,
        client_request_id=document[CLIENT_ID],
        request_preview=document[REQUEST],
        response_preview=document[RESPONSE],
        assessments=[decode_assessment(trace_id, one) for one in in_order(document[ASSESSMENTS])],
    )


def location(document: Document) -> str | None:
    """Where the spans of a trace are; None where nobody has said."""
    return decode_map(document[TAGS]).get(SPANS_LOCATION_TAG)


def links(keys: Iterable[str]) -> list[Document]:
    """Elements of a trace's links."""
    return [{LINK: key} for key in keys]
