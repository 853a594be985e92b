"""The server with MongoDB's protocol that the tests use, as a child process with its own port."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from .ports import HOST, free_port

_SECONDS = 60
# Writes go into its log, and do not wait for the disk.
_STORAGE = {"WIREDTIGER_CONFIG": "transaction_sync=(enabled=true,method=none)"}


class StandInMissingError(Exception):
    """The server is not installed; the text says what to install."""


@contextmanager
def running(home: Path) -> Iterator[str]:
    """A server on files below a directory, by its URI; it is stopped at the end.

    Raises:
        StandInMissingError: There is nothing to run.
    """
    if find_spec("secantus") is None:
        raise StandInMissingError("pip install 'mlflow-docstore[dev]'")
    data, log, port = home / "data", home / "server.log", free_port()
    data.mkdir(parents=True)
    (home / "secantusd.toml").touch()  # or it takes one that it finds elsewhere
    command = [
        *(sys.executable, "-m", "secantus", "--standalone", "--log-level", "WARNING"),
        *("--host", HOST, "--port", str(port), "--storage-path", str(data)),
    ]
    with log.open("wb") as output:
        server = subprocess.Popen(
            command,
            env=os.environ | _STORAGE,
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        _await_answer(server, port, log)
        yield f"mongodb://{HOST}:{port}"
    finally:
        server.terminate()
        try:
            server.wait(_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _await_answer(server: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"the server does not start: {log.read_text(errors='replace')[-600:]}")
