"""A proxy between a driver and a MongoDB server that is asked about every command.

Its judge says what becomes of a command: a script of faults does so, and so does a guard that
refuses what some dialect does not take. What a judge lets pass is not changed.

Clients must connect with ``directConnection=true``, or they go around, as the server tells its own
address; unless a judge amends what it tells.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from types import TracebackType
from typing import Any, TypeAlias

from .protocol import (
    HOUSEKEEPING,
    STATEMENTS,
    Command,
    Document,
    amended,
    answered_id,
    messages,
    read_command,
    reply,
    request_id,
    without_documents,
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
class Amendment:
    """The server does the command, and something else is told of that."""

    change: Callable[[Document], Document]


@dataclass(frozen=True)
class PartRefusal:
    """Some statements of a bulk write fail, and the server never hears of them.

    Args:
        errors: Code and text of each, by its place.
    """

    errors: Mapping[int, Mapping[str, Any]]


@dataclass(frozen=True)
class Delay:
    """The command waits before its verdict is carried out."""

    seconds: float
    then: "Ruling" = Verdict.FORWARD


Ruling: TypeAlias = Verdict | Refusal | Amendment | PartRefusal | Delay
Judge: TypeAlias = Callable[[Command], Ruling]


def forward(command: Command) -> Verdict:
    """A judge who lets everything pass."""
    del command
    return Verdict.FORWARD


def together(*judges: Judge) -> Judge:
    """Asks the judges in turn; the first ruling that is not to forward stands."""

    def judge(command: Command) -> Ruling:
        rulings = (one(command) for one in judges)
        return next((one for one in rulings if one is not Verdict.FORWARD), Verdict.FORWARD)

    return judge


@dataclass(eq=False)
class _Connection:
    """One client's connection, and ours to the server in its name."""

    client: socket.socket
    server: socket.socket
    application: str = ""
    unanswered: set[int] = field(default_factory=set)
    """Requests after whose reply the connection breaks."""
    amendments: dict[int, Callable[[Document], Document]] = field(default_factory=dict)
    """What is changed in the reply to a request."""

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
        port: Where to listen; 0 for a free one.
    """

    def __init__(self, upstream: tuple[str, int], judge: Judge = forward, *, port: int = 0) -> None:
        self.judge = judge
        self._upstream = upstream
        self._lock = threading.Lock()
        self._connections: set[_Connection] = set()
        self._listener: socket.socket | None = None
        self.address: tuple[str, int] = ("127.0.0.1", port)
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
        # Or a part of a message would wait until the part before it is acknowledged.
        for end in (client, connection.server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            self._connections.add(connection)
            dead = self._listener is None
        if dead:
            connection.cut()
        for pump in (self._requests, self._replies):
            threading.Thread(target=self._pump, args=(connection, pump), daemon=True).start()

    def _pump(self, connection: _Connection, pump: Callable[[_Connection], None]) -> None:
        try:
            with contextlib.suppress(OSError):
                pump(connection)
        finally:
            # Whatever a judge may have raised, no client waits for ever.
            connection.cut()
            with self._lock:
                self._connections.discard(connection)

    def _requests(self, connection: _Connection) -> None:
        host, port = self.address
        for message in messages(connection.client):
            command = read_command(message, connection.application, f"{host}:{port}")
            if command is None:
                connection.server.sendall(message)
                continue
            if command.name in HOUSEKEEPING and "client" in command.body:
                about = command.body["client"].get("application", {})
                connection.application = str(about.get("name", ""))
            if not self._carried_out(connection, message, command, self.judge(command)):
                return

    def _carried_out(
        self, connection: _Connection, message: bytes, command: Command, ruling: Ruling
    ) -> bool:
        """Carry a ruling out; whether the connection lives on."""
        while isinstance(ruling, Delay):
            time.sleep(ruling.seconds)
            ruling = ruling.then
        request = request_id(message)
        if isinstance(ruling, PartRefusal):
            message, ruling = _divided(message, command, ruling)
        if isinstance(ruling, Refusal):
            if not command.silent:
                connection.client.sendall(reply(request, ruling.reply))
            return True
        if ruling is Verdict.DIE:
            self.close()
        if ruling in {Verdict.CUT_BEFORE, Verdict.DIE}:
            return False
        if isinstance(ruling, Amendment):
            connection.amendments[request] = ruling.change
        if ruling is Verdict.CUT_AFTER:
            connection.unanswered.add(request)
        connection.server.sendall(message)
        return True

    def _replies(self, connection: _Connection) -> None:
        for message in messages(connection.server):
            request = answered_id(message)
            if request in connection.unanswered:
                return
            change = connection.amendments.pop(request, None)
            connection.client.sendall(message if change is None else amended(message, change))


def _divided(
    message: bytes, command: Command, ruling: PartRefusal
) -> tuple[bytes, Refusal | Amendment]:
    """What is left of a bulk write for the server, and how its reply comes to tell of the rest."""
    name = STATEMENTS[command.name]
    total = len(command.sizes(name))
    failing = dict(ruling.errors)
    ordered = bool(command.body.get("ordered", True))
    if ordered:
        # The first failure is the last thing that happens.
        first = min(failing)
        failing, left_out = {first: failing[first]}, set(range(first, total))
    else:
        left_out = set(failing)
    errors = [{"index": number, **error} for number, error in sorted(failing.items())]
    if len(left_out) == total:
        return message, Refusal({"ok": 1.0, "n": 0, "writeErrors": errors})
    places = [number for number in range(total) if number not in left_out]

    def change(answer: Document) -> Document:
        others = [{**one, "index": places[one["index"]]} for one in answer.get("writeErrors", ())]
        ids = [{**one, "index": places[one["index"]]} for one in answer.get("upserted", ())]
        told = others if ordered and others else [*errors, *others]
        merged = sorted(told, key=lambda one: int(one["index"]))
        return {**answer, "writeErrors": merged, **({"upserted": ids} if ids else {})}

    return without_documents(message, name, left_out), Amendment(change)
