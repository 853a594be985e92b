"""Rules of prompts, which are models with marks that MLflow's base class puts on them."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from .registry_history import MODELS, PROMPTS, RegistryHistory, aliases, descriptions, names
from .registry_history import versions as numbers
from .sides import Side, collected
from .values import keys, labels, seldom, texts

EXPERIMENTS = ("1", "12", "2")
EXPERIMENTS_TAG = "_mlflow_experiment_ids"

mostly_prompts = seldom(st.sampled_from(PROMPTS), names | st.sampled_from(MODELS), of=6)
chats = st.lists(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["user", "system"]), "content": st.sampled_from(["", "{{ a }}"])}
    ),
    max_size=2,
)
templates = st.sampled_from(["", "plain", "{{ a }} and {{b}}", "p" * 100_001]) | chats
versions_or_aliases = numbers | aliases | st.just("latest")


class PromptRules(RegistryHistory):
    """Operations on prompts."""

    @rule(name=mostly_prompts, description=descriptions, tags=st.none() | labels())
    def create_prompt(
        self, name: Any, description: str | None, tags: dict[str, Any] | None
    ) -> None:
        full = self.full(name)
        self.same(lambda side: side.store.create_prompt(full, description, tags))
        self.look_at_prompt(name)

    @rule(
        name=mostly_prompts,
        template=templates,
        description=descriptions,
        tags=st.none() | labels(),
        response_format=st.sampled_from([None, {}, {"type": "object"}]),
        model_config=st.sampled_from(
            [None, {}, {"model_name": "m", "temperature": 0.5}, {"temperature": -1}]
        ),
    )
    def create_prompt_version(self, name: Any, **fields: Any) -> None:
        full = self.full(name)
        self.same(lambda side: side.store.create_prompt_version(full, **fields))
        self.look_at_prompt(name)

    @rule(name=mostly_prompts, version=versions_or_aliases)
    def get_prompt_version(self, name: Any, version: Any) -> None:
        full = self.full(name)
        self.same(lambda side: side.store.get_prompt_version(full, version))

    @rule(name=mostly_prompts, alias=aliases)
    def get_prompt_version_by_alias(self, name: Any, alias: Any) -> None:
        full = self.full(name)
        self.same(lambda side: side.store.get_prompt_version_by_alias(full, alias))

    @rule(name=mostly_prompts, size=st.sampled_from([None, 1, 2, 1000]))
    def search_prompt_versions(self, name: Any, size: int | None) -> None:
        full = self.full(name)

        def search(side: Side) -> list[Any]:
            return collected(side.store.search_prompt_versions, name=full, max_results=size)

        self.same(search)

    @rule(name=mostly_prompts, key=keys, value=texts)
    def set_prompt_tag(self, name: Any, key: Any, value: Any) -> None:
        full = self.full(name)
        self.same(lambda side: side.store.set_prompt_tag(full, key, value))
        self.look_at_prompt(name)

    @rule(name=mostly_prompts, among=st.lists(st.sampled_from(EXPERIMENTS), max_size=3))
    def link_prompt_to_experiments(self, name: Any, among: list[str]) -> None:
        full, value = self.full(name), f",{','.join(among)},"
        self.same(lambda side: side.store.set_prompt_tag(full, EXPERIMENTS_TAG, value))
        self.look_at_prompt(name)

    @rule(name=mostly_prompts, key=keys)
    def delete_prompt_tag(self, name: Any, key: Any) -> None:
        full = self.full(name)
        self.same(lambda side: side.store.delete_prompt_tag(full, key))
        self.look_at_prompt(name)

    @rule(name=mostly_prompts, version=numbers, key=keys, value=texts)
    def set_prompt_version_tag(self, name: Any, version: Any, key: Any, value: Any) -> None:
        full = self.full(name)
        self.same(lambda side: side.store.set_prompt_version_tag(full, version, key, value))
        self.look_at_prompt(name)

    @rule(name=mostly_prompts, version=numbers, key=keys)
    def delete_prompt_version_tag(self, name: Any, version: Any, key: Any) -> None:
        full = self.full(name)
        self.same(lambda side: side.store.delete_prompt_version_tag(full, version, key))
        self.look_at_prompt(name)

    @rule(name=mostly_prompts, alias=aliases, version=numbers)
    def set_prompt_alias(self, name: Any, alias: Any, version: Any) -> None:
        full = self.full(name)
        self.same(lambda side: side.store.set_prompt_alias(full, alias, version))
        self.look_at_prompt(name)

    @rule(name=mostly_prompts, alias=aliases)
    def delete_prompt_alias(self, name: Any, alias: Any) -> None:
        full = self.full(name)
        self.same(lambda side: side.store.delete_prompt_alias(full, alias))
        self.look_at_prompt(name)

    @rule(name=mostly_prompts, version=numbers)
    def delete_prompt_version(self, name: Any, version: Any) -> None:
        full = self.full(name)
        self.same(lambda side: side.store.delete_prompt_version(full, version))
        self.look_at_prompt(name)

    @rule(name=mostly_prompts)
    def delete_prompt(self, name: Any) -> None:
        full = self.full(name)
        self.same(lambda side: side.store.delete_prompt(full))
        self.look_at_prompt(name)

    def look_at_prompt(self, name: Any) -> None:
        full = self.full(name)
        self.same(lambda side: side.store.get_prompt(full))
        self.look_at(name)
