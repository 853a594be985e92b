"""What tables and indexes are called, and how they are made."""

import re
import sqlite3

from mlflow_docstore.adapters.document.layout import LAYOUT, Index
from mlflow_docstore.adapters.document.rules.paths import segments
from mlflow_docstore.core.query import path

from .clauses import DOCUMENT, identifier

BUILTIN = frozenset(index.name for made in LAYOUT.collections for index in made.indexes)
"""The names of the layout's indexes."""

ROWS = 1_000_000
"""How many the planner is told that a table has."""

_UPPER = re.compile("[A-Z]")
_ESCAPED = re.compile(r"\+([a-z])")
_KEY = re.compile(r"(?:(\"?id\"?)|json_extract\(doc, '((?:[^']|'')*)'\))( DESC)?(?:, |$)")


def table_name(prefix: str, collection: str) -> str:
    """The table of a collection. SQLite ignores the case of names, prefixes do not."""
    return _UPPER.sub(lambda found: f"+{found.group().lower()}", f"{prefix}.{collection}")


def create_table(table: str) -> str:
    """The statement that makes a table where it is missing."""
    return (
        f"CREATE TABLE IF NOT EXISTS {identifier(table)}"
        " (id TEXT PRIMARY KEY NOT NULL, doc TEXT NOT NULL, data BLOB)"
    )


def insert_into(table: str) -> str:
    """The statement that stores a row unless its id is taken, in a table by its quoted name."""
    return f"INSERT INTO {table} VALUES (?, ?, ?) ON CONFLICT DO NOTHING"


def put_into(table: str) -> str:
    """The statement that stores a row whether or not its id is taken."""
    return (
        f"INSERT INTO {table} VALUES (?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET doc = excluded.doc, data = excluded.data"
    )


def index_name(table: str, name: str) -> str:
    """What an index is called: names of indexes are those of a database, not of a table."""
    return f"{table}.{name}"


def create_index(table: str, index: Index) -> str:
    """The statement that makes an index where it is missing."""
    keys = ", ".join(
        DOCUMENT.value(path(key)) + (" DESC" if direction < 0 else "")
        for key, direction in index.keys
    )
    name = identifier(index_name(table, index.name))
    return f"CREATE INDEX IF NOT EXISTS {name} ON {identifier(table)} ({keys})"


def assume(native: sqlite3.Connection, table: str, name: str, keys: int, total: int = ROWS) -> None:
    """Tell the planner what to expect of an index; within a transaction.

    Knowing nothing it takes all for equally good, and walks a whole order rather than look up a few
    rows and sort them. So each key is said to narrow a large table to a tenth.
    """
    rows = [max(1, total // 10**number) for number in range(keys + 1)]
    statement = "INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)"
    native.execute(statement, (table, name, " ".join(map(str, rows))))
    # Loads what was assumed; the connections of others see that the schema has changed.
    native.execute("ANALYZE sqlite_schema")


def make_index(native: sqlite3.Connection, table: str, index: Index) -> None:
    """Make an index unless it is there; within a transaction."""
    name = index_name(table, index.name)
    if not native.execute("SELECT 1 FROM sqlite_schema WHERE name = ?", (name,)).fetchone():
        native.execute(create_index(table, index))
        assume(native, table, name, len(index.keys))


def index_of(table: str, name: str, statement: str) -> Index:
    """The index that a statement of ours has made."""
    keys = statement[statement.index(f"{identifier(table)} (") + len(identifier(table)) + 2 : -1]
    return Index(
        name.removeprefix(f"{table}."),
        tuple(
            (_field(found.group(2)), -1 if found.group(3) else 1) for found in _KEY.finditer(keys)
        ),
    )


def _field(json_path: str | None) -> str:
    if json_path is None:
        return "_id"
    names = json_path.replace("''", "'").removeprefix('$."').removesuffix('"').split('"."')
    return ".".join(segments(".".join(names)))
