"""Rules of registered models, their tags and aliases."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule
from mlflow.entities.model_registry import RegisteredModelTag

from .registry_history import RegistryHistory, aliases, descriptions, in_order, names, stages
from .registry_history import versions as numbers
from .sides import Side, pairs
from .values import keys, labels, texts


class RegisteredModelRules(RegistryHistory):
    """Operations on registered models."""

    @rule(name=names, tags=labels(), again=st.booleans(), description=descriptions)
    def create_registered_model(
        self, name: Any, tags: dict[str, Any], again: bool, description: str | None
    ) -> None:
        given = pairs(RegisteredModelTag, tags)
        if again:
            given += [RegisteredModelTag(tag.key, "again") for tag in given[:1]]
        full = self.full(name)
        self.same(lambda side: side.store.create_registered_model(full, given, description))
        self.look_at(name)

    @rule(name=names, description=descriptions)
    def update_registered_model(self, name: Any, description: str | None) -> None:
        full = self.full(name)
        self.same(lambda side: side.store.update_registered_model(full, description))
        self.look_at(name)

    @rule(name=names, new_name=names)
    def rename_registered_model(self, name: Any, new_name: Any) -> None:
        full, new_full = self.full(name), self.full(new_name)
        self.same(lambda side: side.store.rename_registered_model(full, new_full))
        self.look_at(name)
        self.look_at(new_name)

    @rule(name=names)
    def delete_registered_model(self, name: Any) -> None:
        full = self.full(name)
        self.same(lambda side: side.store.delete_registered_model(full))
        self.look_at(name)

    @rule(name=names, key=keys, value=texts)
    def set_registered_model_tag(self, name: Any, key: Any, value: Any) -> None:
        full, tag = self.full(name), RegisteredModelTag(key, value)
        self.same(lambda side: side.store.set_registered_model_tag(full, tag))
        self.look_at(name)

    @rule(name=names, key=keys)
    def delete_registered_model_tag(self, name: Any, key: Any) -> None:
        full = self.full(name)
        self.same(lambda side: side.store.delete_registered_model_tag(full, key))
        self.look_at(name)

    @rule(name=names, alias=aliases, version=numbers)
    def set_registered_model_alias(self, name: Any, alias: Any, version: Any) -> None:
        full = self.full(name)
        self.same(lambda side: side.store.set_registered_model_alias(full, alias, version))
        self.look_at(name)

    @rule(name=names, alias=aliases)
    def delete_registered_model_alias(self, name: Any, alias: Any) -> None:
        full = self.full(name)
        self.same(lambda side: side.store.delete_registered_model_alias(full, alias))
        self.look_at(name)

    @rule(name=names, alias=aliases)
    def get_model_version_by_alias(self, name: Any, alias: Any) -> None:
        full = self.full(name)
        self.same(lambda side: side.store.get_model_version_by_alias(full, alias))

    @rule(name=names, asked=st.none() | st.lists(stages, max_size=3))
    def get_latest_versions(self, name: Any, asked: list[str] | None) -> None:
        full = self.full(name)

        def latest(side: Side) -> list[Any]:
            return in_order(side.store.get_latest_versions(full, asked))

        self.same(latest)
