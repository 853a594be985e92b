"""A proxy between a driver and a MongoDB server that is asked about every command.

It understands no more of the protocol than where a message ends and what command it carries, and
changes nothing that passes. Its judge says what becomes of a command: a script of faults does so,
and so can a guard that refuses what some dialect does not take.

Clients must connect with ``directConnection=true``, or they go around: the server tells its own
address.
"""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from types import TracebackType
from typing import Any, TypeAlias

import bson

_HEADER = struct.Struct("<iiii")
_OP_MSG = 2013
_BODY_AT = _HEADER.size + 5
"""Behind the header are the flags (4 bytes) and the kind of the first section (1 byte)."""

_CHUNK = 65536

# What clients say to find servers, to log in and to clean up; no call of ours.
_HOUSEKEEPING = frozenset(
    {"hello", "ismaster", "isMaster", "ping", "buildInfo", "endSessions", "killCursors"}
)


class Verdict(Enum):
    """What becomes of a command."""

    FORWARD = auto()
    CUT_BEFORE = auto()
    """The connection breaks; the server never hears of the command."""
    CUT_AFTER = auto()
    """The server does it, but the connection breaks before the reply."""
    DIE = auto()
    """All connections break, and no new one is taken until ``Proxy.revive``."""


@dataclass(frozen=True)
class Refusal:
    """The command is answered in the server's stead."""

    reply: Mapping[str, Any]


@dataclass(frozen=True)
class Command:
    """A command on its way to the server.

    Args:
        name: Such as ``"insert"``.
        body: Its document; documents to insert travel beside it and are not in it.
    """

    name: str
    body: Mapping[str, Any]


Judge: TypeAlias = Callable[[Command], "Verdict | Refusal"]


def forward(command: Command) -> Verdict:
    """A judge who lets everything pass."""
    del command
    return Verdict.FORWARD


@dataclass(eq=False)
class _Connection:
    """One client's connection, and ours to the server in its name."""

    client: socket.socket
    server: socket.socket
    unanswered: set[int] = field(default_factory=set)
    """Requests after whose reply the connection breaks."""

    def cut(self) -> None:
        for end in (self.client, self.server):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


class Proxy:
    """Listens on a port of this machine, from construction until ``close``.

    Args:
        upstream: Host and port of the server.
        judge: Who is asked about each command; may be replaced at any time.
    """

    def __init__(self, upstream: tuple[str, int], judge: Judge = forward) -> None:
        self.judge = judge
        self._upstream = upstream
        self._lock = threading.Lock()
        self._connections: set[_Connection] = set()
        self._listener: socket.socket | None = None
        self.address: tuple[str, int] = ("127.0.0.1", 0)
        self.revive()

    def __enter__(self) -> "Proxy":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def revive(self) -> None:
        """Take connections, on the same port as before."""
        listener = socket.create_server(self.address)
        with self._lock:
            self._listener = listener
            self.address = listener.getsockname()
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def close(self) -> None:
        """Break all connections and take no more."""
        with self._lock:
            listener, self._listener = self._listener, None
            connections = list(self._connections)
        if listener is not None:
            # Or the thread that waits for connections would keep the port open.
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        for connection in connections:
            connection.cut()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                self._serve(client)

    def _serve(self, client: socket.socket) -> None:
        try:
            connection = _Connection(client, socket.create_connection(self._upstream))
        except OSError:
            client.close()
            return
        with self._lock:
            self._connections.add(connection)
            dead = self._listener is None
        if dead:
            connection.cut()
        for pump in (self._requests, self._replies):
            threading.Thread(target=self._pump, args=(connection, pump), daemon=True).start()

    def _pump(self, connection: _Connection, pump: Callable[[_Connection], None]) -> None:
        with contextlib.suppress(OSError):
            pump(connection)
        connection.cut()
        with self._lock:
            self._connections.discard(connection)

    def _requests(self, connection: _Connection) -> None:
        for request, message in _messages(connection.client):
            command = _command(message)
            verdict: Verdict | Refusal = Verdict.FORWARD
            if command is not None and command.name not in _HOUSEKEEPING:
                verdict = self.judge(command)
            if isinstance(verdict, Refusal):
                connection.client.sendall(_reply(request, verdict.reply))
                continue
            if verdict is Verdict.DIE:
                self.close()
            if verdict in {Verdict.CUT_BEFORE, Verdict.DIE}:
                return
            if verdict is Verdict.CUT_AFTER:
                connection.unanswered.add(request)
            connection.server.sendall(message)

    def _replies(self, connection: _Connection) -> None:
        for _, message in _messages(connection.server):
            if _HEADER.unpack_from(message)[2] in connection.unanswered:
                return
            connection.client.sendall(message)


def _messages(source: socket.socket) -> Iterator[tuple[int, bytes]]:
    """The messages that arrive, each whole, with its request id."""
    buffer = bytearray()
    while received := source.recv(_CHUNK):
        buffer += received
        while len(buffer) >= _HEADER.size:
            length, request, _, _ = _HEADER.unpack_from(buffer)
            if len(buffer) < length:
                break
            message = bytes(buffer[:length])
            del buffer[:length]
            yield request, message


def _command(message: bytes) -> Command | None:
    if _HEADER.unpack_from(message)[3] != _OP_MSG:
        return None
    (length,) = struct.unpack_from("<i", message, _BODY_AT)
    body = bson.decode(message[_BODY_AT : _BODY_AT + length])
    return Command(next(iter(body)), body)


def _reply(request: int, document: Mapping[str, Any]) -> bytes:
    body = struct.pack("<ib", 0, 0) + bson.encode(document)
    return _HEADER.pack(_HEADER.size + len(body), 0, request, _OP_MSG) + body
