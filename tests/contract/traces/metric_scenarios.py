"""Named builders for metrics of traces: what is measured, and how an answer is read."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlflow.entities import Assessment, Span, TraceInfo, TraceLocation, TraceState
from mlflow.entities.trace_metrics import (
    AggregationType,
    MetricAggregation,
    MetricDataPoint,
    MetricViewType,
)
from mlflow.store.entities.paged_list import PagedList
from mlflow.store.tracking.abstract_store import AbstractStore
from mlflow.tracing.constant import SpanAttributeKey, TraceMetadataKey, TraceTagKey

from .. import scenarios
from ..scenarios import START_TIME
from .trace_scenarios import MS, new_trace_id, told_span

Point = tuple[dict[str, Any], dict[str, float]]
"""The dimensions and the values of one point."""


def aggregations(text: str) -> list[MetricAggregation]:
    """As the keys of an answer spell them: ``AVG``, ``P50`` and, given as a double, ``P50.0``."""
    return [_aggregation(name) for name in text.split()]


def _aggregation(name: str) -> MetricAggregation:
    if name in AggregationType.__members__:
        return MetricAggregation(AggregationType[name])
    number = name.removeprefix("P")
    percentile = float(number) if "." in number else int(number)
    return MetricAggregation(AggregationType.PERCENTILE, percentile)


def query(
    store: AbstractStore,
    experiment_ids: Sequence[str],
    view: str,
    metric: str,
    aggregated: str = "COUNT",
    /,
    **options: Any,
) -> PagedList[MetricDataPoint]:
    """The answer to a question, its view and aggregations spelled as texts."""
    return store.query_trace_metrics(
        list(experiment_ids),
        MetricViewType[view.upper()],
        metric,
        aggregations(aggregated),
        **options,
    )


def span_of(
    trace_id: str,
    name: str = "step",
    *,
    kind: str = "CHAIN",
    status: str = "OK",
    start_ns: int = START_TIME * MS,
    lasted_ns: int | None = MS,
    root: bool = True,
    cost: Mapping[str, Any] | None = None,
    model: Any = None,
    provider: Any = None,
    session: str | None = None,
    usage: Mapping[str, int] | None = None,
    span_id: str | None = None,
) -> Span:
    """A span as clients send it."""
    attributes = {
        SpanAttributeKey.SPAN_TYPE: kind,
        SpanAttributeKey.LLM_COST: cost,
        SpanAttributeKey.MODEL: model,
        SpanAttributeKey.MODEL_PROVIDER: provider,
        SpanAttributeKey.SESSION_ID: session,
        SpanAttributeKey.CHAT_USAGE: usage,
    }
    return told_span(
        trace_id,
        name,
        span_id=span_id,
        parent_id=None if root else "0123456789abcdef",
        status=status,
        times_ns=(start_ns, None if lasted_ns is None else start_ns + lasted_ns),
        attributes={key: value for key, value in attributes.items() if value is not None},
    )


@dataclass(frozen=True)
class Measured:
    """An experiment whose traces are measured; times are milliseconds after ``START_TIME``."""

    store: AbstractStore
    experiment_id: str

    def trace(
        self,
        name: str | None = None,
        *,
        at: int = 0,
        lasted: int | None = 1,
        state: str = "OK",
        session: str | None = None,
        tokens: Mapping[str, Any] | None = None,
        cost: Mapping[str, Any] | None = None,
        tags: Mapping[str, str] | None = None,
        metadata: Mapping[str, str] | None = None,
        assessments: Sequence[Assessment] = (),
        trace_id: str | None = None,
    ) -> str:
        """A trace that its client has sent as a whole, without spans; its id."""
        promoted = {
            TraceMetadataKey.TRACE_SESSION: session,
            TraceMetadataKey.TOKEN_USAGE: tokens and json.dumps(tokens),
            TraceMetadataKey.COST: cost and json.dumps(cost),
        }
        named = {} if name is None else {TraceTagKey.TRACE_NAME: name}
        given = {key: value for key, value in promoted.items() if value is not None}
        chosen = trace_id or new_trace_id()
        self.store.start_trace(
            TraceInfo(
                chosen,
                TraceLocation.from_experiment_id(self.experiment_id),
                START_TIME + at,
                TraceState(state),
                execution_duration=lasted,
                tags={**(tags or {}), **named},
                trace_metadata={**(metadata or {}), **given},
                assessments=list(assessments),
            )
        )
        return chosen

    def spans(
        self, *wanted: Mapping[str, Any], trace_id: str | None = None, at: int | None = None
    ) -> str:
        """Spans that arrive in one batch, of a trace of their own unless told otherwise; its id.

        Each is made with the options of ``span_of``, but its ``at`` and ``lasted`` in milliseconds.
        """
        chosen = trace_id or (new_trace_id() if at is None else self.trace(at=at))
        self.store.log_spans(self.experiment_id, [_span(chosen, **options) for options in wanted])
        return chosen

    def assess(self, trace_id: str, *assessments: Assessment) -> list[Assessment]:
        """These as later assessments of a trace that is there."""
        for assessment in assessments:
            assessment.trace_id = trace_id
        return [self.store.create_assessment(assessment) for assessment in assessments]

    def answer(
        self, view: str, metric: str, aggregated: str = "COUNT", /, **options: Any
    ) -> PagedList[MetricDataPoint]:
        """The answer about this experiment, as it is given."""
        return query(self.store, [self.experiment_id], view, metric, aggregated, **options)

    def points(
        self, view: str, metric: str, aggregated: str = "COUNT", /, **options: Any
    ) -> list[Point]:
        """Every point of the answer, in its order."""
        found = self.answer(view, metric, aggregated, **options)
        assert all(point.metric_name == metric for point in found)
        return [(point.dimensions, point.values) for point in found]

    def values(
        self, view: str, metric: str, aggregated: str = "COUNT", /, **options: Any
    ) -> dict[str, float]:
        """The values of the only point that there must be."""
        ((dimensions, values),) = self.points(view, metric, aggregated, **options)
        assert dimensions == {}
        return values

    def groups(
        self, view: str, metric: str, aggregation: str = "COUNT", /, **options: Any
    ) -> list[tuple[Any, ...]]:
        """A row for each point: the values of its dimensions, then that of one aggregation."""
        points = self.points(view, metric, aggregation, **options)
        return [(*dimensions.values(), values[aggregation]) for dimensions, values in points]


def _span(trace_id: str, *, at: int = 0, lasted: int | None = 1, **options: Any) -> Span:
    lasted_ns = None if lasted is None else lasted * MS
    times = {"start_ns": (START_TIME + at) * MS, "lasted_ns": lasted_ns}
    return span_of(trace_id, **(times | options))


def measured(store: AbstractStore) -> Measured:
    """An experiment of its own, still without traces."""
    return Measured(store, scenarios.new_experiment(store))
