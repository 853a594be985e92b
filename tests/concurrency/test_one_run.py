"""Eight processes write to one run, or to one model."""

from collections import Counter
from uuid import uuid4

import pytest
from mlflow.entities import LoggedModel, Metric

from mlflow_docstore.core.metrics import by_step
from mlflow_docstore.core.paging import PageRequest
from mlflow_docstore.ports.backend import Backend
from mlflow_docstore.ports.runs import RunBatch

from . import jobs
from .conftest import SIZE
from .processes import Refused, Team


@pytest.fixture
def run_id(backend: Backend) -> str:
    made = uuid4().hex
    backend.runs.create(jobs.run(made, "1"))
    return made


def test_each_param_has_one_winner_and_is_never_overwritten(
    team: Team, backend: Backend, run_id: str
) -> None:
    won = team.do(jobs.log_params, run_id)
    winners = {key: str(number) for number, keys in enumerate(won) for key in keys}
    assert sum(map(len, won)) == len(winners) == jobs.KEYS
    assert backend.runs.get(run_id).data.params == winners


def test_a_batch_with_a_taken_param_writes_nothing(
    team: Team, backend: Backend, run_id: str
) -> None:
    answers = team.do(jobs.log_params_at_once, run_id)
    assert Counter(answers) == {None: 1, Refused("Conflict", "param"): SIZE - 1}
    winner = str(answers.index(None))
    assert backend.runs.get(run_id).data.params == {"shared": winner, f"own{winner}": "x"}


def test_histories_are_complete_and_the_latest_metric_is_the_greatest(
    team: Team, backend: Backend, run_id: str
) -> None:
    assert team.do(jobs.log_points, run_id) == [None] * SIZE
    logged = {
        (point.timestamp, point.step, point.value, False)
        for number in range(SIZE)
        for point in (*jobs.points_of(number), jobs.SHARED)
    }
    history = backend.metrics.history(run_id, "loss", PageRequest(None)).items
    assert [(one.timestamp, one.step, one.value, False) for one in history] == sorted(logged)
    assert backend.runs.get(run_id).data.metrics["loss"] == max(logged, key=by_step)[2]


def test_a_tag_has_the_last_value_of_some_process_and_no_other_is_lost(
    team: Team, backend: Backend, run_id: str
) -> None:
    assert team.do(jobs.set_tags, run_id) == [None] * SIZE
    tags = backend.runs.get(run_id).data.tags
    last = jobs.WRITES - 1
    assert tags["shared"] in {f"{number}-{last}" for number in range(SIZE)}
    assert {tags[f"own{number}"] for number in range(SIZE)} == {str(last)}


def test_a_tag_that_all_append_to_lacks_nothing(team: Team, backend: Backend, run_id: str) -> None:
    assert team.do(jobs.append_to_tag, run_id) == [None] * SIZE
    appended = backend.runs.get(run_id).data.tags["list"].split()
    assert sorted(appended) == [f"{number}-{write}" for number in range(SIZE) for write in range(3)]


def test_one_process_links_an_output(team: Team, backend: Backend, run_id: str) -> None:
    answers = team.do(jobs.link_output, run_id)
    assert Counter(answers) == {None: 1, Refused("AlreadyExists", "model_output"): SIZE - 1}
    outputs = backend.runs.get(run_id).outputs.model_outputs
    assert [(one.model_id, one.step) for one in outputs] == [("shared", answers.index(None))]


def test_a_dataset_is_linked_once_and_each_model_once(
    team: Team, backend: Backend, run_id: str
) -> None:
    assert team.do(jobs.link_inputs, run_id) == [None] * SIZE
    inputs = backend.runs.get(run_id).inputs
    assert [one.dataset.name for one in inputs.dataset_inputs] == ["data"]
    models = sorted(one.model_id for one in inputs.model_inputs)
    assert models == sorted(["shared", *(f"own{number}" for number in range(SIZE))])
    (summary,) = backend.inputs.dataset_summaries(["1"], limit=10)
    assert (summary.digest, summary.context) == ("digest", "train")


def test_a_model_has_every_point_once(team: Team, backend: Backend) -> None:
    model_id = f"m-{uuid4().hex}"
    backend.logged_models.create(LoggedModel("1", model_id, "name", "loc", 1, 1))
    assert team.do(jobs.measure_model, model_id) == [None] * SIZE
    points = backend.logged_models.get(model_id).metrics or []
    runs = ["everybody", *(f"run{number}" for number in range(SIZE))]
    expected = {(run_id, step): 1 for run_id in runs for step in range(jobs.WRITES)}
    assert Counter((point.run_id, point.step) for point in points) == expected


def test_no_reader_misses_a_point_while_others_merge_and_write(
    team: Team, backend: Backend, run_id: str
) -> None:
    before = set(range(20))
    for step in before:
        backend.runs.log(run_id, RunBatch([Metric("loss", 1.0, step, step)]))
    for seen in team.do(jobs.merge_write_or_read, run_id):
        for earlier, later in zip([before, *seen], seen, strict=False):
            assert later >= earlier
    history = backend.metrics.history(run_id, "loss", PageRequest(None)).items
    written = {1000 * number + write for number in (2, 3, 4) for write in range(jobs.READS)}
    assert [point.step for point in history] == sorted(before | written)
