"""Large texts of all areas: written before the document that names them, read a page at a time."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import Any, TypeVar

from mlflow_docstore.adapters.document.documents import Documents
from mlflow_docstore.adapters.document.driver import Document, Driver, Patch
from mlflow_docstore.adapters.document.keys import batches
from mlflow_docstore.adapters.document.layout import TEXTS
from mlflow_docstore.adapters.document.races import rounds
from mlflow_docstore.core.errors import StoreError
from mlflow_docstore.core.paging import PageRequest
from mlflow_docstore.core.query import Compare, In, Operator, Order, equals, path

from .parts import (
    COLLECTION,
    DATA,
    HOLDER,
    PARTS,
    ROOT,
    TOUCHED,
    Holder,
    cut,
    is_longer,
    is_reference,
    joined,
    named_in,
    reference,
)

GRACE = 24 * 60 * 60 * 1000
"""Milliseconds for which a part need not be named: what a writer may take, and clocks may differ.

Half of it is for each: a writer who took longer looks whether its parts are still there.
"""

_THRESHOLD_SHARE = 512
"""So many texts that are not moved make a document: one of 4 KB of 2 MB, one of 32 KB of 16 MB."""

_PART_SHARE = 2
"""Half a document, as bytes are a third longer where documents are JSON."""

_SWEEP_PAGE = 500

_PART = "text_part"

T = TypeVar("T")


def now() -> int:
    """The time in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


class LargeTexts:
    """Texts that are too large for the documents that they belong to.

    A part belongs to one holder, so that nobody has to count references, and never changes; one
    that is named by nothing is what a writer left that died or came second, or what replaced texts
    leave. Such parts are swept, but for those that a writer touched lately: it may be about to
    name them.

    Args:
        driver: The database.
        clock: The time in milliseconds.
    """

    def __init__(self, driver: Driver, clock: Callable[[], int] = now) -> None:
        self._driver = driver
        self._clock = clock
        self._parts = Documents(driver, TEXTS)

    def moved(
        self,
        holder: Holder,
        values: Mapping[str, Any],
        fields: Iterable[str],
        *,
        longest: int | None = None,
    ) -> tuple[Document, list[Document]]:
        """The values, with references in place of large texts in the fields; and their parts.

        Args:
            holder: The document that the values are for.
            values: A document, a map in one, or what a patch sets.
            fields: Where there may be texts that nobody searches.
            longest: How many bytes stay; None for what is right where there are few texts.

        Raises:
            InvalidArgument: ``kind="text"``; a large text is not valid Unicode.
        """
        size = self._driver.capabilities.limits.document_bytes
        most = size // _THRESHOLD_SHARE if longest is None else longest
        kept, parts = dict(values), []
        for name in fields:
            text = kept.get(name)
            if isinstance(text, str) and is_longer(text, most):
                pieces = cut(holder, text, size // _PART_SHARE)
                kept[name] = reference(pieces)
                parts += pieces
        return kept, parts

    @contextmanager
    def stored(self, parts: Sequence[Document]) -> Iterator[None]:
        """Store the parts, for a block that writes what names them. Repeatable.

        No command where there are none; one where they are new.
        """
        if not parts:
            yield
            return
        begun = self._clock()
        self._store(parts)
        yield
        if self._clock() - begun > GRACE // 2:
            self._store(parts)

    def read(self, load: Callable[[], T], places: Callable[[T], Iterable[Document]]) -> T:
        """What ``load`` reads, with its large texts in place: one command more, if there are any.

        Args:
            load: Reads; called again if parts of a text are gone by the time they are read.
            places: The documents, or maps in them, that hold texts or references as values.

        Raises:
            StoreError: ``kind="text_part"``; what is read names a part that is not there.
        """
        before: frozenset[str] = frozenset()
        for _ in rounds(_PART, None):
            loaded = load()
            missing = self._put_back(places(loaded))
            if not missing:
                break
            if missing & before:
                raise StoreError(_PART, min(missing & before), reason="it is named but not there")
            before = missing
        return loaded

    def purge(self, roots: Sequence[str], *, until: int | None = None) -> None:
        """Remove all parts of the roots, whose documents are gone by then.

        Args:
            roots: Which.
            until: When the documents went, in milliseconds, if others may have their ids since.
        """
        old = () if until is None else (Compare(path(TOUCHED), Operator.LE, until),)
        self._parts.delete_many([In(path(ROOT), tuple(roots)), *old])

    def sweep(self) -> int:
        """Remove the parts that no document names; how many went.

        Renewed parts stay: see ``GRACE``. A text that is named while this runs was touched by its
        writer first, so that the condition of the removal fails.
        """
        old = Compare(path(TOUCHED), Operator.LE, self._clock() - GRACE)
        by_id = (Order(path("_id")),)
        fields = (COLLECTION, HOLDER, TOUCHED)
        limit = min(_SWEEP_PAGE, self._driver.capabilities.limits.in_terms)
        swept, token = 0, None
        while True:
            page = self._parts.page([old], by_id, PageRequest(limit, token), dict, fields)
            swept += sum(
                self._parts.delete(part["_id"], when=(equals(TOUCHED, part[TOUCHED]),))
                for part in self._unnamed(page.items)
            )
            token = page.token
            if token is None:
                return swept

    def _unnamed(self, parts: Sequence[Document]) -> list[Document]:
        """The parts that their holders do not name."""
        holders: defaultdict[str, dict[str, None]] = defaultdict(dict)
        for part in parts:
            holders[part[COLLECTION]][part[HOLDER]] = None
        named: set[str] = set()
        for collection, keys in holders.items():
            where = [In(path("_id"), tuple(keys))]
            for document in Documents(self._driver, collection).scan(where):
                named.update(named_in(document))
        return [part for part in parts if part["_id"] not in named]

    def _store(self, parts: Sequence[Document]) -> None:
        """Have the parts, each touched now."""
        touched = self._clock()
        absent = {part["_id"]: {**part, TOUCHED: touched} for part in parts}
        for _ in rounds(_PART, next(iter(absent))):
            taken = self._parts.insert_many(list(absent.values()))
            for where in self._of(taken):
                self._parts.patch_many([where], Patch(set={TOUCHED: touched}))
            # Those that a sweeper removed between the two have to be inserted after all.
            there = {
                found["_id"]
                for where in self._of(taken)
                for found in self._parts.find([where], fields=())
            }
            absent = {key: absent[key] for key in taken - there}
            if not absent:
                return

    def _put_back(self, places: Iterable[Document]) -> frozenset[str]:
        """Texts in place of references, or the ids of parts that are not there."""
        references = [
            (place, name, tuple(value[PARTS]))
            for place in places
            for name, value in place.items()
            # Few values are maps: of pages, and of all spans of a trace, there are many others.
            if isinstance(value, dict) and is_reference(value)
        ]
        if not references:
            return frozenset()
        wanted = dict.fromkeys(chain.from_iterable(keys for _, _, keys in references))
        pieces: dict[str, bytes] = {
            part["_id"]: part[DATA]
            for where in self._of(wanted)
            for part in self._parts.find([where], fields=(DATA,))
        }
        missing = frozenset(wanted.keys() - pieces.keys())
        if not missing:
            unique = {keys for _, _, keys in references}
            texts = {keys: joined(pieces[key] for key in keys) for keys in unique}
            for place, name, keys in references:
                place[name] = texts[keys]
        return missing

    def _of(self, keys: Iterable[str]) -> Iterator[In]:
        """Filters that find documents by their ids: one, unless there are more than it may name."""
        for ids in batches(keys, self._driver.capabilities.limits.in_terms):
            yield In(path("_id"), ids)
