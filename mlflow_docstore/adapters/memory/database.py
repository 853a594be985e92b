"""The databases of this process, by name."""

from dataclasses import dataclass, field
from threading import Lock

from mlflow_docstore.adapters.document.driver import Document
from mlflow_docstore.adapters.document.layout import Index


@dataclass(slots=True)
class Table:
    """One collection. A stored document is never changed, only replaced by another."""

    documents: dict[str, Document] = field(default_factory=dict)
    indexes: dict[str, Index] = field(default_factory=dict)


@dataclass(slots=True)
class Database:
    """Collections by their names with prefix; hold the lock to look at or to change any."""

    lock: Lock = field(default_factory=Lock)
    tables: dict[str, Table] = field(default_factory=dict)

    def table(self, name: str) -> Table:
        """The collection, made where it is missing."""
        return self.tables.setdefault(name, Table())


_databases: dict[str, Database] = {}
_registry_lock = Lock()


def shared(name: str) -> Database:
    """The one database of that name."""
    with _registry_lock:
        return _databases.setdefault(name, Database())
