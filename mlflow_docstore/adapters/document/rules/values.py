"""The values that a document may hold: copied in and out, and put into one order."""

import re
from collections.abc import Callable, Iterable, Mapping
from enum import IntEnum
from functools import lru_cache
from math import isfinite
from typing import Any, TypeVar

from mlflow_docstore.core.errors import InvalidArgument

T = TypeVar("T")

INT64 = range(-(2**63), 2**63)

# Of what ``keys.escape`` escapes, what some database cannot have in a name: see there.
_UNESCAPED = re.compile(r'\A\Z|\A\$|[."\\\x00-\x1f]')
# The same names come with every document.
_REMEMBERED = 4096


class Bracket(IntEnum):
    """The types that compare with each other, in the order of the types among themselves."""

    NULL = 0
    NUMBER = 1
    TEXT = 2
    OBJECT = 3
    ARRAY = 4
    BYTES = 5
    BOOLEAN = 6


_BRACKETS: dict[type, Bracket] = {
    type(None): Bracket.NULL,
    int: Bracket.NUMBER,
    float: Bracket.NUMBER,
    str: Bracket.TEXT,
    dict: Bracket.OBJECT,
    list: Bracket.ARRAY,
    bytes: Bracket.BYTES,
    bool: Bracket.BOOLEAN,
}
# Most values by far; asked by type, as it takes long to tell the members of an enumeration apart.
_SCALARS = frozenset({int, float, str, bool})


def accepted(value: object) -> Any:
    """A private copy of a value, of the plain types; refuses what not every database can hold."""
    copy = _COPIES.get(type(value)) or _copy_of_kind(value)
    return copy(value)


def _copy_of_kind(value: object) -> Callable[[Any], Any]:
    """How to copy a value of a type that is derived from a plain one."""
    for kind, copy in _KINDS:
        if isinstance(value, kind):
            return copy
    raise InvalidArgument("value", value, type=type(value).__name__)


@lru_cache(_REMEMBERED)
def field_name(name: object) -> str:
    """The name of a field, if every database can take it as it is."""
    if not isinstance(name, str):
        raise InvalidArgument("field", name, reason="not a string")
    if _UNESCAPED.search(name):
        raise InvalidArgument("field", name, reason="not escaped")
    return _text(name)


def identified(document: Mapping[str, Any]) -> dict[str, Any]:
    """A private copy of a document whose id is a string."""
    copy: dict[str, Any] = accepted(document)
    if type(copy.get("_id")) is not str:
        raise InvalidArgument("_id", copy.get("_id"), reason="not a string")
    return copy


def _text(value: str) -> str:
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise InvalidArgument("text", value, reason="half a surrogate pair") from error
    return str.__str__(value)


def _integer(value: int) -> int:
    # Exactly of this type first: a range looks for any other in each of its numbers.
    plain = int(value)
    if plain not in INT64:
        raise InvalidArgument("integer", value)
    return plain


def _number(value: float) -> float:
    if not isfinite(value):
        raise InvalidArgument("float", value)
    return float(value)


def _mapping(value: Mapping[object, object]) -> dict[str, Any]:
    # As ``accepted`` does: there are so many fields that a call each counts.
    return {
        field_name(name): (_COPIES.get(type(item)) or _copy_of_kind(item))(item)
        for name, item in value.items()
    }


def _sequence(value: Iterable[object]) -> list[Any]:
    return [accepted(item) for item in value]


def _as_it_is(value: T) -> T:
    return value


# In this order: a boolean is an integer, too.
_KINDS: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (type(None), _as_it_is),
    (bool, _as_it_is),
    (bytes, _as_it_is),
    (str, _text),
    (int, _integer),
    (float, _number),
    (Mapping, _mapping),
    (list, _sequence),
    (tuple, _sequence),
)
# By exact type, which nearly every value has, it takes no search.
_COPIES: Mapping[type, Callable[[Any], Any]] = {**dict(_KINDS), dict: _mapping}


def copied(value: Any) -> Any:
    """A copy of a stored value that its reader may change."""
    kind = type(value)
    if kind is dict:
        return {name: copied(item) for name, item in value.items()}
    if kind is list:
        return [copied(item) for item in value]
    return value


def bracket(value: object) -> Bracket | None:
    """The bracket of a stored value; None for what is no value, such as a missing field."""
    return _BRACKETS.get(type(value))


def rank(value: Any) -> tuple[Any, ...]:
    """Where a stored value stands among all others; equal ranks are equal values."""
    kind = _BRACKETS[type(value)]
    if type(value) in _SCALARS:
        return (kind, value)
    match kind:
        case Bracket.NULL:
            return (kind,)
        case Bracket.OBJECT:
            ranks = ((name, rank(item)) for name, item in value.items())
            return (kind, tuple((item[0], name, item) for name, item in ranks))
        case Bracket.ARRAY:
            return (kind, tuple(rank(item) for item in value))
        case _:
            return (kind, len(value), value)
