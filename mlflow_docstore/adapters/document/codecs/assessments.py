"""Assessments: elements of an array in their trace; claims of their ids, documents of their own."""

import json
import math
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
from mlflow_docstore.core.errors import InvalidArgument
from mlflow_docstore.core.traces import SESSION

ASSESSMENTS = "assessments"
"""The array in a trace."""

MARK = "assessed"
"""New with every write to the array, so that none is changed on a stale view of it."""

ID = "id"
KIND = "kind"
NAME = "name"
VALUE = "value"
"""As JSON text, as MLflow's SQL store compares it."""

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

TRACE = "trace_id"
"""Of a claim."""

_CREATED = "created"
_SOURCE_TYPE = "source_type"
_SOURCE_ID = "source_id"
_SPAN = "span_id"
_RATIONALE = "rationale"
_METADATA = "metadata"
_ERROR = "error"

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
        _SPAN: assessment.span_id,
        _RATIONALE: assessment.rationale,
        _METADATA: json.dumps(metadata) if metadata else None,
        _ERROR: json.dumps(error.to_dictionary()) if error else None,
    }


def decode_assessment(trace_id: str, element: Document) -> Assessment:
    """The assessment of a trace's element."""
    value = json.loads(element[VALUE])
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


def encode_claim(assessment: Assessment) -> Document:
    """What keeps the id of an assessment from being used for another."""
    source = (assessment.metadata or {}).get(_SOURCE_RUN)
    return {"_id": assessment.assessment_id, TRACE: assessment.trace_id, RUN: source}


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
