"""One trace of several services: MLflow's headers of the tracing context."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import mlflow
from mlflow.entities import TraceState
from mlflow.tracing import (
    get_tracing_context_headers_for_http_request as headers_to_send,
)
from mlflow.tracing import (
    set_tracing_context_from_http_request_headers as within,
)

from .conftest import Experiment
from .trees import named, tree

SERVICE = """
import sys, mlflow
from mlflow.tracing import set_tracing_context_from_http_request_headers as within
with within({"Traceparent": sys.argv[1]}):
    with mlflow.start_span("service") as span:
        span.set_inputs({"asked": "far away"})
        span.set_attribute("mlflow.chat.tokenUsage", dict.fromkeys(
            ["input_tokens", "output_tokens", "total_tokens"], 7))
        with mlflow.start_span("deeper"):
            pass
mlflow.flush_trace_async_logging()
"""


class TestAnotherProcess:
    def test_its_spans_are_below_the_one_that_called_it(self, experiment: Experiment) -> None:
        with mlflow.start_span("client") as span:
            serve(experiment.id, headers_to_send()["traceparent"])
            early = experiment.growing(span.trace_id)
        assert early.info.state == TraceState.IN_PROGRESS
        assert tree(early) == {"service": {"deeper": {}}}
        trace = experiment.kept(span.trace_id)
        assert trace.info.state == TraceState.OK
        assert tree(trace) == {"client": {"service": {"deeper": {}}}}
        assert named(trace, "service").inputs == {"asked": "far away"}
        assert len(experiment.traces()) == 1


class TestAnotherThread:
    def test_its_spans_are_below_the_one_that_called_it(self, experiment: Experiment) -> None:
        def service(headers: dict[str, str], number: int) -> None:
            with within(headers), mlflow.start_span(f"service-{number}"):
                pass

        with mlflow.start_span("client") as span, ThreadPoolExecutor(2) as threads:
            for number in range(2):
                threads.submit(service, headers_to_send(), number).result()
        trace = experiment.kept(span.trace_id)
        assert tree(trace) == {"client": {"service-0": {}, "service-1": {}}}


def serve(experiment_id: str, traceparent: str) -> None:
    """The service, in a process of its own that logs where this one does."""
    environment = {
        **os.environ,
        "MLFLOW_TRACKING_URI": mlflow.get_tracking_uri(),
        "MLFLOW_EXPERIMENT_ID": experiment_id,
    }
    command = [sys.executable, "-c", SERVICE, traceparent]
    subprocess.run(command, env=environment, check=True, timeout=100)
