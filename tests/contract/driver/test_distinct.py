"""distinct: combinations of values."""

import pytest

from mlflow_docstore.core.query import And, Operator, Or, equals

from .deck import Table, compare


@pytest.fixture
def rows(table: Table) -> Table:
    table.put(
        a={"x": 1, "y": "p"},
        b={"x": 1, "y": "p"},
        c={"x": 1, "y": "q"},
        d={"x": 2, "y": "p", "sub": {"z": True}},
        e={"x": 2, "y": "p", "sub": {"z": True}},
    )
    return table


def test_each_value_comes_once(rows: Table) -> None:
    found = rows.driver.distinct(rows.name, And(), ("x",), limit=10)
    assert sorted(found) == [(1,), (2,)]


def test_each_combination_comes_once_in_the_order_of_the_fields(rows: Table) -> None:
    found = rows.driver.distinct(rows.name, And(), ("y", "x"), limit=10)
    assert sorted(found) == [("p", 1), ("p", 2), ("q", 1)]


def test_only_of_documents_that_match(rows: Table) -> None:
    found = rows.driver.distinct(rows.name, equals("y", "p"), ("y", "x"), limit=10)
    assert sorted(found) == [("p", 1), ("p", 2)]
    assert rows.driver.distinct(rows.name, Or(), ("x",), limit=10) == []


def test_the_limit_bounds_the_combinations(rows: Table) -> None:
    everything = rows.driver.distinct(rows.name, And(), ("y", "x"), limit=3)
    some = rows.driver.distinct(rows.name, And(), ("y", "x"), limit=2)
    assert len(everything) == 3
    assert len(set(some)) == 2
    assert set(some) < set(everything)


def test_paths_lead_through_sub_documents(rows: Table) -> None:
    where = compare("x", Operator.EQ, 2)
    assert rows.driver.distinct(rows.name, where, ("sub.z",), limit=10) == [(True,)]


def test_null_and_missing_are_one_value(table: Table) -> None:
    table.put(a={"x": None}, b={}, c={"x": None, "y": 1}, d={"y": 1})
    assert table.driver.distinct(table.name, And(), ("x",), limit=10) == [(None,)]
    found = table.driver.distinct(table.name, And(), ("x", "y"), limit=10)
    assert sorted(found, key=str) == [(None, 1), (None, None)]


def test_values_of_different_types_are_different(table: Table) -> None:
    table.put(a={"x": 1}, b={"x": "1"}, c={"x": True}, d={"x": ""}, e={"x": 0})
    found = table.driver.distinct(table.name, And(), ("x",), limit=10)
    assert sorted(map(repr, found)) == ["('',)", "('1',)", "(0,)", "(1,)", "(True,)"]
