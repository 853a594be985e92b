"""Joins: what they ask for besides the query itself."""

from collections.abc import Iterator
from itertools import count

import pytest

from mlflow_docstore.adapters.cosmosdb.capabilities import CAPABILITIES
from mlflow_docstore.adapters.cosmosdb.connection import connect
from mlflow_docstore.adapters.document.driver import Driver, Find, Join
from mlflow_docstore.adapters.document.layout import Collection, Layout

from .standin import StandIn

_NUMBERS = count()
MOST = CAPABILITIES.limits.in_terms
THERE = 3


@pytest.fixture(scope="module")
def driver(cosmos: StandIn) -> Iterator[Driver]:
    """With a few parts."""
    driver = connect(cosmos.uri("joining")).driver
    driver.prepare(Layout(1, (Collection("parts"),)))
    driver.put_many("parts", [{"_id": f"p{number}"} for number in range(THERE)])
    yield driver
    driver.close()


@pytest.mark.parametrize(
    ("wholes", "ids", "queries"),
    [(1, 0, 0), (100, 2, 1), (101, 2, 2), (1, MOST, 1), (1, MOST + 2, 2)],
)
def test_the_others_of_a_hundred_rows_are_read_together(
    faulty: StandIn, driver: Driver, wholes: int, ids: int, queries: int
) -> None:
    name, named = f"wholes-{next(_NUMBERS)}", [f"p{number}" for number in range(ids)]
    driver.prepare(Layout(1, (Collection(name),)))
    driver.insert_many(name, [{"_id": f"w{n}", "ids": named} for n in range(wholes)])
    faulty.forget()
    rows = driver.find(name, Find(join=Join("parts", "ids", "parts")))
    assert [len(row.document["parts"]) for row in rows] == [min(ids, THERE)] * wholes
    asked = [one["operation"] for one in faulty.log() if "_parts/" in one["address"]]
    assert asked == ["query"] * queries
