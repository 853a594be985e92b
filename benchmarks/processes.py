"""Many processes that log at once: calls a second, all together."""

import multiprocessing
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.synchronize import Barrier
from typing import TYPE_CHECKING

from mlflow.entities import Metric
from mlflow.exceptions import MlflowException

from .data import EPOCH, KEY
from .subjects import Source, Subject

if TYPE_CHECKING:
    from multiprocessing.queues import Queue

ROUNDS = 3
_PATIENCE = 300


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


def measure_throughput(
    sources: Sequence[Source], experiments: dict[str, str], processes: int, seconds: float
) -> dict[str, Throughput]:
    """Have processes log points of runs of their own, subject after subject, in rounds.

    Args:
        sources: The subjects.
        experiments: Where each makes its runs.
        processes: How many.
        seconds: Of a round on one subject.
    """
    # From a server that has the imports and no connection: quick, and nothing shared by accident.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    barrier = context.Barrier(processes)
    results: Queue[_Done] = context.Queue()
    arguments = (list(sources), experiments, seconds, barrier, results)
    workers = [context.Process(target=_work, args=arguments, daemon=True) for _ in range(processes)]
    for worker in workers:
        worker.start()
    try:
        done = [results.get(timeout=_PATIENCE) for _ in range(processes * ROUNDS * len(sources))]
    finally:
        for worker in workers:
            worker.join(timeout=10)
            worker.terminate()
    return {source.name: _summed(done, source.name) for source in sources}


def _work(
    sources: Sequence[Source],
    experiments: dict[str, str],
    seconds: float,
    barrier: Barrier,
    results: "Queue[_Done]",
) -> None:
    subjects = [source.open() for source in sources]
    runs = {}
    for subject in subjects:
        runs[subject.name] = subject.create_run(experiments[subject.name])
        subject.log_metric(runs[subject.name], _point(0))
    for turn in range(ROUNDS):
        for subject in subjects:
            calls = refused = 0
            barrier.wait(_PATIENCE)
            started = time.perf_counter()
            while (passed := time.perf_counter() - started) < seconds:
                if _logs(subject, runs[subject.name], turn * 1_000_000 + calls + 1):
                    calls += 1
                else:
                    refused += 1
            results.put(_Done(subject.name, turn, calls, refused, passed))


def _logs(subject: Subject, run_id: str, step: int) -> bool:
    """Whether the store took the point: SQLite's is busy now and then."""
    try:
        subject.log_metric(run_id, _point(step))
    except MlflowException:
        return False
    return True


def _point(step: int) -> Metric:
    return Metric(KEY, 1.0 / (step + 1), EPOCH + step, step)


def _summed(done: Sequence[_Done], name: str) -> Throughput:
    mine = [one for one in done if one.name == name]
    turns = [[one for one in mine if one.turn == turn] for turn in range(ROUNDS)]
    rates = [sum(one.calls / one.seconds for one in turn) for turn in turns]
    return Throughput(rates, sum(one.refused for one in mine))
