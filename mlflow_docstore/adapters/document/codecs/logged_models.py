"""Logged models: attributes, tags, params and all metric points in one document."""

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
REVISION = "metric_revision"
"""How often points were added, so that none is added on a stale view of them."""

POINT = "id"
KEY = "key"
VALUE = "value"
TIMESTAMP = "timestamp"
STEP = "step"
RUN = "run_id"
DATASET_NAME = "dataset_name"
DATASET_DIGEST = "dataset_digest"
"""Fields of a metric point."""


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
        REVISION: 0,
    }


def encode_status(status: LoggedModelStatus) -> Document:
    """The fields of a status."""
    number = status.to_int()
    return {STATUS: number, STATUS_TEXT: str(number)}


def decode_model(document: Document) -> LoggedModel:
    """The model of a document."""
    metrics = [_decode_point(point, document["_id"]) for point in document[METRICS]]
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
        metrics=metrics or None,
    )


def encode_point(run_id: str, metric: Metric) -> Document:
    """A metric point that a run measured of a model; NaN is kept as 0, as MLflow does."""
    value, _ = sanitize(metric.value)
    return {
        POINT: digest(metric.key, str(metric.timestamp), str(metric.step), run_id),
        KEY: metric.key,
        VALUE: value,
        TIMESTAMP: metric.timestamp,
        STEP: metric.step,
        RUN: run_id,
        DATASET_NAME: metric.dataset_name,
        DATASET_DIGEST: metric.dataset_digest,
    }


def _decode_point(point: Document, model_id: str) -> Metric:
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
