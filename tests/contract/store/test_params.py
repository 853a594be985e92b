"""Params: written once, never changed."""

import pytest
from mlflow.entities import Param
from mlflow.store.tracking.abstract_store import AbstractStore

from .. import scenarios
from ..scenarios import refused

pytestmark = pytest.mark.area("metrics")

LIMIT = 6000


def _params(store: AbstractStore, run_id: str) -> dict[str, str]:
    return store.get_run(run_id).data.params


class TestLogging:
    def test_a_param_shows_on_the_run(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        store.log_param(run_id, Param("depth", "3"))
        assert _params(store, run_id) == {"depth": "3"}

    def test_params_add_up(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        store.log_param(run_id, Param("depth", "3"))
        scenarios.log_params(store, run_id, {"width": "5"})
        assert _params(store, run_id) == {"depth": "3", "width": "5"}

    def test_empty_value_is_kept(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        store.log_param(run_id, Param("empty", ""))
        assert _params(store, run_id) == {"empty": ""}

    @pytest.mark.parametrize("value", ["true", "1e3", "None", "null", '{"$gt": 1}', " x ", "é🎉"])
    def test_value_is_kept_verbatim_as_text(self, store: AbstractStore, value: str) -> None:
        run_id = scenarios.new_run_id(store)
        store.log_param(run_id, Param("p", value))
        assert _params(store, run_id) == {"p": value}

    def test_keys_that_differ_in_case_are_two(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        store.log_param(run_id, Param("Depth", "1"))
        store.log_param(run_id, Param("depth", "2"))
        assert _params(store, run_id) == {"Depth": "1", "depth": "2"}

    def test_the_same_param_of_two_runs_may_differ(self, store: AbstractStore) -> None:
        experiment_id = scenarios.new_experiment(store)
        first = scenarios.run_with(store, experiment_id, params={"depth": "1"})
        second = scenarios.run_with(store, experiment_id, params={"depth": "2"})
        assert (first.data.params, second.data.params) == ({"depth": "1"}, {"depth": "2"})


class TestImmutability:
    def test_same_value_again_changes_nothing(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        for _ in range(3):
            store.log_param(run_id, Param("depth", "3"))
        assert _params(store, run_id) == {"depth": "3"}

    def test_other_value_is_refused(self, store: AbstractStore) -> None:
        run_id = scenarios.run_with(store, params={"depth": "3"}).info.run_id
        text = (
            "Changing param values is not allowed. Param with key='depth' was already logged with"
            f" value='3' for run ID='{run_id}'. Attempted logging new value '5'."
        )
        with refused("INVALID_PARAMETER_VALUE", text):
            store.log_param(run_id, Param("depth", "5"))
        assert _params(store, run_id) == {"depth": "3"}

    def test_empty_value_is_a_value(self, store: AbstractStore) -> None:
        run_id = scenarios.run_with(store, params={"depth": ""}).info.run_id
        with refused("INVALID_PARAMETER_VALUE", "already logged with value=''"):
            store.log_param(run_id, Param("depth", "5"))

    def test_values_that_differ_in_case_differ(self, store: AbstractStore) -> None:
        run_id = scenarios.run_with(store, params={"mode": "max"}).info.run_id
        with refused("INVALID_PARAMETER_VALUE", "value='max'", "new value 'MAX'"):
            store.log_param(run_id, Param("mode", "MAX"))

    def test_batch_may_repeat_a_value(self, store: AbstractStore) -> None:
        run_id = scenarios.run_with(store, params={"depth": "3"}).info.run_id
        scenarios.log_params(store, run_id, {"depth": "3", "width": "5"})
        assert _params(store, run_id) == {"depth": "3", "width": "5"}

    def test_batch_with_another_value_is_refused_whole(self, store: AbstractStore) -> None:
        run_id = scenarios.run_with(store, params={"depth": "3"}).info.run_id
        text = (
            "Changing param values is not allowed. Params were already logged="
            "'[{'key': 'depth', 'old_value': '3', 'new_value': '5'}]'"
            f" for run ID='{run_id}'."
        )
        with refused("INVALID_PARAMETER_VALUE", text):
            scenarios.log_params(store, run_id, {"width": "5", "depth": "5"})
        assert _params(store, run_id) == {"depth": "3"}

    def test_batch_names_every_conflict(self, store: AbstractStore) -> None:
        run_id = scenarios.run_with(store, params={"a": "1", "b": "2"}).info.run_id
        conflicts = (
            "[{'key': 'b', 'old_value': '2', 'new_value': '8'}, "
            "{'key': 'a', 'old_value': '1', 'new_value': '9'}]"
        )
        with refused("INVALID_PARAMETER_VALUE", conflicts):
            scenarios.log_params(store, run_id, {"b": "8", "c": "3", "a": "9"})

    def test_holds_after_delete_and_restore(self, store: AbstractStore) -> None:
        run_id = scenarios.run_with(store, params={"depth": "3"}).info.run_id
        store.delete_run(run_id)
        store.restore_run(run_id)
        with refused("INVALID_PARAMETER_VALUE", "Changing param values is not allowed."):
            store.log_param(run_id, Param("depth", "5"))


class TestLongValues:
    def test_value_at_the_limit_is_kept(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        store.log_param(run_id, Param("long", "é" * LIMIT))
        assert _params(store, run_id) == {"long": "é" * LIMIT}

    def test_longer_value_is_cut(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        store.log_param(run_id, Param("long", "x" * (LIMIT + 1)))
        assert _params(store, run_id) == {"long": "x" * LIMIT}

    def test_longer_value_is_cut_in_a_batch(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        scenarios.log_params(store, run_id, {"long": "x" * (LIMIT + 1)})
        assert _params(store, run_id) == {"long": "x" * LIMIT}

    def test_values_are_compared_after_the_cut(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        store.log_param(run_id, Param("long", "x" * LIMIT + "first"))
        store.log_param(run_id, Param("long", "x" * LIMIT + "second"))
        scenarios.log_params(store, run_id, {"long": "x" * LIMIT + "third"})
        assert _params(store, run_id) == {"long": "x" * LIMIT}

    def test_longer_value_is_refused_where_cutting_is_off(
        self, store: AbstractStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("MLFLOW_TRUNCATE_LONG_VALUES", "false")
        run_id = scenarios.new_run_id(store)
        text = "'Param value' exceeds the maximum length of 6000 characters"
        with refused("INVALID_PARAMETER_VALUE", text):
            store.log_param(run_id, Param("long", "x" * (LIMIT + 1)))
        with refused("INVALID_PARAMETER_VALUE", text):
            scenarios.log_params(store, run_id, {"long": "x" * (LIMIT + 1)})
        assert _params(store, run_id) == {}


class TestRefusals:
    @pytest.mark.parametrize(
        ("key", "text"),
        [
            (None, "for parameter 'key' supplied: A key name must be provided."),
            ("", "This name would resolve to '.'"),
            ("a$b", "Names may only contain alphanumerics"),
            ("a\nb$", "Names may only contain alphanumerics"),
            ("../up", "must not resolve to other names"),
            ("a//b", "This name would resolve to 'a/b'"),
            ("trailing/", "This name would resolve to 'trailing'"),
            ("k" * 251, "'Param key' exceeds the maximum length of 250 characters"),
        ],
    )
    def test_a_bad_key_is_refused(self, store: AbstractStore, key: str | None, text: str) -> None:
        run_id = scenarios.new_run_id(store)
        with refused("INVALID_PARAMETER_VALUE", text):
            store.log_param(run_id, Param(key, "v"))
        assert _params(store, run_id) == {}

    def test_no_value_is_refused(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        with refused("BAD_REQUEST"):
            store.log_param(run_id, Param("p", None))
        assert _params(store, run_id) == {}

    def test_no_value_is_refused_in_a_batch(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        with refused("BAD_REQUEST"):
            scenarios.log_params(store, run_id, {"p": None})
        assert _params(store, run_id) == {}

    def test_a_bad_key_is_told_before_the_unknown_run(self, store: AbstractStore) -> None:
        with refused("INVALID_PARAMETER_VALUE", "Names may only contain"):
            store.log_param(scenarios.unknown_run_id(), Param("a$b", "v"))
