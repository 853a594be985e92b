"""The quickstart as a user runs it."""

import asyncio
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
import uvicorn

from mlflow_docstore.quickstart import LOOP

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

WAITS = """
import pathlib, time

if not pathlib.Path("goes-on").exists():
    print("waits for Ctrl-C", flush=True)
    time.sleep(200)
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
    (tmp_path / "first.py").write_text(EXAMPLE)
    (tmp_path / "second.py").write_text(EXAMPLE + WAITS)
    options = ("--example", "first.py", "--example", "second.py", "--experiment", "filled")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        interrupted = start("--port", str(port), *options)
        address = interrupted.read_until(r"^It answers at (\S+),")
        assert f"Port {port} is taken" in interrupted.said
        assert address != f"http://127.0.0.1:{port}"
        interrupted.read_until("(waits for Ctrl-C)")
        assert answers(address)
        assert interrupted.end(signal.SIGINT) == 0
        assert not answers(address)
    assert [path.read_text() for path in (tmp_path / ".docstore").rglob("*.txt")] == ["hello"] * 2

    (tmp_path / "goes-on").touch()
    refilled = start("--port", str(port), *options)
    assert refilled.read_until(r"^MLflow is at (\S+)") == f"http://127.0.0.1:{port}"
    assert "Running second.py (1 of 1)" in refilled.said
    assert "Running first.py" not in refilled.said
    assert refilled.end(signal.SIGTERM) == 0

    full = start("--port", str(port), *options)
    full.read_until("(/#/prompts)")
    assert "'filled' is filled already" in full.said
    assert "Running" not in full.said
    assert re.search(r"/#/experiments/\d+/runs\?", full.said)
    assert re.search(r"/#/experiments/\d+/traces\?", full.said)
    assert "/#/models?" in full.said
    assert full.end(signal.SIGTERM) == 0


def test_a_server_that_dies_is_reported_with_its_last_words(
    start: Callable[..., Quickstart],
) -> None:
    quickstart = start()
    quickstart.read_until("(/#/prompts)")
    (server,) = subprocess.run(
        ["pgrep", "-P", str(quickstart.process.pid)], capture_output=True, text=True, check=True
    ).stdout.split()
    os.kill(int(server), signal.SIGKILL)
    said, _ = quickstart.process.communicate(timeout=60)
    assert quickstart.process.returncode == 1
    assert "MLflow ended (exit status -9)" in said
    assert "Application startup complete" in said


def test_a_data_directory_that_cannot_be_made_is_one_line(
    start: Callable[..., Quickstart], tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("no directory")
    quickstart = start("--data", "taken")
    said, _ = quickstart.process.communicate(timeout=60)
    assert quickstart.process.returncode == 1
    assert said == "Cannot make taken/artifacts: Not a directory.\n"


async def delay_is_off(listening: socket.socket) -> bool:
    """Whether the event loop that runs this sends small answers at once on what it accepts."""
    loop = asyncio.get_running_loop()
    off: asyncio.Future[int] = loop.create_future()

    class Accepted(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            connection = transport.get_extra_info("socket")
            off.set_result(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    async with await loop.create_server(Accepted, sock=listening):
        _, writer = await asyncio.open_connection(*listening.getsockname())
        writer.close()
        return bool(await off)


def test_several_workers_answer_at_once() -> None:
    # The one socket of several workers is made by uvicorn, that of one worker by its event loop.
    config = uvicorn.Config("", loop=LOOP, workers=2, port=0)
    with config.bind_socket() as listening:
        loop = (config.get_loop_factory() or asyncio.new_event_loop)()
        try:
            assert loop.run_until_complete(delay_is_off(listening))
        finally:
            loop.close()
