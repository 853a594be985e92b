"""A subject of the contract: the adapter of Azure Cosmos DB on its stand-in."""

from collections.abc import Iterator

import pytest

from .standin import StandIn, running

NAME = "cosmosdb"


@pytest.fixture(scope="session")
def cosmos() -> Iterator[StandIn]:
    """A stand-in for Azure Cosmos DB, which can be told to fail."""
    with running() as server:
        yield server


def uri(request: pytest.FixtureRequest, database: str) -> str:
    """Of an empty database."""
    server: StandIn = request.getfixturevalue("cosmos")
    return server.uri(database)
