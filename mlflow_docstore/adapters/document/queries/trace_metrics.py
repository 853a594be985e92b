"""Metrics of traces: where the documents have what is measured, and what it is grouped by."""

from collections.abc import Mapping
from dataclasses import dataclass

from mlflow.entities.trace_metrics import AggregationType, MetricAggregation, MetricViewType

from mlflow_docstore.adapters.document.codecs import assessments as assessment_codec
from mlflow_docstore.adapters.document.codecs import spans as span_codec
from mlflow_docstore.adapters.document.codecs import traces as codec
from mlflow_docstore.adapters.document.groups import Group, GroupKey, Reducer, Reduction
from mlflow_docstore.adapters.document.layout import SPANS, TRACES
from mlflow_docstore.core.query import And, Compare, Filter, Leaf, Operator, Or, equals, path
from mlflow_docstore.core.traces import COSTS, TOKENS
from mlflow_docstore.ports.trace_metrics import TraceMetricQuery

from .fields import moved, with_number, with_text
from .traces import trace_filter

_INT64 = range(-(2**63), 2**63)
_ASSESSMENT = f"{assessment_codec.ASSESSMENTS}."
"""Leads into the elements of a trace's assessments."""


@dataclass(frozen=True, slots=True)
class View:
    """What is measured.

    Args:
        collection: Where it is.
        time: The path of its time, for buckets.
        dimensions: The paths of its dimensions.
        own: The paths of its attributes, as filters name them.
        each: The path of the array that it is an element of.
        of_each: What such an element must match.
    """

    collection: str
    time: str
    dimensions: Mapping[str, str]
    own: Mapping[str, str]
    each: str | None = None
    of_each: tuple[Leaf, ...] = ()


@dataclass(frozen=True, slots=True)
class Measure:
    """A metric.

    Args:
        path: Where the values are; None where documents are counted.
        whole: Whether the values are integers.
        distinct: Whether different values are counted.
        bounded_by: The path of the time that must be in range.
    """

    path: str | None = None
    whole: bool = True
    distinct: bool = False
    bounded_by: str = codec.TIME


_VIEWS: Mapping[MetricViewType, View] = {
    MetricViewType.TRACES: View(
        TRACES, codec.TIME, {"trace_name": codec.NAME, "trace_status": codec.STATE}, {}
    ),
    MetricViewType.SPANS: View(
        SPANS,
        span_codec.STARTED,
        {
            "span_name": span_codec.NAME,
            "span_type": span_codec.TYPE,
            "span_status": span_codec.STATUS,
            "span_model_name": span_codec.MODEL,
            "span_model_provider": span_codec.PROVIDER,
        },
        {"name": span_codec.NAME, "type": span_codec.TYPE, "status": span_codec.STATUS},
    ),
    MetricViewType.ASSESSMENTS: View(
        TRACES,
        codec.TIME,
        {
            "assessment_name": _ASSESSMENT + assessment_codec.NAME,
            "assessment_value": _ASSESSMENT + assessment_codec.VALUE,
        },
        {"name": assessment_codec.NAME, "type": assessment_codec.KIND},
        assessment_codec.ASSESSMENTS,
        (equals(assessment_codec.IS_VALID, True),),
    ),
}

_MEASURES: Mapping[tuple[MetricViewType, str], Measure] = {
    (MetricViewType.TRACES, "trace_count"): Measure(),
    (MetricViewType.TRACES, "session_count"): Measure(codec.SESSION, distinct=True),
    (MetricViewType.TRACES, "latency"): Measure(codec.DURATION),
    **{(MetricViewType.TRACES, name): Measure(f"{codec.TOKENS}.{name}") for name in TOKENS},
    (MetricViewType.SPANS, "span_count"): Measure(bounded_by=span_codec.TIME),
    (MetricViewType.SPANS, "latency"): Measure(span_codec.DURATION, bounded_by=span_codec.TIME),
    **{
        (MetricViewType.SPANS, name): Measure(
            f"{span_codec.COSTS}.{name}", whole=False, bounded_by=span_codec.STARTED
        )
        for name in COSTS
    },
    (MetricViewType.ASSESSMENTS, "assessment_count"): Measure(),
    (MetricViewType.ASSESSMENTS, "assessment_value"): Measure(
        _ASSESSMENT + assessment_codec.NUMBER, whole=False
    ),
}

_COUNT = Reduction(Reducer.COUNT)

_REDUCERS: Mapping[AggregationType, Reducer] = {
    AggregationType.SUM: Reducer.SUM,
    AggregationType.AVG: Reducer.AVERAGE,
    AggregationType.MIN: Reducer.MINIMUM,
    AggregationType.MAX: Reducer.MAXIMUM,
    AggregationType.PERCENTILE: Reducer.PERCENTILE,
}


def view_of(query: TraceMetricQuery) -> View:
    """What the query measures."""
    return _VIEWS[query.view]


def measure_of(query: TraceMetricQuery) -> Measure:
    """What of it."""
    return _MEASURES[query.view, query.metric]


def group_of(query: TraceMetricQuery, reductions: tuple[Reduction, ...]) -> Group:
    """The groups of a query, of all documents that there are."""
    view = view_of(query)
    buckets = () if query.interval is None else (GroupKey(view.time, query.interval),)
    dimensions = (GroupKey(view.dimensions[name]) for name in query.dimensions)
    return Group(
        keys=(*buckets, *dimensions),
        reductions=reductions,
        each=view.each,
        of_each=() if view.each is None else (*view.of_each, *_own(query)),
    )


def told(query: TraceMetricQuery) -> tuple[Reduction, ...]:
    """What the aggregations ask of the database."""
    return tuple(_reduction(measure_of(query), one) for one in query.aggregations)


def summarised(query: TraceMetricQuery) -> tuple[Reduction, ...]:
    """What parts of a group have to say, as a ``Summary`` has it."""
    values = measure_of(query).path
    of_values = () if values is None else (Reducer.SUM, Reducer.MINIMUM, Reducer.MAXIMUM)
    return (_COUNT, *(Reduction(reducer, values) for reducer in of_values))


def measured(query: TraceMetricQuery) -> tuple[Filter, ...]:
    """What documents must match to have what is measured, within the times."""
    bounds = _in_range(measure_of(query).bounded_by, query)
    return bounds if view_of(query).each is not None else (*bounds, *_own(query))


def _reduction(measure: Measure, aggregation: MetricAggregation) -> Reduction:
    kind, percent = aggregation.aggregation_type, aggregation.percentile_value
    if kind is AggregationType.COUNT:
        return Reduction(Reducer.DISTINCT, measure.path) if measure.distinct else _COUNT
    return Reduction(_REDUCERS[kind], measure.path, percent)


def _own(query: TraceMetricQuery) -> tuple[Leaf, ...]:
    """What must be true of what is measured, and that it has a value."""
    view, measure = view_of(query), measure_of(query)
    leaves = tuple(moved(leaf, view.own[leaf.field.name]) for leaf in query.own)
    if measure.path is None:
        return leaves
    name = measure.path if view.each is None else measure.path.removeprefix(_ASSESSMENT)
    return (*leaves, with_text(name) if measure.distinct else with_number(name))


def chooses_traces(query: TraceMetricQuery) -> bool:
    """Whether spans are measured, of traces that have to match something first."""
    chosen = query.traces.where != And() or bool(query.traces.runs)
    return chosen and view_of(query).collection == SPANS


def traces_of(query: TraceMetricQuery) -> tuple[Filter, ...]:
    """What traces must match whose spans are measured."""
    bounds = (
        () if measure_of(query).bounded_by == span_codec.STARTED else _in_range(codec.TIME, query)
    )
    return (*bounds, *trace_filter(query.traces))


def _in_range(name: str, query: TraceMetricQuery) -> tuple[Filter, ...]:
    """The path is within the times; they may be beyond those that can be stored."""
    least, greatest = _INT64[0], _INT64[-1]
    since = least if query.since is None else query.since
    until = greatest if query.until is None else query.until
    if since > greatest or until < least:
        return (Or(),)
    bounds: list[Filter] = []
    if since > least:
        bounds.append(Compare(path(name), Operator.GE, since))
    if until < greatest:
        bounds.append(Compare(path(name), Operator.LE, until))
    return tuple(bounds)
