"""``mlflow.search_traces`` and what else leads to traces: runs, models, sessions, prompts."""

import time
from pathlib import Path
from uuid import uuid4

import mlflow
import pytest
from mlflow.entities import Trace
from mlflow.exceptions import MlflowException
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository
from mlflow.tracing.attachments import Attachment

from .conftest import Experiment


@mlflow.trace
def answer(question: str) -> str:
    with mlflow.start_span("look up", span_type="RETRIEVER") as span:
        span.set_attribute("index", question)
    if question == "none":
        raise ValueError(question)
    return question.upper()


def found(filter_string: str | None = None, **options: object) -> list[str]:
    """The questions of the traces that are found, the oldest first."""
    traces = mlflow.search_traces(
        filter_string=filter_string,
        return_type="list",
        order_by=["timestamp ASC"],
        flush=True,
        **options,
    )
    return [question(trace) for trace in traces]


def question(trace: Trace) -> str:
    return str(trace.data.spans[0].inputs["question"])


@pytest.fixture
def three(experiment: Experiment) -> Experiment:
    """Traces about tea, coffee, and one that fails; of two sessions, each with a tag."""
    for number, asked in enumerate(("tea", "coffee", "none")):
        with mlflow.start_span("serve", attributes={"question": asked}) as span:
            span.set_inputs({"question": asked})
            mlflow.update_current_trace(
                tags={"number": str(number)},
                metadata={"colour": f"c{number}"},
                session_id="even" if number % 2 == 0 else "odd",
                user="grace",
                client_request_id=f"request-{number}",
                state="ERROR" if asked == "none" else None,
            )
    mlflow.flush_trace_async_logging()
    return experiment


@pytest.mark.usefixtures("three")
class TestFilters:
    @pytest.mark.parametrize(
        ("text", "questions"),
        [
            (None, ["tea", "coffee", "none"]),
            ("tags.number = '1'", ["coffee"]),
            ("tags.number != '1'", ["tea", "none"]),
            ("tag.number RLIKE '[02]'", ["tea", "none"]),
            ("metadata.colour = 'c2'", ["none"]),
            ("trace.status = 'ERROR'", ["none"]),
            ("attributes.name = 'serve' AND trace.status = 'OK'", ["tea", "coffee"]),
            ("trace.client_request_id = 'request-1'", ["coffee"]),
            ("metadata.`mlflow.trace.session` = 'even'", ["tea", "none"]),
            ("metadata.`mlflow.trace.user` = 'grace'", ["tea", "coffee", "none"]),
            ("span.name = 'serve'", ["tea", "coffee", "none"]),
            ("span.attributes.question LIKE '%off%'", ["coffee"]),
            ("trace.text LIKE '%coff%'", ["coffee"]),
            ("trace.execution_time_ms >= 0", ["tea", "coffee", "none"]),
            ("trace.timestamp_ms > 4102444800000", []),
        ],
    )
    def test_choose_traces(self, text: str | None, questions: list[str]) -> None:
        assert found(text) == questions

    def test_one_that_cannot_be_read_is_refused(self) -> None:
        with pytest.raises(MlflowException, match="Invalid"):
            found("colour = 'red'")


class TestPages:
    def test_there_is_no_end_of_them_before_the_last(self, three: Experiment) -> None:
        seen, token = [], None
        while True:
            page = three.client.search_traces(
                locations=[three.id], max_results=1, page_token=token, order_by=["timestamp DESC"]
            )
            seen += [question(trace) for trace in page]
            if not (token := page.token):
                break
        assert seen == ["none", "coffee", "tea"]

    def test_without_spans_there_is_the_info(self, three: Experiment) -> None:
        infos = three.client.search_traces(locations=[three.id], include_spans=False)
        assert [trace.data.spans for trace in infos] == [[]] * 3
        assert {trace.info.tags["number"] for trace in infos} == {"0", "1", "2"}

    @pytest.mark.usefixtures("three")
    def test_a_frame_has_a_row_a_trace(self) -> None:
        frame = mlflow.search_traces(order_by=["timestamp ASC"])
        assert list(frame["request"]) == [{"question": q} for q in ("tea", "coffee", "none")]
        assert [str(state) for state in frame["state"]] == ["OK", "OK", "ERROR"]
        assert set(frame["tags"].map(lambda tags: tags["number"])) == {"0", "1", "2"}


class TestChanges:
    def test_tags_are_set_and_deleted_later(self, experiment: Experiment) -> None:
        answer("tea")
        trace_id = experiment.last().info.trace_id
        mlflow.set_trace_tag(trace_id, "a.b", "é")
        mlflow.set_trace_tag(trace_id, "other", "1")
        mlflow.delete_trace_tag(trace_id, "other")
        tags = experiment.kept(trace_id).info.tags
        assert tags["a.b"] == "é"
        assert "other" not in tags
        assert found("tags.`a.b` = 'é'") == ["tea"]

    def test_what_is_deleted_is_gone(self, three: Experiment) -> None:
        first, *_ = three.traces()
        trace_id = first.info.trace_id
        assert three.client.delete_traces(three.id, trace_ids=[trace_id]) == 1
        assert found() == ["coffee", "none"]
        assert mlflow.get_trace(trace_id, silent=True) is None

    def test_the_oldest_are_deleted_by_their_time(self, three: Experiment) -> None:
        last = three.traces()[-1].info.timestamp_ms
        assert three.client.delete_traces(three.id, max_timestamp_millis=last) == 3
        assert found() == []


class TestRunsAndModels:
    def test_a_run_has_what_was_traced_in_it(self, experiment: Experiment) -> None:
        with mlflow.start_run() as run:
            answer("tea")
        answer("coffee")
        mlflow.flush_trace_async_logging()
        assert found(run_id=run.info.run_id) == ["tea"]
        assert found(f"attributes.run_id = '{run.info.run_id}'") == ["tea"]
        assert len(experiment.traces()) == 2

    def test_a_run_has_what_is_linked_to_it(self, experiment: Experiment) -> None:
        answer("tea")
        trace_id = experiment.last().info.trace_id
        run_id = experiment.client.create_run(experiment.id).info.run_id
        for _ in range(2):
            experiment.client.link_traces_to_run([trace_id], run_id)
        assert found(run_id=run_id) == ["tea"]

    def test_a_logged_model_has_what_was_traced_while_it_was_active(
        self, experiment: Experiment
    ) -> None:
        with mlflow.set_active_model(name=f"m{uuid4().hex}") as model:
            answer("tea")
        answer("coffee")
        assert found(model_id=model.model_id) == ["tea"]
        trace = next(one for one in experiment.traces() if question(one) == "tea")
        assert trace.info.trace_metadata["mlflow.modelId"] == model.model_id


class TestSessions:
    def test_sessions_have_their_traces(self, three: Experiment) -> None:
        sessions = mlflow.search_sessions(locations=[three.id])
        assert {session.id: sorted(map(question, session)) for session in sessions} == {
            "even": ["none", "tea"],
            "odd": ["coffee"],
        }


class TestPrompts:
    def test_what_a_trace_loads_is_linked_to_it(self, experiment: Experiment) -> None:
        name = f"p{uuid4().hex}"
        mlflow.genai.register_prompt(name, "Is {{drink}} hot?")
        with mlflow.start_span("ask") as span:
            span.set_inputs({"question": "tea"})
            mlflow.genai.load_prompt(name, version=1)
        trace = experiment.kept(span.trace_id)
        assert name in trace.info.tags["mlflow.linkedPrompts"]
        # The client links in a thread that nothing waits for.
        for _ in range(100):
            linked = found(f"prompt = '{name}/1'")
            if linked:
                break
            time.sleep(0.1)
        assert linked == ["tea"]


class TestOtherWays:
    def test_a_trace_of_one_call(self, experiment: Experiment) -> None:
        trace_id = mlflow.log_trace(
            name="said",
            request={"question": "tea"},
            response="hot",
            tags={"k": "v"},
            start_time_ms=1_700_000_000_000,
            execution_time_ms=250,
        )
        trace = experiment.kept(trace_id)
        assert (trace.info.request_time, trace.info.execution_duration) == (1_700_000_000_000, 250)
        assert (trace.info.tags["k"], trace.data.spans[0].outputs) == ("v", "hot")

    def test_a_trace_of_another_service_goes_below_the_active_span(
        self, experiment: Experiment
    ) -> None:
        answer("tea")
        remote = experiment.last().to_dict()
        with mlflow.start_span("caller") as caller:
            mlflow.add_trace(remote)
        trace = experiment.kept(caller.trace_id)
        parents = {span.name: span.parent_id for span in trace.data.spans}
        assert parents["answer"] == caller.span_id
        assert set(parents) == {"caller", "answer", "look up"}

    def test_an_attachment_is_an_artifact_of_the_trace(self, experiment: Experiment) -> None:
        picture = Attachment(content_type="image/png", content_bytes=b"png")
        with mlflow.start_span("see") as span:
            span.set_inputs({"picture": picture})
        trace = experiment.kept(span.trace_id)
        assert trace.data.spans[0].inputs["picture"] == picture.ref(span.trace_id)
        artifacts = get_artifact_repository(trace.info.tags["mlflow.artifactLocation"])
        found = artifacts.download_artifacts(f"attachments/{picture.id}")
        assert Path(found).read_bytes() == b"png"
