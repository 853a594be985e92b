"""Histories of metrics: append-only chunks, a batch in one, and how they are read.

A chunk is never changed. A batch of one metric is a chunk of that metric; one of several metrics is
a chunk of several, which every reader of one of them looks into. Merging (see ``merging``) sorts
points by metric, and moves them in such a way that who scans a history by level, ascending, sees
each point before or after its move, or both, and drops repeats.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from mlflow_docstore.adapters.document.codecs.metrics import (
    FIRST,
    KEY,
    LAST,
    LEVEL,
    RUN,
    SEVERAL,
    Packed,
    fields_of,
    packed_of,
    unpack,
    unpack_points,
)
from mlflow_docstore.adapters.document.documents import Documents
from mlflow_docstore.adapters.document.driver import Document, Driver, Inserts
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
    require_scalar,
)

from .merging import Shelf, gather, merge
from .tails import Tails

_BY_LEVEL = (Order(path(LEVEL)), Order(path(FIRST)), Order(path("_id")))


class Chunks:
    """The chunks of all runs.

    Args:
        driver: The database.
    """

    def __init__(self, driver: Driver) -> None:
        self._chunks = Documents(driver, METRICS)
        self._tails = Tails()

    def append(self, chunks: Sequence[Document]) -> None:
        """Store new chunks. One command; a repeat changes nothing."""
        if chunks:
            self._chunks.insert_many(chunks)

    def inserts(self, chunks: Sequence[Document]) -> Inserts | None:
        """New chunks, to be stored beside a patch."""
        return self._chunks.inserts(chunks) if chunks else None

    def columns(self, run_id: str, key: str) -> Columns:
        """All points of a metric, each once, by timestamp, step and value."""
        if not _is_name(key):
            return Columns.of([])
        where = [equals(RUN, run_id), _holding(key)]
        found = self._chunks.find(where, order=_BY_LEVEL, fields=fields_of(key))
        return unpack(_packed(found, key))

    def history(self, run_id: str, key: str) -> list[Point]:
        """Like ``columns``, as points."""
        return self.columns(run_id, key).points()

    def histories(self, run_ids: Sequence[str], key: str) -> dict[str, Columns]:
        """Like ``columns``, of several runs."""
        if not _is_name(key):
            return {}
        where = [one_of(RUN, tuple(run_ids)), _holding(key)]
        parts: dict[str, list[Packed]] = {}
        for chunk in self._chunks.find(where, order=_BY_LEVEL, fields=fields_of(key)):
            parts.setdefault(chunk[RUN], []).extend(_packed([chunk], key))
        return {run_id: unpack(these) for run_id, these in parts.items() if these}

    def after(self, run_id: str, key: str, last: Point | None, limit: int) -> list[Point]:
        """The first ``limit`` points of a history behind ``last``; None for its beginning.

        Each level is read until no chunk ahead can hold an earlier point, so that a page costs what
        it returns where chunks do not overlap, as those of a metric that is logged in time order.
        """
        if not _is_name(key):
            return []
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
        where = [equals(RUN, run_id), _holding(key), Compare(path(LEVEL), Operator.GE, level)]
        if last is not None:
            where.append(Compare(path(LAST), Operator.GE, last[0]))
        points: list[Point] = []
        end = None
        for chunk in self._chunks.scan(where, order=_BY_LEVEL, fields=fields_of(key)):
            if end is not None and end < chunk[FIRST]:
                return in_order(points)[:limit], chunk[LEVEL]
            found = chain.from_iterable(map(unpack_points, _packed([chunk], key)))
            points += (point for point in found if last is None or point > last)
            # Sorted but once in a page's worth of points: chunks may be of one point each.
            if len(points) >= (limit if end is None else 2 * limit):
                points = in_order(points)[:limit]
                end = points[-1][0] if len(points) == limit else None
        return in_order(points)[:limit], None

    def gather(self, run_id: str, stored: Sequence[Document]) -> int:
        """Having stored chunks of a run, gather those that have become many; how many they were."""
        long = [chunk[KEY] for chunk in stored if self._tails.grow(run_id, chunk[KEY])]
        return sum(gather(self._chunks, run_id, key) for key in long)

    def merge(self, run_id: str) -> int:
        """Merge the chunks of each metric of a run that has many; how many were merged."""
        return merge(Shelf(self._chunks, (equals(RUN, run_id),)))

    def purge(self, run_id: str) -> None:
        """Remove all chunks of a run."""
        self._chunks.delete_many([equals(RUN, run_id)])


def _is_name(key: object) -> bool:
    """Whether a metric can be called so; callers who ignore the type hints ask for other things."""
    require_scalar(key)
    return isinstance(key, str)


def _holding(key: str) -> Filter:
    """Chunks of a metric, and those of several.

    Whether it is one of the several is not asked here: alternatives keep some planners from using
    the index at all, and of a chunk without it no more than its head is read.
    """
    return In(path(KEY), (key, SEVERAL))


def _packed(chunks: Iterable[Document], key: str) -> Iterator[Packed]:
    found = (packed_of(chunk, key) for chunk in chunks)
    return (packed for packed in found if packed is not None)
