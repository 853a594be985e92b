"""Runs: one execution each, with its params, tags, metrics, inputs and outputs."""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from mlflow.entities import Metric, Run, RunInfo

from mlflow_docstore.core.paging import Page, PageRequest
from mlflow_docstore.core.query import And, Filter, Order


@dataclass(frozen=True, slots=True)
class RunQuery:
    """Which runs, in what order.

    Args:
        experiment_ids: Experiments to look in; of none, nothing is found.
        stages: Lifecycle stages to include.
        where: Attributes (``run_id``, ``run_name``, ``user_id``, ``status``, ``artifact_uri``,
            ``start_time``, ``end_time``), metrics (their latest value), params, tags, and datasets
            (``name``, ``digest``, ``context`` of any input), by field kind. An infinite metric
            compares as the largest finite number. A metric that is NaN is only unequal to all.
            ``run_name`` is judged by the tag ``mlflow.runName``, as MLflow does.
        order: Sort keys on attributes, metrics, params and tags: values first, then NaN, then
            runs without one, in either direction. Ties go to the latest start, then to the id.
    """

    experiment_ids: tuple[str, ...]
    stages: tuple[str, ...]
    where: Filter = field(default_factory=And)
    order: tuple[Order, ...] = ()


@dataclass(frozen=True, slots=True)
class RunBatch:
    """What one batch logs to a run.

    Args:
        metrics: Points, with values sanitised as ``core.metrics`` says.
        params: Keys to values; a value once written never changes.
        tags: Keys to values.
        name: A new name for the run; None leaves it.
    """

    metrics: Sequence[Metric] = ()
    params: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str | None] = field(default_factory=dict)
    name: str | None = None


class RunRepository(Protocol):
    """Runs. Each is one document: what one call writes to it appears at once or not at all."""

    @abstractmethod
    def create(self, run: Run) -> None:
        """Store a new run, with its tags. Its id is the caller's choice and never used before."""

    @abstractmethod
    def get(self, run_id: str) -> Run:
        """The run with params, tags, latest metrics, inputs and outputs, in whatever stage.

        Raises:
            NotFound: ``kind="run"``.
        """

    @abstractmethod
    def search(self, query: RunQuery, page: PageRequest) -> Page[Run]:
        """One page of runs, as ``get`` returns them, but without model inputs (as in MLflow).

        Raises:
            InvalidArgument: ``kind="page_token"``.
        """

    @abstractmethod
    def log(self, run_id: str, batch: RunBatch) -> None:
        """Log params, tags, metrics and a name to an active run.

        One atomic write takes all but the histories of metrics, which are appended after it. A
        repeat completes what an interruption left, and changes nothing that is there.

        Raises:
            NotFound: ``kind="run"``.
            InvalidState: ``kind="run"``; ``facts["stage"]`` is its stage.
            Conflict: ``kind="param"``, ``key`` the run's id; a param has another value:
                ``facts["params"]`` lists ``(key, old value, new value)``. Nothing is written.
        """

    @abstractmethod
    def update_info(
        self,
        run_id: str,
        *,
        status: str | None = None,
        end_time: int | None = None,
        name: str | None = None,
    ) -> RunInfo:
        """Change what is given of an active run, and return its info.

        A name also becomes the tag ``mlflow.runName``. A final status (see ``core.runs``) has the
        chunks of its metric histories merged afterwards.

        Raises:
            NotFound: ``kind="run"``.
            InvalidState: ``kind="run"``; ``facts["stage"]`` is its stage.
        """

    @abstractmethod
    def change_tag(self, run_id: str, key: str, change: Callable[[str | None], str]) -> None:
        """Replace a tag's value by a function of it, as often as other writers come first.

        Args:
            run_id: Which run; it must be active.
            key: Which tag.
            change: From the present value, None where there is none, to the new one.

        Raises:
            NotFound: ``kind="run"``.
            InvalidState: ``kind="run"``; ``facts["stage"]`` is its stage.
        """

    @abstractmethod
    def delete_tag(self, run_id: str, key: str) -> None:
        """Remove a tag of an active run.

        Raises:
            NotFound: ``kind="run"``, or ``kind="run_tag"`` with ``facts["run_id"]``.
            InvalidState: ``kind="run"``; ``facts["stage"]`` is its stage.
        """

    @abstractmethod
    def delete(self, run_id: str, *, at: int) -> None:
        """Mark a run as deleted at that time; a deleted one gets the new time.

        Raises:
            NotFound: ``kind="run"``.
        """

    @abstractmethod
    def restore(self, run_id: str) -> None:
        """Mark a run as active; an active one stays so.

        Raises:
            NotFound: ``kind="run"``.
        """

    @abstractmethod
    def purge(self, run_id: str) -> None:
        """Remove a run and its metric histories for good, in whatever stage.

        Raises:
            NotFound: ``kind="run"``.
        """

    @abstractmethod
    def deleted_until(self, time: int) -> list[str]:
        """Ids of the runs that were deleted at or before the time, in milliseconds."""
