"""Logged models: attributes, tags, params, and the metric points that searches look at."""

from collections.abc import Iterable, Sequence
from operator import itemgetter

from mlflow.entities import LoggedModel, LoggedModelStatus, Metric

from mlflow_docstore.adapters.document.driver import Document
from mlflow_docstore.adapters.document.keys import digest
from mlflow_docstore.core.metrics import sanitize
from mlflow_docstore.core.runs import recency

from .tags import decode_map, encode_map

ACTIVE = "active"

EXPERIMENT = "experiment_id"
NAME = "name"
LIFECYCLE = "lifecycle"
RECENT = "recent"
LOCATION = "artifact_location"
CREATED = "creation_timestamp"
UPDATED = "last_updated_timestamp"
STATUS = "status"
STATUS_TEXT = "status_text"
"""The status's number as text: what MLflow's filters compare it as."""
STATUS_MESSAGE = "status_message"
TYPE = "model_type"
SOURCE_RUN = "source_run_id"
TAGS = "tags"
PARAMS = "params"
METRICS = "metrics"
"""Points. Where not ``APART``, as older releases kept them, all that the model has."""
APART = "apart"
"""Set where all points are in chunks, and ``METRICS`` has the telling ones alone."""
REVISION = "metric_revision"
"""How often points were added or moved, so that none is added on a stale view of them."""

POINT = "id"
KEY = "key"
VALUE = "value"
TIMESTAMP = "timestamp"
STEP = "step"
RUN = "run_id"
DATASET_NAME = "dataset_name"
DATASET_DIGEST = "dataset_digest"
"""Fields of a metric point."""

_SERIES = (KEY, DATASET_NAME, DATASET_DIGEST)


def encode_model(model: LoggedModel) -> Document:
    """The document of a new model."""
    return {
        "_id": model.model_id,
        EXPERIMENT: model.experiment_id,
        LIFECYCLE: ACTIVE,
        RECENT: recency(model.creation_timestamp, model.model_id),
        NAME: model.name,
        LOCATION: model.artifact_location,
        CREATED: model.creation_timestamp,
        UPDATED: model.last_updated_timestamp,
        **encode_status(model.status),
        STATUS_MESSAGE: model.status_message,
        TYPE: model.model_type,
        SOURCE_RUN: model.source_run_id,
        TAGS: encode_map(model.tags),
        PARAMS: encode_map(model.params),
        METRICS: [],
        APART: True,
        REVISION: 0,
    }


def encode_status(status: LoggedModelStatus) -> Document:
    """The fields of a status."""
    number = status.to_int()
    return {STATUS: number, STATUS_TEXT: str(number)}


def decode_model(document: Document, metrics: Sequence[Metric]) -> LoggedModel:
    """The model of a document, with all its points."""
    return LoggedModel(
        experiment_id=document[EXPERIMENT],
        model_id=document["_id"],
        name=document[NAME],
        artifact_location=document[LOCATION],
        creation_timestamp=document[CREATED],
        last_updated_timestamp=document[UPDATED],
        model_type=document[TYPE],
        source_run_id=document[SOURCE_RUN],
        status=LoggedModelStatus.from_int(document[STATUS]),
        status_message=document[STATUS_MESSAGE],
        tags=decode_map(document[TAGS]),
        params=decode_map(document[PARAMS]),
        metrics=list(metrics) or None,
    )


def encode_point(run_id: str, metric: Metric) -> Document:
    """A metric point that a run measured of a model; NaN is kept as 0, as MLflow does."""
    value, _ = sanitize(metric.value)
    return {
        POINT: place_id(run_id, metric.key, metric.timestamp, metric.step),
        KEY: metric.key,
        VALUE: value,
        TIMESTAMP: metric.timestamp,
        STEP: metric.step,
        RUN: run_id,
        DATASET_NAME: metric.dataset_name,
        DATASET_DIGEST: metric.dataset_digest,
    }


def place_id(run_id: str, key: str, timestamp: int, step: int) -> str:
    """What a point is known by within its model."""
    return digest(key, str(timestamp), str(step), run_id)


def decode_point(point: Document, model_id: str) -> Metric:
    """A point as MLflow's entity."""
    return Metric(
        key=point[KEY],
        value=point[VALUE],
        timestamp=point[TIMESTAMP],
        step=point[STEP],
        model_id=model_id,
        dataset_name=point[DATASET_NAME],
        dataset_digest=point[DATASET_DIGEST],
        run_id=point[RUN],
    )


def telling_points(points: Iterable[Document]) -> list[Document]:
    """Of the points of a model those that searches look at.

    Of each metric on each dataset: the latest by time, which has the least run id among equals; the
    latest by step; the greatest; the least.
    """
    series: dict[tuple[str, ...], list[Document]] = {}
    for point in points:
        series.setdefault(tuple(point[name] for name in _SERIES), []).append(point)
    told = {
        point[POINT]: point
        for these in series.values()
        for point in (
            min(these, key=lambda one: (-one[TIMESTAMP], -one[STEP], one[RUN])),
            max(these, key=itemgetter(STEP, TIMESTAMP, VALUE)),
            max(these, key=itemgetter(VALUE)),
            min(these, key=itemgetter(VALUE)),
        )
    }
    return list(told.values())
