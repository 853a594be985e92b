"""Filters as MongoDB's: exactly what is sent."""

from dataclasses import dataclass

import pytest

from mlflow_docstore.adapters.mongodb.compiler import MongoCompiler, merge
from mlflow_docstore.core.errors import InvalidArgument, LimitExceeded, Unsupported
from mlflow_docstore.core.query import (
    And,
    AnyElement,
    Compare,
    Exists,
    Field,
    FieldKind,
    Filter,
    In,
    Like,
    MissingOr,
    Operator,
    Or,
    all_of,
    equals,
    path,
)

EQ, NE, LT, LE, GT, GE = Operator
X = path("x")


@dataclass(frozen=True)
class Foreign:
    """A node that no release knows."""


def compiled(node: Filter) -> dict[str, object]:
    return MongoCompiler(in_terms=3).compile(node)


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (Compare(X, EQ, "v"), {"x": "v"}),
        (Compare(X, EQ, True), {"x": True}),
        (Compare(X, LT, 1), {"x": {"$lt": 1}}),
        (Compare(X, LE, 1), {"x": {"$lte": 1}}),
        (Compare(X, GT, "a"), {"x": {"$gt": "a"}}),
        (Compare(X, GE, 0.5), {"x": {"$gte": 0.5}}),
        (Compare(X, NE, "v"), {"x": {"$ne": "v", "$type": "string"}}),
        (Compare(X, NE, 1), {"x": {"$ne": 1, "$type": "number"}}),
        (Compare(X, NE, 1.5), {"x": {"$ne": 1.5, "$type": "number"}}),
        (Compare(X, NE, True), {"x": {"$ne": True, "$type": "bool"}}),
        (In(X, ("a", "b")), {"x": {"$in": ["a", "b"]}}),
        (In(X, ()), {"x": {"$in": []}}),
        (In(X, ("a",), negated=True), {"x": {"$nin": ["a", None]}}),
        (In(X, (), negated=True), {"x": {"$nin": [None]}}),
        (Exists(X), {"x": {"$exists": True}}),
        (Exists(X, negated=True), {"x": {"$exists": False}}),
        (MissingOr(X, "v"), {"x": {"$in": ["v", None]}}),
        (Like(X, "%"), {"x": {"$type": "string"}}),
        (Like(X, "a%"), {"x": {"$regex": "^a"}}),
        (And(), {}),
        (Or(), {"_id": {"$in": []}}),
        (Or((equals("x", 1),)), {"x": 1}),
        (Or((equals("x", 1), equals("y", 2))), {"$or": [{"x": 1}, {"y": 2}]}),
    ],
    ids=str,
)
def test_a_node(node: Filter, expected: dict[str, object]) -> None:
    assert compiled(node) == expected


class TestConjunctions:
    def test_they_are_flat_and_keep_their_order(self) -> None:
        node = all_of(equals("b", 1), And((equals("a", "x"), And((Compare(X, GT, 2),)))))
        assert list(compiled(node).items()) == [("b", 1), ("a", "x"), ("x", {"$gt": 2})]

    def test_the_id_comes_first(self) -> None:
        assert list(compiled(all_of(equals("a", 1), equals("_id", "k")))) == ["_id", "a"]

    def test_several_operators_on_one_field_are_merged(self) -> None:
        node = all_of(Compare(X, GT, 1), Compare(X, LE, 9), Exists(X))
        assert compiled(node) == {"x": {"$gt": 1, "$lte": 9, "$exists": True}}

    def test_an_equality_joins_the_operators_of_its_field(self) -> None:
        expected = {"x": {"$eq": 1, "$gt": 0}}
        assert compiled(all_of(equals("x", 1), Compare(X, GT, 0))) == expected

    def test_one_operator_twice_on_a_field_needs_two_filters(self) -> None:
        node = all_of(Compare(X, GT, 1), equals("a", 1), Compare(X, GT, 2))
        assert compiled(node) == {"x": {"$gt": 1}, "a": 1, "$and": [{"x": {"$gt": 2}}]}

    def test_two_equalities_on_a_field_stay_two(self) -> None:
        node = all_of(equals("x", 1), equals("x", True))
        assert compiled(node) == {"x": 1, "$and": [{"x": True}]}

    def test_disjunctions_are_not_mixed_up(self) -> None:
        either = Or((equals("a", 1), equals("b", 1)))
        other = Or((equals("c", 1), equals("d", 1)))
        assert compiled(all_of(either, other)) == {
            "$or": [{"a": 1}, {"b": 1}],
            "$and": [{"$or": [{"c": 1}, {"d": 1}]}],
        }

    def test_an_overflow_within_an_overflow_is_one_list(self) -> None:
        inner = merge(({"x": 1}, {"x": 2}))
        assert merge((inner, {"x": 3})) == {"x": 1, "$and": [{"x": 2}, {"x": 3}]}


class TestElements:
    def test_all_conditions_are_on_one_element(self) -> None:
        node = AnyElement(path("list"), (Compare(path("k"), EQ, "a"), Compare(path("v"), GT, 1)))
        assert compiled(node) == {"list": {"$elemMatch": {"k": "a", "v": {"$gt": 1}}}}

    @pytest.mark.parametrize("inner", [And(), Or(), AnyElement(X, ())], ids=str)
    def test_nesting_is_refused(self, inner: Filter) -> None:
        with pytest.raises(Unsupported):
            compiled(AnyElement(X, (inner,)))  # type: ignore[arg-type]


class TestRefusals:
    def test_an_unknown_node(self) -> None:
        with pytest.raises(Unsupported):
            compiled(And((equals("a", 1), Foreign())))  # type: ignore[arg-type]

    def test_a_field_that_nobody_turned_into_a_path(self) -> None:
        with pytest.raises(Unsupported):
            compiled(Compare(Field(FieldKind.METRIC, "loss"), GT, 1))

    def test_more_terms_than_declared(self) -> None:
        with pytest.raises(LimitExceeded):
            compiled(In(X, (1, 2, 3, 4)))

    def test_a_value_of_no_known_type(self) -> None:
        with pytest.raises(InvalidArgument):
            compiled(Compare(X, NE, None))  # type: ignore[arg-type]
