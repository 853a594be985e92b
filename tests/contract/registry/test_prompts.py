"""Prompts: models and versions that hold texts, seen as prompts."""

import json
from collections.abc import Callable

import pytest
from mlflow.entities.model_registry import PromptModelConfig, PromptVersion
from mlflow.store.model_registry.abstract_store import AbstractStore as RegistryStore
from pydantic import BaseModel

from ..scenarios import START_TIME, refused, unique
from .registry_scenarios import IS_PROMPT, fields, new_model, new_prompt, new_version, numbers

pytestmark = pytest.mark.area("prompts")

CHAT = [
    {"role": "system", "content": "You are {{style}}."},
    {"role": "user", "content": "Où est {{place}} ?"},
]


class Answer(BaseModel):
    """What a model is asked to return."""

    city: str
    population: int | None = None


class TestPrompt:
    def test_creation_returns_what_was_given(self, registry: RegistryStore) -> None:
        name = unique()
        created = registry.create_prompt(name, "a description", {"team": "red"})
        assert created.name == name
        assert created.description == "a description"
        assert created.tags == {"team": "red"}
        assert created.creation_timestamp > START_TIME

    def test_is_read_as_it_was_created(self, registry: RegistryStore) -> None:
        created = registry.create_prompt(unique(), "a description", {"team": "red"})
        assert registry.get_prompt(created.name) == created

    def test_without_description_and_tags(self, registry: RegistryStore) -> None:
        prompt = registry.get_prompt(new_prompt(registry))
        assert (prompt.description, prompt.tags) == (None, {})

    def test_is_a_model_marked_as_prompt(self, registry: RegistryStore) -> None:
        model = registry.get_registered_model(new_prompt(registry, tags={"team": "red"}))
        assert model._is_prompt()
        assert model._tags == {IS_PROMPT: "true", "team": "red"}

    def test_model_marked_as_prompt_is_one(self, registry: RegistryStore) -> None:
        name = new_model(registry, tags={IS_PROMPT: "true"}, description="text")
        assert registry.get_prompt(name).description == "text"

    def test_taken_name_is_refused(self, registry: RegistryStore) -> None:
        name = new_prompt(registry)
        with refused("RESOURCE_ALREADY_EXISTS", f"Prompt (name={name}) already exists."):
            registry.create_prompt(name)

    def test_name_of_a_model_is_refused(self, registry: RegistryStore) -> None:
        name = new_model(registry)
        text = f"Tried to create a prompt with name '{name}', but the name is already taken by a"
        with refused("RESOURCE_ALREADY_EXISTS", text, "registered model"):
            registry.create_prompt(name)

    def test_bad_name_is_refused(self, registry: RegistryStore) -> None:
        with refused("INVALID_PARAMETER_VALUE", "Invalid model name 'a/b'."):
            registry.create_prompt("a/b")

    def test_bad_tag_is_refused(self, registry: RegistryStore) -> None:
        with refused("INVALID_PARAMETER_VALUE", "Names may only contain alphanumerics"):
            registry.create_prompt(unique(), tags={"a$b": "x"})

    @pytest.mark.parametrize("name", ["a/b", "", None])
    def test_bad_name_is_no_prompt(self, registry: RegistryStore, name: str | None) -> None:
        assert registry.get_prompt(name) is None

    def test_unknown_name_is_no_prompt(self, registry: RegistryStore) -> None:
        assert registry.get_prompt(unique()) is None

    def test_model_is_no_prompt(self, registry: RegistryStore) -> None:
        assert registry.get_prompt(new_model(registry)) is None


class TestPromptTags:
    def test_tag_is_set_and_replaced(self, registry: RegistryStore) -> None:
        name = new_prompt(registry, tags={"a": "1"})
        registry.set_prompt_tag(name, "a", "2")
        registry.set_prompt_tag(name, "b", "3")
        assert registry.get_prompt(name).tags == {"a": "2", "b": "3"}

    def test_tag_is_deleted(self, registry: RegistryStore) -> None:
        name = new_prompt(registry, tags={"a": "1", "b": "2"})
        registry.delete_prompt_tag(name, "a")
        assert registry.get_prompt(name).tags == {"b": "2"}

    def test_absent_tag_is_deleted_silently(self, registry: RegistryStore) -> None:
        name = new_prompt(registry, tags={"a": "1"})
        registry.delete_prompt_tag(name, "absent")
        assert registry.get_prompt(name).tags == {"a": "1"}

    def test_unknown_prompt_has_no_tag_to_set(self, registry: RegistryStore) -> None:
        name = unique()
        with refused("RESOURCE_DOES_NOT_EXIST", f"Registered Model with name={name} not found"):
            registry.set_prompt_tag(name, "a", "1")

    def test_unmarked_prompt_is_a_model_again(self, registry: RegistryStore) -> None:
        name = new_prompt(registry, versions=1)
        registry.delete_prompt_tag(name, IS_PROMPT)
        assert registry.get_prompt(name) is None
        with refused("INVALID_PARAMETER_VALUE", f"Name `{name}` is registered as a model, not a"):
            registry.get_prompt_version(name, 1)


class TestTextVersion:
    def test_creation_returns_what_was_given(self, registry: RegistryStore) -> None:
        name = new_prompt(registry)
        created = registry.create_prompt_version(name, "Hi {{who}}", "first", {"k": "v"})
        assert (created.name, created.version) == (name, 1)
        assert created.template == "Hi {{who}}"
        assert created.commit_message == "first"
        assert created.tags == {"k": "v"}
        assert created.creation_timestamp > START_TIME

    def test_is_read_as_it_was_created(self, registry: RegistryStore) -> None:
        name = new_prompt(registry)
        created = registry.create_prompt_version(name, "Hi {{who}}", "first", {"k": "v"})
        assert dict(registry.get_prompt_version(name, 1)) == dict(created)

    def test_knows_its_variables(self, registry: RegistryStore) -> None:
        name = new_prompt(registry)
        registry.create_prompt_version(name, "{{who}} and {{ whom.name }}, {not} this")
        version = registry.get_prompt_version(name, 1)
        assert version.is_text_prompt
        assert version.variables == {"who", "whom.name"}

    def test_can_be_formatted(self, registry: RegistryStore) -> None:
        name = new_prompt(registry)
        registry.create_prompt_version(name, "Hi {{who}}")
        assert registry.get_prompt_version(name, 1).format(who="you") == "Hi you"

    @pytest.mark.parametrize(
        "text", ["", " ", "two\nlines", 'quo"tes', "$set.a", "実験 🎉", "{% if x %}", "x" * 100_000]
    )
    def test_any_text_is_kept(self, registry: RegistryStore, text: str) -> None:
        name = new_prompt(registry)
        registry.create_prompt_version(name, text)
        assert registry.get_prompt_version(name, 1).template == text

    def test_over_long_text_is_refused(self, registry: RegistryStore) -> None:
        name = new_prompt(registry)
        text = "Prompt text exceeds max length of 100000 characters."
        with refused("INVALID_PARAMETER_VALUE", text):
            registry.create_prompt_version(name, "x" * 100_001)

    def test_refused_version_takes_no_number(self, registry: RegistryStore) -> None:
        name = new_prompt(registry)
        with refused("INVALID_PARAMETER_VALUE"):
            registry.create_prompt_version(name, "x" * 100_001)
        assert registry.create_prompt_version(name, "text").version == 1

    def test_numbers_count_upwards(self, registry: RegistryStore) -> None:
        name = new_prompt(registry)
        made = [registry.create_prompt_version(name, "text") for _ in range(3)]
        assert numbers(made) == [1, 2, 3]

    def test_unknown_prompt_has_no_versions(self, registry: RegistryStore) -> None:
        name = unique()
        with refused("RESOURCE_DOES_NOT_EXIST", f"Registered Model with name={name} not found"):
            registry.create_prompt_version(name, "text")

    def test_is_a_model_version_whose_tags_hold_the_text(self, registry: RegistryStore) -> None:
        name = new_prompt(registry)
        registry.create_prompt_version(name, "Hi", "first", {"k": "v"})
        version = registry.get_model_version(name, 1)
        assert version.source == "prompt-template"
        assert version.description == "first"
        assert version.tags == {
            IS_PROMPT: "true",
            "mlflow.prompt.text": "Hi",
            "_mlflow_prompt_type": "text",
            "k": "v",
        }


class TestChatVersion:
    def test_messages_are_kept(self, registry: RegistryStore) -> None:
        name = new_prompt(registry)
        registry.create_prompt_version(name, CHAT)
        version = registry.get_prompt_version(name, 1)
        assert version.template == CHAT
        assert not version.is_text_prompt

    def test_knows_its_variables(self, registry: RegistryStore) -> None:
        name = new_prompt(registry)
        registry.create_prompt_version(name, CHAT)
        assert registry.get_prompt_version(name, 1).variables == {"style", "place"}

    def test_messages_are_stored_as_json(self, registry: RegistryStore) -> None:
        name = new_prompt(registry)
        registry.create_prompt_version(name, CHAT)
        tags = registry.get_model_version(name, 1).tags
        assert tags["_mlflow_prompt_type"] == "chat"
        assert tags["mlflow.prompt.text"] == json.dumps(CHAT)


class TestSettings:
    def test_response_format_is_kept(self, registry: RegistryStore) -> None:
        name = new_prompt(registry)
        schema = {"type": "object", "properties": {"city.name": {"type": "string"}}}
        registry.create_prompt_version(name, "text", response_format=schema)
        assert registry.get_prompt_version(name, 1).response_format == schema

    def test_response_format_may_be_a_class(self, registry: RegistryStore) -> None:
        name = new_prompt(registry)
        registry.create_prompt_version(name, "text", response_format=Answer)
        version = registry.get_prompt_version(name, 1)
        assert version.response_format == Answer.model_json_schema()

    def test_model_config_is_kept(self, registry: RegistryStore) -> None:
        name = new_prompt(registry)
        config = {"model_name": "m", "temperature": 0.5, "stop_sequences": ["."], "own": {"a": 1}}
        registry.create_prompt_version(name, "text", model_config=config)
        assert registry.get_prompt_version(name, 1).model_config == config

    def test_model_config_may_be_an_object(self, registry: RegistryStore) -> None:
        name = new_prompt(registry)
        config = PromptModelConfig(model_name="m", max_tokens=3, extra_params={"seed": 1})
        registry.create_prompt_version(name, "text", model_config=config)
        version = registry.get_prompt_version(name, 1)
        assert version.model_config == {"model_name": "m", "max_tokens": 3, "seed": 1}

    def test_absent_settings_are_none(self, registry: RegistryStore) -> None:
        version = registry.get_prompt_version(new_prompt(registry, versions=1), 1)
        assert (version.response_format, version.model_config) == (None, None)

    def test_settings_are_no_tags_of_the_version(self, registry: RegistryStore) -> None:
        name = new_prompt(registry)
        registry.create_prompt_version(
            name, "text", response_format=Answer, model_config={"top_k": 1}
        )
        assert registry.get_prompt_version(name, 1).tags == {}


class TestLookUp:
    @pytest.mark.parametrize("version", [2, "2", "02"])
    def test_version_may_be_given_as_text(
        self, registry: RegistryStore, version: int | str
    ) -> None:
        name = new_prompt(registry, versions=3)
        assert registry.get_prompt_version(name, version).template == "text 2"

    def test_unknown_version_does_not_exist(self, registry: RegistryStore) -> None:
        name = new_prompt(registry, versions=1)
        text = f"Model Version (name={name}, version=9) not found"
        with refused("RESOURCE_DOES_NOT_EXIST", text):
            registry.get_prompt_version(name, 9)

    def test_unknown_prompt_does_not_exist(self, registry: RegistryStore) -> None:
        name = unique()
        with refused("RESOURCE_DOES_NOT_EXIST", f"Registered Model with name={name} not found"):
            registry.get_prompt_version(name, 1)

    def test_version_of_a_model_is_refused(self, registry: RegistryStore) -> None:
        name = new_version(registry).name
        text = (
            f"Name `{name}` is registered as a model, not a prompt. Use get_model_version() or "
            "load_model() instead."
        )
        with refused("INVALID_PARAMETER_VALUE", text):
            registry.get_prompt_version(name, 1)

    def test_plain_version_of_a_prompt_is_none(self, registry: RegistryStore) -> None:
        name = new_version(registry, new_prompt(registry)).name
        assert registry.get_prompt_version(name, 1) is None

    def test_version_without_text_is_refused(self, registry: RegistryStore) -> None:
        name = new_version(registry, new_prompt(registry), tags={IS_PROMPT: "true"}).name
        text = f"Prompt `{name}` does not contain a prompt text"
        with refused("INVALID_PARAMETER_VALUE", text):
            registry.get_prompt_version(name, 1)


BY_ALIAS: dict[str, Callable[[RegistryStore, str, str], PromptVersion | None]] = {
    "by alias": lambda registry, name, alias: registry.get_prompt_version_by_alias(name, alias),
    "by version": lambda registry, name, alias: registry.get_prompt_version(name, alias),
}


@pytest.mark.parametrize("call", BY_ALIAS)
class TestAliases:
    def test_alias_finds_the_version(self, registry: RegistryStore, call: str) -> None:
        name = new_prompt(registry, versions=3)
        registry.set_prompt_alias(name, "live", 2)
        found = BY_ALIAS[call](registry, name, "live")
        assert (found.version, found.template) == (2, "text 2")
        assert found.aliases == ["live"]

    def test_alias_may_be_set_with_a_version_as_text(
        self, registry: RegistryStore, call: str
    ) -> None:
        name = new_prompt(registry, versions=3)
        registry.set_prompt_alias(name, "live", "3")
        assert BY_ALIAS[call](registry, name, "live").version == 3

    def test_latest_is_the_highest_version(self, registry: RegistryStore, call: str) -> None:
        name = new_prompt(registry, versions=3)
        assert BY_ALIAS[call](registry, name, "latest").template == "text 3"

    def test_alias_of_digits_is_read_as_a_version(self, registry: RegistryStore, call: str) -> None:
        name = new_prompt(registry, versions=3)
        registry.set_prompt_alias(name, "3", 1)
        assert BY_ALIAS[call](registry, name, "3").version == 3

    def test_unknown_alias_is_a_bad_parameter(self, registry: RegistryStore, call: str) -> None:
        name = new_prompt(registry, versions=1)
        with refused("INVALID_PARAMETER_VALUE", "Registered model alias nobody not found."):
            BY_ALIAS[call](registry, name, "nobody")

    def test_deleted_alias_is_unknown(self, registry: RegistryStore, call: str) -> None:
        name = new_prompt(registry, versions=1)
        registry.set_prompt_alias(name, "live", 1)
        registry.delete_prompt_alias(name, "live")
        with refused("INVALID_PARAMETER_VALUE", "Registered model alias live not found."):
            BY_ALIAS[call](registry, name, "live")

    def test_alias_goes_with_its_version(self, registry: RegistryStore, call: str) -> None:
        name = new_prompt(registry, versions=2)
        registry.set_prompt_alias(name, "live", 1)
        registry.delete_prompt_version(name, 1)
        with refused("INVALID_PARAMETER_VALUE", "Registered model alias live not found."):
            BY_ALIAS[call](registry, name, "live")

    def test_alias_of_a_model_is_refused(self, registry: RegistryStore, call: str) -> None:
        name = new_version(registry).name
        registry.set_registered_model_alias(name, "live", 1)
        with refused("INVALID_PARAMETER_VALUE", f"Name `{name}` is registered as a model, not a"):
            BY_ALIAS[call](registry, name, "live")


class TestRefusedAlias:
    def test_reserved_one(self, registry: RegistryStore) -> None:
        name = new_prompt(registry, versions=1)
        with refused("INVALID_PARAMETER_VALUE", "'latest' alias name (case insensitive) is"):
            registry.set_prompt_alias(name, "latest", 1)

    def test_of_an_unknown_version(self, registry: RegistryStore) -> None:
        name = new_prompt(registry, versions=1)
        with refused("RESOURCE_DOES_NOT_EXIST", f"Model Version (name={name}, version=9) not"):
            registry.set_prompt_alias(name, "live", 9)

    def test_deleting_an_unknown_one_is_silent(self, registry: RegistryStore) -> None:
        name = new_prompt(registry, versions=1)
        registry.delete_prompt_alias(name, "nobody")
        assert fields(registry.get_registered_model(name))["aliases"] == {}
