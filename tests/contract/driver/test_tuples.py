"""tuples: the values at paths, and nothing else."""

import pytest

from mlflow_docstore.core.query import And, Compare, Operator, Or, equals, path

from .deck import AWKWARD_TEXTS, Table


@pytest.fixture
def rows(table: Table) -> Table:
    table.put(
        a={"x": 1, "sub": {"y": "p"}, "list": [{"k": 1}, {"k": 2}, 3]},
        b={"x": 2.5, "sub": {"y": "q"}, "list": []},
        c={"x": None, "list": [{"k": 3, "w": {"u": "deep"}}]},
    )
    return table


def of(table: Table, *fields: str, where: object = None, **options: object) -> list[object]:
    found = table.driver.tuples(table.name, where or And(), fields, **options)  # type: ignore[arg-type]
    return sorted(found, key=repr)


def test_each_document_has_its_tuple_in_the_order_of_the_fields(rows: Table) -> None:
    assert of(rows, "_id", "x", "sub.y") == [("a", 1, "p"), ("b", 2.5, "q"), ("c", None, None)]


def test_only_documents_that_match_have_one(rows: Table) -> None:
    assert of(rows, "_id", where=equals("sub.y", "q")) == [("b",)]
    assert of(rows, "_id", where=Or()) == []


def test_equal_tuples_come_as_often_as_they_are(table: Table) -> None:
    table.put(a={"x": 1}, b={"x": 1}, c={"x": 1})
    assert of(table, "x") == [(1,)] * 3


def test_of_no_fields_there_is_an_empty_one_for_each(rows: Table) -> None:
    assert of(rows) == [()] * 3


def test_what_is_no_text_and_no_number_is_none(table: Table) -> None:
    others = [True, False, [1], {"y": 1}, b"x", None, []]
    table.put(**{f"d{place}": {"x": other} for place, other in enumerate(others)})
    assert of(table, "x") == [(None,)] * len(others)


def test_each_element_has_one_of_its_own(rows: Table) -> None:
    found = of(rows, "_id", "list.k", "list.w.u", each="list")
    assert found == [("a", 1, None), ("a", 2, None), ("c", 3, "deep")]


def test_elements_may_have_to_match(rows: Table) -> None:
    of_each = (Compare(path("k"), Operator.GT, 1),)
    assert of(rows, "list.k", each="list", of_each=of_each) == [(2,), (3,)]
    assert of(rows, "list.k", where=equals("x", 1), each="list", of_each=of_each) == [(2,)]


def test_large_integers_are_exact(table: Table) -> None:
    values = [2**53 + 1, -(2**63), 2**63 - 1, 0]
    table.put(**{f"d{place}": {"x": value} for place, value in enumerate(values)})
    assert of(table, "x") == sorted([(value,) for value in values], key=repr)


def test_texts_of_any_kind_are_values(table: Table) -> None:
    table.put(**{f"d{place:02}": {"x": text} for place, text in enumerate(AWKWARD_TEXTS)})
    assert of(table, "x") == sorted([(text,) for text in AWKWARD_TEXTS], key=repr)


def test_there_may_be_very_many(table: Table) -> None:
    rows = [{"_id": f"{number:05}", "x": number, "text": "x" * 100} for number in range(12_000)]
    table.driver.insert_many(table.name, rows)
    found = sorted(table.driver.tuples(table.name, And(), ("x",)))
    assert found == [(number,) for number in range(12_000)]
    begun = table.driver.tuples(table.name, And(), ("x",))
    assert next(begun) is not None
