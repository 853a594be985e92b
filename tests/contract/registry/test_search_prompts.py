"""search_prompts and search_prompt_versions."""

import uuid

import pytest
from mlflow.store.model_registry.abstract_store import AbstractStore as RegistryStore

from ..scenarios import refused, unique
from ..search_scenarios import pages
from .registry_scenarios import IS_PROMPT_FILTER, new_model, new_prompt, new_version, numbers

pytestmark = pytest.mark.area("prompts")

EXPERIMENTS = "_mlflow_experiment_ids"


def new_experiment_id() -> str:
    """Digits that stand for an experiment: a prompt's link is looked up as text only."""
    return str(uuid.uuid4().int)


class TestPrompts:
    def test_are_found_by_name(self, registry: RegistryStore) -> None:
        name = new_prompt(registry, description="text", tags={"team": "red"})
        (found,) = registry.search_prompts(f"name = '{name}'")
        assert found == registry.get_prompt(name)
        assert found.tags == {"team": "red"}

    def test_models_are_none(self, registry: RegistryStore) -> None:
        name = new_model(registry)
        assert list(registry.search_prompts(f"name = '{name}'")) == []

    def test_are_found_by_tag(self, registry: RegistryStore) -> None:
        team = unique("team")
        names = [new_prompt(registry, tags={"team": team}) for _ in range(2)]
        found = registry.search_prompts(f"tags.team = '{team}'")
        assert [prompt.name for prompt in found] == sorted(names)

    def test_are_found_by_name_and_tag(self, registry: RegistryStore) -> None:
        team = unique("team")
        name, _ = (new_prompt(registry, tags={"team": team}) for _ in range(2))
        found = registry.search_prompts(f"name LIKE '{name}%' AND tags.team = '{team}'")
        assert [prompt.name for prompt in found] == [name]

    def test_are_in_the_order_asked_for(self, registry: RegistryStore) -> None:
        team = unique("team")
        names = [new_prompt(registry, tags={"team": team}) for _ in range(3)]
        found = registry.search_prompts(f"tags.team = '{team}'", order_by=["name DESC"])
        assert [prompt.name for prompt in found] == sorted(names, reverse=True)

    def test_pages_join_up_to_the_whole_answer(self, registry: RegistryStore) -> None:
        team = unique("team")
        names = [new_prompt(registry, tags={"team": team}) for _ in range(5)]
        read = pages(registry.search_prompts, filter_string=f"tags.team = '{team}'", max_results=2)
        assert [len(page) for page in read] == [2, 2, 1]
        assert [prompt.name for page in read for prompt in page] == sorted(names)

    @pytest.mark.parametrize("nothing", [None, ""])
    def test_are_found_without_a_filter(self, registry: RegistryStore, nothing: str | None) -> None:
        new_prompt(registry)
        (found,) = registry.search_prompts(nothing, max_results=1)
        assert registry.get_prompt(found.name) == found

    def test_asked_for_as_none_are_none(self, registry: RegistryStore) -> None:
        name = new_prompt(registry)
        question = f"name = '{name}' AND {IS_PROMPT_FILTER} = 'false'"
        assert list(registry.search_prompts(question)) == []

    def test_more_than_a_thousand_are_refused(self, registry: RegistryStore) -> None:
        text = "max_results. It must be at most 1000, but got value 1001"
        with refused("INVALID_PARAMETER_VALUE", text):
            registry.search_prompts(max_results=1001)

    def test_unknown_attribute_is_refused(self, registry: RegistryStore) -> None:
        with refused("INVALID_PARAMETER_VALUE", "Invalid attribute key 'foo' specified."):
            registry.search_prompts("foo = 'x'")

    def test_unknown_order_is_refused(self, registry: RegistryStore) -> None:
        with refused("INVALID_PARAMETER_VALUE", "Invalid order by key 'foo' specified."):
            registry.search_prompts(order_by=["foo"])


class TestPromptsOfAnExperiment:
    @pytest.mark.parametrize(
        "question",
        [
            "experiment_id = '{id}'",
            'experiment_id = "{id}"',
            "experiment_id='{id}'",
            "experiment_id = '{id}' AND tags.team = 'red'",
            "tags.team = 'red' AND experiment_id = '{id}'",
            "tags.team = 'red' AND experiment_id = '{id}' AND name LIKE '%'",
        ],
    )
    def test_are_found(self, registry: RegistryStore, question: str) -> None:
        own, other = new_experiment_id(), new_experiment_id()
        name = new_prompt(registry, tags={EXPERIMENTS: f",{other},{own},", "team": "red"})
        new_prompt(registry, tags={EXPERIMENTS: f",{other},", "team": "red"})
        found = registry.search_prompts(question.format(id=own))
        assert [prompt.name for prompt in found] == [name]

    def test_are_told_apart_by_the_whole_id(self, registry: RegistryStore) -> None:
        own = new_experiment_id()
        new_prompt(registry, tags={EXPERIMENTS: f",1{own},{own}1,"})
        assert list(registry.search_prompts(f"experiment_id = '{own}'")) == []

    def test_other_conditions_hold_as_well(self, registry: RegistryStore) -> None:
        own = new_experiment_id()
        new_prompt(registry, tags={EXPERIMENTS: f",{own},", "team": "red"})
        question = f"experiment_id = '{own}' AND tags.team = 'blue'"
        assert list(registry.search_prompts(question)) == []

    def test_link_may_be_made_later(self, registry: RegistryStore) -> None:
        own = new_experiment_id()
        name = new_prompt(registry)
        registry.set_prompt_tag(name, EXPERIMENTS, f",{own},")
        (found,) = registry.search_prompts(f"experiment_id = '{own}'")
        assert found.tags == {EXPERIMENTS: f",{own},"}

    def test_id_must_be_a_number(self, registry: RegistryStore) -> None:
        text = "Invalid experiment_id: abc. Must be a numeric value."
        with refused("INVALID_PARAMETER_VALUE", text):
            registry.search_prompts("experiment_id = 'abc'")

    @pytest.mark.parametrize("question", ["experiment_id = 12", "experiment_id != '12'"])
    def test_other_comparisons_are_refused(self, registry: RegistryStore, question: str) -> None:
        with refused("INVALID_PARAMETER_VALUE", "Invalid attribute key 'experiment_id'"):
            registry.search_prompts(question)


class TestVersions:
    def test_are_listed_from_the_newest(self, registry: RegistryStore) -> None:
        name = new_prompt(registry, versions=11)
        found = registry.search_prompt_versions(name)
        assert numbers(found) == list(range(11, 0, -1))

    def test_are_whole(self, registry: RegistryStore) -> None:
        name = new_prompt(registry)
        registry.create_prompt_version(
            name, "Hi {{who}}", "first", {"k": "v"}, {"type": "object"}, {"top_k": 1}
        )
        (found,) = registry.search_prompt_versions(name)
        assert dict(found) == dict(registry.get_prompt_version(name, 1))

    def test_show_no_aliases(self, registry: RegistryStore) -> None:
        name = new_prompt(registry, versions=1)
        registry.set_prompt_alias(name, "live", 1)
        (found,) = registry.search_prompt_versions(name)
        assert found.aliases == []

    def test_plain_versions_are_left_out(self, registry: RegistryStore) -> None:
        name = new_prompt(registry, versions=2)
        new_version(registry, name)
        assert numbers(registry.search_prompt_versions(name)) == [2, 1]

    def test_pages_join_up_to_the_whole_answer(self, registry: RegistryStore) -> None:
        name = new_prompt(registry, versions=5)
        read = pages(registry.search_prompt_versions, name=name, max_results=2)
        assert [numbers(page) for page in read] == [[5, 4], [3, 2], [1]]

    def test_prompt_may_have_none(self, registry: RegistryStore) -> None:
        assert list(registry.search_prompt_versions(new_prompt(registry))) == []

    def test_size_must_be_a_positive_integer(self, registry: RegistryStore) -> None:
        name = new_prompt(registry, versions=1)
        text = "Invalid value for max_results. It must be a positive integer, but got 0"
        with refused("INVALID_PARAMETER_VALUE", text):
            registry.search_prompt_versions(name, max_results=0)

    def test_unknown_prompt_does_not_exist(self, registry: RegistryStore) -> None:
        name = unique()
        with refused("RESOURCE_DOES_NOT_EXIST", f"Registered Model with name={name} not found"):
            registry.search_prompt_versions(name)

    def test_model_is_refused(self, registry: RegistryStore) -> None:
        name = new_model(registry, versions=1)
        text = (
            f"Name `{name}` is registered as a model, not a prompt. Use search_model_versions() "
            "instead."
        )
        with refused("INVALID_PARAMETER_VALUE", text):
            registry.search_prompt_versions(name)
