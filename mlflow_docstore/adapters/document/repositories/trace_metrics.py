"""Metrics of traces, grouped by the database wherever it can."""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import islice
from operator import itemgetter
from typing import Any

from mlflow.entities.trace_metrics import AggregationType

from mlflow_docstore.adapters.document.codecs import spans as span_codec
from mlflow_docstore.adapters.document.codecs import traces as codec
from mlflow_docstore.adapters.document.documents import Documents
from mlflow_docstore.adapters.document.layout import SPANS
from mlflow_docstore.adapters.document.queries.fields import one_of
from mlflow_docstore.adapters.document.queries.trace_metrics import (
    chooses_traces,
    group_of,
    measure_of,
    measured,
    summarised,
    told,
    traces_of,
    view_of,
)
from mlflow_docstore.adapters.document.queries.traces import trace_filter
from mlflow_docstore.adapters.document.traces.stored import IS_ACTIVE, StoredTraces, within
from mlflow_docstore.core.query import Filter, In, Order, all_of, path
from mlflow_docstore.core.trace_metrics import Keys, Summary
from mlflow_docstore.ports.trace_metrics import MetricGroup, TraceMetricQuery, TraceMetricRepository

_LATEST = (Order(path(codec.RECENT)),)
"""As their index has them: in any other order each piece of a scan sorts all that is left."""


class DocumentTraceMetrics(TraceMetricRepository):
    """See the port.

    Args:
        traces: The traces, and their spans.
    """

    def __init__(self, traces: StoredTraces) -> None:
        self._traces = traces

    def groups(self, query: TraceMetricQuery) -> list[MetricGroup]:
        if query.most == 0:
            return []
        if not chooses_traces(query):
            found = self._reduced(query)
        elif _is_of_percentiles(query):
            found = _told(self._gathered(query), query)
        else:
            found = _told(self._merged(query), query)
        return found or _nothing(query)

    def _reduced(self, query: TraceMetricQuery) -> list[MetricGroup]:
        """Groups as the database has them."""
        where = all_of(*next(self._scopes(query)))
        group = replace(group_of(query, told(query)), where=where, limit=query.most)
        return [MetricGroup(row.keys, row.values) for row in self._documents(query).group(group)]

    def _merged(self, query: TraceMetricQuery) -> dict[Keys, Summary]:
        """Groups put together of those that the database has of parts."""
        group = group_of(query, summarised(query))
        merged: dict[Keys, Summary] = {}
        for where in self._scopes(query):
            for row in self._documents(query).group(replace(group, where=all_of(*where))):
                count, total, least, greatest = (*row.values, None, None, None)[:4]
                part = Summary(int(count or 0), total, least, greatest)
                merged[row.keys] = merged[row.keys] + part if row.keys in merged else part
        return merged

    def _gathered(self, query: TraceMetricQuery) -> dict[Keys, Summary]:
        """Groups put together of the values of parts."""
        group, measure = group_of(query, summarised(query)), measure_of(query)
        fields = (*(key.path for key in group.keys), str(measure.path))
        values: defaultdict[Any, Any] = defaultdict(partial(array, "q" if measure.whole else "d"))
        for where in self._scopes(query):
            rows: Iterable[Any] = self._documents(query).tuples(
                where, fields, each=group.each, of_each=group.of_each
            )
            for *keys, value in rows:
                if None in keys:
                    continue
                if query.interval is not None:
                    keys[0] -= keys[0] % query.interval
                values[tuple(keys)].append(value)
        return {keys: Summary.of(these) for keys, these in values.items()}

    def _documents(self, query: TraceMetricQuery) -> Documents:
        is_of_spans = view_of(query).collection == SPANS
        return self._traces.spans if is_of_spans else self._traces.documents

    def _scopes(self, query: TraceMetricQuery) -> Iterator[tuple[Filter, ...]]:
        """What documents must match: all that count, or those of so many traces at a time."""
        experiments = within(query.traces.experiment_ids)
        if view_of(query).collection != SPANS:
            yield (*experiments, IS_ACTIVE, *trace_filter(query.traces), *measured(query))
            return
        if not chooses_traces(query):
            yield (*experiments, *measured(query))
            return
        where = (*experiments, IS_ACTIVE, *traces_of(query))
        chosen = self._traces.documents.scan(where, order=_LATEST, fields=(codec.ERA,))
        while batch := list(islice(chosen, self._traces.in_terms)):
            yield (
                one_of(span_codec.TRACE, tuple(trace["_id"] for trace in batch)),
                In(path(span_codec.ERA), tuple(trace[codec.ERA] for trace in batch)),
                *measured(query),
            )


def _is_of_percentiles(query: TraceMetricQuery) -> bool:
    return any(one.aggregation_type is AggregationType.PERCENTILE for one in query.aggregations)


def _told(summaries: Mapping[Keys, Summary], query: TraceMetricQuery) -> list[MetricGroup]:
    """The first groups, in their order, and what the aggregations make of them."""
    first = sorted(summaries.items(), key=itemgetter(0))[: query.most]
    return [
        MetricGroup(keys, [summary.value(one) for one in query.aggregations])
        for keys, summary in first
    ]


def _nothing(query: TraceMetricQuery) -> list[MetricGroup]:
    """What is said where nothing was found: how many there are, unless they are told apart."""
    counts = all(one.aggregation_type is AggregationType.COUNT for one in query.aggregations)
    if query.interval is not None or query.dimensions or not counts:
        return []
    return [MetricGroup((), [0] * len(query.aggregations))]
