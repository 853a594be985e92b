"""Chunks of points of logged models: what runs measured of a model, labelled with its dataset.

A point is known by its place: the model, the metric, timestamp, step, and the run that measured it.
A chunk as it is logged has an id made of the places in it, whatever the values, so that a second
writer of the same places meets the first. A chunk that does not consist of one point alone, or has
been merged, says from where to where its places lie, so that it is found by one of them.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from operator import attrgetter, itemgetter

from mlflow.entities import Metric

from mlflow_docstore.adapters.document.codecs.logged_models import (
    DATASET_DIGEST,
    DATASET_NAME,
    KEY,
    POINT,
    RUN,
    STEP,
    TIMESTAMP,
    VALUE,
    place_id,
)
from mlflow_docstore.adapters.document.codecs.metrics import (
    Packed,
    decode_metrics,
    packed_by_key,
    unpack,
    unpack_points,
)
from mlflow_docstore.adapters.document.driver import Document
from mlflow_docstore.adapters.document.keys import digest
from mlflow_docstore.core.metrics import Columns, Point, time_key

from .encoding import encode_chunks

MODEL = "model_id"
SINCE = "since"
UNTIL = "until"
"""The first and the last timestamp and step of what is in a chunk, as texts that sort."""

LABELS = (RUN, DATASET_NAME, DATASET_DIGEST)
"""What the points of a chunk have in common."""


def encode_model_chunks(model_id: str, points: Iterable[Document]) -> list[Document]:
    """New points as chunks: one for each run and dataset, unless that would be too large.

    Raises:
        InvalidArgument: ``kind="integer"``; a step or timestamp is not of 64 bits.
    """
    groups: dict[tuple[str, ...], dict[str, list[Point]]] = {}
    for point in points:
        group = groups.setdefault(tuple(point[name] for name in LABELS), {})
        measured = (point[TIMESTAMP], point[STEP], point[VALUE], False)
        group.setdefault(point[KEY], []).append(measured)
    return [
        _as_logged(model_id, chunk, dict(zip(LABELS, labels, strict=True)))
        for labels, group in groups.items()
        for chunk in encode_chunks(labels[0], group)
    ]


def as_merged(chunk: Document, old: Document) -> Document:
    """A chunk of merged points, with the labels of an old one."""
    labels = {name: old[name] for name in (MODEL, *LABELS)}
    identity = digest(chunk["_id"], *(repr(label) for label in labels.values()))
    return {**chunk, "_id": f"{old[MODEL]}-{identity}", **labels, **_range(chunk)}


def decode_model_chunks(model_id: str, chunks: Iterable[Document]) -> list[Metric]:
    """All points of a model as MLflow's entities, by timestamp."""
    metrics = [
        metric
        for labels, key, columns in _histories(chunks)
        for metric in decode_metrics(key, columns, model_id=model_id, **labels)
    ]
    metrics.sort(key=attrgetter("timestamp"))
    return metrics


def points_in(
    chunks: Iterable[Document],
    *,
    key: str | None = None,
    at: Collection[tuple[str, int, int]] | None = None,
) -> Iterator[Document]:
    """The points of chunks, as models hold them.

    Args:
        chunks: The chunks.
        key: Only those of this metric; None for all.
        at: Only those with such a metric, timestamp and step; None for all.
    """
    for labels, name, columns in _histories(chunks):
        if key not in (None, name):
            continue
        for timestamp, step, value, _ in columns.points():
            if at is None or (name, timestamp, step) in at:
                yield {
                    POINT: place_id(str(labels[RUN]), name, timestamp, step),
                    KEY: name,
                    VALUE: value,
                    TIMESTAMP: timestamp,
                    STEP: step,
                    **labels,
                }


def range_of(points: Sequence[Document]) -> tuple[str, str]:
    """From where to where the places of points lie."""
    keys = [time_key(point[TIMESTAMP], point[STEP]) for point in points]
    return min(keys), max(keys)


def _histories(
    chunks: Iterable[Document],
) -> Iterator[tuple[dict[str, str | None], str, Columns]]:
    """Points by their labels and metric, each once."""
    parts: dict[tuple[str, ...], list[Packed]] = {}
    for chunk in chunks:
        labels = tuple(chunk[name] for name in LABELS)
        for key, packed in packed_by_key(chunk).items():
            parts.setdefault((key, *labels), []).append(packed)
    for (key, *rest), these in parts.items():
        yield dict(zip(LABELS, rest, strict=True)), key, unpack(these)


def _as_logged(model_id: str, chunk: Document, labels: Mapping[str, str]) -> Document:
    places = sorted(
        place_id(labels[RUN], key, timestamp, step)
        for key, packed in packed_by_key(chunk).items()
        for timestamp, step, *_ in unpack_points(packed)
    )
    labelled = {**chunk, MODEL: model_id, **labels}
    if len(places) == 1:
        return {**labelled, "_id": f"{model_id}-{places[0]}"}
    return {**labelled, "_id": f"{model_id}-{digest(*places)}", **_range(chunk)}


def _range(chunk: Document) -> Document:
    # Of a metric the first and the last point, as they are in the order of a history.
    ends = [
        time_key(timestamp, step)
        for packed in packed_by_key(chunk).values()
        for timestamp, step, *_ in itemgetter(0, -1)(unpack_points(packed))
    ]
    return {SINCE: min(ends), UNTIL: max(ends)}
