"""Metrics of traces, by MLflow's signatures."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone

from mlflow.entities.trace_metrics import MetricAggregation, MetricDataPoint, MetricViewType
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import BAD_REQUEST
from mlflow.store.entities.paged_list import PagedList
from mlflow.store.tracking import MAX_RESULTS_QUERY_TRACE_METRICS

from mlflow_docstore.compat.arguments import parsed_experiment_ids
from mlflow_docstore.compat.filters.trace_metrics import parsed_filters
from mlflow_docstore.ports.backend import Backend
from mlflow_docstore.ports.trace_metrics import MetricGroup, TraceMetricQuery

_TIME_BUCKET = "time_bucket"


class TraceMetricsMixin:
    """The area ``trace_metrics`` of a tracking store."""

    _backend: Backend

    def query_trace_metrics(
        self,
        experiment_ids: list[str],
        view_type: MetricViewType,
        metric_name: str,
        aggregations: list[MetricAggregation],
        dimensions: list[str] | None = None,
        filters: list[str] | None = None,
        time_interval_seconds: int | None = None,
        start_time_ms: int | None = None,
        end_time_ms: int | None = None,
        max_results: int = MAX_RESULTS_QUERY_TRACE_METRICS,
        page_token: str | None = None,
    ) -> PagedList[MetricDataPoint]:
        del page_token
        _validate(view_type, metric_name, aggregations, dimensions)
        interval = _interval(time_interval_seconds, start_time_ms, end_time_ms)
        experiments = parsed_experiment_ids(experiment_ids)
        asked = parsed_filters(filters, view_type)
        query = TraceMetricQuery(
            view_type,
            metric_name,
            tuple(aggregations),
            tuple(dict.fromkeys(dimensions or ())),
            traces=replace(asked.traces, experiment_ids=experiments),
            own=asked.own,
            interval=interval,
            since=start_time_ms,
            until=end_time_ms,
            most=None if max_results < 0 else max_results,
        )
        if not aggregations:
            return _of_no_aggregation(query)
        groups = self._backend.trace_metrics.groups(query)
        return PagedList(list(filter(None, (_point(query, group) for group in groups))), None)


def _validate(
    view_type: MetricViewType,
    metric_name: str,
    aggregations: Sequence[MetricAggregation],
    dimensions: Sequence[str] | None,
) -> None:
    # Late, as it imports what only this takes.
    from mlflow_docstore.compat.mlflow_internals import trace_metrics  # noqa: PLC0415

    trace_metrics.validate_query_trace_metrics_params(
        view_type, metric_name, list(aggregations), list(dimensions or ())
    )


def _interval(seconds: int | None, since: int | None, until: int | None) -> int | None:
    """The size of buckets in milliseconds."""
    if not seconds:
        return None
    if since is None or until is None:
        raise MlflowException.invalid_parameter_value(
            "start_time_ms and end_time_ms are required if time_interval_seconds is set"
        )
    if not isinstance(seconds, int) or seconds < 0:
        raise MlflowException.invalid_parameter_value(
            f"time_interval_seconds must be a positive integer, got {seconds!r}"
        )
    return seconds * 1000


def _point(query: TraceMetricQuery, group: MetricGroup) -> MetricDataPoint | None:
    """What is told of a group; None where there is nothing to tell."""
    values = {
        str(aggregation): value
        for aggregation, value in zip(query.aggregations, group.values, strict=True)
        if value is not None
    }
    if not values:
        return None
    names = query.dimensions if query.interval is None else (_TIME_BUCKET, *query.dimensions)
    dimensions = dict(zip(names, map(_text, group.keys), strict=True))
    return MetricDataPoint(query.metric, dimensions, values)


def _text(key: str | float) -> str:
    """A dimension as it is, and the begin of a bucket as MLflow writes it."""
    if isinstance(key, str):
        return key
    return datetime.fromtimestamp(key / 1000.0, tz=timezone.utc).isoformat()


def _of_no_aggregation(query: TraceMetricQuery) -> PagedList[MetricDataPoint]:
    """Nothing is told of any group; where there would be but one, SQL refuses the question."""
    if query.interval is None and not query.dimensions:
        raise MlflowException("Query contains no columns with which to SELECT from.", BAD_REQUEST)
    return PagedList([], None)
