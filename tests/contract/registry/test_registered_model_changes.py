"""Renaming and deleting registered models: what goes with the name."""

import pytest
from mlflow.entities.model_registry import ModelVersionTag
from mlflow.store.model_registry.abstract_store import AbstractStore as RegistryStore

from .. import scenarios
from ..scenarios import refused, unique
from .registry_scenarios import IS_PROMPT, new_model, new_version, numbers

pytestmark = pytest.mark.area("registered_models")


@pytest.fixture
def name(registry: RegistryStore) -> str:
    """A model with a tag, a description, two versions, one of them tagged, and two aliases."""
    made = new_model(registry, tags={"team": "vision"}, description="text", versions=1)
    new_version(registry, made, tags={"k": "v"}, run_id="run", stage="Production")
    registry.set_registered_model_alias(made, "champion", 2)
    registry.set_registered_model_alias(made, "base", 1)
    return made


class TestRename:
    def test_returns_the_model_under_its_new_name(self, registry: RegistryStore, name: str) -> None:
        new_name = unique()
        renamed = registry.rename_registered_model(name, new_name)
        assert renamed.name == new_name
        assert renamed.tags == {"team": "vision"}
        assert renamed.aliases == {"champion": 2, "base": 1}

    def test_latest_versions_of_the_answer_bear_the_new_name(
        self, registry: RegistryStore, name: str
    ) -> None:
        new_name = unique()
        renamed = registry.rename_registered_model(name, new_name)
        assert [version.name for version in renamed.latest_versions] == [new_name] * 2

    def test_old_name_is_unknown(self, registry: RegistryStore, name: str) -> None:
        registry.rename_registered_model(name, unique())
        with refused("RESOURCE_DOES_NOT_EXIST", f"Registered Model with name={name} not found"):
            registry.get_registered_model(name)

    def test_versions_follow(self, registry: RegistryStore, name: str) -> None:
        new_name = unique()
        registry.rename_registered_model(name, new_name)
        version = registry.get_model_version(new_name, 2)
        assert version.name == new_name
        assert version.run_id == "run"
        assert version.current_stage == "Production"

    def test_version_tags_follow(self, registry: RegistryStore, name: str) -> None:
        new_name = unique()
        registry.rename_registered_model(name, new_name)
        assert registry.get_model_version(new_name, 2).tags == {"k": "v"}

    def test_aliases_follow(self, registry: RegistryStore, name: str) -> None:
        new_name = unique()
        registry.rename_registered_model(name, new_name)
        assert registry.get_model_version_by_alias(new_name, "champion").version == 2

    def test_versions_are_unknown_under_the_old_name(
        self, registry: RegistryStore, name: str
    ) -> None:
        registry.rename_registered_model(name, unique())
        with refused("RESOURCE_DOES_NOT_EXIST", f"Model Version (name={name}, version=1) not"):
            registry.get_model_version(name, 1)

    def test_search_finds_the_new_name_only(self, registry: RegistryStore, name: str) -> None:
        new_name = unique()
        registry.rename_registered_model(name, new_name)
        found = registry.search_registered_models(f"name IN ('{name}', '{new_name}')")
        assert [model.name for model in found] == [new_name]

    def test_version_search_finds_the_new_name_only(
        self, registry: RegistryStore, name: str
    ) -> None:
        new_name = unique()
        registry.rename_registered_model(name, new_name)
        found = registry.search_model_versions(f"name IN ('{name}', '{new_name}')")
        assert sorted((version.name, version.version) for version in found) == [
            (new_name, 1),
            (new_name, 2),
        ]

    def test_numbering_goes_on(self, registry: RegistryStore, name: str) -> None:
        new_name = unique()
        registry.rename_registered_model(name, new_name)
        assert new_version(registry, new_name).version == 3

    def test_old_name_is_free_again(self, registry: RegistryStore, name: str) -> None:
        registry.rename_registered_model(name, unique())
        new_model(registry, name)
        model = registry.get_registered_model(name)
        assert (model.tags, model.aliases, model.latest_versions) == ({}, {}, [])

    def test_renamed_and_new_model_do_not_mix(self, registry: RegistryStore, name: str) -> None:
        new_name = unique()
        registry.rename_registered_model(name, new_name)
        new_version(registry, new_model(registry, name), tags={"whose": "new"})
        assert registry.get_model_version(name, 1).tags == {"whose": "new"}
        assert registry.get_model_version(new_name, 1).tags == {}

    def test_back_and_forth_loses_nothing(self, registry: RegistryStore, name: str) -> None:
        other = unique()
        registry.rename_registered_model(name, other)
        registry.rename_registered_model(other, name)
        assert registry.get_model_version_by_alias(name, "champion").tags == {"k": "v"}
        assert registry.get_registered_model(name).tags == {"team": "vision"}

    def test_moves_the_last_update_of_the_model(self, registry: RegistryStore, name: str) -> None:
        before = registry.get_registered_model(name).last_updated_timestamp
        scenarios.next_millisecond()
        assert registry.rename_registered_model(name, unique()).last_updated_timestamp > before

    def test_moves_the_last_update_of_every_version(
        self, registry: RegistryStore, name: str
    ) -> None:
        scenarios.next_millisecond()
        new_name = unique()
        renamed = registry.rename_registered_model(name, new_name)
        moments = [
            registry.get_model_version(new_name, number).last_updated_timestamp for number in (1, 2)
        ]
        assert moments == [renamed.last_updated_timestamp] * 2

    def test_leaves_creation_times_alone(self, registry: RegistryStore, name: str) -> None:
        model, version = registry.get_registered_model(name), registry.get_model_version(name, 1)
        scenarios.next_millisecond()
        new_name = unique()
        renamed = registry.rename_registered_model(name, new_name)
        assert renamed.creation_timestamp == model.creation_timestamp
        kept = registry.get_model_version(new_name, 1).creation_timestamp
        assert kept == version.creation_timestamp

    def test_to_its_own_name_is_allowed(self, registry: RegistryStore, name: str) -> None:
        registry.rename_registered_model(name, name)
        model = registry.get_registered_model(name)
        assert (model.tags, model.aliases) == ({"team": "vision"}, {"champion": 2, "base": 1})

    def test_to_another_case_is_a_new_name(self, registry: RegistryStore, name: str) -> None:
        registry.rename_registered_model(name, name.upper())
        assert registry.get_registered_model(name.upper()).aliases == {"champion": 2, "base": 1}
        with refused("RESOURCE_DOES_NOT_EXIST"):
            registry.get_registered_model(name)


class TestRefusedRename:
    @pytest.mark.parametrize("new_name", [None, "", "  "])
    def test_no_new_name(self, registry: RegistryStore, name: str, new_name: str | None) -> None:
        with refused("INVALID_PARAMETER_VALUE", "Missing value for required parameter 'new_name'."):
            registry.rename_registered_model(name, new_name)

    @pytest.mark.parametrize("new_name", ["a/b", "a:b"])
    def test_bad_new_name(self, registry: RegistryStore, name: str, new_name: str) -> None:
        with refused("INVALID_PARAMETER_VALUE", f"Invalid model name '{new_name}'."):
            registry.rename_registered_model(name, new_name)

    def test_new_name_is_judged_before_the_old(self, registry: RegistryStore) -> None:
        with refused("INVALID_PARAMETER_VALUE", "Invalid model name 'a/b'."):
            registry.rename_registered_model(unique(), "a/b")

    @pytest.mark.parametrize("tags", [{}, {IS_PROMPT: "true"}])
    def test_taken_new_name(self, registry: RegistryStore, name: str, tags: dict[str, str]) -> None:
        taken = new_model(registry, tags=tags)
        text = f"Registered Model (name={taken}) already exists."
        with refused("RESOURCE_ALREADY_EXISTS", text):
            registry.rename_registered_model(name, taken)

    def test_taken_new_name_leaves_both_as_they_were(
        self, registry: RegistryStore, name: str
    ) -> None:
        taken = new_model(registry, description="taken", versions=1)
        with refused("RESOURCE_ALREADY_EXISTS"):
            registry.rename_registered_model(name, taken)
        assert registry.get_registered_model(name).aliases == {"champion": 2, "base": 1}
        assert registry.get_model_version(name, 2).tags == {"k": "v"}
        assert registry.get_registered_model(taken).description == "taken"
        assert registry.get_registered_model(taken).aliases == {}


class TestDeletion:
    def test_model_is_gone(self, registry: RegistryStore, name: str) -> None:
        registry.delete_registered_model(name)
        with refused("RESOURCE_DOES_NOT_EXIST", f"Registered Model with name={name} not found"):
            registry.get_registered_model(name)

    def test_second_deletion_finds_nothing(self, registry: RegistryStore, name: str) -> None:
        registry.delete_registered_model(name)
        with refused("RESOURCE_DOES_NOT_EXIST"):
            registry.delete_registered_model(name)

    def test_versions_are_gone(self, registry: RegistryStore, name: str) -> None:
        registry.delete_registered_model(name)
        with refused("RESOURCE_DOES_NOT_EXIST", f"Model Version (name={name}, version=2) not"):
            registry.get_model_version(name, 2)

    def test_versions_can_no_longer_be_tagged(self, registry: RegistryStore, name: str) -> None:
        registry.delete_registered_model(name)
        with refused("RESOURCE_DOES_NOT_EXIST"):
            registry.set_model_version_tag(name, 2, ModelVersionTag("k", "v"))

    def test_aliases_are_gone(self, registry: RegistryStore, name: str) -> None:
        registry.delete_registered_model(name)
        with refused("RESOURCE_DOES_NOT_EXIST", f"Registered Model with name={name} not found"):
            registry.get_model_version_by_alias(name, "champion")

    def test_searches_find_neither_model_nor_versions(
        self, registry: RegistryStore, name: str
    ) -> None:
        registry.delete_registered_model(name)
        assert list(registry.search_registered_models(f"name = '{name}'")) == []
        assert list(registry.search_model_versions(f"name = '{name}'")) == []

    def test_name_may_be_taken_again(self, registry: RegistryStore, name: str) -> None:
        registry.delete_registered_model(name)
        new_model(registry, name)
        model = registry.get_registered_model(name)
        assert (model.tags, model.aliases, model.latest_versions) == ({}, {}, [])
        assert model.description is None

    def test_new_model_of_the_name_has_none_of_the_old_versions(
        self, registry: RegistryStore, name: str
    ) -> None:
        registry.delete_registered_model(name)
        created = new_version(registry, new_model(registry, name), tags={"whose": "new"})
        found = registry.search_model_versions(f"name = '{name}'")
        assert numbers(found) == [created.version]
        assert found[0].tags == {"whose": "new"}

    def test_other_models_stay(self, registry: RegistryStore, name: str) -> None:
        other = new_model(registry, versions=1)
        registry.delete_registered_model(name)
        assert registry.get_model_version(other, 1).name == other

    def test_copy_of_a_version_keeps_its_files(self, registry: RegistryStore, name: str) -> None:
        copy = registry.copy_model_version(registry.get_model_version(name, 1), unique())
        registry.delete_registered_model(name)
        uri = registry.get_model_version_download_uri(copy.name, copy.version)
        assert uri == "s3://bucket/model"
