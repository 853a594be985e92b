"""Tags of runs, and the one tag that is the run's name."""

import pytest
from mlflow.entities import RunTag
from mlflow.store.tracking.abstract_store import AbstractStore

from .. import scenarios
from ..scenarios import refused

pytestmark = pytest.mark.area("runs")

LIMIT = 8000
RUN_NAME = "mlflow.runName"


def _tags(store: AbstractStore, run_id: str) -> dict[str, str | None]:
    """The tags of a run without the one that every run has."""
    tags = store.get_run(run_id).data.tags
    return {key: value for key, value in tags.items() if key != RUN_NAME}


class TestSetting:
    def test_a_tag_shows_on_the_run(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        store.set_tag(run_id, RunTag("team", "vision"))
        assert _tags(store, run_id) == {"team": "vision"}

    def test_a_second_value_replaces_the_first(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store, tags=[RunTag("team", "vision")])
        store.set_tag(run_id, RunTag("team", "speech"))
        assert _tags(store, run_id) == {"team": "speech"}

    def test_the_same_value_again_changes_nothing(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        for _ in range(2):
            store.set_tag(run_id, RunTag("team", "vision"))
        assert _tags(store, run_id) == {"team": "vision"}

    def test_other_tags_stay(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store, tags=[RunTag("a", "1"), RunTag("b", "2")])
        store.set_tag(run_id, RunTag("b", "3"))
        assert _tags(store, run_id) == {"a": "1", "b": "3"}

    def test_empty_value_is_kept(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        store.set_tag(run_id, RunTag("empty", ""))
        assert _tags(store, run_id) == {"empty": ""}

    def test_no_value_is_kept(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        store.set_tag(run_id, RunTag("none", None))
        assert _tags(store, run_id) == {"none": None}

    def test_batch_replaces_and_adds(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store, tags=[RunTag("a", "1"), RunTag("b", "2")])
        scenarios.log_tags(store, run_id, [RunTag("b", "3"), RunTag("c", "4")])
        assert _tags(store, run_id) == {"a": "1", "b": "3", "c": "4"}

    def test_last_of_a_repeated_key_wins(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        scenarios.log_tags(store, run_id, [RunTag("k", "1"), RunTag("k", "2"), RunTag("k", "3")])
        assert _tags(store, run_id) == {"k": "3"}

    def test_last_of_a_repeated_key_wins_over_a_stored_one(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store, tags=[RunTag("k", "0")])
        scenarios.log_tags(store, run_id, [RunTag("k", "1"), RunTag("k", "2")])
        assert _tags(store, run_id) == {"k": "2"}


class TestLongValues:
    def test_value_at_the_limit_is_kept(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        store.set_tag(run_id, RunTag("long", "é" * LIMIT))
        assert _tags(store, run_id) == {"long": "é" * LIMIT}

    def test_longer_value_is_cut(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        store.set_tag(run_id, RunTag("long", "x" * (LIMIT + 1)))
        assert _tags(store, run_id) == {"long": "x" * LIMIT}

    def test_longer_value_is_cut_in_a_batch(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        scenarios.log_tags(store, run_id, [RunTag("long", "x" * (LIMIT + 1))])
        assert _tags(store, run_id) == {"long": "x" * LIMIT}

    def test_longer_value_is_refused_where_cutting_is_off(
        self, store: AbstractStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("MLFLOW_TRUNCATE_LONG_VALUES", "false")
        run_id = scenarios.new_run_id(store)
        tag = RunTag("long", "x" * (LIMIT + 1))
        with refused("INVALID_PARAMETER_VALUE", "'value' exceeds the maximum length of 8000"):
            store.set_tag(run_id, tag)
        with refused("INVALID_PARAMETER_VALUE", "'tags[0].value' exceeds the maximum length"):
            scenarios.log_tags(store, run_id, [tag])
        assert _tags(store, run_id) == {}


class TestRefusals:
    @pytest.mark.parametrize(
        ("key", "text"),
        [
            (None, "Missing value for required parameter 'key'."),
            ("", "This name would resolve to '.'"),
            ("a$b", "Names may only contain alphanumerics"),
            ("../up", "must not resolve to other names"),
            ("k" * 251, "'key' exceeds the maximum length of 250 characters"),
        ],
    )
    def test_a_bad_key_is_refused(self, store: AbstractStore, key: str | None, text: str) -> None:
        run_id = scenarios.new_run_id(store)
        with refused("INVALID_PARAMETER_VALUE", text):
            store.set_tag(run_id, RunTag(key, "v"))
        assert _tags(store, run_id) == {}

    def test_a_bad_key_is_told_before_the_unknown_run(self, store: AbstractStore) -> None:
        with refused("INVALID_PARAMETER_VALUE", "Names may only contain"):
            store.set_tag(scenarios.unknown_run_id(), RunTag("a$b", "v"))


class TestDeleting:
    def test_a_deleted_tag_is_gone_and_others_stay(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store, tags=[RunTag("a", "1"), RunTag("a.b", "2")])
        store.delete_tag(run_id, "a")
        assert _tags(store, run_id) == {"a.b": "2"}

    def test_a_deleted_tag_may_be_set_again(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store, tags=[RunTag("a", "1")])
        store.delete_tag(run_id, "a")
        store.set_tag(run_id, RunTag("a", "2"))
        assert _tags(store, run_id) == {"a": "2"}

    def test_a_tag_without_a_value_is_deleted_too(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        store.set_tag(run_id, RunTag("none", None))
        store.delete_tag(run_id, "none")
        assert _tags(store, run_id) == {}

    @pytest.mark.parametrize("key", ["absent", "a", "$where", "A.B"])
    def test_an_absent_tag_cannot_be_deleted(self, store: AbstractStore, key: str) -> None:
        run_id = scenarios.new_run_id(store, tags=[RunTag("a.b", "1")])
        text = f"No tag with name: {key} in run with id {run_id}"
        with refused("RESOURCE_DOES_NOT_EXIST", text):
            store.delete_tag(run_id, key)
        assert _tags(store, run_id) == {"a.b": "1"}

    def test_a_tag_is_deleted_once(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store, tags=[RunTag("a", "1")])
        store.delete_tag(run_id, "a")
        with refused("RESOURCE_DOES_NOT_EXIST", "No tag with name: a"):
            store.delete_tag(run_id, "a")

    def test_params_and_metrics_of_the_same_key_stay(self, store: AbstractStore) -> None:
        run = scenarios.run_with(store, metrics={"k": 1.0}, params={"k": "p"}, tags={"k": "t"})
        store.delete_tag(run.info.run_id, "k")
        data = store.get_run(run.info.run_id).data
        assert (data.metrics, data.params) == ({"k": 1.0}, {"k": "p"})


class TestRunName:
    def test_tag_renames_the_run(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store, run_name="before")
        store.set_tag(run_id, RunTag(RUN_NAME, "after"))
        run = store.get_run(run_id)
        assert run.info.run_name == "after"
        assert run.data.tags[RUN_NAME] == "after"

    def test_tag_in_a_batch_renames_the_run(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store, run_name="before")
        scenarios.log_tags(store, run_id, [RunTag("k", "v"), RunTag(RUN_NAME, "after")])
        run = store.get_run(run_id)
        assert run.info.run_name == "after"
        assert run.data.tags == {"k": "v", RUN_NAME: "after"}

    def test_tag_leaves_status_and_end_time(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        before = store.update_run_info(run_id, 3, 99, None)
        store.set_tag(run_id, RunTag(RUN_NAME, "after"))
        info = store.get_run(run_id).info
        assert (info.status, info.end_time) == (before.status, before.end_time)

    def test_empty_tag_is_ignored(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store, run_name="kept")
        store.set_tag(run_id, RunTag(RUN_NAME, ""))
        run = store.get_run(run_id)
        assert run.info.run_name == "kept"
        assert run.data.tags[RUN_NAME] == "kept"

    def test_empty_tag_in_a_batch_is_ignored(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store, run_name="kept")
        scenarios.log_tags(store, run_id, [RunTag(RUN_NAME, ""), RunTag("k", "v")])
        run = store.get_run(run_id)
        assert run.info.run_name == "kept"
        assert run.data.tags == {"k": "v", RUN_NAME: "kept"}

    def test_deleting_the_tag_leaves_the_name(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store, run_name="kept")
        store.delete_tag(run_id, RUN_NAME)
        run = store.get_run(run_id)
        assert run.info.run_name == "kept"
        assert run.data.tags == {}
