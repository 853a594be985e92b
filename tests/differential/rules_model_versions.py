"""Rules of model versions, their stages and tags."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule
from mlflow.entities.model_registry import ModelVersionTag

from .registry_history import (
    MODELS,
    NAMES,
    RUN_IDS,
    SOURCES,
    RegistryHistory,
    descriptions,
    names,
    stages,
)
from .registry_history import versions as numbers
from .sides import Side, pairs
from .values import keys, labels, seldom, texts

registered_sources = st.tuples(
    st.sampled_from(MODELS), st.sampled_from(["1", "2", "9", "x", "Production", ""])
)
"""Versions of models of this history, by name and number."""

sources = seldom(st.sampled_from(SOURCES), registered_sources, of=5)
mostly_models = seldom(st.sampled_from(MODELS), names, of=5)


class ModelVersionRules(RegistryHistory):
    """Operations on model versions."""

    @rule(
        name=mostly_models,
        source=sources,
        run_id=st.none() | st.sampled_from(RUN_IDS),
        run_link=st.sampled_from([None, "", "https://host/run"]),
        description=descriptions,
        tags=labels(),
    )
    def create_model_version(
        self,
        name: Any,
        source: str | tuple[str, str],
        run_id: str | None,
        run_link: str | None,
        description: str | None,
        tags: dict[str, Any],
    ) -> None:
        if isinstance(source, tuple):
            source = f"models:/{self.full(source[0])}/{source[1]}"
        given = {
            "name": self.full(name),
            "source": source,
            "run_id": run_id,
            "tags": pairs(ModelVersionTag, tags),
            "run_link": run_link,
            "description": description,
        }
        self.same(lambda side: side.store.create_model_version(**given))
        self.look_at(name)

    @rule(name=mostly_models, version=numbers, description=descriptions)
    def update_model_version(self, name: Any, version: Any, description: str | None) -> None:
        full = self.full(name)
        self.same(lambda side: side.store.update_model_version(full, version, description))
        self.look_at(name)

    @rule(name=mostly_models, version=numbers, stage=stages, archive=st.booleans())
    def transition_model_version_stage(
        self, name: Any, version: Any, stage: str, archive: bool
    ) -> None:
        given = self.full(name), version, stage, archive
        self.same(lambda side: side.store.transition_model_version_stage(*given))
        self.look_at(name)

    @rule(name=mostly_models, version=numbers)
    def promote(self, name: Any, version: Any) -> None:
        """Often enough that stages have versions to archive."""
        given = self.full(name), version, "Production", True
        self.same(lambda side: side.store.transition_model_version_stage(*given))
        self.look_at(name)

    @rule(name=mostly_models, version=numbers)
    def delete_model_version(self, name: Any, version: Any) -> None:
        full = self.full(name)
        self.same(lambda side: side.store.delete_model_version(full, version))
        self.look_at(name)

    @rule(name=mostly_models, version=numbers, key=keys, value=texts)
    def set_model_version_tag(self, name: Any, version: Any, key: Any, value: Any) -> None:
        full, tag = self.full(name), ModelVersionTag(key, value)
        self.same(lambda side: side.store.set_model_version_tag(full, version, tag))
        self.look_at(name)

    @rule(name=mostly_models, version=numbers, key=keys)
    def delete_model_version_tag(self, name: Any, version: Any, key: Any) -> None:
        full = self.full(name)
        self.same(lambda side: side.store.delete_model_version_tag(full, version, key))
        self.look_at(name)

    @rule(name=mostly_models, version=numbers)
    def get_model_version_download_uri(self, name: Any, version: Any) -> None:
        full = self.full(name)
        self.same(lambda side: side.store.get_model_version_download_uri(full, version))

    @rule(name=mostly_models, version=st.integers(1, 3), to=st.sampled_from(NAMES))
    def copy_model_version(self, name: Any, version: int, to: str) -> None:
        full, target = self.full(name), self.full(to)

        def copy(side: Side) -> Any:
            return side.store.copy_model_version(
                side.store.get_model_version(full, version), target
            )

        self.same(copy)
        self.look_at(to)
