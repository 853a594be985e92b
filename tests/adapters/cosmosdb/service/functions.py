"""Functions of the query language: what they take, and what they answer.

An argument of another kind makes the result undefined. See
https://learn.microsoft.com/azure/cosmos-db/nosql/query/system-functions.
"""

import json
import math
from collections.abc import Callable
from itertools import chain
from typing import Any

from .kinds import UNDEFINED, covers, kind, rank, same
from .patterns import expression

ANY, TEXT, NUMBER, ARRAY, OBJECT, TRUTH = "any", "string", "number", "array", "object", "boolean"


def _folded(found: Callable[[str, str], bool]) -> Callable[..., bool]:
    """With a third argument that says whether case does not matter."""

    def test(one: str, other: str, fold: bool = False) -> bool:
        return found(one.lower(), other.lower()) if fold else found(one, other)

    return test


def _contains(array: list[Any], element: Any, partial: bool = False) -> bool:
    return any((covers if partial else same)(one, element) for one in array)


def _text_of(value: Any) -> Any:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def _number_of(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return UNDEFINED


def _substring(text: str, start: float, length: float | None = None) -> str:
    begin = int(start)
    return text[begin:] if length is None else text[begin : begin + int(length)]


def _slice(array: list[Any], start: float, length: float | None = None) -> list[Any]:
    begin = int(start)
    return array[begin:] if length is None else array[begin:][: int(length)]


def _pairs(value: dict[str, Any], key: str = "k", element: str = "v") -> list[dict[str, Any]]:
    return [{key: name, element: one} for name, one in value.items()]


Function = tuple[tuple[str, ...], tuple[str, ...], Callable[..., Any]]
"""Kinds of what it must be given, of what it may be given beside, and what it does."""

FUNCTIONS: dict[str, Function] = {
    "IS_DEFINED": ((ANY,), (), lambda value: value is not UNDEFINED),
    "IS_NULL": ((ANY,), (), lambda value: value is None),
    "IS_STRING": ((ANY,), (), lambda value: kind(value) == TEXT),
    "IS_NUMBER": ((ANY,), (), lambda value: kind(value) == NUMBER),
    "IS_INTEGER": ((ANY,), (), lambda value: kind(value) == NUMBER and value == int(value)),
    "IS_BOOL": ((ANY,), (), lambda value: kind(value) == TRUTH),
    "IS_ARRAY": ((ANY,), (), lambda value: kind(value) == ARRAY),
    "IS_OBJECT": ((ANY,), (), lambda value: kind(value) == OBJECT),
    "IS_PRIMITIVE": ((ANY,), (), lambda one: kind(one) in {"null", TEXT, NUMBER, TRUTH}),
    "STARTSWITH": ((TEXT, TEXT), (TRUTH,), _folded(str.startswith)),
    "ENDSWITH": ((TEXT, TEXT), (TRUTH,), _folded(str.endswith)),
    "CONTAINS": ((TEXT, TEXT), (TRUTH,), _folded(str.__contains__)),
    "STRINGEQUALS": ((TEXT, TEXT), (TRUTH,), _folded(str.__eq__)),
    "REGEXMATCH": (
        (TEXT, TEXT),
        (TEXT,),
        lambda text, pattern, flags="": expression(pattern, flags).search(text) is not None,
    ),
    "LOWER": ((TEXT,), (), str.lower),
    "UPPER": ((TEXT,), (), str.upper),
    "LENGTH": ((TEXT,), (), len),
    "LEFT": ((TEXT, NUMBER), (), lambda text, length: text[: int(length)]),
    "SUBSTRING": ((TEXT, NUMBER), (NUMBER,), _substring),
    "INDEX_OF": ((TEXT, TEXT), (), str.find),
    "CONCAT": ((TEXT, TEXT), (TEXT,) * 20, lambda *texts: "".join(texts)),
    "REPLACE": ((TEXT, TEXT, TEXT), (), str.replace),
    "TRIM": ((TEXT,), (), str.strip),
    "TOSTRING": ((ANY,), (), _text_of),
    "STRINGTONUMBER": ((TEXT,), (), _number_of),
    "ABS": ((NUMBER,), (), abs),
    "FLOOR": ((NUMBER,), (), math.floor),
    "CEILING": ((NUMBER,), (), math.ceil),
    "ROUND": ((NUMBER,), (), lambda value: math.floor(value + 0.5)),
    "ARRAY_LENGTH": ((ARRAY,), (), len),
    "ARRAY_CONTAINS": ((ARRAY, ANY), (TRUTH,), _contains),
    "ARRAY_CONCAT": ((ARRAY, ARRAY), (ARRAY,) * 20, lambda *arrays: list(chain(*arrays))),
    "ARRAY_SLICE": ((ARRAY, NUMBER), (NUMBER,), _slice),
    "OBJECTTOARRAY": ((OBJECT,), (TEXT, TEXT), _pairs),
    "IIF": ((ANY, ANY, ANY), (), lambda test, yes, no: yes if test is True else no),
}

UNDEFINED_TOO = frozenset({"IS_DEFINED", "IIF"} | {one for one in FUNCTIONS if one[:3] == "IS_"})
"""What answers even where an argument of any kind is not there."""


SEEKING = frozenset({"STARTSWITH", "STRINGEQUALS"} | {one for one in FUNCTIONS if one[:3] == "IS_"})
"""What an index finds without loading: https://learn.microsoft.com/azure/cosmos-db/index-overview."""


def called(name: str, arguments: list[Any]) -> Any:
    needed, optional, function = FUNCTIONS[name]
    for wanted, argument in zip(needed + optional, arguments, strict=False):
        if wanted == ANY:
            if argument is UNDEFINED and name not in UNDEFINED_TOO:
                return UNDEFINED
        elif kind(argument) != wanted:
            return UNDEFINED
    return function(*arguments)


def _sum(values: list[Any]) -> Any:
    return sum(values) if all(kind(one) == NUMBER for one in values) else UNDEFINED


def _mean(values: list[Any]) -> Any:
    total = _sum(values)
    return total / len(values) if values and total is not UNDEFINED else UNDEFINED


def _least(values: list[Any], pick: Callable[..., Any]) -> Any:
    return pick(values, key=rank) if values else UNDEFINED


AGGREGATES: dict[str, Callable[[list[Any]], Any]] = {
    "COUNT": len,
    "SUM": _sum,
    "AVG": _mean,
    "MIN": lambda values: _least(values, min),
    "MAX": lambda values: _least(values, max),
}
"""Of the values of one group that are there.

See https://learn.microsoft.com/azure/cosmos-db/nosql/query/aggregate-functions.
"""
