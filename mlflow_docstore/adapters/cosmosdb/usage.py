"""What requests have cost, by what each response says of itself."""

import threading
from typing import Any

from mlflow_docstore.ports.backend import Usage

_CHARGE = "x-ms-request-charge"


class Meter:
    """Adds up the requests of one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._used = Usage(0, 0.0)

    def note(self, response: Any) -> None:
        """A response of the pipeline came, whatever it says."""
        charge = float(response.http_response.headers.get(_CHARGE, 0))
        with self._lock:
            self._used = Usage(self._used.requests + 1, self._used.charge + charge)

    @property
    def used(self) -> Usage:
        """All so far."""
        return self._used
