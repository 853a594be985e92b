"""A clock for all sides, which stands where a test puts it.

With it, times of several stores can be compared, and orders by time tie where a test wants them to.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from unittest.mock import patch

_BEGINNING = 1_700_000_000_000

# What MLflow's ``get_current_time_millis`` looks at, whoever has imported it under what name.
_LOOKED_AT = "mlflow.utils.time.time"


@dataclass
class SteppedClock:
    """The time, in milliseconds."""

    now: int = _BEGINNING

    def time(self) -> float:
        """In seconds, as ``time.time``; half a millisecond late, as the fraction is cut off."""
        return (self.now + 0.5) / 1000


@contextmanager
def stepped_clock() -> Iterator[SteppedClock]:
    """MLflow's clock is this one."""
    clock = SteppedClock()
    looked_at = SimpleNamespace(time=clock.time, perf_counter=time.perf_counter)
    with patch(_LOOKED_AT, looked_at):
        yield clock
