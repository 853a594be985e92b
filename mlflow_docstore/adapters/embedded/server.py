"""One user's hold on the server of a directory, which the first user starts and the last stops."""

import fcntl
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from mlflow_docstore.core.errors import Unreachable

from . import supervision
from .supervision.files import HOST, Address, Files, opened
from .supervision.supervisor import START_SECONDS

# A little more than the supervisor allows the server.
_START_SECONDS = START_SECONDS + 5
_POLL_SECONDS = 0.02
# Without the packages around it, whose imports take seconds.
_LAUNCHER = """
import sys
sys.path.insert(0, sys.argv[1])
from supervision.supervisor import launch
sys.exit(launch(sys.argv[2]))
"""


@dataclass
class _Held:
    """What a process holds: a fork takes part in its parent's lock, but needs one of its own."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    users: IO[bytes] | None = None


class Server:
    """A server that is there while somebody uses it.

    Args:
        directory: Its data; made where it is missing.
    """

    def __init__(self, directory: Path) -> None:
        self._files = Files(directory)
        self._processes: dict[int, _Held] = {}

    def _held(self) -> _Held:
        process = os.getpid()
        return self._processes.get(process) or self._processes.setdefault(process, _Held())

    def address(self) -> tuple[str, int]:
        """Host and port of the running server; joins it, or starts it.

        Raises:
            Unreachable: It does not start; the reason ends with its last words.
        """
        held = self._held()
        try:
            with held.lock:
                self._enter(held)
                found = self._running() or self._start()
        except OSError as error:
            reason = f"cannot use {self._files.directory}: {error.strerror}"
            raise Unreachable("database", reason=reason) from error
        return HOST, found.port

    def release(self) -> None:
        """Use it no longer; a later ``address`` does again."""
        held = self._held()
        with held.lock:
            users, held.users = held.users, None
            if users is not None:
                users.close()

    def _enter(self, held: _Held) -> None:
        """Be a user, before anything else: from here on the server that is there stays."""
        if held.users is None:
            self._files.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            users = opened(self._files.users_lock)
            fcntl.flock(users, fcntl.LOCK_SH)
            held.users = users

    def _running(self) -> Address | None:
        address = self._files.read_address()
        if address is None or not self._files.server_is_there() or not address.answers():
            return None
        return address

    def _start(self) -> Address:
        with opened(self._files.start_lock) as start:
            fcntl.flock(start, fcntl.LOCK_EX)
            deadline = time.monotonic() + _START_SECONDS
            launched = False
            while time.monotonic() < deadline:
                if found := self._running():
                    return found
                if not self._files.server_is_there():
                    if launched:
                        break
                    self._launch()
                    launched = True
                time.sleep(_POLL_SECONDS)
        reason = f"the embedded server of {self._files.directory} does not start"
        raise Unreachable("database", reason=f"{reason}: {self._files.last_words()}")

    def _launch(self) -> None:
        """Start a supervisor, which goes into the background with the server's lock."""
        packages = Path(supervision.__file__).parent.parent
        subprocess.run(  # noqa: S603 - no shell, and every word is ours
            [sys.executable, "-I", "-S", "-c", _LAUNCHER, packages, self._files.directory],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            check=False,
        )
