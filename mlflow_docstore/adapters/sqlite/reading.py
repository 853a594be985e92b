"""Reads of several documents: what statements find, and what is handed out of it."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial

from mlflow_docstore.adapters.document.driver import Document, Find, Join, Row
from mlflow_docstore.adapters.document.grouping import gathered
from mlflow_docstore.adapters.document.groups import Group, GroupRow, Value
from mlflow_docstore.adapters.document.rules.joins import joined_ids
from mlflow_docstore.adapters.document.rules.paths import pick, tree
from mlflow_docstore.adapters.document.rules.values import field_name
from mlflow_docstore.core.query import Filter, In, Leaf, Scalar, path

from .buckets import buckets_of
from .calls import Calls
from .clauses import Clause, identifier
from .columns import is_exact, length_of, place_of
from .compiler import SqliteCompiler
from .groups import FractionsFoundError, group_of, group_rows, plain_values, values_of
from .measures import MeasuringCompiler, kept, measures_of
from .reads import Read, Scan, decoded_values, distinct_of, read_of
from .searches import Haste, Searches
from .values import decode, plain_text

_SCAN_ROWS = 500
_SCAN_BYTES = 8 * 1024 * 1024


class Reading:
    """Reads of a database.

    Args:
        calls: The way to it.
        compiler: Of filters.
        haste: When a search makes an index for itself; None for never.
    """

    def __init__(self, calls: Calls, compiler: SqliteCompiler, haste: Haste | None) -> None:
        self._calls = calls
        self._compiler = compiler
        self._searches = Searches(calls, compiler, haste)
        self._measuring: dict[str, MeasuringCompiler | None] = {}

    def rows(self, collection: str, query: Find) -> list[Row]:
        """The rows of a query."""
        return self._shown(self._searches.rows(collection, query), query)

    def documents(self, collection: str, query: Find) -> Iterator[Document]:
        """In pieces: a read that stands open for as long as its reader takes keeps the journal."""
        tie: int | None = None
        while query.limit is None or query.limit > 0:
            read = read_of(self._calls.table(collection), query, self._compiler, scan=Scan(tie))
            nothing: tuple[list[Row], int | None] = ([], None)
            piece = partial(_piece, read)
            rows, tie = self._calls.read("scan", collection, piece, nothing)
            yield from (row.document for row in self._shown(rows, query))
            if tie is None:
                return
            left = None if query.limit is None else query.limit - len(rows)
            query = replace(query, after=rows[-1].position, limit=left)

    def distinct(
        self, collection: str, where: Filter, fields: tuple[str, ...], limit: int
    ) -> list[tuple[Scalar, ...]]:
        """The distinct combinations of the fields' values."""
        table = self._calls.table(collection)
        read = distinct_of(table, self._compiler.compile(where), fields, limit)
        return [decoded_values(row) for row in self._calls.rows("distinct", collection, read)]

    def groups(self, collection: str, query: Group) -> list[GroupRow]:
        """The groups of a query."""
        table, compiler = self._calls.table(collection), self._values_of(collection, query.where)
        read = buckets_of(table, query, compiler) or group_of(table, query, compiler)
        try:
            return group_rows(self._calls.rows("group", collection, read), query)
        except FractionsFoundError:
            return gathered(self.tuples, collection, query)

    def tuples(
        self,
        collection: str,
        where: Filter,
        fields: Sequence[str],
        each: str | None,
        of_each: Sequence[Leaf],
    ) -> Iterator[tuple[Value, ...]]:
        """The values of documents, or of elements: of all at once, as they are no documents."""
        table = self._calls.table(collection)
        read = values_of(table, where, fields, each, of_each, self._values_of(collection, where))
        for row in self._calls.rows("tuples", collection, read):
            yield plain_values(row) if fields else ()

    def look_anew(self) -> None:
        """Columns of measures may have come or gone."""
        self._measuring.clear()

    def _values_of(self, collection: str, where: Filter) -> SqliteCompiler:
        """The compiler for what is read of values: it knows the columns that hold them."""
        measuring = self._measuring_of(collection)
        if measuring is None or measuring.is_passed_by(where):
            return self._compiler
        return measuring

    def _measuring_of(self, collection: str) -> MeasuringCompiler | None:
        if collection not in self._measuring:
            columns = measures_of(self._calls.table(collection))
            measures = kept(self._calls.rows("measures", collection, columns))
            in_terms = self._compiler.in_terms
            self._measuring[collection] = (
                MeasuringCompiler(in_terms, measures) if measures.orders else None
            )
        return self._measuring[collection]

    def _shown(self, rows: list[Row], query: Find) -> list[Row]:
        """The rows with the fields that were asked for, and what is joined to them."""
        if is_exact(query):
            return rows
        joined = [] if query.join is None else self._joined(rows, query.join)
        if query.fields is not None:
            branches = tree(("_id", *query.fields))
            rows = [Row(pick(row.document, branches), row.position) for row in rows]
        if query.join is not None:
            into = field_name(query.join.into)
            for row, documents in zip(rows, joined, strict=True):
                row.document[into] = documents
        return rows

    def _joined(self, rows: Sequence[Row], join: Join) -> list[list[Document]]:
        """The documents that belong to each row, read with one statement."""
        ids = [joined_ids(row.document, join.field) for row in rows]
        wanted = tuple({key for these in ids for key in these if isinstance(key, str)})
        if not wanted:
            return [[] for _ in rows]
        matching = self._compiler.compile(In(path("_id"), wanted))
        name = identifier(self._calls.table(join.collection))
        statement = f"SELECT id, doc, data FROM {name} WHERE {matching.text}"
        found = self._calls.rows("find", join.collection, Clause(statement, matching.parameters))
        columns = {plain_text(key): rest for key, *rest in found}
        # Decoded for each anew: a reader may change what it gets.
        return [[decode(*columns[key]) for key in these if key in columns] for these in ids]


def _piece(read: Read, native: sqlite3.Connection) -> tuple[list[Row], int | None]:
    """Some rows of a scan, and the place of the last one; None where no more follow."""
    rows: list[Row] = []
    length = 0
    statement = read.statement
    with closing(native.execute(statement.text, statement.parameters)) as cursor:
        for columns in cursor:
            rows.append(read.row(columns))
            length += length_of(columns)
            if len(rows) >= _SCAN_ROWS or length >= _SCAN_BYTES:
                return rows, place_of(columns)
    return rows, None
