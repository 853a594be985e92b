"""find: page behind page gives every row once, in the order of one big read."""

from typing import Any

import pytest

from mlflow_docstore.core.capabilities import Feature
from mlflow_docstore.core.paging import decode_token, encode_token
from mlflow_docstore.core.query import And, BestElement, Operator, Order, SortKey, equals, path

from .deck import BY_ID, Table, by, compare

SIZES = (1, 2, 3)

VALUES: dict[str, list[Any]] = {
    "integers": [3, 1, 1, None, 2, 1, None, 3, -(2**63), 2**63 - 1, 2**63 - 2],
    "numbers": [0.1, 0.1, 0, None, -0.5, 1, 1.0, 0.30000000000000004, 5e-324, None, 1e300],
    "strings": ["b", "", "B", None, "b", "é", "\U0001f600", "", None, "a\nb", "$x"],
    "booleans": [True, False, None, True, False, None, True],
    "nulls": [None, None, None, None],
}
DIRECTIONS = (by("x", optional=True), by("x", descending=True, optional=True))


def fill(table: Table, name: str, values: list[Any]) -> None:
    """A document a value, and one more that lacks the field."""
    table.put(lacking={}, **{f"d{place:02}": {name: value} for place, value in enumerate(values)})


def assert_pages(table: Table, *order: SortKey, size: int, **options: Any) -> None:
    whole = table.find(*order, **options)
    pages = table.pages(*order, size=size, **options)
    assert [row for page in pages for row in page] == whole
    assert [len(page) for page in pages[:-1]] == [size] * (len(pages) - 1)
    assert len(whole) > size


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("last", [BY_ID, by("_id", descending=True)], ids=["up", "down"])
@pytest.mark.parametrize("key", DIRECTIONS, ids=["ascending", "descending"])
@pytest.mark.parametrize("kind", VALUES)
def test_tied_and_partly_null(table: Table, kind: str, key: Order, last: Order, size: int) -> None:
    fill(table, "x", VALUES[kind])
    assert_pages(table, key, last, size=size)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("descending", [False, True])
def test_by_id_alone(table: Table, descending: bool, size: int) -> None:
    fill(table, "x", VALUES["integers"])
    assert_pages(table, by("_id", descending=descending), size=size)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("descending", [False, True])
def test_by_a_key_that_is_always_there(table: Table, descending: bool, size: int) -> None:
    values = [3, 1, 1, 2, 1, 3, 0]
    table.put(**{f"d{place}": {"x": value} for place, value in enumerate(values)})
    assert_pages(table, by("x", descending=descending), BY_ID, size=size)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("first", DIRECTIONS, ids=["ascending", "descending"])
@pytest.mark.parametrize("second", [False, True], ids=["ascending", "descending"])
def test_by_two_keys(table: Table, first: Order, second: bool, size: int) -> None:
    values = [1, 2, None]
    table.put(
        **{f"d{x}{y}{copy}": {"x": x, "y": y} for x in values for y in values for copy in "ab"},
        lacking={},
    )
    assert_pages(table, first, by("y", descending=second, optional=True), BY_ID, size=size)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("descending", [False, True])
def test_by_a_key_that_all_or_none_of_the_tied_have(
    table: Table, descending: bool, size: int
) -> None:
    ranked = [(1, 2.0), (1, 3.0), (2, 0.5), (2, -1.0), (2, 0.5), (0, None), (0, None)]
    table.put(
        **{f"d{n}": {"m": {"r": rank, "v": value}} for n, (rank, value) in enumerate(ranked)},
        e={"m": {}},
        f={},
    )
    order = (by("m.r", descending=True, optional=True), by("m.v", descending=descending), BY_ID)
    expected = ["d2", "d4", "d3", "d1", "d0"] if descending else ["d3", "d2", "d4", "d0", "d1"]
    assert table.sorted_ids(*order) == [*expected, "d5", "d6", "e", "f"]
    assert_pages(table, *order, size=size)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("descending", [False, True])
def test_by_the_best_element(table: Table, descending: bool, size: int) -> None:
    table.requires(Feature.COMPUTED_SORT)
    for place, value in enumerate(VALUES["numbers"]):
        elements = [{"k": "x", "n": 1, "v": 7.5}, {"k": "x", "n": 2, "v": value}]
        table.put(**{f"d{place:02}": {"list": elements}})
    table.put(lacking={}, empty={"list": []}, other={"list": [{"k": "y", "n": 1, "v": 1}]})
    best = BestElement(
        path("list"),
        (compare("k", Operator.EQ, "x"),),
        (by("n", descending=True),),
        path("v"),
        descending,
    )
    assert_pages(table, best, BY_ID, size=size)


@pytest.mark.parametrize("size", SIZES)
def test_with_a_filter_and_a_projection(table: Table, size: int) -> None:
    table.put(**{f"d{n:02}": {"x": n % 3, "k": n % 2, "y": n} for n in range(12)})
    options = {"where": And((equals("k", 1), compare("x", Operator.NE, 2))), "fields": ("y",)}
    assert_pages(table, DIRECTIONS[0], BY_ID, size=size, **options)


@pytest.mark.parametrize("key", DIRECTIONS, ids=["ascending", "descending"])
def test_a_filter_on_the_field_of_the_order(table: Table, key: Order) -> None:
    fill(table, "x", VALUES["integers"])
    assert_pages(table, key, BY_ID, size=2, where=compare("x", Operator.GE, 1))


def test_nothing_follows_the_last_row(table: Table) -> None:
    fill(table, "x", VALUES["integers"])
    last = table.find(DIRECTIONS[0], BY_ID)[-1]
    assert table.find(DIRECTIONS[0], BY_ID, after=last.position) == []


def test_everything_follows_without_a_limit(table: Table) -> None:
    fill(table, "x", VALUES["strings"])
    whole = table.find(DIRECTIONS[1], BY_ID)
    assert table.find(DIRECTIONS[1], BY_ID, after=whole[3].position) == whole[4:]


def test_the_row_that_a_page_starts_behind_may_be_gone(table: Table) -> None:
    fill(table, "x", VALUES["integers"])
    whole = table.find(DIRECTIONS[0], BY_ID)
    table.driver.delete(table.name, whole[3].document["_id"])
    assert table.find(DIRECTIONS[0], BY_ID, after=whole[3].position) == whole[4:]


def test_a_row_inserted_before_the_position_repeats_nothing(table: Table) -> None:
    fill(table, "x", VALUES["integers"])
    whole = table.find(DIRECTIONS[1], BY_ID)
    table.put(early={"x": whole[0].position[0], "y": 1})
    assert table.find(DIRECTIONS[1], BY_ID, after=whole[3].position) == whole[4:]


@pytest.mark.parametrize("kind", VALUES)
def test_positions_survive_a_page_token(table: Table, kind: str) -> None:
    fill(table, "x", VALUES[kind])
    whole = table.find(DIRECTIONS[0], BY_ID)
    for place, row in enumerate(whole):
        after = decode_token(encode_token(row.position, shape="x"), shape="x").after
        assert table.find(DIRECTIONS[0], BY_ID, after=after) == whole[place + 1 :]
