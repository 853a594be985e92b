"""Writes with documents of another collection to insert: all of that happens or nothing."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import pytest

from mlflow_docstore.adapters.document.driver import Document, Inserts, Outcome, Patch
from mlflow_docstore.core.capabilities import Feature
from mlflow_docstore.core.errors import InvalidArgument, LimitExceeded, Unsupported
from mlflow_docstore.core.query import Filter, equals

from .deck import Table


@pytest.fixture
def other(table: Table) -> Table:
    """A collection that nobody has used before."""
    return Table(table.driver, f"other_{uuid4().hex}")


def patch(
    table: Table, other: Table, *documents: Document, when: Filter | None = None, **changes: Any
) -> Outcome:
    beside = Inserts(other.name, documents)
    return table.driver.patch(table.name, "a", Patch(**changes), when=when, beside=beside)


def insert(
    table: Table, other: Table, *documents: Document, replacing: bool = False
) -> frozenset[str]:
    beside = Inserts(other.name, documents, replacing)
    return table.driver.insert_many(table.name, [{"_id": "a"}, {"_id": "b"}], beside=beside)


def contents(table: Table, keys: Sequence[str]) -> list[Document | None]:
    return [table.get(key) for key in keys]


class TestWhereItIsSupported:
    @pytest.fixture(autouse=True)
    def _supported(self, table: Table) -> None:
        table.requires(Feature.PATCH_INSERT)

    def test_both_happen(self, table: Table, other: Table) -> None:
        table.put(a={})
        outcome = patch(
            table, other, {"_id": "x", "n": 1}, {"_id": "y", "b": b"\x00"}, set={"p": 1}
        )
        assert outcome.matched is True
        assert table.get() == {"_id": "a", "p": 1}
        assert contents(other, "xy") == [{"_id": "x", "n": 1}, {"_id": "y", "b": b"\x00"}]

    def test_a_patch_of_nothing_inserts_all_the_same(self, table: Table, other: Table) -> None:
        table.put(a={"p": 1})
        assert patch(table, other, {"_id": "x"}).matched is True
        assert contents(other, "x") == [{"_id": "x"}]

    def test_an_id_that_is_taken_keeps_its_document(self, table: Table, other: Table) -> None:
        table.put(a={})
        other.put(x={"n": 1})
        patch(table, other, {"_id": "x", "n": 2}, {"_id": "y", "n": 2}, set={"p": 1})
        assert table.get() == {"_id": "a", "p": 1}
        assert contents(other, "xy") == [{"_id": "x", "n": 1}, {"_id": "y", "n": 2}]

    def test_into_the_same_collection(self, table: Table) -> None:
        table.put(a={})
        patch(table, table, {"_id": "x"}, set={"p": 1})
        assert contents(table, "ax") == [{"_id": "a", "p": 1}, {"_id": "x"}]

    def test_nothing_where_the_precondition_fails(self, table: Table, other: Table) -> None:
        table.put(a={"p": 1})
        outcome = patch(table, other, {"_id": "x"}, when=equals("p", 2), set={"p": 3})
        assert outcome == Outcome(matched=False)
        assert table.get() == {"_id": "a", "p": 1}
        assert contents(other, "x") == [None]

    def test_nothing_where_there_is_no_document(self, table: Table, other: Table) -> None:
        assert patch(table, other, {"_id": "x"}, set={"p": 3}).matched is False
        assert contents(other, "x") == [None]

    def test_the_document_is_returned_as_patched(self, table: Table, other: Table) -> None:
        table.put(a={})
        beside = Inserts(other.name, [{"_id": "x"}])
        outcome = table.driver.patch(
            table.name, "a", Patch(set={"p": 1}), returning=True, beside=beside
        )
        assert outcome.document == {"_id": "a", "p": 1}

    def test_nothing_where_one_cannot_be_inserted(self, table: Table, other: Table) -> None:
        table.put(a={})
        with pytest.raises(InvalidArgument):
            patch(table, other, {"_id": "x"}, {"_id": "y", "n": 2**70}, set={"p": 1})
        assert table.get() == {"_id": "a"}
        assert contents(other, "xy") == [None, None]

    def test_nothing_where_the_patch_cannot_be_applied(self, table: Table, other: Table) -> None:
        table.put(a={"l": 1})
        with pytest.raises(InvalidArgument):
            patch(table, other, {"_id": "x"}, push={"l": [1]})
        assert contents(other, "x") == [None]

    def test_nothing_where_the_document_grows_too_large(self, table: Table, other: Table) -> None:
        table.put(a={})
        text = "x" * table.driver.capabilities.limits.document_bytes
        with pytest.raises(LimitExceeded):
            patch(table, other, {"_id": "x"}, set={"p": text})
        assert contents(other, "x") == [None]


class TestInsertsThatBringOthers:
    @pytest.fixture(autouse=True)
    def _supported(self, table: Table) -> None:
        table.requires(Feature.PATCH_INSERT)

    def test_both_are_stored(self, table: Table, other: Table) -> None:
        assert insert(table, other, {"_id": "x", "n": 1}, {"_id": "y"}) == frozenset()
        assert contents(table, "ab") == [{"_id": "a"}, {"_id": "b"}]
        assert contents(other, "xy") == [{"_id": "x", "n": 1}, {"_id": "y"}]

    def test_others_come_also_where_ids_are_taken(self, table: Table, other: Table) -> None:
        table.put(a={"p": 1})
        assert insert(table, other, {"_id": "x"}) == {"a"}
        assert contents(table, "ab") == [{"_id": "a", "p": 1}, {"_id": "b"}]
        assert contents(other, "x") == [{"_id": "x"}]

    def test_an_id_that_is_taken_keeps_its_document(self, table: Table, other: Table) -> None:
        other.put(x={"n": 1})
        insert(table, other, {"_id": "x", "n": 2})
        assert contents(other, "x") == [{"_id": "x", "n": 1}]

    def test_nothing_where_one_of_the_others_is_too_large(self, table: Table, other: Table) -> None:
        text = "x" * table.driver.capabilities.limits.document_bytes
        with pytest.raises(LimitExceeded):
            insert(table, other, {"_id": "x", "text": text})
        assert contents(table, "ab") == [None, None]


class TestOthersThatReplace:
    @pytest.fixture(autouse=True)
    def _supported(self, table: Table) -> None:
        table.requires(Feature.PATCH_INSERT)

    def test_come_with_a_patch(self, table: Table, other: Table) -> None:
        table.put(a={})
        other.put(x={"n": 1, "m": 1})
        beside = Inserts(other.name, [{"_id": "x", "n": 2}, {"_id": "y"}], replacing=True)
        table.driver.patch(table.name, "a", Patch(set={"p": 1}), beside=beside)
        assert contents(other, "xy") == [{"_id": "x", "n": 2}, {"_id": "y"}]

    def test_come_with_an_insert(self, table: Table, other: Table) -> None:
        other.put(x={"n": 1, "m": 1})
        insert(table, other, {"_id": "x", "n": 2}, {"_id": "y"}, replacing=True)
        assert contents(other, "xy") == [{"_id": "x", "n": 2}, {"_id": "y"}]

    def test_of_one_id_the_last_counts(self, table: Table, other: Table) -> None:
        insert(table, other, {"_id": "x", "n": 1}, {"_id": "x", "n": 2}, replacing=True)
        assert contents(other, "x") == [{"_id": "x", "n": 2}]


class TestOthersThatAreDemanded:
    @pytest.fixture(autouse=True)
    def _supported(self, table: Table) -> None:
        table.requires(Feature.PATCH_INSERT)
        table.put(a={"p": 1})

    def patch(self, table: Table, other: Table, *keys: str) -> Outcome:
        beside = Inserts(other.name, [{"_id": key, "n": 2} for key in keys], demanded=True)
        return table.driver.patch(
            table.name, "a", Patch(set={"p": 2}), returning=True, beside=beside
        )

    def test_come_with_a_patch_where_their_ids_are_free(self, table: Table, other: Table) -> None:
        assert self.patch(table, other, "x", "y") == Outcome(True, {"_id": "a", "p": 2})
        assert contents(other, "xy") == [{"_id": "x", "n": 2}, {"_id": "y", "n": 2}]

    def test_nothing_happens_where_one_is_taken(self, table: Table, other: Table) -> None:
        other.put(y={"n": 1})
        assert self.patch(table, other, "x", "y") == Outcome(matched=False)
        assert table.get() == {"_id": "a", "p": 1}
        assert contents(other, "xy") == [None, {"_id": "y", "n": 1}]

    def test_cannot_come_with_an_insert(self, table: Table, other: Table) -> None:
        beside = Inserts(other.name, [{"_id": "x"}], demanded=True)
        with pytest.raises(ValueError, match="only beside a patch"):
            table.driver.insert_many(table.name, [{"_id": "b"}], beside=beside)
        assert contents(table, "b") == [None]

    def test_cannot_replace(self, other: Table) -> None:
        with pytest.raises(ValueError, match="cannot be replaced"):
            Inserts(other.name, [], replacing=True, demanded=True)


def test_an_insert_with_others_is_refused_where_it_is_lacking(table: Table, other: Table) -> None:
    table.lacks(Feature.PATCH_INSERT)
    with pytest.raises(Unsupported):
        insert(table, other, {"_id": "x"})
    assert contents(table, "ab") == [None, None]


def test_it_is_refused_where_it_is_lacking(table: Table, other: Table) -> None:
    table.lacks(Feature.PATCH_INSERT)
    table.put(a={})
    with pytest.raises(Unsupported):
        patch(table, other, {"_id": "x"}, set={"p": 1})
    assert table.get() == {"_id": "a"}
