"""A store on a database of its own, whose every command is heard."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from pymongo import MongoClient

from mlflow_docstore.adapters.document.backend import DocumentBackend
from mlflow_docstore.adapters.document.retry import RetryingDriver
from mlflow_docstore.adapters.mongodb.provision import throwaway
from mlflow_docstore.compat.tracking.store import DocStoreTrackingStore
from tests.adapters.cosmosdb.standin import StandIn as CosmosStandIn
from tests.standin import StandIn

from .asking import Billed
from .listening import Listener
from .tracing import Traced


@dataclass(frozen=True)
class Heard:
    """A store, the backend beneath it, and who listens to them."""

    store: DocStoreTrackingStore
    backend: DocumentBackend
    listener: Listener
    uri: str
    artifacts: str

    def another_store(self) -> DocStoreTrackingStore:
        return DocStoreTrackingStore(self.uri, self.artifacts, self.backend)


@pytest.fixture(scope="package")
def server_uri(standin: StandIn) -> str:
    return standin.uri("budgets")


@pytest.fixture(scope="package")
def heard(server_uri: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Heard]:
    artifacts = tmp_path_factory.mktemp("artifacts").as_uri()
    listener = Listener()
    with throwaway(server_uri, listeners=[listener]) as driver:
        backend = DocumentBackend(RetryingDriver(driver, deadline=0))
        store = DocStoreTrackingStore(server_uri, artifacts, backend)
        yield Heard(store, backend, listener, server_uri, artifacts)


@pytest.fixture(scope="package")
def client(server_uri: str) -> Iterator["MongoClient[dict[str, Any]]"]:
    with MongoClient(server_uri) as made:
        yield made


@pytest.fixture(scope="package")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traced]:
    made = Traced(tmp_path_factory.mktemp("traced"))
    yield made
    made.backend.close()


@pytest.fixture(scope="package")
def billed(cosmos: CosmosStandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Billed]:
    made = Billed(cosmos, tmp_path_factory.mktemp("billed"))
    yield made
    made.backend.close()
