"""Medians of interleaved calls: what slows the machine down slows all subjects down."""

import gc
import statistics
import time
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

Call = Callable[[], object]
K = TypeVar("K", bound=Hashable)

LEAST = 5
"""Calls of each subject, unless that takes longer than ``Effort.patience``."""

_SLICE = 0.03
_COLD = 1.0


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to measure.

    Args:
        seconds: Of one operation and subject.
        patience: Seconds after which fewer calls than ``LEAST`` will do.
    """

    seconds: float = 1.0
    patience: float = 10.0


@dataclass(slots=True)
class Sample:
    """Seconds of each call of one subject."""

    seconds: list[float] = field(default_factory=list)
    spent: float = 0.0

    @property
    def median(self) -> float:
        """Of all calls."""
        return statistics.median(self.seconds)

    @property
    def spread(self) -> float:
        """The distance of the quartiles, as a part of the median."""
        if len(self.seconds) < 4:
            return float("nan")
        low, _, high = statistics.quantiles(self.seconds, n=4)
        return (high - low) / self.median

    def _enough(self, effort: Effort) -> bool:
        if len(self.seconds) < LEAST:
            return self.spent > effort.patience
        return self.spent > effort.seconds

    def warm_up(self, calls: Iterator[Call]) -> None:
        """A call that counts only if it takes so long that being warm makes no difference."""
        taken = _timed(next(calls))
        if taken > _COLD:
            self._add(taken)

    def round(self, calls: Iterator[Call], effort: Effort) -> bool:
        """One slice of calls, at least one; whether there is more to do."""
        if self._enough(effort):
            return False
        until = self.spent + _SLICE
        while self.spent < until:
            self._add(_timed(next(calls)))
        return True

    def _add(self, taken: float) -> None:
        self.seconds.append(taken)
        self.spent += taken


def _timed(call: Call) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def measure(calls: Mapping[K, Iterator[Call]], effort: Effort) -> dict[K, Sample]:
    """Call each subject in turn, a slice of time each, until all have been called enough.

    Args:
        calls: By subject, or by row and subject, calls that are ready to be made: what comes before
            one, as making its arguments, happens while the next is asked for, and is not counted.
        effort: How long.
    """
    samples = {name: Sample() for name in calls}
    for name, subject_calls in calls.items():
        samples[name].warm_up(subject_calls)
    gc.collect()
    gc.disable()
    try:
        busy = True
        while busy:
            busy = False
            for name, subject_calls in calls.items():
                busy |= samples[name].round(subject_calls, effort)
    finally:
        gc.enable()
    return samples
