"""How long the SDK may go on with one request by itself; then it is for us to say."""

import time
from typing import Any
from weakref import WeakKeyDictionary

from azure.cosmos.exceptions import CosmosClientTimeoutError


class Patience:
    """Ends retries of the SDK, some of which go on for minutes.

    Args:
        seconds: From a request's first attempt to the start of its last.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        # Retries send one and the same request again.
        self._began: WeakKeyDictionary[Any, float] = WeakKeyDictionary()

    def admit(self, request: Any) -> None:
        """A request of the pipeline is about to be sent, perhaps again.

        Raises:
            CosmosClientTimeoutError: It has been tried for too long.
        """
        now = time.monotonic()
        began = self._began.setdefault(request.http_request, now)
        if now - began > self._seconds:
            raise CosmosClientTimeoutError
