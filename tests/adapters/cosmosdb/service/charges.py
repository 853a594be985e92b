"""Request units, by Microsoft's published costs.

What items cost by their size, and the sums that writes come to, are those of
https://learn.microsoft.com/azure/cosmos-db/understand-request-unit-consumption, for one region and
session consistency. A write puts an item, or removes it, or does both where it replaces one: a
replace costs twice what a create does. Each indexed value that it puts or removes costs more, and
so does each operation of a patch. A feed costs what its items do, one by one.

Of queries that page names what drives their cost, and no number. Here a query costs a floor for
each physical partition that it asks, and a tenth of a point read for each item that it loads: those
that the index leaves, whether or not they match. Both are on the high side of the examples that
https://learn.microsoft.com/azure/cosmos-db/nosql/troubleshoot-query-performance gives: 2.98 RU for
one item by an indexed value, 4,059.95 RU for a scan of 60,951 items of 6.5 KB, which would be 7,600
here. No page says what refusals and metadata cost: 1 here. Figures compare one way with another;
they are no bill.
"""

from bisect import bisect_left
from collections.abc import Hashable, Iterable
from dataclasses import dataclass

_KB = 1024
_COSTS = (
    (1 * _KB, 1.00, 4.95),
    (2 * _KB, 1.04, 6.29),
    (4 * _KB, 1.14, 6.67),
    (8 * _KB, 1.33, 7.04),
    (16 * _KB, 1.67, 9.52),
    (32 * _KB, 2.19, 11.23),
    (64 * _KB, 4.76, 22.67),
    (128 * _KB, 9.95, 48.19),
    (256 * _KB, 20.28, 98.29),
    (512 * _KB, 40.95, 184.57),
    (1024 * _KB, 145.90, 625.0),
    (2048 * _KB, 291.80, 1250.0),
)
"""Bytes of an item, RU of a point read, RU of putting or removing it. Between two: a line."""
_TERM = 0.2
_OPERATION = 0.4
_FLOOR = 2.3
_LOADED = 0.1


@dataclass(frozen=True, slots=True)
class Weight:
    """What the cost of an item depends on.

    Args:
        size: Its bytes.
        terms: What indexes hold of it.
    """

    size: int
    terms: frozenset[Hashable] = frozenset()


def _cost(size: int, column: int) -> float:
    place = bisect_left([one[0] for one in _COSTS], size)
    if place == 0:
        return float(_COSTS[0][column])
    low, high = _COSTS[place - 1], _COSTS[min(place, len(_COSTS) - 1)]
    if low is high:
        return float(high[column])
    share = (size - low[0]) / (high[0] - low[0])
    return float(low[column] + share * (high[column] - low[column]))


def read(size: int) -> float:
    return _cost(size, 1)


def write(before: Weight | None, after: Weight | None, operations: int = 0) -> float:
    """Of an item as it was and is, which is None where there is none; ``operations`` patch it."""
    one, other = (weight.terms if weight else frozenset() for weight in (before, after))
    sizes = [weight.size for weight in (before, after) if weight]
    kept = sum(_cost(size, 2) for size in sizes)
    return kept + _TERM * len(one ^ other) + _OPERATION * operations


def query(partitions: int, loaded: Iterable[int]) -> float:
    """Of the sizes of items that were loaded."""
    return _FLOOR * partitions + _LOADED * sum(map(read, loaded))


def feed(sizes: Iterable[int]) -> float:
    return sum(map(read, sizes))
