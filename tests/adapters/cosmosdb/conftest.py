"""Containers of Azure's SDK on the stand-in, with no adapter between."""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from azure.cosmos import ContainerProxy, CosmosClient, DatabaseProxy, PartitionKey

from .service.access import KEY
from .standin import StandIn

Make = Callable[..., ContainerProxy]

_NUMBERS = count()


@pytest.fixture(scope="session")
def client(cosmos: StandIn) -> Iterator[CosmosClient]:
    """One that retries as little as it can be told to: 0 stands for the default."""
    options = {"retry_total": 1, "enable_endpoint_discovery": False}
    with CosmosClient(cosmos.endpoint, KEY, **options) as client:
        yield client


@pytest.fixture(scope="session")
def database(client: CosmosClient) -> DatabaseProxy:
    return client.create_database("tests")


def partition_key(path: str | list[str]) -> PartitionKey:
    if isinstance(path, list):
        return PartitionKey(path=path, kind="MultiHash")
    return PartitionKey(path=path)


@pytest.fixture
def make(database: DatabaseProxy) -> Make:
    """Makes a container, partitioned by ``/p`` unless it is told otherwise."""

    def container(partition: str | list[str] = "/p", **options: Any) -> ContainerProxy:
        return database.create_container(
            f"container-{next(_NUMBERS)}", partition_key(partition), **options
        )

    return container


@pytest.fixture
def bare(make: Make) -> ContainerProxy:
    """An empty container, partitioned by ``/p``."""
    return make()


@pytest.fixture
def faulty(cosmos: StandIn) -> Iterator[StandIn]:
    """The stand-in, which fails only for this test; its log begins here."""
    cosmos.forget()
    yield cosmos
    cosmos.recover()
