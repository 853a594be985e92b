"""Clients: opened by the first call, one a process and URI, safe to share and to fork."""

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.monitoring import (
    CommandListener,
    ServerHeartbeatFailedEvent,
    ServerHeartbeatListener,
    ServerHeartbeatStartedEvent,
    ServerHeartbeatSucceededEvent,
)

from mlflow_docstore.adapters.document.driver import Document

from .flavours import MONGODB, Flavour, of_answers
from .login import token_options
from .options import advice, defaults, token_scope
from .uri import Target
from .values import PLAIN_TYPES


class _Greetings(ServerHeartbeatListener):
    """What each server said of itself, by address."""

    def __init__(self) -> None:
        self.answers: dict[object, Mapping[str, Any]] = {}

    def started(self, event: ServerHeartbeatStartedEvent) -> None:
        """Says nothing yet."""

    def succeeded(self, event: ServerHeartbeatSucceededEvent) -> None:
        self.answers[event.connection_id] = event.reply.document

    def failed(self, event: ServerHeartbeatFailedEvent) -> None:
        """Says nothing of the server."""


@dataclass(slots=True)
class _Shared:
    """A client and how many sessions use it."""

    client: MongoClient[Document]
    greetings: _Greetings
    users: int = 0
    answered: bool = False


@dataclass(slots=True)
class _Clients:
    """The clients of one process."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    shared: dict[tuple[Any, ...], _Shared] = field(default_factory=dict)

    def acquire(self, key: tuple[Any, ...], make: Callable[[], _Shared]) -> _Shared:
        with self.lock:
            shared = self.shared.get(key)
            if shared is None:
                shared = self.shared[key] = make()
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

    flavour: Flavour | None
    lock: threading.Lock = field(default_factory=threading.Lock)
    shared: _Shared | None = None
    key: tuple[Any, ...] = ()
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
        self._processes: dict[int, _Held] = {}

    def _held(self) -> _Held:
        process = os.getpid()
        held = self._processes.get(process)
        return held or self._processes.setdefault(process, _Held(self.target.flavour))

    @property
    def flavour(self) -> Flavour:
        """Which kind of database it is, as far as is known; needs no connection."""
        return self._held().flavour or MONGODB

    @property
    def is_recognised(self) -> bool:
        """Whether it is known for sure."""
        return self._held().flavour is not None

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
            client = self._client(held)
            found = client[self.target.database][self.native_name(name)]
            held.collections[name] = found
            return found

    def _client(self, held: _Held) -> MongoClient[Document]:
        """The client, of the kind that the server turns out to need."""
        shared = held.shared or self._acquired(held)
        if held.flavour is None:
            # Asks for nothing but that some server has been found.
            _ = shared.client.is_mongos
            held.flavour = of_answers(list(shared.greetings.answers.values())) or MONGODB
            if held.flavour is not MONGODB:
                _clients().release(held.key)
                shared = self._acquired(held)
        return shared.client

    def _acquired(self, held: _Held) -> _Shared:
        given = self.target.given
        options, scope = defaults(given, held.flavour), token_scope(given, held.flavour)
        login = token_options(scope, given.user) if scope else {}
        held.key = (self.target.uri, tuple(options.items()), self._listeners)
        held.shared = _clients().acquire(held.key, lambda: self._connect({**options, **login}))
        return held.shared

    def _connect(self, options: Mapping[str, Any]) -> _Shared:
        greetings = _Greetings()
        client: MongoClient[Document] = MongoClient(
            self.target.uri,
            event_listeners=(*self._listeners, greetings),
            type_registry=PLAIN_TYPES,
            **options,
        )
        return _Shared(client, greetings)

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

    def advice(self) -> str:
        """What to look at where no server answers."""
        given, flavour = self.target.given, self.flavour
        return advice(given, flavour, defaults(given, flavour))

    def close(self) -> None:
        """Let go of the client; the last session to do so closes it."""
        held = self._held()
        with held.lock:
            if held.shared is None:
                return
            held.shared = None
            held.collections.clear()
            _clients().release(held.key)
