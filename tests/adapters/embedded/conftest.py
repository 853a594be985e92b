"""Processes that use an embedded database, and an eye on what they leave behind."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mlflow_docstore.adapters.embedded.supervision.files import Address, Files

# Says "ready" once it has done its work, and goes on living until its input ends.
_USER = """
import sys
from mlflow_docstore.adapters.embedded.connection import connect
driver = connect(sys.argv[1]).driver
exec(sys.argv[2])
print("ready", flush=True)
sys.stdin.read()
"""


def leave(process: "subprocess.Popen[str]") -> None:
    """End the input of a user, which ends it, and wait for that."""
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()
    process.wait()


def eventually(condition: Callable[[], bool], seconds: float = 30) -> bool:
    """Whether the condition comes true in time; what happens in other processes has no hook."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)  # between looks at other processes
    return True


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return not _shown(process, "state").startswith("Z")


def parent_of(process: int) -> int:
    return int(_shown(process, "ppid"))


def _shown(process: int, column: str) -> str:
    command = ["ps", "-o", f"{column}=", "-p", str(process)]
    return subprocess.run(command, capture_output=True, check=False, text=True).stdout.strip()


@dataclass
class Place:
    """A directory for an embedded database."""

    directory: Path
    processes: list["subprocess.Popen[str]"] = field(default_factory=list)

    @property
    def uri(self) -> str:
        return f"docstore://{self.directory}"

    @property
    def files(self) -> Files:
        return Files(self.directory)

    @property
    def address(self) -> Address:
        address = self.files.read_address()
        assert address is not None
        return address

    def user(self, code: str = "driver.get('c', 'a')") -> "subprocess.Popen[str]":
        """Another process that has run the code, and lives on."""
        process = self.start(code)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    def start(self, code: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", _USER, self.uri, code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.processes.append(process)
        return process

    def is_empty(self) -> bool:
        """Whether neither a server nor its supervisor is left."""
        return not self.files.server_is_there()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path / "some data" / "größe ключ")
    yield place
    for process in place.processes:
        process.kill()
        leave(process)
    assert eventually(place.is_empty), "a server was left behind"
