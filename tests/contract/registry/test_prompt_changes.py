"""Tagging and deleting prompts and their versions."""

from collections.abc import Callable

import pytest
from mlflow.store.model_registry.abstract_store import AbstractStore as RegistryStore

from ..scenarios import refused, unique
from .registry_scenarios import IS_PROMPT_FILTER, new_prompt, numbers

pytestmark = pytest.mark.area("prompts")

CALLS: dict[str, Callable[[RegistryStore, str, int | str | None], object]] = {
    "set tag": lambda registry, name, version: registry.set_prompt_version_tag(
        name, version, "k", "v"
    ),
    "delete tag": lambda registry, name, version: registry.delete_prompt_version_tag(
        name, version, "k"
    ),
    "delete": lambda registry, name, version: registry.delete_prompt_version(name, version),
}


class TestVersionTags:
    @pytest.mark.parametrize("version", [1, "1"])
    def test_tag_is_set_and_replaced(self, registry: RegistryStore, version: int | str) -> None:
        name = new_prompt(registry, versions=1)
        registry.set_prompt_version_tag(name, version, "a", "1")
        registry.set_prompt_version_tag(name, version, "a", "2")
        assert registry.get_prompt_version(name, 1).tags == {"a": "2"}

    @pytest.mark.parametrize("version", [1, "1"])
    def test_tag_is_deleted(self, registry: RegistryStore, version: int | str) -> None:
        name = new_prompt(registry)
        registry.create_prompt_version(name, "text", tags={"a": "1", "b": "2"})
        registry.delete_prompt_version_tag(name, version, "a")
        assert registry.get_prompt_version(name, 1).tags == {"b": "2"}

    def test_absent_tag_is_deleted_silently(self, registry: RegistryStore) -> None:
        name = new_prompt(registry, versions=1)
        registry.delete_prompt_version_tag(name, 1, "absent")
        assert registry.get_prompt_version(name, 1).tags == {}

    def test_tags_of_versions_do_not_mix(self, registry: RegistryStore) -> None:
        name = new_prompt(registry, versions=2)
        registry.set_prompt_version_tag(name, 1, "a", "1")
        assert registry.get_prompt_version(name, 2).tags == {}
        assert registry.get_prompt(name).tags == {}

    def test_no_value_is_refused(self, registry: RegistryStore) -> None:
        name = new_prompt(registry, versions=1)
        with refused("INVALID_PARAMETER_VALUE", "Tag value cannot be None"):
            registry.set_prompt_version_tag(name, 1, "a", None)

    def test_text_is_a_tag_that_may_be_set(self, registry: RegistryStore) -> None:
        name = new_prompt(registry, versions=1)
        registry.set_prompt_version_tag(name, 1, "mlflow.prompt.text", "changed")
        assert registry.get_prompt_version(name, 1).template == "changed"


class TestVersionNumbers:
    @pytest.mark.parametrize("call", CALLS)
    @pytest.mark.parametrize("version", ["abc", "", None])
    def test_version_that_is_no_integer_is_refused(
        self, registry: RegistryStore, call: str, version: str | None
    ) -> None:
        with refused("INTERNAL_ERROR", f"Invalid version number: {version}"):
            CALLS[call](registry, new_prompt(registry, versions=1), version)

    @pytest.mark.parametrize("call", CALLS)
    def test_unknown_version_does_not_exist(self, registry: RegistryStore, call: str) -> None:
        name = new_prompt(registry, versions=1)
        text = f"Model Version (name={name}, version=9) not found"
        with refused("RESOURCE_DOES_NOT_EXIST", text):
            CALLS[call](registry, name, 9)


class TestDeletedVersion:
    @pytest.mark.parametrize("version", [2, "2"])
    def test_does_not_exist(self, registry: RegistryStore, version: int | str) -> None:
        name = new_prompt(registry, versions=3)
        registry.delete_prompt_version(name, version)
        text = f"Model Version (name={name}, version=2) not found"
        with refused("RESOURCE_DOES_NOT_EXIST", text):
            registry.get_prompt_version(name, 2)

    def test_is_not_listed(self, registry: RegistryStore) -> None:
        name = new_prompt(registry, versions=3)
        registry.delete_prompt_version(name, 2)
        assert numbers(registry.search_prompt_versions(name)) == [3, 1]

    def test_is_no_longer_the_latest(self, registry: RegistryStore) -> None:
        name = new_prompt(registry, versions=3)
        registry.delete_prompt_version(name, 3)
        assert registry.get_prompt_version(name, "latest").version == 2

    def test_number_is_not_given_again(self, registry: RegistryStore) -> None:
        name = new_prompt(registry, versions=2)
        registry.delete_prompt_version(name, 2)
        assert registry.create_prompt_version(name, "text").version == 3

    def test_last_one_leaves_the_prompt(self, registry: RegistryStore) -> None:
        name = new_prompt(registry, versions=1)
        registry.delete_prompt_version(name, 1)
        assert registry.get_prompt(name).name == name
        assert list(registry.search_prompt_versions(name)) == []


class TestDeletedPrompt:
    def test_is_gone(self, registry: RegistryStore) -> None:
        name = new_prompt(registry)
        registry.delete_prompt(name)
        assert registry.get_prompt(name) is None

    def test_goes_with_its_versions(self, registry: RegistryStore) -> None:
        name = new_prompt(registry, versions=2)
        registry.delete_prompt(name)
        question = f"name = '{name}' AND {IS_PROMPT_FILTER} = 'true'"
        assert list(registry.search_model_versions(question)) == []
        assert list(registry.search_prompts(f"name = '{name}'")) == []

    def test_its_versions_do_not_exist(self, registry: RegistryStore) -> None:
        name = new_prompt(registry, versions=1)
        registry.delete_prompt(name)
        with refused("RESOURCE_DOES_NOT_EXIST", f"Registered Model with name={name} not found"):
            registry.get_prompt_version(name, 1)

    def test_its_name_may_be_taken_by_a_model(self, registry: RegistryStore) -> None:
        name = new_prompt(registry, versions=1)
        registry.delete_prompt(name)
        registry.create_registered_model(name)
        assert not registry.get_registered_model(name)._is_prompt()

    def test_unknown_prompt_does_not_exist(self, registry: RegistryStore) -> None:
        name = unique()
        with refused("RESOURCE_DOES_NOT_EXIST", f"Registered Model with name={name} not found"):
            registry.delete_prompt(name)
