"""Reads: what is sent for a page behind a row where alternatives have to be filtered apart."""

from collections.abc import Mapping
from typing import Any

import pytest

from mlflow_docstore.adapters.document.driver import Find
from mlflow_docstore.adapters.document.layout import Index
from mlflow_docstore.adapters.mongodb.compiler import MongoCompiler
from mlflow_docstore.adapters.mongodb.driver import MongoDriver
from mlflow_docstore.adapters.mongodb.reads import native_read
from mlflow_docstore.core.query import And, Filter, Order, equals, path

from .conftest import Commands

COLOUR, NAME, BY_ID = Order(path("colour")), Order(path("name")), Order(path("_id"))
MAYBE = Order(path("rank"), descending=True, optional=True)
ALTERNATIVES = [{"name": {"$gt": "n"}}, {"_id": {"$gt": "d"}, "name": "n"}]


@pytest.fixture
def filled(driver: MongoDriver) -> MongoDriver:
    driver.create_index("c", Index("by_name", (("colour", 1), ("name", 1))))
    names = [{"_id": f"d{n:02}", "colour": "red", "name": f"n{n // 2}"} for n in range(12)]
    driver.insert_many("c", names)
    return driver


def sent(driver: MongoDriver, commands: Commands, query: Find, *, apart: bool) -> Any:
    """The one command of a read."""
    commands.sent.clear()
    condition = MongoCompiler(10).compile(query.where)
    read = native_read(query, condition, 100, [], apart=apart)
    with read.open(driver._session.collection("c")) as cursor:
        list(cursor)
    (command,) = commands.sent
    return command


def filters(command: Mapping[str, Any]) -> list[Any]:
    if "pipeline" not in command:
        return [command["filter"]]
    return [stage["$match"] for stage in command["pipeline"] if "$match" in stage]


@pytest.mark.parametrize(
    ("order", "after", "where", "expected"),
    [
        (
            (NAME, BY_ID),
            ("n", "d"),
            equals("colour", "red"),
            [{"colour": "red", "name": {"$gte": "n"}}, {"$or": ALTERNATIVES}],
        ),
        ((NAME, BY_ID), ("n", "d"), equals("name", "n"), [{"name": "n"}, {"$or": ALTERNATIVES}]),
        (
            (MAYBE, BY_ID),
            (1, "d"),
            And(),
            [{}, {"$or": [{"rank": {"$lt": 1}}, {"rank": None}, {"_id": {"$gt": "d"}, "rank": 1}]}],
        ),
        ((BY_ID,), ("d",), equals("colour", "red"), [{"_id": {"$gt": "d"}, "colour": "red"}]),
    ],
    ids=["a bound", "a value that is fixed", "no bound", "no alternatives"],
)
def test_what_an_index_can_do_comes_before_the_alternatives(
    driver: MongoDriver,
    commands: Commands,
    order: tuple[Order, ...],
    after: tuple[Any, ...],
    where: Filter,
    expected: list[Any],
) -> None:
    query = Find(where, order, after, 5)
    assert filters(sent(driver, commands, query, apart=True)) == expected


def test_elsewhere_it_is_one_filter(driver: MongoDriver, commands: Commands) -> None:
    query = Find(equals("colour", "red"), (NAME, BY_ID), ("n", "d"), 5)
    (found,) = filters(sent(driver, commands, query, apart=False))
    assert found == {"colour": "red", "name": {"$gte": "n"}, "$or": ALTERNATIVES}


@pytest.mark.parametrize(("apart", "stage"), [(True, "IXSCAN"), (False, "COLLSCAN")])
def test_apart_the_index_is_used(
    filled: MongoDriver, commands: Commands, apart: bool, stage: str
) -> None:
    """The second case is why there is the first; it fails on the day that it is not needed."""
    query = Find(equals("colour", "red"), (NAME, BY_ID), ("n4", "d08"), 5)
    condition = filters(sent(filled, commands, query, apart=apart))[0]
    native = filled._session.collection("c")
    found = native.database.command("explain", {"find": native.name, "filter": condition})
    assert stage in str(found["queryPlanner"]["winningPlan"])
