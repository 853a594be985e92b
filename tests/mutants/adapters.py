"""From a URI to what is broken as it says."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from mlflow_docstore.adapters.document.backend import Connection, DocumentAdapter
from mlflow_docstore.adapters.document.driver import Driver
from mlflow_docstore.adapters.memory.database import shared
from mlflow_docstore.adapters.memory.driver import MemoryDriver
from mlflow_docstore.compat.registry.store import DocStoreRegistryStore
from mlflow_docstore.compat.tracking.store import DocStoreTrackingStore
from mlflow_docstore.ports.backend import Backend

from . import drivers, facades, repositories, retrying, servers, tracing
from .faults import DRIVER, FACADE, FAULTS, REPOSITORY, RETRIES, Fault
from .packaging import SCHEME

SOUND, UNRELIABLE = "sound", "unreliable"
"""Names that are no faults: what is whole, and what only retries make so."""

CATALOG = (drivers, repositories, retrying, facades, servers, tracing)
"""Importing them fills the list of faults."""

_DEADLINE = 5.0


@dataclass(frozen=True, slots=True)
class BrokenConnection(Connection):
    """A connection that knows what is to be broken about it."""

    name: str = SOUND


class BrokenAdapter(DocumentAdapter):
    """Memory with a fault, which the host of the URI names."""

    def over(self, driver: Driver, connection: Connection) -> Backend:
        assert isinstance(connection, BrokenConnection)
        fault = FAULTS.get(connection.name)
        if fault is not None and fault.layer == RETRIES:
            driver = fault.broken(driver)
        backend = super().over(driver, connection)
        if fault is not None and fault.layer == REPOSITORY:
            repositories.replaced(backend, fault.broken)
        return backend


def _connect(uri: str) -> BrokenConnection:
    parts = urlsplit(uri)
    name, fault = parts.netloc, FAULTS.get(parts.netloc)
    kind: Any = MemoryDriver
    if name == UNRELIABLE or (fault is not None and fault.layer == RETRIES):
        kind = retrying.Unreliable
    elif fault is not None and fault.layer == DRIVER:
        kind = fault.broken
    driver = kind(shared(f"broken/{parts.netloc}{parts.path}"), f"{parts.fragment}_")
    return BrokenConnection(driver, _DEADLINE, name=name)


ADAPTER = BrokenAdapter(SCHEME, _connect)


def _facade(uri: str, whole: type) -> Any:
    fault: Fault | None = FAULTS.get(urlsplit(uri).netloc)
    broken = fault is not None and fault.layer == FACADE and issubclass(fault.broken, whole)
    return fault.broken if fault is not None and broken else whole


def create_tracking_store(store_uri: str, artifact_uri: str | None = None) -> Any:
    facade = _facade(store_uri, DocStoreTrackingStore)
    return facade.of_uri(store_uri, artifact_uri or "./mlruns")


def create_registry_store(store_uri: str, tracking_uri: str | None = None) -> Any:
    return _facade(store_uri, DocStoreRegistryStore).of_uri(store_uri, tracking_uri)
