"""Indexes of elements: triggers keep them under every verb, and searches look up what they hold."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from mlflow_docstore.adapters.document.driver import Aid, Document, Driver, Find, Patch
from mlflow_docstore.adapters.document.layout import Index
from mlflow_docstore.adapters.memory.database import Database
from mlflow_docstore.adapters.memory.driver import MemoryDriver
from mlflow_docstore.adapters.sqlite.driver import SqliteDriver
from mlflow_docstore.adapters.sqlite.place import Place
from mlflow_docstore.adapters.sqlite.searches import Haste
from mlflow_docstore.adapters.sqlite.session import Session
from mlflow_docstore.core.query import And, AnyElement, Filter, In, Or, equals, path
from tests.contract.driver.deck import by

from .test_searches import during

MARKS = Aid(Index("on_marks", (("marks.name", 1), ("marks.value", 1))), "marks.name", "marks")
COLOUR = Aid(Index("on_colour", (("scope", 1), ("colour", 1), ("recent", 1))), "colour")
COUNT = 60


def marked(name: str, *values: str) -> AnyElement:
    within = (In(path("value"), values),) if values else ()
    return AnyElement(path("marks"), (equals("name", name), *within))


def find(where: Filter, *aids: Aid, limit: int = COUNT) -> Find:
    return Find(And((equals("scope", "a"), where)), (by("recent"),), limit=limit, aids=aids)


ODD = find(marked("odd"), MARKS)


def document(number: int, **more: object) -> Document:
    marks: list[object] = [
        {"name": "odd" if number % 2 else "even", "value": f"v{number % 7}"},
        {"name": "rare" if number % 20 == 3 else "all", "value": "[1]"},
        {"name": "all", "value": "[1]"},
        {"value": "nameless"},
        "text",
    ]
    if number % 6 == 0:
        del marks[0]["value"]  # type: ignore[attr-defined]  # a sub-document
    rest = {"marks": marks} if number % 5 else {}
    return {"_id": f"d{number:02}", "scope": "a", "recent": f"{number:02}", **rest, **more}


DOCUMENTS = [document(number, colour="rg"[number % 9 == 0]) for number in range(COUNT)]


@pytest.fixture
def pair(directory: Path) -> Iterator[tuple[Driver, SqliteDriver]]:
    """The same documents in memory, and where every search is taken for a long one."""
    embedded = SqliteDriver(Session(Place(directory)), "p", haste=Haste(0, 0))
    memory = MemoryDriver(Database())
    for one in (memory, embedded):
        one.insert_many("c", DOCUMENTS)
    yield memory, embedded
    embedded.close()


def found(driver: Driver, query: Find) -> list[str]:
    return [row.document["_id"] for row in driver.find("c", query)]


def held(file: Path) -> set[tuple[str, str, str]]:
    """What the index holds."""
    with closing(sqlite3.connect(file)) as native:
        return set(native.execute('SELECT * FROM "p.c:on_marks"').fetchall())


def expected(driver: Driver) -> set[tuple[str, str, str]]:
    return {
        (mark["name"], mark.get("value", ""), row.document["_id"])
        for row in driver.find("c", Find())
        if isinstance(row.document.get("marks"), list)
        for mark in row.document["marks"]
        if isinstance(mark, dict) and "name" in mark
    }


EVEN = {"name": "even", "value": "new"}
CHANGES: dict[str, Callable[[Driver], object]] = {
    "none": lambda _: None,
    "an insert": lambda driver: driver.insert("c", document(77)),
    "an insert of what is there": lambda driver: driver.insert("c", document(7, marks=[EVEN])),
    "inserts": lambda driver: driver.insert_many("c", [document(n) for n in range(50, 80)]),
    "puts": lambda driver: driver.put_many("c", [document(7, marks=[EVEN]), document(78)]),
    "a push": lambda driver: driver.patch("c", "d07", Patch(push={"marks": [EVEN, EVEN]})),
    "a patch of all": lambda driver: driver.patch_many("c", And(), Patch(set={"marks": [EVEN]})),
    "a patch beside it": lambda driver: driver.patch("c", "d07", Patch(set={"scope": "b"})),
    "no array": lambda driver: driver.patch("c", "d07", Patch(set={"marks": "text"})),
    "an array no more": lambda driver: driver.patch("c", "d07", Patch(unset=("marks",))),
    "a deletion": lambda driver: driver.delete("c", "d07"),
    "deletions": lambda driver: driver.delete_many("c", marked("odd")),
    "deletions of all": lambda driver: driver.delete_many("c", And()),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_it_holds_what_elements_say(
    pair: tuple[Driver, SqliteDriver], file: Path, change: Callable[[Driver], object]
) -> None:
    memory, embedded = pair
    found(embedded, ODD)
    for one in pair:
        change(one)
    assert held(file) == expected(memory)
    assert found(embedded, ODD) == found(memory, ODD)


@pytest.mark.parametrize(
    "where",
    [
        marked("odd"),
        marked("rare", "[1]"),
        marked("odd", "v1", "v2"),
        marked("all", "[1]"),
        marked("even", ""),
        marked("nobody"),
        AnyElement(path("marks"), (equals("value", "nameless"),)),
        Or((marked("rare"), equals("colour", "g"))),
        Or((marked("rare"), marked("odd", "v1"))),
        And((Or((marked("rare"), equals("colour", "g"))), equals("colour", "r"))),
    ],
)
def test_searches_find_the_same(pair: tuple[Driver, SqliteDriver], where: Filter) -> None:
    memory, embedded = pair
    for _ in range(2):
        for limit in (3, COUNT):
            query = find(where, MARKS, COLOUR, limit=limit)
            assert found(embedded, query) == found(memory, query)
    assert MARKS.index in embedded.indexes("c")


def test_few_are_looked_up(directory: Path) -> None:
    driver = SqliteDriver(Session(Place(directory)), "p", haste=Haste(1000, 0))
    driver.insert_many("c", DOCUMENTS)
    either = find(Or((marked("rare"), equals("colour", "g"))), MARKS, COLOUR, limit=5)
    assert len(found(driver, either)) == 5
    with during(driver) as plans:
        found(driver, either)
    assert all("p.c:on_marks" in plan and "p.c.on_colour" in plan for plan in plans)
    driver.close()


def test_one_that_another_process_drops(pair: tuple[Driver, SqliteDriver]) -> None:
    memory, embedded = pair
    found(embedded, ODD)
    assert embedded.drop_index("c", MARKS.index.name)
    assert MARKS.index not in embedded.indexes("c")
    embedded.insert("c", document(77))
    assert found(embedded, ODD) == [*found(memory, ODD), "d77"]


def test_it_goes_with_its_collection(pair: tuple[Driver, SqliteDriver], file: Path) -> None:
    _, embedded = pair
    found(embedded, ODD)
    embedded.drop(["c"])
    with closing(sqlite3.connect(file)) as native:
        left = native.execute("SELECT name FROM sqlite_schema WHERE name LIKE 'p.%'").fetchall()
    assert left == []
