"""Ours as a place for documents, below the store."""

from collections.abc import Sequence

from mlflow_docstore.adapters.document.driver import Document, Driver, Find
from mlflow_docstore.adapters.document.layout import Index
from mlflow_docstore.compat.schemes import adapter_entry_points
from mlflow_docstore.core.query import equals

from .subjects import Place


class DriverPlace(Place):
    """The bulk verbs of the driver of a URI.

    Args:
        uri: The database.
    """

    def __init__(self, uri: str) -> None:
        adapter = adapter_entry_points()[uri.partition(":")[0]].load()
        self._driver: Driver = adapter.connect(uri).driver

    def insert_many(self, collection: str, documents: Sequence[Document]) -> object:
        return self._driver.insert_many(collection, documents)

    def create_index(self, collection: str, index: Index) -> None:
        self._driver.create_index(collection, index)

    def first(self, collection: str, field: str, value: str) -> Document | None:
        found = self._driver.find(collection, Find(where=equals(field, value)))
        return found[0].document if found else None

    def all(self, collection: str) -> list[Document]:
        """All documents of a collection."""
        return [row.document for row in self._driver.find(collection, Find())]

    def close(self) -> None:
        """Let go of connections."""
        self._driver.close()
