"""Reads whose statement has several parts or ranges: they give what memory gives, page by page."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from mlflow_docstore.adapters.document.driver import Driver, Find
from mlflow_docstore.adapters.memory.database import Database
from mlflow_docstore.adapters.memory.driver import MemoryDriver
from mlflow_docstore.adapters.sqlite.driver import SqliteDriver
from mlflow_docstore.adapters.sqlite.reads import read_of
from mlflow_docstore.core.errors import LimitExceeded
from mlflow_docstore.core.query import And, Filter, In, Like, Or, SortKey, equals, path
from tests.contract.driver.deck import BY_ID, Table, by

DOCUMENTS = {
    f"d{number:02}": {
        "scope": "abc"[number % 3],
        "stage": "xy"[number % 2],
        **({} if number % 4 == 0 else {"v": None if number % 5 == 0 else number % 7}),
        **({} if number % 3 == 0 else {"r": number % 2}),
    }
    for number in range(60)
}
SCOPES = In(path("scope"), ("a", "c", "a"))
STAGES = In(path("stage"), ("x", "y"))
FILTERS: dict[str, Filter] = {
    "one range": equals("scope", "a"),
    "two ranges": SCOPES,
    "four ranges": And((SCOPES, STAGES)),
    "too many ranges": And((In(path("scope"), tuple("abcdefghi")), STAGES)),
    "values of another type": And((In(path("v"), (1, 2, 3)), SCOPES)),
}
V, R = by("v", optional=True), by("r", descending=True, optional=True)
ORDERS: dict[str, tuple[SortKey, ...]] = {
    "by id": (BY_ID,),
    "by two that may be missing": (V, R, BY_ID),
    "descending": (by("v", descending=True, optional=True), R, by("_id", descending=True)),
    "by four that may be missing": (V, R, by("s", optional=True), by("t", optional=True), BY_ID),
}


@pytest.fixture
def tables(driver: Driver) -> Iterator[list[Table]]:
    """The same documents in memory and in SQLite."""
    found = [Table(MemoryDriver(Database()), "c"), Table(driver, "c")]
    for table in found:
        table.put(**DOCUMENTS)
    return found


@pytest.mark.parametrize("size", [1, 7, 100])
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("where", FILTERS)
def test_pages_are_those_of_memory(tables: list[Table], where: str, order: str, size: int) -> None:
    expected, found = (
        table.pages(*ORDERS[order], size=size, where=FILTERS[where]) for table in tables
    )
    assert found == expected
    assert expected


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("where", FILTERS)
def test_one_big_read_and_a_scan_are_too(tables: list[Table], where: str, order: str) -> None:
    expected, found = (table.find(*ORDERS[order], where=FILTERS[where]) for table in tables)
    assert found == expected


class TestLimitsOfSqlite:
    """Depth of expressions, length of patterns, number of parameters: users meet none of them."""

    @pytest.mark.parametrize("kind", [And, Or])
    def test_thousands_of_conditions(self, tables: list[Table], kind: type[And | Or]) -> None:
        conditions = [equals("scope", "a")] * 5000
        assert len(tables[1].ids(kind(tuple(conditions)))) == 20

    def test_a_hundred_thousand_values(self, tables: list[Table]) -> None:
        values = ("a", *(f"v{number}" for number in range(99_999)))
        assert len(tables[1].ids(In(path("scope"), values))) == 20

    @pytest.mark.parametrize("ignore_case", [False, True])
    def test_long_patterns(self, tables: list[Table], ignore_case: bool) -> None:
        long = "x" * 60_000
        tables[1].put(long={"text": f"{long}y"}, other={"text": long})
        assert tables[1].ids(Like(path("text"), f"%{long}_", ignore_case)) == ["long"]

    def test_more_conditions_than_ten_thousand_are_refused_as_too_many(
        self, tables: list[Table]
    ) -> None:
        with pytest.raises(LimitExceeded) as caught:
            tables[1].ids(Or((equals("scope", "a"),) * 10_001))
        assert caught.value.facts["allowed"] == 10_000


def test_of_documents_with_some_fields_nothing_else_is_parsed(
    driver: SqliteDriver, file: Path
) -> None:
    driver.insert("c", {"_id": "d", "a": {"b": 1.10, "x": "\x00"}, "none": None, "rest": "long"})
    query = Find(order=(by("none", optional=True), BY_ID), fields=("a.b", "gone"), limit=1)
    read = read_of(driver._calls.table("c"), query, driver._compiler)
    with closing(sqlite3.connect(file)) as native:
        statement = read.statement
        (columns,) = native.execute(statement.text, statement.parameters).fetchall()
    _, _, key, a, gone, none = columns
    assert (key, json.loads(a)) == ("d", {"b": 1.10, "x": "\x01\x01"})
    assert (gone, none) == (None, b"null")
    (row,) = driver.find("c", query)
    assert (row.document, row.position) == ({"_id": "d", "a": {"b": 1.10}}, (None, "d"))
