"""The examples as a user runs them: no options, in a directory of their own."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import mlflow
import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

Run = Callable[..., subprocess.CompletedProcess[str]]


def run_in(directory: Path) -> Run:
    def run(script: str, *options: str) -> subprocess.CompletedProcess[str]:
        named = {"MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI"}
        return subprocess.run(
            [sys.executable, EXAMPLES / script, *options],
            cwd=directory,
            env={key: value for key, value in os.environ.items() if key not in named},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            text=True,
        )

    return run


def done(process: subprocess.CompletedProcess[str]) -> str:
    """What a script that came to its end has printed."""
    assert process.returncode == 0, process.stderr
    return process.stdout


def numbers(pattern: str, said: str) -> list[int]:
    return [int(number) for number in re.findall(pattern, said)]


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory in which the sweep has run."""
    directory = tmp_path_factory.mktemp("examples")
    said = done(run_in(directory)("train_sweep.py", "--epochs", "3", "--widths", "64"))
    assert "The best runs of 'digits-sweep':" in said
    return directory


@pytest.fixture
def run(swept: Path) -> Run:
    return run_in(swept)


@pytest.fixture
def client(swept: Path) -> mlflow.MlflowClient:
    """A client of a process that has seen none of what the examples did."""
    uri = f"docstore://{swept}/.docstore/database"
    return mlflow.MlflowClient(tracking_uri=uri, registry_uri=uri)


@pytest.mark.parametrize(
    ("script", "uri", "words"),
    [
        ("train_sweep.py", "http://ann:s3cret@{nobody}", r"No server answers at {nobody}\."),
        ("manage_prompts.py", "http://{nobody}", r"No server answers at {nobody}\."),
        (
            "promote_through_stages.py",
            "mongodb://ann:s3cret@{nobody}/db?serverSelectionTimeoutMS=300",
            "The database is unreachable .*{nobody}.*refused",
        ),
    ],
)
def test_where_nobody_answers_it_says_so_in_one_line(
    tmp_path: Path, script: str, uri: str, words: str
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        host, port = nobody.getsockname()
        address = f"{host}:{port}"
        process = run_in(tmp_path)(script, "--tracking-uri", uri.format(nobody=address))
    assert process.returncode == 1
    (line,) = process.stderr.splitlines()
    assert re.search(words.format(nobody=re.escape(address)), line)
    assert "s3cret" not in line
    assert process.stdout == ""


class TestRegisterBestRun:
    PATTERN = r"models:/digits@\w+ \(version (\d+),"

    def test_without_a_sweep_it_says_what_to_run_first(self, tmp_path: Path) -> None:
        options = ("--tracking-uri", "memory://nothing", "--experiment", "none")
        process = run_in(tmp_path)("register_best_run.py", *options)
        assert process.returncode == 1
        assert process.stdout == ""
        command = f"{sys.executable} {EXAMPLES / 'train_sweep.py'} {' '.join(options)}"
        assert process.stderr == f"No sweep in 'none' yet. First run: {command}\n"

    def test_each_time_the_aliases_move_on_to_new_versions(
        self, run: Run, client: mlflow.MlflowClient
    ) -> None:
        before = numbers(self.PATTERN, done(run("register_best_run.py")))
        said = done(run("register_best_run.py"))
        champion, challenger = numbers(self.PATTERN, said)
        assert min(champion, challenger) > max(before)
        assert all(float(score) > 0.7 for score in re.findall(r"accuracy (\S+)", said))

        model = client.get_registered_model("digits")
        assert model.aliases == {"champion": champion, "challenger": challenger}
        assert model.tags == {"task": "classification", "team": "digits"}
        assert "handwritten digits" in model.description

        best = client.get_model_version_by_alias("digits", "champion")
        other = client.get_model_version_by_alias("digits", "challenger")
        losses = [float(version.tags["validation_loss"]) for version in (best, other)]
        assert losses == sorted(losses)
        source = client.get_run(best.run_id)
        assert best.source == f"models:/{source.outputs.model_outputs[0].model_id}"
        assert source.info.run_name in best.description
        experiment = client.get_experiment_by_name("digits-sweep")
        runs = client.search_runs(
            [experiment.experiment_id], order_by=["metrics.best_validation_loss ASC"]
        )
        nested = [run for run in runs if run.data.tags["stage"] != "parent"]
        assert nested[0].info.run_id == best.run_id


def test_promoting_leaves_one_version_in_production(run: Run, client: mlflow.MlflowClient) -> None:
    for _ in range(2):
        said = done(run("promote_through_stages.py"))
    archived, promoted = numbers(r"Version (\d+) went into Production", said)
    versions = {
        int(version.version): version.current_stage
        for version in client.search_model_versions("name = 'digits'")
    }
    assert [number for number, stage in versions.items() if stage == "Production"] == [promoted]
    assert "Staging" not in versions.values()
    assert versions[archived] == "Archived"
    assert f"Production  version {promoted}\n" in said


def test_each_time_a_prompt_gains_three_versions_and_its_alias_the_last(
    run: Run, client: mlflow.MlflowClient
) -> None:
    pattern = r"(?m)^ +(\d+)  (?:text|chat)"
    before = numbers(pattern, done(run("manage_prompts.py")))
    said = done(run("manage_prompts.py"))
    first, second, third = numbers(pattern, said)
    assert first > max(before)
    assert " .%. *= \n" in said

    prompt = client.get_prompt("digits-reader")
    assert prompt.tags["task"] == "classification"
    assert client.get_prompt_version("digits-reader", first).is_text_prompt
    assert "handwritten" in client.get_prompt_version("digits-reader", second).template
    current = client.load_prompt("prompts:/digits-reader@production")
    assert current.version == third
    assert [message["role"] for message in current.template] == ["system", "user"]
    assert current.model_config["temperature"] == 0.0
    assert set(current.response_format["properties"]) == {"digit", "confidence"}
    assert current.tags == {"author": "grace"}
    experiment = client.get_experiment_by_name("digits-sweep")
    linked = client.search_prompts(f"experiment_id = '{experiment.experiment_id}'")
    assert [prompt.name for prompt in linked] == ["digits-reader"]


def test_an_assistant_leaves_a_week_of_traces_with_errors_costs_and_feedback(
    tmp_path: Path,
) -> None:
    said = done(run_in(tmp_path)("trace_assistant.py", "--traces", "60"))
    assert "60 questions were answered within a week" in said
    client = mlflow.MlflowClient(f"docstore://{tmp_path}/.docstore/database")
    experiment = client.get_experiment_by_name("digits-sweep")
    assert experiment is not None
    traces = client.search_traces(locations=[experiment.experiment_id], max_results=100)
    assert len(traces) == 60

    times = [trace.info.request_time for trace in traces]
    assert 24 * 3_600_000 < max(times) - min(times) <= 7 * 24 * 3_600_000
    sessions = {trace.info.trace_metadata["mlflow.trace.session"] for trace in traces}
    assert 10 < len(sessions) < 60
    failed = [trace for trace in traces if trace.info.state == "ERROR"]
    assert numbers(r"(\d+) questions had no answer", said) == [len(failed)]
    assert {event.name for span in failed[0].data.spans for event in span.events} == {"exception"}

    answered = next(trace for trace in traces if trace.info.state == "OK")
    root, *steps = answered.data.spans
    assert [step.name for step in steps] == ["retrieve", "rerank", "write"]
    assert {step.parent_id for step in steps} == {root.span_id}
    usage = steps[-1].get_attribute("mlflow.chat.tokenUsage")
    assert answered.info.token_usage == usage
    assert answered.info.cost["total_cost"] > 0

    judged = [trace for trace in traces if trace.info.assessments]
    assert numbers(r"(\d+) answers were judged", said) == [len(judged)]
    assert {one.name for trace in judged for one in trace.info.assessments} == {
        "about_the_right_one",
        "words_taken_up",
    }
