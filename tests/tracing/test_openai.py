"""Calls of OpenAI's client that MLflow instruments by itself, against a server that is at hand."""

import asyncio
from collections.abc import Iterator

import mlflow
import openai
import pytest
from mlflow.entities import SpanType, Trace, TraceState

from .conftest import Experiment
from .openai_stub import MODEL, answering
from .trees import named, tree

ASKED = [{"role": "user", "content": "Is tea hot?"}]
TOKENS = {"input_tokens": 1000, "output_tokens": 500, "total_tokens": 1500}


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with answering() as url:
        yield url


@pytest.fixture
def client(base_url: str) -> Iterator[openai.OpenAI]:
    mlflow.openai.autolog()
    with openai.OpenAI(base_url=base_url, api_key="none", max_retries=0) as made:
        yield made
    mlflow.openai.autolog(disable=True)


def told_tokens_and_cost(trace: Trace) -> bool:
    """Whether span and trace have what the stub said, and what it costs."""
    span = trace.data.spans[0]
    assert span.get_attribute("mlflow.chat.tokenUsage") == TOKENS
    assert span.llm_cost["total_cost"] > 0
    assert trace.info.token_usage == TOKENS
    assert trace.info.cost == span.llm_cost
    return True


class TestCompletions:
    def test_a_call_is_a_trace_with_its_messages(
        self, experiment: Experiment, client: openai.OpenAI
    ) -> None:
        client.chat.completions.create(model=MODEL, messages=ASKED, temperature=0.5)
        span = experiment.last().data.spans[0]
        assert (span.name, span.span_type) == ("Completions", SpanType.CHAT_MODEL)
        assert span.inputs == {"model": MODEL, "messages": ASKED, "temperature": 0.5}
        assert span.outputs["choices"][0]["message"]["content"] == "Tea is hot."
        assert span.get_attribute("mlflow.llm.model") == MODEL

    def test_tokens_and_costs_are_those_of_the_answer(
        self, experiment: Experiment, client: openai.OpenAI
    ) -> None:
        client.chat.completions.create(model=MODEL, messages=ASKED)
        assert told_tokens_and_cost(experiment.last())

    def test_a_stream_is_put_together(self, experiment: Experiment, client: openai.OpenAI) -> None:
        chunks = client.chat.completions.create(
            model=MODEL, messages=ASKED, stream=True, stream_options={"include_usage": True}
        )
        assert len(list(chunks)) == 6
        trace = experiment.last()
        span = trace.data.spans[0]
        assert span.outputs["choices"][0]["message"]["content"] == "Tea is hot."
        assert len(span.events) == 6
        assert told_tokens_and_cost(trace)

    def test_async_calls_side_by_side(self, experiment: Experiment, client: openai.OpenAI) -> None:
        async def ask_thrice() -> None:
            async with openai.AsyncOpenAI(base_url=client.base_url, api_key="none") as asking:
                create = asking.chat.completions.create
                await asyncio.gather(*(create(model=MODEL, messages=ASKED) for _ in range(3)))

        asyncio.run(ask_thrice())
        assert [told_tokens_and_cost(trace) for trace in experiment.traces()] == [True] * 3

    def test_a_refusal_is_an_error(self, experiment: Experiment, client: openai.OpenAI) -> None:
        with pytest.raises(openai.NotFoundError):
            client.chat.completions.create(model="none", messages=ASKED)
        trace = experiment.last()
        assert trace.info.state == TraceState.ERROR
        (event,) = trace.data.spans[0].events
        assert "no such model" in event.attributes["exception.message"]


class TestWithinATrace:
    def test_calls_are_below_the_function_that_makes_them(
        self, experiment: Experiment, client: openai.OpenAI
    ) -> None:
        @mlflow.trace
        def serve() -> None:
            for _ in range(2):
                client.chat.completions.create(model=MODEL, messages=ASKED)

        serve()
        trace = experiment.last()
        top = named(trace, "serve").span_id
        assert [span.parent_id for span in trace.data.spans] == [None, top, top]
        assert trace.info.token_usage["total_tokens"] == 3000

    def test_a_run_has_the_traces_of_its_calls(
        self, experiment: Experiment, client: openai.OpenAI
    ) -> None:
        with mlflow.start_run() as run:
            client.chat.completions.create(model=MODEL, messages=ASKED)
        trace = experiment.last()
        assert trace.info.trace_metadata["mlflow.sourceRun"] == run.info.run_id
        found = mlflow.search_traces(run_id=run.info.run_id, return_type="list")
        assert [tree(one) for one in found] == [{"Completions": {}}]
