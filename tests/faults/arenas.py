"""Places where one call meets one fault, and is watched from outside; several are used at once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pymongo import MongoClient

from mlflow_docstore.adapters.document.backend import DocumentBackend
from mlflow_docstore.adapters.document.layout import LAYOUT
from mlflow_docstore.adapters.memory.database import Database
from mlflow_docstore.adapters.memory.driver import MemoryDriver
from mlflow_docstore.adapters.mongodb import ADAPTER
from mlflow_docstore.ports.backend import Backend
from mlflow_docstore.testing.guard.faults import Fault, Script
from mlflow_docstore.testing.guard.proxy import Proxy

from .readers import Snapshot

_DATABASE = "faults"
_NAMES = tuple(collection.name for collection in LAYOUT.collections)

# So that nobody but our own policy repeats anything.
_OPTIONS = "directConnection=true&retryWrites=false&retryReads=false"

# Less than the first pause between two attempts.
HASTY = "retryDeadlineMS=1"

Documents = Mapping[str, list[dict[str, Any]]]
"""By collection."""


@dataclass(frozen=True)
class World:
    """What calls are made on.

    Args:
        arrange: Makes it in an empty database.
        look: All that a reader sees of it.
        exact: Collections that hold the same ids in the end, whatever failed on the way.
    """

    arrange: Callable[[Backend], None]
    look: Callable[[Backend], Snapshot]
    exact: tuple[str, ...]


@dataclass
class Arena:
    """Collections of its own on a server that is reached through a proxy of its own.

    Args:
        server: Host and port.
        prefix: Of the collections.
        world: What is in them.
    """

    server: tuple[str, int]
    prefix: str
    world: World
    proxy: Proxy = field(init=False)

    def __post_init__(self) -> None:
        self.proxy = Proxy(self.server)
        self._client: MongoClient[dict[str, Any]] = MongoClient(self._uri(self.server))
        self._raw = self._client[_DATABASE]
        self.outside = self._open(self.server)
        self._visitors: list[Backend] = []
        self._enter()

    def _enter(self) -> None:
        """Have backends behind the proxy that remember nothing."""
        self.inside = self._open(self.proxy.address)
        self.hasty = self._open(self.proxy.address, HASTY)

    def _uri(self, address: tuple[str, int], *options: str) -> str:
        host, port = address
        return f"mongodb://{host}:{port}/{_DATABASE}?{'&'.join((_OPTIONS, *options))}"

    def _open(self, address: tuple[str, int], *options: str) -> Backend:
        return ADAPTER.open(f"{self._uri(address, *options)}#{self.prefix}")

    def fresh(self) -> Backend:
        """Another backend on the same collections, around the proxy."""
        self._visitors.append(self._open(self.server))
        return self._visitors[-1]

    def close(self) -> None:
        for name in _NAMES:
            self._raw.drop_collection(f"{self.prefix}_{name}")
        for one in (self.outside, self.inside, self.hasty, *self._visitors):
            one.close()
        for one in (self.proxy, self._client):
            one.close()

    def arranged(self) -> Documents:
        """The documents of the world."""
        self.fill({})
        self.world.arrange(self.outside)
        return self.documents()

    def documents(self) -> Documents:
        """All documents as they are stored."""
        return {name: list(self._raw[f"{self.prefix}_{name}"].find()) for name in _NAMES}

    def fill(self, documents: Documents) -> None:
        """Have these documents, and no others."""
        self.proxy.judge = Script()
        for one in (self.inside, self.hasty, *self._visitors):
            one.close()
        self._visitors.clear()
        self._enter()
        for name in _NAMES:
            collection = self._raw[f"{self.prefix}_{name}"]
            collection.delete_many({})
            if documents.get(name):
                collection.insert_many(documents[name])

    def suffer(self, fault: Fault | None, position: int = 0) -> Script:
        """From now on: the fault befalls the command at the position."""
        script = Script(fault, position)
        self.proxy.judge = script
        return script

    def seen(self) -> Snapshot:
        """What a reader sees, who may complete what was left half done."""
        return self.world.look(self.fresh())

    def copied(self) -> "Copy":
        """What is there, as nobody has looked at it."""
        return Copy(self.documents(), self.world)


@dataclass(frozen=True)
class Copy:
    """Documents that were taken to memory, where to look at them costs a fraction.

    Args:
        documents: As they were stored.
        world: What they are of.
    """

    documents: Documents
    world: World

    def seen(self) -> Snapshot:
        """What a reader sees."""
        driver = MemoryDriver(Database())
        for name in _NAMES:
            driver.insert_many(name, self.documents[name])
        return self.world.look(DocumentBackend(driver))

    def ids(self, *but: str) -> dict[str, set[str]]:
        """The ids in the collections that hold the same whatever failed, and in no others."""
        names = set(self.world.exact).difference(but)
        return {name: {one["_id"] for one in self.documents[name]} for name in names}
