"""Histories of metrics: append-only chunks, and their merging.

A chunk is never changed. Merging writes chunks of a higher level that hold the points of several,
and then deletes those; who scans a history by level, ascending, sees each point before or after its
move, or both, and drops repeats. So there is no instant at which a point is missing, and an
interrupted merge leaves repeats at worst, which the next one takes along.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, groupby, islice

from mlflow_docstore.adapters.document.codecs.metrics import (
    COUNT,
    FIRST,
    KEY,
    LAST,
    LEVEL,
    RUN,
    decode_chunk,
    decode_chunks,
    encode_chunk,
)
from mlflow_docstore.adapters.document.documents import Documents
from mlflow_docstore.adapters.document.driver import Document, Driver
from mlflow_docstore.adapters.document.layout import METRICS
from mlflow_docstore.adapters.document.queries.fields import one_of
from mlflow_docstore.core.metrics import Columns, Point, in_order
from mlflow_docstore.core.query import (
    Compare,
    Filter,
    In,
    Operator,
    Order,
    equals,
    path,
)

CHUNK_POINTS = 20_000
"""Points of a full chunk: 480 KB, far below the smallest limit of a document."""

_WORTH_MERGING = 8
"""Chunks of one metric that are left alone: reading so few costs nothing."""

_DELETE_BATCH = 500

_BY_LEVEL = (Order(path(LEVEL)), Order(path(FIRST)), Order(path("_id")))


class Chunks:
    """The chunks of all runs.

    Args:
        driver: The database.
    """

    def __init__(self, driver: Driver) -> None:
        self._chunks = Documents(driver, METRICS)

    def append(self, chunks: Sequence[Document]) -> None:
        """Store new chunks. One command; a repeat changes nothing."""
        if chunks:
            self._chunks.insert_many(chunks)

    def columns(self, run_id: str, key: str) -> Columns:
        """All points of a metric, each once, by timestamp, step and value."""
        return decode_chunks(self._chunks.find(_of(run_id, key), order=_BY_LEVEL))

    def history(self, run_id: str, key: str) -> list[Point]:
        """Like ``columns``, as points."""
        return self.columns(run_id, key).points()

    def histories(self, run_ids: Sequence[str], key: str) -> dict[str, Columns]:
        """Like ``columns``, of several runs."""
        where = [one_of(RUN, tuple(run_ids)), equals(KEY, key)]
        chunks: dict[str, list[Document]] = {}
        for chunk in self._chunks.find(where, order=_BY_LEVEL):
            chunks.setdefault(chunk[RUN], []).append(chunk)
        return {run_id: decode_chunks(these) for run_id, these in chunks.items()}

    def after(self, run_id: str, key: str, last: Point | None, limit: int) -> list[Point]:
        """The first ``limit`` points of a history behind ``last``; None for its beginning.

        Each level is read until no chunk ahead can hold an earlier point, so that a page costs what
        it returns where chunks do not overlap, as those of a metric that is logged in time order.
        """
        taken: list[Point] = []
        level = 0
        while True:
            found, end = self._level_after(run_id, key, last, limit, level)
            taken = in_order([*taken, *found])[:limit]
            if end is None:
                return taken
            level = end + 1

    def _level_after(
        self, run_id: str, key: str, last: Point | None, limit: int, level: int
    ) -> tuple[list[Point], int | None]:
        """Points from ``level`` up; the level at which reading stopped early, None at the end."""
        where = [*_of(run_id, key), Compare(path(LEVEL), Operator.GE, level)]
        if last is not None:
            where.append(Compare(path(LAST), Operator.GE, last[0]))
        points: list[Point] = []
        end = None
        for chunk in self._chunks.scan(where, order=_BY_LEVEL):
            if end is not None and end < chunk[FIRST]:
                return in_order(points)[:limit], chunk[LEVEL]
            points += (point for point in decode_chunk(chunk) if last is None or point > last)
            # Sorted but once in a page's worth of points: chunks may be of one point each.
            if len(points) >= (limit if end is None else 2 * limit):
                points = in_order(points)[:limit]
                end = points[-1][0] if len(points) == limit else None
        return in_order(points)[:limit], None

    def merge(self, run_id: str) -> int:
        """Merge the chunks of each metric of a run that has many; how many chunks went."""
        fields = (KEY, LEVEL, COUNT)
        order = (Order(path(KEY)), Order(path("_id")))
        listed = self._chunks.find([equals(RUN, run_id)], order=order, fields=fields)
        return sum(
            self._merge_metric(run_id, key, list(chunks))
            for key, chunks in groupby(listed, key=lambda chunk: str(chunk[KEY]))
        )

    def _merge_metric(self, run_id: str, key: str, chunks: list[Document]) -> int:
        small = [chunk for chunk in chunks if chunk[COUNT] < CHUNK_POINTS // 2]
        if len(small) <= _WORTH_MERGING:
            return 0
        level = 1 + max(int(chunk[LEVEL]) for chunk in small)
        # By the index's fields alone, not by id: some databases use no index for both together.
        where = [*_of(run_id, key), Compare(path(LEVEL), Operator.LT, level)]
        wanted = {chunk["_id"] for chunk in small}
        read = [
            chunk for chunk in self._chunks.find(where, order=_BY_LEVEL) if chunk["_id"] in wanted
        ]
        points = chain.from_iterable(map(decode_chunk, read))
        pieces = _pieces(run_id, key, points, level)
        self._chunks.insert_many(pieces)
        # What was read, not what was listed: nothing goes whose points were not seen just now.
        for batch in _batches([chunk["_id"] for chunk in read]):
            self._chunks.delete_many([In(path("_id"), batch), equals(RUN, run_id)])
        return len(read) - len(pieces)

    def purge(self, run_id: str) -> None:
        """Remove all chunks of a run."""
        self._chunks.delete_many([equals(RUN, run_id)])


def encode_chunks(run_id: str, points: Mapping[str, Sequence[Point]]) -> list[Document]:
    """New points by metric, as chunks: one a metric, unless that would be too large.

    Raises:
        InvalidArgument: ``kind="integer"``; a step or timestamp is not of 64 bits.
    """
    return [piece for key, these in points.items() for piece in _pieces(run_id, key, these)]


def _pieces(run_id: str, key: str, points: Iterable[Point], level: int = 0) -> list[Document]:
    ordered = in_order(points)
    return [
        encode_chunk(run_id, key, ordered[at : at + CHUNK_POINTS], level)
        for at in range(0, len(ordered), CHUNK_POINTS)
    ]


def _of(run_id: str, key: str) -> list[Filter]:
    return [equals(RUN, run_id), equals(KEY, key)]


def _batches(ids: Sequence[str]) -> Iterator[tuple[str, ...]]:
    rest = iter(ids)
    while batch := tuple(islice(rest, _DELETE_BATCH)):
        yield batch
