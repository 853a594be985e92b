"""The query tree: values that compare and hash, and the functions that build it."""

from dataclasses import FrozenInstanceError

import pytest

from mlflow_docstore.core.query import (
    And,
    Compare,
    Exists,
    Field,
    FieldKind,
    In,
    Operator,
    Or,
    Order,
    all_of,
    equals,
    path,
)

ONE, TWO, THREE = equals("a", 1), equals("b", 2), Exists(path("c"))


class TestAllOf:
    def test_of_nothing_is_true(self) -> None:
        assert all_of() == And()

    def test_keeps_the_order_of_its_nodes(self) -> None:
        assert all_of(ONE, TWO, THREE) == And((ONE, TWO, THREE))

    def test_nested_conjunctions_are_spliced_in(self) -> None:
        nested = all_of(ONE, And((TWO, And((THREE,)), And())))
        assert nested == And((ONE, TWO, THREE))

    def test_disjunctions_stay_whole(self) -> None:
        either = Or((ONE, And((TWO, THREE))))
        assert all_of(either, And((either,))) == And((either, either))


def test_equals_compares_a_path() -> None:
    assert equals("a.b", "x") == Compare(Field(FieldKind.PATH, "a.b"), Operator.EQ, "x")


def test_nodes_are_values() -> None:
    tree = And((ONE, Or((TWO, In(path("x"), (1, "a"))))))
    twin = And((equals("a", 1), Or((equals("b", 2), In(path("x"), (1, "a"))))))
    assert tree == twin
    assert hash(tree) == hash(twin)
    assert tree != And((ONE,))


def test_nodes_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        ONE.value = 2


def test_fields_of_another_kind_are_others() -> None:
    kinds = {Field(kind, "name") for kind in FieldKind}
    assert len(kinds) == len(FieldKind)
    assert path("name") in kinds


def test_an_order_is_ascending_on_a_sure_field_unless_told_otherwise() -> None:
    assert Order(path("x")) == Order(path("x"), descending=False, optional=False)


@pytest.mark.parametrize("text", ["=", "!=", "<", "<=", ">", ">="])
def test_operators_are_written_as_in_sql(text: str) -> None:
    assert Operator(text).value == text
