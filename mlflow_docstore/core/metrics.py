"""Rules of metric points: what is stored, which is latest, which are the same, how to sample.

All follow MLflow's SqlAlchemyStore: ``sanitize_metric_value``, how it finds the latest metric
(``_update_latest_metrics_if_necessary``) and samples (``_sample_rows_with_window_functions``).
"""

import math
import operator
import struct
import sys
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice, repeat
from typing import TypeAlias

LARGEST = sys.float_info.max

_FLOAT, _BITS, _LATEST = struct.Struct(">d"), struct.Struct(">Q"), struct.Struct(">QQQ")
_SIGN = 2**63
_ALL = 2**64 - 1

Point: TypeAlias = tuple[int, int, float, bool]
"""One value of a metric: timestamp, step, value, and whether it is NaN (the value then being 0).

The order of the fields is the order of a history. Plain tuples, as there are millions of them.
"""

INTEGERS, FLOATS = "q", "d"
"""The types of columns: eight bytes a value."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Points of a history, in its order and each once, field by field: a tenth of the memory.

    Args:
        timestamps: Of each.
        steps: Of each.
        values: Of each; 0 where it is NaN.
        nans: Positions of those that are NaN, ascending.
    """

    timestamps: "array[int]"
    steps: "array[int]"
    values: "array[float]"
    nans: Sequence[int]

    @classmethod
    def of(cls, points: Sequence[Point]) -> "Columns":
        """Points as columns."""
        timestamps, steps, values, are_nan = zip(*points, strict=True) if points else ((),) * 4
        nans = [position for position, is_nan in enumerate(are_nan) if is_nan]
        return cls(array(INTEGERS, timestamps), array(INTEGERS, steps), array(FLOATS, values), nans)

    def points(self) -> list[Point]:
        """The same points, each by itself."""
        points: list[Point] = list(zip(self.timestamps, self.steps, self.values, repeat(False)))
        for position in self.nans:
            points[position] = (*points[position][:3], True)
        return points


def sanitize(value: float) -> tuple[float, bool]:
    """The finite number that is stored for a value, and whether the value is NaN.

    NaN is stored as 0 beside its flag; an infinity as the largest finite number of its sign, which
    is what a reader gets back.
    """
    number = float(value)
    if -LARGEST <= number <= LARGEST:
        return number, False
    if math.isnan(number):
        return 0.0, True
    return math.copysign(LARGEST, number), False


def by_step(point: Point) -> tuple[int, int, float, bool]:
    """The key of the order that samples are taken in, and that "latest" is the greatest of."""
    timestamp, step, value, is_nan = point
    return (step, timestamp, value, is_nan)


def latest_key(point: Point) -> tuple[int, int, float, bool]:
    """The greatest is a metric's latest point; at the same place a number beats NaN."""
    timestamp, step, value, is_nan = point
    return (step, timestamp, value, not is_nan)


def order_key(point: Point) -> str:
    """A text that sorts as ``latest_key`` does.

    Every database compares texts alike; not all compare sub-documents, or huge floats, as they
    should. Steps and timestamps are of 64 bits.
    """
    timestamp, step, value, is_nan = point
    # Of a float, the bits sort as the number does once negative ones are inverted. -0.0 is 0.0.
    (bits,) = _BITS.unpack(_FLOAT.pack(value + 0.0))
    bits = ~bits & _ALL if bits & _SIGN else bits | _SIGN
    packed = _LATEST.pack(step + _SIGN, timestamp + _SIGN, bits)
    return f"{packed.hex()}{0 if is_nan else 1}"


def time_key(timestamp: int, step: int) -> str:
    """A text that sorts by timestamp, then by step. Both are of 64 bits."""
    return f"{timestamp + _SIGN:016x}{step + _SIGN:016x}"


def in_order(points: Iterable[Point]) -> list[Point]:
    """The points of a history, each once, by timestamp, step and value."""
    ordered = sorted(points)
    if any(map(operator.eq, ordered, islice(ordered, 1, None))):
        return list(dict.fromkeys(ordered))
    return ordered


def sample(ordered: Sequence[Point], limit: int) -> list[Point]:
    """At most ``limit`` points of a sequence, evenly spread over its rows.

    The rows are cut into ``limit`` buckets as SQL's NTILE does (sizes differ by at most one, larger
    ones first); the first row of each is taken, and the very last row in place of, or beside, the
    last of them.
    """
    if not ordered:
        return []
    buckets = min(limit, len(ordered))
    size, larger = divmod(len(ordered), buckets)
    taken = [ordered[bucket * size + min(bucket, larger)] for bucket in range(buckets)]
    if taken[-1] != ordered[-1]:
        if len(taken) >= limit:
            taken.pop()
        taken.append(ordered[-1])
    return taken
