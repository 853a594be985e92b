"""HTTP, as much of it as the SDK speaks."""

import re
from collections.abc import Callable
from socketserver import StreamRequestHandler, ThreadingTCPServer

from .access import HOST
from .account import Account
from .requests import Reply, Request

_LINE = re.compile(rb"([A-Z]+) (\S+) HTTP/1\.1\r\n")


class Wire(ThreadingTCPServer):
    """Listens on a port.

    Args:
        port: Which; 0 for a free one.
        answer: Answers requests, with None where the connection is closed instead; an account's
            own where nobody stands before it.
    """

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, answer: Callable[[Request], Reply | None] | None = None) -> None:
        super().__init__((HOST, port), Conversation)
        self.answer = answer or Account(f"http://{HOST}:{self.server_address[1]}/").answer


class Conversation(StreamRequestHandler):
    """Requests of one connection, one after another."""

    disable_nagle_algorithm = True
    server: Wire

    def handle(self) -> None:
        try:
            while request := self._request():
                reply = self.server.answer(request)
                if reply is None:
                    return
                self.request.sendall(_bytes(reply))
        except ConnectionError:
            return

    def _request(self) -> Request | None:
        line = _LINE.fullmatch(self.rfile.readline())
        if line is None:
            return None
        headers: dict[str, str] = {}
        while (header := self.rfile.readline().decode("latin-1").strip()) != "":
            name, _, value = header.partition(":")
            headers[name.lower()] = value.strip()
        body = self.rfile.read(int(headers.get("content-length", 0)))
        return Request(line[1].decode(), line[2].decode(), headers, body)


def _bytes(reply: Reply) -> bytes:
    headers = {
        "content-type": "application/json",
        "content-length": str(len(reply.body)),
        "x-ms-request-charge": f"{reply.charge:.2f}",
        **reply.headers,
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {reply.status} -\r\n{lines}\r\n".encode("latin-1") + reply.body
