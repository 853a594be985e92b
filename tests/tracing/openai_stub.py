"""A server that speaks as much of OpenAI's chat API as its own client needs."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MODEL = "gpt-4o-mini"
"""One whose price MLflow knows."""

USAGE = {"prompt_tokens": 1000, "completion_tokens": 500, "total_tokens": 1500}
WORDS = ("Tea", " is", " hot", ".")


@contextmanager
def answering() -> Iterator[str]:
    """The base URL of such a server, for the time of a block."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if asked["model"] != MODEL:
            self._say(404, "application/json", json.dumps({"error": {"message": "no such model"}}))
        elif asked.get("stream"):
            events = [*map(json.dumps, _chunks()), "[DONE]"]
            self._say(200, "text/event-stream", "".join(f"data: {event}\n\n" for event in events))
        else:
            self._say(200, "application/json", json.dumps(_completion()))

    def _say(self, status: int, kind: str, body: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
        """Nothing on the terminal."""


def _completion() -> dict[str, Any]:
    message = {"role": "assistant", "content": "".join(WORDS)}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return _whole("chat.completion", [choice]) | {"usage": USAGE}


def _chunks() -> Iterator[dict[str, Any]]:
    for word in WORDS:
        delta = {"role": "assistant", "content": word}
        yield _whole("chat.completion.chunk", [{"index": 0, "delta": delta}])
    last = {"index": 0, "delta": {}, "finish_reason": "stop"}
    yield _whole("chat.completion.chunk", [last])
    yield _whole("chat.completion.chunk", []) | {"usage": USAGE}


def _whole(kind: str, choices: list[dict[str, Any]]) -> dict[str, Any]:
    return {"id": "c-1", "object": kind, "created": 1, "model": MODEL, "choices": choices}
