"""What OpenTelemetry's own SDK and exporter send to the server's ``/v1/traces``."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from uuid import uuid4

import pytest
import requests
from mlflow import MlflowClient
from mlflow.entities import SpanStatusCode, Trace, TraceState
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, Tracer, TracerProvider
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    SimpleSpanProcessor,
    SpanExportResult,
)
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Status, StatusCode

from .trees import named, tree

RESOURCE = Resource({"service.name": "kitchen", "deployment.environment": "test"})


def trace_id_of(span: ReadableSpan) -> str:
    """By which MLflow knows the trace."""
    return f"tr-{span.get_span_context().trace_id:032x}"


def recorded(make: "Work") -> list[ReadableSpan]:
    """The spans of that work in the order in which they ended: children first."""
    memory = InMemorySpanExporter()
    provider = TracerProvider(resource=RESOURCE)
    provider.add_span_processor(SimpleSpanProcessor(memory))
    make(provider.get_tracer("tests"))
    return list(memory.get_finished_spans())


class Work:
    """A program that is traced.

    Args:
        steps: How many spans it has below its first.
    """

    def __init__(self, steps: int = 2) -> None:
        self._steps = steps

    def __call__(self, tracer: Tracer) -> None:
        with tracer.start_as_current_span("serve") as top:
            top.set_attributes({"session.id": "s-1", "user.id": "grace", "input": '{"a": 1}'})
            for number in range(self._steps):
                with tracer.start_as_current_span(f"step-{number}") as step:
                    step.set_attributes({"number": number, "share": 0.5, "right": True})
                    step.set_attribute("names", ["a", "é"])
                    with tracer.start_as_current_span(f"call-{number}") as call:
                        call.add_event("sent", {"bytes": 12})
                        call.set_attribute("gen_ai.request.model", "gpt-4o-mini")
                        call.set_attribute("gen_ai.usage.input_tokens", 10)
                        call.set_attribute("gen_ai.usage.output_tokens", 5)


WHOLE = {"serve": {"step-0": {"call-0": {}}, "step-1": {"call-1": {}}}}


@dataclass(frozen=True)
class Collector:
    """The server as a place to export to, and an experiment there."""

    address: str
    experiment_id: str

    @property
    def client(self) -> MlflowClient:
        return MlflowClient(self.address)

    @property
    def endpoint(self) -> str:
        return f"{self.address}/v1/traces"

    def exporter(self, **headers: str) -> OTLPSpanExporter:
        sent = {"x-mlflow-experiment-id": self.experiment_id, **headers}
        return OTLPSpanExporter(self.endpoint, headers=sent, compression=Compression.Gzip)

    def send(self, spans: Sequence[ReadableSpan], **headers: str) -> None:
        assert self.exporter(**headers).export(spans) is SpanExportResult.SUCCESS

    def trace(self, span: ReadableSpan) -> Trace:
        return self.client.get_trace(trace_id_of(span))


@pytest.fixture
def collector(server_alone: str) -> Collector:
    made = MlflowClient(server_alone).create_experiment(f"e{uuid4().hex}")
    return Collector(server_alone, made)


class TestOneBatch:
    def test_arrives_nested(self, collector: Collector) -> None:
        spans = recorded(Work())
        collector.send(spans)
        assert tree(collector.trace(spans[0])) == WHOLE

    def test_attributes_and_events_are_kept_with_their_types(self, collector: Collector) -> None:
        spans = recorded(Work())
        collector.send(spans)
        trace = collector.trace(spans[0])
        attributes = named(trace, "step-1").attributes
        assert {key: attributes[key] for key in ("number", "share", "right", "names")} == {
            "number": 1,
            "share": 0.5,
            "right": True,
            "names": ["a", "é"],
        }
        (event,) = named(trace, "call-0").events
        assert (event.name, dict(event.attributes)) == ("sent", {"bytes": 12})

    def test_times_are_kept_to_the_nanosecond(self, collector: Collector) -> None:
        spans = recorded(Work())
        collector.send(spans)
        sent = {span.name: (span.start_time, span.end_time) for span in spans}
        found = collector.trace(spans[0]).data.spans
        assert {span.name: (span.start_time_ns, span.end_time_ns) for span in found} == sent

    def test_info_has_state_session_user_tokens_and_resource(self, collector: Collector) -> None:
        spans = recorded(Work())
        collector.send(spans)
        info = collector.trace(spans[0]).info
        assert (info.state, info.experiment_id) == (TraceState.OK, collector.experiment_id)
        assert info.trace_metadata["mlflow.trace.session"] == "s-1"
        assert info.trace_metadata["mlflow.trace.user"] == "grace"
        assert info.token_usage == {"input_tokens": 20, "output_tokens": 10, "total_tokens": 30}
        assert info.tags["service.name"] == "kitchen"
        assert info.tags["deployment.environment"] == "test"

    def test_several_traces_come_apart(self, collector: Collector) -> None:
        one, other = recorded(Work()), recorded(Work(steps=1))
        collector.send([*one, *other])
        assert tree(collector.trace(one[0])) == WHOLE
        assert tree(collector.trace(other[0])) == {"serve": {"step-0": {"call-0": {}}}}

    def test_a_run_is_linked_that_the_header_names(self, collector: Collector) -> None:
        run_id = collector.client.create_run(collector.experiment_id).info.run_id
        spans = recorded(Work())
        collector.send(spans, **{"x-mlflow-run-id": run_id})
        found = collector.client.search_traces(
            locations=[collector.experiment_id], filter_string=f"attributes.run_id = '{run_id}'"
        )
        assert [trace.info.trace_id for trace in found] == [trace_id_of(spans[0])]

    def test_errors_are_errors(self, collector: Collector) -> None:
        def fails(tracer: Tracer) -> None:
            with tracer.start_as_current_span("serve") as span:
                span.record_exception(ValueError("no tea"))
                span.set_status(Status(StatusCode.ERROR, "no tea"))

        spans = recorded(fails)
        collector.send(spans)
        trace = collector.trace(spans[0])
        assert trace.info.state == TraceState.ERROR
        status = named(trace, "serve").status
        assert (status.status_code, status.description) == (SpanStatusCode.ERROR, "no tea")


class TestSeveralBatches:
    def test_children_that_come_first_wait_for_their_parents(self, collector: Collector) -> None:
        spans = recorded(Work())
        for number, span in enumerate(spans, start=1):
            collector.send([span])
            trace = collector.trace(span)
            assert len(trace.data.spans) == number
            ended = number == len(spans)
            assert trace.info.state == (TraceState.OK if ended else TraceState.IN_PROGRESS)
        assert tree(collector.trace(spans[0])) == WHOLE

    def test_parents_may_come_first(self, collector: Collector) -> None:
        spans = recorded(Work())
        for span in reversed(spans):
            collector.send([span])
        trace = collector.trace(spans[0])
        assert tree(trace) == WHOLE
        assert trace.info.state == TraceState.OK
        assert trace.info.token_usage["total_tokens"] == 30

    def test_what_is_sent_again_changes_nothing(self, collector: Collector) -> None:
        spans = recorded(Work())
        collector.send(spans)
        first = collector.trace(spans[0]).to_dict()
        for part in (spans, spans[:3], spans[3:]):
            collector.send(part)
        assert collector.trace(spans[0]).to_dict() == first

    def test_the_sdks_batches_arrive_whole(self, collector: Collector) -> None:
        provider = TracerProvider(resource=RESOURCE)
        memory = InMemorySpanExporter()
        provider.add_span_processor(SimpleSpanProcessor(memory))
        provider.add_span_processor(
            BatchSpanProcessor(collector.exporter(), max_queue_size=64, max_export_batch_size=7)
        )
        Work(steps=20)(provider.get_tracer("tests"))
        provider.shutdown()
        trace = collector.trace(memory.get_finished_spans()[0])
        assert len(tree(trace)["serve"]) == 20
        assert trace.info.token_usage["input_tokens"] == 200

    def test_exporters_side_by_side_add_nothing_twice(self, collector: Collector) -> None:
        spans = recorded(Work(steps=8))
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(collector.send, [[span] for span in (*spans, *spans)]))
        trace = collector.trace(spans[0])
        assert len(trace.data.spans) == 17
        assert trace.info.token_usage == {
            "input_tokens": 80,
            "output_tokens": 40,
            "total_tokens": 120,
        }

    def test_a_large_trace_arrives_whole(self, collector: Collector) -> None:
        spans = recorded(Work(steps=250))
        for start in range(0, len(spans), 200):
            collector.send(spans[start : start + 200])
        assert len(collector.trace(spans[0]).data.spans) == 501


class TestOtherSenders:
    def test_json_is_taken_too(self, collector: Collector) -> None:
        trace_id, span_id = uuid4().hex, "00f067aa0ba902b7"
        times = {"startTimeUnixNano": "1000000000", "endTimeUnixNano": "2000000000"}
        span = {"traceId": trace_id, "spanId": span_id, "name": "in json", **times}
        body = {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}
        assert post(collector, json.dumps(body)).status_code == 200
        assert tree(collector.client.get_trace(f"tr-{trace_id}")) == {"in json": {}}

    def test_an_experiment_that_is_not_there_is_refused(self, collector: Collector) -> None:
        exporter = Collector(collector.address, "987654321").exporter()
        assert exporter.export(recorded(Work())) is SpanExportResult.FAILURE

    @pytest.mark.parametrize("body", ["{}", "no json"])
    def test_what_is_malformed_is_refused(self, collector: Collector, body: str) -> None:
        assert post(collector, body).status_code == 400


def post(collector: Collector, body: str) -> requests.Response:
    headers = {
        "x-mlflow-experiment-id": collector.experiment_id,
        "Content-Type": "application/json",
    }
    return requests.post(collector.endpoint, data=body, headers=headers, timeout=60)
