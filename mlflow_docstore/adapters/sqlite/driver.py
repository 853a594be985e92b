"""The driver's verbs as statements: each one, or one transaction."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import TypeVar

from mlflow_docstore.adapters.document.driver import (
    Document,
    Driver,
    Find,
    Inserts,
    Outcome,
    Patch,
    Row,
    Server,
    require_undemanding,
)
from mlflow_docstore.adapters.document.groups import Group, GroupRow, Value
from mlflow_docstore.adapters.document.layout import Index, Layout
from mlflow_docstore.adapters.document.rules.patches import patched
from mlflow_docstore.adapters.document.rules.predicates import PredicateCompiler
from mlflow_docstore.adapters.document.rules.values import identified
from mlflow_docstore.core.capabilities import Capabilities, Limits
from mlflow_docstore.core.errors import LimitExceeded
from mlflow_docstore.core.query import And, Filter, Leaf, Scalar

from .beside import NOTHING_BESIDE, Beside, Encoded
from .calls import Calls
from .capabilities import LIMITS, declare
from .clauses import DOCUMENT, Clause, identifier
from .compiler import SqliteCompiler
from .indexes import Indexes
from .measures import make_measures
from .reading import Reading
from .searches import HASTE, Haste
from .session import Session, empty_journal, free_pages
from .tables import create_table, insert_into, make_index, put_into
from .transactions import Work, within
from .values import decode, encode, plain_text, size, stored_text

_NOTHING = Patch()
_NOT_MATCHED = Outcome(matched=False)

T = TypeVar("T")


class SqliteDriver(Driver):
    """SQLite through the standard library.

    Args:
        session: The way to the database.
        prefix: Of the names of tables.
        limits: Sizes to enforce.
        haste: When a search makes an index for itself; None for never.
    """

    def __init__(
        self,
        session: Session,
        prefix: str,
        limits: Limits = LIMITS,
        haste: Haste | None = HASTE,
    ) -> None:
        self._session = session
        self._calls = Calls(session, prefix)
        self._capabilities = declare(limits)
        self._compiler = SqliteCompiler(DOCUMENT, limits.in_terms)
        self._reading = Reading(self._calls, self._compiler, haste)
        self._indexes = Indexes(self._calls)
        self._predicates = PredicateCompiler(limits.in_terms)

    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

    def server(self) -> Server:
        return Server("SQLite", sqlite3.sqlite_version, "embedded")

    def get(self, collection: str, key: str) -> Document | None:
        rows = self._calls.rows(
            "get", collection, Clause(_by_id(self._name(collection)), (_id(key),))
        )
        return decode(*rows[0]) if rows else None

    def insert(self, collection: str, document: Document) -> bool:
        return not self.insert_many(collection, [document])

    def insert_many(
        self,
        collection: str,
        documents: Sequence[Document],
        *,
        ordered: bool = False,
        beside: Inserts | None = None,
    ) -> frozenset[str]:
        require_undemanding(beside)
        rest = iter([self._encoded(identified(document)) for document in documents])
        others, taken = Beside.of(beside, self._calls.table, self._encoded), set[str]()
        statement = insert_into(self._name(collection))
        while batch := list(islice(rest, self._capabilities.limits.batch_documents)):
            insert = partial(_inserted, statement, batch, ordered, others)
            together = _together(insert, (*batch, *others.rows))
            taken |= self._calls.add("insert", collection, together, others.collection)
            if taken and ordered:
                break
            others = NOTHING_BESIDE
        return frozenset(taken)

    def put_many(self, collection: str, documents: Sequence[Document]) -> None:
        statement = put_into(self._name(collection))
        rest = iter([self._encoded(identified(document)) for document in documents])
        while batch := list(islice(rest, self._capabilities.limits.batch_documents)):
            put = partial(_executed_many, statement, batch)
            self._calls.add("put", collection, _together(put, batch))

    def patch(
        self,
        collection: str,
        key: str,
        patch: Patch,
        *,
        when: Filter | None = None,
        returning: bool = False,
        beside: Inserts | None = None,
    ) -> Outcome:
        """The precondition is judged here, as the document is read for the patch anyway."""
        matches = self._predicates.compile(when or And())
        read = _by_id(self._name(collection))
        update = f"UPDATE {self._name(collection)} SET doc = ?, data = ? WHERE id = ?"
        others = Beside.of(beside, self._calls.table, self._encoded)

        def change(native: sqlite3.Connection) -> Outcome:
            found = native.execute(read, (_id(key),)).fetchone()
            document = None if found is None else decode(*found)
            if document is None or not matches(document) or others.is_refused(native):
                return _NOT_MATCHED
            if patch != _NOTHING:
                _, *columns = self._encoded(patched(document, patch))
                native.execute(update, (*columns, _id(key)))
            others.store(native)
            return Outcome(matched=True, document=document if returning else None)

        if patch == _NOTHING and beside is None:
            return self._calls.read("patch", collection, change, _NOT_MATCHED)
        return self._calls.write(
            "patch",
            collection,
            lambda native: within(native, change),
            _NOT_MATCHED,
            beside=others.collection,
        )

    def patch_many(self, collection: str, where: Filter, patch: Patch) -> None:
        condition, name = self._compiler.compile(where), self._name(collection)
        matching = f"SELECT rowid FROM {name} WHERE {condition.text}"
        found = self._calls.rows("find", collection, Clause(matching, condition.parameters))
        read = f"SELECT doc, data FROM {name} WHERE rowid = ? AND {condition.text}"
        update = f"UPDATE {name} SET doc = ?, data = ? WHERE rowid = ?"

        def change(native: sqlite3.Connection, batch: Sequence[int]) -> None:
            for place in batch:
                row = native.execute(read, (place, *condition.parameters)).fetchone()
                if row is not None:
                    _, *columns = self._encoded(patched(decode(*row), patch))
                    native.execute(update, (*columns, place))

        def work(native: sqlite3.Connection) -> None:
            within(native, lambda one: change(one, batch))

        rest = (place for (place,) in found)
        while batch := list(islice(rest, self._capabilities.limits.batch_documents)):
            self._calls.write("patch_many", collection, work, None)

    def delete(self, collection: str, key: str, *, when: Filter | None = None) -> bool:
        condition = self._compiler.compile(when or And())
        text = f"DELETE FROM {self._name(collection)} WHERE id = ? AND {condition.text}"
        delete = partial(_executed, Clause(text, (_id(key), *condition.parameters)))
        return self._calls.write("delete", collection, delete, 0) > 0

    def delete_many(self, collection: str, where: Filter) -> None:
        condition, name = self._compiler.compile(where), self._name(collection)
        batch = self._capabilities.limits.batch_documents
        matching = f"SELECT rowid FROM {name} WHERE {condition.text} LIMIT ?"
        text = f"DELETE FROM {name} WHERE rowid IN ({matching})"
        delete = partial(_executed, Clause(text, (*condition.parameters, batch)))
        while self._calls.write("delete_many", collection, delete, 0) == batch:
            pass

    def find(self, collection: str, query: Find) -> list[Row]:
        return self._reading.rows(collection, query)

    def scan(self, collection: str, query: Find) -> Iterator[Document]:
        return self._reading.documents(collection, query)

    def distinct(
        self, collection: str, where: Filter, fields: tuple[str, ...], *, limit: int
    ) -> list[tuple[Scalar, ...]]:
        return self._reading.distinct(collection, where, fields, limit)

    def group(self, collection: str, query: Group) -> list[GroupRow]:
        return self._reading.groups(collection, query)

    def tuples(
        self,
        collection: str,
        where: Filter,
        fields: Sequence[str],
        *,
        each: str | None = None,
        of_each: Sequence[Leaf] = (),
    ) -> Iterator[tuple[Value, ...]]:
        return self._reading.tuples(collection, where, fields, each, of_each)

    def prepare(self, layout: Layout) -> None:
        def make(native: sqlite3.Connection) -> None:
            for collection in layout.collections:
                table = self._calls.table(collection.name)
                native.execute(create_table(table))
                make_measures(native, table, collection.measures)
                for index in collection.indexes:
                    make_index(native, table, index)

        self._calls.add("prepare", layout.collections[0].name, lambda one: within(one, make))
        self._reading.look_anew()

    def indexes(self, collection: str) -> list[Index]:
        return self._indexes.list(collection)

    def create_index(self, collection: str, index: Index) -> None:
        self._indexes.create(collection, index)

    def drop_index(self, collection: str, name: str) -> bool:
        return self._indexes.drop(collection, name)

    def drop(self, collections: Iterable[str]) -> None:
        for collection in collections:
            self._indexes.drop_elements(collection)
            drop = partial(_executed, Clause(f"DROP TABLE IF EXISTS {self._name(collection)}"))
            self._calls.write("drop", collection, drop, 0)
        self._reading.look_anew()

    def reclaim(self) -> None:
        """In small steps, between which others write."""
        while self._calls.upkeep("reclaim", free_pages, 0):
            pass
        self._calls.upkeep("reclaim", empty_journal, None)

    def close(self) -> None:
        self._session.close()

    def _name(self, collection: str) -> str:
        return identifier(self._calls.table(collection))

    def _encoded(self, document: Document) -> Encoded:
        text, data = encode(document)
        limit = self._capabilities.limits.document_bytes
        # A character takes four bytes at most.
        if 4 * len(text) + len(data or b"") > limit and (length := size(text, data)) > limit:
            raise LimitExceeded(
                "document", document["_id"], limit="document_bytes", allowed=limit, size=length
            )
        return stored_text(document["_id"]), text, data


def _by_id(table: str) -> str:
    return f"SELECT doc, data FROM {table} WHERE id = ?"


def _together(work: Work[T], rows: Sequence[Encoded]) -> Work[T]:
    """Work on rows, in a transaction if there are several."""
    return work if len(rows) == 1 else partial(within, work=work)


def _inserted(
    statement: str,
    rows: Sequence[Encoded],
    ordered: bool,
    others: Beside,
    native: sqlite3.Connection,
) -> frozenset[str]:
    """The ids that were taken."""
    others.store(native)
    taken = set()
    for row in rows:
        if not native.execute(statement, row).rowcount:
            taken.add(plain_text(row[0]))
            if ordered:
                break
    return frozenset(taken)


def _id(key: object) -> str | None:
    """An id as it is stored; what is no text is nobody's id."""
    return stored_text(key) if isinstance(key, str) else None


def _executed(statement: Clause, native: sqlite3.Connection) -> int:
    """How many rows a statement has changed."""
    return native.execute(statement.text, statement.parameters).rowcount


def _executed_many(statement: str, rows: Sequence[Encoded], native: sqlite3.Connection) -> None:
    native.executemany(statement, rows)
