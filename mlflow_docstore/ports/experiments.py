"""Experiments: named groups of runs."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from mlflow.entities import Experiment

from mlflow_docstore.core.paging import Page, PageRequest
from mlflow_docstore.core.query import And, Filter, Order


@dataclass(frozen=True, slots=True)
class ExperimentQuery:
    """Which experiments, in what order.

    Args:
        stages: Lifecycle stages to include.
        where: Attributes (``experiment_id``, ``name``, ``creation_time``, ``last_update_time``) and
            tags, of kinds ATTRIBUTE and TAG. Experiment ids are digit strings.
        order: Sort keys on those attributes; the newest first where empty.
    """

    stages: tuple[str, ...]
    where: Filter = field(default_factory=And)
    order: tuple[Order, ...] = ()


class ExperimentRepository(Protocol):
    """Experiments with their tags. Names are unique, deleted experiments included."""

    @abstractmethod
    def create(self, experiment: Experiment) -> None:
        """Store a new experiment.

        The name is claimed first, so of any number of writers one wins. A repeat after a lost
        reply, with the same id, succeeds.

        Args:
            experiment: With an id of digits that the caller chose, never used before.

        Raises:
            AlreadyExists: ``kind="experiment"``; another experiment has the name.
            Conflict: ``kind="experiment_id"``; another experiment has the id: choose one anew.
        """

    @abstractmethod
    def get(self, experiment_id: str) -> Experiment:
        """The experiment, in whatever lifecycle stage.

        Raises:
            NotFound: ``kind="experiment"``.
        """

    @abstractmethod
    def recent(self, experiment_id: str) -> Experiment:
        """The experiment as it was within the last second: for those who write to it often.

        What this backend itself changed since is seen.

        Raises:
            NotFound: ``kind="experiment"``.
        """

    @abstractmethod
    def find_by_name(self, name: str) -> Experiment | None:
        """The experiment of that name, in whatever lifecycle stage, or None."""

    @abstractmethod
    def search(self, query: ExperimentQuery, page: PageRequest) -> Page[Experiment]:
        """One page of experiments.

        Raises:
            InvalidArgument: ``kind="page_token"``.
        """

    @abstractmethod
    def delete(self, experiment_id: str, *, at: int) -> None:
        """Mark an active experiment and all its runs as deleted; assessments that they made go.

        Runs go first: an interrupted delete leaves the experiment active, and a repeat ends it.

        Args:
            experiment_id: Which.
            at: Now, in milliseconds since the epoch; becomes its time of last update.

        Raises:
            NotFound: ``kind="experiment"``; missing, or not active.
        """

    @abstractmethod
    def restore(self, experiment_id: str, *, at: int) -> None:
        """Mark a deleted experiment and all its runs, however deleted, as active.

        Raises:
            NotFound: ``kind="experiment"``; missing, or not deleted.
        """

    @abstractmethod
    def rename(self, experiment_id: str, name: str, *, at: int) -> None:
        """Give an active experiment another name.

        Raises:
            NotFound: ``kind="experiment"``.
            InvalidState: ``kind="experiment"``; it is not active.
            AlreadyExists: ``kind="experiment"``; another experiment has the name.
        """

    @abstractmethod
    def set_tag(self, experiment_id: str, key: str, value: str) -> None:
        """Set a tag of an active experiment.

        Raises:
            NotFound: ``kind="experiment"``.
            InvalidState: ``kind="experiment"``; ``facts["stage"]`` is its stage.
        """

    @abstractmethod
    def delete_tag(self, experiment_id: str, key: str, value: str | None = None) -> None:
        """Remove a tag of an active experiment.

        Args:
            experiment_id: Which.
            key: Of the tag.
            value: What the tag must say to be removed; None for whatever it says.

        Raises:
            NotFound: ``kind="experiment"`` or ``kind="experiment_tag"`` with
                ``facts["experiment_id"]``.
            InvalidState: ``kind="experiment"``; ``facts["stage"]`` is its stage.
        """

    @abstractmethod
    def purge(self, experiment_id: str) -> None:
        """Remove a deleted experiment for good, with all that belongs to it.

        Raises:
            NotFound: ``kind="experiment"``; missing, or not deleted.
        """

    @abstractmethod
    def active(self, experiment_ids: Sequence[str]) -> list[str]:
        """Those of the ids that are active experiments."""
