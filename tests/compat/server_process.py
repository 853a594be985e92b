"""``mlflow server``, as a user starts it."""

import socket
import subprocess
import sys
import time
from pathlib import Path

import requests


class ServerProcess:
    """A server, for the time of a block that gets its address.

    Args:
        directory: Where its artifacts are.
        database: What it stores in, an embedded database in the directory unless it is given.
    """

    def __init__(self, directory: Path, database: str | None = None) -> None:
        self.database = database or f"docstore://{directory / 'database'}"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = str(probe.getsockname()[1])
        self._said = directory / "said"
        self._address = f"http://127.0.0.1:{port}"
        self._command = [
            *(sys.executable, "-m", "mlflow", "server", "--workers", "1"),
            *("--backend-store-uri", self.database),
            *("--default-artifact-root", str(directory / "artifacts")),
            *("--host", "127.0.0.1", "--port", port),
        ]

    @property
    def said(self) -> str:
        """What it has written out so far."""
        return self._said.read_text()

    def __enter__(self) -> str:
        with self._said.open("wb") as said:
            self._process = subprocess.Popen(self._command, stdout=said, stderr=subprocess.STDOUT)
        while self._process.poll() is None:
            if self._answers():
                return self._address
            time.sleep(0.1)
        raise AssertionError(self.said)

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self._address}/health", timeout=10).ok
        except requests.ConnectionError:
            return False

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(timeout=60)
