"""Creating, finding and describing registered models."""

from collections.abc import Callable
from typing import Any

import pytest
from mlflow.entities.model_registry import RegisteredModelTag
from mlflow.store.model_registry.abstract_store import AbstractStore as RegistryStore

from .. import scenarios
from ..scenarios import START_TIME, refused, unique
from . import registry_scenarios
from .registry_scenarios import IS_PROMPT, SOURCE, fields, model_tags, new_model

pytestmark = pytest.mark.area("registered_models")

PROMPT = {IS_PROMPT: "true"}
BAD_NAMES = [
    (None, "Missing value for required parameter 'name'."),
    ("", "Missing value for required parameter 'name'."),
    ("  ", "Missing value for required parameter 'name'."),
    ("a/b", "Invalid model name 'a/b'. Names cannot contain '/' or ':'."),
    ("a:b", "Invalid model name 'a:b'. Names cannot contain '/' or ':'."),
    ("..", "Invalid value \"..\" for parameter 'name' supplied: Names may be treated as files"),
    ("..x", "This name would resolve to '..x'"),
]
TAG = RegisteredModelTag("k", "v")
CALLS: dict[str, Callable[[RegistryStore, Any], object]] = {
    "get": lambda registry, name: registry.get_registered_model(name),
    "update": lambda registry, name: registry.update_registered_model(name, "text"),
    "rename": lambda registry, name: registry.rename_registered_model(name, unique()),
    "delete": lambda registry, name: registry.delete_registered_model(name),
    "set tag": lambda registry, name: registry.set_registered_model_tag(name, TAG),
    "delete tag": lambda registry, name: registry.delete_registered_model_tag(name, "k"),
    "latest versions": lambda registry, name: registry.get_latest_versions(name),
    "create version": lambda registry, name: registry.create_model_version(name, SOURCE),
    "delete alias": lambda registry, name: registry.delete_registered_model_alias(name, "a"),
    "by alias": lambda registry, name: registry.get_model_version_by_alias(name, "a"),
}


class TestCreation:
    def test_returns_what_was_given(self, registry: RegistryStore) -> None:
        name = unique()
        created = registry.create_registered_model(name, model_tags({"k": "v"}), "a description")
        assert created.name == name
        assert created.tags == {"k": "v"}
        assert created.description == "a description"

    def test_returns_what_is_read_later(self, registry: RegistryStore) -> None:
        created = registry.create_registered_model(unique(), model_tags({"k": "v"}), "text")
        assert fields(created) == fields(registry.get_registered_model(created.name))

    def test_new_model_has_no_versions(self, registry: RegistryStore) -> None:
        assert registry.get_registered_model(new_model(registry)).latest_versions == []

    def test_new_model_has_no_aliases(self, registry: RegistryStore) -> None:
        assert registry.get_registered_model(new_model(registry)).aliases == {}

    def test_new_model_has_no_tags(self, registry: RegistryStore) -> None:
        name = unique()
        registry.create_registered_model(name)
        assert registry.get_registered_model(name).tags == {}

    def test_no_description_is_none(self, registry: RegistryStore) -> None:
        assert registry.get_registered_model(new_model(registry)).description is None

    def test_empty_description_is_kept(self, registry: RegistryStore) -> None:
        name = new_model(registry, description="")
        assert registry.get_registered_model(name).description == ""

    def test_deployment_job_is_not_kept(self, registry: RegistryStore) -> None:
        name = new_model(registry, deployment_job_id="job")
        assert registry.get_registered_model(name).deployment_job_id is None

    def test_creation_and_last_update_are_the_same_moment(self, registry: RegistryStore) -> None:
        model = registry.get_registered_model(new_model(registry))
        assert model.creation_timestamp > START_TIME
        assert model.last_updated_timestamp == model.creation_timestamp

    def test_workspace_is_the_default_one_whatever_the_environment_says(
        self, registry: RegistryStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        name = new_model(registry)
        registry.create_model_version(name, "source")
        monkeypatch.setenv("MLFLOW_WORKSPACE", "another")
        assert registry.get_registered_model(name).workspace == "default"
        assert registry.get_model_version(name, 1).workspace == "default"


class TestNames:
    @pytest.mark.parametrize(
        "stem",
        [
            " surrounded by spaces ",
            "dots.and-dashes_",
            "a\\b",
            "$where",
            "100%",
            "quotes \" and ' and `",
            "at@sign",
            "two\nlines",
            "実験 été 🎉",
            "__proto__",
        ],
    )
    def test_any_text_without_slash_and_colon_is_a_name(
        self, registry: RegistryStore, stem: str
    ) -> None:
        name = stem + unique() + stem
        registry.create_registered_model(name)
        assert registry.get_registered_model(name).name == name

    def test_a_name_of_256_characters_is_kept(self, registry: RegistryStore) -> None:
        name = unique().ljust(256, "n")
        registry.create_registered_model(name)
        assert registry.get_registered_model(name).name == name

    @pytest.mark.parametrize(("name", "text"), BAD_NAMES)
    def test_bad_name_is_refused_at_creation(
        self, registry: RegistryStore, name: str | None, text: str
    ) -> None:
        with refused("INVALID_PARAMETER_VALUE", text):
            registry.create_registered_model(name)

    @pytest.mark.parametrize("call", CALLS)
    def test_bad_name_is_refused_everywhere(self, registry: RegistryStore, call: str) -> None:
        with refused("INVALID_PARAMETER_VALUE", "Invalid model name 'a/b'. Names cannot contain"):
            CALLS[call](registry, "a/b")

    @pytest.mark.parametrize("call", CALLS)
    def test_unknown_model_does_not_exist(self, registry: RegistryStore, call: str) -> None:
        name = unique()
        with refused("RESOURCE_DOES_NOT_EXIST", f"Registered Model with name={name} not found"):
            CALLS[call](registry, name)

    def test_names_that_differ_in_case_are_two(self, registry: RegistryStore) -> None:
        name = unique("case")
        new_model(registry, name, description="lower")
        new_model(registry, name.upper(), description="upper")
        assert registry.get_registered_model(name).description == "lower"
        assert registry.get_registered_model(name.upper()).description == "upper"

    def test_name_is_judged_before_the_tags(self, registry: RegistryStore) -> None:
        with refused("INVALID_PARAMETER_VALUE", "Invalid model name 'a/b'."):
            registry.create_registered_model("a/b", model_tags({"a$b": "x"}))


class TestClashes:
    def test_model_over_model_says_that_it_exists(self, registry: RegistryStore) -> None:
        name = new_model(registry)
        with refused("RESOURCE_ALREADY_EXISTS", f"Registered Model (name={name}) already exists."):
            registry.create_registered_model(name)

    def test_prompt_over_prompt_says_that_it_exists(self, registry: RegistryStore) -> None:
        name = new_model(registry, tags=PROMPT)
        with refused("RESOURCE_ALREADY_EXISTS", f"Prompt (name={name}) already exists."):
            registry.create_registered_model(name, model_tags(PROMPT))

    def test_prompt_over_model_names_both_kinds(self, registry: RegistryStore) -> None:
        name = new_model(registry)
        text = (
            f"Tried to create a prompt with name '{name}', but the name is already taken by a "
            "registered model. MLflow does not allow creating a model and a prompt with the "
            "same name."
        )
        with refused("RESOURCE_ALREADY_EXISTS", text):
            registry.create_registered_model(name, model_tags(PROMPT))

    def test_model_over_prompt_names_both_kinds(self, registry: RegistryStore) -> None:
        name = new_model(registry, tags=PROMPT)
        text = (
            f"Tried to create a registered model with name '{name}', but the name is already "
            "taken by a prompt."
        )
        with refused("RESOURCE_ALREADY_EXISTS", text):
            registry.create_registered_model(name)

    def test_any_value_of_the_prompt_tag_makes_a_prompt_of_a_clash(
        self, registry: RegistryStore
    ) -> None:
        name = new_model(registry, tags={IS_PROMPT: "false"})
        with refused("RESOURCE_ALREADY_EXISTS", "already taken by a prompt."):
            registry.create_registered_model(name)

    def test_refused_creation_leaves_the_first_as_it_was(self, registry: RegistryStore) -> None:
        name = new_model(registry, tags={"owner": "first"}, description="first", versions=1)
        before = fields(registry.get_registered_model(name))
        with refused("RESOURCE_ALREADY_EXISTS"):
            registry.create_registered_model(name, model_tags({"owner": "second"}), "second")
        assert fields(registry.get_registered_model(name)) == before


class TestUpdate:
    def test_description_is_replaced(self, registry: RegistryStore) -> None:
        name = new_model(registry, description="old")
        registry.update_registered_model(name, "new")
        assert registry.get_registered_model(name).description == "new"

    def test_none_clears_the_description(self, registry: RegistryStore) -> None:
        name = new_model(registry, description="old")
        registry.update_registered_model(name, None)
        assert registry.get_registered_model(name).description is None

    def test_returns_the_whole_model(self, registry: RegistryStore) -> None:
        name = new_model(registry, tags={"k": "v"}, versions=2)
        registry.set_registered_model_alias(name, "champion", 1)
        updated = registry.update_registered_model(name, "new")
        assert updated.aliases == {"champion": 1}
        assert fields(updated) == fields(registry.get_registered_model(name))

    def test_moves_the_last_update_only(self, registry: RegistryStore) -> None:
        name = new_model(registry)
        before = registry.get_registered_model(name)
        scenarios.next_millisecond()
        registry.update_registered_model(name, "new")
        after = registry.get_registered_model(name)
        assert after.creation_timestamp == before.creation_timestamp
        assert after.last_updated_timestamp > before.last_updated_timestamp

    def test_leaves_versions_alone(self, registry: RegistryStore) -> None:
        version = registry_scenarios.new_version(registry, description="mine")
        registry.update_registered_model(version.name, "new")
        assert fields(registry.get_model_version(version.name, 1)) == fields(version)


class TestLatestVersions:
    def test_hold_the_highest_version_of_each_stage(self, registry: RegistryStore) -> None:
        name = registry_scenarios.staged_model(
            registry, "Production", "Archived", "Production", "None", "None"
        )
        latest = registry.get_registered_model(name).latest_versions
        assert {version.current_stage: version.version for version in latest} == {
            "Production": 3,
            "Archived": 2,
            "None": 5,
        }

    def test_leave_out_a_deleted_version(self, registry: RegistryStore) -> None:
        name = new_model(registry, versions=3)
        registry.delete_model_version(name, 3)
        latest = registry.get_registered_model(name).latest_versions
        assert registry_scenarios.numbers(latest) == [2]

    def test_carry_the_tags_of_the_version(self, registry: RegistryStore) -> None:
        version = registry_scenarios.new_version(registry, tags={"k": "v"})
        (latest,) = registry.get_registered_model(version.name).latest_versions
        assert latest.tags == {"k": "v"}

    def test_carry_no_aliases(self, registry: RegistryStore) -> None:
        name = new_model(registry, versions=1)
        registry.set_registered_model_alias(name, "champion", 1)
        (latest,) = registry.get_registered_model(name).latest_versions
        assert latest.aliases == []
