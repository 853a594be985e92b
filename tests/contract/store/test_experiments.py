"""Creating, finding and naming experiments."""

import pytest
from mlflow.entities import ExperimentTag, LifecycleStage
from mlflow.store.tracking.abstract_store import AbstractStore

from .. import scenarios
from ..scenarios import UNKNOWN_EXPERIMENT, refused

pytestmark = pytest.mark.area("experiments")


class TestCreation:
    def test_id_is_a_string_of_digits(self, store: AbstractStore) -> None:
        experiment_id = scenarios.new_experiment(store)
        assert isinstance(experiment_id, str)
        assert experiment_id.isdigit()

    def test_two_experiments_have_two_ids(self, store: AbstractStore) -> None:
        assert scenarios.new_experiment(store) != scenarios.new_experiment(store)

    def test_new_experiment_is_active(self, store: AbstractStore) -> None:
        experiment = store.get_experiment(scenarios.new_experiment(store))
        assert experiment.lifecycle_stage == LifecycleStage.ACTIVE

    def test_workspace_is_the_default_one_whatever_the_environment_says(
        self, store: AbstractStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        experiment_id = scenarios.new_experiment(store)
        monkeypatch.setenv("MLFLOW_WORKSPACE", "another")
        assert store.get_experiment(experiment_id).workspace == "default"

    def test_new_experiment_has_no_tags(self, store: AbstractStore) -> None:
        assert store.get_experiment(scenarios.new_experiment(store)).tags == {}

    def test_creation_and_last_update_are_the_same_moment(self, store: AbstractStore) -> None:
        experiment = store.get_experiment(scenarios.new_experiment(store))
        assert experiment.creation_time > scenarios.START_TIME
        assert experiment.last_update_time == experiment.creation_time

    def test_tags_given_at_creation_are_kept(self, store: AbstractStore) -> None:
        tags = [ExperimentTag("team", "vision"), ExperimentTag("stage", "")]
        experiment_id = scenarios.new_experiment(store, tags=tags)
        assert store.get_experiment(experiment_id).tags == {"team": "vision", "stage": ""}

    def test_tags_may_come_as_a_tuple(self, store: AbstractStore) -> None:
        experiment_id = scenarios.new_experiment(store, tags=(ExperimentTag("team", "vision"),))
        assert store.get_experiment(experiment_id).tags == {"team": "vision"}

    def test_a_bad_tag_creates_nothing(self, store: AbstractStore) -> None:
        name = scenarios.unique()
        with refused("INVALID_PARAMETER_VALUE", "Names may only contain alphanumerics"):
            store.create_experiment(name, tags=[ExperimentTag("a$b", "x")])
        assert store.get_experiment_by_name(name) is None

    def test_an_over_long_tag_value_creates_nothing(self, store: AbstractStore) -> None:
        name = scenarios.unique()
        with refused("INVALID_PARAMETER_VALUE", "'value' exceeds the maximum length of 20000"):
            store.create_experiment(name, tags=[ExperimentTag("long", "x" * 20_001)])
        assert store.get_experiment_by_name(name) is None


class TestNames:
    @pytest.mark.parametrize(
        "stem",
        [
            " surrounded by spaces ",
            "/Users/someone@example.com/notebook",
            "a.b$c",
            "$where",
            "100%",
            "quotes \" and ' and `",
            "実験 été 🎉",
            "__proto__",
        ],
    )
    def test_any_text_is_a_name(self, store: AbstractStore, stem: str) -> None:
        name = stem + scenarios.unique() + stem
        experiment_id = store.create_experiment(name)
        assert store.get_experiment(experiment_id).name == name
        assert store.get_experiment_by_name(name).experiment_id == experiment_id

    def test_a_name_of_500_characters_is_kept(self, store: AbstractStore) -> None:
        name = scenarios.unique().ljust(500, "n")
        assert store.get_experiment(store.create_experiment(name)).name == name

    def test_a_name_of_501_characters_is_refused(self, store: AbstractStore) -> None:
        with refused("INVALID_PARAMETER_VALUE", "'name' exceeds the maximum length of 500"):
            store.create_experiment("n" * 501)

    def test_an_empty_name_is_refused(self, store: AbstractStore) -> None:
        with refused("INVALID_PARAMETER_VALUE", "Invalid experiment name: ''"):
            store.create_experiment("")

    @pytest.mark.parametrize("name", [" ", "\n", "\t \r"])
    def test_a_blank_name_is_refused(self, store: AbstractStore, name: str) -> None:
        with refused("INVALID_PARAMETER_VALUE", f"Invalid experiment name: '{name}'"):
            store.create_experiment(name)

    def test_no_name_is_refused(self, store: AbstractStore) -> None:
        with refused("INVALID_PARAMETER_VALUE", "Invalid experiment name: 'None'"):
            store.create_experiment(None)

    def test_a_number_is_refused_as_a_name(self, store: AbstractStore) -> None:
        with refused("INVALID_PARAMETER_VALUE", "name: 12. Expects a string."):
            store.create_experiment(12)

    def test_names_that_differ_in_case_are_two(self, store: AbstractStore) -> None:
        name = scenarios.unique("case")
        lower, upper = store.create_experiment(name), store.create_experiment(name.upper())
        assert store.get_experiment_by_name(name).experiment_id == lower
        assert store.get_experiment_by_name(name.upper()).experiment_id == upper


class TestUniqueness:
    def test_a_taken_name_is_refused(self, store: AbstractStore) -> None:
        name = scenarios.unique()
        store.create_experiment(name)
        with refused("RESOURCE_ALREADY_EXISTS", f"Experiment(name={name}) already exists."):
            store.create_experiment(name)

    def test_the_name_of_a_deleted_experiment_is_taken(self, store: AbstractStore) -> None:
        name = scenarios.unique()
        scenarios.deleted_experiment(store, name)
        with refused("RESOURCE_ALREADY_EXISTS", f"Experiment(name={name}) already exists."):
            store.create_experiment(name)

    def test_a_refused_creation_leaves_the_first_as_it_was(self, store: AbstractStore) -> None:
        name = scenarios.unique()
        first = store.create_experiment(name, tags=[ExperimentTag("owner", "first")])
        with refused("RESOURCE_ALREADY_EXISTS"):
            store.create_experiment(name, tags=[ExperimentTag("owner", "second")])
        assert store.get_experiment_by_name(name).experiment_id == first
        assert store.get_experiment(first).tags == {"owner": "first"}


class TestLookUp:
    def test_unknown_id_does_not_exist(self, store: AbstractStore) -> None:
        text = f"No Experiment with id={UNKNOWN_EXPERIMENT} exists"
        with refused("RESOURCE_DOES_NOT_EXIST", text):
            store.get_experiment(UNKNOWN_EXPERIMENT)

    @pytest.mark.parametrize("bad_id", ["abc", "1.5", "m-0123", "$gt"])
    def test_an_id_that_is_no_integer_is_refused(self, store: AbstractStore, bad_id: str) -> None:
        text = f"Invalid experiment ID '{bad_id}'. Experiment ID must be a valid integer."
        with refused("INVALID_PARAMETER_VALUE", text):
            store.get_experiment(bad_id)

    def test_an_id_may_be_an_integer(self, store: AbstractStore) -> None:
        experiment_id = scenarios.new_experiment(store)
        assert store.get_experiment(int(experiment_id)).experiment_id == experiment_id

    def test_deleted_experiment_is_found_by_id(self, store: AbstractStore) -> None:
        experiment = store.get_experiment(scenarios.deleted_experiment(store))
        assert experiment.lifecycle_stage == LifecycleStage.DELETED

    def test_name_finds_the_whole_experiment(self, store: AbstractStore) -> None:
        name = scenarios.unique()
        experiment_id = scenarios.new_experiment(store, name, tags=[ExperimentTag("k", "v")])
        by_name, by_id = store.get_experiment_by_name(name), store.get_experiment(experiment_id)
        assert dict(by_name) == dict(by_id)
        assert by_name.tags == {"k": "v"}

    def test_deleted_experiment_is_found_by_name(self, store: AbstractStore) -> None:
        name = scenarios.unique()
        experiment_id = scenarios.deleted_experiment(store, name)
        found = store.get_experiment_by_name(name)
        assert found.experiment_id == experiment_id
        assert found.lifecycle_stage == LifecycleStage.DELETED

    def test_unknown_name_finds_nothing(self, store: AbstractStore) -> None:
        assert store.get_experiment_by_name(scenarios.unique()) is None


class TestDefaultExperiment:
    def test_exists_in_a_new_store(self, store: AbstractStore) -> None:
        experiment = store.get_experiment("0")
        assert experiment.experiment_id == "0"
        assert experiment.name == "Default"

    def test_is_found_by_name(self, store: AbstractStore) -> None:
        assert store.get_experiment_by_name("Default").experiment_id == "0"

    @pytest.mark.parametrize("nothing", ["", None])
    def test_is_what_no_id_means(self, store: AbstractStore, nothing: str | None) -> None:
        assert store.get_experiment(nothing).experiment_id == "0"

    def test_takes_runs(self, store: AbstractStore) -> None:
        assert scenarios.new_run(store, "0").info.experiment_id == "0"


class TestActiveFilter:
    def test_keeps_active_and_drops_deleted_and_unknown(self, store: AbstractStore) -> None:
        active = [scenarios.new_experiment(store) for _ in range(2)]
        gone = scenarios.deleted_experiment(store)
        found = store.filter_active_experiment_ids([active[0], gone, UNKNOWN_EXPERIMENT, active[1]])
        assert sorted(found) == sorted(active)

    def test_nothing_asked_is_nothing_found(self, store: AbstractStore) -> None:
        assert store.filter_active_experiment_ids([]) == []

    def test_an_id_that_is_no_integer_is_refused(self, store: AbstractStore) -> None:
        with refused("INVALID_PARAMETER_VALUE", "Invalid experiment ID 'abc'"):
            store.filter_active_experiment_ids([scenarios.new_experiment(store), "abc"])

    def test_ids_may_come_as_a_tuple(self, store: AbstractStore) -> None:
        experiment_id = scenarios.new_experiment(store)
        assert store.filter_active_experiment_ids((experiment_id,)) == [experiment_id]
