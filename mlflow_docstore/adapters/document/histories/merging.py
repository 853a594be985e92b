"""Merging: many small chunks become few large ones.

Merging writes chunks of a higher level that hold the points of several, and then deletes those. So
there is no instant at which a point is missing, and an interrupted merge leaves repeats at worst,
which the next one takes along.

While a run goes on, what calls have left is gathered from time to time, a batch of several metrics
as it is. When it ends, points are sorted by metric.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
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
    unpack,
    unpack_points,
)
from mlflow_docstore.adapters.document.documents import Documents
from mlflow_docstore.adapters.document.driver import Document
from mlflow_docstore.core.query import Compare, Filter, In, Operator, Order, equals, path

from . import encoding

_WORTH_MERGING = 8
"""Chunks of one metric, or of several, that are left alone: reading so few costs nothing."""

_PORTION = 500_000
"""Points that are merged at a time, lest a long run takes all memory."""

_FEWEST = 2

_GATHERED = 1000
"""Chunks that a call makes few of: some times those that are there as a rule."""

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Shelf:
    """Chunks that are merged among each other.

    Args:
        chunks: The collection.
        owner: Which of it.
        labels: Fields that chunks must have in common, besides the metric.
        label: A new chunk of points of the run with those fields, as an old one has them.
        before_deletion: What to do between the last write and the first deletion.
    """

    chunks: Documents
    owner: tuple[Filter, ...]
    labels: tuple[str, ...] = ()
    label: Callable[[Document, Document], Document] = lambda new, _: new
    before_deletion: Callable[[], None] = lambda: None


def merge(shelf: Shelf) -> int:
    """Merge chunks, metric by metric, where there are many; how many were merged."""
    order = (Order(path(KEY)), Order(path("_id")))
    fields = (KEY, LEVEL, FIRST, COUNT, METRICS, *shelf.labels)
    groups: dict[tuple[str | None, ...], list[Document]] = {}
    for chunk in shelf.chunks.find(shelf.owner, order=order, fields=fields):
        groups.setdefault(tuple(chunk[name] for name in (KEY, *shelf.labels)), []).append(chunk)
    return sum(
        _merge_portion(shelf, portion)
        for group in groups.values()
        for portion in _portions(_worth_merging(group))
    )


def gather(chunks: Documents, run_id: str, key: str) -> int:
    """Make few chunks of those that calls have left, of one metric or of several; of how many.

    Those of several metrics become chunks of several again, so that it takes as many commands
    however many metrics there are. The oldest come first: where more are left than usual, the next
    time goes on.
    """
    shelf = Shelf(chunks, (equals(RUN, run_id),))
    where = [
        *shelf.owner,
        equals(KEY, key),
        equals(LEVEL, 0),
        Compare(path(COUNT), Operator.LT, encoding.CHUNK_POINTS // 2),
    ]
    order = (Order(path(FIRST)), Order(path("_id")))
    read = chunks.find(where, order=order, limit=_GATHERED)
    if len(read) < _FEWEST:
        return 0
    points = {name: unpack(these).points() for name, these in _by_key(read).items()}
    _replace(shelf, read, encoding.encode_chunks(run_id, points, level=1))
    return len(read)


def _worth_merging(chunks: Sequence[Document]) -> list[Document]:
    """Those that are small, if there are so many that fewer of them are read faster."""
    small = [chunk for chunk in chunks if _points_a_metric(chunk) < encoding.CHUNK_POINTS // 2]
    if len(small) <= _WORTH_MERGING and not any(map(_is_gathered, small)):
        return []
    # Chunks of several metrics become one or more a metric. More documents than before are worth
    # it only where a reader of one metric would have to go through many points of others.
    metrics = max(chunk.get(METRICS, 1) for chunk in small)
    if len(small) <= metrics and sum(chunk[COUNT] for chunk in small) < encoding.CHUNK_POINTS:
        return []
    return sorted(small, key=itemgetter(FIRST))


def _is_gathered(chunk: Document) -> bool:
    """Whether it is many batches of several metrics."""
    return bool(chunk[LEVEL]) and METRICS in chunk


def _points_a_metric(chunk: Document) -> float:
    """Of one of several metrics, however full it is, each has a part alone."""
    return float(chunk[COUNT] / chunk.get(METRICS, 1))


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


def _merge_portion(shelf: Shelf, portion: Sequence[Document]) -> int:
    level = 1 + max(int(chunk[LEVEL]) for chunk in portion)
    # By the index's fields alone, not by id: some databases use no index for both together.
    where = [
        *shelf.owner,
        *(equals(name, portion[0][name]) for name in shelf.labels if portion[0][name] is not None),
        equals(KEY, portion[0][KEY]),
        Compare(path(LEVEL), Operator.LT, level),
        Compare(path(FIRST), Operator.GE, portion[0][FIRST]),
        Compare(path(FIRST), Operator.LE, portion[-1][FIRST]),
    ]
    wanted = {chunk["_id"] for chunk in portion}
    # What was read, not what was listed: nothing goes whose points were not seen just now.
    read = [chunk for chunk in shelf.chunks.find(where) if chunk["_id"] in wanted]
    if read:
        _replace(shelf, read, _sorted_by_metric(read, level))
    return len(read)


def _replace(shelf: Shelf, read: Sequence[Document], made: Iterable[Document]) -> None:
    """Write the chunks that are made of others, then delete those."""
    shelf.chunks.insert_many([shelf.label(piece, read[0]) for piece in made])
    shelf.before_deletion()
    for ids in batched([chunk["_id"] for chunk in read]):
        shelf.chunks.delete_many([In(path("_id"), ids), *shelf.owner])


def _sorted_by_metric(chunks: Sequence[Document], level: int) -> Iterator[Document]:
    parts = _by_key(chunks)
    for key in sorted(parts):
        points = chain.from_iterable(map(unpack_points, parts[key]))
        yield from encoding.encode_pieces(chunks[0][RUN], key, points, level)


def _by_key(chunks: Sequence[Document]) -> dict[str, list[Packed]]:
    parts: dict[str, list[Packed]] = {}
    for chunk in chunks:
        for key, packed in packed_by_key(chunk).items():
            parts.setdefault(key, []).append(packed)
    return parts


def batched(ids: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Ids, as many at a time as every database takes."""
    rest = iter(ids)
    while batch := tuple(islice(rest, _BATCH)):
        yield batch
