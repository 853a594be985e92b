"""The verbs, on dictionaries. Where docstrings leave room, this is what they mean."""

import json
import platform
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence

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
from mlflow_docstore.adapters.document.grouping import gathered
from mlflow_docstore.adapters.document.groups import Group, GroupRow, Value
from mlflow_docstore.adapters.document.layout import Index, Layout
from mlflow_docstore.adapters.document.rules.patches import patched
from mlflow_docstore.adapters.document.rules.predicates import PredicateCompiler
from mlflow_docstore.adapters.document.rules.values import (
    copied,
    identified,
)
from mlflow_docstore.core.capabilities import Capabilities, Limits
from mlflow_docstore.core.errors import LimitExceeded
from mlflow_docstore.core.query import And, Filter, Leaf, Scalar

from .capabilities import LIMITS, declare
from .database import Database, Table
from .reading import Reading


class MemoryDriver(Driver):
    """One database in memory.

    Args:
        database: Where the documents are; drivers may share one.
        prefix: Set before the name of each collection.
        limits: Sizes to enforce.
    """

    def __init__(self, database: Database, prefix: str = "", limits: Limits = LIMITS) -> None:
        self._database = database
        self._prefix = prefix
        self._capabilities = declare(limits)
        self._compiler = PredicateCompiler(limits.in_terms)
        self._reading = Reading(database, prefix, self._compiler)

    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

    def server(self) -> Server:
        return Server("memory", f"Python {platform.python_version()}", "this process")

    def get(self, collection: str, key: str) -> Document | None:
        with self._database.lock:
            document = self._table(collection).documents.get(key)
        return None if document is None else copied(document)

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
        copies = [self._fitting(identified(document)) for document in documents]
        others = [self._fitting(identified(one)) for one in _documents(beside)]
        with self._database.lock:
            if beside is not None:
                _take(self._table(beside.collection), others, replacing=beside.replacing)
            return _add(self._table(collection), copies, ordered=ordered)

    def put_many(self, collection: str, documents: Sequence[Document]) -> None:
        copies = [self._fitting(identified(document)) for document in documents]
        with self._database.lock:
            _put(self._table(collection), copies)

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
        matches = self._compiler.compile(when or And())
        others = [self._fitting(identified(one)) for one in _documents(beside)]
        with self._database.lock:
            stored = self._table(collection).documents
            document = stored.get(key)
            if document is None or not matches(document):
                return Outcome(matched=False)
            if beside is not None and not _may_come(self._table(beside.collection), beside):
                return Outcome(matched=False)
            stored[key] = changed = self._fitting(patched(copied(document), patch))
            if beside is not None:
                _take(self._table(beside.collection), others, replacing=beside.replacing)
        return Outcome(matched=True, document=copied(changed) if returning else None)

    def patch_many(self, collection: str, where: Filter, patch: Patch) -> None:
        matches = self._compiler.compile(where)
        with self._database.lock:
            stored = self._table(collection).documents
            for key, document in stored.items():
                if matches(document):
                    stored[key] = self._fitting(patched(copied(document), patch))

    def delete(self, collection: str, key: str, *, when: Filter | None = None) -> bool:
        matches = self._compiler.compile(when or And())
        with self._database.lock:
            stored = self._table(collection).documents
            if key not in stored or not matches(stored[key]):
                return False
            del stored[key]
        return True

    def delete_many(self, collection: str, where: Filter) -> None:
        matches = self._compiler.compile(where)
        with self._database.lock:
            stored = self._table(collection).documents
            for key in [key for key, document in stored.items() if matches(document)]:
                del stored[key]

    def find(self, collection: str, query: Find) -> list[Row]:
        return self._reading.rows(collection, query)

    def scan(self, collection: str, query: Find) -> Iterator[Document]:
        return self._reading.documents(collection, query)

    def distinct(
        self, collection: str, where: Filter, fields: tuple[str, ...], *, limit: int
    ) -> list[tuple[Scalar, ...]]:
        return self._reading.distinct(collection, where, fields, limit)

    def group(self, collection: str, query: Group) -> list[GroupRow]:
        return gathered(self.tuples, collection, query)

    def tuples(
        self,
        collection: str,
        where: Filter,
        fields: Sequence[str],
        *,
        each: str | None = None,
        of_each: Sequence[Leaf] = (),
    ) -> Iterator[tuple[Value, ...]]:
        return self._reading.values(collection, where, fields, each, of_each)

    def prepare(self, layout: Layout) -> None:
        for collection in layout.collections:
            for index in collection.indexes:
                self.create_index(collection.name, index)

    def indexes(self, collection: str) -> list[Index]:
        with self._database.lock:
            return list(self._table(collection).indexes.values())

    def create_index(self, collection: str, index: Index) -> None:
        with self._database.lock:
            self._table(collection).indexes.setdefault(index.name, index)

    def drop_index(self, collection: str, name: str) -> bool:
        with self._database.lock:
            return self._table(collection).indexes.pop(name, None) is not None

    def drop(self, collections: Iterable[str]) -> None:
        with self._database.lock:
            for collection in collections:
                self._database.tables.pop(self._prefix + collection, None)

    def reclaim(self) -> None:
        """Nothing to do: what was deleted is gone."""

    def close(self) -> None:
        """Nothing is held: the documents belong to the database, not to its drivers."""

    def _table(self, collection: str) -> Table:
        return self._database.table(self._prefix + collection)

    def _fitting(self, document: Document) -> Document:
        limit = self._capabilities.limits.document_bytes
        size = _size(document)
        if size > limit:
            raise LimitExceeded(
                "document", document["_id"], limit="document_bytes", allowed=limit, size=size
            )
        return document


def _size(document: Document) -> int:
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), default=_armoured)
    return len(text.encode())


def _armoured(data: bytes) -> str:
    return b64encode(data).decode()


def _documents(beside: Inserts | None) -> Sequence[Document]:
    return () if beside is None else beside.documents


def _may_come(table: Table, beside: Inserts) -> bool:
    """Whether the ids are free that have to be, while the lock is held."""
    return not beside.demanded or table.documents.keys().isdisjoint(
        document["_id"] for document in beside.documents
    )


def _take(table: Table, documents: Sequence[Document], *, replacing: bool) -> None:
    """Store what comes with a write, while the lock is held."""
    if replacing:
        _put(table, documents)
    else:
        _add(table, documents)


def _put(table: Table, documents: Sequence[Document]) -> None:
    """Store documents in place of those that have their ids, while the lock is held."""
    table.documents.update({document["_id"]: document for document in documents})


def _add(table: Table, documents: Sequence[Document], *, ordered: bool = False) -> frozenset[str]:
    """Store documents whose ids are free, while the lock is held; the ids that were taken."""
    taken = set()
    for document in documents:
        if table.documents.setdefault(document["_id"], document) is not document:
            taken.add(document["_id"])
            if ordered:
                break
    return frozenset(taken)
