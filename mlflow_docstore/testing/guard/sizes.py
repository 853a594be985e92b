"""How large what a command brings is, by the names of the limits that bound it."""

from collections.abc import Iterator, Mapping
from typing import Any

import bson

from .collections import Known, changes
from .protocol import STATEMENTS, Command, Document
from .usage.found import Found, is_condition, items, members, nested

Size = tuple[str, int]

# The least that a level takes: type, name, length and end of a document.
_LEVEL_BYTES = 8
_WORTH_A_LOOK = 100 * _LEVEL_BYTES
"""A smaller document is neither deep nor has large keys: no limit of those is below it."""


def sizes_of(command: Command, found: Found, known: Known) -> Iterator[Size]:
    """What may be too large for one database or another."""
    yield "database_name", len(command.database)
    if command.collection:
        yield "collection_name", len(command.collection)
        yield "namespace", len(command.database) + 1 + len(command.collection.encode())
    if command.name in STATEMENTS:
        yield "statements", len(command.sizes(STATEMENTS[command.name]))
    if command.name == "insert":
        yield from _inserted(command, known)
    elif command.name in {"update", "findAndModify"}:
        yield from _updated(command, known)
    elif command.name == "createIndexes":
        yield from _indexes(command, known)
    elif command.name == "aggregate":
        yield "pipeline_stages", len(members(command.body.get("pipeline")))
    if command.name == "findAndModify":
        yield "findAndModify.sort_fields", max(map(len, found.sorts), default=0)


def _inserted(command: Command, known: Known) -> Iterator[Size]:
    sizes = command.sizes("documents")
    yield "document_bytes", max(sizes, default=0)
    if max(sizes, default=0) >= _WORTH_A_LOOK:
        for document, size in zip(command.statements("documents"), sizes, strict=True):
            if size >= _WORTH_A_LOOK:
                yield from _stored(document, known)


def _stored(document: Document, known: Known) -> Iterator[Size]:
    yield "depth", _depth(document)
    key = _bytes(document.get("_id"))
    yield "id_bytes", key
    yield "key_bytes", key
    for keys in known.indexes.values():
        values = [list(_values(document, path.split("."))) for path, _ in keys]
        yield "key_bytes", sum(max(map(_bytes, found), default=0) for found in values)


def _updated(command: Command, known: Known) -> Iterator[Size]:
    """What a change brings is a part of the document that it leaves."""
    for _, change, _ in changes(command):
        size = len(bson.encode({"": change}))
        if isinstance(change, dict) and size >= _WORTH_A_LOOK:
            replaces = not is_condition(change)
            yield "document_bytes", size if replaces else _brought(change)
            stored = dict(change) if replaces else _unfolded(change.get("$set"))
            yield from _stored(stored, known)


def _brought(change: Mapping[str, Any]) -> int:
    paths = (dict(items(change.get(name))) for name in ("$set", "$push", "$addToSet"))
    return sum(len(bson.encode(one)) for one in paths)


def _unfolded(paths: Any) -> Document:
    """A document with the values at these paths; of two that conflict, the later one."""
    made: Document = {}
    for path, value in items(paths):
        *parents, last = path.split(".")
        at = made
        for parent in parents:
            inner = at.get(parent)
            # Not a document of the command's own, which others read as well.
            at[parent] = dict(inner) if isinstance(inner, dict) else {}
            at = at[parent]
        at[last] = value
    return made


def _indexes(command: Command, known: Known) -> Iterator[Size]:
    made = command.statements("indexes")
    names = {"_id_", *known.indexes, *(index.get("name") for index in made)}
    yield "indexes", len(names)
    yield "index_fields", max((len(items(index.get("key"))) for index in made), default=0)


def _depth(value: Any) -> int:
    return 1 + max(map(_depth, nested(value)), default=0)


def _values(value: Any, path: list[str]) -> Iterator[Any]:
    """The values that an index has for a path: one for each element of an array."""
    if isinstance(value, list):
        for one in value:
            yield from _values(one, path)
    elif not path:
        yield value
    elif isinstance(value, dict) and path[0] in value:
        yield from _values(value[path[0]], path[1:])


def _bytes(value: Any) -> int:
    if isinstance(value, str):
        return len(value.encode())
    return len(bson.encode({"": value})) if isinstance(value, dict | bytes) else _LEVEL_BYTES
