"""``@mlflow.trace`` and ``mlflow.start_span`` around what programs are made of."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

import mlflow
import pytest
from mlflow.entities import SpanStatusCode, SpanType, TraceState

from .conftest import QUEUE, Experiment
from .trees import named, tree


@mlflow.trace(span_type=SpanType.RETRIEVER, attributes={"index": "small"})
def look_up(question: str) -> list[str]:
    return [f"about {question}"]


@mlflow.trace
def answer(question: str, *, words: int = 3) -> dict[str, object]:
    found = look_up(question)
    with mlflow.start_span("write", span_type=SpanType.LLM) as span:
        span.set_inputs({"found": found, "words": words})
        span.add_event(mlflow.entities.SpanEvent("begun", attributes={"n": 1}))
        span.set_outputs("é 🎉")
    return {"text": "é 🎉", "sources": found}


class TestNesting:
    def test_spans_are_stored_below_those_that_called_them(self, experiment: Experiment) -> None:
        answer("tea")
        assert tree(experiment.last()) == {"answer": {"look_up": {}, "write": {}}}

    def test_inputs_outputs_types_and_attributes_are_kept(self, experiment: Experiment) -> None:
        answer("tea", words=2)
        trace = experiment.last()
        top, retrieval = named(trace, "answer"), named(trace, "look_up")
        assert top.inputs == {"question": "tea", "words": 2}
        assert top.outputs == {"text": "é 🎉", "sources": ["about tea"]}
        assert retrieval.span_type == SpanType.RETRIEVER
        assert retrieval.get_attribute("index") == "small"
        (event,) = named(trace, "write").events
        assert (event.name, dict(event.attributes)) == ("begun", {"n": 1})

    def test_info_tells_of_the_whole(self, experiment: Experiment) -> None:
        answer("tea")
        info = experiment.last().info
        assert (info.state, info.experiment_id) == (TraceState.OK, experiment.id)
        assert info.tags["mlflow.traceName"] == "answer"
        assert info.request_preview == '{"question": "tea", "words": 3}'
        assert "é 🎉" in info.response_preview
        assert info.execution_duration >= 0

    def test_times_of_children_lie_within_those_of_parents(self, experiment: Experiment) -> None:
        answer("tea")
        trace = experiment.last()
        top = named(trace, "answer")
        for name in ("look_up", "write"):
            child = named(trace, name)
            assert top.start_time_ns <= child.start_time_ns <= child.end_time_ns <= top.end_time_ns

    def test_a_deep_tree_is_kept(self, experiment: Experiment) -> None:
        @mlflow.trace
        def down(depth: int) -> int:
            return depth if depth == 0 else down(depth - 1)

        down(15)
        spans = experiment.last().data.spans
        assert [span.inputs["depth"] for span in spans] == list(range(15, -1, -1))


class TestErrors:
    def test_an_error_ends_the_trace_and_is_told_by_its_span(self, experiment: Experiment) -> None:
        @mlflow.trace
        def fails() -> None:
            raise ValueError("no tea")

        with pytest.raises(ValueError, match="no tea"):
            fails()
        trace = experiment.last()
        span = named(trace, "fails")
        assert trace.info.state == TraceState.ERROR
        assert span.status.status_code == SpanStatusCode.ERROR
        assert span.status.description == "ValueError: no tea"
        (event,) = span.events
        assert event.attributes["exception.message"] == "no tea"

    def test_an_error_that_is_caught_is_the_childs_alone(self, experiment: Experiment) -> None:
        @mlflow.trace
        def fails() -> None:
            raise ValueError("no tea")

        @mlflow.trace
        def careful() -> str:
            with pytest.raises(ValueError, match="no tea"):
                fails()
            return "coffee"

        careful()
        trace = experiment.last()
        assert trace.info.state == TraceState.OK
        assert named(trace, "fails").status.status_code == SpanStatusCode.ERROR
        assert named(trace, "careful").status.status_code == SpanStatusCode.OK


class TestStreams:
    def test_what_a_generator_yields_is_its_output(self, experiment: Experiment) -> None:
        @mlflow.trace(output_reducer="".join)
        def letters(word: str) -> Iterator[str]:
            yield from word

        assert list(letters("tea")) == ["t", "e", "a"]
        trace = experiment.last()
        assert named(trace, "letters").outputs == "tea"
        assert [event.attributes["mlflow.chunk.value"] for event in trace.data.spans[0].events] == [
            '"t"',
            '"e"',
            '"a"',
        ]

    def test_one_that_fails_half_way_keeps_what_it_yielded(self, experiment: Experiment) -> None:
        @mlflow.trace
        def letters() -> Iterator[str]:
            yield "t"
            raise ValueError("no more")

        with pytest.raises(ValueError, match="no more"):
            list(letters())
        trace = experiment.last()
        assert trace.info.state == TraceState.ERROR
        assert len(named(trace, "letters").events) == 2

    def test_an_async_generator(self, experiment: Experiment) -> None:
        @mlflow.trace
        async def letters(word: str) -> AsyncIterator[str]:
            for letter in word:
                await asyncio.sleep(0)
                yield letter

        async def read() -> list[str]:
            return [letter async for letter in letters("tea")]

        assert asyncio.run(read()) == ["t", "e", "a"]
        mlflow.flush_trace_async_logging()
        (trace,) = experiment.traces()
        assert named(trace, "letters").outputs == ["t", "e", "a"]


class TestTogether:
    def test_async_functions_side_by_side(self, experiment: Experiment) -> None:
        @mlflow.trace
        async def ask(number: int) -> int:
            with mlflow.start_span(f"step-{number}"):
                await asyncio.sleep(0.001 * (3 - number))
            return number

        @mlflow.trace
        async def ask_all() -> list[int]:
            return list(await asyncio.gather(*(ask(number) for number in range(3))))

        assert asyncio.run(ask_all()) == [0, 1, 2]
        (trace,) = experiment.traces()
        spans = {span.span_id: span for span in trace.data.spans}
        for number in range(3):
            parent = spans[named(trace, f"step-{number}").parent_id]
            assert (parent.name, parent.inputs) == ("ask", {"number": number})
            assert spans[parent.parent_id].name == "ask_all"

    def test_threads_with_the_callers_context_are_within_its_trace(
        self, experiment: Experiment
    ) -> None:
        @mlflow.trace
        def fan_out() -> None:
            with ThreadPoolExecutor(4) as threads:
                for number in range(8):
                    threads.submit(copy_context().run, look_up, str(number))

        fan_out()
        trace = experiment.last()
        parent = named(trace, "fan_out").span_id
        children = [span for span in trace.data.spans if span.parent_id == parent]
        assert sorted(span.inputs["question"] for span in children) == list("01234567")

    def test_threads_without_it_trace_each_by_itself(self, experiment: Experiment) -> None:
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(answer, "abcdefgh"))
        traces = experiment.traces()
        assert sorted(trace.data.spans[0].inputs["question"] for trace in traces) == list(
            "abcdefgh"
        )
        assert all(tree(one) == {"answer": {"look_up": {}, "write": {}}} for one in traces)

    def test_spans_without_a_context_are_nested_by_hand(self, experiment: Experiment) -> None:
        top = mlflow.start_span_no_context("top", inputs=1, metadata={"where": "here"})
        child = mlflow.start_span_no_context("child", parent_span=top)
        child.end()
        top.end(outputs=2)
        trace = experiment.kept(top.trace_id)
        assert tree(trace) == {"top": {"child": {}}}
        assert trace.info.trace_metadata["where"] == "here"


class TestQueue:
    """MLflow's own default: what is traced is logged by and by."""

    @pytest.fixture(autouse=True)
    def queued(self, experiment: Experiment, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        assert experiment.id
        monkeypatch.setenv(QUEUE, "true")
        mlflow.tracing.reset()
        yield
        mlflow.flush_trace_async_logging(terminate=True)
        mlflow.tracing.reset()

    def test_all_is_there_once_it_is_flushed(self, experiment: Experiment) -> None:
        for letter in "abcd":
            answer(letter)
        assert [tree(one) for one in experiment.traces()] == [
            {"answer": {"look_up": {}, "write": {}}}
        ] * 4


class TestGrowth:
    def test_a_trace_that_is_not_ended_is_there_already(self, experiment: Experiment) -> None:
        with mlflow.start_span("top") as top:
            with mlflow.start_span("first"):
                pass
            growing = experiment.growing(top.trace_id)
        assert growing.info.state == TraceState.IN_PROGRESS
        assert [span.name for span in growing.data.spans] == ["first"]
        assert experiment.kept(top.trace_id).info.state == TraceState.OK
