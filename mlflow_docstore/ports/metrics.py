"""Histories of metrics: every point that was logged, exact repeats once."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

from mlflow.entities import Metric

from mlflow_docstore.core.paging import Page, PageRequest


class MetricRepository(Protocol):
    """Histories. Points are written by ``RunRepository.log``; an unknown run has none."""

    @abstractmethod
    def history(self, run_id: str, key: str, page: PageRequest) -> Page[Metric]:
        """Points by timestamp, step and value (NaN counting as 0).

        Raises:
            InvalidArgument: ``kind="page_token"``.
        """

    @abstractmethod
    def histories(self, run_ids: Sequence[str], key: str, *, limit: int) -> list[Metric]:
        """Points of several runs, each with its ``run_id``: by run id, then as ``history``.

        Args:
            run_ids: Which runs; each counts once.
            key: Which metric.
            limit: The most points in all.
        """

    @abstractmethod
    def sample(
        self, run_id: str, key: str, *, limit: int, steps: tuple[int, int] | None = None
    ) -> list[Metric]:
        """At most ``limit`` points, evenly spread over the rows, the last one always among them.

        Args:
            run_id: Which run.
            key: Which metric.
            limit: At least 1.
            steps: Only points from the first to the second of these steps, both included.

        Returns:
            Points by step, timestamp, value. See ``core.metrics.sample`` for which.
        """

    @abstractmethod
    def at_steps(self, run_id: str, key: str, steps: Sequence[int], *, limit: int) -> list[Metric]:
        """The first ``limit`` points at these steps, by step, timestamp, value."""

    @abstractmethod
    def max_step(self, run_id: str, key: str) -> int | None:
        """The greatest step; None where there is no point."""

    @abstractmethod
    def compact(self, run_id: str) -> int:
        """Merge a run's many small chunks into few large ones; how many were merged.

        Histories read the same before, during and after; an interruption loses nothing.
        """
