"""Hears the statements that calls execute on the embedded database, and asks for their plans."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from mlflow_docstore.adapters.document.backend import DocumentBackend
from mlflow_docstore.adapters.document.retry import RetryingDriver
from mlflow_docstore.adapters.sqlite.connection import connect
from mlflow_docstore.compat.registry.store import DocStoreRegistryStore
from mlflow_docstore.compat.tracking.store import DocStoreTrackingStore

_EXPLAINED = ("SELECT", "WITH", "UPDATE", "DELETE")


@dataclass
class Statements:
    """The statements of a call, with the values in them."""

    texts: list[str] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        return [text.split()[0] for text in self.texts]


class Traced:
    """Stores on a database of their own, all on one connection."""

    def __init__(self, directory: Path) -> None:
        self.uri = f"docstore://{directory / 'database'}"
        self.artifacts = (directory / "artifacts").as_uri()
        self.driver = connect(self.uri).driver
        self.backend = DocumentBackend(RetryingDriver(self.driver, deadline=0))
        self.tracking = self.another_store()
        self.registry = DocStoreRegistryStore(self.uri, None, self.backend)

    def another_store(self) -> DocStoreTrackingStore:
        return DocStoreTrackingStore(self.uri, self.artifacts, self.backend)

    @property
    def native(self) -> sqlite3.Connection:
        (connected,) = self.driver._session._held().idle
        return connected.native

    @contextmanager
    def during(self) -> Iterator[Statements]:
        """What is executed in the block."""
        heard = Statements()
        native = self.native
        native.set_trace_callback(heard.texts.append)
        yield heard
        native.set_trace_callback(None)

    def plans(self, heard: Statements) -> list[str]:
        """The steps of the plans of all statements that look for rows."""
        return [
            step
            for text in heard.texts
            if text.startswith(_EXPLAINED)
            for *_, step in self.native.execute(f"EXPLAIN QUERY PLAN {text}")
        ]
