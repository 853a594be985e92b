"""The composition root: from a URI to a backend."""

import threading
from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points

from dependency_injector import containers, providers

from mlflow_docstore.core.errors import InvalidArgument
from mlflow_docstore.ports.backend import Adapter, Backend

ADAPTERS = "mlflow_docstore.adapters"
"""The group of entry points through which a database, in this package or another, is found."""


def adapter_entry_points() -> Mapping[str, EntryPoint]:
    """The entry point of each URI scheme's adapter."""
    return {entry_point.name: entry_point for entry_point in entry_points(group=ADAPTERS)}


class BackendPool:
    """The backends of this process: one a URI, opened when it is first asked for.

    MLflow makes two stores in every server process; they share connections.

    Args:
        adapters: Entry points by URI scheme.
    """

    def __init__(self, adapters: Mapping[str, EntryPoint]) -> None:
        self._adapters = adapters
        self._backends: dict[str, Backend] = {}
        self._lock = threading.Lock()

    def backend(self, uri: str) -> Backend:
        """The backend of a URI.

        Raises:
            InvalidArgument: ``kind="uri"``; no adapter has the scheme, or it cannot use the rest.
        """
        scheme, colon, rest = uri.partition(":")
        scheme = scheme.lower()
        uri = f"{scheme}{colon}{rest}"
        with self._lock:
            if uri not in self._backends:
                self._backends[uri] = self._adapter(scheme).open(uri)
            return self._backends[uri]

    def _adapter(self, scheme: str) -> Adapter:
        if scheme not in self._adapters:
            known = ", ".join(f"{name}://" for name in sorted(self._adapters))
            raise InvalidArgument(
                "uri", scheme, reason=f"No database adapter for {scheme}:// URIs. Known: {known}"
            )
        adapter: Adapter = self._adapters[scheme].load()
        return adapter


class Container(containers.DeclarativeContainer):
    """Who is made of what."""

    adapters = providers.ThreadSafeSingleton(adapter_entry_points)
    backends = providers.ThreadSafeSingleton(BackendPool, adapters)
    backend = providers.Callable(BackendPool.backend, backends)


CONTAINER = Container()
