"""The query tree as the server's filters.

A filter comes out flat wherever it can, equalities as bare values and several conditions on one
field merged: planners read that form best, and the simpler ones read no other.
"""

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from mlflow_docstore.adapters.document.rules.filters import FilterCompiler
from mlflow_docstore.adapters.document.rules.patterns import regex
from mlflow_docstore.core.errors import InvalidArgument, LimitExceeded, Unsupported
from mlflow_docstore.core.query import (
    And,
    AnyElement,
    Compare,
    Exists,
    Field,
    FieldKind,
    In,
    Like,
    MissingOr,
    Operator,
    Or,
)

Native: TypeAlias = dict[str, Any]

NOTHING: Mapping[str, Any] = {"_id": {"$in": []}}
"""Matches no document."""

OPERATORS: Mapping[Operator, str] = {
    Operator.EQ: "$eq",
    Operator.NE: "$ne",
    Operator.LT: "$lt",
    Operator.LE: "$lte",
    Operator.GT: "$gt",
    Operator.GE: "$gte",
}

# The server's names of the types that compare with each other; a bool is an int in Python.
_TYPES: tuple[tuple[type, str], ...] = (
    (bool, "bool"),
    (int, "number"),
    (float, "number"),
    (str, "string"),
)


class MongoCompiler(FilterCompiler[Native]):
    """Filters as MongoDB's.

    The server compares within one type only, so ``<`` and its like need no care for missing and
    null values; what negates names the type or excludes null, as the server's negations do not.

    Args:
        in_terms: The most terms in one membership test.
    """

    def __init__(self, in_terms: int) -> None:
        self._in_terms = in_terms

    def compare(self, node: Compare) -> Native:
        if node.operator is Operator.EQ:
            return {name(node.field): node.value}
        condition = {OPERATORS[node.operator]: node.value}
        if node.operator is Operator.NE:
            condition["$type"] = type_name(node.value)
        return {name(node.field): condition}

    def membership(self, node: In) -> Native:
        if len(node.values) > self._in_terms:
            raise LimitExceeded("filter", node.field.name, limit="in_terms", size=len(node.values))
        if node.negated:
            return {name(node.field): {"$nin": [*node.values, None]}}
        return {name(node.field): {"$in": list(node.values)}}

    def like(self, node: Like) -> Native:
        """Case is folded by the pattern itself: the option for it follows Unicode's rules."""
        pattern = regex(node.pattern, ignore_case=node.ignore_case)
        return {name(node.field): {"$regex": pattern} if pattern else {"$type": "string"}}

    def exists(self, node: Exists) -> Native:
        return {name(node.field): {"$exists": not node.negated}}

    def missing_or(self, node: MissingOr) -> Native:
        return {name(node.field): {"$in": [node.value, None]}}

    def any_element(self, node: AnyElement) -> Native:
        if any(isinstance(part, And | Or | AnyElement) for part in node.where):
            raise Unsupported("filter", node.field.name, reason="nested in an element match")
        return {name(node.field): {"$elemMatch": self.conjunction(And(node.where))}}

    def conjunction(self, node: And) -> Native:
        return merge(self.compile(part) for part in node.nodes)

    def disjunction(self, node: Or) -> Native:
        parts = [self.compile(part) for part in node.nodes]
        if not parts:
            return dict(NOTHING)
        return parts[0] if len(parts) == 1 else {"$or": parts}


def name(field: Field) -> str:
    """The path of a field in a stored document."""
    if field.kind is not FieldKind.PATH:
        raise Unsupported("field", field.name, belongs_to=field.kind.value)
    return field.name


def type_name(value: object) -> str:
    """The server's name of all types that compare with the value."""
    for kind, found in _TYPES:
        if isinstance(value, kind):
            return found
    raise InvalidArgument("value", value, type=type(value).__name__)


def merge(filters: Iterable[Mapping[str, Any]]) -> Native:
    """One filter that demands all of some, flat but for what one document cannot say twice."""
    merged: Native = {}
    rest: list[Native] = []
    for path, condition in (item for one in filters for item in one.items()):
        if path == "$and":
            rest.extend(condition)
        elif path not in merged:
            merged[path] = condition
        elif not path.startswith("$") and (both := _both(merged[path], condition)):
            merged[path] = both
        else:
            rest.append({path: condition})
    if "_id" in merged:
        merged = {"_id": merged["_id"], **merged}
    return {**merged, "$and": rest} if rest else merged


def _both(left: Any, right: Any) -> Native | None:
    """Two conditions on one field as one, unless they use the same operator."""
    left, right = _operators(left), _operators(right)
    return None if left.keys() & right.keys() else {**left, **right}


def _operators(condition: Any) -> Native:
    return condition if isinstance(condition, dict) else {"$eq": condition}
