"""``mlflow.genai.evaluate`` as a notebook has it, with scorers that are code."""

import mlflow
import pandas as pd
import pytest
from mlflow.entities import Feedback, Trace
from mlflow.genai import scorer
from mlflow.genai.evaluation.entities import EvaluationResult

from .conftest import Experiment
from .trees import tree

QUESTIONS = ("tea", "coffee", "none")
ANSWERS = {"tea": "hot", "coffee": "black"}


@mlflow.trace
def answer(question: str) -> str:
    with mlflow.start_span("look up"):
        return ANSWERS.get(question, "")


@scorer
def is_right(outputs: str, expectations: dict[str, str]) -> bool:
    return outputs == expectations["expected"]


@scorer
def length(outputs: str) -> Feedback:
    return Feedback(value=len(outputs), rationale=f"{len(outputs)} letters")


@scorer
def spans(trace: Trace) -> int:
    return len(trace.data.spans)


@scorer
def broken(outputs: str) -> int:
    raise ValueError(f"cannot judge {outputs!r}")


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "inputs": [{"question": asked} for asked in QUESTIONS],
            "expectations": [{"expected": ANSWERS.get(asked, "?")} for asked in QUESTIONS],
        }
    )


def values(trace: Trace) -> dict[str, object]:
    """What is said of a trace, by name."""
    return {one.name: one.value for one in trace.info.assessments}


def of_run(result: EvaluationResult) -> dict[str, Trace]:
    """The traces of the evaluation's run, by question."""
    traces = mlflow.search_traces(run_id=result.run_id, return_type="list", flush=True)
    return {trace.data.spans[0].inputs["question"]: trace for trace in traces}


@pytest.fixture
def evaluated(experiment: Experiment) -> EvaluationResult:
    assert experiment.traces() == []
    scorers = [is_right, length, spans]
    return mlflow.genai.evaluate(data=frame(), predict_fn=answer, scorers=scorers)


class TestFunction:
    def test_every_row_is_a_trace_of_the_run_with_its_scores(
        self, evaluated: EvaluationResult
    ) -> None:
        traces = of_run(evaluated)
        assert {name: values(trace) for name, trace in traces.items()} == {
            "tea": {"expected": "hot", "is_right": True, "length": 3, "spans": 2},
            "coffee": {"expected": "black", "is_right": True, "length": 5, "spans": 2},
            "none": {"expected": "?", "is_right": False, "length": 0, "spans": 2},
        }
        assert tree(traces["tea"]) == {"answer": {"look up": {}}}

    def test_means_are_metrics_of_the_run(
        self, experiment: Experiment, evaluated: EvaluationResult
    ) -> None:
        run = experiment.client.get_run(evaluated.run_id)
        assert run.data.metrics["is_right/mean"] == pytest.approx(2 / 3)
        assert run.data.metrics["length/mean"] == pytest.approx(8 / 3)
        assert run.data.tags["mlflow.runType"] == "genai_evaluate"
        assert [one.dataset.name for one in run.inputs.dataset_inputs] == ["dataset"]

    def test_the_result_has_them_too(self, evaluated: EvaluationResult) -> None:
        rows = evaluated.result_df
        assert sorted(rows["length/value"]) == [0, 3, 5]
        assert list(rows["state"].map(str)) == ["OK"] * 3

    def test_deleting_the_run_takes_what_it_said_and_leaves_the_traces(
        self, experiment: Experiment, evaluated: EvaluationResult
    ) -> None:
        said = mlflow.log_feedback(
            trace_id=of_run(evaluated)["tea"].info.trace_id, name="by hand", value=1
        )
        experiment.client.delete_run(evaluated.run_id)
        traces = experiment.traces()
        assert len(traces) == 3
        left = [one for trace in traces for one in trace.info.assessments]
        assert [one.assessment_id for one in left] == [said.assessment_id]


class TestTraces:
    def test_what_was_traced_before_is_judged_where_it_is(self, experiment: Experiment) -> None:
        answer("tea")
        answer("none")
        before = [trace.info.trace_id for trace in experiment.traces()]
        result = mlflow.genai.evaluate(data=experiment.traces(), scorers=[length, spans])
        assert {name: values(trace) for name, trace in of_run(result).items()} == {
            "tea": {"length": 3, "spans": 2},
            "none": {"length": 0, "spans": 2},
        }
        assert [trace.info.trace_id for trace in experiment.traces()] == before

    def test_a_frame_of_a_search_is_taken(self, experiment: Experiment) -> None:
        answer("tea")
        assert len(experiment.traces()) == 1
        result = mlflow.genai.evaluate(data=mlflow.search_traces(), scorers=[length])
        assert values(of_run(result)["tea"]) == {"length": 3}


class TestAnswers:
    def test_rows_with_answers_get_traces(self, experiment: Experiment) -> None:
        rows = frame().assign(outputs=["hot", "white", ""])
        result = mlflow.genai.evaluate(data=rows, scorers=[is_right])
        assert result.metrics == {"is_right/mean": pytest.approx(1 / 3)}
        assert len(experiment.traces()) == 3

    def test_a_scorer_that_fails_says_why(self, experiment: Experiment) -> None:
        rows = frame().assign(outputs=["hot", "white", ""])
        mlflow.genai.evaluate(data=rows[:1], scorers=[broken])
        (trace,) = experiment.traces()
        error = next(one for one in trace.info.assessments if one.name == "broken")
        assert error.error.error_message == "cannot judge 'hot'"
