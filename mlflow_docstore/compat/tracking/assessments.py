"""Assessments, by MLflow's signatures."""

from functools import partial

from mlflow.entities import Assessment
from mlflow.entities.assessment import ExpectationValue, FeedbackValue

from mlflow_docstore.compat.arguments import judged_after
from mlflow_docstore.compat.assessments import changed, with_id_and_times
from mlflow_docstore.compat.errors import ASSESSING, answering, internal_errors
from mlflow_docstore.compat.mlflow_internals.general import get_current_time_millis
from mlflow_docstore.core.errors import NotFound
from mlflow_docstore.ports.backend import Backend


class AssessmentsMixin:
    """The area ``assessments`` of a tracking store."""

    _backend: Backend

    def create_assessment(self, assessment: Assessment) -> Assessment:
        trace_id, own = assessment.trace_id, assessment.assessment_id
        try:
            with judged_after(lambda: self._backend.traces.get(trace_id)):
                new = with_id_and_times(assessment, trace_id)
            return self._backend.assessments.create(new)
        except NotFound as error:
            if error.kind == "trace":
                # MLflow's store looks for the trace before it thinks of an id.
                assessment.assessment_id = own
            raise

    def get_assessment(self, trace_id: str, assessment_id: str) -> Assessment:
        with answering(ASSESSING):
            return self._backend.assessments.get(trace_id, assessment_id)

    def update_assessment(
        self,
        trace_id: str,
        assessment_id: str,
        name: str | None = None,
        expectation: ExpectationValue | None = None,
        feedback: FeedbackValue | None = None,
        rationale: str | None = None,
        metadata: dict[str, str] | None = None,
    ) -> Assessment:
        change = partial(
            changed,
            name=name,
            expectation=expectation,
            feedback=feedback,
            rationale=rationale,
            metadata=metadata,
            now=get_current_time_millis(),
        )
        with answering(ASSESSING), internal_errors():
            return self._backend.assessments.change(trace_id, assessment_id, change)

    def delete_assessment(self, trace_id: str, assessment_id: str) -> None:
        self._backend.assessments.delete(trace_id, assessment_id)
