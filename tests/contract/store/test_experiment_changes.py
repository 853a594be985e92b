"""Renaming experiments, their tags, and where their artifacts go."""

from pathlib import Path

import pytest
from mlflow.entities import ExperimentTag, RunTag
from mlflow.store.tracking.abstract_store import AbstractStore

from .. import scenarios
from ..scenarios import UNKNOWN_EXPERIMENT, refused

pytestmark = pytest.mark.area("experiments")


class TestRename:
    def test_changes_the_name(self, store: AbstractStore) -> None:
        experiment_id, name = scenarios.new_experiment(store), scenarios.unique()
        store.rename_experiment(experiment_id, name)
        assert store.get_experiment(experiment_id).name == name

    def test_new_name_finds_the_experiment(self, store: AbstractStore) -> None:
        experiment_id, name = scenarios.new_experiment(store), scenarios.unique()
        store.rename_experiment(experiment_id, name)
        assert store.get_experiment_by_name(name).experiment_id == experiment_id

    def test_old_name_finds_nothing(self, store: AbstractStore) -> None:
        old = scenarios.unique()
        store.rename_experiment(store.create_experiment(old), scenarios.unique())
        assert store.get_experiment_by_name(old) is None

    def test_old_name_is_free(self, store: AbstractStore) -> None:
        old = scenarios.unique()
        renamed = store.create_experiment(old)
        store.rename_experiment(renamed, scenarios.unique())
        second = store.create_experiment(old)
        assert second != renamed
        assert store.get_experiment_by_name(old).experiment_id == second

    def test_there_and_back_again(self, store: AbstractStore) -> None:
        old = scenarios.unique()
        experiment_id = store.create_experiment(old)
        store.rename_experiment(experiment_id, scenarios.unique())
        store.rename_experiment(experiment_id, old)
        assert store.get_experiment_by_name(old).experiment_id == experiment_id

    def test_to_its_own_name_is_accepted(self, store: AbstractStore) -> None:
        name = scenarios.unique()
        experiment_id = store.create_experiment(name)
        store.rename_experiment(experiment_id, name)
        assert store.get_experiment_by_name(name).experiment_id == experiment_id

    def test_keeps_tags_runs_and_artifacts(self, store: AbstractStore) -> None:
        experiment_id = scenarios.new_experiment(store, tags=[ExperimentTag("k", "v")])
        location = store.get_experiment(experiment_id).artifact_location
        run_id = scenarios.new_run_id(store, experiment_id)
        store.rename_experiment(experiment_id, scenarios.unique())
        renamed = store.get_experiment(experiment_id)
        assert renamed.tags == {"k": "v"}
        assert renamed.artifact_location == location
        assert store.get_run(run_id).info.experiment_id == experiment_id

    def test_to_a_taken_name_is_refused(self, store: AbstractStore) -> None:
        taken, own = scenarios.unique(), scenarios.unique()
        owner, experiment_id = store.create_experiment(taken), store.create_experiment(own)
        with refused("BAD_REQUEST"):
            store.rename_experiment(experiment_id, taken)
        assert store.get_experiment(experiment_id).name == own
        assert store.get_experiment_by_name(taken).experiment_id == owner

    def test_to_the_name_of_a_deleted_experiment_is_refused(self, store: AbstractStore) -> None:
        taken = scenarios.unique()
        scenarios.deleted_experiment(store, taken)
        experiment_id = scenarios.new_experiment(store)
        with refused("BAD_REQUEST"):
            store.rename_experiment(experiment_id, taken)

    def test_of_a_deleted_experiment_is_refused(self, store: AbstractStore) -> None:
        experiment_id = scenarios.deleted_experiment(store)
        with refused("INVALID_STATE", "Cannot rename a non-active experiment."):
            store.rename_experiment(experiment_id, scenarios.unique())

    def test_of_an_unknown_experiment_is_refused(self, store: AbstractStore) -> None:
        with refused("RESOURCE_DOES_NOT_EXIST", "No Experiment with id="):
            store.rename_experiment(UNKNOWN_EXPERIMENT, scenarios.unique())

    def test_bad_name_is_told_before_the_unknown_id(self, store: AbstractStore) -> None:
        with refused("INVALID_PARAMETER_VALUE", "Invalid experiment name: ''"):
            store.rename_experiment(UNKNOWN_EXPERIMENT, "")

    def test_to_a_blank_name_is_refused(self, store: AbstractStore) -> None:
        name = scenarios.unique()
        experiment_id = scenarios.new_experiment(store, name)
        with refused("INVALID_PARAMETER_VALUE", "Invalid experiment name: ' '"):
            store.rename_experiment(experiment_id, " ")
        assert store.get_experiment(experiment_id).name == name

    def test_to_an_over_long_name_is_refused(self, store: AbstractStore) -> None:
        with refused("INVALID_PARAMETER_VALUE", "'name' exceeds the maximum length of 500"):
            store.rename_experiment(scenarios.new_experiment(store), "n" * 501)


class TestLastUpdateTime:
    def test_is_moved_by_rename_and_creation_time_is_not(self, store: AbstractStore) -> None:
        experiment_id = scenarios.new_experiment(store)
        before = store.get_experiment(experiment_id)
        scenarios.next_millisecond()
        store.rename_experiment(experiment_id, scenarios.unique())
        after = store.get_experiment(experiment_id)
        assert after.last_update_time > before.last_update_time
        assert after.creation_time == before.creation_time

    def test_is_moved_by_delete(self, store: AbstractStore) -> None:
        experiment_id = scenarios.new_experiment(store)
        before = store.get_experiment(experiment_id).last_update_time
        scenarios.next_millisecond()
        store.delete_experiment(experiment_id)
        assert store.get_experiment(experiment_id).last_update_time > before

    def test_is_moved_by_restore(self, store: AbstractStore) -> None:
        experiment_id = scenarios.deleted_experiment(store)
        before = store.get_experiment(experiment_id).last_update_time
        scenarios.next_millisecond()
        store.restore_experiment(experiment_id)
        assert store.get_experiment(experiment_id).last_update_time > before

    def test_is_left_alone_by_tags(self, store: AbstractStore) -> None:
        experiment_id = scenarios.new_experiment(store)
        before = store.get_experiment(experiment_id).last_update_time
        scenarios.next_millisecond()
        store.set_experiment_tag(experiment_id, ExperimentTag("k", "v"))
        store.delete_experiment_tag(experiment_id, "k")
        assert store.get_experiment(experiment_id).last_update_time == before

    def test_is_left_alone_by_runs(self, store: AbstractStore) -> None:
        experiment_id = scenarios.new_experiment(store)
        before = store.get_experiment(experiment_id).last_update_time
        scenarios.next_millisecond()
        store.set_tag(scenarios.new_run_id(store, experiment_id), RunTag("k", "v"))
        assert store.get_experiment(experiment_id).last_update_time == before


class TestTags:
    def test_a_tag_is_set(self, store: AbstractStore) -> None:
        experiment_id = scenarios.new_experiment(store)
        store.set_experiment_tag(experiment_id, ExperimentTag("team", "vision"))
        assert store.get_experiment(experiment_id).tags == {"team": "vision"}

    def test_a_second_value_replaces_the_first(self, store: AbstractStore) -> None:
        experiment_id = scenarios.new_experiment(store)
        store.set_experiment_tag(experiment_id, ExperimentTag("team", "vision"))
        store.set_experiment_tag(experiment_id, ExperimentTag("team", "speech"))
        assert store.get_experiment(experiment_id).tags == {"team": "speech"}

    def test_a_value_of_20000_characters_is_kept_whole(self, store: AbstractStore) -> None:
        experiment_id = scenarios.new_experiment(store)
        store.set_experiment_tag(experiment_id, ExperimentTag("long", "é" * 20_000))
        assert store.get_experiment(experiment_id).tags == {"long": "é" * 20_000}

    def test_a_longer_value_is_refused_not_truncated(self, store: AbstractStore) -> None:
        experiment_id = scenarios.new_experiment(store)
        with refused("INVALID_PARAMETER_VALUE", "'value' exceeds the maximum length of 20000"):
            store.set_experiment_tag(experiment_id, ExperimentTag("long", "x" * 20_001))
        assert store.get_experiment(experiment_id).tags == {}

    def test_a_key_of_251_characters_is_refused(self, store: AbstractStore) -> None:
        with refused("INVALID_PARAMETER_VALUE", "'key' exceeds the maximum length of 250"):
            store.set_experiment_tag(scenarios.new_experiment(store), ExperimentTag("k" * 251, "v"))

    def test_no_key_is_refused(self, store: AbstractStore) -> None:
        with refused("INVALID_PARAMETER_VALUE", "Missing value for required parameter 'key'."):
            store.set_experiment_tag(scenarios.new_experiment(store), ExperimentTag(None, "v"))

    def test_keys_of_any_text_are_kept_apart(self, store: AbstractStore) -> None:
        experiment_id = scenarios.new_experiment(store)
        expected = {key: f"value of {key}" for key in scenarios.AWKWARD_KEYS}
        for key, value in expected.items():
            store.set_experiment_tag(experiment_id, ExperimentTag(key, value))
        assert store.get_experiment(experiment_id).tags == expected

    def test_a_deleted_tag_is_gone_and_others_stay(self, store: AbstractStore) -> None:
        tags = [ExperimentTag("a", "1"), ExperimentTag("a.b", "2")]
        experiment_id = scenarios.new_experiment(store, tags=tags)
        store.delete_experiment_tag(experiment_id, "a")
        assert store.get_experiment(experiment_id).tags == {"a.b": "2"}

    def test_an_absent_tag_cannot_be_deleted(self, store: AbstractStore) -> None:
        experiment_id = scenarios.new_experiment(store)
        text = f"No tag with name: absent in experiment with id {experiment_id}"
        with refused("RESOURCE_DOES_NOT_EXIST", text):
            store.delete_experiment_tag(experiment_id, "absent")

    def test_a_tag_is_deleted_once(self, store: AbstractStore) -> None:
        experiment_id = scenarios.new_experiment(store, tags=[ExperimentTag("k", "v")])
        store.delete_experiment_tag(experiment_id, "k")
        with refused("RESOURCE_DOES_NOT_EXIST", "No tag with name: k"):
            store.delete_experiment_tag(experiment_id, "k")

    def test_unknown_experiment_takes_no_tag(self, store: AbstractStore) -> None:
        with refused("RESOURCE_DOES_NOT_EXIST", "No Experiment with id="):
            store.set_experiment_tag(UNKNOWN_EXPERIMENT, ExperimentTag("k", "v"))

    def test_unknown_experiment_loses_no_tag(self, store: AbstractStore) -> None:
        with refused("RESOURCE_DOES_NOT_EXIST", "No Experiment with id="):
            store.delete_experiment_tag(UNKNOWN_EXPERIMENT, "k")

    def test_deleted_experiment_takes_no_tag(self, store: AbstractStore) -> None:
        experiment_id = scenarios.deleted_experiment(store)
        text = f"The experiment {experiment_id} must be in the 'active' state."
        with refused("INVALID_PARAMETER_VALUE", text, "Current state is deleted."):
            store.set_experiment_tag(experiment_id, ExperimentTag("k", "v"))

    def test_deleted_experiment_loses_no_tag(self, store: AbstractStore) -> None:
        experiment_id = scenarios.new_experiment(store, tags=[ExperimentTag("k", "v")])
        store.delete_experiment(experiment_id)
        with refused("INVALID_PARAMETER_VALUE", "must be in the 'active' state"):
            store.delete_experiment_tag(experiment_id, "k")

    @pytest.mark.parametrize("key", ["mlflow.trace.archivalRetention", "mlflow.trace.archiveNow"])
    def test_reserved_archival_tags_must_hold_json(self, store: AbstractStore, key: str) -> None:
        with refused("INVALID_PARAMETER_VALUE", "must be encoded as a JSON object"):
            store.set_experiment_tag(scenarios.new_experiment(store), ExperimentTag(key, "30d"))

    def test_a_valid_archival_tag_is_kept_verbatim(self, store: AbstractStore) -> None:
        experiment_id = scenarios.new_experiment(store)
        value = '{"type": "duration", "value": "30d"}'
        store.set_experiment_tag(
            experiment_id, ExperimentTag("mlflow.trace.archivalRetention", value)
        )
        assert store.get_experiment(experiment_id).tags["mlflow.trace.archivalRetention"] == value


class TestArtifactLocation:
    def test_default_is_a_folder_named_by_the_id(
        self, store: AbstractStore, artifact_root: Path
    ) -> None:
        experiment_id = scenarios.new_experiment(store)
        location = store.get_experiment(experiment_id).artifact_location
        assert location == f"{artifact_root.as_uri()}/{experiment_id}"

    def test_an_empty_location_means_the_default(self, store: AbstractStore) -> None:
        experiment_id = scenarios.new_experiment(store, artifact_location="")
        assert store.get_experiment(experiment_id).artifact_location.endswith(f"/{experiment_id}")

    @pytest.mark.parametrize(
        "location",
        [
            "s3://bucket/path",
            "gs://bucket",
            "mlflow-artifacts:/somewhere",
            "dbfs:/some/where",
            "s3://bucket/path?region=eu#part",
            "runs:/0123/model",
        ],
    )
    def test_a_remote_location_is_kept_verbatim(self, store: AbstractStore, location: str) -> None:
        experiment_id = scenarios.new_experiment(store, artifact_location=location)
        assert store.get_experiment(experiment_id).artifact_location == location

    def test_a_relative_path_is_made_absolute(self, store: AbstractStore) -> None:
        experiment_id = scenarios.new_experiment(store, artifact_location="some/folder")
        location = store.get_experiment(experiment_id).artifact_location
        assert location == str(Path.cwd() / "some" / "folder")

    def test_a_relative_file_uri_is_made_absolute(self, store: AbstractStore) -> None:
        experiment_id = scenarios.new_experiment(store, artifact_location="file:some/folder")
        location = store.get_experiment(experiment_id).artifact_location
        assert location == (Path.cwd() / "some" / "folder").as_uri()

    def test_an_over_long_location_is_refused(
        self, store: AbstractStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("MLFLOW_ARTIFACT_LOCATION_MAX_LENGTH", "20")
        text = "The length of the artifact path cannot be greater than 20 characters."
        with refused("INVALID_PARAMETER_VALUE", text):
            scenarios.new_experiment(store, artifact_location="s3://bucket/a/long/path")

    def test_a_bad_name_is_told_before_a_bad_location(
        self, store: AbstractStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("MLFLOW_ARTIFACT_LOCATION_MAX_LENGTH", "20")
        with refused("INVALID_PARAMETER_VALUE", "Invalid experiment name"):
            store.create_experiment("", artifact_location="s3://bucket/a/long/path")

    def test_a_bad_location_is_told_before_a_bad_tag(
        self, store: AbstractStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("MLFLOW_ARTIFACT_LOCATION_MAX_LENGTH", "20")
        with refused("INVALID_PARAMETER_VALUE", "Invalid artifact path length."):
            store.create_experiment(
                scenarios.unique(),
                artifact_location="s3://bucket/a/long/path",
                tags=[ExperimentTag("a$b", "v")],
            )
