"""Questions about metrics of traces that are refused, and in what words."""

from typing import Any

import pytest
from mlflow.store.tracking.abstract_store import AbstractStore

from ..scenarios import START_TIME, refused
from .metric_scenarios import Measured, measured, query

pytestmark = pytest.mark.area("trace_metrics")

INVALID = "INVALID_PARAMETER_VALUE"
TRACE_METRICS = (
    "trace_count",
    "session_count",
    "latency",
    "input_tokens",
    "output_tokens",
    "total_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
)
SPAN_METRICS = ("span_count", "latency", "input_cost", "output_cost", "total_cost")
ASSESSMENT_METRICS = ("assessment_count", "assessment_value")
OF_NUMBERS = "['AVG', 'MAX', 'MIN', 'PERCENTILE']"
OF_AMOUNTS = "['AVG', 'MAX', 'MIN', 'PERCENTILE', 'SUM']"


@pytest.fixture(scope="module")
def asked(store: AbstractStore) -> Measured:
    """An experiment of one trace with a span."""
    asked = measured(store)
    asked.spans({})
    return asked


@pytest.mark.parametrize(
    ("view", "metric", "known"),
    [
        ("traces", "zz", TRACE_METRICS),
        ("traces", "span_count", TRACE_METRICS),
        ("traces", "total_cost", TRACE_METRICS),
        ("traces", "TRACE_COUNT", TRACE_METRICS),
        ("traces", "", TRACE_METRICS),
        ("spans", "trace_count", SPAN_METRICS),
        ("spans", "input_tokens", SPAN_METRICS),
        ("assessments", "latency", ASSESSMENT_METRICS),
        ("assessments", "assessment", ASSESSMENT_METRICS),
    ],
)
def test_metric_that_the_view_has_not_is_refused(
    asked: Measured, view: str, metric: str, known: tuple[str, ...]
) -> None:
    with refused(INVALID, f"metric_name must be one of {list(known)}, got '{metric}'"):
        asked.points(view, metric)


@pytest.mark.parametrize(
    ("view", "metric", "aggregated", "wrong", "supported"),
    [
        ("traces", "trace_count", "SUM", "['SUM']", "['COUNT']"),
        ("traces", "trace_count", "COUNT AVG", "['AVG']", "['COUNT']"),
        ("traces", "trace_count", "P50", "['PERCENTILE']", "['COUNT']"),
        ("traces", "trace_count", "SUM MIN AVG", "['AVG', 'MIN', 'SUM']", "['COUNT']"),
        ("traces", "session_count", "MAX", "['MAX']", "['COUNT']"),
        ("traces", "latency", "SUM", "['SUM']", OF_NUMBERS),
        ("traces", "latency", "COUNT", "['COUNT']", OF_NUMBERS),
        ("traces", "input_tokens", "COUNT", "['COUNT']", OF_AMOUNTS),
        ("traces", "cache_read_input_tokens", "COUNT", "['COUNT']", OF_AMOUNTS),
        ("spans", "span_count", "AVG", "['AVG']", "['COUNT']"),
        ("spans", "latency", "SUM", "['SUM']", OF_NUMBERS),
        ("spans", "total_cost", "COUNT", "['COUNT']", OF_AMOUNTS),
        ("assessments", "assessment_count", "AVG", "['AVG']", "['COUNT']"),
        ("assessments", "assessment_value", "SUM", "['SUM']", OF_NUMBERS),
        ("assessments", "assessment_value", "COUNT", "['COUNT']", OF_NUMBERS),
    ],
)
def test_aggregation_that_the_metric_has_not_is_refused(
    asked: Measured, view: str, metric: str, aggregated: str, wrong: str, supported: str
) -> None:
    text = f"Found invalid aggregation_type(s): {wrong}. Supported aggregation types: {supported}"
    with refused(INVALID, text):
        asked.points(view, metric, aggregated)


@pytest.mark.parametrize(
    ("view", "metric", "aggregated", "dimensions", "wrong", "supported"),
    [
        ("traces", "trace_count", "COUNT", ["zz"], ["zz"], ["trace_name", "trace_status"]),
        ("traces", "trace_count", "COUNT", ["zz", "aa"], ["aa", "zz"], None),
        ("traces", "trace_count", "COUNT", ["trace_name", "zz"], ["zz"], None),
        ("traces", "session_count", "COUNT", ["trace_name"], ["trace_name"], []),
        ("traces", "latency", "AVG", ["trace_status"], ["trace_status"], ["trace_name"]),
        ("traces", "total_tokens", "SUM", ["trace_status"], ["trace_status"], ["trace_name"]),
        ("spans", "span_count", "COUNT", ["trace_name"], ["trace_name"], None),
        (
            "spans",
            "latency",
            "AVG",
            ["span_type"],
            ["span_type"],
            ["span_name", "span_status"],
        ),
        (
            "spans",
            "total_cost",
            "SUM",
            ["span_name"],
            ["span_name"],
            ["span_model_name", "span_model_provider"],
        ),
        (
            "assessments",
            "assessment_value",
            "AVG",
            ["assessment_value"],
            ["assessment_value"],
            ["assessment_name"],
        ),
        ("assessments", "assessment_count", "COUNT", ["trace_name"], ["trace_name"], None),
    ],
)
def test_dimension_that_the_metric_has_not_is_refused(
    asked: Measured,
    view: str,
    metric: str,
    aggregated: str,
    dimensions: list[str],
    wrong: list[str],
    supported: list[str] | None,
) -> None:
    known = [] if supported is None else [f"Supported dimensions: {supported}"]
    with refused(INVALID, f"Found invalid dimension(s): {wrong}. ", *known):
        asked.points(view, metric, aggregated, dimensions=dimensions)


@pytest.mark.parametrize(
    "bounds",
    [{}, {"start_time_ms": START_TIME}, {"end_time_ms": START_TIME}],
)
@pytest.mark.parametrize("seconds", [1, 3_600, -1])
def test_buckets_without_both_ends_of_the_range_are_refused(
    asked: Measured, seconds: int, bounds: dict[str, int]
) -> None:
    text = "start_time_ms and end_time_ms are required if time_interval_seconds is set"
    with refused(INVALID, text):
        asked.points("traces", "trace_count", time_interval_seconds=seconds, **bounds)


@pytest.mark.parametrize(
    ("view", "metric", "aggregated", "options", "text"),
    [
        ("traces", "zz", "SUM", {"dimensions": ["zz"]}, "metric_name must be one of"),
        ("traces", "trace_count", "SUM", {"dimensions": ["zz"]}, "invalid aggregation_type(s)"),
        (
            "traces",
            "trace_count",
            "COUNT",
            {"dimensions": ["zz"], "time_interval_seconds": 1},
            "invalid dimension(s)",
        ),
        (
            "traces",
            "trace_count",
            "COUNT",
            {"time_interval_seconds": 1, "filters": ["zz"]},
            "start_time_ms and end_time_ms are required",
        ),
    ],
)
def test_first_mistake_is_the_one_that_is_told(
    asked: Measured,
    view: str,
    metric: str,
    aggregated: str,
    options: dict[str, Any],
    text: str,
) -> None:
    with refused(INVALID, text):
        asked.points(view, metric, aggregated, **options)


@pytest.mark.parametrize("experiment_id", ["zz", "1.5", ""])
def test_experiment_id_that_is_no_number_is_refused(
    store: AbstractStore, experiment_id: str
) -> None:
    with refused(INVALID):
        query(store, [experiment_id], "traces", "trace_count")


@pytest.mark.parametrize("view", ["traces", "spans", "assessments"])
def test_no_aggregation_at_all_is_refused(asked: Measured, view: str) -> None:
    with refused("BAD_REQUEST", "no columns with which to SELECT from"):
        asked.points(view, view.removesuffix("s") + "_count", "")


OF_TRACE = "specified for view type 'trace'. Valid entities are ['status', 'tag', 'metadata']"
COLUMNS = "Columns should be specified as 'trace.<key>', 'span.<key>', 'assessment.<key>'."


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("trace.status != 'OK'", "Invalid comparator: '!=', only '=' operator is supported"),
        ("trace.status > 'OK'", "Invalid comparator: '>', only '=' operator is supported"),
        ("trace.status LIKE 'OK'", "Invalid comparator: 'LIKE', only '=' operator is supported"),
        ("trace.tag.a ILIKE 'OK'", "Invalid comparator: 'ILIKE', only '='"),
        ("trace.tag.a IN ('a')", "Invalid"),
        ("trace.tag.a IS NULL", "Invalid"),
        ("trace.name = 'a'", f"Invalid entity 'name' {OF_TRACE}"),
        (
            "trace.tags.a = 'a'",
            f"Invalid entity 'tags' {OF_TRACE}",
        ),
        ("trace.latency = '1'", "Invalid entity 'latency' specified for view type 'trace'."),
        ("span.model = 'a'", "Valid entities are ['name', 'status', 'type']"),
        ("assessment.value = 'a'", "Valid entities are ['name', 'type']"),
        ("status = 'OK'", f"Invalid identifier 'status'. {COLUMNS}"),
        ("run.status = 'OK'", "Invalid view type 'run'. Valid values are"),
        ("traces.status = 'OK'", "Invalid view type 'traces'. Valid values are"),
        (
            "trace.tag = 'a'",
            "Filtering by tag requires a key, e.g. 'trace.tag.<key> = <value>'",
        ),
        (
            "trace.metadata = 'a'",
            "Filtering by metadata requires a key, e.g. 'trace.metadata.<key> = <value>'",
        ),
        (
            "trace.status.a = 'a'",
            "Filtering by status does not require a key, use 'trace.status' instead",
        ),
        (
            "span.name.a = 'a'",
            "Filtering by name does not require a key, use 'span.name' instead",
        ),
        (
            "trace.status = 'OK' AND trace.tag.a = 'b'",
            "Invalid clause(s) in filter string: AND",
        ),
        ("trace.status = 'OK' OR trace.tag.a = 'b'", "Invalid clause(s) in filter string: OR"),
        ("trace.status", "Invalid clause(s) in filter string: trace.status"),
        ("", "Invalid filter: ''. Expected one filter clause."),
        ("trace.status = OK", "Parameter value is either not quoted or unidentified quote types"),
        ("trace.status = 1", "Expected a quoted string value for status value"),
        ("trace.tag.a = 0.5", "Expected a quoted string value for tag value"),
    ],
)
@pytest.mark.parametrize("view", ["traces", "spans", "assessments"])
def test_malformed_filter_is_refused(asked: Measured, view: str, question: str, text: str) -> None:
    with refused(INVALID, text):
        asked.points(view, view.removesuffix("s") + "_count", filters=[question])


@pytest.mark.parametrize(
    ("view", "asks"),
    [
        ("traces", "span"),
        ("traces", "assessment"),
        ("spans", "assessment"),
        ("assessments", "span"),
    ],
)
def test_filter_on_what_another_view_is_about_is_refused(
    asked: Measured, view: str, asks: str
) -> None:
    own, other = view.upper(), f"{asks.upper()}S"
    with refused(
        INVALID, f"Filtering by {asks} is only supported for {other} view type, got {own}"
    ):
        metric = view.removesuffix("s") + "_count"
        asked.points(view, metric, filters=[f"{asks}.name = 'a'"])


@pytest.mark.parametrize("position", [0, 1, 2])
def test_one_malformed_filter_of_several_is_refused(asked: Measured, position: int) -> None:
    filters = ["trace.status = 'none'"] * 3
    filters[position] = "trace.status != 'OK'"
    with refused(INVALID, "Invalid comparator"):
        asked.points("traces", "trace_count", filters=filters)
