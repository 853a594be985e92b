"""Who is measured: MLflow's registry stores by their URI, through MLflow's own resolution."""

from typing import Any, Protocol

from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersionTag, RegisteredModelTag
from mlflow.tracking._model_registry.utils import _get_store

from benchmarks.subjects import StoreSource, Token


class RegistrySubject(Protocol):
    """What is measured of a subject."""

    name: str

    def create_model(self, name: str) -> None:
        """A new registered model."""

    def create_version(self, name: str) -> int:
        """A new version's number."""

    def set_alias(self, name: str, alias: str, number: int) -> None:
        """Point an alias at a version."""

    def by_alias(self, name: str, alias: str) -> int:
        """Read the version of an alias; its number."""

    def latest(self, name: str) -> int:
        """Read the newest version of each stage; how many there are."""

    def search_models(self, size: int, token: Token = None) -> tuple[int, Token]:
        """Read a page of models; how many it has, and where the next one starts."""

    def search_versions(
        self, size: int, token: Token = None, *, model: str | None = None
    ) -> tuple[int, Token]:
        """Read a page of versions, of one model or of all."""

    def load_prompt(self, name: str, number: int) -> str:
        """Read a version of a prompt; its text."""

    def load_prompt_by_alias(self, name: str, alias: str) -> str:
        """Read the version of a prompt that an alias points at; its text."""


class StoreRegistry(RegistrySubject):
    """A registry store of MLflow, and the client on top of it.

    Args:
        name: What the subject is called.
        store: The store.
        client: What loads prompts.
    """

    def __init__(self, name: str, store: Any, client: MlflowClient) -> None:
        self.name = name
        self.store = store
        self._client = client

    def create_model(self, name: str) -> None:
        self.store.create_registered_model(name, [RegisteredModelTag("team", "bench")], "words")

    def create_version(self, name: str) -> int:
        version = self.store.create_model_version(
            name, "s3://models/bench", tags=[ModelVersionTag("validated", "no")]
        )
        return int(version.version)

    def set_alias(self, name: str, alias: str, number: int) -> None:
        self.store.set_registered_model_alias(name, alias, number)

    def by_alias(self, name: str, alias: str) -> int:
        return int(self.store.get_model_version_by_alias(name, alias).version)

    def latest(self, name: str) -> int:
        return len(self.store.get_latest_versions(name))

    def search_models(self, size: int, token: Token = None) -> tuple[int, Token]:
        page = self.store.search_registered_models(max_results=size, page_token=token)
        return len(page), page.token

    def search_versions(
        self, size: int, token: Token = None, *, model: str | None = None
    ) -> tuple[int, Token]:
        where = None if model is None else f"name = '{model}'"
        page = self.store.search_model_versions(where, max_results=size, page_token=token)
        return len(page), page.token

    def load_prompt(self, name: str, number: int) -> str:
        return self._text(f"prompts:/{name}/{number}")

    def load_prompt_by_alias(self, name: str, alias: str) -> str:
        return self._text(f"prompts:/{name}@{alias}")

    def _text(self, uri: str) -> str:
        return str(self._client.load_prompt(uri, cache_ttl_seconds=0).template)


def open_registry(source: StoreSource) -> StoreRegistry:
    """The registry beside a tracking store."""
    client = MlflowClient(tracking_uri=source.uri, registry_uri=source.uri)
    return StoreRegistry(source.name, _get_store(source.uri, source.uri), client)
