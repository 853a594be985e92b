"""Bare sqlite3: the fewest statements that could do each call, at the durability of ours.

A table a collection, of ids, JSON, and packed points as they are; the indexes of ours, on
expressions; the write-ahead log, and a commit that waits for the disk. What belongs together is one
transaction, whatever the number of documents. A run is changed only if it is active, and a param
only if it is not yet written.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from mlflow.entities import Metric, Param, RunTag

from benchmarks.searches import OPTIONAL, Search
from benchmarks.subjects import BARE, Place, Source, Subject, Token
from mlflow_docstore.adapters.document.layout import LAYOUT, Index

from . import documents
from .documents import LIVE, SEVERAL, Document

Sort = Sequence[tuple[str, int]]

_PATIENCE = 60
_PACKED = {"steps", "columns"}
_PLACE = "$bytes"
_PRAGMAS = ("journal_mode = WAL", "synchronous = FULL")


@dataclass(frozen=True, slots=True)
class SqliteSource(Source):
    """A database by its file."""

    path: str
    name: str = BARE

    def open(self) -> "SqliteSubject":
        connection = sqlite3.connect(self.path, _PATIENCE, isolation_level=None)
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        return SqliteSubject(connection)


class SqliteSubject(Subject, Place):
    """The bare driver.

    Args:
        connection: To a database that ours does not use; without transactions of its own.
    """

    name = BARE
    foresees = True

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def prepare(self) -> None:
        """Make the collections and the indexes that ours has; wait for no disk from here on."""
        self.connection.execute("PRAGMA synchronous = OFF")
        for collection in LAYOUT.collections:
            self.connection.execute(
                f"CREATE TABLE {collection.name}"
                " (id TEXT PRIMARY KEY, document TEXT NOT NULL, packed BLOB)"
            )
            for index in collection.indexes:
                self.create_index(collection.name, index)

    def insert_many(self, collection: str, documents: Sequence[Document]) -> object:
        with self.transaction():
            return self.insert(collection, documents)

    def create_index(self, collection: str, index: Index) -> None:
        keys = ", ".join(f"{at(path)} {'DESC' if way < 0 else 'ASC'}" for path, way in index.keys)
        self.connection.execute(f"CREATE INDEX {collection}_{index.name} ON {collection} ({keys})")

    def first(self, collection: str, field: str, value: str) -> Document | None:
        where = f"WHERE {at(field)} = ? LIMIT 1"
        return next(
            self._unpacked(f"SELECT document, packed FROM {collection} {where}", [value]), None
        )

    def close(self) -> None:
        """Let go of the file, on which everything is then."""
        self.connection.execute("PRAGMA synchronous = FULL")
        self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of the block, or nothing."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    def read(self, statement: str, values: Sequence[object]) -> list[list[Any]]:
        """Rows of JSON that a statement returns."""
        rows = self.connection.execute(statement, values)
        return [[json.loads(text) for text in row] for row in rows]

    def get(self, collection: str, key: str) -> Document:
        """The document with an id."""
        ((found,),) = self.read(f"SELECT document FROM {collection} WHERE id = ?", (key,))
        return cast("Document", found)

    def write(self, statement: str, values: Sequence[object]) -> None:
        """Change one document, or complain."""
        if self.connection.execute(statement, values).rowcount != 1:
            raise LookupError(values)

    def create_experiment(self, name: str) -> str:
        claim, owner = documents.experiment(name)
        self.insert_pair("experiments", claim, owner)
        return str(owner["_id"])

    def create_run(self, experiment_id: str) -> str:
        experiment = self.get("experiments", experiment_id)
        _require_live(experiment)
        run = documents.run(experiment)
        self.insert("runs", [run])
        return str(run["_id"])

    def log_param(self, run_id: str, param: Param) -> None:
        value = at(f"params.{param.key}")
        self._set(run_id, f"params.{param.key}", param.value, f"coalesce({value} = ?, TRUE)")

    def set_tag(self, run_id: str, tag: RunTag) -> None:
        self._set(run_id, f"tags.{tag.key}", tag.value)

    def log_metric(self, run_id: str, metric: Metric) -> None:
        self.log_batch(run_id, [metric])

    def log_batch(
        self, run_id: str, metrics: Sequence[Metric] = (), params: Sequence[Param] = ()
    ) -> None:
        by_key = documents.by_key(metrics)
        latest = {key: documents.latest(these) for key, these in by_key.items()}
        chunks = [documents.chunk(run_id, by_key)] if by_key else []
        with self.transaction():
            run = self.get("runs", run_id)
            _require_live(run)
            for param in params:
                if run["params"].setdefault(param.key, param.value) != param.value:
                    raise LookupError(param.key)
            for key, point in latest.items():
                if key not in run["metrics"] or run["metrics"][key]["o"] < point["o"]:
                    run["metrics"][key] = point
            if chunks:
                run["chunked"] = True
            self.replace("runs", run)
            self.insert("metrics", chunks)

    def get_run(self, run_id: str) -> object:
        return self.get("runs", run_id)

    def history(self, run_id: str, key: str) -> int:
        found = list(self._unpacked(_HISTORY, [run_id, LIVE["workspace"], key, SEVERAL]))
        return sum(documents.points_in(chunk, key) for chunk in found)

    def search(
        self, experiment_id: str, search: Search, size: int, token: Token = None
    ) -> tuple[int, Token]:
        where = {"experiment_id": experiment_id, **LIVE}
        more = [(f"{at(path)} {operator} ?", [value]) for path, operator, value in search.where]
        return self.page("runs", where, search.sort, size, token, more)

    def page(
        self,
        collection: str,
        where: Document,
        sort: Sort,
        size: int,
        token: Token = None,
        more: Sequence[tuple[str, Sequence[object]]] = (),
        columns: str = "document",
    ) -> tuple[int, Token]:
        """Read a page; how many documents it has, and where the next one starts.

        Args:
            collection: Where.
            where: Fields and their values.
            sort: The order, which is total.
            size: Of the page.
            token: Where it starts.
            more: Further conditions, each with its parameters.
            columns: What to read: the document, and perhaps more.
        """
        clauses = [*(f"{at(path)} = ?" for path in where), *(clause for clause, _ in more)]
        values = [*where.values(), *(value for _, these in more for value in these)]
        if token is not None:
            clause, behind = _behind(sort, token)
            clauses.append(clause)
            values += behind
        order = ", ".join(_ordered(path, way) for path, way in sort)
        statement = f"SELECT {columns} FROM {collection} WHERE {' AND '.join(clauses)}"
        # One more than the page, to see whether there is another.
        found = self.read(f"{statement} ORDER BY {order} LIMIT ?", (*values, size + 1))
        if len(found) <= size:
            return len(found), None
        return size, [_value(found[size - 1][0], path) for path, _ in sort]

    def insert_pair(self, collection: str, *pair: Document) -> None:
        """Insert two documents by one statement, which is a transaction of its own."""
        values = [value for one in pair for value in _row(one)]
        self.connection.execute(f"INSERT INTO {collection} VALUES (?, ?, ?), (?, ?, ?)", values)

    def replace(self, collection: str, document: Document) -> None:
        """Store a document in place of the one with its id."""
        values = (_encoded(document), document["_id"])
        self.write(f"UPDATE {collection} SET document = ? WHERE id = ?", values)

    def insert(self, collection: str, these: Sequence[Document]) -> object:
        """Insert documents; for one, or within a transaction."""
        rows = map(_row, these)
        return self.connection.executemany(f"INSERT INTO {collection} VALUES (?, ?, ?)", rows)

    def put(self, collection: str, these: Sequence[Document]) -> object:
        """Store documents, whether there are some with their ids or not; within a transaction."""
        rows = map(_row, these)
        return self.connection.executemany(f"REPLACE INTO {collection} VALUES (?, ?, ?)", rows)

    def _unpacked(self, statement: str, values: Sequence[object]) -> Iterator[Document]:
        return (_document(*row) for row in self.connection.execute(statement, values))

    def _set(self, run_id: str, path: str, value: str, when: str | None = None) -> None:
        conditions = [f"{at(name)} = ?" for name in LIVE] + ([when] if when else [])
        self.write(
            f"UPDATE runs SET document = json_set(document, {_place(path)}, ?) WHERE id = ? AND "
            + " AND ".join(conditions),
            (value, run_id, *LIVE.values(), *([value] if when else [])),
        )


def _place(path: str) -> str:
    return "'$" + "".join(f'."{name}"' for name in path.split(".")) + "'"


@cache
def at(path: str) -> str:
    """The expression of a path; the indexes' too, which is why it holds no parameter."""
    return f"json_extract(document, {_place(path)})"


_HISTORY = (
    f"SELECT document, packed FROM metrics WHERE {at('run_id')} = ? AND {at('workspace')} = ?"
    f" AND {at('key')} IN (?, ?) ORDER BY {at('level')}, {at('first')}"
)

_encoded: Callable[[Document], str] = json.JSONEncoder(
    separators=(",", ":"), ensure_ascii=False
).encode


def _row(document: Document) -> tuple[str, str, bytes | None]:
    """A document as it is stored: packed values behind one another, their places in the text."""
    if not _PACKED & document.keys():
        return document["_id"], _encoded(document), None
    parts: list[bytes] = []
    end = 0

    def place(value: bytes) -> dict[str, list[int]]:
        nonlocal end
        parts.append(value)
        begin, end = end, end + len(value)
        return {_PLACE: [begin, end]}

    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False, default=place)
    return document["_id"], text, b"".join(parts)


def _document(text: str, packed: bytes | None) -> Document:
    if packed is None:
        return cast("Document", json.loads(text))

    def taken(found: Document) -> Any:
        return packed[slice(*found[_PLACE])] if _PLACE in found else found

    return cast("Document", json.loads(text, object_hook=taken))


def _require_live(document: Document) -> None:
    if any(document[name] != value for name, value in LIVE.items()):
        raise LookupError(document["_id"])


def _ordered(path: str, way: int) -> str:
    if way < 0:
        return f"{at(path)} DESC"
    return f"{at(path)} ASC NULLS LAST" if path.startswith(OPTIONAL) else at(path)


def _behind(sort: Sort, last: Sequence[Any]) -> tuple[str, list[Any]]:
    """What sorts behind a row: greater in the first key, or equal there and greater in the next."""
    (path, way), value = sort[0], last[0]
    clause, values = f"{at(path)} {'>' if way > 0 else '<'} ?", [value]
    if path.startswith(OPTIONAL):
        clause = f"({clause} OR {at(path)} IS NULL)"
    if len(sort) == 1:
        return clause, values
    inner, behind = _behind(sort[1:], last[1:])
    clause = f"({clause} OR ({at(path)} = ? AND {inner}))"
    if path.startswith(OPTIONAL):
        return clause, [*values, value, *behind]
    # What an index can do comes first.
    return f"{at(path)} {'>=' if way > 0 else '<='} ? AND {clause}", [
        value,
        *values,
        value,
        *behind,
    ]


def _value(document: Document, path: str) -> Any:
    value: Any = document
    for name in path.split("."):
        value = value[name]
    return value
