"""Aliases: names of one model's versions that move from version to version."""

from collections.abc import Callable

import pytest
from mlflow.entities.model_registry import ModelVersion
from mlflow.store.model_registry.abstract_store import AbstractStore as RegistryStore

from .. import scenarios
from ..scenarios import refused, unique
from .registry_scenarios import fields, new_model, new_version, staged_model

pytestmark = pytest.mark.area("registered_models")

BAD_ALIASES = [
    (None, "Registered model alias name cannot be empty."),
    ("", "Registered model alias name cannot be empty."),
    ("a b", "Invalid alias name: 'a b'. Names may only contain alphanumerics, underscores (_), "),
    ("a.b", "Invalid alias name: 'a.b'. "),
    ("a@b", "Invalid alias name: 'a@b'. "),
    ("a" * 256, "'Registered model alias name' exceeds the maximum length of 255 characters"),
]
RESERVED = [
    ("latest", "'latest' alias name (case insensitive) is reserved."),
    ("LaTeSt", "'latest' alias name (case insensitive) is reserved."),
    ("v1", "Version alias name 'v1' is reserved."),
    ("V12", "Version alias name 'V12' is reserved."),
]


@pytest.fixture
def name(registry: RegistryStore) -> str:
    """A model with three versions and no alias."""
    return new_model(registry, versions=3)


class TestSetting:
    def test_alias_names_the_version(self, registry: RegistryStore, name: str) -> None:
        registry.set_registered_model_alias(name, "champion", 2)
        assert registry.get_model_version_by_alias(name, "champion").version == 2

    def test_version_may_be_given_as_text(self, registry: RegistryStore, name: str) -> None:
        registry.set_registered_model_alias(name, "champion", "2")
        assert registry.get_registered_model(name).aliases == {"champion": 2}

    def test_again_moves_it(self, registry: RegistryStore, name: str) -> None:
        registry.set_registered_model_alias(name, "champion", 1)
        registry.set_registered_model_alias(name, "champion", 3)
        assert registry.get_model_version_by_alias(name, "champion").version == 3
        assert registry.get_model_version(name, 1).aliases == []

    def test_again_on_the_same_version_changes_nothing(
        self, registry: RegistryStore, name: str
    ) -> None:
        for _ in range(2):
            registry.set_registered_model_alias(name, "champion", 1)
        assert registry.get_registered_model(name).aliases == {"champion": 1}

    def test_one_version_may_have_many(self, registry: RegistryStore, name: str) -> None:
        for alias in ("champion", "base", "old"):
            registry.set_registered_model_alias(name, alias, 1)
        aliases = registry.get_model_version(name, 1).aliases
        assert sorted(aliases) == ["base", "champion", "old"]

    def test_aliases_of_two_models_do_not_mix(self, registry: RegistryStore, name: str) -> None:
        other = new_model(registry, versions=1)
        registry.set_registered_model_alias(name, "champion", 3)
        registry.set_registered_model_alias(other, "champion", 1)
        assert registry.get_model_version_by_alias(name, "champion").version == 3

    @pytest.mark.parametrize("alias", ["a", "1", "-", "_", "v", "v1a", "vv1", "Latest_", "a" * 255])
    def test_any_word_is_an_alias(self, registry: RegistryStore, name: str, alias: str) -> None:
        registry.set_registered_model_alias(name, alias, 1)
        assert registry.get_model_version_by_alias(name, alias).aliases == [alias]

    def test_letters_need_not_be_ascii(self, registry: RegistryStore, name: str) -> None:
        registry.set_registered_model_alias(name, "été", 1)
        assert registry.get_registered_model(name).aliases == {"été": 1}

    def test_aliases_that_differ_in_case_are_two(self, registry: RegistryStore, name: str) -> None:
        registry.set_registered_model_alias(name, "champion", 1)
        registry.set_registered_model_alias(name, "Champion", 2)
        assert registry.get_registered_model(name).aliases == {"champion": 1, "Champion": 2}

    @pytest.mark.parametrize(("alias", "text"), BAD_ALIASES + RESERVED)
    def test_bad_alias_is_refused(
        self, registry: RegistryStore, name: str, alias: str | None, text: str
    ) -> None:
        with refused("INVALID_PARAMETER_VALUE", text):
            registry.set_registered_model_alias(name, alias, 1)

    def test_unknown_version_leaves_the_alias_where_it_was(
        self, registry: RegistryStore, name: str
    ) -> None:
        registry.set_registered_model_alias(name, "champion", 1)
        with refused("RESOURCE_DOES_NOT_EXIST", f"Model Version (name={name}, version=9) not"):
            registry.set_registered_model_alias(name, "champion", 9)
        assert registry.get_registered_model(name).aliases == {"champion": 1}

    def test_alias_is_judged_before_the_version(self, registry: RegistryStore) -> None:
        with refused("INVALID_PARAMETER_VALUE", "Version alias name 'v1' is reserved."):
            registry.set_registered_model_alias(unique(), "v1", "abc")

    def test_moves_no_last_update(self, registry: RegistryStore, name: str) -> None:
        model, version = registry.get_registered_model(name), registry.get_model_version(name, 1)
        scenarios.next_millisecond()
        registry.set_registered_model_alias(name, "champion", 1)
        after = registry.get_model_version_by_alias(name, "champion")
        assert after.last_updated_timestamp == version.last_updated_timestamp
        moment = registry.get_registered_model(name).last_updated_timestamp
        assert moment == model.last_updated_timestamp


class TestLookUp:
    def test_finds_the_whole_version(self, registry: RegistryStore) -> None:
        name = new_version(registry, run_id="run", tags={"k": "v"}, description="text").name
        registry.set_registered_model_alias(name, "champion", 1)
        found = registry.get_model_version_by_alias(name, "champion")
        assert fields(found) == fields(registry.get_model_version(name, 1))
        assert found.run_id == "run"

    def test_is_by_the_exact_case(self, registry: RegistryStore, name: str) -> None:
        registry.set_registered_model_alias(name, "champion", 1)
        with refused("INVALID_PARAMETER_VALUE", "Registered model alias Champion not found."):
            registry.get_model_version_by_alias(name, "Champion")

    def test_unknown_alias_is_a_bad_parameter(self, registry: RegistryStore, name: str) -> None:
        with refused("INVALID_PARAMETER_VALUE", "Registered model alias nobody not found."):
            registry.get_model_version_by_alias(name, "nobody")

    def test_version_alias_is_merely_unknown(self, registry: RegistryStore, name: str) -> None:
        with refused("INVALID_PARAMETER_VALUE", "Registered model alias v1 not found."):
            registry.get_model_version_by_alias(name, "v1")

    def test_alias_of_another_model_is_unknown(self, registry: RegistryStore, name: str) -> None:
        registry.set_registered_model_alias(name, "champion", 1)
        with refused("INVALID_PARAMETER_VALUE", "Registered model alias champion not found."):
            registry.get_model_version_by_alias(new_model(registry, versions=1), "champion")

    @pytest.mark.parametrize(("alias", "text"), BAD_ALIASES)
    def test_bad_alias_is_refused(
        self, registry: RegistryStore, name: str, alias: str | None, text: str
    ) -> None:
        with refused("INVALID_PARAMETER_VALUE", text):
            registry.get_model_version_by_alias(name, alias)


class TestLatest:
    @pytest.mark.parametrize("alias", ["latest", "LATEST", "Latest"])
    def test_is_the_highest_version(self, registry: RegistryStore, name: str, alias: str) -> None:
        assert registry.get_model_version_by_alias(name, alias).version == 3

    def test_is_the_highest_of_any_stage(self, registry: RegistryStore) -> None:
        name = staged_model(registry, "Production", "None", "Archived", "Staging", "Archived")
        assert registry.get_model_version_by_alias(name, "latest").version == 5

    def test_is_not_a_deleted_version(self, registry: RegistryStore, name: str) -> None:
        registry.delete_model_version(name, 3)
        assert registry.get_model_version_by_alias(name, "latest").version == 2

    def test_carries_the_aliases_of_the_version(self, registry: RegistryStore, name: str) -> None:
        registry.set_registered_model_alias(name, "champion", 3)
        assert registry.get_model_version_by_alias(name, "latest").aliases == ["champion"]

    def test_of_a_model_without_versions_does_not_exist(self, registry: RegistryStore) -> None:
        name = new_model(registry)
        text = f"Latest version not found for model {name}."
        with refused("RESOURCE_DOES_NOT_EXIST", text):
            registry.get_model_version_by_alias(name, "latest")


class TestDeletion:
    def test_alias_is_gone(self, registry: RegistryStore, name: str) -> None:
        registry.set_registered_model_alias(name, "champion", 1)
        registry.delete_registered_model_alias(name, "champion")
        with refused("INVALID_PARAMETER_VALUE", "Registered model alias champion not found."):
            registry.get_model_version_by_alias(name, "champion")

    def test_version_and_other_aliases_stay(self, registry: RegistryStore, name: str) -> None:
        registry.set_registered_model_alias(name, "champion", 1)
        registry.set_registered_model_alias(name, "base", 1)
        registry.delete_registered_model_alias(name, "champion")
        assert registry.get_model_version(name, 1).aliases == ["base"]

    def test_of_an_unknown_alias_is_silent(self, registry: RegistryStore, name: str) -> None:
        registry.set_registered_model_alias(name, "champion", 1)
        registry.delete_registered_model_alias(name, "nobody")
        assert registry.get_registered_model(name).aliases == {"champion": 1}

    @pytest.mark.parametrize("alias", ["latest", "v1"])
    def test_of_a_reserved_alias_is_silent(
        self, registry: RegistryStore, name: str, alias: str
    ) -> None:
        registry.delete_registered_model_alias(name, alias)
        assert registry.get_model_version_by_alias(name, "latest").version == 3

    def test_is_by_the_exact_case(self, registry: RegistryStore, name: str) -> None:
        registry.set_registered_model_alias(name, "champion", 1)
        registry.delete_registered_model_alias(name, "CHAMPION")
        assert registry.get_registered_model(name).aliases == {"champion": 1}

    @pytest.mark.parametrize(("alias", "text"), BAD_ALIASES)
    def test_bad_alias_is_refused(
        self, registry: RegistryStore, name: str, alias: str | None, text: str
    ) -> None:
        with refused("INVALID_PARAMETER_VALUE", text):
            registry.delete_registered_model_alias(name, alias)

    def test_goes_with_the_version(self, registry: RegistryStore, name: str) -> None:
        registry.set_registered_model_alias(name, "champion", 1)
        registry.set_registered_model_alias(name, "base", 1)
        registry.set_registered_model_alias(name, "other", 2)
        registry.delete_model_version(name, 1)
        assert registry.get_registered_model(name).aliases == {"other": 2}

    def test_alias_of_a_deleted_version_may_be_set_again(
        self, registry: RegistryStore, name: str
    ) -> None:
        registry.set_registered_model_alias(name, "champion", 1)
        registry.delete_model_version(name, 1)
        registry.set_registered_model_alias(name, "champion", 2)
        assert registry.get_model_version_by_alias(name, "champion").version == 2


def _latest(registry: RegistryStore, name: str) -> ModelVersion:
    (version,) = registry.get_latest_versions(name)
    return version


FILLED: dict[str, Callable[[RegistryStore, str], ModelVersion]] = {
    "get": lambda registry, name: registry.get_model_version(name, 1),
    "by alias": lambda registry, name: registry.get_model_version_by_alias(name, "champion"),
    "update": lambda registry, name: registry.update_model_version(name, 1, "text"),
    "stage": lambda registry, name: registry.transition_model_version_stage(
        name, 1, "Staging", False
    ),
    "latest versions": _latest,
}


class TestWhereTheyShow:
    @pytest.fixture
    def aliased(self, registry: RegistryStore) -> str:
        made = new_model(registry, versions=1)
        for alias in ("champion", "base"):
            registry.set_registered_model_alias(made, alias, 1)
        return made

    @pytest.mark.parametrize("call", FILLED)
    def test_on_the_version(self, registry: RegistryStore, aliased: str, call: str) -> None:
        assert sorted(FILLED[call](registry, aliased).aliases) == ["base", "champion"]

    def test_not_on_a_found_version(self, registry: RegistryStore, aliased: str) -> None:
        (found,) = registry.search_model_versions(f"name = '{aliased}'")
        assert found.aliases == []

    def test_on_a_found_model(self, registry: RegistryStore, aliased: str) -> None:
        (found,) = registry.search_registered_models(f"name = '{aliased}'")
        assert found.aliases == {"champion": 1, "base": 1}

    def test_not_on_the_latest_version_of_a_found_model(
        self, registry: RegistryStore, aliased: str
    ) -> None:
        (found,) = registry.search_registered_models(f"name = '{aliased}'")
        assert [version.aliases for version in found.latest_versions] == [[]]
