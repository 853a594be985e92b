"""Assessments on their way in: what MLflow's store fills in, and what it refuses of them."""

import copy
import json

from mlflow.entities import Assessment, Expectation, Feedback
from mlflow.entities.assessment import ExpectationValue, FeedbackValue
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INTERNAL_ERROR, INVALID_PARAMETER_VALUE

from mlflow_docstore.compat.errors import internal_errors
from mlflow_docstore.compat.mlflow_internals.general import get_current_time_millis
from mlflow_docstore.compat.mlflow_internals.tracing import generate_assessment_id


@internal_errors()
def with_id_and_times(assessment: Assessment, trace_id: str) -> Assessment:
    """A copy of an assessment as it is stored for a trace. One without an id is given one, too.

    Raises:
        MlflowException: It has no value, or one that is no JSON; no name, or no source.
    """
    if assessment.assessment_id is None:
        assessment.assessment_id = generate_assessment_id()
    _check(assessment, trace_id)
    now = get_current_time_millis()
    new = copy.copy(assessment)
    new.trace_id = trace_id
    new.create_time_ms = assessment.create_time_ms or now
    new.last_update_time_ms = assessment.last_update_time_ms or now
    return new


def changed(
    assessment: Assessment,
    *,
    name: str | None,
    expectation: ExpectationValue | None,
    feedback: FeedbackValue | None,
    rationale: str | None,
    metadata: dict[str, str] | None,
    now: int,
) -> Assessment:
    """An assessment after an update, which says None of what it leaves.

    Raises:
        MlflowException: The update is of another kind than the assessment, or names no value.
        AttributeError: It is a reference to an issue: MLflow's store has nothing to change in it.
    """
    if expectation is not None and feedback is not None:
        raise _mistaken("Cannot specify both `expectation` and `feedback` parameters.")
    if expectation is not None and not isinstance(assessment, Expectation):
        raise _mistaken("Cannot update expectation value on a Feedback assessment.")
    if feedback is not None and not isinstance(assessment, Feedback):
        raise _mistaken("Cannot update feedback value on an Expectation assessment.")
    new = copy.copy(assessment)
    if isinstance(assessment, Expectation):
        new.expectation = expectation or assessment.expectation
        _require_expected(new)
    else:
        # Only for its error: references to issues have no such attribute.
        _ = assessment.value
        new.feedback = feedback or assessment.feedback
        new.rationale = assessment.rationale if rationale is None else rationale
    new.name = assessment.name if name is None else name
    new.metadata = (assessment.metadata or {}) | (metadata or {}) or None
    new.last_update_time_ms = now
    return new


def _check(assessment: Assessment, trace_id: str) -> None:
    value = assessment.feedback or assessment.expectation or assessment.issue
    if value is None:
        raise _mistaken("Assessment must have either feedback, expectation, or issue value")
    _require_expected(assessment)
    json.dumps([vars(value).get("value"), assessment.metadata])
    # Only for its error, if it is None.
    _ = assessment.source.source_type
    if assessment.name is None:
        raise MlflowException(
            f"Failed to create assessment for trace '{trace_id}' due to a constraint violation.",
            INTERNAL_ERROR,
        )


def _require_expected(assessment: Assessment) -> None:
    if assessment.expectation is not None and assessment.expectation.value is None:
        raise _mistaken("The `value` field must be specified.")


def _mistaken(text: str) -> MlflowException:
    return MlflowException(text, INVALID_PARAMETER_VALUE)
