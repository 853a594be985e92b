"""Sort keys as native sorts, as computed stages, and as the filter of what follows a row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from mlflow_docstore.adapters.document.layout import LAYOUT
from mlflow_docstore.core.errors import InvalidArgument, Unsupported
from mlflow_docstore.core.query import (
    And,
    BestElement,
    Compare,
    Filter,
    Operator,
    Or,
    Order,
    Scalar,
    SortKey,
)

from .compiler import NOTHING, OPERATORS, Native, merge, name, type_name

Stage: TypeAlias = dict[str, Any]

COMPUTED = "_sort"
"""The field of a result that holds its sort values, where they had to be computed."""

_BEST = "_best"

_WALKED: Mapping[str, frozenset[str]] = {
    collection.name: frozenset(
        {"_id", *(path for index in collection.indexes for path, _ in index.keys)}
    )
    for collection in LAYOUT.collections
}
"""The fields of each collection that some index has."""

# The aggregation language compares values of all types with each other, so ours names the types.
_EXACT_TYPES = {"number": ("double", "int", "long"), "string": ("string",), "bool": ("bool",)}


@dataclass(frozen=True, slots=True)
class _Key:
    """One sort key on a path of what is being sorted."""

    path: str
    descending: bool
    optional: bool

    def beyond(self, value: Scalar) -> list[Native]:
        """Alternatives that together say: sorts after the value."""
        if value is None:
            return []
        later: list[Native] = [{self.path: {"$lt" if self.descending else "$gt": value}}]
        return [*later, {self.path: None}] if self.optional else later


def is_native(order: Sequence[SortKey]) -> bool:
    """Whether the server's own sort does it: it puts missing values last when it descends."""
    return all(isinstance(key, Order) and (key.descending or not key.optional) for key in order)


def walks(collection: str, key: SortKey) -> bool:
    """Whether a key is the one field of an index that the layout has, and never missing."""
    if not isinstance(key, Order) or key.optional:
        return False
    return key.field.name in _WALKED.get(collection, frozenset({"_id"}))


def native_paths(order: Sequence[SortKey]) -> list[str]:
    """The paths that a native sort sorts by."""
    return [key.path for key in _native_keys(order)]


def native_sort(order: Sequence[SortKey]) -> list[tuple[str, int]]:
    """A native sort."""
    return [(key.path, -1 if key.descending else 1) for key in _native_keys(order)]


def native_after(order: Sequence[SortKey], after: Sequence[Scalar]) -> Native:
    """What sorts after a row."""
    return _after(_native_keys(order), after)


def computed_stages(order: Sequence[SortKey], after: Sequence[Scalar] | None) -> list[Stage]:
    """Stages that compute the sort values of each document, and sort by them."""
    best = {
        f"{_BEST}.b{number}": _best(key)
        for number, key in enumerate(order)
        if isinstance(key, BestElement)
    }
    values = {
        f"{COMPUTED}.v{i}": {"$ifNull": [_value(i, key), None]} for i, key in enumerate(order)
    }
    keys = [
        _Key(f"{COMPUTED}.v{i}", key.descending, _is_optional(key)) for i, key in enumerate(order)
    ]
    ranks = {
        f"{COMPUTED}.r{i}": {"$cond": [{"$eq": [f"${key.path}", None]}, 1, 0]}
        for i, key in enumerate(keys)
        if key.optional and not key.descending
    }
    stages: list[Stage] = [{"$addFields": fields} for fields in (best, values, ranks) if fields]
    if after is not None:
        stages.append({"$match": _after(keys, after)})
    sort: dict[str, int] = {}
    for number, key in enumerate(keys):
        if f"{COMPUTED}.r{number}" in ranks:
            sort[f"{COMPUTED}.r{number}"] = 1
        sort[key.path] = -1 if key.descending else 1
    return [*stages, {"$sort": sort}]


def computed_position(document: dict[str, Any], order: Sequence[SortKey]) -> tuple[Scalar, ...]:
    """The sort values that the stages computed, taken out of the document."""
    document.pop(_BEST, None)
    values = document.pop(COMPUTED, {})
    return tuple(values[f"v{number}"] for number in range(len(order)))


def _native_keys(order: Sequence[SortKey]) -> list[_Key]:
    return [_native_key(key) for key in order]


def _native_key(key: SortKey) -> _Key:
    if not isinstance(key, Order):
        raise Unsupported("sort key", type(key).__name__)
    return _Key(name(key.field), key.descending, key.optional)


def _is_optional(key: SortKey) -> bool:
    return key.optional if isinstance(key, Order) else True


def _after(keys: Sequence[_Key], after: Sequence[Scalar]) -> Native:
    """Rows behind a row: greater in the first key, or equal there and greater in the next, ..."""
    if len(after) != len(keys):
        raise InvalidArgument("after", tuple(after), keys=len(keys))
    alternatives: list[Native] = []
    equal: Native = {}
    for key, value in zip(keys, after, strict=True):
        alternatives += [merge((equal, beyond)) for beyond in key.beyond(value)]
        equal = {**equal, key.path: value}
    if not alternatives:
        return dict(NOTHING)
    if len(alternatives) == 1:
        return alternatives[0]
    # The alternatives imply the bound, which planners do not see for themselves.
    return merge((_bound(keys[0], after[0]), {"$or": alternatives}))


def _bound(key: _Key, value: Scalar) -> Native:
    if key.optional or value is None:
        return {}
    return {key.path: {"$lte" if key.descending else "$gte": value}}


def _value(number: int, key: SortKey) -> str:
    if isinstance(key, BestElement):
        return f"${_BEST}.b{number}.{name(key.value)}"
    return f"${name(key.field)}"


def _best(key: BestElement) -> Native:
    """The element that ranks first among those that count, or false, which has no fields."""
    elements = {
        "input": {"$ifNull": [f"${name(key.array)}", []]},
        "as": "element",
        "cond": _all_of(key.where),
    }
    better = {"$cond": [{"$or": _better(key.rank)}, "$$this", "$$value"]}
    # Not null to begin with: Azure DocumentDB takes that for null input, which comes to null.
    return {"$reduce": {"input": {"$filter": elements}, "initialValue": False, "in": better}}


def _better(rank: Sequence[Order]) -> list[Native]:
    """Alternatives that together say: this element ranks before the best one so far."""
    alternatives: list[Native] = [{"$eq": ["$$value", False]}]
    equal: list[Native] = []
    for key in rank:
        pair = [f"$$this.{name(key.field)}", f"$$value.{name(key.field)}"]
        alternatives.append({"$and": [*equal, {"$gt" if key.descending else "$lt": pair}]})
        equal = [*equal, {"$eq": pair}]
    return alternatives


def _all_of(nodes: Sequence[Filter]) -> Native:
    return {"$and": [test for node in nodes for test in _tests(node)]}


def _tests(where: Filter) -> list[Native]:
    if isinstance(where, Or):
        return [{"$or": [_all_of([node]) for node in where.nodes]}]
    if isinstance(where, And):
        return [_all_of(where.nodes)]
    if not isinstance(where, Compare):
        raise Unsupported("sort key", type(where).__name__)
    path = f"$$element.{name(where.field)}"
    test = {OPERATORS[where.operator]: [path, {"$literal": where.value}]}
    if where.operator is Operator.EQ:
        return [test]
    types = _EXACT_TYPES[type_name(where.value)]
    return [test, {"$or": [{"$eq": [{"$type": path}, exact]} for exact in types]}]
