"""MLflow's model registry as repositories."""

from typing import Any

from mlflow.store.model_registry.abstract_store import AbstractStore

from mlflow_docstore.compat.container import CONTAINER
from mlflow_docstore.compat.errors import answering, translates_errors
from mlflow_docstore.ports.backend import Backend

from .model_versions import ModelVersionsMixin
from .registered_models import RegisteredModelsMixin
from .webhooks import WebhooksMixin


@translates_errors
class DocStoreRegistryStore(
    RegisteredModelsMixin, ModelVersionsMixin, WebhooksMixin, AbstractStore
):
    """A model registry on a document database.

    Prompts are registered models with a tag, made and read by MLflow's own code. Cheap: instances
    of one process share the backend of their URI.

    Args:
        store_uri: Where the backend is.
        tracking_uri: As MLflow hands it over. Like its SQL store, this one looks logged models up
            through the process-wide URI, and only passes this one on.
        backend: The opened database.
    """

    def __init__(self, store_uri: str, tracking_uri: str | None, backend: Backend) -> None:
        super().__init__(store_uri=store_uri, tracking_uri=tracking_uri)
        self._store_uri = store_uri
        self._tracking_uri = tracking_uri
        self._backend = backend
        with answering():
            backend.prepare()

    @classmethod
    def of_uri(cls, store_uri: str, tracking_uri: str | None) -> "DocStoreRegistryStore":
        """The registry on this process's backend of a URI."""
        with answering():
            backend = CONTAINER.backend(store_uri)
        return cls(store_uri, tracking_uri, backend)

    def __reduce__(self) -> tuple[Any, ...]:
        # A connection does not travel; the receiver opens its own.
        return self.of_uri, (self._store_uri, self._tracking_uri)

    @property
    def supports_workspaces(self) -> bool:
        """One workspace so far."""
        return False
