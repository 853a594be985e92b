"""What a container indexes: what the layout filters and sorts by, by name, and nothing else.

A path that is included by name keeps rows that lack it in an order. Packed columns and large texts
are under no index, nor are users' metrics, params and tags: filters on these look at each item of
those that the other conditions leave.

The service's indexes have no names. That of a declared one, with its keys, is kept in the policy
itself, as a path that is excluded and that no item has: it changes with what it names, at once.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mlflow_docstore.adapters.document.layout import Collection, Index

from .values import stored_path

_ARRAYS = frozenset({"events", "runs"})
"""Fields of the layout that are arrays of sub-documents."""

_COMPOSITE_PATHS = 8
"""The most that the service takes."""

_DECLARED = '/"#index"/'
_DECODER = json.JSONDecoder()


def policy_of(collection: Collection) -> dict[str, Any]:
    """The indexing policy of a collection."""
    paths = dict.fromkeys(("_id", collection.partition))
    paths |= dict.fromkeys(path for index in collection.indexes for path, _ in index.keys)
    paths |= dict.fromkeys(path for one in collection.measures for path in one.paths)
    return {
        "indexingMode": "consistent",
        "automatic": True,
        "includedPaths": [{"path": _scalar(path)} for path in paths],
        "excludedPaths": [{"path": "/*"}, *map(_declaration, collection.indexes)],
        "compositeIndexes": [_composite(one) for one in collection.indexes if len(one.keys) > 1],
    }


def completed(policy: Mapping[str, Any], collection: Collection) -> dict[str, Any] | None:
    """The policy with what a collection declares and it lacks; None where it lacks nothing."""
    there = {one.name: one for one in indexes_in(policy)}
    wanted = there | {one.name: one for one in collection.indexes}
    if wanted == there:
        return None
    return policy_of(replace(collection, indexes=tuple(wanted.values())))


def indexes_in(policy: Mapping[str, Any]) -> list[Index]:
    """The declared indexes of a policy."""
    paths = [one["path"] for one in policy.get("excludedPaths", ())]
    return [_declared(path) for path in paths if path.startswith(_DECLARED)]


def _declaration(index: Index) -> dict[str, str]:
    keys = ",".join(f"{'-' if way < 0 else '+'}{path}" for path, way in index.keys)
    return {"path": f"{_DECLARED}{json.dumps(index.name)}/{json.dumps(keys)}/?"}


def _declared(path: str) -> Index:
    name, end = _DECODER.raw_decode(path, len(_DECLARED))
    keys, _ = _DECODER.raw_decode(path, end + 1)
    pairs = ((key[1:], -1 if key[0] == "-" else 1) for key in keys.split(","))
    return Index(name, tuple(pairs))


def composite_keys(index: Index) -> tuple[tuple[str, int], ...]:
    """The paths and directions of the composite index of one of several fields.

    It ends with the id, by which orders end: one serves no order but of all that it has.
    """
    if "_id" in dict(index.keys) or len(index.keys) == _COMPOSITE_PATHS:
        return index.keys
    return (*index.keys, ("_id", 1))


def _composite(index: Index) -> list[dict[str, str]]:
    return [
        {"path": _place(path), "order": "ascending" if way > 0 else "descending"}
        for path, way in composite_keys(index)
    ]


def _scalar(path: str) -> str:
    return f"{_place(path)}/?"


def _place(path: str) -> str:
    first, *rest = stored_path(path)
    within = ["[]"] if rest and first in _ARRAYS else []
    return "".join(f"/{part}" for part in (_named(first), *within, *map(_named, rest)))


def _named(name: str) -> str:
    return name if name.replace("_", "a").isalnum() and name.isascii() else json.dumps(name)
