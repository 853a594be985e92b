"""Indexing policies: what the layout declares, by name, and nothing else."""

import pytest

from mlflow_docstore.adapters.cosmosdb.indexing import completed, indexes_in, policy_of
from mlflow_docstore.adapters.document.layout import LAYOUT, Collection, Index

BY_TIME = Index("by_time", (("a.b", 1), ("time", -1)))
BY_NAME = Index('by "name"', (("name", 1),))
COLLECTION = Collection("things", "owner", (BY_TIME, BY_NAME))


def included(collection: Collection) -> list[str]:
    return [one["path"] for one in policy_of(collection)["includedPaths"]]


def test_what_is_declared_is_included_and_all_else_is_not() -> None:
    assert included(COLLECTION) == ["/_id/?", "/owner/?", "/a/b/?", "/time/?", "/name/?"]
    assert policy_of(COLLECTION)["excludedPaths"][0] == {"path": "/*"}


def test_an_index_of_several_fields_is_a_composite_one_that_ends_with_the_id() -> None:
    (composite,) = policy_of(COLLECTION)["compositeIndexes"]
    assert composite == [
        {"path": "/a/b", "order": "ascending"},
        {"path": "/time", "order": "descending"},
        {"path": "/_id", "order": "ascending"},
    ]


@pytest.mark.parametrize(
    "keys", [("_id", "x"), tuple("abcdefgh")], ids=["the id already", "as many as there may be"]
)
def test_an_index_may_have_room_for_no_more(keys: tuple[str, ...]) -> None:
    index = Index("full", tuple((name, 1) for name in keys))
    (composite,) = policy_of(Collection("things", indexes=(index,)))["compositeIndexes"]
    assert [one["path"] for one in composite] == [f"/{name}" for name in keys]


def test_an_index_leads_into_the_elements_of_an_array() -> None:
    collection = Collection("things", indexes=(Index("by_run", (("runs.id", 1),)),))
    assert included(collection)[-1] == "/runs/[]/id/?"


@pytest.mark.parametrize("collection", LAYOUT.collections, ids=lambda one: one.name)
def test_declared_indexes_are_told_by_their_policy(collection: Collection) -> None:
    assert indexes_in(policy_of(collection)) == list(collection.indexes)


def test_an_odd_name_is_told_as_well() -> None:
    assert indexes_in(policy_of(COLLECTION)) == [BY_TIME, BY_NAME]


def test_what_a_policy_lacks_is_added_to_what_it_has() -> None:
    policy = policy_of(Collection("things", "owner", (BY_NAME,)))
    made = completed(policy, Collection("things", "owner", (BY_TIME,)))
    assert made is not None
    assert indexes_in(made) == [BY_NAME, BY_TIME]


def test_a_policy_that_lacks_nothing_is_left_alone() -> None:
    assert completed(policy_of(COLLECTION), COLLECTION) is None
