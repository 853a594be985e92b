"""The files of an embedded database, and the locks that say who is there.

Locks are the kernel's (``flock``), so they end with their processes, however these end:

- ``users.lock`` is shared by every process that uses the database. The supervisor takes it
  exclusively to stop, so nobody comes in while it does.
- ``server.lock`` is held by the supervisor and by the server that it started.
- ``start.lock`` is held while starting, so one process starts and the others wait for it.
"""

import contextlib
import fcntl
import json
import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import IO

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Address:
    """Where a server listens, and the process that it is."""

    port: int
    pid: int

    def answers(self) -> bool:
        """Whether something accepts connections there."""
        try:
            socket.create_connection((HOST, self.port), timeout=1).close()
        except OSError:
            return False
        return True


class Files:
    """The files of one embedded database.

    Args:
        directory: Holds all of them.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.data = directory / "data"
        self.log = directory / "server.log"
        self.settings = directory / "secantusd.toml"
        self.users_lock = directory / "users.lock"
        self.server_lock = directory / "server.lock"
        self.start_lock = directory / "start.lock"
        self._address = directory / "server.json"

    def write_address(self, address: Address) -> None:
        draft = self._address.with_suffix(".tmp")
        draft.write_text(json.dumps({"port": address.port, "pid": address.pid}))
        draft.replace(self._address)

    def remove_address(self) -> None:
        self._address.unlink(missing_ok=True)

    def read_address(self) -> Address | None:
        """What was last written; its server may be gone."""
        try:
            found = json.loads(self._address.read_text())
        except FileNotFoundError:
            return None
        return Address(found["port"], found["pid"])

    def server_is_there(self) -> bool:
        """Whether a server, or its supervisor, is alive."""
        with opened(self.server_lock) as file:
            return not locked(file, fcntl.LOCK_SH)

    def last_words(self) -> str:
        """The end of the log, on one line."""
        with contextlib.suppress(FileNotFoundError):
            lines = self.log.read_text(errors="replace").split("\n")
            return " | ".join(line.strip() for line in lines if line.strip())[-600:]
        return ""


def opened(path: Path) -> IO[bytes]:
    """A lock's file, made where it is missing; closing it lets the lock go."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    return os.fdopen(descriptor, "rb+", buffering=0)


def locked(file: IO[bytes], operation: int) -> bool:
    """Take a lock if that needs no waiting; whether it was taken."""
    try:
        fcntl.flock(file, operation | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
