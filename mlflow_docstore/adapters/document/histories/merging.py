"""Merging: many small chunks become few large ones, each of one metric.

Merging writes chunks of a higher level that hold the points of several, and then deletes those. So
there is no instant at which a point is missing, and an interrupted merge leaves repeats at worst,
which the next one takes along.
"""

from collections.abc import Iterator, Sequence
from itertools import chain, groupby, islice
from operator import itemgetter

from mlflow_docstore.adapters.document.codecs.metrics import (
    COUNT,
    FIRST,
    KEY,
    LEVEL,
    METRICS,
    RUN,
    Packed,
    packed_by_key,
    unpack_points,
)
from mlflow_docstore.adapters.document.documents import Documents
from mlflow_docstore.adapters.document.driver import Document
from mlflow_docstore.core.query import Compare, In, Operator, Order, equals, path

from . import encoding

_WORTH_MERGING = 8
"""Chunks of one metric, or of several, that are left alone: reading so few costs nothing."""

_PORTION = 500_000
"""Points that are merged at a time, lest a long run takes all memory."""

_DELETE_BATCH = 500


def merge(chunks: Documents, run_id: str) -> int:
    """Merge a run's chunks, metric by metric, where there are many; how many were merged."""
    order = (Order(path(KEY)), Order(path("_id")))
    fields = (KEY, LEVEL, FIRST, COUNT, METRICS)
    listed = chunks.find([equals(RUN, run_id)], order=order, fields=fields)
    return sum(
        _merge_portion(chunks, run_id, key, portion)
        for key, group in groupby(listed, key=itemgetter(KEY))
        for portion in _portions(_worth_merging(list(group)))
    )


def _worth_merging(chunks: Sequence[Document]) -> list[Document]:
    """Those that are small, if there are so many that fewer of them are read faster."""
    small = [chunk for chunk in chunks if chunk[COUNT] < encoding.CHUNK_POINTS // 2]
    if len(small) <= _WORTH_MERGING:
        return []
    # Chunks of several metrics become one or more a metric. More documents than before are worth
    # it only where a reader of one metric would have to go through many points of others.
    metrics = max(chunk.get(METRICS, 1) for chunk in small)
    if len(small) <= metrics and sum(chunk[COUNT] for chunk in small) < encoding.CHUNK_POINTS:
        return []
    return sorted(small, key=itemgetter(FIRST))


def _portions(chunks: Sequence[Document]) -> Iterator[list[Document]]:
    portion: list[Document] = []
    points = 0
    for chunk in chunks:
        portion.append(chunk)
        points += chunk[COUNT]
        if points >= _PORTION:
            yield portion
            portion, points = [], 0
    if portion:
        yield portion


def _merge_portion(chunks: Documents, run_id: str, key: str, portion: Sequence[Document]) -> int:
    level = 1 + max(int(chunk[LEVEL]) for chunk in portion)
    # By the index's fields alone, not by id: some databases use no index for both together.
    where = [
        equals(RUN, run_id),
        equals(KEY, key),
        Compare(path(LEVEL), Operator.LT, level),
        Compare(path(FIRST), Operator.GE, portion[0][FIRST]),
        Compare(path(FIRST), Operator.LE, portion[-1][FIRST]),
    ]
    wanted = {chunk["_id"] for chunk in portion}
    read = [chunk for chunk in chunks.find(where) if chunk["_id"] in wanted]
    chunks.insert_many(_sorted_by_metric(run_id, read, level))
    # What was read, not what was listed: nothing goes whose points were not seen just now.
    for batch in _batches([chunk["_id"] for chunk in read]):
        chunks.delete_many([In(path("_id"), batch), equals(RUN, run_id)])
    return len(read)


def _sorted_by_metric(run_id: str, chunks: Sequence[Document], level: int) -> list[Document]:
    parts: dict[str, list[Packed]] = {}
    for chunk in chunks:
        for key, packed in packed_by_key(chunk).items():
            parts.setdefault(key, []).append(packed)
    return [
        piece
        for key in sorted(parts)
        for piece in encoding.encode_pieces(
            run_id, key, chain.from_iterable(map(unpack_points, parts[key])), level
        )
    ]


def _batches(ids: Sequence[str]) -> Iterator[tuple[str, ...]]:
    rest = iter(ids)
    while batch := tuple(islice(rest, _DELETE_BATCH)):
        yield batch
