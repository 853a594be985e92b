"""Places where one call meets one fault, and is watched from outside; several are used at once."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mlflow_docstore.adapters.document.backend import DocumentBackend
from mlflow_docstore.adapters.document.driver import Driver, Find
from mlflow_docstore.adapters.document.layout import LAYOUT, Index
from mlflow_docstore.adapters.document.retry import RetryingDriver
from mlflow_docstore.adapters.memory.database import Database, Table
from mlflow_docstore.adapters.memory.driver import MemoryDriver
from mlflow_docstore.adapters.mongodb import ADAPTER as MONGODB
from mlflow_docstore.adapters.sqlite import ADAPTER as SQLITE
from mlflow_docstore.core.query import And
from mlflow_docstore.ports.backend import Backend
from mlflow_docstore.testing.guard.faults import Fault, Script
from mlflow_docstore.testing.guard.protocol import Command
from mlflow_docstore.testing.guard.proxy import Proxy, Ruling

from .failing import FailingDriver
from .readers import Snapshot

_DATABASE = "faults"
_NAMES = tuple(collection.name for collection in LAYOUT.collections)

ALONE = "retryWrites=false&retryReads=false"
"""So that nobody but our own policy repeats anything."""

DRIVEN = "retryWrites=true&retryReads=true"
"""So that the driver repeats what it can before our policy hears of it."""

_PATIENCE = 30.0
# Less than the first pause between two attempts.
_HASTE = 0.001

Documents = Mapping[str, list[dict[str, Any]]]
"""By collection."""


@dataclass(frozen=True)
class World:
    """What calls are made on.

    Args:
        areas: The properties of a backend whose writes change it; "" for those of its own.
        arrange: Makes it in an empty database.
        look: All that a reader sees of it.
        exact: Collections that hold the same ids in the end, whatever failed on the way.
        indexed: Indexes are a part of it.
    """

    areas: tuple[str, ...]
    arrange: Callable[[Backend], None]
    look: Callable[[Backend], Snapshot]
    exact: tuple[str, ...]
    indexed: bool = False


@dataclass(frozen=True)
class State:
    """All that is stored, taken to memory, where to look at it costs a fraction.

    Args:
        documents: As they were stored.
        indexes: By collection, where they are a part of the world.
    """

    documents: Documents
    indexes: Mapping[str, list[Index]] = field(default_factory=dict)

    def opened(self) -> Database:
        """A database that begins in this state."""
        return Database(
            tables={
                name: Table(
                    {one["_id"]: one for one in self.documents.get(name, ())},
                    {one.name: one for one in self.indexes.get(name, ())},
                )
                for name in _NAMES
            }
        )

    def backend(self) -> Backend:
        """Repositories on such a database."""
        return DocumentBackend(MemoryDriver(self.opened()))


EMPTY = State({})


class Arena(ABC):
    """A database of its own, behind somebody who makes its commands fail.

    Args:
        world: What is in it.
    """

    repeats = False
    """Whether somebody beneath our policy tries again."""

    remote = False
    """Whether it is reached over a wire."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.names = _NAMES
        self.bare = self.around()
        self._visitors: list[Driver] = []
        self._enter()

    @abstractmethod
    def around(self) -> Driver:
        """A driver of another process, whose commands never fail."""

    @abstractmethod
    def behind(self, deadline: float) -> Backend:
        """A backend whose commands fail as they are judged, and that tries again until then."""

    @abstractmethod
    def judge(self, script: Script) -> None:
        """From now on, commands are judged so."""

    def _enter(self) -> None:
        """Have backends that remember nothing."""
        self.inside = self.behind(_PATIENCE)
        self.hasty = self.behind(_HASTE)
        self.outside = DocumentBackend(RetryingDriver(self.bare, _PATIENCE))

    def fresh(self) -> Backend:
        """What another process opens, around the faults."""
        self._visitors.append(self.around())
        return DocumentBackend(RetryingDriver(self._visitors[-1], _PATIENCE))

    def _leave(self) -> None:
        for one in (self.inside, self.hasty, *self._visitors):
            one.close()
        self._visitors.clear()

    def close(self) -> None:
        self._leave()
        self.bare.drop(_NAMES)
        self.bare.close()

    def arranged(self) -> State:
        """The world as it is made."""
        self.fill(EMPTY)
        self.world.arrange(self.outside)
        return self.state()

    def state(self) -> State:
        """All that is stored."""
        documents = {name: list(self.bare.scan(name, Find())) for name in self.names}
        if not self.world.indexed:
            return State(documents)
        return State(documents, {name: self.bare.indexes(name) for name in self.names})

    def fill(self, state: State) -> None:
        """Have what is in this state, and nothing else."""
        self.judge(Script())
        self._leave()
        self._store(state)
        self._enter()

    def keep_to(self, state: State) -> None:
        """From now on, the world is no larger than this, where to look for more takes time.

        Arenas in memory look for what calls write elsewhere.
        """
        if self.remote and not self.world.indexed:
            self.names = tuple(name for name in self.names if state.documents[name])

    def _store(self, state: State) -> None:
        for name in self.names:
            self.bare.delete_many(name, And())
            self.bare.insert_many(name, state.documents.get(name, []))
            if self.world.indexed:
                self._index(name, state.indexes.get(name, []))

    def _index(self, name: str, indexes: list[Index]) -> None:
        for one in self.bare.indexes(name):
            if one not in indexes:
                self.bare.drop_index(name, one.name)
        for one in indexes:
            self.bare.create_index(name, one)

    def suffer(self, fault: Fault | None, position: int = 0) -> Script:
        """From now on: the fault befalls the command at the position."""
        script = Script(fault, position)
        self.judge(script)
        return script

    def seen(self) -> Snapshot:
        """What a reader sees, who may complete what was left half done."""
        return self.world.look(self.fresh())


class WireArena(Arena):
    """Collections of its own on a server that is reached through a proxy of its own.

    Args:
        world: What is in them.
        server: Host and port.
        prefix: Of the collections.
        options: Of the driver behind the proxy.
    """

    remote = True

    def __init__(
        self, world: World, server: tuple[str, int], prefix: str, options: str = ALONE
    ) -> None:
        self.proxy = Proxy(server)
        self._server, self._prefix, self._options = server, prefix, options
        self.repeats = options != ALONE
        super().__init__(world)

    def _uri(self, address: tuple[str, int], options: str) -> str:
        host, port = address
        direct = f"directConnection=true&{options}"
        return f"mongodb://{host}:{port}/{_DATABASE}?{direct}#{self._prefix}"

    def around(self) -> Driver:
        return MONGODB.connect(self._uri(self._server, ALONE)).driver

    def behind(self, deadline: float) -> Backend:
        options = f"{self._options}&retryDeadlineMS={round(deadline * 1000)}"
        return MONGODB.open(self._uri(self.proxy.address, options))

    def judge(self, script: Script) -> None:
        self.proxy.judge = script

    def close(self) -> None:
        super().close()
        self.proxy.close()


class InProcessArena(Arena):
    """A database without a server, whose verbs fail.

    Args:
        world: What is in it.
        stepwise: As of ``FailingDriver``.
    """

    def __init__(self, world: World, *, stepwise: bool) -> None:
        self._script = Script()
        self._stepwise = stepwise
        super().__init__(world)

    def behind(self, deadline: float) -> Backend:
        failing = FailingDriver(self.around(), self._judged, stepwise=self._stepwise)
        return DocumentBackend(RetryingDriver(failing, deadline))

    def _judged(self, command: Command) -> Ruling:
        return self._script(command)

    def judge(self, script: Script) -> None:
        self._script = script


class MemoryArena(InProcessArena):
    """Of a database in memory, which takes on a state at once."""

    def __init__(self, world: World) -> None:
        self._database = Database()
        super().__init__(world, stepwise=True)

    def around(self) -> Driver:
        return MemoryDriver(self._database)

    def state(self) -> State:
        tables = self._database.tables
        named = {name: tables.get(name, Table()) for name in _NAMES}
        return State(
            {name: list(table.documents.values()) for name, table in named.items()},
            {name: list(table.indexes.values()) for name, table in named.items()},
        )

    def _store(self, state: State) -> None:
        self._database.tables = state.opened().tables


class SqliteArena(InProcessArena):
    """Of an embedded database.

    Args:
        world: What is in it.
        directory: Where it is.
    """

    def __init__(self, world: World, directory: str) -> None:
        self._uri = f"docstore://{directory}?synchronous=normal"
        super().__init__(world, stepwise=False)

    def around(self) -> Driver:
        return SQLITE.connect(self._uri).driver
