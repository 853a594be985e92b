"""Orders that are made here, compared with those of a database that makes them itself."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest

from mlflow_docstore.adapters.document.driver import Document, Find, Join, Row
from mlflow_docstore.adapters.document.rules.sorting import Sorting
from mlflow_docstore.adapters.memory.database import Database
from mlflow_docstore.adapters.memory.driver import MemoryDriver
from mlflow_docstore.core.query import BestElement, Exists, Order, SortKey, equals, path

BY_ID = Order(path("_id"))
LEVEL = Order(path("level"))
BEST = BestElement(path("points"), (equals("key", "loss"),), (Order(path("step")),), path("value"))
ORDERS: tuple[tuple[SortKey, ...], ...] = (
    (LEVEL, Order(path("score"), descending=True, optional=True), BY_ID),
    (Order(path("level"), descending=True), BEST, BY_ID),
    (Order(path("score"), optional=True), BY_ID),
    (Order(path("score"), descending=True, optional=True), LEVEL, BY_ID),
    (Order(path("deep.name"), optional=True), BY_ID),
    (BEST, BY_ID),
)


@dataclass
class Poor:
    """Sorts by ``level`` alone, or not at all; in no order it hands documents out by chance.

    Args:
        driver: Where the documents are.
        handed_out: How many documents were.
        vanish: What to delete when nobody looks, once.
    """

    driver: MemoryDriver
    handed_out: int = 0
    vanish: list[str] = field(default_factory=list)

    def read(self, query: Find) -> Iterator[Document]:
        assert query.order in ((), (LEVEL,), (replace(LEVEL, descending=True),))
        assert query.limit is None
        found = [row.document for row in self.driver.find("t", query)]
        if not query.order:
            random.Random(7).shuffle(found)  # noqa: S311 - no secret
        for key in self.vanish:
            self.driver.delete("t", key)
        self.vanish = []
        for document in found:
            self.handed_out += 1
            yield document

    def sorting(self) -> Sorting:
        return Sorting(
            self.read, lambda key: isinstance(key, Order) and key.field == LEVEL.field, 10
        )


@pytest.fixture
def poor() -> Poor:
    driver, chance = MemoryDriver(Database()), random.Random(3)  # noqa: S311 - no secret
    documents = []
    for number in range(60):
        document: Document = {"_id": f"d{number:02}", "level": number % 4, "links": ["d00"]}
        if number % 3:
            document["score"] = chance.choice([None, 1.5, 2, "text"])
        if number % 5:
            document["deep"] = {"name": chance.choice("abc"), "other": number}
        steps = chance.sample(range(9), number % 3)
        document["points"] = [
            {"key": "loss", "step": step, "value": chance.choice([1.0, 2.0])} for step in steps
        ]
        documents.append(document)
    driver.insert_many("t", documents)
    return Poor(driver)


def pages(find: object, query: Find, size: int) -> list[list[Row]]:
    """All pages of a query."""
    found: list[list[Row]] = []
    while True:
        page = list(find(replace(query, limit=size)))  # type: ignore[operator]
        if not page:
            return found
        found.append(page)
        query = replace(query, after=page[-1].position)


@pytest.mark.parametrize("order", ORDERS, ids=range(len(ORDERS)))
@pytest.mark.parametrize("fields", [None, (), ("deep.other", "level"), ("deep",)], ids=str)
def test_pages_are_those_of_who_sorts(
    poor: Poor, order: tuple[SortKey, ...], fields: tuple[str, ...] | None
) -> None:
    query = Find(Exists(path("level")), order, fields=fields)
    expected = pages(lambda one: poor.driver.find("t", one), query, 7)
    assert pages(poor.sorting().rows, query, 7) == expected
    assert len(expected) == 9


@pytest.mark.parametrize("order", ORDERS, ids=range(len(ORDERS)))
def test_without_a_limit_all_come(poor: Poor, order: tuple[SortKey, ...]) -> None:
    query = Find(order=order)
    assert list(poor.sorting().rows(query)) == poor.driver.find("t", query)


@pytest.mark.parametrize("order", ORDERS, ids=range(len(ORDERS)))
def test_others_are_joined_to_what_is_found(poor: Poor, order: tuple[SortKey, ...]) -> None:
    query = Find(
        equals("level", 1), order, limit=5, fields=("level",), join=Join("t", "links", "by")
    )
    found = list(poor.sorting().rows(query))
    assert found == poor.driver.find("t", query)
    assert found[0].document["by"][0]["_id"] == "d00"


def test_where_the_first_key_has_an_index_no_more_is_read_than_its_ties(poor: Poor) -> None:
    rows = poor.sorting().rows(Find(order=ORDERS[0], limit=20))
    assert len(list(rows)) == 20
    # Fifteen of each level, and the first of the level behind, by which a tie ends.
    assert poor.handed_out == 31


def test_one_that_goes_meanwhile_leaves_no_page_short(poor: Poor) -> None:
    first, second, third = (
        row.document["_id"] for row in poor.driver.find("t", Find(order=ORDERS[3], limit=3))
    )
    poor.vanish = [first]
    found = list(poor.sorting().rows(Find(order=ORDERS[3], limit=2)))
    assert [row.document["_id"] for row in found] == [second, third]
