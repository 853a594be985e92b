"""Orders that an index of the layout has, behind the fields that a filter fixes.

A query that sorts by the whole index, fixed fields and all, is filtered and sorted by it, and its
page costs no more than itself. See "Queries with a filter and ORDER BY" at
https://learn.microsoft.com/azure/cosmos-db/index-policy#composite-indexes: such an index has rows
that lack a field as well.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import chain, islice
from typing import TypeVar

from azure.cosmos.exceptions import CosmosHttpResponseError
from azure.cosmos.http_constants import StatusCodes

from mlflow_docstore.adapters.document.driver import Document, Find
from mlflow_docstore.adapters.document.layout import LAYOUT
from mlflow_docstore.adapters.document.rules.orders import Position, SortOrder
from mlflow_docstore.core.errors import Unsupported
from mlflow_docstore.core.query import (
    And,
    Compare,
    Filter,
    Operator,
    Or,
    Order,
    all_of,
)

from .compiler import ROOT, reference
from .indexing import composite_keys
from .keys import fixed_by
from .values import is_large, stored_path

T = TypeVar("T")

Keys = tuple[tuple[str, int], ...]

_COMPOSITES: Mapping[str, tuple[Keys, ...]] = {
    one.name: tuple(composite_keys(index) for index in one.indexes if len(index.keys) > 1)
    for one in LAYOUT.collections
}


_BEYOND = {
    False: (Operator.GT, Operator.GE),
    True: (Operator.LT, Operator.LE),
}


@dataclass(frozen=True, slots=True)
class Walk:
    """A way through an index.

    Args:
        keys: Its paths and directions, in which it is walked.
        order: Those of them that were asked for.
        after: Their values in the row that it starts behind; none to start at the first.
    """

    keys: Keys
    order: tuple[Order, ...]
    after: tuple[str | int | float | bool, ...]

    @property
    def text(self) -> str:
        """As SQL."""
        return order_by(self.keys)

    def behind(self) -> Filter:
        """What is left of the index: first the range that it starts in."""
        behind: Filter = And()
        for key, value in reversed([*zip(self.order, self.after, strict=False)]):
            beyond, from_here = _BEYOND[key.descending]
            first, rest = Compare(key.field, beyond, value), behind
            behind = first
            if rest != And():
                tied = all_of(Compare(key.field, Operator.EQ, value), rest)
                behind = And((Compare(key.field, from_here, value), Or((first, tied))))
        return behind


def exactly(
    rows: Iterable[tuple[Position, Document]], order: SortOrder
) -> Iterator[tuple[Position, Document]]:
    """Rows that the service has sorted by doubles, in the order of their numbers.

    Those that no double tells apart are held until the last of them; all others go on at once.
    """
    held: list[tuple[Position, Document]] = []
    common: Position | None = None
    for row in rows:
        knot = _knot(row[0])
        if held and knot != common:
            yield from sorted(held, key=lambda one: order.place(one[0]))
            held = []
        if knot is None:
            yield row
        else:
            held.append(row)
        common = knot
    yield from sorted(held, key=lambda one: order.place(one[0]))


def order_by(keys: Iterable[tuple[str, int]]) -> str:
    """An order as SQL."""
    parts = (
        f"{reference(ROOT, stored_path(name))}{' DESC' if way < 0 else ''}" for name, way in keys
    )
    return f" ORDER BY {', '.join(parts)}"


def walk_of(collection: str, query: Find) -> Walk | None:
    """How an index serves an order, if one does; of several the one that narrows most."""
    order = tuple(key for key in query.order if isinstance(key, Order) and not key.optional)
    after = tuple(value for value in query.after or () if value is not None)
    if len(order) < len(query.order) or len(after) < len(query.after or ()):
        return None
    if len(after) not in {0, len(order)}:
        return None
    fixed = {name for name, value in fixed_by(query.where).items() if value is not None}
    found = [
        (first, keys)
        for keys in _COMPOSITES.get(collection, ())
        for first in range(len(keys))
        if _is_served(order, keys[first:]) and fixed.issuperset(name for name, _ in keys[:first])
    ]
    if not found:
        return None
    first, keys = max(found)
    if _ways(order)[0] != keys[first][1]:
        keys = tuple((name, -way) for name, way in keys)
    return Walk(keys, order, after)


def _is_served(order: Sequence[Order], keys: Keys) -> bool:
    """Whether an order is that of some keys, either way; the id, which all have, may come last."""
    rest = dict(keys[len(order) :])
    names = [name for name, _ in keys[: len(order)]]
    if [key.field.name for key in order] != names or rest.keys() - {"_id"}:
        return False
    ways = [way for _, way in keys[: len(order)]]
    return _ways(order) in (ways, [-way for way in ways])


def _ways(order: Sequence[Order]) -> list[int]:
    return [-1 if key.descending else 1 for key in order]


def _knot(position: Position) -> Position | None:
    """What rows share that the service may have in any order: all before a number that no double
    is, and the double; or before a value that is null or missing. None where that is nothing."""
    for place, value in enumerate(position):
        if value is None:
            return (*position[:place], None)
        if is_large(value):
            return (*position[:place], float(value))
    return None


class Unserved(Unsupported):
    """The container has no index that an order needs."""


@contextmanager
def unserved(order: str) -> Iterator[None]:
    """Around a query in an order: the service tells so by no status of its own."""
    try:
        yield
    except CosmosHttpResponseError as error:
        if not order or error.status_code != StatusCodes.BAD_REQUEST:
            raise
        raise Unserved("order", order) from error


def first_served(ways: Iterator[Iterator[T]]) -> Iterator[T]:
    """What is found by the first way that the container's indexes serve: they can be dropped."""
    for found in ways:
        with suppress(Unserved):
            first = list(islice(found, 1))
            return chain(first, found)
    raise AssertionError
