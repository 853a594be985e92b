"""get: one document by id."""

import pytest

from mlflow_docstore.adapters.document.driver import Patch
from mlflow_docstore.core.query import equals

from .deck import Table


def test_a_document_comes_back_whole_with_its_id(table: Table) -> None:
    table.put(a={"x": 1, "sub": {"y": ["z"]}}, b={"x": 2})
    assert table.get("a") == {"_id": "a", "x": 1, "sub": {"y": ["z"]}}


def test_a_missing_document_is_none(table: Table) -> None:
    table.put(a={})
    assert table.get("b") is None


def test_a_collection_that_was_never_written_holds_nothing(table: Table) -> None:
    assert table.get("a") is None


def test_an_id_is_matched_exactly(table: Table) -> None:
    table.put(a={"x": 1})
    assert [table.get(key) for key in ("A", "a ", "", "a.", "%")] == [None] * 5


def test_collections_do_not_share_ids(table: Table) -> None:
    table.put(a={"x": 1})
    assert table.driver.get(f"{table.name}x", "a") is None


def test_a_reader_cannot_change_what_is_stored(table: Table) -> None:
    table.put(a={"list": [1], "sub": {"x": 1}})
    mine = table.get()
    mine["list"].append(2)
    mine["sub"]["x"] = 2
    assert table.get() == {"_id": "a", "list": [1], "sub": {"x": 1}}


@pytest.mark.parametrize("key", [None, 1], ids=str)
def test_what_is_no_text_is_nobodys_id(table: Table, key: object) -> None:
    table.put(**{str(key): {"x": 1}})
    verbs = table.driver
    assert verbs.get(table.name, key) is None  # type: ignore[arg-type]
    assert not verbs.patch(table.name, key, Patch(set={"x": 2})).matched  # type: ignore[arg-type]
    assert verbs.delete(table.name, key) is False  # type: ignore[arg-type]
    assert table.ids(equals("_id", key)) == []  # type: ignore[arg-type]
    assert table.get(str(key)) == {"_id": str(key), "x": 1}
