"""scan: like find, handed out as it arrives."""

from collections.abc import Iterator
from typing import Any

import pytest

from mlflow_docstore.adapters.document.driver import Document, Find
from mlflow_docstore.core.query import And, Or, SortKey, equals

from .deck import BY_ID, Table, by

ROWS = 2500
"""More than any server sends in its first reply."""


@pytest.fixture
def rows(table: Table) -> Table:
    documents = [{"_id": f"d{n:04}", "x": n % 7, "text": "t" * 50} for n in range(ROWS)]
    table.driver.insert_many(table.name, documents)
    return table


def scan(table: Table, *order: SortKey, **options: Any) -> Iterator[Document]:
    table.allow_order(*order)
    return table.driver.scan(table.name, Find(order=order, **options))


def test_every_row_comes_once_and_in_order(rows: Table) -> None:
    found = list(scan(rows, by("x", descending=True), BY_ID))
    assert found == [row.document for row in rows.find(by("x", descending=True), BY_ID)]
    assert len(found) == ROWS


def test_filter_limit_fields_and_position_are_those_of_find(rows: Table) -> None:
    options = {"where": equals("x", 3), "limit": 9, "fields": ("x",), "after": ("d0050",)}
    found = list(scan(rows, BY_ID, **options))
    assert found == [row.document for row in rows.find(BY_ID, **options)]
    assert len(found) == 9
    assert set(found[0]) == {"_id", "x"}


def test_nothing_matches(rows: Table) -> None:
    assert list(scan(rows, where=Or())) == []
    assert list(rows.driver.scan(f"{rows.name}x", Find())) == []


def test_it_is_an_iterator(rows: Table) -> None:
    found = scan(rows, BY_ID)
    assert iter(found) is found
    assert [next(found)["_id"] for _ in range(3)] == ["d0000", "d0001", "d0002"]


def test_many_may_be_stopped_early(rows: Table) -> None:
    for _ in range(40):
        found = scan(rows, fields=())
        assert set(next(found)) == {"_id"}
        del found
    assert rows.get("d0001") is not None


def test_several_may_be_under_way_at_once(rows: Table) -> None:
    up, down = scan(rows, BY_ID), scan(rows, by("_id", descending=True))
    pairs = list(zip(up, down, strict=True))
    assert [one["_id"] for one, _ in pairs] == [other["_id"] for _, other in reversed(pairs)]


def test_other_verbs_may_come_in_between(rows: Table) -> None:
    seen = set()
    for document in scan(rows, BY_ID):
        seen.add(document["_id"])
        if document["_id"] == "d1000":
            rows.patch("d1000", set={"x": -1})
            assert rows.get("d1000")["x"] == -1
    assert len(seen) == ROWS


def test_a_document_replaced_by_a_later_one_is_seen(rows: Table) -> None:
    found = scan(rows, BY_ID)
    seen = {next(found)["_id"] for _ in range(10)}
    replaced = ["d0005", "d0500", "d2400"]
    for key in replaced:
        rows.put(**{f"e{key}": {"x": 0}})
        rows.driver.delete(rows.name, key)
    seen |= {document["_id"] for document in found}
    assert all(key in seen or f"e{key}" in seen for key in replaced)
    assert len(seen) >= ROWS


def test_a_reader_cannot_change_what_is_stored(rows: Table) -> None:
    for document in scan(rows, BY_ID, limit=3):
        document["x"] = "changed"
    assert rows.ids(equals("x", "changed")) == []
    assert len(rows.ids(And())) == ROWS
