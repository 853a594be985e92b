"""Request units, by Microsoft's published costs.

Reads and writes by size: https://learn.microsoft.com/azure/cosmos-db/request-units and
https://learn.microsoft.com/azure/cosmos-db/key-value-store-cost. A replace costs the same here.
Pages give no formula for queries: this one charges a floor for each physical partition asked, and a
tenth of a point read for each document loaded, the one thing that they say costs grow with. Figures
compare one shape of a query with another; they are no bill.
"""

from bisect import bisect_left
from collections.abc import Iterable

_KB = 1024
_COSTS = (
    (1 * _KB, 1.00, 4.95),
    (4 * _KB, 1.14, 6.67),
    (16 * _KB, 1.67, 9.52),
    (64 * _KB, 4.76, 22.67),
    (256 * _KB, 20.0, 98.0),
    (1024 * _KB, 146.0, 625.0),
    (2048 * _KB, 292.0, 1250.0),
)
"""Bytes of an item, RU of a point read, RU of a write."""
_FLOOR = 2.3
_LOADED = 0.1
METADATA = 1.0


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


def write(size: int) -> float:
    return _cost(size, 2)


def query(partitions: int, loaded: Iterable[int]) -> float:
    """Of the sizes of documents that were loaded."""
    return _FLOOR * partitions + _LOADED * sum(map(read, loaded))
