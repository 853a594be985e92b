"""What is measured, part by part: each is filled, and has rows, of its own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from . import fill, operations
from .data import Sizes
from .operations import Crowd, Growth, Operation, Weight
from .registry import fill as registry_fill
from .registry import operations as registry_operations
from .registry.bare_cosmosdb import CosmosRegistry
from .registry.bare_mongodb import MongoRegistry
from .registry.bare_sqlite import SqliteRegistry
from .registry.subjects import open_registry
from .subjects import BARE, BARE_ON_COSMOSDB, BARE_ON_MONGODB, Place, Source, StoreSource
from .traces import fill as trace_fill
from .traces import operations as trace_operations
from .traces.bare_cosmosdb import CosmosTraces
from .traces.bare_mongodb import MongoTraces
from .traces.bare_sqlite import SqliteTraces
from .traces.subjects import open_traces

TRACKING = "tracking"
REGISTRY = "registry"
TRACES = "traces"

_BARE_REGISTRIES: Mapping[str, Callable[[Any], Any]] = {
    BARE: SqliteRegistry,
    BARE_ON_MONGODB: MongoRegistry,
    BARE_ON_COSMOSDB: CosmosRegistry,
}
_BARE_TRACES: Mapping[str, Callable[[Any], Any]] = {
    BARE: SqliteTraces,
    BARE_ON_MONGODB: MongoTraces,
    BARE_ON_COSMOSDB: CosmosTraces,
}


@dataclass(frozen=True, slots=True)
class Area:
    """A part of what is measured.

    Args:
        rows: What is measured of it.
        growth: Which of these rows are compared with each other.
        open: Its subject of a store.
        open_bare: Its subject of the tracking subject of a bare driver.
        fill_sql: Fills a store of MLflow's; what is in it then.
        fill_documents: Fills its subject, whose documents are in a place; what is in it then.
        require_equal: Sees that ours and a bare driver write the same documents, by their places
            and what is in them.
        weights: Of what memory is measured.
        crowd: What many processes do at once, in the experiment ``scratch`` of what is in it.
    """

    rows: Callable[[Sizes], list[Operation]]
    growth: Callable[[Sizes], list[Growth]]
    open: Callable[[StoreSource], Any]
    open_bare: Callable[[Any], Any]
    fill_sql: Callable[[StoreSource, Sizes], Any]
    fill_documents: Callable[[Any, Place, Sizes], Any]
    require_equal: Callable[[tuple[Place, Place], Any, Any], None]
    weights: Callable[[Sizes], list[Weight]] = lambda _: []
    crowd: Crowd | None = None


AREAS: Mapping[str, Area] = {
    TRACKING: Area(
        operations.operations,
        operations.growth,
        StoreSource.open,
        lambda bare: bare,
        fill.fill_sql,
        fill.fill_documents,
        fill.require_equal,
        operations.weights,
        operations.CROWD,
    ),
    REGISTRY: Area(
        registry_operations.operations,
        lambda _: [],
        open_registry,
        lambda bare: _BARE_REGISTRIES[bare.name](bare),
        registry_fill.fill_sql,
        registry_fill.fill_documents,
        registry_fill.require_equal,
    ),
    TRACES: Area(
        trace_operations.operations,
        trace_operations.growth,
        open_traces,
        lambda bare: _BARE_TRACES[bare.name](bare),
        trace_fill.fill_sql,
        trace_fill.fill_documents,
        trace_fill.require_equal,
        trace_operations.weights,
        trace_operations.CROWD,
    ),
}


def opened(area: str, source: Source) -> Any:
    """The subject of an area, on connections of this process."""
    if isinstance(source, StoreSource):
        return AREAS[area].open(source)
    return AREAS[area].open_bare(source.open())
