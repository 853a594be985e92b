"""Runs: info, tags, params, latest metrics, inputs and outputs in one document."""

from collections.abc import Sequence
from typing import Any

from mlflow.entities import (
    Metric,
    Param,
    Run,
    RunData,
    RunInfo,
    RunInputs,
    RunOutputs,
    RunTag,
)

from mlflow_docstore.adapters.document.driver import Document
from mlflow_docstore.adapters.document.keys import escape, unescape
from mlflow_docstore.core.metrics import Point, latest_key, order_key
from mlflow_docstore.core.query import Scalar
from mlflow_docstore.core.runs import recency

from .inputs import (
    DATASETS,
    MODEL_INPUTS,
    MODEL_OUTPUTS,
    decode_dataset_input,
    decode_model_input,
    decode_model_output,
)
from .tags import encode_map

EXPERIMENT = "experiment_id"
NAME = "name"
USER = "user_id"
STATUS = "status"
LIFECYCLE = "lifecycle"
STARTED = "start_time"
ENDED = "end_time"
DELETED = "deleted_time"
LOCATION = "artifact_uri"
RECENT = "recent"
TAGS = "tags"
PARAMS = "params"
METRICS = "metrics"
CHUNKED = "chunked"
"""Set while there may be chunks of metric points to merge."""

MEASURED = "measured"
"""Logged models that got points from this run."""

LINKS = "links"
"""How often inputs or outputs were added, so that none is added on a stale view of them."""

ORDER = "o"
STEP = "s"
TIMESTAMP = "t"
RANK = "r"
VALUE = "v"
"""Fields of a latest metric.

``o`` comes first and says which of two is later. ``r`` is 1 for a number and 0 for NaN; ``v`` is
the number and null for NaN, so that filters and sorts skip NaN without a second condition.
"""


def encode_run(run: Run) -> Document:
    """The document of a new run."""
    info = run.info
    return {
        "_id": info.run_id,
        EXPERIMENT: info.experiment_id,
        LIFECYCLE: info.lifecycle_stage,
        RECENT: recency(info.start_time, info.run_id),
        NAME: info.run_name,
        USER: info.user_id,
        STATUS: info.status,
        STARTED: info.start_time,
        ENDED: info.end_time,
        LOCATION: info.artifact_uri,
        TAGS: encode_map(run.data.tags),
        PARAMS: {},
        METRICS: {},
        DATASETS: [],
        MODEL_INPUTS: [],
        MODEL_OUTPUTS: [],
        MEASURED: [],
        LINKS: 0,
    }


def decode_info(document: Document) -> RunInfo:
    """The info of a run."""
    return RunInfo(
        run_id=document["_id"],
        experiment_id=document[EXPERIMENT],
        user_id=document[USER],
        status=document[STATUS],
        start_time=document[STARTED],
        end_time=document[ENDED],
        lifecycle_stage=document[LIFECYCLE],
        artifact_uri=document[LOCATION],
        run_name=document[NAME],
    )


def decode_run(document: Document) -> Run:
    """The run with all that belongs to it."""
    return _decode(document, RunInputs(*_inputs(document)))


def decode_found_run(document: Document) -> Run:
    """The run as a search returns it: MLflow leaves model inputs out."""
    datasets, _ = _inputs(document)
    return _decode(document, RunInputs(datasets))


def encode_latest(point: Point) -> dict[str, Scalar]:
    """A point as the latest of its metric."""
    timestamp, step, value, is_nan = point
    return {
        ORDER: order_key(point),
        STEP: step,
        TIMESTAMP: timestamp,
        RANK: 0 if is_nan else 1,
        VALUE: None if is_nan else value,
    }


def encode_latest_of(points: Sequence[Point]) -> dict[str, Scalar]:
    """The latest of several points of one metric."""
    return encode_latest(max(points, key=latest_key) if len(points) > 1 else points[0])


def _decode(document: Document, inputs: RunInputs) -> Run:
    data = RunData(
        metrics=[_decode_latest(name, latest) for name, latest in document[METRICS].items()],
        params=[Param(unescape(name), value) for name, value in document[PARAMS].items()],
        tags=[RunTag(unescape(name), value) for name, value in document[TAGS].items()],
    )
    outputs = RunOutputs([decode_model_output(output) for output in document[MODEL_OUTPUTS]])
    return Run(decode_info(document), data, inputs, outputs)


def _decode_latest(name: str, latest: dict[str, Any]) -> Metric:
    value = latest[VALUE]
    return Metric(
        unescape(name), float("nan") if value is None else value, latest[TIMESTAMP], latest[STEP]
    )


def _inputs(document: Document) -> tuple[list[Any], list[Any]]:
    return (
        [decode_dataset_input(stored) for stored in linked_datasets(document)],
        [decode_model_input(stored) for stored in document[MODEL_INPUTS]],
    )


def linked_datasets(document: Document) -> list[Document]:
    """The links of datasets in a run."""
    links: list[Document] = document[DATASETS]
    return links


def latest_path(key: str, field: str = "") -> str:
    """Where a metric's latest point is in a run, or a field of it."""
    base = f"{METRICS}.{escape(key)}"
    return f"{base}.{field}" if field else base
