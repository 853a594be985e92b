"""Filters as the service's SQL: exactly what is sent."""

from dataclasses import dataclass
from typing import Any

import pytest

from mlflow_docstore.adapters.cosmosdb.compiler import compile_filter
from mlflow_docstore.adapters.cosmosdb.keys import item_id
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
    equals,
    path,
)

EQ, NE, LT, LE, GT, GE = Operator
X = path("x")
FX = 'c["x"]'
LARGE = 2**60 + 1
DOUBLE = float(2**60)
LACKS = '(IS_NUMBER(c["x#"]) ? c["x#"] : 0)'
PRESENT = f"IS_DEFINED({FX}) AND NOT IS_NULL({FX})"


@dataclass(frozen=True)
class Foreign:
    """A node that no release knows."""


def compiled(node: Filter) -> tuple[str, list[Any]]:
    condition = compile_filter(node, in_terms=3)
    values = list(condition.parameters.values())
    assert list(condition.parameters) == [f"@p{number}" for number in range(len(values))]
    return condition.text, values


@pytest.mark.parametrize(
    ("node", "text", "values"),
    [
        (Compare(X, EQ, "v"), f"{FX} = @p0", ["v"]),
        (Compare(X, EQ, True), f"{FX} = @p0", [True]),
        (Compare(X, LT, 1), f"{FX} < @p0", [1]),
        (Compare(X, LE, 1), f"{FX} <= @p0", [1]),
        (Compare(X, GT, "a"), f"{FX} > @p0", ["a"]),
        (Compare(X, GE, 0.5), f"{FX} >= @p0", [0.5]),
        (Compare(X, NE, "v"), f"(IS_STRING({FX}) AND {FX} != @p0)", ["v"]),
        (Compare(X, NE, 1.5), f"(IS_NUMBER({FX}) AND {FX} != @p0)", [1.5]),
        (Compare(X, NE, True), f"(IS_BOOL({FX}) AND {FX} != @p0)", [True]),
        (Compare(path("a.b"), EQ, 1), 'c["a"]["b"] = @p0', [1]),
        (Compare(path("order.value"), EQ, 1), 'c["order"]["value"] = @p0', [1]),
        (Compare(path("id"), EQ, "v"), 'c["#id"] = @p0', ["v"]),
        (Compare(path("a.id"), EQ, "v"), 'c["a"]["id"] = @p0', ["v"]),
        (In(X, ("a", "b")), f"{FX} IN (@p0, @p1)", ["a", "b"]),
        (In(X, ("a", 1)), f"({FX} IN (@p0) OR {FX} IN (@p1))", ["a", 1]),
        (In(X, ()), "false", []),
        # Documents are known by their items' ids, which name the partitions of most.
        (In(path("_id"), ("a", 1)), 'c["id"] IN (@p0)', ["a"]),
        (In(path("_id"), ("a/b",)), 'c["id"] IN (@p0)', [item_id("a/b")]),
        (In(path("_id"), (1,)), "false", []),
        (In(X, (), negated=True), f"({PRESENT})", []),
        (
            In(X, ("a", 1), negated=True),
            (
                f"({PRESENT} AND NOT (IS_STRING({FX}) AND {FX} IN (@p0))"
                f" AND NOT (IS_NUMBER({FX}) AND {FX} IN (@p1)))"
            ),
            ["a", 1],
        ),
        (Exists(X), f"IS_DEFINED({FX})", []),
        (Exists(X, negated=True), f"NOT IS_DEFINED({FX})", []),
        (
            MissingOr(X, "v"),
            f"(NOT IS_DEFINED({FX}) OR IS_NULL({FX}) OR {FX} = @p0)",
            ["v"],
        ),
        (
            AnyElement(X, (equals("k", "v"), Exists(path("id"), negated=True))),
            (
                'EXISTS(SELECT VALUE e FROM e IN c["x"] WHERE IS_OBJECT(e)'
                ' AND NOT IS_DEFINED(e["#"]) AND e["k"] = @p0 AND NOT IS_DEFINED(e["id"]))'
            ),
            ["v"],
        ),
        (And(), "true", []),
        (Or(), "false", []),
        (And((equals("x", 1),)), f"{FX} = @p0", [1]),
        (And((equals("x", 1), equals("y", 2))), f'({FX} = @p0 AND c["y"] = @p1)', [1, 2]),
        (Or((equals("x", 1), equals("y", 2))), f'({FX} = @p0 OR c["y"] = @p1)', [1, 2]),
    ],
    ids=str,
)
def test_a_node(node: Filter, text: str, values: list[Any]) -> None:
    assert compiled(node) == (text, values)


@pytest.mark.parametrize(
    ("operator", "text"),
    [
        (EQ, f"({FX} = @p0 AND {LACKS} = @p1)"),
        (NE, f"(IS_NUMBER({FX}) AND ({FX} != @p0 OR {LACKS} != @p1))"),
        (LT, f"({FX} < @p0 OR ({FX} = @p0 AND {LACKS} < @p1))"),
        (LE, f"({FX} < @p0 OR ({FX} = @p0 AND {LACKS} <= @p1))"),
        (GT, f"({FX} > @p0 OR ({FX} = @p0 AND {LACKS} > @p1))"),
        (GE, f"({FX} > @p0 OR ({FX} = @p0 AND {LACKS} >= @p1))"),
    ],
)
def test_a_number_beyond_doubles_is_compared_with_what_it_is_greater_by(
    operator: Operator, text: str
) -> None:
    assert compiled(Compare(X, operator, LARGE)) == (text, [DOUBLE, 1])


@pytest.mark.parametrize(
    ("pattern", "text", "values"),
    [
        ("%", f"IS_STRING({FX})", []),
        ("a[b", f"{FX} = @p0", ["a[b"]),
        ("", f"{FX} = @p0", [""]),
        ("a%", f"STARTSWITH({FX}, @p0)", ["a"]),
        ("%a", f"ENDSWITH({FX}, @p0)", ["a"]),
        ("%a%", f"CONTAINS({FX}, @p0)", ["a"]),
        (
            "a_b%",
            f"(STARTSWITH({FX}, @p1) AND RegexMatch({FX}, @p0))",
            [r"^a[\s\S]b", "a"],
        ),
        ("%a%b", f"RegexMatch({FX}, @p0)", [r"a[\s\S]*b(?![\s\S])"]),
    ],
)
def test_a_pattern(pattern: str, text: str, values: list[str]) -> None:
    assert compiled(Like(X, pattern)) == (text, values)


def test_a_pattern_ignores_the_case_of_ascii_letters_alone() -> None:
    node = Like(X, "a.é%", ignore_case=True)
    assert compiled(node) == (f"RegexMatch({FX}, @p0)", [r"^[aA]\.é"])


class TestRefusals:
    @pytest.mark.parametrize(
        "node",
        [
            Foreign(),
            Compare(Field(FieldKind.TAG, "x"), EQ, "v"),
            AnyElement(X, (And(),)),  # type: ignore[arg-type]
        ],
        ids=str,
    )
    def test_what_is_not_known(self, node: Filter) -> None:
        with pytest.raises(Unsupported):
            compiled(node)

    def test_more_terms_than_are_allowed(self) -> None:
        with pytest.raises(LimitExceeded):
            compiled(In(X, ("a", "b", "c", "d")))

    def test_a_number_that_json_has_not(self) -> None:
        with pytest.raises(InvalidArgument):
            compiled(Compare(X, EQ, float("nan")))


def test_a_condition_of_a_patch_has_its_values_in_it() -> None:
    texts = [f"{number}" for number in range(10)]
    node = And((*(equals("x", text) for text in texts), equals("y", '"@p0" OR true --')))
    inline = compile_filter(node, in_terms=3).inline()
    tests = [f'{FX} = "{text}"' for text in texts]
    assert inline == f'({" AND ".join(tests)} AND c["y"] = "\\"@p0\\" OR true --")'
