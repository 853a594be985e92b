"""Partial updates of one item.

See https://learn.microsoft.com/azure/cosmos-db/partial-document-update.
"""

import copy
from collections.abc import Callable, Iterable
from typing import Any

from .kinds import kind
from .limits import PATCH_OPERATIONS
from .refusals import bad

_SYSTEM = frozenset({"id", "_rid", "_self", "_etag", "_ts", "_attachments"})


def patched(
    document: dict[str, Any], operations: list[dict[str, Any]], fixed: Iterable[str]
) -> dict[str, Any]:
    """A new document; ``fixed`` are fields of the partition key, which do not change."""
    if not 1 <= len(operations) <= PATCH_OPERATIONS:
        raise bad(f"A patch has 1 to {PATCH_OPERATIONS} operations, this one {len(operations)}.")
    made = copy.deepcopy(document)
    for operation in operations:
        names = _names(operation.get("path", ""))
        if names[0] in _SYSTEM | set(fixed):
            raise bad(f"The patch changes {names[0]}, which cannot be changed.")
        work = _WORKS.get(operation.get("op", ""))
        if work is None:
            raise bad(f"There is no operation {operation.get('op')}.")
        work(made, names, operation)
    return made


def _names(path: str) -> list[str]:
    if not path.startswith("/") or len(path) < 2:
        raise bad(f"The path {path} does not begin with a slash.")
    return [one.replace("~1", "/").replace("~0", "~") for one in path[1:].split("/")]


def _parent(document: dict[str, Any], names: list[str]) -> Any:
    """What holds the last name. Parents are not made."""
    found: Any = document
    for name in names[:-1]:
        found = _get(found, name)
    if not isinstance(found, (dict, list)):
        raise bad(f"The parent of {names[-1]} is neither an object nor an array.")
    return found


def _get(parent: Any, name: str) -> Any:
    if isinstance(parent, dict) and name in parent:
        return parent[name]
    if isinstance(parent, list) and name.isdecimal() and int(name) < len(parent):
        return parent[int(name)]
    raise bad(f"The path has no {name}.")


def _place(parent: list[Any], name: str) -> int:
    if name == "-":
        return len(parent)
    if not name.isdecimal() or int(name) > len(parent):
        raise bad(f"The array has no place {name}.")
    return int(name)


def _add(document: dict[str, Any], names: list[str], operation: dict[str, Any]) -> None:
    parent = _parent(document, names)
    if isinstance(parent, list):
        parent.insert(_place(parent, names[-1]), operation["value"])
    else:
        parent[names[-1]] = operation["value"]


def _set(document: dict[str, Any], names: list[str], operation: dict[str, Any]) -> None:
    parent = _parent(document, names)
    if not isinstance(parent, list):
        parent[names[-1]] = operation["value"]
    elif (place := _place(parent, names[-1])) < len(parent):
        parent[place] = operation["value"]
    else:
        parent.append(operation["value"])


def _replace(document: dict[str, Any], names: list[str], operation: dict[str, Any]) -> None:
    parent = _parent(document, names)
    _get(parent, names[-1])
    parent[int(names[-1]) if isinstance(parent, list) else names[-1]] = operation["value"]


def _remove(document: dict[str, Any], names: list[str], _: dict[str, Any]) -> None:
    parent = _parent(document, names)
    _get(parent, names[-1])
    del parent[int(names[-1]) if isinstance(parent, list) else names[-1]]


def _increment(document: dict[str, Any], names: list[str], operation: dict[str, Any]) -> None:
    parent, by = _parent(document, names), operation["value"]
    there = isinstance(parent, list) or names[-1] in parent
    before = _get(parent, names[-1]) if there else 0
    if kind(before) != "number" or kind(by) != "number":
        raise bad("An increment is of a number, by a number.")
    parent[int(names[-1]) if isinstance(parent, list) else names[-1]] = before + by


def _move(document: dict[str, Any], names: list[str], operation: dict[str, Any]) -> None:
    source = _names(operation.get("from", ""))
    value = _get(_parent(document, source), source[-1])
    _remove(document, source, operation)
    _set(document, names, {"value": value})


_WORKS: dict[str, Callable[[dict[str, Any], list[str], dict[str, Any]], None]] = {
    "add": _add,
    "set": _set,
    "replace": _replace,
    "remove": _remove,
    "incr": _increment,
    "move": _move,
}
