"""What was read a moment ago, for calls that come by the thousand and need no newer."""

import time
from collections.abc import Callable
from typing import Generic, TypeVar

_AGE = 1.0
"""Seconds for which it will do."""

_MOST = 1000

T = TypeVar("T")


class Recent(Generic[T]):
    """Values by key, each read at most once a second.

    Threads may share it: two that come at once may both read.

    Args:
        read: From a key to its value; its errors are not remembered.
        clock: Seconds that never go back.
    """

    def __init__(
        self, read: Callable[[str], T], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._read = read
        self._clock = clock
        self._seen: dict[str, tuple[float, T]] = {}

    def get(self, key: str) -> T:
        """The value, as it was within the last second."""
        now = self._clock()
        seen = self._seen.get(key)
        if seen is not None and now - seen[0] < _AGE:
            return seen[1]
        value = self._read(key)
        if len(self._seen) >= _MOST:
            self._seen.clear()
        self._seen[key] = (now, value)
        return value

    def drop(self, key: str) -> None:
        """Have the value read again the next time."""
        self._seen.pop(key, None)
