"""Orders for databases that sort by an index or not at all: read there, sorted here, in bounds.

Where the first sort key has an index, documents arrive in its order, and only those that it leaves
tied are sorted here, and held meanwhile. Otherwise the ids and sort values of all that matches are
read, no more of them kept than the result has rows, and the documents of these fetched by id.
"""

import heapq
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby, islice
from typing import Any

from mlflow_docstore.adapters.document.driver import Document, Find, Row
from mlflow_docstore.adapters.document.races import rounds
from mlflow_docstore.core.query import (
    BestElement,
    Compare,
    Filter,
    In,
    Operator,
    SortKey,
    all_of,
    path,
)

from .orders import Position, SortOrder
from .paths import outermost, shower, widened
from .predicates import PredicateCompiler

_FETCHED = 500
"""Documents that are fetched by one filter on their ids."""

Read = Callable[[Find], Iterator[Document]]


@dataclass(frozen=True, slots=True)
class Sorting:
    """Ordered reads over reads in the order of one indexed field, or in none.

    Args:
        read: Reads a query whose order is empty, or one field that the database can sort by.
        walks: Whether the database can sort by a key, alone.
        in_terms: The most terms in one membership test.
    """

    read: Read
    walks: Callable[[SortKey], bool]
    in_terms: int

    def rows(self, query: Find) -> Iterator[Row]:
        """The rows of a query, in its order."""
        order = SortOrder(query.order, PredicateCompiler(self.in_terms))
        if not self.walks(query.order[0]):
            return self._selected(query, order)
        found = islice(self._walked(query, order), query.limit)
        return found if query.join is None else self._fetched(query, list(found))

    def _walked(self, query: Find, order: SortOrder) -> Iterator[Row]:
        """Documents in the order of the first key, those that it leaves tied sorted here."""
        (first, *_), after = query.order, query.after
        where = query.where if after is None else all_of(query.where, _from(first, after[0]))
        show, fields = shower(query.fields), widened(query.fields, _paths(query.order))
        inner = Find(where, (first,), fields=fields)
        placed = ((order.position(document), document) for document in self.read(inner))
        for _, tied in groupby(placed, key=lambda row: row[0][0]):
            for position, document in _sorted(tied, order, after):
                yield Row(show(document), position)

    def _selected(self, query: Find, order: SortOrder) -> Iterator[Row]:
        """Of all that matches the first rows, by what they are sorted by."""
        inner = Find(query.where, fields=outermost(_paths(query.order)))
        for _ in rounds("find", None):
            placed = ((order.position(one), one["_id"]) for one in self.read(inner))
            chosen = _first(placed, order, query)
            rows = [Row({"_id": key}, position) for position, key in chosen]
            found = list(self._fetched(query, rows))
            # One that went meanwhile would leave the page short, as if nothing followed.
            if len(found) == len(rows):
                break
        return iter(found)

    def _fetched(self, query: Find, rows: list[Row]) -> Iterator[Row]:
        """The documents of rows that still match, as the query wants them."""
        size = min(_FETCHED, self.in_terms)
        for at in range(0, len(rows), size):
            these = rows[at : at + size]
            ids = In(path("_id"), tuple(row.document["_id"] for row in these))
            inner = Find(all_of(query.where, ids), fields=query.fields, join=query.join)
            found = {one["_id"]: one for one in self.read(inner)}
            for row in these:
                if row.document["_id"] in found:
                    yield replace(row, document=found[row.document["_id"]])


def _from(key: SortKey, value: Any) -> Filter:
    """What sorts with a value or behind it, in a key that every document has."""
    operator = Operator.LE if key.descending else Operator.GE
    return Compare(_field(key), operator, value)


def _field(key: SortKey) -> Any:
    return key.array if isinstance(key, BestElement) else key.field


def _paths(order: Iterable[SortKey]) -> list[str]:
    """What an order looks at."""
    return [_field(key).name for key in order]


def _sorted(
    rows: Iterable[tuple[Position, Document]], order: SortOrder, after: Position | None
) -> list[tuple[Position, Document]]:
    kept = [(order.place(row[0]), row) for row in rows]
    if after is not None:
        behind = order.place(after)
        kept = [one for one in kept if behind < one[0]]
    kept.sort(key=lambda one: one[0])
    return [row for _, row in kept]


def _first(
    rows: Iterable[tuple[Position, str]], order: SortOrder, query: Find
) -> list[tuple[Position, str]]:
    """The first rows behind where the query starts: as many are held as it wants, and one."""
    if query.after is not None:
        behind = order.place(query.after)
        rows = (row for row in rows if behind < order.place(row[0]))
    if query.limit is None:
        return sorted(rows, key=lambda row: order.place(row[0]))
    return heapq.nsmallest(query.limit, rows, key=lambda row: order.place(row[0]))
