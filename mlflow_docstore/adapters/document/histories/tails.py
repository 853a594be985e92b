"""How many chunks calls have left that nobody has gathered, as far as this process knows.

To ask the database would cost every call a command. So each process counts what it writes itself:
of several that log to one run, each gathers what all have left.
"""

from collections import OrderedDict
from threading import Lock

LONG = 256
"""Chunks that are gathered: to read as many takes a millisecond or two."""

_REMEMBERED = 65_536


class Tails:
    """Counts by run and metric; the empty one stands for several metrics."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._lengths: OrderedDict[tuple[str, str], int] = OrderedDict()

    def grow(self, run_id: str, key: str) -> bool:
        """Count a chunk; whether the tail is long now, which begins it anew."""
        with self._lock:
            length = self._lengths.pop((run_id, key), 0) + 1
            if length >= LONG:
                return True
            self._lengths[run_id, key] = length
            if len(self._lengths) > _REMEMBERED:
                self._lengths.popitem(last=False)
            return False
