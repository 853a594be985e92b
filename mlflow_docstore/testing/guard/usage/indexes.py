"""Indexes that a command makes."""

from collections.abc import Mapping
from typing import Any

from .found import Found, is_operator, items, members

_PLAIN = frozenset({"key", "name", "v", "ns", "background"})


def walk_index(index: Mapping[str, Any], found: Found) -> None:
    """Note the kind and the options of an index."""
    keys = items(index.get("key"))
    for path, way in keys:
        if path == "$**" or path.endswith(".$**"):
            found.add("index", "wildcard")
        elif isinstance(way, str):
            found.add("index", way)
    found.add("index", *(("compound",) if len(keys) > 1 else ()))
    for option, value in index.items():
        if option not in _PLAIN and value is not False:
            found.add("index", option)
    _partial(index.get("partialFilterExpression"), found)


def _partial(condition: Any, found: Found) -> None:
    for name, inner in items(condition):
        found.add("partial filter", *((name,) if is_operator(name) else ()))
        _partial(inner, found)
    for one in members(condition):
        _partial(one, found)
