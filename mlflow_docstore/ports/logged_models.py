"""Logged models: artifacts of a run, or of none, with params, tags and metrics of their own."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from mlflow.entities import LoggedModel, LoggedModelStatus, Metric

from mlflow_docstore.core.paging import Page, PageRequest
from mlflow_docstore.core.query import And, Filter, Order


@dataclass(frozen=True, slots=True)
class DatasetScope:
    """Metrics on a dataset of this name, and digest unless None."""

    name: str | None
    digest: str | None = None


class MetricPoints(Enum):
    """Which of the points of a metric a search of models looks at."""

    LATEST = "latest"
    """Of those on the query's datasets the one of the latest step, then of the latest time, then of
    the greatest value: in filters and in orders."""
    ANY = "any"
    """In filters every point on the query's datasets, one of which must match. In orders, on
    whatever dataset, the one of the latest time, then of the latest step, then of the least run id.
    """


@dataclass(frozen=True, slots=True)
class ModelOrder:
    """A sort key.

    Args:
        order: On an attribute, or on a metric: on the value of its point, see ``MetricPoints``.
        scope: Only points on this dataset count; None for all points.
    """

    order: Order
    scope: DatasetScope | None = None


@dataclass(frozen=True, slots=True)
class LoggedModelQuery:
    """Which logged models, in what order. Deleted ones are never found.

    Args:
        experiment_ids: Experiments to look in.
        where: Attributes (those of the entity, ``creation_timestamp_ms`` and
            ``last_updated_timestamp_ms`` as in MLflow's SQL store, ``status`` as its number in
            text), params, tags, and metrics, whose values are numbers.
        datasets: Metrics in ``where`` must be on one of these; where ``where`` holds no metric, a
            model must have any metric on one of them.
        order: Sort keys; models without a value last. Ties go to the newest, then to the id.
        points: Which points of metrics ``where`` and ``order`` look at.
    """

    experiment_ids: tuple[str, ...]
    where: Filter = field(default_factory=And)
    datasets: tuple[DatasetScope, ...] = ()
    order: tuple[ModelOrder, ...] = ()
    points: MetricPoints = MetricPoints.LATEST


class LoggedModelRepository(Protocol):
    """Logged models, each a document and its metric points.

    All methods but ``get`` and ``search`` take deleted ones too.
    """

    @abstractmethod
    def create(self, model: LoggedModel) -> None:
        """Store a new model, with its tags and params; its id is the caller's choice."""

    @abstractmethod
    def get(self, model_id: str, *, include_deleted: bool = False) -> LoggedModel:
        """The model.

        Raises:
            NotFound: ``kind="logged_model"``.
        """

    @abstractmethod
    def search(self, query: LoggedModelQuery, page: PageRequest) -> Page[LoggedModel]:
        """One page of models.

        Raises:
            InvalidArgument: ``kind="page_token"``.
            Unsupported: ``kind="filter"``; the latest point of a metric within an Or.
        """

    @abstractmethod
    def finalize(self, model_id: str, status: LoggedModelStatus, *, at: int) -> LoggedModel:
        """Set the status, and return the model.

        Raises:
            NotFound: ``kind="logged_model"``.
        """

    @abstractmethod
    def set_tags(self, model_id: str, tags: Mapping[str, str]) -> None:
        """Set tags, all at once.

        Raises:
            NotFound: ``kind="logged_model"``.
        """

    @abstractmethod
    def delete_tag(self, model_id: str, key: str) -> None:
        """Remove a tag.

        Raises:
            NotFound: ``kind="logged_model"``, or ``kind="logged_model_tag"`` with
                ``facts["model_id"]``.
        """

    @abstractmethod
    def add_params(self, model_id: str, params: Sequence[tuple[str, str]]) -> None:
        """Add params, all or none.

        Raises:
            NotFound: ``kind="logged_model"``.
            AlreadyExists: ``kind="logged_model_param"``; a key is there, even with this value, or
                is named twice.
        """

    @abstractmethod
    def add_metrics(self, run_id: str, metrics: Sequence[Metric]) -> None:
        """Add points that a run measured to the models that they name.

        A point is known by its model, key, timestamp, step and run: a repeat with all the same is
        no change. All models are checked before the first is written.

        Args:
            run_id: The run that measured.
            metrics: Points, with a ``model_id`` each.

        Raises:
            NotFound: ``kind="logged_model"``; nothing is written.
            AlreadyExists: ``kind="logged_model_metric"``; a point is there with another value.
        """

    @abstractmethod
    def compact(self) -> int:
        """Merge the many small parts that points of models were stored in; how many were merged.

        Also brings points to where this release keeps them. Models read the same before, during
        and after; an interruption loses nothing.
        """

    @abstractmethod
    def delete(self, model_id: str, *, at: int) -> None:
        """Mark a model as deleted; a deleted one gets the new time.

        Raises:
            NotFound: ``kind="logged_model"``.
        """

    @abstractmethod
    def purge(self, model_id: str) -> None:
        """Remove a model for good, in whatever stage.

        Raises:
            NotFound: ``kind="logged_model"``.
        """

    @abstractmethod
    def deleted_until(self, time: int) -> list[str]:
        """Ids of the deleted models last updated at or before the time, in milliseconds."""
