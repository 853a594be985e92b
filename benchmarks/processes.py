"""Many processes at once: calls a second, all together."""

import multiprocessing
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing.synchronize import Barrier
from typing import TYPE_CHECKING

from mlflow.exceptions import MlflowException

from .areas import AREAS, opened
from .operations import Crowd
from .subjects import Source

if TYPE_CHECKING:
    from multiprocessing.queues import Queue

ROUNDS = 3
_PATIENCE = 300
_MANY = 10_000_000


@dataclass(slots=True)
class Throughput:
    """Calls a second of each round, and how many calls were refused."""

    rates: list[float] = field(default_factory=list)
    refused: int = 0

    @property
    def median(self) -> float:
        """Of all rounds."""
        return statistics.median(self.rates)


@dataclass(frozen=True, slots=True)
class _Done:
    """What one process did in one round on one subject."""

    name: str
    turn: int
    calls: int
    refused: int
    seconds: float


@dataclass(frozen=True, slots=True)
class _Work:
    """What every process does, on each of the subjects, in experiments of theirs."""

    area: str
    sources: Sequence[Source]
    experiments: Mapping[str, str]
    seconds: float

    @property
    def crowd(self) -> Crowd:
        crowd = AREAS[self.area].crowd
        if crowd is None:
            raise LookupError(self.area)
        return crowd


def measure_throughput(
    area: str,
    sources: Sequence[Source],
    experiments: Mapping[str, str],
    processes: int,
    seconds: float,
) -> dict[str, Throughput]:
    """Have processes do what an area's crowd does, subject after subject, in rounds.

    Args:
        area: Its name.
        sources: The subjects.
        experiments: Where each does it.
        processes: How many.
        seconds: Of a round on one subject.
    """
    # From a server that has the imports and no connection: quick, and nothing shared by accident.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    barrier = context.Barrier(processes)
    results: Queue[_Done] = context.Queue()
    work = _Work(area, list(sources), experiments, seconds)
    workers = [
        context.Process(target=_work, args=(work, number, barrier, results), daemon=True)
        for number in range(processes)
    ]
    for worker in workers:
        worker.start()
    try:
        done = [results.get(timeout=_PATIENCE) for _ in range(processes * ROUNDS * len(sources))]
    finally:
        for worker in workers:
            worker.join(timeout=10)
            worker.terminate()
    return {source.name: _summed(done, source.name) for source in sources}


def _work(work: _Work, worker: int, barrier: Barrier, results: "Queue[_Done]") -> None:
    calls_of = {}
    for source in work.sources:
        subject = opened(work.area, source)
        calls_of[source.name] = work.crowd.start(subject, work.experiments[source.name])
        calls_of[source.name](_first(worker, ROUNDS))
    for turn in range(ROUNDS):
        for name, call in calls_of.items():
            calls = refused = 0
            barrier.wait(_PATIENCE)
            started = time.perf_counter()
            while (passed := time.perf_counter() - started) < work.seconds:
                if _is_done(call, _first(worker, turn) + calls + refused):
                    calls += 1
                else:
                    refused += 1
            results.put(_Done(name, turn, calls, refused, passed))


def _first(worker: int, turn: int) -> int:
    """The first of the numbers that a process gives to its calls in a round."""
    return _MANY * (1 + worker * (ROUNDS + 1) + turn)


def _is_done(call: Callable[[int], object], number: int) -> bool:
    """Whether the store did it: SQLite's is busy now and then."""
    try:
        call(number)
    except MlflowException:
        return False
    return True


def _summed(done: Sequence[_Done], name: str) -> Throughput:
    mine = [one for one in done if one.name == name]
    turns = [[one for one in mine if one.turn == turn] for turn in range(ROUNDS)]
    rates = [sum(one.calls / one.seconds for one in turn) for turn in turns]
    return Throughput(rates, sum(one.refused for one in mine))
