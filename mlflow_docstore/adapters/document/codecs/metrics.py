"""Chunks of metric histories: columns of points, packed.

A chunk is known by its content, so that writing it again changes nothing. Columns are packed little
endian, eight bytes a value: a thousand points are 24 KB on the wire and decode in microseconds.

A chunk of one metric has its columns as fields. One of several metrics, as a batch is, has a value
a metric, so that a reader gets only those of the metric that it asks for.
"""

import struct
import sys
from array import array
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import accumulate, chain, pairwise, repeat
from operator import attrgetter
from typing import Literal, NamedTuple

from mlflow.entities import Metric

from mlflow_docstore.adapters.document.driver import Document
from mlflow_docstore.adapters.document.keys import digest, escape, unescape
from mlflow_docstore.core.errors import InvalidArgument
from mlflow_docstore.core.metrics import FLOATS, INTEGERS, Columns, Point, in_order

RUN = "run_id"
KEY = "key"
LEVEL = "level"
FIRST = "first"
LAST = "last"
COUNT = "count"
STEPS = "steps"
TIMESTAMPS = "timestamps"
VALUES = "values"
NANS = "nans"
"""Positions of the points that are NaN; the field is missing where there are none."""

COLUMNS = "columns"
"""Of several metrics: the columns of each, in one value. The other four are then missing."""

METRICS = "metrics"
"""How many metrics a chunk of several has."""

SEVERAL = ""
"""The ``key`` of a chunk of several metrics. By MLflow's rules none is called so, but one may be.

It sorts before all others, as chunks of several are merged into chunks of one: who reads along an
index sees a point before or after its move.
"""

BYTES_A_POINT = 24

_WIDTH = 8
_ORDER: Literal["little"] = "little"
_NAN = float("nan")
_INTEGER = struct.Struct("<q")
_LONE = struct.Struct("<qqqd")
"""The column of one point, as nearly all are while a run goes on: its size, and the point."""


class Packed(NamedTuple):
    """The points of one metric in a chunk, in order and each once.

    Args:
        first: The earliest timestamp.
        last: The latest.
        size: How many points.
        timestamps: Packed.
        steps: Packed.
        values: Packed.
        nans: Positions of those that are NaN.
    """

    first: int
    last: int
    size: int
    timestamps: bytes
    steps: bytes
    values: bytes
    nans: Sequence[int]


def encode_chunk(run_id: str, key: str, points: Sequence[Point], level: int = 0) -> Document:
    """The document of points of one metric.

    Args:
        run_id: Whose.
        key: Of which metric.
        points: In the order of a history, each once.
        level: How often they have been merged.

    Raises:
        InvalidArgument: ``kind="integer"``; a step or timestamp is not of 64 bits.
    """
    packed = _pack_points(points)
    timestamps, steps, values, nans = packed[3:]
    identity = digest(key, str(level), timestamps, steps, values, repr(nans))
    chunk: Document = {
        "_id": f"{run_id}-{identity}",
        RUN: run_id,
        KEY: key,
        LEVEL: level,
        FIRST: packed.first,
        LAST: packed.last,
        COUNT: packed.size,
        STEPS: steps,
        TIMESTAMPS: timestamps,
        VALUES: values,
    }
    return {**chunk, NANS: nans} if nans else chunk


def encode_several(run_id: str, points: Mapping[str, Sequence[Point]], level: int = 0) -> Document:
    """The document of points of several metrics, each in the order of a history and each once.

    Args:
        run_id: Whose.
        points: By metric.
        level: How often they have been merged.

    Raises:
        InvalidArgument: ``kind="integer"``; a step or timestamp is not of 64 bits.
    """
    columns = {key: _as_one(points[key]) for key in sorted(points)}
    # A batch as it is logged has the id that it had before there were levels of such chunks.
    merged = (str(level),) if level else ()
    identity = digest(SEVERAL, *merged, *columns, *columns.values())
    return {
        "_id": f"{run_id}-{identity}",
        RUN: run_id,
        KEY: SEVERAL,
        LEVEL: level,
        FIRST: min(these[0][0] for these in points.values()),
        LAST: max(these[-1][0] for these in points.values()),
        COUNT: sum(map(len, points.values())),
        METRICS: len(points),
        COLUMNS: {escape(key): column for key, column in columns.items()},
    }


def columns_path(key: str) -> str:
    """Where a metric's points are in a chunk of several."""
    return f"{COLUMNS}.{escape(key)}"


def fields_of(key: str) -> tuple[str, ...]:
    """What to read of chunks for the points of one metric."""
    alone = (STEPS, TIMESTAMPS, VALUES, NANS)
    return (RUN, KEY, LEVEL, FIRST, LAST, COUNT, *alone, columns_path(key))


def packed_of(document: Document, key: str) -> Packed | None:
    """The points of a metric in a chunk; None where it has none of it."""
    if STEPS in document:
        return _alone(document) if document[KEY] == key else None
    column = document.get(COLUMNS, {}).get(escape(key))
    return None if column is None else _apart(column)


def packed_by_key(document: Document) -> dict[str, Packed]:
    """The points of each metric in a chunk."""
    if STEPS in document:
        return {document[KEY]: _alone(document)}
    return {unescape(name): _apart(column) for name, column in document[COLUMNS].items()}


def unpack_points(packed: Packed) -> list[Point]:
    """The points themselves, in order."""
    return _joined([packed]).points()


def unpack(parts: Iterable[Packed]) -> Columns:
    """The points of one metric in several chunks, in order and each once.

    Only where chunks overlap does each point have to be looked at.
    """
    ordered = sorted(parts, key=attrgetter("first"))
    if any(before.last >= behind.first for before, behind in pairwise(ordered)):
        return Columns.of(in_order(chain.from_iterable(map(unpack_points, ordered))))
    return _joined(ordered)


def _joined(parts: Sequence[Packed]) -> Columns:
    """The points of chunks one behind the other."""
    starts = accumulate((packed.size for packed in parts), initial=0)
    return Columns(
        _unpack(INTEGERS, b"".join(packed.timestamps for packed in parts)),
        _unpack(INTEGERS, b"".join(packed.steps for packed in parts)),
        _unpack(FLOATS, b"".join(packed.values for packed in parts)),
        [
            start + position
            for start, packed in zip(starts, parts, strict=False)
            for position in packed.nans
        ],
    )


def decode_metrics(key: str, columns: Columns, **labels: str | None) -> list[Metric]:
    """Points as MLflow's entities, which have the labels as well."""
    values = columns.values[:]
    for position in columns.nans:
        values[position] = _NAN
    # By position: there can be a million, and to name what is passed takes longer by a third.
    make = partial(Metric, **labels) if labels else Metric
    return list(map(make, repeat(key), values, columns.timestamps, columns.steps))


def _pack_points(points: Sequence[Point]) -> Packed:
    timestamps, steps, values, are_nan = zip(*points, strict=True)
    return Packed(
        timestamps[0],
        timestamps[-1],
        len(points),
        _pack_integers(timestamps),
        _pack_integers(steps),
        _pack(FLOATS, values),
        [position for position, is_nan in enumerate(are_nan) if is_nan],
    )


def _alone(document: Document) -> Packed:
    return Packed(
        document[FIRST],
        document[LAST],
        document[COUNT],
        document[TIMESTAMPS],
        document[STEPS],
        document[VALUES],
        document.get(NANS, ()),
    )


def _as_one(points: Sequence[Point]) -> bytes:
    """How many points, their columns, and the positions of those that are NaN."""
    if len(points) == 1 and not points[0][3]:
        try:
            return _LONE.pack(1, *points[0][:3])
        except struct.error:
            return _as_many(points)  # That it cannot be packed either, this says as it should.
    return _as_many(points)


def _as_many(points: Sequence[Point]) -> bytes:
    """Like ``_as_one``, whatever the points."""
    packed = _pack_points(points)
    size = packed.size.to_bytes(_WIDTH, _ORDER)
    columns = (packed.timestamps, packed.steps, packed.values)
    return b"".join((size, *columns, _pack(INTEGERS, packed.nans)))


def _apart(column: bytes) -> Packed:
    # Step by step, and no array where no point is NaN: most columns are of few points, and many.
    width = _WIDTH * int.from_bytes(column[:_WIDTH], _ORDER)
    steps, values = _WIDTH + width, _WIDTH + 2 * width
    nans = values + width
    (first,) = _INTEGER.unpack_from(column, _WIDTH)
    (last,) = _INTEGER.unpack_from(column, steps - _WIDTH)
    return Packed(
        first,
        last,
        width // _WIDTH,
        column[_WIDTH:steps],
        column[steps:values],
        column[values:nans],
        _unpack(INTEGERS, column[nans:]) if len(column) > nans else (),
    )


def _pack_integers(numbers: Sequence[int]) -> bytes:
    try:
        return _pack(INTEGERS, numbers)
    except OverflowError as error:
        raise InvalidArgument("integer", max(numbers, key=abs)) from error


def _pack(code: str, numbers: Sequence[int] | Sequence[float]) -> bytes:
    if not numbers:
        return b""
    column = array(code, numbers)
    if sys.byteorder == "big":
        column.byteswap()
    return column.tobytes()


def _unpack(code: str, packed: bytes) -> array:  # type: ignore[type-arg]
    column = array(code)
    column.frombytes(packed)
    if sys.byteorder == "big":
        column.byteswap()
    return column
