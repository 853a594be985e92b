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
    key: tuple[Any, ...] = ()
    shared: _Shared | None = None
    suspect: bool = False
    collections: dict[str, Collection[Document]] = field(default_factory=dict)


class Session:
    """One driver's way to its client.

    Args:
        target: Where to.
        address: The URI to connect to, of a server that is known to be there; asked again whenever
            the connection was lost, as it may come back elsewhere. None for the target's own URI.
        listeners: Who is told of every command.
    """

    def __init__(
        self,
        target: Target,
        *,
        address: Callable[[], str] | None = None,
        listeners: Sequence[CommandListener] = (),
    ) -> None:
        self.target = target
        self._address = address or (lambda: target.uri)
        self._vouched = address is not None
        self._listeners = tuple(listeners)
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
        found = None if held.suspect else held.collections.get(name)
        if found is not None:
            return found
        with held.lock:
            client = self._open(held)
            database = client[self.target.database]
            found = database[self.native_name(name)]
            held.collections[name] = found
            return found

    def _open(self, held: _Held) -> MongoClient[Document]:
        if held.shared is not None and not held.suspect:
            return held.shared.client
        address = self._address()
        held.suspect = False
        key = (address, tuple(self.target.defaults.items()), self._listeners)
        if held.shared is not None and key == held.key:
            return held.shared.client
        return self._switch(held, key, address).client

    def _switch(self, held: _Held, key: tuple[Any, ...], address: str) -> _Shared:
        def make() -> MongoClient[Document]:
            return MongoClient(
                address,
                event_listeners=self._listeners,
                type_registry=PLAIN_TYPES,
                **self.target.defaults,
            )

        shared = _clients().acquire(key, make)
        if held.shared is not None:
            shared.answered = shared.answered or held.shared.answered
            _clients().release(held.key)
        held.shared, held.key = shared, key
        held.collections.clear()
        return shared

    @property
    def answered(self) -> bool:
        """Whether the server is known to be there: it has answered this process before."""
        shared = self._held().shared
        return shared is not None and (shared.answered or self._vouched)

    def note_answer(self) -> None:
        """A command came back."""
        shared = self._held().shared
        if shared is not None:
            shared.answered = True

    def note_loss(self) -> None:
        """The connection was lost: the next call asks for the address again."""
        self._held().suspect = True

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
            key, held.shared, held.key = held.key, None, ()
            held.collections.clear()
        _clients().release(key)
