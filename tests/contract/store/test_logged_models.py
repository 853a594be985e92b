"""Logged models: creation, state, tags, params, deletion."""

import re
from collections.abc import Callable

import pytest
from mlflow.entities import LoggedModelParameter, LoggedModelStatus, LoggedModelTag
from mlflow.store.tracking.abstract_store import AbstractStore

from .. import scenarios
from ..scenarios import UNKNOWN_EXPERIMENT, refused
from ..search_scenarios import log_to_model, new_model

pytestmark = pytest.mark.area("logged_models")

ONE_HOUR = 3_600_000
LONG = "x" * 9000


def tag(key: str, value: str | None) -> LoggedModelTag:
    return LoggedModelTag(key, value)


def param(key: str, value: str | None) -> LoggedModelParameter:
    return LoggedModelParameter(key, value)


@pytest.fixture
def model_id(store: AbstractStore) -> str:
    return new_model(store).model_id


def test_created_model_is_found_by_its_id(store: AbstractStore) -> None:
    model = new_model(store, name="forest", params={"p": "1"}, tags={"t": "2"})
    assert dict(store.get_logged_model(model.model_id)) == dict(model)


def test_model_keeps_what_it_was_created_with(store: AbstractStore) -> None:
    run = scenarios.new_run(store)
    experiment_id = run.info.experiment_id
    created = new_model(
        store,
        experiment_id,
        name="forest",
        source_run_id=run.info.run_id,
        model_type="agent",
        params={"p": "1"},
        tags={"t": "2"},
    )
    model = store.get_logged_model(created.model_id)
    assert (model.experiment_id, model.name, model.source_run_id, model.model_type) == (
        experiment_id,
        "forest",
        run.info.run_id,
        "agent",
    )
    assert (model.params, model.tags) == ({"p": "1"}, {"t": "2"})


def test_model_needs_nothing_but_an_experiment(store: AbstractStore) -> None:
    created = store.create_logged_model(scenarios.new_experiment(store))
    model = store.get_logged_model(created.model_id)
    assert (model.source_run_id, model.model_type, model.status_message) == (None, None, None)


def test_model_without_params_tags_or_metrics_has_empty_ones(store: AbstractStore) -> None:
    model = store.get_logged_model(new_model(store).model_id)
    assert (model.params, model.tags, model.metrics) == ({}, {}, None)


def test_new_model_is_pending(store: AbstractStore, model_id: str) -> None:
    assert store.get_logged_model(model_id).status == LoggedModelStatus.PENDING


def test_model_id_has_the_form_of_mlflow(model_id: str) -> None:
    assert re.fullmatch(r"m-[0-9a-f]{32}", model_id)


def test_model_without_a_name_is_given_one(store: AbstractStore, model_id: str) -> None:
    assert store.get_logged_model(model_id).name


def test_names_need_not_be_unique(store: AbstractStore) -> None:
    experiment_id = scenarios.new_experiment(store)
    first, second = (new_model(store, experiment_id, name="same") for _ in range(2))
    assert first.model_id != second.model_id


@pytest.mark.parametrize("name", ["two words", " ", "a-b_c", "k\N{LATIN SMALL LETTER E}\N{BUG}"])
def test_name_may_be(store: AbstractStore, name: str) -> None:
    assert store.get_logged_model(new_model(store, name=name).model_id).name == name


@pytest.mark.parametrize("name", ["", "a/b", "a:b", "a.b", "a%b", 'a"b', "a'b"])
def test_name_may_not_be(store: AbstractStore, name: str) -> None:
    experiment_id = scenarios.new_experiment(store)
    text = f"Invalid model name ({name!r}) provided. Model name must be a non-empty string and"
    with refused("INVALID_PARAMETER_VALUE", text):
        new_model(store, experiment_id, name=name)


def test_artifacts_live_below_those_of_the_experiment(store: AbstractStore) -> None:
    experiment_id = scenarios.new_experiment(store)
    model = new_model(store, experiment_id)
    root = store.get_experiment(experiment_id).artifact_location
    assert model.artifact_location == f"{root}/models/{model.model_id}/artifacts"


def test_artifacts_keep_the_query_of_the_experiment_location(store: AbstractStore) -> None:
    experiment_id = scenarios.new_experiment(store, artifact_location="s3://bucket/path?x=y")
    model = new_model(store, experiment_id)
    expected = f"s3://bucket/path/models/{model.model_id}/artifacts?x=y"
    assert model.artifact_location == expected


def test_new_model_was_last_updated_when_it_was_created(store: AbstractStore) -> None:
    model = new_model(store)
    assert model.last_updated_timestamp == model.creation_timestamp


def test_source_run_need_not_exist(store: AbstractStore) -> None:
    model = new_model(store, source_run_id="nobody")
    assert store.get_logged_model(model.model_id).source_run_id == "nobody"


def test_optional_texts_may_be_empty(store: AbstractStore) -> None:
    model = new_model(store, source_run_id="", model_type="")
    kept = store.get_logged_model(model.model_id)
    assert (kept.source_run_id, kept.model_type) == ("", "")


def test_long_params_and_tags_are_kept_whole(store: AbstractStore) -> None:
    model = new_model(store, params={"p": LONG}, tags={"t": LONG})
    kept = store.get_logged_model(model.model_id)
    assert (kept.params, kept.tags) == ({"p": LONG}, {"t": LONG})


@pytest.mark.parametrize("key", [*scenarios.AWKWARD_KEYS, *scenarios.FREE_KEYS])
def test_params_and_tags_may_have_any_key(store: AbstractStore, key: str) -> None:
    model = new_model(store, params={key: "1"}, tags={key: "2"})
    kept = store.get_logged_model(model.model_id)
    assert (kept.params, kept.tags) == ({key: "1"}, {key: "2"})


@pytest.mark.parametrize(
    "repeated",
    [
        {"tags": [tag("k", "1"), tag("k", "2")]},
        {"params": [param("k", "1"), param("k", "2")]},
        {"params": [param("k", "1"), param("k", "1")]},
    ],
    ids=["tag", "param", "equal param"],
)
def test_key_twice_at_creation_is_refused(store: AbstractStore, repeated: dict) -> None:
    experiment_id = scenarios.new_experiment(store)
    with refused("BAD_REQUEST"):
        store.create_logged_model(experiment_id, **repeated)
    assert store.search_logged_models([experiment_id]) == []


def test_unknown_experiment_is_refused(store: AbstractStore) -> None:
    text = f"No Experiment with id={UNKNOWN_EXPERIMENT} exists"
    with refused("RESOURCE_DOES_NOT_EXIST", text):
        new_model(store, UNKNOWN_EXPERIMENT)


def test_experiment_id_that_is_no_number_is_refused(store: AbstractStore) -> None:
    with refused("INVALID_PARAMETER_VALUE", "Invalid experiment ID 'abc'."):
        new_model(store, "abc")


def test_deleted_experiment_is_refused(store: AbstractStore) -> None:
    experiment_id = scenarios.deleted_experiment(store)
    text = f"The experiment {experiment_id} must be in the 'active' state. Current state is deleted"
    with refused("INVALID_PARAMETER_VALUE", text):
        new_model(store, experiment_id)


def test_model_outlives_the_deletion_of_its_experiment(store: AbstractStore) -> None:
    experiment_id = scenarios.new_experiment(store)
    model_id = new_model(store, experiment_id).model_id
    store.delete_experiment(experiment_id)
    assert store.get_logged_model(model_id).model_id == model_id


ON_UNKNOWN: dict[str, Callable[[AbstractStore, str], object]] = {
    "get": lambda store, model_id: store.get_logged_model(model_id),
    "get deleted": lambda store, model_id: store.get_logged_model(model_id, allow_deleted=True),
    "finalize": lambda store, model_id: store.finalize_logged_model(
        model_id, LoggedModelStatus.READY
    ),
    "set tags": lambda store, model_id: store.set_logged_model_tags(model_id, [tag("k", "v")]),
    "set no tags": lambda store, model_id: store.set_logged_model_tags(model_id, []),
    "delete tag": lambda store, model_id: store.delete_logged_model_tag(model_id, "k"),
    "log params": lambda store, model_id: store.log_logged_model_params(
        model_id, [param("k", "v")]
    ),
    "log no params": lambda store, model_id: store.log_logged_model_params(model_id, []),
    "delete": lambda store, model_id: store.delete_logged_model(model_id),
    "hard delete": lambda store, model_id: store._hard_delete_logged_model(model_id),
}


@pytest.mark.parametrize("call", ON_UNKNOWN.values(), ids=ON_UNKNOWN.keys())
def test_unknown_model_is_refused(
    store: AbstractStore, call: Callable[[AbstractStore, str], object]
) -> None:
    with refused("RESOURCE_DOES_NOT_EXIST", "Logged model with ID 'm-nobody' not found."):
        call(store, "m-nobody")


@pytest.mark.parametrize("status", [LoggedModelStatus.READY, LoggedModelStatus.FAILED])
def test_finalized_model_has_its_status(
    store: AbstractStore, model_id: str, status: LoggedModelStatus
) -> None:
    store.finalize_logged_model(model_id, status)
    assert store.get_logged_model(model_id).status == status


def test_finalizing_returns_the_model(store: AbstractStore) -> None:
    model = new_model(store, tags={"t": "1"}, params={"p": "2"})
    finalized = store.finalize_logged_model(model.model_id, LoggedModelStatus.READY)
    assert dict(finalized) == dict(store.get_logged_model(model.model_id))


def test_model_may_be_finalized_again(store: AbstractStore, model_id: str) -> None:
    store.finalize_logged_model(model_id, LoggedModelStatus.READY)
    store.finalize_logged_model(model_id, LoggedModelStatus.FAILED)
    assert store.get_logged_model(model_id).status == LoggedModelStatus.FAILED


def test_finalizing_updates_the_time_stamp(store: AbstractStore) -> None:
    model = new_model(store)
    scenarios.next_millisecond()
    finalized = store.finalize_logged_model(model.model_id, LoggedModelStatus.READY)
    assert finalized.last_updated_timestamp > model.last_updated_timestamp
    assert finalized.creation_timestamp == model.creation_timestamp


def test_tags_are_added_and_overwritten(store: AbstractStore) -> None:
    model_id = new_model(store, tags={"old": "1", "kept": "2"}).model_id
    store.set_logged_model_tags(model_id, [tag("old", "3"), tag("new", "")])
    assert store.get_logged_model(model_id).tags == {"old": "3", "kept": "2", "new": ""}


def test_last_of_two_tags_with_one_key_wins(store: AbstractStore, model_id: str) -> None:
    store.set_logged_model_tags(model_id, [tag("k", "1"), tag("k", "2")])
    assert store.get_logged_model(model_id).tags == {"k": "2"}


@pytest.mark.parametrize("key", [*scenarios.AWKWARD_KEYS, *scenarios.FREE_KEYS])
def test_tag_of_any_key_can_be_set_and_deleted(
    store: AbstractStore, model_id: str, key: str
) -> None:
    store.set_logged_model_tags(model_id, [tag(key, "1"), tag("other", "2")])
    assert store.get_logged_model(model_id).tags == {key: "1", "other": "2"}
    store.delete_logged_model_tag(model_id, key)
    assert store.get_logged_model(model_id).tags == {"other": "2"}


def test_no_tags_change_nothing(store: AbstractStore) -> None:
    model_id = new_model(store, tags={"k": "v"}).model_id
    store.set_logged_model_tags(model_id, [])
    assert store.get_logged_model(model_id).tags == {"k": "v"}


def test_tag_without_a_value_is_refused(store: AbstractStore, model_id: str) -> None:
    with refused("BAD_REQUEST"):
        store.set_logged_model_tags(model_id, [tag("good", "1"), tag("bad", None)])
    assert store.get_logged_model(model_id).tags == {}


def test_deleting_an_absent_tag_is_refused(store: AbstractStore, model_id: str) -> None:
    text = f"No tag with key 'k' found for model with ID {model_id!r}."
    with refused("RESOURCE_DOES_NOT_EXIST", text):
        store.delete_logged_model_tag(model_id, "k")


def test_params_are_added(store: AbstractStore) -> None:
    model_id = new_model(store, params={"a": "1"}).model_id
    store.log_logged_model_params(model_id, [param("b", "2"), param("c", "")])
    assert store.get_logged_model(model_id).params == {"a": "1", "b": "2", "c": ""}


def test_more_than_a_hundred_params_are_added(store: AbstractStore, model_id: str) -> None:
    expected = {f"p{number}": str(number) for number in range(150)}
    store.log_logged_model_params(model_id, [param(*pair) for pair in expected.items()])
    assert store.get_logged_model(model_id).params == expected


@pytest.mark.parametrize("value", ["1", "2"])
def test_param_logged_again_is_refused(store: AbstractStore, value: str) -> None:
    model_id = new_model(store, params={"a": "1"}).model_id
    with refused("BAD_REQUEST"):
        store.log_logged_model_params(model_id, [param("a", value)])
    assert store.get_logged_model(model_id).params == {"a": "1"}


def test_one_repeated_param_keeps_the_others_out(store: AbstractStore) -> None:
    model_id = new_model(store, params={"a": "1"}).model_id
    with refused("BAD_REQUEST"):
        store.log_logged_model_params(model_id, [param("b", "2"), param("a", "1")])
    assert store.get_logged_model(model_id).params == {"a": "1"}


def test_param_twice_in_one_call_is_refused(store: AbstractStore, model_id: str) -> None:
    with refused("BAD_REQUEST"):
        store.log_logged_model_params(model_id, [param("a", "1"), param("a", "2")])
    assert store.get_logged_model(model_id).params == {}


def test_tags_and_params_leave_the_time_stamp(store: AbstractStore) -> None:
    model = new_model(store)
    scenarios.next_millisecond()
    store.set_logged_model_tags(model.model_id, [tag("k", "v")])
    store.log_logged_model_params(model.model_id, [param("k", "v")])
    kept = store.get_logged_model(model.model_id)
    assert kept.last_updated_timestamp == model.last_updated_timestamp


@pytest.fixture
def deleted_id(store: AbstractStore) -> str:
    model_id = new_model(store, tags={"k": "v"}, params={"p": "1"}).model_id
    store.delete_logged_model(model_id)
    return model_id


def test_deleted_model_is_not_found(store: AbstractStore, deleted_id: str) -> None:
    text = f"Logged model with ID '{deleted_id}' not found."
    with refused("RESOURCE_DOES_NOT_EXIST", text):
        store.get_logged_model(deleted_id)


def test_deleted_model_is_found_where_allowed(store: AbstractStore, deleted_id: str) -> None:
    model = store.get_logged_model(deleted_id, allow_deleted=True)
    assert (model.model_id, model.tags, model.params) == (deleted_id, {"k": "v"}, {"p": "1"})


def test_allowing_deleted_models_still_finds_the_others(
    store: AbstractStore, model_id: str
) -> None:
    assert store.get_logged_model(model_id, allow_deleted=True).model_id == model_id


def test_deleting_again_is_allowed(store: AbstractStore, deleted_id: str) -> None:
    store.delete_logged_model(deleted_id)
    assert deleted_id in store._get_deleted_logged_models()


def test_deleting_updates_the_time_stamp(store: AbstractStore) -> None:
    model = new_model(store)
    scenarios.next_millisecond()
    store.delete_logged_model(model.model_id)
    deleted = store.get_logged_model(model.model_id, allow_deleted=True)
    assert deleted.last_updated_timestamp > model.last_updated_timestamp


def test_deleted_model_takes_tags_params_and_a_status(
    store: AbstractStore, deleted_id: str
) -> None:
    store.set_logged_model_tags(deleted_id, [tag("late", "1")])
    store.delete_logged_model_tag(deleted_id, "k")
    store.log_logged_model_params(deleted_id, [param("late", "2")])
    store.finalize_logged_model(deleted_id, LoggedModelStatus.FAILED)
    model = store.get_logged_model(deleted_id, allow_deleted=True)
    assert (model.tags, model.params) == ({"late": "1"}, {"p": "1", "late": "2"})
    assert model.status == LoggedModelStatus.FAILED


def test_deleted_models_are_listed(store: AbstractStore, deleted_id: str, model_id: str) -> None:
    listed = store._get_deleted_logged_models()
    assert deleted_id in listed
    assert model_id not in listed


def test_deleted_models_are_listed_by_age(store: AbstractStore, deleted_id: str) -> None:
    assert deleted_id not in store._get_deleted_logged_models(older_than=ONE_HOUR)


@pytest.mark.parametrize("delete_first", [True, False])
def test_hard_deleted_model_is_gone(
    store: AbstractStore, model_id: str, delete_first: bool
) -> None:
    if delete_first:
        store.delete_logged_model(model_id)
    store._hard_delete_logged_model(model_id)
    with refused("RESOURCE_DOES_NOT_EXIST", f"Logged model with ID '{model_id}' not found."):
        store.get_logged_model(model_id, allow_deleted=True)


def test_hard_deleted_model_leaves_the_metrics_of_the_run(
    store: AbstractStore, model_id: str
) -> None:
    run_id = scenarios.new_run_id(store)
    log_to_model(store, model_id, run_id, key="loss", value=0.5)
    store._hard_delete_logged_model(model_id)
    assert store.get_run(run_id).data.metrics == {"loss": 0.5}


def test_hard_deleted_experiment_takes_its_models_along(store: AbstractStore) -> None:
    experiment_id = scenarios.new_experiment(store)
    model_id = new_model(store, experiment_id).model_id
    store.delete_experiment(experiment_id)
    store._hard_delete_experiment(experiment_id)
    with refused("RESOURCE_DOES_NOT_EXIST"):
        store.get_logged_model(model_id, allow_deleted=True)


class TestUnknownModelIsTheWorseMistake:
    def test_than_a_tag_without_value(self, store: AbstractStore) -> None:
        with refused("RESOURCE_DOES_NOT_EXIST", "Logged model with ID 'm-0' not found."):
            store.set_logged_model_tags("m-0", [LoggedModelTag("k", None)])

    def test_than_a_param_without_value(self, store: AbstractStore) -> None:
        with refused("RESOURCE_DOES_NOT_EXIST", "Logged model with ID 'm-0' not found."):
            store.log_logged_model_params("m-0", [LoggedModelParameter("k", None)])

    def test_than_a_status_that_is_none(self, store: AbstractStore) -> None:
        with refused("RESOURCE_DOES_NOT_EXIST", "Logged model with ID 'm-0' not found."):
            store.finalize_logged_model("m-0", "READY")
