"""Assessments: what people, models and code think of traces, or expect of them."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Protocol

from mlflow.entities import Assessment


class AssessmentRepository(Protocol):
    """Assessments. Each belongs to one trace, and is read with it; ids are unique everywhere.

    Rules are those of MLflow's SqlAlchemyStore: ``create_assessment`` and what stands beside it.
    """

    @abstractmethod
    def create(self, assessment: Assessment) -> Assessment:
        """Store a new one, which is valid; returns it as it is read.

        The one that it overrides is no longer valid from then on: one atomic change. What becomes
        of a write whose reply was lost is found out by reading back.

        Args:
            assessment: With its id, trace id and times.

        Raises:
            NotFound: ``kind="trace"``; ``kind="assessment"`` with ``facts["trace_id"]``: the one to
                override is not in that trace.
            AlreadyExists: ``kind="assessment"``; the id is taken. Nothing is written.
            InvalidArgument: ``kind="assessment"``; it has no value of any kind.
            LimitExceeded: The trace has more assessments than one document takes.
        """

    @abstractmethod
    def get(self, trace_id: str, assessment_id: str) -> Assessment:
        """The assessment.

        Raises:
            NotFound: ``kind="trace"``, or ``kind="assessment"`` with ``facts["trace_id"]``.
        """

    @abstractmethod
    def change(
        self, trace_id: str, assessment_id: str, change: Callable[[Assessment], Assessment]
    ) -> Assessment:
        """Replace one by a function of it, as often as other writers come first; returns it.

        Whether it is valid stays as it is. The function is called again on what it has made, where
        the reply to its first result was lost: it must then come to the same.

        Raises:
            NotFound: As of ``get``.
        """

    @abstractmethod
    def delete(self, trace_id: str, assessment_id: str) -> None:
        """Remove one, if it is there; its id is free. Repeatable.

        What it had overridden is valid again, in whatever trace: in its own with the same write, in
        another before.
        """

    @abstractmethod
    def purge_run(self, run_id: str) -> None:
        """Remove all whose metadata say that the run made them, hidden or not.

        What they had overridden stays as it is. Repeatable, in bounded memory, trace by trace: what
        is created meanwhile may stay.
        """

    @abstractmethod
    def purge_experiment(self, experiment_id: str) -> None:
        """``purge_run`` of all runs of an experiment, in whatever stage."""
