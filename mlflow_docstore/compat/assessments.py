"""Assessments as MLflow's clients send them."""

import copy

from mlflow.entities import Assessment
from mlflow.exceptions import MlflowException

from mlflow_docstore.compat.mlflow_internals.general import get_current_time_millis
from mlflow_docstore.compat.mlflow_internals.tracing import generate_assessment_id


def with_id_and_times(assessment: Assessment, trace_id: str) -> Assessment:
    """The assessment as it is stored in a trace.

    An id that is drawn is set on what was passed, too, as MLflow's own store does.
    """
    values = (assessment.feedback, assessment.expectation, assessment.issue)
    if all(value is None for value in values):
        raise MlflowException.invalid_parameter_value(
            "Assessment must have either feedback, expectation, or issue value"
        )
    assessment.assessment_id = assessment.assessment_id or generate_assessment_id()
    now = get_current_time_millis()
    stored = copy.copy(assessment)
    stored.trace_id = trace_id
    stored.create_time_ms = assessment.create_time_ms or now
    stored.last_update_time_ms = assessment.last_update_time_ms or now
    return stored
