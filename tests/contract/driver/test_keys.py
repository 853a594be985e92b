"""User text as the name of a field: escaped, it is a name like any other in every verb."""

import pytest

from mlflow_docstore.adapters.document import keys
from mlflow_docstore.core.capabilities import Feature
from mlflow_docstore.core.query import Exists, Operator, path

from .deck import AWKWARD_TEXTS, BY_ID, Table, by, compare

pytestmark = pytest.mark.parametrize("text", AWKWARD_TEXTS, ids=ascii)


def test_a_document_can_be_inserted_with_it(table: Table, text: str) -> None:
    table.put(a={"tags": {keys.escape(text): "value"}})
    ((name, value),) = table.get()["tags"].items()
    assert (keys.unescape(name), value) == (text, "value")


def test_set_finds_the_same_field(table: Table, text: str) -> None:
    table.put(a={"tags": {keys.escape(text): "old", "other": 1}})
    table.patch(set={keys.path("tags", text): "new"})
    assert table.get()["tags"] == {keys.escape(text): "new", "other": 1}


def test_set_makes_parents_of_it(table: Table, text: str) -> None:
    table.put(a={})
    table.patch(set={keys.path("tags", text, "deep"): 1})
    assert table.get() == {"_id": "a", "tags": {keys.escape(text): {"deep": 1}}}


def test_unset_removes_it_alone(table: Table, text: str) -> None:
    table.put(a={"tags": {keys.escape(text): 1, "other": 2}})
    table.patch(unset=[keys.path("tags", text)])
    assert table.get() == {"_id": "a", "tags": {"other": 2}}


def test_push_and_add_append_below_it(table: Table, text: str) -> None:
    table.put(a={})
    table.patch(push={keys.path("one", text): [1]}, add={keys.path("two", text): [2]})
    name = keys.escape(text)
    assert table.get() == {"_id": "a", "one": {name: [1]}, "two": {name: [2]}}


def test_maximum_is_kept_below_it(table: Table, text: str) -> None:
    table.requires(Feature.PATCH_MAX)
    table.put(a={})
    target = keys.path("latest", text)
    for step in (1, 3, 2):
        table.patch(maximum={target: {"step": step}})
    assert table.get() == {"_id": "a", "latest": {keys.escape(text): {"step": 3}}}


def test_filters_see_it(table: Table, text: str) -> None:
    name = keys.escape(text)
    table.put(a={"tags": {name: "x"}}, b={"tags": {name: "y"}}, c={"tags": {"another": "x"}})
    target = keys.path("tags", text)
    assert table.ids(compare(target, Operator.EQ, "x")) == ["a"]
    assert table.ids(compare(target, Operator.NE, "x")) == ["b"]
    assert table.ids(Exists(path(target), negated=True)) == ["c"]


def test_orders_see_it(table: Table, text: str) -> None:
    name = keys.escape(text)
    table.put(a={"m": {name: 2}}, b={"m": {name: 1}}, c={"m": {"another": 0}})
    order = by(keys.path("m", text), optional=True)
    assert table.sorted_ids(order, BY_ID) == ["b", "a", "c"]


def test_projections_see_it(table: Table, text: str) -> None:
    name = keys.escape(text)
    table.put(a={"m": {name: 2, "another": 1}})
    (row,) = table.find(fields=(keys.path("m", text),))
    assert row.document == {"_id": "a", "m": {name: 2}}
