"""Indexes of the elements of arrays: tables beside a table, which triggers keep.

A row says that a document has an element with these values. It is looked at for where to look: what
it finds is compared all the same, so that a value of another type may stand for what it looks like.
Documents are named by their ids, as places change where somebody vacuums.
"""

import sqlite3
from collections.abc import Sequence

from mlflow_docstore.adapters.document.driver import Aid
from mlflow_docstore.adapters.document.layout import Index
from mlflow_docstore.core.query import path

from .clauses import Clause, Source, identifier, json_path

_ELEMENT = Source("e.value")


def elements_name(table: str, name: str) -> str:
    """What the table of an index is called: no collection is, nor a declared index."""
    return f"{table}:{name}"


def make_elements(native: sqlite3.Connection, table: str, aid: Aid) -> None:
    """Make the table of an index, and what keeps it, unless it is there; within a transaction."""
    name = elements_name(table, aid.index.name)
    if native.execute("SELECT 1 FROM sqlite_schema WHERE name = ?", (name,)).fetchone():
        return
    columns = ", ".join(_column(key) for key, _ in aid.index.keys)
    native.execute(
        f"CREATE TABLE {identifier(name)} ({columns}, id TEXT NOT NULL,"
        f" PRIMARY KEY ({columns}, id)) WITHOUT ROWID"
    )
    native.execute(
        f"INSERT INTO {identifier(name)} SELECT DISTINCT {_rows('t', aid)}"
        f" FROM {identifier(table)} AS t, {_elements('t', aid)}"
    )
    for trigger in _triggers(table, name, aid):
        native.execute(trigger)


def drop_elements(native: sqlite3.Connection, table: str, name: str) -> None:
    """Remove the table of an index, and what keeps it; within a transaction."""
    made = elements_name(table, name)
    for event in _EVENTS:
        native.execute(f"DROP TRIGGER IF EXISTS {identifier(f'{made}:{event}')}")
    native.execute(f"DROP TABLE IF EXISTS {identifier(made)}")


def elements_of(native: sqlite3.Connection, table: str) -> list[Index]:
    """The indexes of elements that a table has."""
    found = native.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table'"
        " AND substr(name, 1, length(?1)) = ?1 ORDER BY name",
        (f"{table}:",),
    )
    return [
        Index(name.removeprefix(f"{table}:"), _keys(native, name)) for (name,) in found.fetchall()
    ]


def ids_with(table: str, index: Index, values: Sequence[Sequence[object]]) -> Clause:
    """The statement of the ids of documents with an element that has one of these as its first key,
    one of those as its second, ..."""
    tests = [
        f"{_column(key)} IN ({', '.join('?' * len(these))})"
        for (key, _), these in zip(index.keys, values, strict=False)
    ]
    text = f"SELECT id FROM {identifier(elements_name(table, index.name))}"
    parameters = tuple(value for these in values for value in these)
    return Clause(f"{text} WHERE {' AND '.join(tests)}", parameters)


_EVENTS = ("insert", "update", "delete")


def _triggers(table: str, name: str, aid: Aid) -> list[str]:
    insert = f"INSERT OR IGNORE INTO {identifier(name)} SELECT {_rows('new', aid)}"
    insert = f"{insert} FROM {_elements('new', aid)};"
    keys = ", ".join(_column(key) for key, _ in aid.index.keys)
    delete = (
        f"DELETE FROM {identifier(name)} WHERE ({keys}, id) IN"
        f" (SELECT {_rows('old', aid)} FROM {_elements('old', aid)});"
    )
    array = json_path(aid.array or "")
    changed = f"WHEN old.doc -> {array} IS NOT new.doc -> {array}"
    bodies = (
        f"AFTER INSERT ON {identifier(table)} BEGIN {insert} END",
        f"AFTER UPDATE OF doc ON {identifier(table)} {changed} BEGIN {delete} {insert} END",
        f"AFTER DELETE ON {identifier(table)} BEGIN {delete} END",
    )
    return [
        f"CREATE TRIGGER {identifier(f'{name}:{event}')} {body}"
        for event, body in zip(_EVENTS, bodies, strict=True)
    ]


def _elements(row: str, aid: Aid) -> str:
    """The elements of a row's array that have the first key."""
    first = _ELEMENT.value(path(_within(aid, aid.index.keys[0][0])))
    array = json_path(aid.array or "")
    return f"json_each({row}.doc, {array}) AS e WHERE e.type = 'object' AND {first} IS NOT NULL"


def _rows(row: str, aid: Aid) -> str:
    values = [_ELEMENT.value(path(_within(aid, key))) for key, _ in aid.index.keys]
    return ", ".join([*(f"coalesce({value}, '')" for value in values), f"{row}.id"])


def _within(aid: Aid, key: str) -> str:
    return key.removeprefix(f"{aid.array}.")


def _keys(native: sqlite3.Connection, name: str) -> tuple[tuple[str, int], ...]:
    columns = native.execute("SELECT name FROM pragma_table_xinfo(?)", (name,)).fetchall()
    return tuple((column, 1) for (column,) in columns if column != "id")


def _column(key: str) -> str:
    # A path leads to what an element has, so that there is a point in it.
    return identifier(key)
