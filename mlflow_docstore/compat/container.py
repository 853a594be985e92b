"""The composition root: from a URI to a backend."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import EntryPoint

from dependency_injector import providers

from mlflow_docstore.ports.backend import Adapter, Backend

from .schemes import adapter_entry_point, adapter_entry_points, scheme_of


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
        uri = _normal(uri)
        with self._lock:
            if uri not in self._backends:
                adapter: Adapter = adapter_entry_point(uri, self._adapters).load()
                self._backends[uri] = adapter.open(uri)
            return self._backends[uri]

    @contextmanager
    def lent(self, uri: str, backend: Backend) -> Iterator[None]:
        """For the time of the block, have this backend on a URI that nobody has opened yet."""
        uri = _normal(uri)
        with self._lock:
            self._backends[uri] = backend
        try:
            yield
        finally:
            with self._lock:
                del self._backends[uri]
            backend.close()


def _normal(uri: str) -> str:
    scheme = scheme_of(uri)
    return f"{scheme}{uri[len(scheme) :]}"


class Container:
    """Who is made of what.

    No declarative container, whose module imports whatever web framework is installed, at twice
    the cost of everything here.
    """

    adapters = providers.ThreadSafeSingleton(adapter_entry_points)
    backends = providers.ThreadSafeSingleton(BackendPool, adapters)
    backend = providers.Callable(BackendPool.backend, backends)


CONTAINER = Container()
