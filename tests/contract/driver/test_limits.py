"""What is too large is refused as that, and leaves nothing half-written."""

import pytest

from mlflow_docstore.adapters.document.driver import Patch
from mlflow_docstore.core.errors import LimitExceeded
from mlflow_docstore.core.query import And

from .deck import Table


@pytest.fixture
def limit(table: Table) -> int:
    return table.driver.capabilities.limits.document_bytes


def test_a_document_just_below_the_limit_is_held(table: Table, limit: int) -> None:
    text = "x" * (limit - 1024)
    table.put(a={"text": text})
    assert table.get() == {"_id": "a", "text": text}


def test_insert_refuses_a_document_that_is_too_large(table: Table, limit: int) -> None:
    with pytest.raises(LimitExceeded) as caught:
        table.driver.insert(table.name, {"_id": "a", "text": "x" * limit})
    assert "limit" in caught.value.facts
    assert table.get() is None


def test_insert_many_refuses_it(table: Table, limit: int) -> None:
    with pytest.raises(LimitExceeded):
        table.driver.insert_many(table.name, [{"_id": "a", "text": "x" * limit}])
    assert table.ids(And()) == []


def test_put_many_refuses_it_and_writes_none(table: Table, limit: int) -> None:
    documents = [{"_id": "a"}, {"_id": "b", "text": "x" * limit}]
    with pytest.raises(LimitExceeded):
        table.driver.put_many(table.name, documents)
    assert table.ids(And()) == []


def test_a_patch_that_would_make_it_too_large_is_refused(table: Table, limit: int) -> None:
    half = "x" * (limit // 2)
    table.put(a={"one": half})
    with pytest.raises(LimitExceeded):
        table.patch(set={"two": half, "three": 1})
    assert table.get() == {"_id": "a", "one": half}


def test_a_push_that_would_make_it_too_large_is_refused(table: Table, limit: int) -> None:
    half = "x" * (limit // 2)
    table.put(a={"list": [half]})
    with pytest.raises(LimitExceeded):
        table.patch(push={"list": [half]})
    assert table.get() == {"_id": "a", "list": [half]}


def test_patch_many_refuses_it(table: Table, limit: int) -> None:
    half = "x" * (limit // 2)
    table.put(a={"one": half})
    with pytest.raises(LimitExceeded):
        table.driver.patch_many(table.name, And(), Patch(set={"two": half}))
    assert table.get() == {"_id": "a", "one": half}


def test_the_database_works_on_after_a_refusal(table: Table, limit: int) -> None:
    with pytest.raises(LimitExceeded):
        table.driver.insert(table.name, {"_id": "a", "text": "x" * limit})
    assert table.driver.insert(table.name, {"_id": "a", "text": "x"}) is True
