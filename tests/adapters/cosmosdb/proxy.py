"""A proxy between Azure's SDK and a stand-in that is asked about every request.

Its judges are those of MongoDB's proxy: a request is a command of the name that the stand-in's
faults give it.
"""

import threading
from http.client import HTTPConnection
from types import TracebackType

from mlflow_docstore.testing.guard.protocol import Command
from mlflow_docstore.testing.guard.proxy import Judge, Refusal, Verdict, forward

from .service.access import HOST
from .service.requests import Reply, Request
from .service.wire import Wire
from .standin import StandIn

HELLO = "hello"
"""The name of what the SDK asks once, to find account, containers and partitions: most judges look
away from it."""

THROTTLED = Reply(429, b"{}", {"x-ms-substatus": "3200", "x-ms-retry-after-ms": "20"})
"""How a request is refused, whatever another database would say."""


class Proxy:
    """Listens on a port of this machine, from construction until ``close``.

    Args:
        upstream: The stand-in.
        judge: Who is asked about each request; may be replaced at any time.
    """

    def __init__(self, upstream: StandIn, judge: Judge = forward) -> None:
        self.judge = judge
        self.front = StandIn(0)
        self._upstream = upstream
        self._connections = threading.local()
        self._wire: Wire | None = None
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
        wire = self._wire = Wire(self.front.port, self._answer)
        self.front = StandIn(wire.server_address[1])
        threading.Thread(target=wire.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        """Answer nobody any more."""
        wire, self._wire = self._wire, None
        if wire is not None:
            wire.shutdown()
            wire.server_close()

    def _answer(self, request: Request) -> Reply | None:
        ruling = self.judge(Command(_named(request)))
        if isinstance(ruling, Refusal):
            return THROTTLED
        if ruling is Verdict.DIE:
            self.close()
        if self._wire is None or ruling is Verdict.CUT_BEFORE:
            return None
        reply = self._forwarded(request)
        return None if ruling is Verdict.CUT_AFTER else reply

    def _forwarded(self, request: Request) -> Reply:
        connection = getattr(self._connections, "one", None)
        if connection is None:
            connection = self._connections.one = HTTPConnection(HOST, self._upstream.port)
        connection.request(request.method, request.address, request.body, request.headers)
        answer = connection.getresponse()
        return Reply(answer.status, answer.read(), dict(answer.getheaders()))


def _named(request: Request) -> str:
    is_found = request.method == "GET" and "docs" not in request.segments
    return HELLO if is_found else request.operation
