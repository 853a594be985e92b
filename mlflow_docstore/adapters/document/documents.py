"""One collection as repositories see it: stamped, scoped to a workspace, read in pages."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias, TypeVar

from mlflow_docstore.core.capabilities import Feature
from mlflow_docstore.core.errors import InvalidArgument, StoreError, Unsupported
from mlflow_docstore.core.paging import (
    Page,
    PageRequest,
    Start,
    decode_token,
    encode_token,
)
from mlflow_docstore.core.query import (
    Filter,
    In,
    Leaf,
    Scalar,
    SortKey,
    all_of,
    equals,
    path,
    require_scalar,
)

from .driver import Aid, Document, Driver, Find, Inserts, Join, Outcome, Patch, Row
from .grouping import gathered
from .groups import Group, GroupRow, Value
from .layout import SCHEMA_VERSION

WORKSPACE = "default"
"""Part of every document and every query; one for now."""

_READABLE = frozenset({SCHEMA_VERSION - 1, SCHEMA_VERSION})

_MOST_JUDGED = 500
"""Documents that are read at once to find some that pass, unless a page is larger."""

T = TypeVar("T")

Judgement: TypeAlias = Callable[[list[Document]], list[Document]]
"""Those of some documents that pass."""


@dataclass(frozen=True, slots=True)
class Sieve:
    """What documents must pass where a filter cannot say it all.

    Args:
        keep: Judges so many at a time, more of them where few pass.
        fields: Paths that it looks at; None for all. Where few pass, these alone are read of the
            others, and with one command more what was asked for of those that do.
    """

    keep: Judgement = list
    fields: tuple[str, ...] | None = None


class Documents:
    """A collection.

    Args:
        driver: The database.
        collection: The collection's logical name.
    """

    def __init__(self, driver: Driver, collection: str) -> None:
        self._driver = driver
        self.collection = collection
        self._scope = equals("workspace", WORKSPACE)

    def get(self, key: str) -> Document | None:
        """The document, or None where it is missing or another workspace's."""
        require_scalar(key)
        document = self._driver.get(self.collection, key)
        if document is None or document["workspace"] != WORKSPACE:
            return None
        return checked(document)

    def current(self, key: str) -> Document | None:
        """Like ``get``, but never older than what another process has written."""
        if self.is_current:
            return self.get(key)
        return self.patch(key, Patch(), returning=True).document

    def judged(self, key: str, judge: Callable[[Document | None], T]) -> T:
        """What is made of a document; where that is an error, of the document as it is now."""
        document = self.get(key)
        try:
            return judge(document)
        except StoreError:
            if self.is_current:
                raise
        return judge(self.current(key))

    @property
    def is_current(self) -> bool:
        """Whether all that is read is what is stored now."""
        return self._driver.capabilities.supports(Feature.CURRENT)

    def insert(self, document: Document) -> bool:
        """Insert unless the id is taken; whether it was inserted."""
        return self._driver.insert(self.collection, stamped(document))

    def insert_many(
        self,
        documents: Sequence[Document],
        *,
        ordered: bool = False,
        beside: Inserts | None = None,
    ) -> frozenset[str]:
        """Insert those whose ids are free; the ids that were taken."""
        stamps = [stamped(document) for document in documents]
        return self._driver.insert_many(self.collection, stamps, ordered=ordered, beside=beside)

    def put_many(self, documents: Sequence[Document]) -> None:
        """Store each whole, in the place of what has its id. An id is never another workspace's."""
        self._driver.put_many(self.collection, [stamped(document) for document in documents])

    def inserts(
        self, documents: Sequence[Document], *, replacing: bool = False, demanded: bool = False
    ) -> Inserts:
        """What a write to another collection is to insert beside it; see ``Inserts``."""
        stamps = [stamped(document) for document in documents]
        return Inserts(self.collection, stamps, replacing, demanded)

    def patch(
        self,
        key: str,
        patch: Patch,
        *,
        when: Sequence[Filter] = (),
        returning: bool = False,
        beside: Inserts | None = None,
    ) -> Outcome:
        """Change one document if it meets all of ``when``; see the driver for ``beside``."""
        require_scalar(key)
        outcome = self._driver.patch(
            self.collection,
            key,
            patch,
            when=all_of(*when, self._scope),
            returning=returning,
            beside=beside,
        )
        if outcome.document is not None:
            checked(outcome.document)
        return outcome

    def patch_many(self, where: Sequence[Filter], patch: Patch) -> None:
        """Change every document that matches all of ``where``."""
        self._driver.patch_many(self.collection, all_of(*where, self._scope), patch)

    def delete(self, key: str, *, when: Sequence[Filter] = ()) -> bool:
        """Delete one document if it meets all of ``when``; whether it did."""
        require_scalar(key)
        return self._driver.delete(self.collection, key, when=all_of(*when, self._scope))

    def delete_many(self, where: Sequence[Filter]) -> None:
        """Delete every document that matches all of ``where``."""
        self._driver.delete_many(self.collection, all_of(*where, self._scope))

    def find(
        self,
        where: Sequence[Filter],
        *,
        order: tuple[SortKey, ...] = (),
        limit: int | None = None,
        fields: tuple[str, ...] | None = None,
        join: Join | None = None,
        aids: tuple[Aid, ...] = (),
    ) -> list[Document]:
        """The documents that match all of ``where``, whole unless ``fields`` are named.

        With ``join``, others come with them: those of the workspace alone. ``aids`` are indexes
        that would serve this.
        """
        query = self._query(where, order, limit, fields, join=join, aids=aids)
        rows = self._driver.find(self.collection, query)
        return [_checked_with(row.document, join) for row in rows]

    def scan(
        self,
        where: Sequence[Filter],
        *,
        order: tuple[SortKey, ...] = (),
        fields: tuple[str, ...] | None = None,
    ) -> Iterator[Document]:
        """Like ``find``, as they arrive."""
        query = self._query(where, order, None, fields)
        return map(checked, self._driver.scan(self.collection, query))

    def page(
        self,
        where: Sequence[Filter],
        order: tuple[SortKey, ...],
        request: PageRequest,
        decode: Callable[[Document], T],
        fields: tuple[str, ...] | None = None,
        join: Join | None = None,
        sieve: Sieve | None = None,
        aids: tuple[Aid, ...] = (),
    ) -> Page[T]:
        """One page, and the token of the next if there is one.

        Args:
            where: What documents must match, all of it.
            order: Sort keys, the last of which makes the order total.
            request: Which page. One row more is read than it asks for, to see what follows.
            decode: What to make of each document.
            fields: Paths to read; None for all.
            join: What else to hand to ``decode``; other workspaces' documents are left out.
            sieve: What documents must pass besides; None for nothing.
            aids: Indexes that would serve this.
        """
        shape = repr(order)
        start = decode_token(request.token, shape=shape) if request.token else Start()
        if start.after is not None and len(start.after) != len(order):
            raise InvalidArgument(
                "page_token", request.token, problem="content", content=start.after
            )
        skipped = start.offset if start.after is None else 0
        limit = None if request.limit is None else skipped + request.limit + 1
        query = self._query(where, order, limit, fields, start.after, join, aids)
        rows, complete = self._kept(query, sieve or Sieve())
        token = None
        if limit is not None and len(rows) == limit:
            rows.pop()
            offset = start.offset - skipped + len(rows)
            token = encode_token(rows[-1].position, shape=shape, offset=offset)
        found = [row.document for row in rows[skipped:complete]]
        found += self._completed(query, [row.document for row in rows[max(skipped, complete) :]])
        return Page([decode(_checked_with(document, join)) for document in found], token)

    def _kept(self, query: Find, sieve: Sieve) -> tuple[list[Row], int]:
        """The first rows of a query that pass, and how many have more than what was judged."""
        kept: list[Row] = []
        batch, complete = query.limit, None
        while True:
            rows = self._driver.find(self.collection, replace(query, limit=batch))
            passed = {document["_id"] for document in sieve.keep([row.document for row in rows])}
            kept += [row for row in rows if row.document["_id"] in passed]
            if batch is None or len(rows) < batch or len(kept) >= (query.limit or 0):
                return kept[: query.limit], len(kept) if complete is None else complete
            if sieve.fields is not None and complete is None:
                query, complete = replace(query, fields=(*sieve.fields, "schema")), len(kept)
            query = replace(query, after=rows[-1].position)
            batch = max(batch, min(2 * batch, _MOST_JUDGED))

    def _completed(self, query: Find, documents: Sequence[Document]) -> list[Document]:
        """Documents with all that a query asks for, but those that are gone or match no more."""
        if not documents:
            return []
        ids = tuple(document["_id"] for document in documents)
        where = all_of(query.where, In(path("_id"), ids))
        again = replace(query, where=where, order=(), after=None, limit=None, aids=())
        rows = self._driver.find(self.collection, again)
        found = {row.document["_id"]: row.document for row in rows}
        return [found[key] for key in ids if key in found]

    def distinct(
        self, where: Sequence[Filter], fields: tuple[str, ...], *, limit: int
    ) -> list[tuple[Scalar, ...]]:
        """The distinct combinations of the fields' values."""
        scoped = all_of(*where, self._scope)
        return self._driver.distinct(self.collection, scoped, fields, limit=limit)

    def group(self, query: Group) -> list[GroupRow]:
        """Groups of what matches, found here where the database cannot."""
        query = replace(query, where=all_of(query.where, self._scope))
        if self._driver.capabilities.supports(Feature.GROUP):
            return self._driver.group(self.collection, query)
        return gathered(self._driver.tuples, self.collection, query)

    def tuples(
        self,
        where: Sequence[Filter],
        fields: Sequence[str],
        *,
        each: str | None = None,
        of_each: Sequence[Leaf] = (),
    ) -> Iterator[tuple[Value, ...]]:
        """The values at some paths, of each document or element that matches."""
        scoped = all_of(*where, self._scope)
        return self._driver.tuples(self.collection, scoped, fields, each=each, of_each=of_each)

    def _query(
        self,
        where: Sequence[Filter],
        order: tuple[SortKey, ...],
        limit: int | None,
        fields: tuple[str, ...] | None,
        after: tuple[Scalar, ...] | None = None,
        join: Join | None = None,
        aids: tuple[Aid, ...] = (),
    ) -> Find:
        if fields is not None:
            fields = (*fields, "schema")
        return Find(all_of(*where, self._scope), order, after, limit, fields, join, aids)


def stamped(document: Document) -> Document:
    """The document with the fields that all have."""
    return {**document, "workspace": WORKSPACE, "schema": SCHEMA_VERSION}


def checked(document: Document) -> Document:
    """The document, if this release can read it.

    Raises:
        Unsupported: ``kind="schema"``; a newer release wrote it.
    """
    if document["schema"] not in _READABLE:
        raise Unsupported("schema", document["schema"], newest=SCHEMA_VERSION)
    return document


def _checked_with(document: Document, join: Join | None) -> Document:
    """The document and those that were joined to it, if this release can read them all.

    Joined documents are found by id alone, whosever they are: here is where the others go.
    """
    if join is not None:
        found = document[join.into]
        document[join.into] = [checked(one) for one in found if one["workspace"] == WORKSPACE]
    return checked(document)
