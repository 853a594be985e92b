"""Indexes of users: beside all else that a container indexes."""

from collections.abc import Iterator

import pytest
from azure.cosmos import CosmosClient

from mlflow_docstore.adapters.cosmosdb.connection import connect
from mlflow_docstore.adapters.cosmosdb.indexing import policy_of
from mlflow_docstore.adapters.document.driver import Driver
from mlflow_docstore.adapters.document.layout import LAYOUT, SPANS, Collection, Index

from .standin import StandIn

DATABASE = "indexes"
(LAID_OUT,) = (one for one in LAYOUT.collections if one.name == SPANS)
OWN = Index("of_mine", (("mine", 1),))


@pytest.fixture
def driver(cosmos: StandIn) -> Iterator[Driver]:
    driver = connect(cosmos.uri(DATABASE)).driver
    driver.prepare(LAYOUT)
    yield driver
    driver.drop([SPANS])
    driver.close()


def included(client: CosmosClient) -> list[str]:
    container = client.get_database_client(DATABASE).get_container_client(f"mlflow_{SPANS}")
    return [one["path"] for one in container.read()["indexingPolicy"]["includedPaths"]]


def laid_out(collection: Collection) -> list[str]:
    return [one["path"] for one in policy_of(collection)["includedPaths"]]


def test_one_more_leaves_what_is_measured_indexed(driver: Driver, client: CosmosClient) -> None:
    assert "/duration/?" in included(client)
    driver.create_index(SPANS, OWN)
    assert sorted(included(client)) == sorted([*laid_out(LAID_OUT), "/mine/?"])


def test_one_less_leaves_what_is_measured_indexed(driver: Driver, client: CosmosClient) -> None:
    driver.create_index(SPANS, OWN)
    driver.drop_index(SPANS, OWN.name)
    assert sorted(included(client)) == sorted(laid_out(LAID_OUT))
