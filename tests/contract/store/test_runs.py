"""Creating, reading and updating runs."""

import re

import pytest
from mlflow.entities import LifecycleStage, RunStatus, RunTag
from mlflow.store.tracking.abstract_store import AbstractStore

from .. import scenarios
from ..scenarios import UNKNOWN_EXPERIMENT, refused

pytestmark = pytest.mark.area("runs")

RUN_NAME = "mlflow.runName"


class TestCreation:
    def test_id_is_32_hexadecimal_digits(self, store: AbstractStore) -> None:
        assert re.fullmatch("[0-9a-f]{32}", scenarios.new_run_id(store))

    def test_two_runs_have_two_ids(self, store: AbstractStore) -> None:
        experiment_id = scenarios.new_experiment(store)
        first = scenarios.new_run_id(store, experiment_id)
        assert scenarios.new_run_id(store, experiment_id) != first

    def test_new_run_is_running_and_active(self, store: AbstractStore) -> None:
        info = scenarios.new_run(store).info
        assert info.status == RunStatus.to_string(RunStatus.RUNNING)
        assert info.lifecycle_stage == LifecycleStage.ACTIVE
        assert info.end_time is None

    def test_arguments_are_kept(self, store: AbstractStore) -> None:
        experiment_id = scenarios.new_experiment(store)
        run = store.create_run(experiment_id, "anna", 1234567890123, [], "first")
        info = store.get_run(run.info.run_id).info
        assert info.experiment_id == experiment_id
        assert info.user_id == "anna"
        assert info.start_time == 1234567890123
        assert info.run_name == "first"

    def test_what_is_returned_is_what_is_stored(self, store: AbstractStore) -> None:
        run = scenarios.new_run(store, tags=[RunTag("k", "v")])
        stored = store.get_run(run.info.run_id)
        assert dict(run.info) == dict(stored.info)
        assert run.data.tags == stored.data.tags

    def test_new_run_has_logged_nothing(self, store: AbstractStore) -> None:
        run = store.get_run(scenarios.new_run_id(store))
        assert run.data.metrics == {}
        assert run.data.params == {}
        assert run.inputs.dataset_inputs == []
        assert run.inputs.model_inputs == []
        assert run.outputs.model_outputs == []

    def test_empty_user_is_kept(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store, user_id="")
        assert store.get_run(run_id).info.user_id == ""

    def test_start_time_zero_is_kept(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store, start_time=0)
        assert store.get_run(run_id).info.start_time == 0

    def test_unknown_experiment_takes_no_run(self, store: AbstractStore) -> None:
        text = f"No Experiment with id={UNKNOWN_EXPERIMENT} exists"
        with refused("RESOURCE_DOES_NOT_EXIST", text):
            scenarios.new_run(store, UNKNOWN_EXPERIMENT)

    def test_an_experiment_id_that_is_no_integer_is_refused(self, store: AbstractStore) -> None:
        with refused("INVALID_PARAMETER_VALUE", "Invalid experiment ID 'abc'."):
            scenarios.new_run(store, "abc")

    def test_deleted_experiment_takes_no_run(self, store: AbstractStore) -> None:
        experiment_id = scenarios.deleted_experiment(store)
        text = f"The experiment {experiment_id} must be in the 'active' state."
        with refused("INVALID_PARAMETER_VALUE", text, "Current state is deleted."):
            scenarios.new_run(store, experiment_id)


class TestCreationTags:
    def test_tags_are_kept_beside_the_name(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store, run_name="named", tags=[RunTag("team", "vision")])
        assert store.get_run(run_id).data.tags == {"team": "vision", RUN_NAME: "named"}

    def test_no_tags_at_all_leave_the_name(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store, run_name="named", tags=None)
        assert store.get_run(run_id).data.tags == {RUN_NAME: "named"}

    def test_the_list_given_is_not_changed(self, store: AbstractStore) -> None:
        tags = [RunTag("team", "vision")]
        scenarios.new_run(store, tags=tags)
        assert [tag.key for tag in tags] == ["team"]

    def test_values_are_not_truncated(self, store: AbstractStore) -> None:
        value = "x" * 9_000
        run_id = scenarios.new_run_id(store, tags=[RunTag("long", value)])
        assert store.get_run(run_id).data.tags["long"] == value

    def test_empty_value_is_kept(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store, tags=[RunTag("empty", "")])
        assert store.get_run(run_id).data.tags["empty"] == ""

    def test_repeated_key_is_refused(self, store: AbstractStore) -> None:
        with refused("BAD_REQUEST"):
            scenarios.new_run(store, tags=[RunTag("k", "1"), RunTag("k", "2")])


class TestNameAtCreation:
    def test_name_becomes_a_tag(self, store: AbstractStore) -> None:
        run = scenarios.new_run(store, run_name="named")
        assert run.info.run_name == "named"
        assert run.data.tags[RUN_NAME] == "named"

    @pytest.mark.parametrize("nothing", ["", None])
    def test_tag_becomes_the_name(self, store: AbstractStore, nothing: str | None) -> None:
        run = scenarios.new_run(store, run_name=nothing, tags=[RunTag(RUN_NAME, "tagged")])
        assert run.info.run_name == "tagged"
        assert run.data.tags == {RUN_NAME: "tagged"}

    def test_name_and_tag_may_agree(self, store: AbstractStore) -> None:
        run = scenarios.new_run(store, run_name="same", tags=[RunTag(RUN_NAME, "same")])
        assert run.info.run_name == "same"
        assert run.data.tags == {RUN_NAME: "same"}

    def test_name_and_tag_must_not_differ(self, store: AbstractStore) -> None:
        text = "different values (run_name='one', mlflow.runName='two')."
        with refused("INVALID_PARAMETER_VALUE", "Both 'run_name' argument and", text):
            scenarios.new_run(store, run_name="one", tags=[RunTag(RUN_NAME, "two")])

    @pytest.mark.parametrize("nothing", ["", None])
    def test_nameless_run_gets_a_random_name(
        self, store: AbstractStore, nothing: str | None
    ) -> None:
        run = store.get_run(scenarios.new_run_id(store, run_name=nothing))
        assert re.fullmatch(r"[a-z]+-[a-z]+-\d+", run.info.run_name)
        assert run.data.tags[RUN_NAME] == run.info.run_name

    def test_two_runs_may_share_a_name(self, store: AbstractStore) -> None:
        experiment_id = scenarios.new_experiment(store)
        first, second = (scenarios.new_run(store, experiment_id, run_name="n") for _ in range(2))
        assert first.info.run_id != second.info.run_id
        assert first.info.run_name == second.info.run_name

    def test_any_text_is_a_name(self, store: AbstractStore) -> None:
        name = " $lauf.1/ü 🎉 "
        run_id = scenarios.new_run_id(store, run_name=name)
        assert store.get_run(run_id).info.run_name == name


class TestArtifactUri:
    @pytest.mark.parametrize(
        ("location", "expected"),
        [
            ("s3://bucket/path", "s3://bucket/path/{run_id}/artifacts"),
            ("s3://bucket/path/", "s3://bucket/path/{run_id}/artifacts"),
            ("s3://bucket", "s3://bucket/{run_id}/artifacts"),
            ("s3://b/p?x=y", "s3://b/p/{run_id}/artifacts?x=y"),
            ("s3://b/p#part", "s3://b/p/{run_id}/artifacts#part"),
            ("s3://b/p?x=y&z=1#part", "s3://b/p/{run_id}/artifacts?x=y&z=1#part"),
            ("mlflow-artifacts:/root", "mlflow-artifacts:/root/{run_id}/artifacts"),
            ("/some/folder", "/some/folder/{run_id}/artifacts"),
        ],
    )
    def test_lies_below_the_experiment(
        self, store: AbstractStore, location: str, expected: str
    ) -> None:
        experiment_id = scenarios.new_experiment(store, artifact_location=location)
        info = scenarios.new_run(store, experiment_id).info
        assert info.artifact_uri == expected.format(run_id=info.run_id)

    def test_default_lies_below_the_default_of_the_experiment(self, store: AbstractStore) -> None:
        experiment_id = scenarios.new_experiment(store)
        info = scenarios.new_run(store, experiment_id).info
        location = store.get_experiment(experiment_id).artifact_location
        assert info.artifact_uri == f"{location}/{info.run_id}/artifacts"

    def test_a_query_that_climbs_up_is_refused(self, store: AbstractStore) -> None:
        experiment_id = scenarios.new_experiment(store, artifact_location="s3://b/p?x=../../y")
        with refused("INVALID_PARAMETER_VALUE", "Invalid query string"):
            scenarios.new_run(store, experiment_id)


class TestUpdate:
    def test_status_and_end_time_are_set(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        store.update_run_info(run_id, RunStatus.FINISHED, 1234567890123, None)
        info = store.get_run(run_id).info
        assert info.status == "FINISHED"
        assert info.end_time == 1234567890123

    @pytest.mark.parametrize("status", RunStatus.all_status())
    def test_every_status_is_taken(self, store: AbstractStore, status: int) -> None:
        run_id = scenarios.new_run_id(store)
        store.update_run_info(run_id, status, None, None)
        assert store.get_run(run_id).info.status == RunStatus.to_string(status)

    def test_new_info_is_returned(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        info = store.update_run_info(run_id, RunStatus.FAILED, 99, "renamed")
        assert dict(info) == dict(store.get_run(run_id).info)
        assert (info.status, info.end_time, info.run_name) == ("FAILED", 99, "renamed")

    def test_none_leaves_everything_as_it_was(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        store.update_run_info(run_id, RunStatus.FINISHED, 99, "renamed")
        store.update_run_info(run_id, None, None, None)
        info = store.get_run(run_id).info
        assert (info.status, info.end_time, info.run_name) == ("FINISHED", 99, "renamed")

    def test_an_ended_run_may_run_again(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        store.update_run_info(run_id, RunStatus.FINISHED, 99, None)
        store.update_run_info(run_id, RunStatus.RUNNING, None, None)
        info = store.get_run(run_id).info
        assert (info.status, info.end_time) == ("RUNNING", 99)

    def test_an_ended_run_still_takes_data(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        store.log_metric(run_id, scenarios.metric("loss", 1.0, step=1))
        store.update_run_info(run_id, RunStatus.FINISHED, 99, None)
        store.log_metric(run_id, scenarios.metric("loss", 2.0, step=2))
        assert store.get_run(run_id).data.metrics == {"loss": 2.0}
        assert [point.value for point in store.get_metric_history(run_id, "loss")] == [1.0, 2.0]

    def test_data_survives(self, store: AbstractStore) -> None:
        run = scenarios.run_with(store, metrics={"m": 1.0}, params={"p": "1"}, tags={"t": "1"})
        store.update_run_info(run.info.run_id, RunStatus.FINISHED, 99, None)
        assert store.get_run(run.info.run_id).data.to_dictionary() == run.data.to_dictionary()

    def test_unknown_run_is_refused(self, store: AbstractStore) -> None:
        run_id = scenarios.unknown_run_id()
        with refused("RESOURCE_DOES_NOT_EXIST", f"Run with id={run_id} not found"):
            store.update_run_info(run_id, RunStatus.FINISHED, 99, None)

    def test_deleted_run_is_refused(self, store: AbstractStore) -> None:
        run_id = scenarios.deleted_run_id(store)
        text = f"The run {run_id} must be in the 'active' state. Current state is deleted."
        with refused("INVALID_PARAMETER_VALUE", text):
            store.update_run_info(run_id, RunStatus.FINISHED, 99, None)


class TestRename:
    def test_changes_name_and_tag(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        store.update_run_info(run_id, None, None, "renamed")
        run = store.get_run(run_id)
        assert run.info.run_name == "renamed"
        assert run.data.tags[RUN_NAME] == "renamed"

    def test_leaves_status_and_end_time(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        store.update_run_info(run_id, None, None, "renamed")
        info = store.get_run(run_id).info
        assert (info.status, info.end_time) == ("RUNNING", None)

    def test_empty_name_is_ignored(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store, run_name="kept")
        store.update_run_info(run_id, RunStatus.FINISHED, 99, "")
        run = store.get_run(run_id)
        assert run.info.run_name == "kept"
        assert run.data.tags[RUN_NAME] == "kept"

    def test_brings_a_deleted_tag_back(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store, run_name="before")
        store.delete_tag(run_id, RUN_NAME)
        store.update_run_info(run_id, None, None, "after")
        assert store.get_run(run_id).data.tags == {RUN_NAME: "after"}


class TestLookUp:
    def test_unknown_run_does_not_exist(self, store: AbstractStore) -> None:
        run_id = scenarios.unknown_run_id()
        with refused("RESOURCE_DOES_NOT_EXIST", f"Run with id={run_id} not found"):
            store.get_run(run_id)

    @pytest.mark.parametrize("odd_id", ["", "a/b", "$ne", "../x"])
    def test_an_odd_id_does_not_exist_either(self, store: AbstractStore, odd_id: str) -> None:
        with refused("RESOURCE_DOES_NOT_EXIST", f"Run with id={odd_id} not found"):
            store.get_run(odd_id)

    def test_everything_logged_is_read_at_once(self, store: AbstractStore) -> None:
        run = scenarios.run_with(
            store,
            metrics={"loss": 0.5, "accuracy": 0.9},
            params={"depth": "3", "empty": ""},
            tags={"team": "vision"},
            run_name="whole",
        )
        assert run.data.metrics == {"loss": 0.5, "accuracy": 0.9}
        assert run.data.params == {"depth": "3", "empty": ""}
        assert run.data.tags == {"team": "vision", RUN_NAME: "whole"}

    def test_runs_of_one_experiment_do_not_mix(self, store: AbstractStore) -> None:
        experiment_id = scenarios.new_experiment(store)
        first = scenarios.run_with(store, experiment_id, params={"p": "1"}, metrics={"m": 1.0})
        second = scenarios.run_with(store, experiment_id, params={"p": "2"}, metrics={"m": 2.0})
        assert (first.data.params, first.data.metrics) == ({"p": "1"}, {"m": 1.0})
        assert (second.data.params, second.data.metrics) == ({"p": "2"}, {"m": 2.0})
