"""Named builders of the registry's suite: what must exist before a test can ask its question."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mlflow.entities.model_registry import (
    ModelVersion,
    ModelVersionTag,
    PromptVersion,
    RegisteredModel,
    RegisteredModelTag,
)
from mlflow.entities.webhook import Webhook, WebhookEvent
from mlflow.store.entities.paged_list import PagedList
from mlflow.store.model_registry.abstract_store import AbstractStore as RegistryStore

from ..scenarios import unique

SOURCE = "s3://bucket/model"
RECEIVER = "https://receiver.invalid/hook"
IS_PROMPT = "mlflow.prompt.is_prompt"
IS_PROMPT_FILTER = f"tags.`{IS_PROMPT}`"
SIGNING_KEY = "s3cr3t"
"""What a webhook's requests are signed with."""

MANY_WEBHOOKS = 1000


def model_tags(tags: Mapping[str, str | None]) -> list[RegisteredModelTag]:
    return [RegisteredModelTag(key, value) for key, value in tags.items()]


def version_tags(tags: Mapping[str, str | None]) -> list[ModelVersionTag]:
    return [ModelVersionTag(key, value) for key, value in tags.items()]


def new_model(
    registry: RegistryStore,
    name: str | None = None,
    *,
    tags: Mapping[str, str | None] | None = None,
    versions: int = 0,
    **options: Any,
) -> str:
    """A registered model with this many versions; its name."""
    name = name or unique("model")
    registry.create_registered_model(name, tags=model_tags(tags or {}), **options)
    for _ in range(versions):
        registry.create_model_version(name, SOURCE)
    return name


def new_version(
    registry: RegistryStore,
    name: str | None = None,
    *,
    source: str = SOURCE,
    tags: Mapping[str, str | None] | None = None,
    stage: str | None = None,
    **options: Any,
) -> ModelVersion:
    """A version; of a model of its own unless told otherwise."""
    name = name or new_model(registry)
    created = registry.create_model_version(name, source, tags=version_tags(tags or {}), **options)
    if stage is None:
        return created
    return registry.transition_model_version_stage(name, created.version, stage, False)


def staged_model(registry: RegistryStore, *stages: str) -> str:
    """A model whose versions 1, 2, ... are in these stages; its name."""
    name = new_model(registry)
    for stage in stages:
        new_version(registry, name, stage=stage)
    return name


def stages(registry: RegistryStore, name: str) -> dict[int, str]:
    """The stage of each version of a model."""
    found = registry.search_model_versions(f"name = '{name}'")
    return {version.version: version.current_stage for version in found}


def numbers(versions: Sequence[ModelVersion | PromptVersion]) -> list[int]:
    """Version numbers in the order of the answer."""
    return [version.version for version in versions]


def fields(entity: RegisteredModel | ModelVersion) -> dict[str, Any]:
    """What a user can see of an entity, where the same entity is read in two ways."""
    seen = dict(entity)
    if isinstance(entity, RegisteredModel):
        latest = {version.current_stage: fields(version) for version in entity.latest_versions}
        seen["latest_versions"] = latest
    return seen


def new_prompt(
    registry: RegistryStore, name: str | None = None, *, versions: int = 0, **options: Any
) -> str:
    """A prompt whose versions have the texts "text 1", "text 2", ...; its name."""
    name = name or unique("prompt")
    registry.create_prompt(name, **options)
    for number in range(1, versions + 1):
        registry.create_prompt_version(name, f"text {number}")
    return name


@dataclass(frozen=True)
class ModelFamily:
    """Registered models that share a prefix no other model has: the registry holds more."""

    registry: RegistryStore
    prefix: str

    def search(self, filter_string: str = "", **options: Any) -> PagedList[RegisteredModel]:
        mine = f"name LIKE '{self.prefix}%'"
        return self.registry.search_registered_models(
            f"{mine} AND {filter_string}" if filter_string else mine, **options
        )

    def found(self, filter_string: str = "", **options: Any) -> list[str]:
        """Names without the prefix, in the order of the answer."""
        return [
            model.name.removeprefix(self.prefix) for model in self.search(filter_string, **options)
        ]

    def matching(self, filter_string: str = "") -> list[str]:
        """Names without the prefix, where their order is not the question."""
        return sorted(self.found(filter_string))


def model_family(
    registry: RegistryStore, wanted: Mapping[str, Mapping[str, str | None]]
) -> ModelFamily:
    """One registered model per name, with these tags."""
    prefix = unique("family") + "."
    for name, tags in wanted.items():
        new_model(registry, prefix + name, tags=tags)
    return ModelFamily(registry, prefix)


@dataclass(frozen=True)
class VersionFamily:
    """Versions of models that share a prefix; each version known by its model and number."""

    registry: RegistryStore
    prefix: str

    def search(self, filter_string: str = "", **options: Any) -> PagedList[ModelVersion]:
        mine = f"name LIKE '{self.prefix}%'"
        return self.registry.search_model_versions(
            f"{mine} AND {filter_string}" if filter_string else mine, **options
        )

    def labels(self, versions: Sequence[ModelVersion]) -> list[str]:
        return [
            f"{version.name.removeprefix(self.prefix)}/{version.version}" for version in versions
        ]

    def found(self, filter_string: str = "", **options: Any) -> list[str]:
        """Labels ``model/number`` in the order of the answer."""
        return self.labels(self.search(filter_string, **options))

    def matching(self, filter_string: str = "") -> list[str]:
        """Labels ``model/number``, where their order is not the question."""
        return sorted(self.found(filter_string))


def version_family(
    registry: RegistryStore, wanted: Mapping[str, Sequence[Mapping[str, Any]]]
) -> VersionFamily:
    """One registered model per name, with versions made with the options of ``new_version``."""
    prefix = unique("family") + "."
    for name, versions in wanted.items():
        new_model(registry, prefix + name)
        for options in versions:
            new_version(registry, prefix + name, **options)
    return VersionFamily(registry, prefix)


def event(text: str = "registered_model.created") -> WebhookEvent:
    return WebhookEvent.from_str(text)


@dataclass(frozen=True)
class Webhooks:
    """The webhooks that one test has made, among those of the store."""

    registry: RegistryStore
    ids: list[str] = field(default_factory=list)

    def new(self, *events: str, **options: Any) -> Webhook:
        """A webhook of these events; one of a model's creation unless told otherwise."""
        arguments = {
            "name": "hook",
            "url": RECEIVER,
            "events": [event(text) for text in events] or [event()],
        } | options
        created = self.registry.create_webhook(**arguments)
        self.ids.append(created.webhook_id)
        return created

    def mine(self, webhooks: Sequence[Webhook]) -> list[str]:
        """The ids among these that the test has made, in the order of the answer."""
        return [webhook.webhook_id for webhook in webhooks if webhook.webhook_id in self.ids]

    def listed(self) -> list[str]:
        return self.mine(self.registry.list_webhooks(max_results=MANY_WEBHOOKS))

    def listed_by(self, text: str) -> list[str]:
        return self.mine(
            self.registry.list_webhooks_by_event(event(text), max_results=MANY_WEBHOOKS)
        )

    def remove(self, webhook_id: str) -> None:
        self.registry.delete_webhook(webhook_id)
        self.ids.remove(webhook_id)

    def remove_all(self) -> None:
        for webhook_id in list(self.ids):
            self.remove(webhook_id)
