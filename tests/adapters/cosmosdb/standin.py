"""Azure Cosmos DB for NoSQL, where there is none: a child process of the tests."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote

from .service.access import HOST, KEY


@dataclass(frozen=True)
class StandIn:
    """A stand-in that listens.

    Args:
        port: Where.
    """

    port: int

    @property
    def endpoint(self) -> str:
        return f"http://{HOST}:{self.port}/"

    def uri(self, database: str) -> str:
        """Of a store."""
        return f"cosmos+http://{HOST}:{self.port}/{database}?key={quote(KEY, safe='')}"

    def fail(self, **fault: Any) -> None:
        """Order what ``service.faults.Fault`` says, after those that are ordered already."""
        self._asked("POST", "faults", [fault])

    def recover(self) -> None:
        """Order no more failures."""
        self._asked("DELETE", "faults")

    def forget(self) -> None:
        """Start ``log`` anew."""
        self._asked("DELETE", "log")

    def log(self) -> list[dict[str, Any]]:
        """Requests since ``forget``: operation, address, client, status and charge of each."""
        return list(self._asked("GET", "log"))

    def lag(self, *, everywhere: bool = False) -> None:
        """From now on answer reads that bring no newer session token as of this moment.

        Containers that are made later do not lag.

        Args:
            everywhere: Refuse those that bring a newer one with 404/1002, as no replica has caught
                up; else one has, as far as the session has seen.
        """
        self._asked("POST", "lag", everywhere)

    def catch_up(self) -> None:
        """Let replicas lag no more."""
        self._asked("DELETE", "lag")

    def write_in(self, *regions: str) -> None:
        """Set the names of the regions in which the account takes writes; it is made with one."""
        self._asked("POST", "regions", regions)

    def level(self, level: str) -> None:
        """Set the account's level of consistency, which clients ask for when they are made."""
        self._asked("POST", "level", level)

    def keep(self) -> None:
        """Keep what it holds, for ``hold_again``."""
        self._asked("POST", "kept")

    def hold_again(self) -> None:
        """Hold what was kept, and nothing else."""
        self._asked("GET", "kept")

    def _asked(self, method: str, what: str, body: Any = None) -> Any:
        connection = HTTPConnection(HOST, self.port, timeout=30)
        try:
            connection.request(method, f"/_standin/{what}", json.dumps(body))
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()


@contextmanager
def running() -> Iterator[StandIn]:
    """A stand-in of its own, which holds nothing yet and is gone afterwards."""
    process = subprocess.Popen(
        [sys.executable, "-m", f"{__package__}.service"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        line = process.stdout.readline()
        try:
            yield StandIn(int(line.rpartition(":")[2]))
        finally:
            process.kill()
