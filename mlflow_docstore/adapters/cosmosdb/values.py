"""Documents as items, and back: what JSON's numbers and the service's own names cannot hold.

The service keeps every number as a double, and forgets whether a whole one was a float. Beside such
a number, in the field of its name and a hash sign, stands what is missing: of an integer beyond 53
bits how much it is greater than its double, a number as well, so that filters compare the two one
after the other and are exact; of a whole float its text. Neither is looked at once the number it
belongs to has been replaced: a text must name that number, and whatever large integer replaces it
brings its own. In an array, where no filter looks at numbers, one is wrapped in an object instead.
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any, TypeGuard

from mlflow_docstore.adapters.document.driver import Document
from mlflow_docstore.adapters.document.rules.values import identified

from .keys import ID, item_id

MARK = "#"
"""Behind a field's name: what its number lacks. Alone: the one field of a wrapped value."""

EXACT = 2**53
"""Integers below this, and above its negative, are doubles."""

SYSTEM = frozenset({ID, "_rid", "_self", "_etag", "_attachments", "_ts", "_lsn", "ttl"})
"""Top-level names that mean something to the service."""

Item = dict[str, Any]


def encode(document: Mapping[str, Any]) -> Item:
    """The item of a document; refuses values that not every database can hold."""
    copy = identified(document)
    fields = {
        f"{MARK}{name}" if name.rstrip(MARK) in SYSTEM else name: value
        for name, value in _fields(copy).items()
    }
    return {ID: item_id(copy["_id"]), **fields}


def decode(item: Mapping[str, Any]) -> Document:
    """The document of an item, or of a part of one."""
    return _read_fields(
        {
            name[1:] if _is_shown(name) else name: value
            for name, value in item.items()
            if name not in SYSTEM
        }
    )


def top_name(name: str) -> str:
    """What a field of a document itself is called in its item."""
    return f"{MARK}{name}" if name in SYSTEM else stored_name(name)


def stored_name(name: str) -> str:
    """What a field of a sub-document is called: a hash sign that is no mark is doubled."""
    return name.replace(MARK, MARK * 2)


def stored_path(path: str) -> tuple[str, ...]:
    """The names that a dotted path of a document goes through in its item."""
    first, *rest = path.split(".")
    return (top_name(first), *map(stored_name, rest))


def marked(value: object) -> tuple[Any, Any]:
    """A value as it is stored in a field, and what stands beside it; None for nothing."""
    if type(value) is float and value.is_integer():
        return value, repr(value)
    if type(value) is int and not -EXACT < value < EXACT:
        return nearest(value)
    return _stored(value), None


def is_large(value: object) -> TypeGuard[float]:
    """Whether it is a number beyond those that are doubles, all of them."""
    return type(value) in {int, float} and not -EXACT < value < EXACT  # type: ignore[operator]


def nearest(value: float) -> tuple[float, int]:
    """The double that stands for a number, and how much greater the number is."""
    double = float(value)
    return double, 0 if isinstance(value, float) else value - int(double)


def element(value: object) -> Any:
    """A value as it is stored in an array."""
    _, mark = marked(value)
    return _stored(value) if mark is None else {MARK: f"n{value!r}"}


def _stored(value: object) -> Any:
    match value:
        case dict():
            return _fields(value)
        case list():
            return [element(item) for item in value]
        case bytes():
            return {MARK: f"b{b64encode(value).decode()}"}
        case _:
            return value


def _fields(document: Mapping[str, Any]) -> Item:
    stored: Item = {}
    for name, value in document.items():
        kept = stored_name(name)
        stored[kept], mark = marked(value)
        if mark is not None:
            stored[f"{kept}{MARK}"] = mark
    return stored


def _read(value: Any) -> Any:
    match value:
        case dict():
            wrapped = value.get(MARK)
            return _read_fields(value) if wrapped is None else _unwrapped(wrapped)
        case list():
            return [_read(item) for item in value]
        case _:
            return value


def _unwrapped(text: str) -> Any:
    if text[0] == "b":
        return b64decode(text[1:])
    return _number(text[1:])


def _read_fields(item: Mapping[str, Any]) -> Document:
    document: Document = {}
    for name, value in item.items():
        if MARK not in name:
            document[name] = _read_field(value, item.get(f"{name}{MARK}"))
        elif not _odd(name):
            mark = item.get(f"{name}{MARK}")
            document[name.replace(MARK * 2, MARK)] = _read_field(value, mark)
    return document


def _is_shown(name: str) -> bool:
    """Whether a name is one of the service's, with a mark before it."""
    return name[:1] == MARK and name[1:].rstrip(MARK) in SYSTEM


def _odd(name: str) -> bool:
    """Whether a name ends in a mark: names themselves have none but pairs."""
    return (len(name) - len(name.rstrip(MARK))) % 2 == 1


def _read_field(value: Any, mark: Any) -> Any:
    if mark is None or type(value) not in {int, float}:
        return _read(value)
    if type(mark) is str:
        return float(mark) if float(mark) == value else value
    return int(value) if abs(value) < EXACT else int(value) + int(mark)


def _number(text: str) -> float:
    return int(text) if text.lstrip("-").isdigit() else float(text)
