"""Assessments: elements of an array in their trace; claims of their ids, documents of their own."""

import json
import math
from collections.abc import Iterable
from typing import Any

from mlflow.entities import (
    Assessment,
    AssessmentError,
    AssessmentSource,
    Expectation,
    Feedback,
    IssueReference,
)

from mlflow_docstore.adapters.document.driver import Document
from mlflow_docstore.adapters.document.keys import digest
from mlflow_docstore.adapters.document.keys import path as path_of
from mlflow_docstore.core.errors import InvalidArgument
from mlflow_docstore.core.traces import SESSION

ASSESSMENTS = "assessments"
"""The array in a trace."""

MARK = "assessed"
"""New with every write to the array, so that none is changed on a stale view of it."""

HELD = "held"
"""Beside the array: which ids are in it, so that a write can demand that one is not; see ``held``.

There only where something was. An id leads to the token of who wrote it; or to a fence, which says
that it was given to another trace, whatever who asked for it first still tries to write here.
"""

ID = "id"
KIND = "kind"
NAME = "name"
VALUE = "value"
"""As JSON text, as MLflow's SQL store compares it; of one that is too large, only the beginning."""

WHOLE_VALUE = "whole_value"
"""There only where the value is too large for its trace: the whole of it."""

LONGEST_BEGINNING = 1000
"""Characters of a large value that searches see."""

NUMBER = "number"
"""What charts add up: of a number itself, of yes and no and booleans 1 and 0, else null."""

IS_NUMBER = "numeric"
"""Whether the value is a number: only those are compared as one."""

IS_VALID = "valid"
OF_SESSION = "session"
"""Whether it counts for every trace of its trace's session."""

OVERRIDES = "overrides"
UPDATED = "updated"
RUN = "run_id"
"""Of a claim, too: which run made it."""

MAKER = "maker"
"""The run that the metadata say has made it: it goes when that run is deleted."""

TRACE = "trace_id"
"""Of a claim."""

ASKER = "asker"
"""Of a claim: who asked for the id last."""

ASKED = "asked"
"""Of a claim: when, in milliseconds."""

_CREATED = "created"
_SOURCE_TYPE = "source_type"
_SOURCE_ID = "source_id"
_SPAN = "span_id"
_RATIONALE = "rationale"
_METADATA = "metadata"
_ERROR = "error"

NOTES = (_RATIONALE, _METADATA, _ERROR)
"""Texts that nobody searches: those of many assessments may be too much for one trace."""

TEXTS = (WHOLE_VALUE, *NOTES)
"""Where there may be large texts."""

FEEDBACK, EXPECTATION, ISSUE = "feedback", "expectation", "issue"

_SOURCE_RUN = "mlflow.assessment.sourceRunId"
_WORDS = {"yes": 1.0, "no": 0.0}


def encode_assessment(assessment: Assessment) -> Document:
    """The element of an assessment, which is valid."""
    kind, value = _valued(assessment)
    number, is_number = aggregate(value)
    error = assessment.feedback.error if assessment.feedback is not None else None
    metadata = assessment.metadata
    return {
        ID: assessment.assessment_id,
        KIND: kind,
        NAME: assessment.name,
        VALUE: json.dumps(value),
        NUMBER: number,
        IS_NUMBER: is_number,
        IS_VALID: True,
        OF_SESSION: bool(metadata) and SESSION in metadata,
        OVERRIDES: assessment.overrides,
        _CREATED: assessment.create_time_ms,
        UPDATED: assessment.last_update_time_ms,
        _SOURCE_TYPE: assessment.source.source_type,
        _SOURCE_ID: assessment.source.source_id,
        RUN: assessment.run_id,
        MAKER: maker_of(assessment),
        _SPAN: assessment.span_id,
        _RATIONALE: assessment.rationale,
        _METADATA: json.dumps(metadata) if metadata else None,
        _ERROR: json.dumps(error.to_dictionary()) if error else None,
    }


def decode_assessment(trace_id: str, element: Document) -> Assessment:
    """The assessment of a trace's element."""
    value = json.loads(element[WHOLE_VALUE if WHOLE_VALUE in element else VALUE])
    error, metadata = (
        None if element[name] is None else json.loads(element[name]) for name in (_ERROR, _METADATA)
    )
    common: dict[str, Any] = {
        "source": AssessmentSource(element[_SOURCE_TYPE], element[_SOURCE_ID]),
        "trace_id": trace_id,
        "metadata": metadata,
        "span_id": element[_SPAN],
        "create_time_ms": element[_CREATED],
        "last_update_time_ms": element[UPDATED],
    }
    found: Assessment
    if element[KIND] == FEEDBACK:
        found = Feedback(
            name=element[NAME],
            value=value,
            error=None if error is None else AssessmentError.from_dictionary(error),
            rationale=element[_RATIONALE],
            **common,
        )
    elif element[KIND] == EXPECTATION:
        found = Expectation(name=element[NAME], value=value, **common)
    else:
        found = IssueReference(
            issue_id=element[NAME],
            issue_name=value.get("issue_name"),
            rationale=element[_RATIONALE],
            **common,
        )
    found.overrides, found.valid = element[OVERRIDES], element[IS_VALID]
    found.run_id, found.assessment_id = element[RUN], element[ID]
    return found


def in_order(elements: Iterable[Document]) -> list[Document]:
    """Elements by creation, as MLflow's SQL store on SQLite reads them; ties as they came."""
    return sorted(elements, key=lambda element: element[_CREATED])


def held(assessment_id: str) -> str:
    """The path that says who wrote the element of an id, if it is there."""
    return path_of(HELD, digest(assessment_id))


def holders(elements: Iterable[Document], token: str) -> Document:
    """What ``HELD`` is for these elements, written by one."""
    return {digest(element[ID]): token for element in elements}


def holder_in(trace: Document, assessment_id: str) -> str | None:
    """Who wrote the element of an id to a trace, or the fence that stands for it."""
    found: str | None = trace.get(HELD, {}).get(digest(assessment_id))
    return found


def maker_of(assessment: Assessment) -> str | None:
    """The run that the metadata of an assessment name."""
    run_id = (assessment.metadata or {}).get(_SOURCE_RUN)
    return run_id if isinstance(run_id, str) else None


def encode_claim(trace_id: str, element: Document) -> Document:
    """What keeps the id of an assessment from being used for another."""
    return {"_id": element[ID], TRACE: trace_id, RUN: element[MAKER]}


def encode_mention(trace_id: str, element: Document) -> Document:
    """Where an assessment is found by its run, though its claim names another."""
    key = digest(element[ID], element[MAKER])
    return {"_id": key, TRACE: trace_id, RUN: element[MAKER]}


def aggregate(value: Any) -> tuple[float | None, bool]:
    """What charts add up of a value, and whether it is a number: MLflow's own rule."""
    if isinstance(value, bool):
        return float(value), False
    if isinstance(value, int | float):
        try:
            number = float(value)
        except OverflowError:
            return None, False
        return (number, True) if math.isfinite(number) else (None, False)
    if isinstance(value, str):
        return _WORDS.get(value.strip().lower()), False
    return None, False


def _valued(assessment: Assessment) -> tuple[str, Any]:
    if assessment.feedback is not None:
        return FEEDBACK, assessment.feedback.value
    if assessment.expectation is not None:
        return EXPECTATION, assessment.expectation.value
    if assessment.issue is not None:
        return ISSUE, assessment.issue.to_dictionary()
    raise InvalidArgument("assessment", assessment.assessment_id, reason="it has no value")
