"""A server that speaks MongoDB's protocol, where there is none: a child process of the tests.

SecantusDB stands in for MongoDB. It is a beta, so what it accepts proves nothing about others; it
is licensed GPL-2.0, so it is in the dev extra only, and nothing of it is imported.
"""

import os
import re
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"

_START_SECONDS = 60
# Writes go into its log, so that they outlive a killed server, and do not wait for the disk.
# See https://source.wiredtiger.com/develop/tune_durability.html
_STORAGE = {"WIREDTIGER_CONFIG": "transaction_sync=(enabled=true,method=none)"}
_LISTENS = re.compile(rf"listening on {re.escape(HOST)}:(\d+)")
# It ends with whoever started it, however that ends: the pipe is closed by then.
_COMMAND = """
import os, runpy, threading
threading.Thread(target=lambda: (os.read(0, 1), os._exit(0)), daemon=True).start()
runpy.run_module("secantus", run_name="__main__", alter_sys=True)
"""


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@dataclass
class StandIn:
    """A server on a directory and a port of its own, which it keeps when it comes back.

    Args:
        directory: Holds its data, its log and its settings.
        port: Where it listens; 0 for a free port, chosen by its first start.
        process: Of the running server.
    """

    directory: Path
    port: int = 0
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def address(self) -> str:
        return f"{HOST}:{self.port}"

    def uri(self, database: str) -> str:
        """Of a database; there is one server, which need not be discovered."""
        return f"mongodb://{self.address}/{database}?directConnection=true"

    def start(self, *options: str) -> None:
        """Return once it listens, which it says."""
        self.directory.mkdir(parents=True, exist_ok=True)
        settings, log = self.directory / "secantusd.toml", self.directory / "server.log"
        settings.touch()
        with log.open("wb") as said:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-c", _COMMAND, "--host", HOST, "--port", str(self.port)),
                    *("--storage-path", str(self.directory / "data"), "--config", str(settings)),
                    *("--log-level", "INFO", *options),
                ],
                env=os.environ | _STORAGE,
                stdin=subprocess.PIPE,
                stdout=said,
                stderr=said,
            )
        self.port = self._listening(log)

    def _listening(self, log: Path) -> int:
        deadline = time.monotonic() + _START_SECONDS
        while self._is_running() and time.monotonic() < deadline:
            if found := _LISTENS.search(log.read_text()):
                return int(found[1])
            time.sleep(0.01)
        raise AssertionError(f"the server did not start: {log.read_text()}")

    def _is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """Without a warning."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            if self.process.stdin is not None:
                self.process.stdin.close()
            self.process = None
