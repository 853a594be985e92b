"""The driver's verbs on MongoDB: each one command, but for what its limits make it split."""

import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager

from pymongo import ReturnDocument
from pymongo.collection import Collection
from pymongo.errors import BulkWriteError, DuplicateKeyError, OperationFailure

from mlflow_docstore.adapters.document.driver import (
    Document,
    Driver,
    Find,
    Inserts,
    Outcome,
    Patch,
    Row,
)
from mlflow_docstore.adapters.document.layout import Index, Layout
from mlflow_docstore.core.capabilities import Capabilities, Feature
from mlflow_docstore.core.errors import Unsupported
from mlflow_docstore.core.query import Filter, Scalar

from .capabilities import CAPABILITIES
from .compiler import MongoCompiler, Native, merge
from .errors import (
    DUPLICATE_KEY,
    INDEX_NOT_FOUND,
    NAMESPACE_EXISTS,
    NAMESPACE_NOT_FOUND,
    Attempt,
    translated,
)
from .orders import is_native
from .reads import Read, computing_read, joined, native_read
from .session import Session
from .values import update

_LOG = logging.getLogger(__name__)

# Rows of a reply, which its size bounds too; without a number the first one brings 101 only.
_WHOLE = 100_000
_BATCH = 1000


class MongoDriver(Driver):
    """MongoDB through pymongo.

    Args:
        session: The way to the client.
        capabilities: What the server can do.
    """

    def __init__(self, session: Session, capabilities: Capabilities = CAPABILITIES) -> None:
        self._session = session
        self._capabilities = capabilities
        self._compiler = MongoCompiler(capabilities.limits.in_terms)

    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

    @contextmanager
    def _calling(
        self, verb: str, collection: str, key: object = None, values: object = None
    ) -> Iterator[Collection[Document]]:
        session, started = self._session, time.perf_counter()

        def attempt() -> Attempt:
            return Attempt(collection, key, values, session.answered, session.servers)

        with translated(attempt):
            yield session.collection(collection)
        session.note_answer()
        _LOG.debug("%s %s: %.1f ms", verb, collection, (time.perf_counter() - started) * 1000)

    def get(self, collection: str, key: str) -> Document | None:
        with self._calling("get", collection, key) as native:
            return native.find_one({"_id": key})

    def insert(self, collection: str, document: Document) -> bool:
        with self._calling("insert", collection, document["_id"], document) as native:
            try:
                native.insert_one(document)
            except DuplicateKeyError:
                return False
            return True

    def insert_many(
        self, collection: str, documents: Sequence[Document], *, ordered: bool = False
    ) -> frozenset[str]:
        if not documents:
            return frozenset()
        with self._calling("insert_many", collection, values=documents) as native:
            try:
                native.insert_many(documents, ordered=ordered)
            except BulkWriteError as error:
                return _taken(error, documents)
            return frozenset()

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
        if beside is not None:
            raise Unsupported("patch", key, lacks=Feature.PATCH_INSERT.value)
        where, changes = self._point(key, when), update(patch)
        with self._calling("patch", collection, key, changes) as native:
            if not changes or returning:
                document = _patched(native, where, changes)
                return Outcome(document is not None, document if returning else None)
            return Outcome(native.update_one(where, changes).matched_count == 1)

    def patch_many(self, collection: str, where: Filter, patch: Patch) -> None:
        changes = update(patch)
        if changes:
            with self._calling("patch_many", collection, values=changes) as native:
                native.update_many(self._compiler.compile(where), changes)

    def delete(self, collection: str, key: str, *, when: Filter | None = None) -> bool:
        where = self._point(key, when)
        with self._calling("delete", collection, key) as native:
            return native.delete_one(where).deleted_count == 1

    def delete_many(self, collection: str, where: Filter) -> None:
        condition = self._compiler.compile(where)
        with self._calling("delete_many", collection) as native:
            native.delete_many(condition)

    def _point(self, key: str, when: Filter | None) -> Native:
        if when is None:
            return {"_id": key}
        return merge(({"_id": key}, self._compiler.compile(when)))

    def find(self, collection: str, query: Find) -> list[Row]:
        if query.limit == 0:
            return []
        read = self._read(query, _WHOLE)
        with self._calling("find", collection) as native, closing(read.open(native)) as cursor:
            return [read.row(document) for document in cursor]

    def scan(self, collection: str, query: Find) -> Iterator[Document]:
        if query.limit == 0:
            return
        read = self._read(query, _BATCH)
        with self._calling("scan", collection) as native, closing(read.open(native)) as cursor:
            for document in cursor:
                yield read.row(document).document

    def _read(self, query: Find, batch: int) -> Read:
        condition, size = self._compiler.compile(query.where), query.limit or batch
        after = [] if query.join is None else joined(query.join, self._session.native_name)
        if is_native(query.order):
            return native_read(query, condition, size, after)
        return computing_read(query, condition, size, after)

    def distinct(
        self, collection: str, where: Filter, fields: tuple[str, ...], *, limit: int
    ) -> list[tuple[Scalar, ...]]:
        # Null stands for missing here: the two would otherwise make two groups.
        group = {f"f{i}": {"$ifNull": [f"${path}", None]} for i, path in enumerate(fields)}
        pipeline: list[Native] = [
            {"$match": self._compiler.compile(where)},
            {"$group": {"_id": group}},
            {"$limit": limit},
        ]
        if limit == 0:
            return []
        with self._calling("distinct", collection) as native:
            rows = native.aggregate(pipeline, batchSize=limit + 1).to_list()
        return [tuple(row["_id"][name] for name in group) for row in rows]

    def prepare(self, layout: Layout) -> None:
        for collection in layout.collections:
            self._create(collection.name)
            for index in collection.indexes:
                self.create_index(collection.name, index)

    def _create(self, collection: str) -> None:
        with self._calling("create", collection) as native:
            try:
                native.database.create_collection(native.name, check_exists=False)
            except OperationFailure as error:
                if error.code != NAMESPACE_EXISTS:
                    raise

    def indexes(self, collection: str) -> list[Index]:
        with self._calling("indexes", collection) as native:
            found = native.list_indexes().to_list()
        return [
            Index(one["name"], tuple((path, int(way)) for path, way in one["key"].items()))
            for one in found
            if one["name"] != "_id_"
        ]

    def create_index(self, collection: str, index: Index) -> None:
        with self._calling("create_index", collection, index.name) as native:
            native.create_index(list(index.keys), name=index.name)

    def drop_index(self, collection: str, name: str) -> bool:
        with self._calling("drop_index", collection, name) as native:
            try:
                # The driver's own method takes a missing collection for a success.
                native.database.command("dropIndexes", native.name, index=name)
            except OperationFailure as error:
                if error.code not in {INDEX_NOT_FOUND, NAMESPACE_NOT_FOUND}:
                    raise
                return False
            return True

    def drop(self, collections: Iterable[str]) -> None:
        for collection in collections:
            with self._calling("drop", collection) as native:
                native.drop()

    def reclaim(self) -> None:
        """Nothing to do: the server uses freed space again, and its operator may have it compacted,
        which takes a right of its own and a lock."""

    def close(self) -> None:
        self._session.close()


def _patched(native: Collection[Document], where: Native, changes: Native) -> Document | None:
    if not changes:
        return native.find_one(where)
    found: Document | None = native.find_one_and_update(
        where, changes, return_document=ReturnDocument.AFTER
    )
    return found


def _taken(error: BulkWriteError, documents: Sequence[Document]) -> frozenset[str]:
    failures = error.details.get("writeErrors", [])
    if error.details.get("writeConcernErrors") or any(
        failure["code"] != DUPLICATE_KEY for failure in failures
    ):
        raise error
    return frozenset(documents[failure["index"]]["_id"] for failure in failures)
