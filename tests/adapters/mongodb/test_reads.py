"""Reads: what is sent for a page behind a row."""

from mlflow_docstore.adapters.document.driver import Find, Join
from mlflow_docstore.adapters.mongodb.driver import MongoDriver
from mlflow_docstore.core.query import Order, equals, path

from .conftest import Commands

PAGE = Find(equals("colour", "red"), (Order(path("name")), Order(path("_id"))), ("n", "d"), 5)
FILTER = {
    "colour": "red",
    "name": {"$gte": "n"},
    "$or": [{"name": {"$gt": "n"}}, {"_id": {"$gt": "d"}, "name": "n"}],
}
"""The bound beside the alternatives is what an index on colour and name can begin at."""


def test_a_page_is_one_find_with_a_bound_for_the_index(
    driver: MongoDriver, commands: Commands
) -> None:
    driver.find("c", PAGE)
    (command,) = commands.sent
    assert command["find"].endswith("_c")
    assert command["filter"] == FILTER
    assert (command["sort"], command["limit"]) == ({"name": 1, "_id": 1}, 5)


def test_a_page_with_a_join_is_one_aggregate(driver: MongoDriver, commands: Commands) -> None:
    join = Join("others", "other", "joined")
    driver.find("c", Find(PAGE.where, PAGE.order, PAGE.after, PAGE.limit, join=join))
    (command,) = commands.sent
    match, sort, limit, *_ = command["pipeline"]
    assert match == {"$match": FILTER}
    assert (sort, limit) == ({"$sort": {"name": 1, "_id": 1}}, {"$limit": 5})
