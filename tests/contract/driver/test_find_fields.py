"""find: which fields come back."""

import pytest

from .deck import Table

WHOLE = {"x": 1, "y": {"a": 1, "b": {"c": 2, "d": 3}}, "z": [1, 2], "n": None}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (None, WHOLE),
        ((), {}),
        (("x",), {"x": 1}),
        (("_id",), {}),
        (("_id", "x"), {"x": 1}),
        (("x", "z"), {"x": 1, "z": [1, 2]}),
        (("y",), {"y": WHOLE["y"]}),
        (("y.a",), {"y": {"a": 1}}),
        (("y.b.c", "y.a"), {"y": {"a": 1, "b": {"c": 2}}}),
        (("y.b",), {"y": {"b": {"c": 2, "d": 3}}}),
        (("n",), {"n": None}),
        (("nowhere",), {}),
        (("nowhere.at.all", "x"), {"x": 1}),
        (("x.below",), {}),
    ],
    ids=str,
)
def test_the_paths_that_are_named_come_back_with_the_id(
    table: Table, fields: tuple[str, ...] | None, expected: dict[str, object]
) -> None:
    table.put(a=WHOLE)
    (row,) = table.find(fields=fields)
    assert row.document == {"_id": "a", **expected}


def test_an_array_comes_back_whole(table: Table) -> None:
    table.put(a={"list": [{"k": 1, "v": 2}, {"k": 3}], "x": 1})
    (row,) = table.find(fields=("list",))
    assert row.document == {"_id": "a", "list": [{"k": 1, "v": 2}, {"k": 3}]}


def test_each_document_is_cut_by_itself(table: Table) -> None:
    table.put(a={"x": 1, "y": 1}, b={"y": 2}, c={"x": None})
    rows = table.find(fields=("x",))
    found = {row.document["_id"]: row.document for row in rows}
    assert found == {"a": {"_id": "a", "x": 1}, "b": {"_id": "b"}, "c": {"_id": "c", "x": None}}
