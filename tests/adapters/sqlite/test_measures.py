"""Measures: groups are read from an index alone, and are those of memory."""

import sqlite3
import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mlflow_docstore.adapters.document.driver import Driver, Patch
from mlflow_docstore.adapters.document.groups import Group, GroupKey, Reducer, Reduction
from mlflow_docstore.adapters.document.layout import Collection, Index, Layout, Measures
from mlflow_docstore.adapters.memory.database import Database
from mlflow_docstore.adapters.memory.driver import MemoryDriver
from mlflow_docstore.adapters.sqlite.buckets import buckets_of
from mlflow_docstore.adapters.sqlite.driver import SqliteDriver
from mlflow_docstore.adapters.sqlite.groups import group_of, values_of
from mlflow_docstore.adapters.sqlite.measures import Kept, MeasuringCompiler
from mlflow_docstore.core.metrics import LARGEST
from mlflow_docstore.core.query import (
    And,
    Compare,
    Exists,
    Filter,
    In,
    Like,
    MissingOr,
    Operator,
    Or,
    equals,
    path,
)

MEASURES = ("scope", "time", "state", "usage.total")
BY_TIME = Index("by_time", (("scope", 1), ("time", 1)))
COSTS = (
    Measures(("scope", "time")),
    Measures(("scope", "state", "usage.cost"), rare=("usage.cost",)),
)
DOCUMENTS = [
    {
        "_id": f"d{number:03}",
        "scope": "ab"[number % 2],
        "time": number * 7,
        **({} if number % 5 == 0 else {"state": None if number % 3 == 0 else "[OK]"}),
        "usage": {"total": number % 4} if number % 6 else {"cost": number / 8},
        "flag": number % 2 == 0,
    }
    for number in range(200)
]
HOUR, STATE, FLAG = GroupKey("time", 60), GroupKey("state"), GroupKey("flag")
TOTALS = (
    *(Reduction(one, "usage.total") for one in Reducer if one is not Reducer.PERCENTILE),
    *(Reduction(Reducer.PERCENTILE, "usage.total", percent) for percent in (0, 37.5, 100)),
)
SINCE = Compare(path("time"), Operator.GE, 100)
FILTERS: dict[str, Filter] = {
    "everything": And(),
    "a scope": equals("scope", "a"),
    "scopes since": And((In(path("scope"), ("a", "b", "c")), SINCE)),
    "a text like JSON": equals("state", "[OK]"),
    "another": Compare(path("state"), Operator.NE, "OK"),
    "a pattern": Like(path("state"), "[%]"),
    "none of them": In(path("state"), ("OK",), negated=True),
    "missing": Exists(path("state"), negated=True),
    "missing or": MissingOr(path("state"), "[OK]"),
    "a boolean": And((equals("flag", True), equals("scope", "a"))),
    "a boolean at a number": equals("usage.total", True),
    "one or zero": In(path("usage.total"), (0, 1)),
    "either": Or((equals("scope", "b"), SINCE)),
}


def layout(*measures: str) -> Layout:
    several = (Measures(measures),) if measures else ()
    return Layout(1, (Collection("c", indexes=(BY_TIME,), measures=several),))


@pytest.fixture
def pair(driver: Driver) -> Iterator[tuple[Driver, Driver]]:
    """The same documents in memory and in a table with measures."""
    found = (MemoryDriver(Database()), driver)
    for one in found:
        one.prepare(layout(*MEASURES))
        one.insert_many("c", DOCUMENTS)
    return found


def names(file: Path) -> list[str]:
    """Of the indexes that hold measures."""
    found = native(file, "SELECT name FROM sqlite_schema WHERE name LIKE '%:measures%'")
    return sorted(name for (name,) in found)


def native(file: Path, statement: str, *values: Any) -> list[Any]:
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute(statement, values).fetchall()


def columns(file: Path) -> list[str]:
    return [
        name for (name,) in native(file, "SELECT name FROM pragma_index_info('mlflow.c:measures')")
    ]


@pytest.mark.parametrize("keys", [(), (HOUR,), (STATE, HOUR), (FLAG,)], ids=str)
@pytest.mark.parametrize("where", FILTERS)
def test_groups_are_those_of_memory(
    pair: tuple[Driver, Driver], where: str, keys: tuple[GroupKey, ...]
) -> None:
    query = Group(FILTERS[where], keys, (Reduction(Reducer.COUNT), *TOTALS))
    expected, found = (one.group("c", query) for one in pair)
    assert found == expected


@pytest.mark.parametrize("where", FILTERS)
def test_values_are_those_of_memory(pair: tuple[Driver, Driver], where: str) -> None:
    fields = ("_id", "time", "usage.total")
    expected, found = (sorted(one.tuples("c", FILTERS[where], fields), key=repr) for one in pair)
    assert found == expected


@pytest.mark.usefixtures("pair")
def test_no_document_is_looked_into(file: Path) -> None:
    where = And((equals("scope", "a"), SINCE))
    compiler = MeasuringCompiler(100, Kept((MEASURES,)))
    query = Group(where, (HOUR, STATE), TOTALS)
    for read in (
        group_of("mlflow.c", query, compiler),
        values_of("mlflow.c", where, MEASURES, None, (), compiler),
    ):
        assert "json_extract" not in read.text
        plan = native(file, f"EXPLAIN QUERY PLAN {read.text}", *read.parameters)
        assert any("mlflow.c:measures (m.scope=? AND m.time>" in row[3] for row in plan)


def test_what_is_changed_is_counted_as_it_is_now(driver: Driver) -> None:
    driver.prepare(layout(*MEASURES))
    driver.insert("c", {"_id": "a", "scope": "a", "time": 1})
    driver.put_many("c", [{"_id": "a", "scope": "a", "time": 2}, {"_id": "b", "scope": "b"}])
    driver.patch("c", "b", Patch(set={"scope": "a", "time": 5}))
    assert driver.get("c", "b") == {"_id": "b", "scope": "a", "time": 5}
    assert sorted(driver.tuples("c", equals("scope", "a"), ("time",))) == [(2,), (5,)]
    driver.delete("c", "a")
    assert sorted(driver.tuples("c", equals("scope", "a"), ("time",))) == [(5,)]


class TestBuckets:
    """They are ranges of an index where it has their values in order, and sorted elsewhere."""

    TIMES = (-(2**63) + 100, -61, -60, -1, 0, 7.0, 7.5, "7", 59, 60, 2**40, 2**63 - 1)

    @staticmethod
    def whole() -> Layout:
        """One that says that all times are integers."""
        return Layout(1, (Collection("c", measures=(Measures(MEASURES, whole=("time",)),)),))

    @pytest.mark.parametrize("reduction", TOTALS, ids=str)
    @pytest.mark.parametrize("where", FILTERS)
    def test_they_are_those_of_memory(
        self, pair: tuple[Driver, Driver], where: str, reduction: Reduction
    ) -> None:
        for limit in (None, 2):
            query = Group(FILTERS[where], (HOUR,), (reduction,), limit=limit)
            expected, found = (one.group("c", query) for one in pair)
            assert found == expected

    @pytest.mark.parametrize(
        "bounds",
        [(), (SINCE, Compare(path("time"), Operator.LE, 600)), (equals("time", 140),)],
        ids=str,
    )
    def test_integers_need_not_be_told_from_others(
        self, pair: tuple[Driver, Driver], driver: Driver, bounds: tuple[Filter, ...]
    ) -> None:
        driver.drop(["c"])
        driver.prepare(self.whole())
        driver.insert_many("c", DOCUMENTS)
        query = Group(And((equals("scope", "a"), *bounds)), (HOUR,), TOTALS[:2])
        expected, found = (one.group("c", query) for one in pair)
        assert found == expected

    def test_only_integers_are_in_any(self, pair: tuple[Driver, Driver]) -> None:
        rows = [{"_id": f"e{n}", "scope": "e", "time": time} for n, time in enumerate(self.TIMES)]
        counts = Group(equals("scope", "e"), (HOUR,))
        for one in pair:
            one.insert_many("c", rows)
        expected, found = (one.group("c", counts) for one in pair)
        assert found == expected
        assert sum(row.values[0] or 0 for row in found) == 9

    def test_nothing_is_sorted(self, driver: Driver, file: Path) -> None:
        driver.prepare(self.whole())
        compiler = MeasuringCompiler(100, Kept((MEASURES,), frozenset({"time"})))
        query = Group(And((equals("scope", "a"), SINCE)), (HOUR,))
        read = buckets_of("mlflow.c", query, compiler)
        assert read is not None
        assert "typeof" not in read.text
        plan = [row[3] for row in native(file, f"EXPLAIN QUERY PLAN {read.text}", *read.parameters)]
        searches = [step for step in plan if step.startswith("SEARCH")]
        assert len(searches) == 3
        assert all("(m.scope=? AND m.time>? AND m.time<?)" in step for step in searches)
        assert not any("TEMP" in step for step in plan)

    def test_what_is_spread_over_the_index_is_sorted(self) -> None:
        compiler = MeasuringCompiler(100, Kept((MEASURES,)))
        for where in (SINCE, In(path("scope"), ("a", "b")), Or((equals("scope", "a"),))):
            assert buckets_of("mlflow.c", Group(where, (HOUR,)), compiler) is None


def test_percentiles_take_less_memory_than_rows_of_values(driver: Driver) -> None:
    driver.prepare(layout(*MEASURES))
    many = 20_000
    driver.insert_many(
        "c",
        [{"_id": f"{n}", "scope": "a", "time": n, "usage": {"total": n}} for n in range(many)],
    )
    half = (Reduction(Reducer.PERCENTILE, "usage.total", 50),)
    query = Group(equals("scope", "a"), (GroupKey("time", 1000),), half)
    driver.group("c", replace(query, limit=1))
    tracemalloc.start()
    try:
        rows = driver.group("c", query)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [row.values for row in rows[:2]] == [(499.5,), (1499.5,)]
    assert peak < 16 * many


class TestRareValues:
    """Who has none of them is not in their index, and is counted all the same."""

    LAYOUT = Layout(1, (Collection("c", measures=COSTS),))
    WITH_COST = And((equals("scope", "a"), Compare(path("usage.cost"), Operator.GE, -LARGEST)))

    @pytest.fixture(autouse=True)
    def there(self, pair: tuple[Driver, Driver]) -> None:
        pair[1].prepare(self.LAYOUT)

    @pytest.mark.parametrize("where", [And(), equals("scope", "a"), WITH_COST], ids=str)
    def test_groups_are_those_of_memory(self, pair: tuple[Driver, Driver], where: Filter) -> None:
        reductions = (Reduction(Reducer.COUNT), Reduction(Reducer.SUM, "usage.cost"))
        for keys in ((), (STATE,), (HOUR,)):
            expected, found = (one.group("c", Group(where, keys, reductions)) for one in pair)
            assert found == expected

    def test_who_asks_for_them_reads_their_index_alone(self, file: Path) -> None:
        compiler = MeasuringCompiler(100, Kept(tuple(one.paths for one in COSTS)))
        query = Group(self.WITH_COST, (STATE,), (Reduction(Reducer.SUM, "usage.cost"),))
        read = group_of("mlflow.c", query, compiler)
        plan = native(file, f"EXPLAIN QUERY PLAN {read.text}", *read.parameters)
        (step,) = [row[3] for row in plan]
        assert "mlflow.c:measures1 (m.scope=?" in step

    def test_their_index_goes_with_the_layout(self, driver: Driver, file: Path) -> None:
        assert names(file) == ["mlflow.c:measures", "mlflow.c:measures1"]
        driver.prepare(layout(*MEASURES))
        assert names(file) == ["mlflow.c:measures"]


class TestPreparing:
    def test_a_table_that_is_there_gets_them_once(self, driver: Driver, file: Path) -> None:
        driver.prepare(layout())
        driver.insert_many("c", DOCUMENTS)
        before = driver.group("c", Group(keys=(STATE, HOUR), reductions=TOTALS))
        for _ in range(2):
            driver.prepare(layout(*MEASURES))
            assert columns(file) == [f"m.{one}" for one in MEASURES]
            assert driver.group("c", Group(keys=(STATE, HOUR), reductions=TOTALS)) == before
        assert driver.get("c", "d001") == DOCUMENTS[1]

    def test_those_of_another_layout_take_their_place(self, driver: Driver, file: Path) -> None:
        driver.prepare(layout("scope", "time"))
        driver.insert_many("c", DOCUMENTS)
        driver.prepare(layout("time", "state"))
        assert columns(file) == ["m.time", "m.state"]
        assert driver.group("c", Group(equals("scope", "a")))[0].values == (100,)

    def test_they_are_no_index_that_was_declared(self, driver: Driver) -> None:
        driver.prepare(layout(*MEASURES))
        assert driver.indexes("c") == [BY_TIME]
        assert not driver.drop_index("c", "measures")
        assert driver.drop_index("c", BY_TIME.name)
        assert driver.indexes("c") == []

    def test_a_table_that_was_dropped_can_be_used_without_them(self, driver: Driver) -> None:
        driver.prepare(layout(*MEASURES))
        driver.group("c", Group())
        driver.drop(["c"])
        driver.insert_many("c", DOCUMENTS)
        assert driver.group("c", Group(equals("scope", "a")))[0].values == (100,)

    @pytest.mark.parametrize("name", ["Upper", "two words", "bra]cket"])
    def test_their_names_are_plain(self, driver: SqliteDriver, name: str) -> None:
        with pytest.raises(ValueError, match="no measure"):
            driver.prepare(layout(name))
