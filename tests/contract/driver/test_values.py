"""What a document can hold comes back as it was; what it cannot hold is refused."""

import math
from typing import Any

import pytest

from mlflow_docstore.core.errors import InvalidArgument
from mlflow_docstore.core.query import And, In, Operator, path

from .deck import Table, compare

GREATEST = 2**63 - 1
LEAST = -(2**63)


VALUES: list[Any] = [
    None,
    True,
    False,
    0,
    1,
    -1,
    2**31,
    2**53 + 1,
    GREATEST,
    LEAST,
    0.1,
    -2.5e-300,
    5e-324,
    1.7976931348623157e308,
    "",
    "0",
    "true",
    "nul\x00inside",
    "größe \U0001f600 e\u0301",
    "line\r\nbreak",
    b"",
    bytes(range(256)),
    [],
    {},
    [1, "a", None, [True], {"x": 0.5}],
    {"a": {"b": {"c": [{"d": None}]}}},
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
@pytest.mark.parametrize("way", ["insert", "patch"])
def test_a_value_comes_back_of_the_same_type(table: Table, value: Any, way: str) -> None:
    if way == "insert":
        table.put(a={"x": value})
    else:
        table.put(a={})
        table.patch(set={"x": value})
    stored = table.get()["x"]
    assert stored == value
    assert type(stored) is type(value)


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_it_does_where_it_is_one_of_some_fields_that_are_read(table: Table, value: Any) -> None:
    table.put(a={"x": value, "y": 1})
    (row,) = table.find(fields=("x",))
    assert row.document == {"_id": "a", "x": value}
    assert type(row.document["x"]) is type(value)


class Step(int):
    """A number of a derived type, as enumerations have."""


def test_an_integer_of_a_derived_type_comes_back_as_a_plain_one(table: Table) -> None:
    table.put(a={"x": Step(3)})
    stored = table.get()["x"]
    assert stored == 3
    assert type(stored) is int


def test_the_order_of_fields_is_kept(table: Table) -> None:
    table.put(a={"z": 1, "m": {"b": 1, "a": 2}, "c": 3})
    stored = table.get()
    assert list(stored) == ["_id", "z", "m", "c"]
    assert list(stored["m"]) == ["b", "a"]


def test_whole_floats_stay_equal_and_numbers(table: Table) -> None:
    table.put(a={"x": 1.0, "y": -0.0, "z": 1e15})
    stored = table.get()
    assert [stored["x"], stored["y"], stored["z"]] == [1.0, 0.0, 1e15]
    assert bool not in {type(stored[name]) for name in "xyz"}


@pytest.mark.parametrize("value", [GREATEST + 1, LEAST - 1, 10**30])
class TestIntegersBeyond64Bits:
    def test_insert_refuses_them(self, table: Table, value: int) -> None:
        with pytest.raises(InvalidArgument):
            table.driver.insert(table.name, {"_id": "a", "x": value})
        assert table.ids(And()) == []

    def test_insert_many_refuses_them(self, table: Table, value: int) -> None:
        with pytest.raises(InvalidArgument):
            table.driver.insert_many(table.name, [{"_id": "a", "sub": {"x": [value]}}])
        assert table.ids(And()) == []

    @pytest.mark.parametrize(
        "change",
        [
            lambda value: {"set": {"x": value}},
            lambda value: {"push": {"list": [value]}},
            lambda value: {"add": {"list": [value]}},
        ],
        ids=["set", "push", "add"],
    )
    def test_a_patch_refuses_them_and_changes_nothing(
        self, table: Table, value: int, change: Any
    ) -> None:
        table.put(a={"x": 1})
        with pytest.raises(InvalidArgument):
            table.patch(**change(value))
        assert table.get() == {"_id": "a", "x": 1}

    def test_a_filter_refuses_them(self, table: Table, value: int) -> None:
        table.put(a={"x": 1})
        for where in (compare("x", Operator.LT, value), In(path("x"), (value,))):
            with pytest.raises(InvalidArgument):
                table.ids(where)


@pytest.mark.parametrize(
    "value",
    ["\ud800", math.nan, math.inf, -math.inf, object(), {1, 2}],
    ids=["surrogate", "nan", "inf", "minus inf", "object", "set"],
)
def test_a_value_of_no_json_is_held_exactly_or_refused(table: Table, value: Any) -> None:
    try:
        table.driver.insert(table.name, {"_id": "a", "x": value})
    except InvalidArgument:
        assert table.ids(And()) == []
    else:
        assert repr(table.get()["x"]) == repr(value)


class TestIntegersAtTheEnds:
    """Arithmetic in floating point would confuse neighbours out here."""

    def test_neighbours_are_told_apart(self, table: Table) -> None:
        table.put(a={"x": GREATEST}, b={"x": GREATEST - 1}, c={"x": LEAST}, d={"x": LEAST + 1})
        assert table.ids(compare("x", Operator.EQ, GREATEST)) == ["a"]
        assert table.ids(compare("x", Operator.LT, GREATEST)) == ["b", "c", "d"]
        assert table.ids(compare("x", Operator.LE, LEAST)) == ["c"]
        assert table.ids(In(path("x"), (GREATEST - 1, LEAST + 1))) == ["b", "d"]

    def test_an_integer_equals_the_float_of_the_same_number(self, table: Table) -> None:
        table.put(a={"x": 1}, b={"x": 1.0}, c={"x": 1.5})
        assert table.ids(compare("x", Operator.EQ, 1)) == ["a", "b"]
        assert table.ids(compare("x", Operator.EQ, 1.0)) == ["a", "b"]
        assert table.ids(compare("x", Operator.GT, 1)) == ["c"]
