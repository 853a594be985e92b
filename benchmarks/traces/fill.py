"""Filling traces: in bulk, the same for all."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol, TypeVar

from benchmarks.data import Sizes
from benchmarks.sql import gather_statistics, insert
from benchmarks.subjects import StoreSource

from .data import Drawn, traces, untold, wide_trace
from .sql_rows import rows
from .subjects import TraceSubject, open_traces

T = TypeVar("T")

_SEEDS = {"small": 11, "large": 12}
_BATCH = 1_000
_PROBE = 10**9
"""A number that no trace has which is measured."""


@dataclass(frozen=True, slots=True)
class TraceWorld:
    """What a subject holds.

    Args:
        scratch: The experiment that is written to.
        experiments: The filled ones, by size.
        trace_ids: Of the larger one.
        wide: Traces by how many spans they have.
        probe: A trace that was logged by calls.
    """

    scratch: str
    experiments: dict[str, str]
    trace_ids: list[str]
    wide: dict[int, str]
    probe: str


class Loader(Protocol):
    """How a subject is given much at once."""

    def insert(self, found: Sequence[Drawn]) -> None:
        """Traces."""


class SqlLoader(Loader):
    """Fills MLflow's tables as their database is filled fastest.

    Args:
        engine: The database's.
    """

    def __init__(self, engine: Any) -> None:
        self._engine = engine

    def insert(self, found: Sequence[Drawn]) -> None:
        insert(self._engine, rows(found))


def fill_sql(source: StoreSource, sizes: Sizes) -> TraceWorld:
    """Fill one of MLflow's SQL stores."""
    subject = open_traces(source)
    engine = subject.store.engine
    world = _fill(subject, sizes, SqlLoader(engine))
    gather_statistics(engine)
    engine.dispose()
    return world


def _fill(subject: TraceSubject, sizes: Sizes, loader: Loader) -> TraceWorld:
    scratch = subject.create_experiment("traces-scratch")
    counts = {"small": sizes.small, "large": sizes.large}
    experiments = {name: subject.create_experiment(f"traces-{name}") for name in counts}
    trace_ids = {
        name: _insert(loader, traces(experiments[name], counts[name], _SEEDS[name]))
        for name in counts
    }
    wide = {}
    for number, spans in enumerate((10, 100, sizes.long_trace)):
        (wide[spans],) = _insert(loader, [wide_trace(scratch, _PROBE + 1 + number, spans)])
    probe = untold(scratch, _PROBE)
    subject.log_spans(scratch, probe.spans)
    subject.start_trace(probe.info)
    return TraceWorld(scratch, experiments, trace_ids["large"], wide, probe.info.trace_id)


def _insert(loader: Loader, found: Iterable[Drawn]) -> list[str]:
    trace_ids: list[str] = []
    for batch in _batched(found, _BATCH):
        loader.insert(batch)
        trace_ids += [drawn.info.trace_id for drawn in batch]
    return trace_ids


def _batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
