"""Who is compared with whom: subjects that are opened, filled and measured together."""

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.adapters.cosmosdb.standin import StandIn, running

from . import huge, postgres, standin
from .areas import AREAS, TRACKING
from .bare.cosmosdb import CosmosSource
from .bare.mongodb import MongoSource
from .bare.sqlite import SqliteSource
from .children import beside
from .data import COSMOSDB_SIZES, MONGODB_SIZES, Sizes
from .sides import BareSide, OurSide, Side
from .subjects import (
    BARE,
    BARE_ON_COSMOSDB,
    BARE_ON_MONGODB,
    OURS,
    OURS_ON_COSMOSDB,
    OURS_ON_MONGODB,
    POSTGRES,
    SQLITE,
    Source,
    StoreSource,
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A table.

    Args:
        title: Its heading.
        ours: Which subject is ours.
        bare: Which one is the bare driver.
        sizes: What they are filled with.
        rivals: Which are MLflow's own.
        whole: Whether opening, memory and many processes are measured as well.
    """

    title: str
    ours: str
    bare: str
    sizes: Sizes
    rivals: tuple[str, ...] = ()
    whole: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        """All subjects, in the order of columns."""
        return (*self.rivals, self.ours, self.bare)


EMBEDDED = Comparison("The embedded database", OURS, BARE, Sizes(), (POSTGRES, SQLITE))
MONGODB = Comparison("MongoDB's protocol", OURS_ON_MONGODB, BARE_ON_MONGODB, MONGODB_SIZES)
COSMOSDB = Comparison(
    "Azure Cosmos DB for NoSQL", OURS_ON_COSMOSDB, BARE_ON_COSMOSDB, COSMOSDB_SIZES, whole=False
)


@dataclass(frozen=True, slots=True)
class Filled:
    """A subject, how other processes open it, and what it holds; the latter two by area."""

    source: Source
    subjects: Mapping[str, Any]
    worlds: Mapping[str, Any]


@dataclass(slots=True)
class Stage:
    """What is measured together.

    Args:
        comparison: As what.
        filled: The subjects.
        huge: The same on other databases, of one area.
        skipped: Who is missing, and what to install.
        versions: Of the servers.
        service: What says how much it charges, if it does.
    """

    comparison: Comparison
    filled: dict[str, Filled] = field(default_factory=dict)
    huge: dict[str, Filled] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    service: StandIn | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be opened and filled.

    Args:
        home: A directory for all of it.
        subjects: Names.
        areas: Names.
        sizes: How much of each.
    """

    home: Path
    subjects: Sequence[str]
    areas: Sequence[str]
    sizes: Sizes


def embedded(stack: ExitStack, wanted: Wanted) -> Stage:
    """MLflow's own stores, ours embedded, and bare sqlite3; open until the stack unwinds."""
    stage = Stage(EMBEDDED)
    stores = _stores(stack, wanted, stage)
    sides = _embedded_sides(wanted, "store")
    others = _embedded_sides(wanted, "huge") if wanted.sizes.huge and _tracks(wanted) else []
    # Beside the documents, which this process fills.
    with (
        beside(_fill_sql, stores, wanted.areas, wanted.sizes) as sql,
        beside(huge.fill, others, wanted.sizes) as many,
    ):
        _fill(stage, sides, wanted)
        with told("filling the rest"):
            worlds, experiments = sql.result(), many.result()
    for source in stores:
        subjects = {name: AREAS[name].open(source) for name in wanted.areas}
        stage.filled[source.name] = Filled(source, subjects, worlds[source.name])
    for side in others:
        world = {TRACKING: experiments[side.source.name]}
        stage.huge[side.source.name] = Filled(side.source, side.subjects([TRACKING]), world)
    return stage


def mongodb(stack: ExitStack, wanted: Wanted) -> Stage:
    """Ours and bare pymongo on one server; open until the stack unwinds."""
    stage = Stage(MONGODB)
    try:
        server = stack.enter_context(standin.running(wanted.home / "standin"))
    except standin.StandInMissingError as error:
        for name in wanted.subjects:
            _skip(stage, name, error)
        return stage
    sides: dict[str, Side] = {
        OURS_ON_MONGODB: _our_side(wanted, OURS_ON_MONGODB, f"{server}/ours"),
        BARE_ON_MONGODB: BareSide(MongoSource(f"{server}/?directConnection=true", "bare")),
    }
    _fill(stage, [sides[name] for name in wanted.subjects], wanted)
    return stage


def cosmosdb(stack: ExitStack, wanted: Wanted) -> Stage:
    """Ours and the bare SDK on one service; open until the stack unwinds."""
    service = stack.enter_context(running())
    sides: dict[str, Side] = {
        OURS_ON_COSMOSDB: _our_side(wanted, OURS_ON_COSMOSDB, service.uri("ours")),
        BARE_ON_COSMOSDB: BareSide(CosmosSource(service.uri("bare"))),
    }
    stage = Stage(COSMOSDB, service=service)
    _fill(stage, [sides[name] for name in wanted.subjects], wanted)
    return stage


def _stores(stack: ExitStack, wanted: Wanted, stage: Stage) -> list[StoreSource]:
    """MLflow's own."""
    artifacts, found = str(wanted.home / "artifacts"), []
    if POSTGRES in wanted.subjects:
        try:
            cluster = stack.enter_context(postgres.running())
        except postgres.PostgresMissingError as error:
            _skip(stage, POSTGRES, error)
        else:
            stage.versions["PostgreSQL"] = cluster.version
            found.append(StoreSource(POSTGRES, cluster.uri, artifacts))
    if SQLITE in wanted.subjects:
        found.append(StoreSource(SQLITE, f"sqlite:///{wanted.home / 'mlflow.db'}", artifacts))
    return found


def _skip(stage: Stage, name: str, error: Exception) -> None:
    stage.skipped[name] = str(error)
    print(f"{name} is skipped. To have it: {error}", file=sys.stderr)


def _embedded_sides(wanted: Wanted, what: str) -> list[Side]:
    directory = wanted.home / what
    sides: dict[str, Side] = {
        OURS: _our_side(wanted, OURS, f"docstore://{directory}", "?synchronous=normal"),
        BARE: BareSide(SqliteSource(f"{directory}.bare.db")),
    }
    return [side for name, side in sides.items() if name in wanted.subjects]


def _our_side(wanted: Wanted, name: str, uri: str, relaxing: str = "") -> Side:
    artifacts = str(wanted.home / "artifacts")
    return OurSide(
        StoreSource(name, uri, artifacts), StoreSource(name, f"{uri}{relaxing}", artifacts)
    )


def _tracks(wanted: Wanted) -> bool:
    return TRACKING in wanted.areas


def _fill(stage: Stage, sides: Sequence[Side], wanted: Wanted) -> None:
    """Fill ours and the bare driver with equal documents."""
    with ExitStack() as stack:
        fillings = [stack.enter_context(side.filling()) for side in sides]
        worlds: list[dict[str, Any]] = [{} for _ in sides]
        for name in wanted.areas:
            area = AREAS[name]
            for side, filling, world in zip(sides, fillings, worlds, strict=True):
                with told(f"filling {side.source.name}: {name}"):
                    world[name] = area.fill_documents(
                        filling.open(area), filling.place, wanted.sizes
                    )
            if len(sides) == 2:
                ours, bare = fillings
                area.require_equal((ours.place, bare.place), *(world[name] for world in worlds))
    for side, world in zip(sides, worlds, strict=True):
        subjects = side.subjects(wanted.areas)
        stage.filled[side.source.name] = Filled(side.source, subjects, world)


def _fill_sql(
    sources: Sequence[StoreSource], areas: Sequence[str], sizes: Sizes
) -> dict[str, dict[str, Any]]:
    return {
        source.name: {name: AREAS[name].fill_sql(source, sizes) for name in areas}
        for source in sources
    }


@contextmanager
def told(what: str) -> Iterator[None]:
    """Say what is going on, and how long it took."""
    print(f"{what} ... ", end="", file=sys.stderr, flush=True)
    started = time.monotonic()
    yield
    print(f"{time.monotonic() - started:.1f} s", file=sys.stderr)
