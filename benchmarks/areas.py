"""What is measured, part by part: each is filled, and has rows, of its own."""

import multiprocessing
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from . import fill, operations
from .data import Sizes
from .operations import Operation
from .raw import RawSubject
from .registry import fill as registry_fill
from .registry import operations as registry_operations
from .registry.raw import RawRegistry
from .registry.subjects import open_registry
from .subjects import StoreSource

TRACKING = "tracking"
REGISTRY = "registry"


@dataclass(frozen=True, slots=True)
class Both:
    """The same of ours and of the bare driver."""

    ours: Any
    raw: Any


@dataclass(frozen=True, slots=True)
class Area:
    """A part of what is measured.

    Args:
        rows: What is measured of it.
        open: Its subject of a store.
        fill_sql: Fills a store of MLflow's; what is in it then.
        open_documents: Its subjects of the tracking store of ours and the bare driver.
        fill_documents: Fills these; what is in them then.
    """

    rows: Callable[[Sizes], list[Operation]]
    open: Callable[[StoreSource], Any]
    fill_sql: Callable[[StoreSource, Sizes], Any]
    open_documents: Callable[[StoreSource, RawSubject], Both]
    fill_documents: Callable[[Both, RawSubject, Sizes], Both]


def _tracking_documents(source: StoreSource, raw: RawSubject) -> Both:
    return Both(source.open(), raw)


def _fill_tracking(subjects: Both, raw: RawSubject, sizes: Sizes) -> Both:
    return Both(*fill.fill_both(subjects.ours, raw, sizes))


def _registry_documents(source: StoreSource, raw: RawSubject) -> Both:
    return Both(open_registry(source), RawRegistry(raw))


def _fill_registry(subjects: Both, raw: RawSubject, sizes: Sizes) -> Both:
    world = registry_fill.fill_documents(subjects.ours, subjects.raw, raw, sizes)
    return Both(world, world)


AREAS: Mapping[str, Area] = {
    TRACKING: Area(
        operations.operations,
        StoreSource.open,
        fill.fill_sql,
        _tracking_documents,
        _fill_tracking,
    ),
    REGISTRY: Area(
        registry_operations.operations,
        open_registry,
        registry_fill.fill_sql,
        _registry_documents,
        _fill_registry,
    ),
}


@contextmanager
def filling_sql(
    sources: Sequence[StoreSource], areas: Sequence[str], sizes: Sizes
) -> Iterator[Connection]:
    """Fill stores in a process of its own, which ends with the context.

    What they hold arrives, by name and area.
    """
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    arguments = (sender, list(sources), areas, sizes)
    process = context.Process(target=_fill_all, args=arguments, daemon=True)
    process.start()
    sender.close()
    try:
        yield receiver
    finally:
        process.terminate()
        process.join()


def _fill_all(
    sender: Connection, sources: Sequence[StoreSource], areas: Sequence[str], sizes: Sizes
) -> None:
    sender.send(
        {
            source.name: {name: AREAS[name].fill_sql(source, sizes) for name in areas}
            for source in sources
        }
    )
