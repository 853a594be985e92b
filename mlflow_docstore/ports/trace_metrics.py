"""Metrics of traces: what traces, spans and assessments come to, for charts."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from mlflow.entities.trace_metrics import MetricAggregation, MetricViewType

from mlflow_docstore.core.query import Compare
from mlflow_docstore.core.trace_metrics import Keys, Number

from .trace_queries import TraceQuery


@dataclass(frozen=True, slots=True)
class TraceMetricQuery:
    """What to measure, of what, and by what to tell it apart.

    Args:
        view: Whether traces, spans or valid assessments are measured.
        metric: One of that view's, by MLflow's name.
        aggregations: At least one, each of those that MLflow has for the metric.
        dimensions: Those that MLflow has for the metric, each once.
        traces: What traces must match, and of which experiments: ``where`` and ``runs``.
        own: What the spans or assessments must match themselves: equalities on the attributes
            ``name``, ``type`` and, of spans, ``status``.
        interval: The size of buckets of time, in milliseconds; None for none.
        since: The earliest time, inclusive, in milliseconds since the epoch.
        until: The latest time, inclusive.
        most: The most groups; None for all.
    """

    view: MetricViewType
    metric: str
    aggregations: tuple[MetricAggregation, ...]
    dimensions: tuple[str, ...] = ()
    traces: TraceQuery = field(default_factory=TraceQuery)
    own: tuple[Compare, ...] = ()
    interval: int | None = None
    since: int | None = None
    until: int | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True)
class MetricGroup:
    """What was measured of those that have something in common.

    Args:
        keys: When their bucket begins, in milliseconds since the epoch, if there are buckets; then
            their values of the dimensions.
        values: What the aggregations come to; None where there was no value.
    """

    keys: Keys
    values: Sequence[Number | None]


class TraceMetricRepository(Protocol):
    """Metrics of traces, computed from what is stored; nothing is kept for them."""

    @abstractmethod
    def groups(self, query: TraceMetricQuery) -> list[MetricGroup]:
        """What was asked for, a group for each bucket and combination of dimensions.

        By bucket, then by dimensions as they are asked for. What lacks a dimension, or the measured
        value, is in none; without bucket and dimensions a count of nothing is 0.

        Traces and assessments are of their trace's time, spans of their own start; but counts and
        latencies of spans are bounded by the time of their trace, as in MLflow's SQL store.
        Percentiles are interpolated linearly. They need 8 bytes a value, and spans of traces that
        must match something are looked up by the ids of those, so many at a time; all else is left
        to the database where it can group. No snapshot: what is written meanwhile may be in it.
        """
