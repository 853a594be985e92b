"""What one server process is told of that which another wrote, while replicas lag.

Two stores, each with a client of its own, as two processes have them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from mlflow.entities import LifecycleStage, Metric, Param, RunTag, ViewType
from mlflow.entities.model_registry import ModelVersionTag, RegisteredModelTag
from mlflow.exceptions import MlflowException

from mlflow_docstore.adapters.cosmosdb import ADAPTER
from mlflow_docstore.compat.registry.store import DocStoreRegistryStore
from mlflow_docstore.compat.tracking.store import DocStoreTrackingStore
from mlflow_docstore.ports.backend import Backend
from tests.contract.traces.assessment_scenarios import finished_trace

from .standin import StandIn

_NUMBERS = count()


@dataclass(frozen=True)
class Process:
    """The stores of a server process."""

    tracking: DocStoreTrackingStore
    registry: DocStoreRegistryStore


@dataclass(frozen=True)
class World:
    """Two processes on one database, in which something is made; and then replicas lag.

    Args:
        a: The process that writes.
        b: The process that hears of that by replicas.
        standin: The service.
        experiment_id: Of an experiment of a minute ago.
        run_id: Of a run in it.
        name: Of a model with one version.
    """

    a: Process
    b: Process
    standin: StandIn
    experiment_id: str
    run_id: str
    name: str = "old"


def process(uri: str, backend: Backend, artifacts: Path) -> Process:
    return Process(
        DocStoreTrackingStore(uri, str(artifacts), backend),
        DocStoreRegistryStore(uri, None, backend),
    )


def run_in(store: DocStoreTrackingStore, experiment_id: str) -> str:
    run_id: str = store.create_run(experiment_id, "user", 0, [], "run").info.run_id
    return run_id


@pytest.fixture
def world(faulty: StandIn, tmp_path: Path) -> Iterator[World]:
    uri = faulty.uri(f"sessions-{next(_NUMBERS)}")
    backends = [ADAPTER.open(uri) for _ in range(2)]
    backends[0].prepare()
    a, b = (process(uri, backend, tmp_path) for backend in backends)
    experiment_id = a.tracking.create_experiment("old")
    run_id = run_in(a.tracking, experiment_id)
    a.registry.create_registered_model("old")
    a.registry.create_model_version("old", "source")
    faulty.lag()
    yield World(a, b, faulty, experiment_id, run_id)
    faulty.catch_up()
    for backend in backends:
        backend.close()


def refused(call: Callable[..., Any], *arguments: Any) -> str:
    """The code of the error."""
    with pytest.raises(MlflowException) as caught:
        call(*arguments)
    return str(caught.value.error_code)


def interrupted(world: World, call: Callable[[], Any]) -> None:
    """Make a call that ends before the first document is removed."""
    world.standin.fail(status=401, operations=["delete"])
    with pytest.raises(MlflowException):
        call()


class TestExperiments:
    def test_are_there_when_they_are_made(self, world: World) -> None:
        made = world.a.tracking.create_experiment("new")
        assert world.b.tracking.get_experiment(made).name == "new"

    def test_have_their_names_when_they_are_made(self, world: World) -> None:
        made = world.a.tracking.create_experiment("new")
        found = world.b.tracking.get_experiment_by_name("new")
        assert found is not None
        assert found.experiment_id == made

    def test_have_their_names_alone(self, world: World) -> None:
        world.a.tracking.create_experiment("new")
        assert refused(world.b.tracking.create_experiment, "new") == "RESOURCE_ALREADY_EXISTS"

    def test_have_new_names_when_they_are_renamed(self, world: World) -> None:
        world.a.tracking.rename_experiment(world.experiment_id, "new")
        found = world.b.tracking.get_experiment_by_name("new")
        assert found is not None
        assert found.experiment_id == world.experiment_id

    def test_leave_their_names_to_others_when_they_are_renamed(self, world: World) -> None:
        world.a.tracking.rename_experiment(world.experiment_id, "new")
        made = world.b.tracking.create_experiment("old")
        assert made != world.experiment_id

    def test_leave_their_names_to_others_when_their_claims_stay(self, world: World) -> None:
        """Whoever renamed it died before it gave up the claim of the old name."""
        interrupted(world, lambda: world.a.tracking.rename_experiment(world.experiment_id, "new"))
        made = world.b.tracking.create_experiment("old")
        assert made != world.experiment_id

    def test_take_no_runs_when_they_are_deleted(self, world: World) -> None:
        world.a.tracking.delete_experiment(world.experiment_id)
        tag = RunTag("k", "v")
        code = refused(world.b.tracking.set_experiment_tag, world.experiment_id, tag)
        assert code == "INVALID_PARAMETER_VALUE"

    def test_can_be_restored_and_deleted_again(self, world: World) -> None:
        world.a.tracking.delete_experiment(world.experiment_id)
        world.b.tracking.restore_experiment(world.experiment_id)
        world.a.tracking.delete_experiment(world.experiment_id)
        world.standin.catch_up()
        found = world.b.tracking.get_experiment(world.experiment_id)
        assert found.lifecycle_stage == LifecycleStage.DELETED

    def test_can_be_renamed_when_they_are_restored(self, world: World) -> None:
        world.a.tracking.delete_experiment(world.experiment_id)
        world.standin.lag()
        world.a.tracking.restore_experiment(world.experiment_id)
        world.b.tracking.rename_experiment(world.experiment_id, "new")


class TestRuns:
    def test_are_there_when_they_are_made(self, world: World) -> None:
        made = run_in(world.a.tracking, world.experiment_id)
        assert world.b.tracking.get_run(made).info.run_id == made

    def test_are_missing_when_they_are_missing(self, world: World) -> None:
        assert refused(world.b.tracking.get_run, "0" * 32) == "RESOURCE_DOES_NOT_EXIST"

    def test_can_be_logged_to_when_they_are_made(self, world: World) -> None:
        made = run_in(world.a.tracking, world.experiment_id)
        world.b.tracking.log_batch(
            made, [Metric("m", 1.0, 1, 1)], [Param("p", "1")], [RunTag("t", "1")]
        )
        data = world.a.tracking.get_run(made).data
        assert (data.metrics, data.params) == ({}, {})
        world.standin.catch_up()
        data = world.a.tracking.get_run(made).data
        assert (data.metrics, data.params, data.tags["t"]) == ({"m": 1.0}, {"p": "1"}, "1")

    def test_have_one_value_of_a_param(self, world: World) -> None:
        world.a.tracking.log_param(world.run_id, Param("p", "1"))
        code = refused(world.b.tracking.log_param, world.run_id, Param("p", "2"))
        assert code == "INVALID_PARAMETER_VALUE"
        world.b.tracking.log_param(world.run_id, Param("p", "1"))
        assert world.b.tracking.get_run(world.run_id).data.params == {"p": "1"}

    def test_have_one_value_of_a_param_among_many(self, world: World) -> None:
        """More than a patch of the service's own takes."""
        params = [Param(f"p{number}", "1") for number in range(20)]
        world.a.tracking.log_batch(world.run_id, [], params, [])
        code = refused(
            world.b.tracking.log_batch, world.run_id, [], [*params[1:], Param("p0", "2")], []
        )
        assert code == "INVALID_PARAMETER_VALUE"

    def test_keep_the_latest_metric_of_both(self, world: World) -> None:
        world.a.tracking.log_metric(world.run_id, Metric("m", 2.0, 2, 2))
        world.b.tracking.log_metric(world.run_id, Metric("m", 1.0, 1, 1))
        world.standin.catch_up()
        assert world.b.tracking.get_run(world.run_id).data.metrics == {"m": 2.0}
        history = world.b.tracking.get_metric_history(world.run_id, "m")
        assert sorted(point.value for point in history) == [1.0, 2.0]

    def test_take_nothing_when_they_are_deleted(self, world: World) -> None:
        world.a.tracking.delete_run(world.run_id)
        code = refused(world.b.tracking.set_tag, world.run_id, RunTag("t", "1"))
        assert code == "INVALID_PARAMETER_VALUE"

    def test_take_all_when_they_are_restored(self, world: World) -> None:
        world.a.tracking.delete_run(world.run_id)
        world.standin.lag()
        world.a.tracking.restore_run(world.run_id)
        world.b.tracking.set_tag(world.run_id, RunTag("t", "1"))
        world.b.tracking.delete_tag(world.run_id, "t")

    def test_lose_a_tag_that_another_set(self, world: World) -> None:
        world.a.tracking.set_tag(world.run_id, RunTag("t", "1"))
        world.b.tracking.delete_tag(world.run_id, "t")
        world.standin.catch_up()
        assert "t" not in world.a.tracking.get_run(world.run_id).data.tags

    def test_are_found_by_searches_in_a_while(self, world: World) -> None:
        made = run_in(world.a.tracking, world.experiment_id)

        def found() -> list[str]:
            runs = world.b.tracking.search_runs([world.experiment_id], "", ViewType.ALL)
            return [run.info.run_id for run in runs]

        assert found() == [world.run_id]
        world.standin.catch_up()
        assert set(found()) == {made, world.run_id}


class TestTraces:
    def test_are_there_when_they_are_made(self, world: World) -> None:
        made = world.a.tracking.start_trace(finished_trace(world.experiment_id)).trace_id
        assert world.b.tracking.get_trace_info(made).trace_id == made

    def test_are_there_when_they_were_waited_for(self, world: World) -> None:
        """A link to a run came before the trace, and left something under its id."""
        trace = finished_trace(world.experiment_id)
        world.a.tracking.link_traces_to_run([trace.trace_id], world.run_id)
        world.standin.lag()
        world.a.tracking.start_trace(trace)
        assert world.b.tracking.get_trace_info(trace.trace_id).trace_id == trace.trace_id

    def test_take_tags_when_they_are_made(self, world: World) -> None:
        made = world.a.tracking.start_trace(finished_trace(world.experiment_id)).trace_id
        world.b.tracking.set_trace_tag(made, "k", "v")
        world.standin.catch_up()
        assert world.a.tracking.get_trace_info(made).tags["k"] == "v"


class TestModels:
    def test_are_there_when_they_are_made(self, world: World) -> None:
        world.a.registry.create_registered_model("new")
        assert world.b.registry.get_registered_model("new").name == "new"

    def test_are_missing_when_they_are_missing(self, world: World) -> None:
        assert refused(world.b.registry.get_registered_model, "no") == "RESOURCE_DOES_NOT_EXIST"

    def test_have_their_names_alone(self, world: World) -> None:
        world.a.registry.create_registered_model("new")
        code = refused(world.b.registry.create_registered_model, "new")
        assert code == "RESOURCE_ALREADY_EXISTS"

    def test_have_new_names_when_they_are_renamed(self, world: World) -> None:
        world.a.registry.rename_registered_model(world.name, "new")
        assert world.b.registry.get_registered_model("new").name == "new"
        assert world.b.registry.get_model_version("new", "1").name == "new"

    def test_leave_their_names_to_others_when_they_are_renamed(self, world: World) -> None:
        world.a.registry.rename_registered_model(world.name, "new")
        world.b.registry.create_registered_model(world.name)
        world.standin.catch_up()
        assert world.a.registry.get_registered_model(world.name).latest_versions == []

    def test_take_nothing_when_they_are_deleted(self, world: World) -> None:
        world.a.registry.delete_registered_model(world.name)
        tag = RegisteredModelTag("k", "v")
        for call in (
            lambda: world.b.registry.set_registered_model_tag(world.name, tag),
            lambda: world.b.registry.create_model_version(world.name, "source"),
            lambda: world.b.registry.delete_registered_model(world.name),
        ):
            assert refused(call) == "RESOURCE_DOES_NOT_EXIST"

    def test_are_there_when_they_are_made_anew_after_a_long_removal(self, world: World) -> None:
        """The replica has it as one that somebody began to remove."""
        interrupted(world, lambda: world.a.registry.delete_registered_model(world.name))
        world.standin.lag()
        world.a.registry.create_registered_model(world.name, description="anew")
        assert world.b.registry.get_registered_model(world.name).description == "anew"

    def test_can_be_made_anew_when_they_are_deleted(self, world: World) -> None:
        world.a.registry.delete_registered_model(world.name)
        world.b.registry.create_registered_model(world.name)
        world.standin.catch_up()
        assert world.a.registry.get_registered_model(world.name).latest_versions == []


class TestVersions:
    def test_are_there_when_they_are_made(self, world: World) -> None:
        made = world.a.registry.create_model_version(world.name, "other")
        assert world.b.registry.get_model_version(world.name, made.version).source == "other"
        uri = world.b.registry.get_model_version_download_uri(world.name, made.version)
        assert uri == "other"

    def test_never_have_one_number_twice(self, world: World) -> None:
        both = [world.a, world.b, world.b, world.a, world.b]
        numbers = [one.registry.create_model_version(world.name, "s").version for one in both]
        assert [int(number) for number in numbers] == [2, 3, 4, 5, 6]

    def test_of_a_model_that_was_just_made(self, world: World) -> None:
        world.a.registry.create_registered_model("new")
        assert int(world.b.registry.create_model_version("new", "s").version) == 1
        assert int(world.a.registry.create_model_version("new", "s").version) == 2

    def test_are_found_by_an_alias_that_was_just_set(self, world: World) -> None:
        world.a.registry.set_registered_model_alias(world.name, "prod", "1")
        found = world.b.registry.get_model_version_by_alias(world.name, "prod")
        assert (int(found.version), found.aliases) == (1, ["prod"])

    def test_keep_the_aliases_of_both(self, world: World) -> None:
        made = world.a.registry.create_model_version(world.name, "other")
        world.a.registry.set_registered_model_alias(world.name, "a", made.version)
        world.b.registry.set_registered_model_alias(world.name, "b", made.version)
        world.standin.catch_up()
        aliases = world.a.registry.get_registered_model(world.name).aliases
        assert {alias: int(number) for alias, number in aliases.items()} == {"a": 2, "b": 2}

    def test_lose_an_alias_that_another_set(self, world: World) -> None:
        world.a.registry.set_registered_model_alias(world.name, "prod", "1")
        world.b.registry.delete_registered_model_alias(world.name, "prod")
        world.standin.catch_up()
        assert world.a.registry.get_registered_model(world.name).aliases == {}

    def test_take_tags_and_stages_when_they_are_made(self, world: World) -> None:
        made = world.a.registry.create_model_version(world.name, "other")
        tag = ModelVersionTag("k", "v")
        world.b.registry.set_model_version_tag(world.name, made.version, tag)
        world.b.registry.transition_model_version_stage(world.name, made.version, "Staging", False)
        world.standin.catch_up()
        found = world.a.registry.get_model_version(world.name, made.version)
        assert (found.tags, found.current_stage) == ({"k": "v"}, "Staging")

    def test_take_nothing_when_they_are_deleted(self, world: World) -> None:
        world.a.registry.delete_model_version(world.name, "1")
        tag = ModelVersionTag("k", "v")
        code = refused(world.b.registry.set_model_version_tag, world.name, "1", tag)
        assert code == "RESOURCE_DOES_NOT_EXIST"
        code = refused(world.b.registry.set_registered_model_alias, world.name, "prod", "1")
        assert code == "RESOURCE_DOES_NOT_EXIST"

    def test_are_all_gone_with_their_model(self, world: World) -> None:
        made = world.a.registry.create_model_version(world.name, "other")
        world.b.registry.delete_registered_model(world.name)
        world.standin.catch_up()
        assert list(world.a.registry.search_model_versions(f"name='{world.name}'")) == []
        assert int(made.version) == 2
