"""Rules of traces and spans, and the searches and charts of them."""

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule
from mlflow.entities import Span, TraceInfo
from mlflow.entities.trace_metrics import AggregationType, MetricAggregation, MetricViewType
from mlflow.entities.trace_state import TraceState
from opentelemetry.trace import StatusCode

from tests.contract.traces.trace_scenarios import (
    COST,
    INPUTS,
    OUTPUTS,
    SESSION,
    SOURCE_RUN,
    SPAN_COST,
    SPAN_MODEL,
    SPAN_TYPE,
    SPAN_USAGE,
    TOKEN_USAGE,
    TRACE_NAME,
    cost,
    info_of,
    span,
    usage,
)

from .judgements import assessment, thoughts
from .sides import Side
from .trace_history import (
    PROMPTS,
    RUN_IDS,
    SESSIONS,
    TraceHistory,
    names,
    times,
    trace_filters,
    trace_orders,
)
from .values import searched_labels, seldom

counts = st.integers(0, 3)
reports = st.none() | st.tuples(counts, counts)
metadata = st.fixed_dictionaries(
    {},
    optional={
        SESSION: st.sampled_from(SESSIONS),
        TOKEN_USAGE: st.tuples(counts, counts).map(lambda two: json.dumps(usage(*two))),
        COST: st.tuples(counts, counts).map(lambda two: json.dumps(cost(*two))),
        SOURCE_RUN: st.sampled_from(RUN_IDS),
        "a": st.sampled_from(["x", "X"]),
    },
)
infos = st.fixed_dictionaries(
    {
        "request_time": times,
        "state": st.sampled_from(list(TraceState)[1:]),
        "execution_duration": st.sampled_from([None, 0, 7, 2000]),
        "trace_metadata": metadata,
        "tags": searched_labels,
    },
    optional={
        "request_preview": st.sampled_from(["hello", "é"]),
        "response_preview": st.sampled_from(["bye", ""]),
        "client_request_id": st.sampled_from(["c1", "c2"]),
    },
)
# Mostly some time, seldom a time that ends before it begins.
periods = seldom(st.tuples(times, times).map(sorted), st.tuples(times, times))


@st.composite
def attributes(draw: st.DrawFn) -> dict[str, Any]:
    """Of a span: what totals, previews, sessions and charts are made of."""
    tokens, told = draw(reports), draw(reports)
    found = {
        SPAN_TYPE: draw(st.sampled_from(["LLM", "TOOL", "UNKNOWN"])),
        SPAN_USAGE: None if tokens is None else usage(*tokens),
        SPAN_COST: None if told is None else cost(*told),
        SPAN_MODEL: draw(st.sampled_from([None, "m1", "m2"])),
        INPUTS: draw(st.sampled_from([None, "hello", {"q": "é"}])),
        OUTPUTS: draw(st.sampled_from([None, "bye"])),
        "session.id": draw(st.sampled_from([None, None, *SESSIONS])),
        "user.id": draw(st.sampled_from([None, None, "ann", "bob"])),
    }
    return {key: value for key, value in found.items() if value is not None}


spans = st.fixed_dictionaries(
    {
        "span_id": st.integers(1, 4),
        "name": names,
        "start": times,
        "took": st.sampled_from([None, 0, 5, 3000]),
        "status": st.sampled_from([StatusCode.OK, StatusCode.ERROR, StatusCode.UNSET]),
        "attributes": attributes(),
    }
)
# Of one id the last would count in a batch; MLflow counts the tokens of all.
batches = st.lists(spans, min_size=1, max_size=3, unique_by=lambda one: one["span_id"])


def made_span(trace_id: str, drawn: dict[str, Any]) -> Span:
    """The first is the root of the second, and so on."""
    number, took = drawn["span_id"], drawn["took"]
    kept = {key: drawn[key] for key in ("name", "start", "status", "attributes")}
    end = None if took is None else drawn["start"] + took
    return span(trace_id, number, number - 1 or None, end=end, **kept)


class TraceRules(TraceHistory):
    """Operations on traces and their spans."""

    @rule(
        data=st.data(),
        fields=infos,
        name=st.none() | names,
        thought=seldom(st.none(), thoughts, of=3),
    )
    def start_trace(
        self,
        data: st.DataObject,
        fields: dict[str, Any],
        name: str | None,
        thought: dict[str, Any] | None,
    ) -> None:
        trace_id, home = self.some_trace(data), self.home(data)
        tags = fields["tags"] | ({} if name is None else {TRACE_NAME: name})
        brought = [] if thought is None else [(self.judged(trace_id, thought), thought)]

        def start(side: Side) -> TraceInfo:
            assessments = [assessment(judged, one) for judged, one in brought]
            more = {"tags": tags, "assessments": assessments}
            told = info_of(side.local(home), trace_id, **fields | more)
            # MLflow answers with the tags of before; those that are stored are looked at below.
            return replace(side.store.start_trace(told), tags={})

        self.same(start)
        self.look(trace_id)

    @rule(data=st.data(), drawn=batches, other=st.lists(spans, max_size=1))
    def log_spans(
        self, data: st.DataObject, drawn: list[dict[str, Any]], other: list[dict[str, Any]]
    ) -> None:
        home, first, second = self.home(data), self.some_trace(data), self.trace_ids[2]
        batch = [made_span(first, one) for one in drawn]
        if first != second:
            batch += [made_span(second, one) for one in other]
        self.same(lambda side: len(side.store.log_spans(side.local(home), batch)))
        self.look(first)
        self.look(second)

    @rule(data=st.data(), key=st.sampled_from(["a", "A", TRACE_NAME, "k"]), value=names)
    def set_trace_tag(self, data: st.DataObject, key: str, value: str) -> None:
        trace_id = self.trace_there(data)
        self.same(lambda side: side.store.set_trace_tag(trace_id, key, value))
        self.look(trace_id)

    @rule(data=st.data(), key=st.sampled_from(["a", "A", TRACE_NAME, "k"]))
    def delete_trace_tag(self, data: st.DataObject, key: str) -> None:
        trace_id = self.trace_there(data)
        self.same(lambda side: side.store.delete_trace_tag(trace_id, key))
        self.look(trace_id)

    @rule(data=st.data(), run=st.sampled_from(RUN_IDS))
    def link_traces_to_run(self, data: st.DataObject, run: str) -> None:
        trace_id = self.trace_there(data)
        self.same(lambda side: side.store.link_traces_to_run([trace_id], run))

    @rule(data=st.data(), prompt=st.sampled_from(PROMPTS))
    def link_prompts_to_trace(self, data: st.DataObject, prompt: tuple[str, int]) -> None:
        trace_id = self.trace_there(data)
        version = SimpleNamespace(name=prompt[0], version=prompt[1])
        self.same(lambda side: side.store.link_prompts_to_trace(trace_id, [version]))

    @rule(
        data=st.data(),
        until=seldom(st.sampled_from([1000, 2000, 3000]), times, of=4),
        most=st.none() | st.integers(1, 2),
        by_id=seldom(st.just(True), st.just(False), of=3),
    )
    def delete_traces(self, data: st.DataObject, until: int, most: int | None, by_id: bool) -> None:
        home, trace_id = self.home(data), self.some_trace(data)
        bounds = {"max_timestamp_millis": until, "max_traces": most}
        options = {"trace_ids": [trace_id]} if by_id else bounds
        self.same(lambda side: side.store.delete_traces(side.local(home), **options))
        for one in self.trace_ids:
            self.look(one)


TRACE_METRICS = {
    "trace_count": ("COUNT",),
    "session_count": ("COUNT",),
    "latency": ("AVG", "MIN", "MAX", "PERCENTILE"),
    "input_tokens": ("SUM", "AVG", "MIN", "MAX", "PERCENTILE"),
}
SPAN_METRICS = {
    "span_count": ("COUNT",),
    "latency": ("AVG", "MAX", "PERCENTILE"),
    "total_cost": ("SUM", "AVG", "PERCENTILE"),
}
ASSESSMENT_METRICS = {"assessment_count": ("COUNT",), "assessment_value": ("AVG", "MIN")}
VIEWS = {
    MetricViewType.TRACES: (TRACE_METRICS, ("trace_name", "trace_status")),
    MetricViewType.SPANS: (SPAN_METRICS, ("span_name", "span_status", "span_model_name")),
    MetricViewType.ASSESSMENTS: (ASSESSMENT_METRICS, ("assessment_name", "assessment_value")),
}
FILTERS = (
    "trace.status = 'OK'",
    "trace.tag.a = 'x'",
    "trace.metadata.`mlflow.trace.session` = 's1'",
    "span.name = 'chat'",
    "assessment.name = 'quality'",
)


class TraceSearchRules(TraceHistory):
    """Searches and charts."""

    @rule(data=st.data(), order=trace_orders, size=st.sampled_from([1, 2, 100]))
    def search_traces(self, data: st.DataObject, order: list[str], size: int) -> None:
        text = data.draw(trace_filters(self.trace_ids), "filter")

        def search(side: Side) -> list[TraceInfo]:
            found: list[TraceInfo] = []
            token = None
            while True:
                page, token = side.store.search_traces(
                    experiment_ids=side.local(self.experiments),
                    filter_string=text,
                    max_results=size,
                    order_by=order,
                    page_token=token,
                )
                found += page
                if not token:
                    return found

        self.same(search)

    @rule(within=periods, text=seldom(st.none(), names.map("name = '{}'".format), of=3))
    def find_completed_sessions(self, within: tuple[int, int], text: str | None) -> None:
        home = self.experiments[0]

        def found(side: Side) -> list[dict[str, Any]]:
            sessions = side.store.find_completed_sessions(
                side.local(home), *within, filter_string=text
            )
            return [vars(one) for one in sessions]

        self.same(found)

    @rule(data=st.data(), view=st.sampled_from(list(VIEWS)), hour=st.none() | st.just(2))
    def query_trace_metrics(
        self, data: st.DataObject, view: MetricViewType, hour: int | None
    ) -> None:
        metrics, known = VIEWS[view]
        metric = data.draw(st.sampled_from(list(metrics)), "metric")
        kinds = data.draw(st.lists(st.sampled_from(metrics[metric]), min_size=1, unique=True))
        dimensions = data.draw(st.lists(st.sampled_from(known), unique=True, max_size=2))
        filters = data.draw(st.lists(st.sampled_from(FILTERS), unique=True, max_size=1), "filters")
        start, end = data.draw(periods, "period")
        bounds = {} if hour is None else {"start_time_ms": start, "end_time_ms": end}

        def query(side: Side) -> list[Any]:
            points = side.store.query_trace_metrics(
                experiment_ids=side.local(self.experiments),
                view_type=view,
                metric_name=metric,
                aggregations=[_aggregation(kind) for kind in kinds],
                dimensions=dimensions,
                filters=filters,
                time_interval_seconds=hour,
                **bounds,
            )
            return [[one.metric_name, one.dimensions, one.values] for one in points]

        self.same(query)


def _aggregation(kind: str) -> MetricAggregation:
    percentile = 75.0 if kind == "PERCENTILE" else None
    return MetricAggregation(AggregationType[kind], percentile)
