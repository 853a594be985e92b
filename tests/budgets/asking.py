"""Counts the requests that calls send to Azure Cosmos DB for NoSQL, and what they are charged."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlflow_docstore.adapters.cosmosdb.connection import connect
from mlflow_docstore.adapters.document.backend import DocumentBackend
from mlflow_docstore.adapters.document.driver import Find
from mlflow_docstore.adapters.document.layout import LAYOUT
from mlflow_docstore.adapters.document.retry import RetryingDriver
from mlflow_docstore.compat.registry.store import DocStoreRegistryStore
from mlflow_docstore.compat.tracking.store import DocStoreTrackingStore
from mlflow_docstore.core.query import Order, path
from tests.adapters.cosmosdb.standin import StandIn

PREFIX = "mlflow_"


@dataclass
class Requests:
    """The requests of a call, in order."""

    entries: list[dict[str, Any]] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        """Of each its kind and collection; a query that names no partition is a search."""
        return [_name(entry) for entry in self.entries]

    @property
    def charge(self) -> float:
        """Of all of them together."""
        return sum(float(entry["charge"]) for entry in self.entries)


@dataclass(frozen=True)
class Asked:
    """What a call is expected to ask for.

    Args:
        names: Of its requests.
        most: That they may be charged together.
        steady: Whether they are not charged much less either, whatever else there is.
    """

    names: list[str]
    most: float
    steady: bool = True

    def verify(self, requests: Requests) -> None:
        """Fail where a call asks for anything else, or costs another sum."""
        assert requests.names == self.names, f"{requests.names}, {requests.charge:.2f} RU"
        least = 0.85 * self.most if self.steady else 0.0
        assert least < requests.charge <= self.most + 0.001, f"{requests.charge:.2f} RU"


def _name(entry: dict[str, Any]) -> str:
    _, _, _, _, container, *_ = entry["address"].split("/")
    kind = entry["operation"]
    if kind == "query" and entry["partition"] is None:
        kind = "search"
    refused = f": {entry['status']}" if entry["status"] >= 400 else ""
    return f"{kind} {container.removeprefix(PREFIX)}{refused}"


def sorted_search(collection: str) -> list[str]:
    """A page in an order, of two physical partitions.

    The gateway refuses it, upon which the SDK asks for a plan and then each partition.
    """
    search = f"search {collection}"
    return [f"{search}: 400", f"plan {collection}", search, search]


class Billed:
    """Stores on a database of their own, all on one client that knows its containers."""

    def __init__(self, service: StandIn, directory: Path) -> None:
        self.service = service
        self.uri = service.uri("budgets")
        self.artifacts = directory.as_uri()
        self.driver = connect(self.uri).driver
        self.backend = DocumentBackend(RetryingDriver(self.driver, deadline=0))
        self.tracking = self.another_store()
        self.registry = DocStoreRegistryStore(self.uri, None, self.backend)
        for collection in LAYOUT.collections:
            self.driver.find(collection.name, Find(order=(Order(path("_id")),), limit=1))

    def another_store(self) -> DocStoreTrackingStore:
        return DocStoreTrackingStore(self.uri, self.artifacts, self.backend)

    @contextmanager
    def during(self) -> Iterator[Requests]:
        """What is asked in the block."""
        self.service.forget()
        asked = Requests()
        yield asked
        # The SDK asks for the account as well, now and then.
        asked.entries.extend(one for one in self.service.log() if "/docs" in one["address"])
