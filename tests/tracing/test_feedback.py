"""What people and programs say of traces, with MLflow's fluent functions."""

import mlflow
import pytest
from mlflow.entities import AssessmentSource, Expectation, Feedback, Trace
from mlflow.exceptions import MlflowException

from .conftest import Experiment

GRACE = AssessmentSource(source_type="HUMAN", source_id="grace")
JUDGE = AssessmentSource(source_type="LLM_JUDGE", source_id="openai:/gpt-4o-mini")


@pytest.fixture
def trace(experiment: Experiment) -> Trace:
    with mlflow.start_span("answer") as span:
        span.set_inputs("tea?")
    return experiment.kept(span.trace_id)


def search(text: str) -> int:
    """How many traces are found."""
    return len(mlflow.search_traces(filter_string=text, return_type="list"))


class TestFeedback:
    @pytest.mark.parametrize("value", [True, 0.5, 3, "good", ["a", "b"], {"depth": {"n": 1}}, None])
    def test_values_of_every_kind_are_kept(
        self, experiment: Experiment, trace: Trace, value: object
    ) -> None:
        error = ValueError("no judge") if value is None else None
        mlflow.log_feedback(
            trace_id=trace.info.trace_id, name="f", value=value, error=error, source=JUDGE
        )
        (kept,) = experiment.kept(trace.info.trace_id).info.assessments
        assert isinstance(kept, Feedback)
        assert kept.value == value
        assert isinstance(kept.value, bool) == isinstance(value, bool)
        assert (kept.source, kept.error_message) == (JUDGE, "no judge" if error else None)

    def test_rationale_metadata_and_span_are_kept(
        self, experiment: Experiment, trace: Trace
    ) -> None:
        span_id = trace.data.spans[0].span_id
        mlflow.log_feedback(
            trace_id=trace.info.trace_id, name="helpful", value=True, source=GRACE,
            rationale="é 🎉", metadata={"session": "1"}, span_id=span_id,
        )  # fmt: skip
        (kept,) = experiment.kept(trace.info.trace_id).info.assessments
        assert (kept.name, kept.rationale, kept.span_id) == ("helpful", "é 🎉", span_id)
        assert kept.metadata["session"] == "1"

    def test_filters_find_it(self, trace: Trace) -> None:
        mlflow.log_feedback(trace_id=trace.info.trace_id, name="helpful", value=True)
        mlflow.log_feedback(trace_id=trace.info.trace_id, name="score", value=0.75)
        assert search("feedback.helpful = 'true'") == 1
        assert search("feedback.helpful = 'false'") == 0
        assert search("feedback.score > 0.5") == 1
        assert search("feedback.none IS NOT NULL") == 0

    def test_an_override_makes_the_one_before_it_invalid(
        self, experiment: Experiment, trace: Trace
    ) -> None:
        trace_id = trace.info.trace_id
        first = mlflow.log_feedback(trace_id=trace_id, name="helpful", value=False, source=JUDGE)
        second = mlflow.override_feedback(
            trace_id=trace_id, assessment_id=first.assessment_id, value=True, source=GRACE
        )
        kept = {one.assessment_id: one for one in experiment.kept(trace_id).info.assessments}
        assert kept[first.assessment_id].valid is False
        assert kept[second.assessment_id].overrides == first.assessment_id

    def test_it_is_changed_and_deleted(self, experiment: Experiment, trace: Trace) -> None:
        trace_id = trace.info.trace_id
        made = mlflow.log_feedback(trace_id=trace_id, name="helpful", value=False)
        changed = mlflow.update_assessment(
            trace_id, made.assessment_id, Feedback(name="helpful", value=True)
        )
        assert changed.value is True
        assert mlflow.get_assessment(trace_id, made.assessment_id).value is True
        mlflow.delete_assessment(trace_id, made.assessment_id)
        assert experiment.kept(trace_id).info.assessments == []
        with pytest.raises(MlflowException) as caught:
            mlflow.get_assessment(trace_id, made.assessment_id)
        assert caught.value.error_code == "RESOURCE_DOES_NOT_EXIST"


class TestExpectations:
    @pytest.mark.parametrize("value", ["hot", 1, [1, 2], {"facts": ["hot", {"n": 1.5}]}])
    def test_values_of_every_kind_are_kept(
        self, experiment: Experiment, trace: Trace, value: object
    ) -> None:
        mlflow.log_expectation(trace_id=trace.info.trace_id, name="e", value=value, source=GRACE)
        (kept,) = experiment.kept(trace.info.trace_id).info.assessments
        assert isinstance(kept, Expectation)
        assert (kept.value, kept.source) == (value, GRACE)

    def test_filters_find_it(self, trace: Trace) -> None:
        mlflow.log_expectation(trace_id=trace.info.trace_id, name="e", value="hot")
        assert search("expectation.e = 'hot'") == 1
        assert search("expectation.e = 'cold'") == 0


class TestWhereThereIsNoTrace:
    def test_it_is_refused(self, experiment: Experiment) -> None:
        assert experiment.traces() == []
        with pytest.raises(MlflowException) as caught:
            mlflow.log_feedback(trace_id="tr-none", name="helpful", value=True)
        assert caught.value.error_code == "RESOURCE_DOES_NOT_EXIST"

    def test_it_may_be_said_of_a_trace_that_is_still_on_its_way(
        self, experiment: Experiment
    ) -> None:
        with mlflow.start_span("answer") as span:
            mlflow.log_assessment(span.trace_id, Feedback(name="early", value=1))
        (kept,) = experiment.kept(span.trace_id).info.assessments
        assert (kept.name, kept.value) == ("early", 1)
