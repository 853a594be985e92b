"""Commands as a whole: what each part of them is."""

from collections.abc import Callable, Mapping
from typing import Any

from mlflow_docstore.testing.guard.protocol import Command, Document

from .expressions import walk_expression
from .found import Found, is_operator, items, keys_of, members
from .indexes import walk_index
from .pipelines import walk_pipeline
from .queries import walk_query
from .updates import walk_update

# What every command may carry, and what says only for whom and how long it is done.
_ENVELOPE = frozenset(
    {
        *("$db", "lsid", "txnNumber", "autocommit", "startTransaction", "readConcern"),
        *("writeConcern", "$clusterTime", "$readPreference", "comment", "maxTimeMS", "ordered"),
        *("cursor", "batchSize", "limit", "skip", "singleBatch", "upsert", "multi", "new"),
        *("remove", "bypassDocumentValidation", "nameOnly", "authorizedCollections"),
    }
)

Part = Callable[[Any, Found], None]


def found_in(command: Command) -> Found:
    """All that a command uses."""
    found = Found()
    found.add("command", command.name)
    _session(command.name, command.body, found)
    _parts(command.name, command.body, found)
    for name in _STATEMENTS.get(command.name, ()):
        for statement in command.statements(name):
            _statement(command.name, statement, found)
    return found


def _parts(command: str, body: Mapping[str, Any], found: Found) -> None:
    parts = _PARTS.get(command, {})
    for name, value in body.items():
        part = parts.get(name)
        if part is not None:
            part(value, found)
        elif name != command and name not in _ENVELOPE and value is not False:
            found.add("option", f"{command}.{name}")


def _statement(command: str, statement: Document, found: Found) -> None:
    if command == "createIndexes":
        walk_index(statement, found)
    else:
        _parts(command, statement, found)


def _session(command: str, body: Mapping[str, Any], found: Found) -> None:
    transaction = body.get("autocommit") is False
    found.add("transaction", *((command,) if transaction else ()))
    found.add(
        "session",
        *(("lsid",) if "lsid" in body else ()),
        *(("txnNumber",) if "txnNumber" in body and not transaction else ()),
        *(("startTransaction",) if transaction else ()),
        *(f"readConcern.{name}" for name in _read_concern(body)),
        *(("writeConcern.w0",) if ("w", 0) in items(body.get("writeConcern")) else ()),
    )


def _read_concern(body: Mapping[str, Any]) -> list[str]:
    concern = items(body.get("readConcern"))
    return [str(value) if name == "level" else name for name, value in concern]


def _sort(value: Any, found: Found) -> None:
    found.sorts.append(keys_of(value))
    for path, way in items(value):
        found.form("sort.natural-backwards", seen=path == "$natural" and way == -1)
        found.add("projection", *(name for name, _ in items(way) if is_operator(name)))


def _projection(value: Any, found: Found) -> None:
    for path, chosen in items(value):
        found.form("projection.$", seen=path.endswith(".$"))
        if not isinstance(chosen, dict):
            walk_expression(chosen, found)
            continue
        for name, inner in chosen.items():
            if name in {"$elemMatch", "$slice", "$meta"}:
                found.add("projection", name)
                walk_query(inner, found, 1)
            else:
                walk_expression({name: inner}, found)


def _array_filters(value: Any, found: Found) -> None:
    for one in members(value):
        walk_query(one, found)


def _ignored(value: Any, found: Found) -> None:
    """Told elsewhere."""


_STATEMENTS: Mapping[str, tuple[str, ...]] = {
    "update": ("updates",),
    "delete": ("deletes",),
    "createIndexes": ("indexes",),
}

_PARTS: Mapping[str, Mapping[str, Part]] = {
    "find": {"filter": walk_query, "projection": _projection, "sort": _sort},
    "aggregate": {"pipeline": walk_pipeline},
    "count": {"query": walk_query},
    "distinct": {"query": walk_query, "key": _ignored},
    "insert": {"documents": _ignored},
    "update": {
        "updates": _ignored,
        "q": walk_query,
        "u": walk_update,
        "arrayFilters": _array_filters,
    },
    "delete": {"deletes": _ignored, "q": walk_query},
    "findAndModify": {
        "query": walk_query,
        "update": walk_update,
        "sort": _sort,
        "fields": _projection,
        "arrayFilters": _array_filters,
    },
    "createIndexes": {"indexes": _ignored, "commitQuorum": _ignored},
    "dropIndexes": {"index": _ignored},
    "listIndexes": {},
    "listCollections": {"filter": walk_query},
    "getMore": {"collection": _ignored},
    "explain": {},
}
