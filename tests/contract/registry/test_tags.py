"""Tags of registered models and of versions: what both have in common, and where they differ."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import pytest
from mlflow.entities.model_registry import ModelVersionTag, RegisteredModelTag
from mlflow.store.model_registry.abstract_store import AbstractStore as RegistryStore

from .. import scenarios
from ..scenarios import AWKWARD_KEYS, refused, unique
from .registry_scenarios import SOURCE, model_tags, new_model, version_tags

pytestmark = pytest.mark.area("registered_models")


class Tagged(NamedTuple):
    """How one kind of thing is made with tags, and how its tags are read and changed."""

    make: Callable[[RegistryStore, Mapping[str, Any]], str]
    read: Callable[[RegistryStore, str], dict[str, str]]
    put: Callable[[RegistryStore, str, Any, Any], None]
    drop: Callable[[RegistryStore, str, Any], None]
    touched: Callable[[RegistryStore, str], int]
    missing: str


def _new_tagged_version(registry: RegistryStore, tags: Mapping[str, Any]) -> str:
    name = new_model(registry)
    registry.create_model_version(name, SOURCE, tags=version_tags(tags))
    return name


KINDS = {
    "registered_models": Tagged(
        make=lambda registry, tags: new_model(registry, tags=tags),
        read=lambda registry, name: registry.get_registered_model(name).tags,
        put=lambda registry, name, key, value: registry.set_registered_model_tag(
            name, RegisteredModelTag(key, value)
        ),
        drop=lambda registry, name, key: registry.delete_registered_model_tag(name, key),
        touched=lambda registry, name: registry.get_registered_model(name).last_updated_timestamp,
        missing="Registered Model with name={name} not found",
    ),
    "model_versions": Tagged(
        make=_new_tagged_version,
        read=lambda registry, name: registry.get_model_version(name, 1).tags,
        put=lambda registry, name, key, value: registry.set_model_version_tag(
            name, 1, ModelVersionTag(key, value)
        ),
        drop=lambda registry, name, key: registry.delete_model_version_tag(name, 1, key),
        touched=lambda registry, name: registry.get_model_version(name, 1).last_updated_timestamp,
        missing="Model Version (name={name}, version=1) not found",
    ),
}
BAD_TAGS = [
    (None, "v", "Missing value for required parameter 'key'."),
    ("", "v", "Invalid value \"\" for parameter 'key' supplied"),
    ("a$b", "v", "Names may only contain alphanumerics, underscores (_), dashes (-), periods (.)"),
    ("../k", "v", "This name would resolve to '../k'"),
    ("k" * 251, "v", "'key' exceeds the maximum length of 250 characters"),
    ("k", "v" * 100_001, "'value' exceeds the maximum length of 100000 characters"),
]


@pytest.fixture(
    params=[pytest.param(area, marks=pytest.mark.area(area)) for area in KINDS],
)
def kind(request: pytest.FixtureRequest) -> Tagged:
    return KINDS[request.param]


class TestCreation:
    def test_tags_are_kept(self, registry: RegistryStore, kind: Tagged) -> None:
        name = kind.make(registry, {"team": "vision", "empty": ""})
        assert kind.read(registry, name) == {"team": "vision", "empty": ""}

    def test_every_key_that_mlflow_accepts_is_kept(
        self, registry: RegistryStore, kind: Tagged
    ) -> None:
        tags = {key: f"value of {key}" for key in AWKWARD_KEYS}
        assert kind.read(registry, kind.make(registry, tags)) == tags

    def test_longest_value_is_kept(self, registry: RegistryStore, kind: Tagged) -> None:
        name = kind.make(registry, {"k" * 250: "v" * 100_000})
        assert kind.read(registry, name) == {"k" * 250: "v" * 100_000}

    @pytest.mark.parametrize(("key", "value", "text"), BAD_TAGS)
    def test_bad_tag_is_refused(
        self, registry: RegistryStore, kind: Tagged, key: str | None, value: str, text: str
    ) -> None:
        with refused("INVALID_PARAMETER_VALUE", text):
            kind.make(registry, {"good": "v", key: value})


class TestSetting:
    def test_adds_a_tag(self, registry: RegistryStore, kind: Tagged) -> None:
        name = kind.make(registry, {"a": "1"})
        kind.put(registry, name, "b", "2")
        assert kind.read(registry, name) == {"a": "1", "b": "2"}

    def test_replaces_a_value(self, registry: RegistryStore, kind: Tagged) -> None:
        name = kind.make(registry, {"a": "1"})
        kind.put(registry, name, "a", "2")
        assert kind.read(registry, name) == {"a": "2"}

    def test_keys_that_differ_in_case_are_two(self, registry: RegistryStore, kind: Tagged) -> None:
        name = kind.make(registry, {"key": "lower"})
        kind.put(registry, name, "KEY", "upper")
        assert kind.read(registry, name) == {"key": "lower", "KEY": "upper"}

    def test_key_with_a_dot_is_not_a_path(self, registry: RegistryStore, kind: Tagged) -> None:
        name = kind.make(registry, {"a": "1"})
        kind.put(registry, name, "a.b", "2")
        assert kind.read(registry, name) == {"a": "1", "a.b": "2"}

    @pytest.mark.parametrize(("key", "value", "text"), BAD_TAGS)
    def test_bad_tag_is_refused(
        self, registry: RegistryStore, kind: Tagged, key: str | None, value: str, text: str
    ) -> None:
        name = kind.make(registry, {})
        with refused("INVALID_PARAMETER_VALUE", text):
            kind.put(registry, name, key, value)
        assert kind.read(registry, name) == {}

    def test_bad_tag_is_refused_before_the_name_is_looked_for(
        self, registry: RegistryStore, kind: Tagged
    ) -> None:
        with refused("INVALID_PARAMETER_VALUE", "Names may only contain alphanumerics"):
            kind.put(registry, unique(), "a$b", "v")

    def test_needs_something_to_tag(self, registry: RegistryStore, kind: Tagged) -> None:
        name = unique()
        with refused("RESOURCE_DOES_NOT_EXIST", kind.missing.format(name=name)):
            kind.put(registry, name, "k", "v")

    def test_does_not_move_the_last_update(self, registry: RegistryStore, kind: Tagged) -> None:
        name = kind.make(registry, {})
        before = kind.touched(registry, name)
        scenarios.next_millisecond()
        kind.put(registry, name, "k", "v")
        assert kind.touched(registry, name) == before


class TestDeletion:
    def test_removes_the_tag_only(self, registry: RegistryStore, kind: Tagged) -> None:
        name = kind.make(registry, {"a": "1", "b": "2"})
        kind.drop(registry, name, "a")
        assert kind.read(registry, name) == {"b": "2"}

    def test_of_an_absent_tag_is_silent(self, registry: RegistryStore, kind: Tagged) -> None:
        name = kind.make(registry, {"a": "1"})
        kind.drop(registry, name, "absent")
        assert kind.read(registry, name) == {"a": "1"}

    @pytest.mark.parametrize("key", AWKWARD_KEYS)
    def test_finds_every_key_that_mlflow_accepts(
        self, registry: RegistryStore, kind: Tagged, key: str
    ) -> None:
        name = kind.make(registry, {key: "v", "other": "v"})
        kind.drop(registry, name, key)
        assert kind.read(registry, name) == {"other": "v"}

    @pytest.mark.parametrize(("key", "text"), [(bad[0], bad[2]) for bad in BAD_TAGS[:4]])
    def test_of_a_bad_key_is_refused(
        self, registry: RegistryStore, kind: Tagged, key: str | None, text: str
    ) -> None:
        name = kind.make(registry, {})
        with refused("INVALID_PARAMETER_VALUE", text):
            kind.drop(registry, name, key)

    def test_needs_something_tagged(self, registry: RegistryStore, kind: Tagged) -> None:
        name = unique()
        with refused("RESOURCE_DOES_NOT_EXIST", kind.missing.format(name=name)):
            kind.drop(registry, name, "k")


class TestModelsOnly:
    def test_last_of_two_tags_of_one_key_wins(self, registry: RegistryStore) -> None:
        name = unique()
        tags = [RegisteredModelTag("k", "first"), RegisteredModelTag("k", "last")]
        created = registry.create_registered_model(name, tags)
        assert created.tags == {"k": "last"}
        assert registry.get_registered_model(name).tags == {"k": "last"}

    def test_no_value_is_a_value(self, registry: RegistryStore) -> None:
        name = new_model(registry, tags={"k": None})
        assert registry.get_registered_model(name).tags == {"k": None}

    def test_no_value_may_replace_one(self, registry: RegistryStore) -> None:
        name = new_model(registry, tags={"k": "v"})
        registry.set_registered_model_tag(name, RegisteredModelTag("k", None))
        assert registry.get_registered_model(name).tags == {"k": None}

    def test_refused_tag_creates_nothing(self, registry: RegistryStore) -> None:
        name = unique()
        with refused("INVALID_PARAMETER_VALUE"):
            registry.create_registered_model(name, model_tags({"good": "v", "a$b": "v"}))
        with refused("RESOURCE_DOES_NOT_EXIST"):
            registry.get_registered_model(name)

    def test_tags_may_come_as_a_tuple(self, registry: RegistryStore) -> None:
        name = unique()
        registry.create_registered_model(name, tags=(RegisteredModelTag("k", "v"),))
        assert registry.get_registered_model(name).tags == {"k": "v"}


@pytest.mark.area("model_versions")
class TestVersionsOnly:
    def test_last_of_two_tags_of_one_key_wins(self, registry: RegistryStore) -> None:
        name = new_model(registry)
        tags = [ModelVersionTag("k", "first"), ModelVersionTag("k", "last")]
        created = registry.create_model_version(name, SOURCE, tags=tags)
        assert created.tags == {"k": "last"}
        assert registry.get_model_version(name, 1).tags == {"k": "last"}

    def test_no_value_is_refused_at_creation(self, registry: RegistryStore) -> None:
        name = new_model(registry)
        with refused("INVALID_PARAMETER_VALUE", "Tag value cannot be None"):
            registry.create_model_version(name, SOURCE, tags=version_tags({"k": None}))

    def test_no_value_is_refused_later(self, registry: RegistryStore) -> None:
        name = new_model(registry, versions=1)
        with refused("INVALID_PARAMETER_VALUE", "Tag value cannot be None"):
            registry.set_model_version_tag(name, 1, ModelVersionTag("k", None))

    def test_over_long_prompt_text_is_called_by_its_name(self, registry: RegistryStore) -> None:
        name = new_model(registry, versions=1)
        text = "Prompt text exceeds max length of 100000 characters."
        with refused("INVALID_PARAMETER_VALUE", text):
            registry.set_model_version_tag(
                name, 1, ModelVersionTag("mlflow.prompt.text", "x" * 100_001)
            )

    def test_refused_tag_takes_no_number(self, registry: RegistryStore) -> None:
        name = new_model(registry)
        with refused("INVALID_PARAMETER_VALUE"):
            registry.create_model_version(name, SOURCE, tags=version_tags({"a$b": "v"}))
        assert registry.create_model_version(name, SOURCE).version == 1

    def test_tags_of_one_version_are_not_those_of_another(self, registry: RegistryStore) -> None:
        name = new_model(registry, versions=2)
        registry.set_model_version_tag(name, 2, ModelVersionTag("k", "v"))
        assert registry.get_model_version(name, 1).tags == {}
        assert registry.get_registered_model(name).tags == {}

    def test_version_may_be_given_as_text(self, registry: RegistryStore) -> None:
        name = new_model(registry, versions=1)
        registry.set_model_version_tag(name, "1", ModelVersionTag("k", "v"))
        assert registry.get_model_version(name, 1).tags == {"k": "v"}
        registry.delete_model_version_tag(name, "1", "k")
        assert registry.get_model_version(name, 1).tags == {}
