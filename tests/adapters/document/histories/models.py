"""Logged models in a database in memory, and what runs measure of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from mlflow.entities import LoggedModel, LoggedModelStatus, Metric

from mlflow_docstore.adapters.document.backend import DocumentBackend
from mlflow_docstore.adapters.document.codecs.logged_models import encode_point
from mlflow_docstore.adapters.document.driver import Document
from mlflow_docstore.adapters.document.layout import LOGGED_MODELS, MODEL_METRICS
from mlflow_docstore.adapters.memory.database import Database
from mlflow_docstore.adapters.memory.driver import MemoryDriver
from mlflow_docstore.core.paging import PageRequest
from mlflow_docstore.core.query import Filter
from mlflow_docstore.ports.logged_models import (
    DatasetScope,
    LoggedModelQuery,
    LoggedModelRepository,
    MetricPoints,
)

MODEL, RUN = "m", "r"

Dataset = tuple[str, str]


def repository(database: Database) -> LoggedModelRepository:
    return DocumentBackend(MemoryDriver(database)).logged_models


def create(models: LoggedModelRepository, model_id: str = MODEL) -> None:
    models.create(
        LoggedModel("1", model_id, model_id, "loc", 1, 1, status=LoggedModelStatus.PENDING)
    )


def measured(
    value: float,
    at: int = 0,
    key: str = "acc",
    *,
    step: int | None = None,
    model_id: str = MODEL,
    dataset: Dataset | None = None,
) -> Metric:
    name, digest = dataset or (None, None)
    where = {"model_id": model_id, "dataset_name": name, "dataset_digest": digest}
    return Metric(key, value, at, at if step is None else step, **where)


def values(models: LoggedModelRepository, key: str = "acc", model_id: str = MODEL) -> list[float]:
    metrics = models.get(model_id).metrics or ()
    return [metric.value for metric in metrics if metric.key == key]


def matching(
    models: LoggedModelRepository,
    where: Filter,
    datasets: Sequence[DatasetScope] = (),
    points: MetricPoints = MetricPoints.ANY,
) -> list[str]:
    query = LoggedModelQuery(("1",), where, tuple(datasets), points=points)
    return sorted(model.model_id for model in models.search(query, PageRequest(1000)).items)


def chunks_of(database: Database) -> list[Document]:
    return list(database.table(MODEL_METRICS).documents.values())


def head_of(database: Database, model_id: str = MODEL) -> Document:
    return database.table(LOGGED_MODELS).documents[model_id]


def as_of_schema_1(
    database: Database, metrics: Mapping[str, Sequence[Metric]], model_id: str = MODEL
) -> None:
    """Have a model as it was stored while it held all its points itself."""
    points = [encode_point(run_id, metric) for run_id, these in metrics.items() for metric in these]
    head = {**head_of(database, model_id), "schema": 1, "metrics": points, "metric_revision": 2}
    del head["apart"]
    driver = MemoryDriver(database)
    assert driver.delete(LOGGED_MODELS, model_id)
    assert driver.insert(LOGGED_MODELS, head)


class Counting(MemoryDriver):
    """Counts verbs, and the documents that reads return."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.verbs: list[str] = []
        self.read = 0

    def get(self, *arguments: Any, **options: Any) -> Any:
        self.verbs.append("get")
        return super().get(*arguments, **options)

    def find(self, *arguments: Any, **options: Any) -> Any:
        self.verbs.append("find")
        rows = super().find(*arguments, **options)
        self.read += len(rows)
        return rows

    def patch(self, *arguments: Any, **options: Any) -> Any:
        self.verbs.append("patch")
        return super().patch(*arguments, **options)

    def insert_many(self, *arguments: Any, **options: Any) -> Any:
        self.verbs.append("insert_many")
        return super().insert_many(*arguments, **options)
