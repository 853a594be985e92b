"""Searches by keys of users: which make an index, which walk it, and that none fails for it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from mlflow_docstore.adapters.document.driver import Aid, Document, Driver, Find
from mlflow_docstore.adapters.document.layout import Index
from mlflow_docstore.adapters.memory.database import Database
from mlflow_docstore.adapters.memory.driver import MemoryDriver
from mlflow_docstore.adapters.sqlite.connection import connect
from mlflow_docstore.adapters.sqlite.driver import SqliteDriver
from mlflow_docstore.adapters.sqlite.place import Place
from mlflow_docstore.adapters.sqlite.searches import HASTE, Haste
from mlflow_docstore.adapters.sqlite.session import Session
from mlflow_docstore.core.query import And, Filter, In, Operator, Order, equals, path
from tests.contract.driver.deck import Table, by, compare

from .test_faults import limit_pages, locked

SCOPE = (("scope", 1), ("stage", 1))
RECENT = ("recent", 1)
BY_RECENCY = Index("by_recency", (*SCOPE, RECENT))
COUNT = 400
HASTY = Haste(steps=1000, most=3)
AT_ONCE = Haste(steps=0, steps_a_result=0)


def aid(name: str) -> Aid:
    return Aid(Index(f"on_{name}", (*SCOPE, (name, 1), RECENT)), name)


def document(number: int) -> Document:
    rare = {"rare": f"r{number % 80}"} if number % 3 else {}
    return {
        "_id": f"d{number:03}",
        "scope": "a",
        "stage": "xy"[number % 7 == 0],
        "recent": f"{number * 37 % COUNT:03}",
        "v": None if number % 11 == 0 else number / 10,
        "w": number * 7 % 50,
        "half": "ab"[number % 2],
        **rare,
    }


def search(
    *conditions: Filter, order: tuple[Order, ...] = (), aids: str = "", limit: int | None = 5
) -> Find:
    where = And((equals("scope", "a"), equals("stage", "x"), *conditions))
    made = tuple(aid(name) for name in aids.split())
    return Find(where, (*order, by("recent")), limit=limit, aids=made)


RARE = search(equals("rare", "r8"), aids="rare")
WIDE = search(compare("v", Operator.GE, 1.0), aids="v")
SORTED = search(aids="v", order=(by("v", descending=True, optional=True),))
BEST_HALF = search(
    equals("half", "a"), aids="half v", order=(by("v", descending=True, optional=True),)
)
BEST_OF_RANGE = search(
    compare("v", Operator.GE, 1.0), aids="v w", order=(by("w", descending=True, optional=True),)
)
BEST_OF_NONE = search(
    equals("half", "c"), aids="v", order=(by("v", descending=True, optional=True),)
)


@pytest.fixture
def make(directory: Path) -> Iterator[Callable[..., SqliteDriver]]:
    """Drivers on the directory, as of several processes; the first of them fills it."""
    made: list[SqliteDriver] = []

    def open_another(haste: Haste | None = HASTY, count: int = COUNT) -> SqliteDriver:
        # Whoever waits for a lock will not be done when the test's time is over.
        driver = SqliteDriver(Session(Place(directory), patience=1000), "p", haste=haste)
        if not made:
            driver.insert_many("c", [document(number) for number in range(count)])
            driver.create_index("c", BY_RECENCY)
        made.append(driver)
        return driver

    yield open_another
    for driver in made:
        driver.close()


@pytest.fixture
def memory() -> Driver:
    driver = MemoryDriver(Database())
    driver.insert_many("c", [document(number) for number in range(COUNT)])
    return driver


def indexed(driver: Driver) -> list[str]:
    """The indexes that searches have made."""
    return [index.name for index in driver.indexes("c") if index != BY_RECENCY]


def found(driver: Driver, query: Find) -> list[str]:
    return [row.document["_id"] for row in driver.find("c", query)]


@contextmanager
def during(driver: SqliteDriver) -> Iterator[list[str]]:
    """The plans of the statements in the block that look for documents."""
    (connected,) = driver._session._held().idle
    texts: list[str] = []
    plans: list[str] = []
    connected.native.set_trace_callback(texts.append)
    yield plans
    connected.native.set_trace_callback(None)
    for text in texts:
        steps = connected.native.execute(f"EXPLAIN QUERY PLAN {text}").fetchall()
        plans.append(" ".join(step for *_, step in steps))


@pytest.mark.parametrize(("query", "name"), [(RARE, "on_rare"), (SORTED, "on_v")])
def test_a_search_that_takes_long_makes_its_index_and_the_next_walks_it(
    make: Callable[..., SqliteDriver], memory: Driver, query: Find, name: str
) -> None:
    driver = make()
    assert found(driver, query) == found(memory, query)
    assert indexed(driver) == [name]
    with during(driver) as plans:
        assert found(driver, query) == found(memory, query)
    (plan,) = plans
    assert f".{name} (" in plan


@pytest.mark.parametrize(
    ("query", "options"),
    [
        (RARE, {"count": 60}),
        (search(equals("half", "a"), aids="half"), {}),
        (search(equals("rare", "r8")), {}),
        (search(equals("rare", "r8"), aids="rare", limit=None), {}),
        (RARE, {"haste": None}),
        (RARE, {"haste": HASTE}),
        (RARE, {"haste": Haste(steps=1000, largest=COUNT - 1)}),
    ],
    ids=[
        "few documents",
        "what is found soon",
        "nothing to make",
        "all that there is, in no pages",
        "turned off",
        "less than some thousands",
        "a table too large",
    ],
)
def test_other_searches_make_none(
    make: Callable[..., SqliteDriver], memory: Driver, query: Find, options: dict[str, object]
) -> None:
    driver = make(**options)
    assert found(driver, query)
    assert len(found(driver, query)) <= len(found(memory, query))
    assert indexed(driver) == []


def test_a_table_has_so_many_indexes_and_no_more(make: Callable[..., SqliteDriver]) -> None:
    driver = make()
    for name in ("one", "two", "three", "four"):
        assert found(driver, search(equals(name, "x"), aids=name)) == []
    assert sorted(indexed(driver)) == ["on_one", "on_three", "on_two"]
    with during(driver) as plans:
        found(driver, search(equals("four", "x"), aids="four"))
    assert len(plans) == 1


def test_an_index_that_another_process_has_made_is_used(
    make: Callable[..., SqliteDriver], memory: Driver
) -> None:
    driver, other = make(), make()
    found(driver, RARE)
    assert found(other, SORTED)
    with during(other) as plans:
        assert found(other, RARE) == found(memory, RARE)
    (plan,) = plans
    assert ".on_rare (" in plan


@pytest.mark.parametrize("query", [RARE, WIDE, SORTED, BEST_HALF])
def test_an_index_that_another_process_has_dropped_is_not_missed(
    make: Callable[..., SqliteDriver], memory: Driver, query: Find
) -> None:
    driver, other = make(AT_ONCE), make()
    found(driver, query)
    for name in indexed(driver):
        assert other.drop_index("c", name)
    assert found(driver, query) == found(memory, query)
    assert indexed(driver) == []
    found(make(AT_ONCE), query)
    assert indexed(driver)


def test_most_of_a_range_is_read_in_the_order_that_is_asked_for(
    make: Callable[..., SqliteDriver], memory: Driver
) -> None:
    driver = make()
    driver.create_index("c", aid("v").index)
    assert found(driver, WIDE) == found(memory, WIDE)
    with during(driver) as plans:
        assert found(driver, WIDE) == found(memory, WIDE)
    sorting, walking = plans
    assert ".on_v (" in sorting
    assert "TEMP B-TREE" in sorting
    assert ".by_recency (" in walking
    assert "TEMP B-TREE" not in walking


@pytest.mark.parametrize(
    ("query", "narrowing", "sorting"),
    [(BEST_HALF, "on_half", "on_v"), (BEST_OF_RANGE, "on_v", "on_w")],
)
def test_the_best_of_many_are_read_in_their_order(
    make: Callable[..., SqliteDriver], memory: Driver, query: Find, narrowing: str, sorting: str
) -> None:
    driver = make()
    assert found(driver, query) == found(memory, query)
    assert indexed(driver) == [narrowing, sorting]
    with during(driver) as plans:
        assert found(driver, query) == found(memory, query)
    assert f".{sorting} (" in plans[-1]
    assert f".{narrowing} (" not in plans[-1]


def test_what_has_one_way_is_not_gone_twice(make: Callable[..., SqliteDriver]) -> None:
    driver = make()
    assert found(driver, BEST_OF_NONE) == []
    assert indexed(driver) == ["on_v"]
    with during(driver) as plans:
        assert found(driver, BEST_OF_NONE) == []
    # Once for some steps, and once to the end.
    assert len(plans) == 2


class TestWhatNeverFails:
    def test_somebody_else_is_writing(
        self, make: Callable[..., SqliteDriver], memory: Driver, file: Path
    ) -> None:
        driver = make()
        self.finds_without_an_index_while(locked(file), driver, memory)

    def test_another_thread_is_writing(
        self, make: Callable[..., SqliteDriver], memory: Driver
    ) -> None:
        driver = make()
        self.finds_without_an_index_while(driver._session._held().writing, driver, memory)

    @staticmethod
    def finds_without_an_index_while(
        writing: AbstractContextManager[object], driver: SqliteDriver, memory: Driver
    ) -> None:
        with writing:
            assert found(driver, RARE) == found(memory, RARE)
            assert indexed(driver) == []
        assert found(driver, RARE) == found(memory, RARE)
        assert indexed(driver) == ["on_rare"]

    def test_who_writes_next_waits_again(self, make: Callable[..., SqliteDriver]) -> None:
        driver = make()
        found(driver, RARE)
        (connected,) = driver._session._held().idle
        assert connected.native.execute("PRAGMA busy_timeout").fetchone() == (1_000_000,)

    def test_the_disk_is_full_and_it_is_not_tried_again(
        self, make: Callable[..., SqliteDriver], memory: Driver
    ) -> None:
        driver = make()
        limit_pages(driver, 0)
        assert found(driver, RARE) == found(memory, RARE)
        with during(driver) as plans:
            assert found(driver, RARE) == found(memory, RARE)
        assert len(plans) == 1
        assert indexed(driver) == []


FILTERS: dict[str, tuple[Filter, ...]] = {
    "nothing": (),
    "a value": (equals("half", "a"),),
    "several values": (In(path("half"), ("a", "c")),),
    "a range and a value": (compare("v", Operator.LT, 30.0), equals("half", "b")),
    "a range": (compare("v", Operator.GT, 0.5),),
}
ORDERS: dict[str, tuple[Order, ...]] = {
    "the usual one": (),
    "a key": (by("v", optional=True),),
    "its reverse": (by("v", descending=True, optional=True), by("rare", optional=True)),
}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("where", FILTERS)
@pytest.mark.parametrize("steps", [0, 500, 3000])
def test_pages_are_those_of_memory(
    make: Callable[..., SqliteDriver], memory: Driver, steps: int, where: str, order: str
) -> None:
    tables = [Table(memory, "c"), Table(make(Haste(steps, 0)), "c")]
    query = search(*FILTERS[where], order=ORDERS[order])
    expected, pages = (
        table.pages(*query.order, size=90, where=query.where, aids=(aid("half"), aid("v")))
        for table in tables
    )
    assert pages == expected
    assert expected


@pytest.mark.parametrize(
    ("option", "names"), [("", ["on_rare"]), ("?autoIndex=ON", ["on_rare"]), ("?autoIndex=off", [])]
)
def test_the_uri_turns_it_off(directory: Path, option: str, names: list[str]) -> None:
    driver = connect(f"docstore://{directory}{option}").driver
    rows = [{"_id": str(number), "scope": "a", "stage": "x"} for number in range(8000)]
    driver.insert_many("c", rows)
    assert found(driver, RARE) == []
    assert indexed(driver) == names
    driver.close()
