"""Spans: the steps of traces."""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from mlflow.entities import TraceInfo

from mlflow_docstore.core.spans import SpanBatch


@dataclass(frozen=True, slots=True)
class Home:
    """Where traces are made that spans come first of.

    Args:
        new_trace: From the id of a trace to the experiment and the tags that a new one starts
            with; called only where a trace is missing, and may raise what stops the whole call.
        only: The experiment that traces which are there must be of; None for any.
    """

    new_trace: Callable[[str], tuple[str, Mapping[str, str]]]
    only: str | None = None


@dataclass(frozen=True, slots=True)
class StoredTrace:
    """A trace with its spans.

    Args:
        info: The trace.
        spans: The contents of those of its spans that are here, as JSON: roots first, then by
            start; none where they are elsewhere.
    """

    info: TraceInfo
    spans: list[str]


class SpanRepository(Protocol):
    """Spans. Each is one document; they are written before their trace tells of them."""

    @abstractmethod
    def log(self, batches: Sequence[SpanBatch], home: Home) -> None:
        """Store spans, and have their traces tell of them.

        A span that is sent again replaces what is there. Times, state, previews, totals, session
        and user of the traces follow MLflow's ``log_spans``; totals are those of all spans that are
        stored, whoever wrote them, in whatever order. Spans are stored first, then each trace is
        changed by one atomic write: a reader sees it before or after. A repeat completes what was
        interrupted.

        Args:
            batches: One a trace.
            home: Where traces that are missing are made.

        Raises:
            AlreadyExists: ``kind="trace"``: that one, of several the smallest, is in another
                experiment. Nothing is stored.
            InvalidState: ``kind="trace"``: the spans of some are elsewhere,
                ``facts["locations"]`` by their ids. Nothing is stored.
        """

    @abstractmethod
    def read(
        self, trace_ids: Sequence[str], experiment_ids: Sequence[str] | None = None
    ) -> list[StoredTrace]:
        """Traces with their spans, in two steps: those of the experiments, or of all, that exist.

        In the order of the ids; one that is named twice has the place of its last mention.
        """
