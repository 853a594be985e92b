"""From points to chunks, none of which is too large."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

from mlflow_docstore.adapters.document.codecs.metrics import (
    BYTES_A_POINT,
    encode_chunk,
    encode_several,
)
from mlflow_docstore.adapters.document.driver import Document
from mlflow_docstore.adapters.document.keys import escape
from mlflow_docstore.core.metrics import Point, in_order

CHUNK_POINTS = 20_000
"""Points of a full chunk: 480 KB, far below the smallest limit of a document."""

_BYTES_A_METRIC = 32
"""What a metric costs in a chunk of several, besides its name and its points."""


def encode_chunks(
    run_id: str, points: Mapping[str, Sequence[Point]], level: int = 0
) -> list[Document]:
    """Points by metric, as chunks: one for all, unless that would be too large.

    Raises:
        InvalidArgument: ``kind="integer"``; a step or timestamp is not of 64 bits.
    """
    return list(chain.from_iterable(_encode(run_id, batch, level) for batch in _batches(points)))


def encode_pieces(
    run_id: str, key: str, points: Iterable[Point], level: int = 0
) -> Iterator[Document]:
    """Points of one metric, as full chunks and a last one."""
    ordered = in_order(points)
    for at in range(0, len(ordered), CHUNK_POINTS):
        yield encode_chunk(run_id, key, ordered[at : at + CHUNK_POINTS], level)


def _batches(points: Mapping[str, Sequence[Point]]) -> Iterator[dict[str, list[Point]]]:
    """Metrics that fit in a chunk together; one that is too large for any chunk, alone."""
    batch: dict[str, list[Point]] = {}
    left = BYTES_A_POINT * CHUNK_POINTS
    for key in sorted(points):
        ordered = in_order(points[key])
        size = BYTES_A_POINT * len(ordered) + len(escape(key).encode()) + _BYTES_A_METRIC
        if batch and size > left:
            yield batch
            batch, left = {}, BYTES_A_POINT * CHUNK_POINTS
        batch[key] = ordered
        left -= size
    if batch:
        yield batch


def _encode(run_id: str, batch: Mapping[str, Sequence[Point]], level: int) -> Iterable[Document]:
    if len(batch) > 1:
        return [encode_several(run_id, batch, level)]
    ((key, points),) = batch.items()
    return encode_pieces(run_id, key, points, level)
