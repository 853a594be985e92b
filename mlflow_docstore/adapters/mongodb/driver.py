"""The driver's verbs on MongoDB: each one command, but for what its limits make it split."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager

from pymongo import ReturnDocument
from pymongo.collection import Collection
from pymongo.command_cursor import CommandCursor
from pymongo.cursor import Cursor
from pymongo.errors import BulkWriteError, DuplicateKeyError, OperationFailure

from mlflow_docstore.adapters.document.driver import (
    Document,
    Driver,
    Find,
    Outcome,
    Patch,
    Row,
)
from mlflow_docstore.adapters.document.layout import Index, Layout
from mlflow_docstore.core.capabilities import Capabilities
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
from .orders import (
    COMPUTED,
    computed_position,
    computed_stages,
    is_native,
    native_after,
    native_paths,
    native_sort,
)
from .session import Session
from .values import lookup, projection, strip, update

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

        with translated(attempt, session.note_loss):
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
    ) -> Outcome:
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
        read, row = self._reader(query, _WHOLE)
        with self._calling("find", collection) as native, closing(read(native)) as cursor:
            return [row(document) for document in cursor]

    def scan(self, collection: str, query: Find) -> Iterator[Document]:
        if query.limit == 0:
            return
        read, row = self._reader(query, _BATCH)
        with self._calling("scan", collection) as native, closing(read(native)) as cursor:
            for document in cursor:
                yield row(document).document

    def _reader(self, query: Find, batch: int) -> "tuple[_Read, _MakeRow]":
        condition = self._compiler.compile(query.where)
        if is_native(query.order):
            return _native_reader(query, condition, query.limit or batch)
        return _computing_reader(query, condition, query.limit or batch)

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

    def close(self) -> None:
        self._session.close()


_Read = Callable[[Collection[Document]], "Cursor[Document] | CommandCursor[Document]"]
_MakeRow = Callable[[Document], Row]


def _native_reader(query: Find, condition: Native, batch: int) -> tuple[_Read, _MakeRow]:
    """A read in an order that the server's own sort makes."""
    paths, fields = native_paths(query.order), query.fields
    if query.after is not None:
        condition = merge((condition, native_after(query.order, query.after)))
    chosen = None if fields is None else projection((*fields, *paths))
    helpers = () if fields is None else tuple(path for path in paths if path != "_id")

    def read(native: Collection[Document]) -> Cursor[Document]:
        return native.find(
            condition,
            chosen,
            sort=native_sort(query.order) or None,
            limit=query.limit or 0,
            batch_size=batch,
        )

    def row(document: Document) -> Row:
        position = tuple(lookup(document, path) for path in paths)
        for path in helpers:
            strip(document, path, fields or ())
        return Row(document, position)

    return read, row


def _computing_reader(query: Find, condition: Native, batch: int) -> tuple[_Read, _MakeRow]:
    """A read in an order that has to be computed."""
    pipeline: list[Native] = [
        {"$match": condition},
        *computed_stages(query.order, query.after),
    ]
    if query.limit is not None:
        pipeline.append({"$limit": query.limit})
    if query.fields is not None:
        pipeline.append({"$project": projection((*query.fields, COMPUTED))})

    def read(native: Collection[Document]) -> CommandCursor[Document]:
        # One more than there can be, as the cursor of a full batch stays open.
        return native.aggregate(pipeline, batchSize=batch + 1, allowDiskUse=True)

    def row(document: Document) -> Row:
        position = computed_position(document, query.order)
        return Row(document, position)

    return read, row


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
