"""Orders that an index has: how they are asked for, in what bounds, and that none is inexact."""

import random
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from mlflow_docstore.adapters.cosmosdb.compiler import compile_filter
from mlflow_docstore.adapters.cosmosdb.connection import connect
from mlflow_docstore.adapters.cosmosdb.orders import walk_of
from mlflow_docstore.adapters.document.driver import Document, Driver, Find
from mlflow_docstore.adapters.document.layout import LAYOUT, METRICS, MODEL_VERSIONS, RUNS, TEXTS
from mlflow_docstore.adapters.memory.connection import connect as connect_memory
from mlflow_docstore.core.query import (
    BestElement,
    Filter,
    In,
    Order,
    SortKey,
    all_of,
    equals,
    path,
)

from .standin import StandIn

_NUMBERS = count()


def by(name: str, *, descending: bool = False, optional: bool = False) -> Order:
    return Order(path(name), descending, optional)


def fixed(*names: str) -> Filter:
    return all_of(*(equals(name, "v") for name in names))


BY_ID, RECENT = by("_id"), by("recent")
RECENTLY = ("experiment_id", "workspace", "lifecycle")
BY_UPDATE = (by("last_updated_time", descending=True), by("name"), by("number", descending=True))
TURNED = (by("last_updated_time"), by("name", descending=True), by("number"))


def walked(collection: str, where: Filter, *order: SortKey, **how: Any) -> str | None:
    walk = walk_of(collection, Find(where, order, **how))
    return None if walk is None else walk.text


class TestText:
    @pytest.mark.parametrize(
        ("collection", "where", "order", "text"),
        [
            (
                RUNS,
                fixed(*RECENTLY),
                (RECENT,),
                (
                    ' ORDER BY c["experiment_id"], c["workspace"], c["lifecycle"], c["recent"],'
                    ' c["_id"]'
                ),
            ),
            (
                RUNS,
                fixed(*RECENTLY),
                (by("recent", descending=True),),
                (
                    ' ORDER BY c["experiment_id"] DESC, c["workspace"] DESC, c["lifecycle"] DESC,'
                    ' c["recent"] DESC, c["_id"] DESC'
                ),
            ),
            (
                METRICS,
                all_of(fixed("run_id", "workspace"), In(path("key"), ("loss",))),
                (by("level"), by("first"), BY_ID),
                ' ORDER BY c["run_id"], c["workspace"], c["key"], c["level"], c["first"], c["_id"]',
            ),
            (
                TEXTS,
                fixed("root", "workspace", "more"),
                (BY_ID,),
                ' ORDER BY c["root"], c["workspace"], c["_id"]',
            ),
            (
                MODEL_VERSIONS,
                fixed("listing", "workspace"),
                BY_UPDATE,
                (
                    ' ORDER BY c["listing"], c["workspace"], c["last_updated_time"] DESC,'
                    ' c["name"], c["number"] DESC, c["_id"]'
                ),
            ),
            (
                MODEL_VERSIONS,
                fixed("listing", "workspace"),
                TURNED,
                (
                    ' ORDER BY c["listing"] DESC, c["workspace"] DESC, c["last_updated_time"],'
                    ' c["name"] DESC, c["number"], c["_id"] DESC'
                ),
            ),
        ],
        ids=["behind fixed", "downwards", "several", "the id", "mixed", "mixed, turned"],
    )
    def test_is_the_whole_index(
        self, collection: str, where: Filter, order: tuple[SortKey, ...], text: str
    ) -> None:
        assert walked(collection, where, *order) == text

    @pytest.mark.parametrize(
        ("where", "order"),
        [
            (fixed("experiment_id", "workspace"), (RECENT,)),
            (
                all_of(fixed("workspace", "lifecycle"), In(path("experiment_id"), ("1", "2"))),
                (RECENT,),
            ),
            (fixed(*RECENTLY), (by("recent", optional=True),)),
            (fixed(*RECENTLY), (by("start_time"), RECENT)),
            (fixed(*RECENTLY), (RECENT, by("_id", descending=True))),
            (fixed(*RECENTLY), (RECENT, BY_ID, by("x"))),
            (fixed("experiment_id", "workspace"), (by("lifecycle"),)),
            (fixed(*RECENTLY), (BestElement(path("l"), (), (), path("v")), RECENT)),
        ],
        ids=[
            *("a gap", "several values", "missing last", "another field"),
            *("another way", "more", "less", "computed"),
        ],
    )
    def test_is_none_where_no_index_has_the_order(
        self, where: Filter, order: tuple[SortKey, ...]
    ) -> None:
        assert walked(RUNS, where, *order) is None

    def test_is_none_behind_a_row_that_lacks_a_value(self) -> None:
        assert walked(RUNS, fixed(*RECENTLY), RECENT, after=(None,)) is None

    def test_begins_with_the_range_behind_a_row(self) -> None:
        query = Find(fixed("listing", "workspace"), BY_UPDATE, (5, "n", 2))
        walk = walk_of(MODEL_VERSIONS, query)
        assert walk is not None
        condition = compile_filter(walk.behind(), in_terms=9)
        time, name, number = 'c["last_updated_time"]', 'c["name"]', 'c["number"]'
        assert condition.inline() == (
            f'({time} <= 5 AND ({time} < 5 OR ({time} = 5 AND {name} >= "n"'
            f' AND ({name} > "n" OR ({name} = "n" AND {number} < 2)))))'
        )


@pytest.fixture
def driver(faulty: StandIn) -> Iterator[Driver]:
    driver = connect(faulty.uri(f"orders-{next(_NUMBERS)}")).driver
    driver.prepare(LAYOUT)
    yield driver
    driver.close()


@pytest.fixture
def model() -> Driver:
    """What has the orders of the port, every one."""
    return connect_memory(f"memory://orders-{next(_NUMBERS)}").driver


def pages(driver: Driver, collection: str, size: int, query: Find) -> list[Any]:
    found: list[Any] = []
    after = None
    while page := driver.find(collection, Find(query.where, query.order, after, size)):
        found += [(row.position, row.document) for row in page]
        after = page[-1].position
        assert len(found) < 1000
    return found


def versions(rng: random.Random) -> list[Document]:
    """With times that a double does not tell apart, and some that it does."""
    times = [2**60 + number for number in range(4)] + [2**53 + 1, 7, 7.5, -(2**60) - 1]
    scope = {"listing": "v", "workspace": "v"}
    return [
        {
            "_id": f"{number:02}",
            "last_updated_time": rng.choice(times),
            "name": rng.choice("ab"),
            "number": rng.choice([number, 2**55 + number % 3]),
            **scope,
        }
        for number in range(40)
    ]


class TestRows:
    @pytest.mark.parametrize("size", [1, 3, 50])
    @pytest.mark.parametrize("order", [BY_UPDATE, TURNED], ids=["as declared", "turned"])
    @pytest.mark.parametrize("names", [("listing", "workspace"), ("workspace",)], ids=len)
    def test_come_in_the_order_of_numbers_that_no_double_is(
        self,
        driver: Driver,
        model: Driver,
        names: tuple[str, ...],
        order: tuple[Order, ...],
        size: int,
    ) -> None:
        documents = versions(random.Random(size))  # noqa: S311 - no secret
        tie = BY_ID if order is BY_UPDATE else by("_id", descending=True)
        query = Find(fixed(*names), (*order, tie))
        assert (walk_of(MODEL_VERSIONS, query) is None) is (len(names) == 1)
        for one in (driver, model):
            one.insert_many(MODEL_VERSIONS, documents)
        expected = pages(model, MODEL_VERSIONS, 50, query)
        assert pages(driver, MODEL_VERSIONS, size, query) == expected

    def test_that_lack_a_value_are_there(self, driver: Driver) -> None:
        scope = dict.fromkeys(RECENTLY, "v")
        documents: list[Document] = [
            {"_id": "a", **scope},
            {"_id": "b", **scope},
            {"_id": "c", **scope},
        ]
        driver.insert_many(RUNS, documents)
        found = driver.find(RUNS, Find(fixed(*RECENTLY), (RECENT, BY_ID)))
        assert [row.document for row in found] == documents

    def test_have_the_fields_that_are_asked_for(self, driver: Driver) -> None:
        driver.insert(RUNS, {"_id": "a", "recent": 1, "x": 2, **dict.fromkeys(RECENTLY, "v")})
        (row,) = driver.find(RUNS, Find(fixed(*RECENTLY), (RECENT, BY_ID), fields=("x",)))
        assert (row.document, row.position) == ({"_id": "a", "x": 2}, (1, "a"))


class TestDropped:
    @pytest.mark.parametrize("order", [(RECENT, BY_ID), (BY_ID,)], ids=["recent", "id"])
    def test_an_index_is_done_without(
        self, driver: Driver, model: Driver, order: tuple[Order, ...]
    ) -> None:
        scope = dict.fromkeys(RECENTLY, "v")
        documents: list[Document] = [
            {"_id": f"{number:02}", "recent": number * 7 % 10, **scope} for number in range(20)
        ]
        driver.drop_index(RUNS, "by_recency")
        for one in (driver, model):
            one.insert_many(RUNS, documents)
        query = Find(fixed(*RECENTLY), order)
        assert pages(driver, RUNS, 3, query) == pages(model, RUNS, 50, query)


class TestCost:
    @pytest.mark.parametrize(
        "order", [(RECENT,), (by("recent", descending=True),)], ids=["up", "down"]
    )
    def test_of_a_page_does_not_grow_with_what_is_there(
        self, faulty: StandIn, driver: Driver, order: tuple[Order, ...]
    ) -> None:
        charges = []
        for begin, end in ((0, 120), (120, 300)):
            for number in range(begin, end):
                experiment = "v" if number % 2 else "other"
                scope = {"experiment_id": experiment, "workspace": "v", "lifecycle": "v"}
                driver.insert(RUNS, {"_id": f"r{number}", "recent": number, **scope})
            faulty.forget()
            after = (40,)
            rows = driver.find(RUNS, Find(fixed(*RECENTLY), order, after, 10))
            assert len(rows) == 10
            asked = [one for one in faulty.log() if one["operation"] == "query"]
            charges.append((len(asked), sum(one["charge"] for one in asked)))
        assert charges[0] == charges[1]
