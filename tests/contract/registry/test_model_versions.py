"""Creating and finding versions: numbers, and what a version says of itself."""

from collections.abc import Callable
from typing import Any

import pytest
from mlflow.entities.model_registry import ModelVersionTag
from mlflow.store.model_registry.abstract_store import AbstractStore as RegistryStore

from .. import scenarios
from ..scenarios import START_TIME, refused, unique
from .registry_scenarios import SOURCE, fields, new_model, new_version, numbers, version_tags

pytestmark = pytest.mark.area("model_versions")

TAG = ModelVersionTag("k", "v")
CALLS: dict[str, Callable[[RegistryStore, Any, Any], object]] = {
    "get": lambda registry, name, version: registry.get_model_version(name, version),
    "update": lambda registry, name, version: registry.update_model_version(name, version, "x"),
    "delete": lambda registry, name, version: registry.delete_model_version(name, version),
    "download uri": lambda registry, name, version: registry.get_model_version_download_uri(
        name, version
    ),
    "stage": lambda registry, name, version: registry.transition_model_version_stage(
        name, version, "Staging", False
    ),
    "archive": lambda registry, name, version: registry.transition_model_version_stage(
        name, version, "Staging", True
    ),
    "set tag": lambda registry, name, version: registry.set_model_version_tag(name, version, TAG),
    "delete tag": lambda registry, name, version: registry.delete_model_version_tag(
        name, version, "k"
    ),
    "set alias": lambda registry, name, version: registry.set_registered_model_alias(
        name, "a", version
    ),
}


class TestNumbers:
    def test_start_at_one_and_have_no_gaps(self, registry: RegistryStore) -> None:
        name = new_model(registry)
        assert [new_version(registry, name).version for _ in range(3)] == [1, 2, 3]

    def test_are_integers(self, registry: RegistryStore) -> None:
        version = new_version(registry).version
        assert type(version) is int

    def test_are_integers_when_read(self, registry: RegistryStore) -> None:
        name = new_version(registry).name
        assert type(registry.get_model_version(name, "1").version) is int

    def test_are_counted_per_model(self, registry: RegistryStore) -> None:
        new_model(registry, versions=2)
        assert new_version(registry).version == 1

    def test_number_of_a_deleted_version_is_not_given_again(self, registry: RegistryStore) -> None:
        name = new_model(registry, versions=3)
        registry.delete_model_version(name, 2)
        assert new_version(registry, name).version == 4

    def test_number_of_the_deleted_highest_is_not_given_again(
        self, registry: RegistryStore
    ) -> None:
        name = new_model(registry, versions=2)
        registry.delete_model_version(name, 2)
        assert new_version(registry, name).version == 3

    def test_numbers_go_on_when_every_version_is_deleted(self, registry: RegistryStore) -> None:
        name = new_model(registry, versions=2)
        for number in (1, 2):
            registry.delete_model_version(name, number)
        assert new_version(registry, name).version == 3

    def test_ten_comes_after_nine(self, registry: RegistryStore) -> None:
        name = new_model(registry, versions=11)
        (latest,) = registry.get_latest_versions(name)
        assert latest.version == 11


class TestCreation:
    def test_returns_what_was_given(self, registry: RegistryStore) -> None:
        name, run_id = new_model(registry), scenarios.unknown_run_id()
        created = registry.create_model_version(
            name,
            "s3://bucket/a",
            run_id,
            version_tags({"k": "v"}),
            "https://host/run",
            "a description",
        )
        assert created.name == name
        assert created.source == "s3://bucket/a"
        assert created.run_id == run_id
        assert created.tags == {"k": "v"}
        assert created.run_link == "https://host/run"
        assert created.description == "a description"

    def test_returns_what_is_read_later(self, registry: RegistryStore) -> None:
        created = new_version(registry, run_id="run", tags={"k": "v"}, description="text")
        assert fields(registry.get_model_version(created.name, 1)) == fields(created)

    @pytest.mark.parametrize(
        "field", ["run_id", "run_link", "description", "user_id", "status_message", "model_id"]
    )
    def test_what_was_not_given_is_none(self, registry: RegistryStore, field: str) -> None:
        version = registry.get_model_version(new_version(registry).name, 1)
        assert getattr(version, field) is None

    @pytest.mark.parametrize("field", ["run_id", "run_link", "description"])
    def test_empty_text_is_kept(self, registry: RegistryStore, field: str) -> None:
        name = new_version(registry, **{field: ""}).name
        assert getattr(registry.get_model_version(name, 1), field) == ""

    def test_new_version_is_ready(self, registry: RegistryStore) -> None:
        assert new_version(registry).status == "READY"

    def test_new_version_is_in_no_stage(self, registry: RegistryStore) -> None:
        assert new_version(registry).current_stage == "None"

    def test_new_version_has_no_tags_and_no_aliases(self, registry: RegistryStore) -> None:
        created = new_version(registry)
        assert (created.tags, created.aliases) == ({}, [])

    def test_creation_and_last_update_are_the_same_moment(self, registry: RegistryStore) -> None:
        created = new_version(registry)
        assert created.creation_timestamp > START_TIME
        assert created.last_updated_timestamp == created.creation_timestamp

    def test_moves_the_last_update_of_the_model_to_that_moment(
        self, registry: RegistryStore
    ) -> None:
        name = new_model(registry)
        scenarios.next_millisecond()
        created = new_version(registry, name)
        model = registry.get_registered_model(name)
        assert model.last_updated_timestamp == created.creation_timestamp
        assert model.creation_timestamp < created.creation_timestamp

    def test_run_need_not_exist(self, registry: RegistryStore) -> None:
        assert new_version(registry, run_id="no-such-run").run_id == "no-such-run"

    def test_local_path_is_not_kept(self, registry: RegistryStore) -> None:
        created = new_version(registry, local_model_path="/tmp/model")  # noqa: S108 - never opened
        assert created.source == SOURCE

    def test_tags_may_come_as_a_tuple(self, registry: RegistryStore) -> None:
        name = new_model(registry)
        registry.create_model_version(name, SOURCE, tags=(TAG,))
        assert registry.get_model_version(name, 1).tags == {"k": "v"}

    def test_waiting_for_a_ready_version_returns_at_once(self, registry: RegistryStore) -> None:
        assert registry._await_model_version_creation(new_version(registry), 60) is None

    def test_name_is_judged_before_the_tags(self, registry: RegistryStore) -> None:
        with refused("INVALID_PARAMETER_VALUE", "Invalid model name 'a/b'."):
            registry.create_model_version("a/b", SOURCE, tags=version_tags({"a$b": "v"}))

    def test_tags_are_judged_before_the_source(self, registry: RegistryStore) -> None:
        with refused("INVALID_PARAMETER_VALUE", "Names may only contain alphanumerics"):
            registry.create_model_version(
                unique(), "models:/nothing/1", tags=version_tags({"a$b": "v"})
            )

    def test_source_is_judged_before_the_model(self, registry: RegistryStore) -> None:
        with refused("INTERNAL_ERROR", "Unable to fetch model from model URI source artifact"):
            registry.create_model_version(unique(), f"models:/{unique()}/1")


class TestLookUp:
    @pytest.mark.parametrize("version", [1, "1", " 1 ", "01", 1.0])
    def test_version_may_be_anything_that_is_an_integer(
        self, registry: RegistryStore, version: object
    ) -> None:
        name = new_version(registry).name
        assert registry.get_model_version(name, version).version == 1

    @pytest.mark.parametrize("call", CALLS)
    @pytest.mark.parametrize("version", ["abc", "", "1.0", "latest", "v1"])
    def test_version_that_is_no_integer_is_refused(
        self, registry: RegistryStore, call: str, version: str
    ) -> None:
        text = f"Parameter 'version' must be an integer, got '{version}'."
        with refused("INVALID_PARAMETER_VALUE", text):
            CALLS[call](registry, new_version(registry).name, version)

    @pytest.mark.parametrize("call", CALLS)
    @pytest.mark.parametrize("version", [0, -1, 2])
    def test_unknown_version_does_not_exist(
        self, registry: RegistryStore, call: str, version: int
    ) -> None:
        name = new_version(registry).name
        text = f"Model Version (name={name}, version={version}) not found"
        with refused("RESOURCE_DOES_NOT_EXIST", text):
            CALLS[call](registry, name, version)

    @pytest.mark.parametrize("call", CALLS)
    def test_version_of_an_unknown_model_does_not_exist(
        self, registry: RegistryStore, call: str
    ) -> None:
        name = unique()
        text = f"Model Version (name={name}, version=1) not found"
        with refused("RESOURCE_DOES_NOT_EXIST", text):
            CALLS[call](registry, name, 1)

    @pytest.mark.parametrize("call", CALLS)
    def test_bad_name_is_refused(self, registry: RegistryStore, call: str) -> None:
        with refused("INVALID_PARAMETER_VALUE", "Invalid model name 'a:b'. Names cannot contain"):
            CALLS[call](registry, "a:b", 1)

    @pytest.mark.parametrize("call", CALLS)
    def test_deleted_version_does_not_exist(self, registry: RegistryStore, call: str) -> None:
        name = new_model(registry, versions=2)
        registry.delete_model_version(name, 1)
        text = f"Model Version (name={name}, version=1) not found"
        with refused("RESOURCE_DOES_NOT_EXIST", text):
            CALLS[call](registry, name, 1)

    def test_version_in_the_text_of_an_error_is_the_number(self, registry: RegistryStore) -> None:
        name = new_model(registry)
        with refused("RESOURCE_DOES_NOT_EXIST", f"(name={name}, version=7) not found"):
            registry.get_model_version(name, "007")


class TestUpdate:
    def test_description_is_replaced(self, registry: RegistryStore) -> None:
        name = new_version(registry, description="old").name
        registry.update_model_version(name, 1, "new")
        assert registry.get_model_version(name, 1).description == "new"

    def test_no_description_clears_it(self, registry: RegistryStore) -> None:
        name = new_version(registry, description="old").name
        registry.update_model_version(name, 1)
        assert registry.get_model_version(name, 1).description is None

    def test_returns_the_whole_version(self, registry: RegistryStore) -> None:
        name = new_version(registry, tags={"k": "v"}, run_id="run").name
        updated = registry.update_model_version(name, "1", "new")
        assert fields(updated) == fields(registry.get_model_version(name, 1))
        assert updated.tags == {"k": "v"}

    def test_moves_the_last_update_of_the_version(self, registry: RegistryStore) -> None:
        created = new_version(registry)
        scenarios.next_millisecond()
        updated = registry.update_model_version(created.name, 1, "new")
        assert updated.last_updated_timestamp > created.last_updated_timestamp
        assert updated.creation_timestamp == created.creation_timestamp

    def test_does_not_move_the_last_update_of_the_model(self, registry: RegistryStore) -> None:
        created = new_version(registry)
        scenarios.next_millisecond()
        registry.update_model_version(created.name, 1, "new")
        model = registry.get_registered_model(created.name)
        assert model.last_updated_timestamp == created.creation_timestamp

    def test_leaves_other_versions_alone(self, registry: RegistryStore) -> None:
        name = new_version(registry, description="first").name
        new_version(registry, name, description="second")
        registry.update_model_version(name, 2, "new")
        assert registry.get_model_version(name, 1).description == "first"


class TestDeletion:
    def test_other_versions_stay(self, registry: RegistryStore) -> None:
        name = new_model(registry, versions=3)
        registry.delete_model_version(name, "2")
        assert sorted(numbers(registry.search_model_versions(f"name = '{name}'"))) == [1, 3]

    def test_moves_the_last_update_of_the_model(self, registry: RegistryStore) -> None:
        created = new_version(registry)
        scenarios.next_millisecond()
        registry.delete_model_version(created.name, 1)
        model = registry.get_registered_model(created.name)
        assert model.last_updated_timestamp > created.last_updated_timestamp

    def test_model_without_versions_stays(self, registry: RegistryStore) -> None:
        name = new_version(registry).name
        registry.delete_model_version(name, 1)
        assert registry.get_registered_model(name).latest_versions == []
        assert registry.get_latest_versions(name) == []

    @pytest.mark.parametrize(
        "question",
        [
            "run_id = '{run_id}'",
            "source_path = 's3://bucket/{run_id}'",
            "tags.secret = '{run_id}'",
            "run_id = 'REDACTED-RUN-ID' AND name = '{name}'",
            "source_path LIKE 'REDACTED%' AND name = '{name}'",
        ],
    )
    def test_no_search_finds_what_is_left_of_it(
        self, registry: RegistryStore, question: str
    ) -> None:
        run_id = scenarios.unknown_run_id()
        name = new_version(
            registry, source=f"s3://bucket/{run_id}", run_id=run_id, tags={"secret": run_id}
        ).name
        registry.delete_model_version(name, 1)
        found = registry.search_model_versions(question.format(run_id=run_id, name=name))
        assert list(found) == []
