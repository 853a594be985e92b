"""Who is measured: MLflow's tracking stores, at what they do with traces."""

from collections.abc import Sequence
from typing import Any, Protocol

from mlflow.entities import Assessment, Span, TraceInfo

from benchmarks.subjects import StoreSource, StoreSubject, Token

from .charts import Chart
from .searches import Search


class TraceSubject(Protocol):
    """What is measured of a subject."""

    name: str

    def create_experiment(self, name: str) -> str:
        """A new experiment's id."""

    def start_trace(self, info: TraceInfo) -> None:
        """A trace is told of, once it has ended."""

    def log_spans(self, experiment_id: str, spans: Sequence[Span]) -> None:
        """Spans of one trace."""

    def get_trace(self, trace_id: str) -> int:
        """Read a trace; how many spans it has."""

    def get_traces(self, trace_ids: Sequence[str]) -> int:
        """Read traces; how many spans they have together."""

    def search(
        self, experiment_id: str, search: Search, size: int, token: Token = None
    ) -> tuple[int, Token]:
        """Read a page; how many traces it has, and where the next one starts."""

    def assess(self, assessment: Assessment) -> None:
        """One assessment."""

    def chart(self, experiment_id: str, chart: Chart) -> int:
        """Read a chart; how many points it has."""


class StoreTraces(TraceSubject):
    """A tracking store of MLflow.

    Args:
        tracking: The same at what it does with runs.
    """

    def __init__(self, tracking: StoreSubject) -> None:
        self.name = tracking.name
        self.create_experiment = tracking.create_experiment
        self.store: Any = tracking.store

    def start_trace(self, info: TraceInfo) -> None:
        self.store.start_trace(info)

    def log_spans(self, experiment_id: str, spans: Sequence[Span]) -> None:
        self.store.log_spans(experiment_id, spans)

    def get_trace(self, trace_id: str) -> int:
        return len(self.store.get_trace(trace_id).data.spans)

    def get_traces(self, trace_ids: Sequence[str]) -> int:
        found = self.store.batch_get_traces(trace_ids)
        return sum(len(one.data.spans) for one in found)

    def search(
        self, experiment_id: str, search: Search, size: int, token: Token = None
    ) -> tuple[int, Token]:
        found, following = self.store.search_traces(
            filter_string=search.filter_string,
            max_results=size,
            page_token=token,
            locations=[experiment_id],
        )
        return len(found), following

    def assess(self, assessment: Assessment) -> None:
        self.store.create_assessment(assessment)

    def chart(self, experiment_id: str, chart: Chart) -> int:
        return len(self.store.query_trace_metrics(**chart.arguments(experiment_id)))


def open_traces(source: StoreSource) -> StoreTraces:
    """The subject of a store."""
    return StoreTraces(source.open())
