"""The quickstart as a user runs it."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from mlflow_docstore.adapters.embedded.supervision.files import Files

COMMAND = Path(sys.executable).with_name("mlflow-docstore")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

EXAMPLE = """
import sys
import mlflow

_, _, uri, _, experiment = sys.argv
mlflow.set_tracking_uri(uri)
mlflow.set_experiment(experiment)
with mlflow.start_run():
    mlflow.log_text("hello", "hello.txt")
"""


class Quickstart:
    """The command in a directory of its own."""

    def __init__(self, directory: Path, *options: str) -> None:
        self.process = subprocess.Popen(
            [COMMAND, "quickstart", *options],
            cwd=directory,
            env={**os.environ, "PYTHONUNBUFFERED": "1", "MLFLOW_DISABLE_TELEMETRY": "true"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.said = ""

    def read_until(self, pattern: str) -> str:
        """The first group of the first match in what it says."""
        for line in self.process.stdout or ():
            self.said += line
            if found := re.search(pattern, line):
                return found.group(1)
        raise AssertionError(f"it never said {pattern}: {self.said}")

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        self.said += self.process.communicate(timeout=60)[0]
        return self.process.returncode


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Quickstart]]:
    started: list[Quickstart] = []

    def run(*options: str) -> Quickstart:
        started.append(Quickstart(tmp_path, *options))
        return started[-1]

    yield run
    for quickstart in started:
        if quickstart.process.poll() is None:
            quickstart.end(signal.SIGTERM)


def answers(address: str) -> bool:
    try:
        urlopen(f"{address}/health", timeout=10).close()  # noqa: S310 - http, and our own
    except OSError:
        return False
    return True


def test_it_fills_the_store_once_serves_and_stops(
    start: Callable[..., Quickstart], tmp_path: Path
) -> None:
    (tmp_path / "example.py").write_text(EXAMPLE)
    options = ("--example", "example.py", "--experiment", "filled")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        first = start("--port", str(port), *options)
        address = first.read_until(r"^MLflow is at (\S+)")
        assert f"Port {port} is taken" in first.said
        assert address != f"http://127.0.0.1:{port}"
        assert answers(address)
        assert first.end(signal.SIGINT) == 0
        assert not answers(address)
    assert not Files(tmp_path / ".docstore" / "database").server_is_there()
    assert [path.read_text() for path in (tmp_path / ".docstore").rglob("hello.txt")] == ["hello"]

    second = start("--port", str(port), *options)
    assert second.read_until(r"^MLflow is at (\S+)") == f"http://127.0.0.1:{port}"
    assert "'filled' is there already" in second.said
    assert second.end(signal.SIGTERM) == 0


def test_a_server_that_dies_is_reported_with_its_last_words(
    start: Callable[..., Quickstart],
) -> None:
    quickstart = start("--backend-store-uri", "nosuchscheme://here")
    said, _ = quickstart.process.communicate(timeout=250)
    assert quickstart.process.returncode == 1
    assert "MLflow ended (exit status 1)" in said
    assert "nosuchscheme" in said
