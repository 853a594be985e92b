"""Clients: opened by the first call, one a process and URI, safe to share and to fork."""

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.monitoring import CommandListener

from mlflow_docstore.adapters.document.driver import Document

from .uri import Target
from .values import PLAIN_TYPES


@dataclass(slots=True)
class _Shared:
    """A client and how many sessions use it."""

    client: MongoClient[Document]
    users: int = 0
    answered: bool = False


@dataclass(slots=True)
class _Clients:
    """The clients of one process."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    shared: dict[tuple[Any, ...], _Shared] = field(default_factory=dict)

    def acquire(self, key: tuple[Any, ...], make: Callable[[], MongoClient[Document]]) -> _Shared:
        with self.lock:
            shared = self.shared.get(key)
            if shared is None:
                shared = self.shared[key] = _Shared(make())
            shared.users += 1
            return shared

    def release(self, key: tuple[Any, ...]) -> None:
        with self.lock:
            shared = self.shared[key]
            shared.users -= 1
            if shared.users:
                return
            del self.shared[key]
        shared.client.close()


# By process id: after a fork the child finds neither a client here nor a lock that its parent held.
_PROCESSES: dict[int, _Clients] = {}


def _clients() -> _Clients:
    return _PROCESSES.setdefault(os.getpid(), _Clients())


@dataclass(slots=True)
class _Held:
    """What a session holds in one process."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    shared: _Shared | None = None
    collections: dict[str, Collection[Document]] = field(default_factory=dict)


class Session:
    """One driver's way to its client.

    Args:
        target: Where to.
        listeners: Who is told of every command.
    """

    def __init__(self, target: Target, *, listeners: Sequence[CommandListener] = ()) -> None:
        self.target = target
        self._listeners = tuple(listeners)
        self._key = (target.uri, tuple(target.defaults.items()), self._listeners)
        self._processes: dict[int, _Held] = {}

    def _held(self) -> _Held:
        process = os.getpid()
        return self._processes.get(process) or self._processes.setdefault(process, _Held())

    def native_name(self, name: str) -> str:
        """What a collection is called on the server."""
        return f"{self.target.prefix}_{name}"

    def collection(self, name: str) -> Collection[Document]:
        """A collection by its logical name; connects where need be."""
        held = self._held()
        found = held.collections.get(name)
        if found is not None:
            return found
        with held.lock:
            if held.shared is None:
                held.shared = _clients().acquire(self._key, self._connect)
            database = held.shared.client[self.target.database]
            found = database[self.native_name(name)]
            held.collections[name] = found
            return found

    def _connect(self) -> MongoClient[Document]:
        return MongoClient(
            self.target.uri,
            event_listeners=self._listeners,
            type_registry=PLAIN_TYPES,
            **self.target.defaults,
        )

    @property
    def answered(self) -> bool:
        """Whether the server is known to be there: it has answered this process before."""
        shared = self._held().shared
        return shared is not None and shared.answered

    def note_answer(self) -> None:
        """A command came back."""
        shared = self._held().shared
        if shared is not None:
            shared.answered = True

    def servers(self) -> Mapping[str, Exception | None]:
        """The last failure to reach each server, by address."""
        shared = self._held().shared
        if shared is None:
            return {}
        known = shared.client.topology_description.server_descriptions()
        return {f"{host}:{port}": server.error for (host, port), server in known.items()}

    def close(self) -> None:
        """Let go of the client; the last session to do so closes it."""
        held = self._held()
        with held.lock:
            if held.shared is None:
                return
            held.shared = None
            held.collections.clear()
        _clients().release(self._key)
