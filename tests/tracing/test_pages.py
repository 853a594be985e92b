"""What MLflow's pages ask the server for, beyond what its clients do."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import mlflow
import pytest
import requests
from mlflow import MlflowClient
from mlflow.entities import Trace

from .conftest import Experiment

HOUR = 3600


@dataclass(frozen=True)
class Pages:
    """The server as a browser sees it.

    Args:
        address: Where it is.
        experiment_id: What is looked at.
    """

    address: str
    experiment_id: str

    def ask(self, path: str, **body: Any) -> dict[str, Any]:
        url = f"{self.address}/ajax-api/3.0/mlflow{path}"
        answer = requests.post(url, json=body, timeout=60)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def metric(self, view: str, name: str, *aggregations: str, **more: Any) -> list[dict[str, Any]]:
        """The points of a chart."""
        found = self.ask(
            "/traces/metrics",
            experiment_ids=[self.experiment_id],
            view_type=view,
            metric_name=name,
            aggregations=[{"aggregation_type": one} for one in aggregations],
            **more,
        )
        return list(found["data_points"])


@pytest.fixture
def pages(experiment: Experiment, server_alone: str) -> Pages:
    """With three traces an hour apart, one of which failed, and what was said of two of them."""
    for number in range(3):
        top = mlflow.start_span_no_context(
            "answer", start_time_ns=(1_700_000_000 + HOUR * number) * 10**9
        )
        tool = mlflow.start_span_no_context("weather", parent_span=top, span_type="TOOL")
        tool.end(status="ERROR" if number == 2 else "OK")
        top.end(
            status="ERROR" if number == 2 else "OK",
            end_time_ns=(1_700_000_000 + HOUR * number + 1) * 10**9,
        )
        if number:
            mlflow.log_feedback(trace_id=top.trace_id, name="score", value=float(number))
    return Pages(server_alone, experiment.id)


class TestCharts:
    def test_traces_by_the_hour(self, pages: Pages) -> None:
        day = {"start_time_ms": 1_699_999_000_000, "end_time_ms": 1_700_086_400_000}
        points = pages.metric("TRACES", "trace_count", "COUNT", time_interval_seconds=HOUR, **day)
        assert [point["values"] for point in points] == [{"COUNT": 1}] * 3
        assert len({point["dimensions"]["time_bucket"] for point in points}) == 3

    def test_traces_by_state(self, pages: Pages) -> None:
        points = pages.metric("TRACES", "trace_count", "COUNT", dimensions=["trace_status"])
        counts = {p["dimensions"]["trace_status"]: p["values"]["COUNT"] for p in points}
        assert counts == {"OK": 2, "ERROR": 1}

    def test_errors_alone(self, pages: Pages) -> None:
        (point,) = pages.metric(
            "TRACES", "trace_count", "COUNT", filters=["trace.status = 'ERROR'"]
        )
        assert point["values"] == {"COUNT": 1}

    def test_latency(self, pages: Pages) -> None:
        (point,) = pages.metric("TRACES", "latency", "AVG")
        assert point["values"] == {"AVG": 1000}

    def test_calls_of_tools(self, pages: Pages) -> None:
        points = pages.metric(
            "SPANS",
            "span_count",
            "COUNT",
            dimensions=["span_name", "span_status"],
            filters=["span.type = 'TOOL'"],
        )
        counts = {p["dimensions"]["span_status"]: p["values"]["COUNT"] for p in points}
        assert counts == {"OK": 2, "ERROR": 1}
        assert {p["dimensions"]["span_name"] for p in points} == {"weather"}

    def test_scores(self, pages: Pages) -> None:
        (point,) = pages.metric(
            "ASSESSMENTS", "assessment_value", "AVG", dimensions=["assessment_name"]
        )
        assert point["dimensions"] == {"assessment_name": "score"}
        assert point["values"] == {"AVG": 1.5}


class TestCorrelation:
    def test_filters_that_go_together(self, pages: Pages) -> None:
        found = pages.ask(
            "/traces/calculate-filter-correlation",
            experiment_ids=[pages.experiment_id],
            filter_string1="trace.status = 'ERROR'",
            filter_string2="span.status = 'ERROR'",
        )
        assert found["joint_count"] == 1
        assert (found["filter1_count"], found["filter2_count"], found["total_count"]) == (1, 1, 3)


class TestDemo:
    """What of it needs traces and prompts; the rest needs data sets of evaluations."""

    @pytest.fixture
    def demo(self, server_alone: str) -> Iterator[Pages]:
        pages = Pages(server_alone, "")
        features = ["traces", "prompts"]
        made = pages.ask("/demo/generate", features=features)
        assert set(made["features_generated"]) == set(features)
        yield Pages(server_alone, made["experiment_id"])
        pages.ask("/demo/delete")

    def test_is_filled_and_cleared(self, demo: Pages) -> None:
        client = MlflowClient(demo.address)
        traces = found(client, demo)
        assert len(traces) > 30
        assert all(trace.data.spans for trace in traces)
        demo.ask("/demo/delete")
        assert found(client, demo) == []
        assert client.get_experiment(demo.experiment_id).lifecycle_stage == "deleted"


def found(client: MlflowClient, pages: Pages) -> list[Trace]:
    return list(client.search_traces(locations=[pages.experiment_id], max_results=500))


def test_what_shows_a_trace_reads_its_spans(experiment: Experiment, server_alone: str) -> None:
    with mlflow.start_span(f"n{uuid4().hex}") as span:
        span.set_inputs("tea")
    url = f"{server_alone}/ajax-api/3.0/mlflow/get-trace-artifact"
    answer = requests.get(url, params={"request_id": span.trace_id}, timeout=60)
    assert [one["name"] for one in answer.json()["spans"]] == [span.name]
    assert experiment.kept(span.trace_id).info.trace_id == span.trace_id
