"""What the query language knows of values: their kinds, equality and order.

See https://learn.microsoft.com/azure/cosmos-db/nosql/query/equality-comparison-operators: across
kinds, and with what is not there, every comparison is undefined, which is not true.
"""

import operator
from enum import Enum
from functools import reduce
from typing import Any


class Missing(Enum):
    """The value that a path has where there is none."""

    UNDEFINED = "undefined"


UNDEFINED = Missing.UNDEFINED

KINDS = ("undefined", "null", "boolean", "number", "string", "array", "object")
"""In the order of ORDER BY: https://learn.microsoft.com/azure/cosmos-db/nosql/query/order-by."""

_KINDS = {
    Missing: "undefined",
    type(None): "null",
    bool: "boolean",
    int: "number",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
}
_ORDERS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_SCALARS = frozenset({"null", "boolean", "number", "string"})


def kind(value: Any) -> str:
    return _KINDS[type(value)]


def same(one: Any, other: Any) -> bool:
    """Whether they are the same, deeply: unlike in Python, true is not 1."""
    if kind(one) != kind(other):
        return False
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return bool(one == other)


def covers(one: Any, part: Any) -> bool:
    """Whether an object has all that ``part`` has; anything else is the same or not."""
    if isinstance(one, dict) and isinstance(part, dict):
        return all(key in one and covers(one[key], part[key]) for key in part)
    return same(one, part)


def equal(one: Any, other: Any) -> Any:
    if UNDEFINED in (one, other) or kind(one) != kind(other):
        return UNDEFINED
    return same(one, other)


class Members:
    """Values in a list, for whoever asks whether one is among them."""

    def __init__(self, values: list[Any]) -> None:
        self._values = values
        self._kinds = frozenset(map(kind, values))
        self._scalars = frozenset((kind(one), one) for one in values if kind(one) in _SCALARS)

    def hold(self, value: Any) -> Any:
        if kind(value) not in _SCALARS:
            return reduce(either, (equal(value, one) for one in self._values), False)
        if (kind(value), value) in self._scalars:
            return True
        return False if self._kinds <= {kind(value)} else UNDEFINED


def ordered(sign: str, one: Any, other: Any) -> Any:
    if kind(one) != kind(other) or kind(one) not in _SCALARS:
        return UNDEFINED
    if one is None:
        return sign in {"<=", ">="}
    return _ORDERS[sign](one, other)


def negated(value: Any) -> Any:
    return not value if isinstance(value, bool) else UNDEFINED


def both(one: Any, other: Any) -> Any:
    if one is False or other is False:
        return False
    return True if one is True and other is True else UNDEFINED


def either(one: Any, other: Any) -> Any:
    if one is True or other is True:
        return True
    return False if one is False and other is False else UNDEFINED


def rank(value: Any) -> tuple[int, Any]:
    """Its place among values of every kind."""
    place = KINDS.index(kind(value))
    return place, value if kind(value) in {"boolean", "number", "string"} else 0


def without_missing(value: Any) -> Any:
    """As JSON: what is undefined is left out of objects and arrays."""
    if isinstance(value, dict):
        return {k: without_missing(v) for k, v in value.items() if v is not UNDEFINED}
    if isinstance(value, list):
        return [without_missing(v) for v in value if v is not UNDEFINED]
    return value
