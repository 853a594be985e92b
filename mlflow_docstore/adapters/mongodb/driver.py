"""The driver's verbs on MongoDB: each one command, but for what its limits make it split."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from pymongo import ReturnDocument
from pymongo.collection import Collection
from pymongo.errors import BulkWriteError, DuplicateKeyError

from mlflow_docstore.adapters.document.driver import (
    Document,
    Driver,
    Find,
    Inserts,
    Outcome,
    PartlyWritten,
    Patch,
    Row,
    Server,
)
from mlflow_docstore.adapters.document.grouping import gathered
from mlflow_docstore.adapters.document.groups import Group, GroupRow, Value
from mlflow_docstore.adapters.document.layout import META, Index, Layout
from mlflow_docstore.adapters.document.races import rounds
from mlflow_docstore.adapters.document.rules.maxima import decided
from mlflow_docstore.core.capabilities import Capabilities, Feature
from mlflow_docstore.core.errors import Unavailable, Unsupported
from mlflow_docstore.core.query import And, Filter, Leaf, Scalar, all_of
from mlflow_docstore.ports.backend import Provision, Step

from .calls import Calls
from .compiler import Native, merge
from .errors import DUPLICATE_KEY, Attempt, translated
from .flavours import Flavour
from .preparing import Preparing
from .puts import encoded, put
from .reading import Reading, compiler_of
from .server import described
from .session import Session
from .values import projection, update


class MongoDriver(Driver):
    """MongoDB through pymongo.

    Args:
        session: The way to the client, which knows the flavour.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        calls = Calls(session)
        self._calling, self._flavour = calls.calling, calls.flavour
        tools = (calls.calling, calls.flavour, session.native_name)
        self._reading = Reading(*tools)
        self._preparing = Preparing(*tools)

    @property
    def capabilities(self) -> Capabilities:
        return self._session.flavour.capabilities

    def server(self) -> Server:
        with self._calling("server", META) as native:
            command = native.database.command
            return described(command("buildInfo"), command("hello"), self._session.flavour)

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
        self,
        collection: str,
        documents: Sequence[Document],
        *,
        ordered: bool = False,
        beside: Inserts | None = None,
    ) -> frozenset[str]:
        if beside is not None:
            raise Unsupported("insert", collection, lacks=Feature.PATCH_INSERT.value)
        size = self._flavour().capabilities.limits.batch_documents
        taken, done = set[str](), set[str]()
        for at in range(0, len(documents), size):
            batch = documents[at : at + size]
            with (
                _behind(done, taken),
                self._calling("insert_many", collection, values=batch) as native,
            ):
                taken |= _inserted(native, batch, ordered=ordered)
            if ordered and taken:
                break
            done.update(document["_id"] for document in batch)
        return frozenset(taken)

    def put_many(self, collection: str, documents: Sequence[Document]) -> None:
        limits, done = self._flavour().capabilities.limits, set[str]()
        with translated(lambda: Attempt(collection, values=documents)):
            ready = encoded(collection, documents, limits.document_bytes)
        for at in range(0, len(ready), limits.batch_documents):
            batch = left = ready[at : at + limits.batch_documents]
            for _ in rounds(collection, batch[0]["_id"]):
                with (
                    _behind(done, set()),
                    self._calling("put_many", collection, values=left) as native,
                ):
                    left = put(native, collection, left)
                if not left:
                    break
            done.update(document["_id"] for document in batch)

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
        if patch.maximum and not self._flavour().compares_documents:
            return self._patch_compared(collection, key, patch, when, returning=returning)
        where, changes = _point(self._flavour(), key, when), update(patch)
        with self._calling("patch", collection, key, changes) as native:
            if not changes or returning:
                document = _patched(native, where, changes)
                return Outcome(document is not None, document if returning else None)
            return Outcome(native.update_one(where, changes).matched_count == 1)

    def _patch_compared(
        self, collection: str, key: str, patch: Patch, when: Filter | None, *, returning: bool
    ) -> Outcome:
        """A patch whose maxima are found here, on a document that stays as it was seen."""
        where = _point(self._flavour(), key, when)
        for _ in rounds(collection, key):
            with self._calling("compare", collection, key) as native:
                seen = native.find_one(where, projection(patch.maximum))
            if seen is None:
                return Outcome(matched=False)
            plain, unchanged = decided(seen, patch)
            outcome = self.patch(
                collection, key, plain, when=all_of(when or And(), *unchanged), returning=returning
            )
            if outcome.matched:
                break
        return outcome

    def patch_many(self, collection: str, where: Filter, patch: Patch) -> None:
        if patch.maximum and not self._flavour().compares_documents:
            for row in self.find(collection, Find(where, fields=())):
                self.patch(collection, row.document["_id"], patch, when=where)
            return
        changes = update(patch)
        if changes:
            with self._calling("patch_many", collection, values=changes) as native:
                native.update_many(compiler_of(self._flavour()).compile(where), changes)

    def delete(self, collection: str, key: str, *, when: Filter | None = None) -> bool:
        where = _point(self._flavour(), key, when)
        with self._calling("delete", collection, key) as native:
            return native.delete_one(where).deleted_count == 1

    def delete_many(self, collection: str, where: Filter) -> None:
        condition = compiler_of(self._flavour()).compile(where)
        with self._calling("delete_many", collection) as native:
            native.delete_many(condition)

    def find(self, collection: str, query: Find) -> list[Row]:
        return [] if query.limit == 0 else self._reading.rows(collection, query)

    def scan(self, collection: str, query: Find) -> Iterator[Document]:
        return iter(()) if query.limit == 0 else self._reading.documents(collection, query)

    def distinct(
        self, collection: str, where: Filter, fields: tuple[str, ...], *, limit: int
    ) -> list[tuple[Scalar, ...]]:
        return self._reading.distinct(collection, where, fields, limit) if limit else []

    def group(self, collection: str, query: Group) -> list[GroupRow]:
        if query.percentiles:
            # Those of the server are approximate, where it has any.
            return gathered(self.tuples, collection, query)
        return [] if query.limit == 0 else self._reading.groups(collection, query)

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
        for step in self.preparation(layout, Provision()):
            step.run()

    def preparation(self, layout: Layout, provision: Provision) -> Iterator[Step]:
        return self._preparing.steps(layout, provision)

    def indexes(self, collection: str) -> list[Index]:
        return self._preparing.listed(collection)

    def create_index(self, collection: str, index: Index) -> None:
        self._preparing.create(collection, [index])

    def drop_index(self, collection: str, name: str) -> bool:
        return self._preparing.drop(collection, name)

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


def _point(flavour: Flavour, key: str, when: Filter | None) -> Native:
    if when is None:
        return {"_id": key}
    return merge(({"_id": key}, compiler_of(flavour).compile(when)))


def _inserted(
    native: Collection[Document], documents: Sequence[Document], *, ordered: bool
) -> frozenset[str]:
    try:
        native.insert_many(documents, ordered=ordered)
    except BulkWriteError as error:
        return _taken(error, documents)
    return frozenset()


def _taken(error: BulkWriteError, documents: Sequence[Document]) -> frozenset[str]:
    failures = error.details.get("writeErrors", [])
    if error.details.get("writeConcernErrors") or any(
        failure["code"] != DUPLICATE_KEY for failure in failures
    ):
        raise error
    return frozenset(documents[failure["index"]]["_id"] for failure in failures)


@contextmanager
def _behind(done: set[str], taken: set[str]) -> Iterator[None]:
    """Around a batch, whose failure those before it do not share."""
    try:
        yield
    except Unavailable as error:
        if not error.retryable or not done:
            raise
        raise _with_those_before(error, done, taken) from error


def _with_those_before(error: Unavailable, done: set[str], taken: set[str]) -> PartlyWritten:
    if isinstance(error, PartlyWritten):
        done, taken = done | error.done, taken | error.taken
    return PartlyWritten(error, frozenset(done), frozenset(taken))
