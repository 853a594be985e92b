"""The order of search_traces."""

import pytest
from mlflow.entities import TraceState
from mlflow.store.tracking.abstract_store import AbstractStore
from mlflow.tracing.constant import TraceMetadataKey

from .. import scenarios
from ..scenarios import refused
from .trace_search_scenarios import NamedTraces, named_traces, new_trace

pytestmark = pytest.mark.area("traces")


@pytest.fixture(scope="module")
def traces(store: AbstractStore) -> NamedTraces:
    """Four traces, each of them first in an order of its own."""
    fields = ("request_time", "execution_duration", "name", "session", "run", "tag", "state")
    rows = {
        "early": (1_000, 30, "b", "s-2", "r-3", "x", TraceState.OK),
        "middle": (2_000, 5_000, "a", "s-1", None, "X", TraceState.ERROR),
        "late": (3_000, 10, "B", None, "r-1", None, TraceState.IN_PROGRESS),
        "open": (4_000, None, None, "s-3", "r-2", "w", TraceState.STATE_UNSPECIFIED),
    }
    wanted = {}
    for name, row in rows.items():
        options = dict(zip(fields, row, strict=True))
        run, tag = options.pop("run"), options.pop("tag")
        options["metadata"] = {TraceMetadataKey.SOURCE_RUN: run, "own": run} if run else {}
        options["tags"] = {"own": tag} if tag else {}
        wanted[name] = options
    return named_traces(store, wanted)


ASCENDING = [
    ("timestamp", ["early", "middle", "late", "open"], []),
    ("timestamp_ms", ["early", "middle", "late", "open"], []),
    ("execution_time", ["late", "early", "middle"], ["open"]),
    ("execution_time_ms", ["late", "early", "middle"], ["open"]),
    ("status", ["middle", "late", "early", "open"], []),
    ("name", ["late", "middle", "early"], ["open"]),
    ("tags.`mlflow.traceName`", ["late", "middle", "early"], ["open"]),
    ("run_id", ["late", "open", "early"], ["middle"]),
    ("metadata.own", ["late", "open", "early"], ["middle"]),
    ("metadata.`mlflow.sourceRun`", ["late", "open", "early"], ["middle"]),
    ("metadata.`mlflow.trace.session`", ["middle", "early", "open"], ["late"]),
    ("tags.own", ["middle", "open", "early"], ["late"]),
    ("tag.own", ["middle", "open", "early"], ["late"]),
    ("attributes.execution_time", ["late", "early", "middle"], ["open"]),
    ("trace.status", ["middle", "late", "early", "open"], []),
    ("request_metadata.own", ["late", "open", "early"], ["middle"]),
]


@pytest.mark.parametrize("word", ["", " ASC", " asc"])
@pytest.mark.parametrize(("field", "ordered", "without"), ASCENDING)
def test_ascending_puts_what_is_missing_last(
    traces: NamedTraces, field: str, ordered: list[str], without: list[str], word: str
) -> None:
    assert traces.found(order_by=[field + word]) == [*ordered, *without]


@pytest.mark.parametrize("word", [" DESC", " desc"])
@pytest.mark.parametrize(("field", "ordered", "without"), ASCENDING)
def test_descending_puts_what_is_missing_last(
    traces: NamedTraces, field: str, ordered: list[str], without: list[str], word: str
) -> None:
    assert traces.found(order_by=[field + word]) == [*reversed(ordered), *without]


@pytest.mark.parametrize("order_by", [None, []])
def test_default_is_the_latest_first(traces: NamedTraces, order_by: list[str] | None) -> None:
    assert traces.found(order_by=order_by) == ["open", "late", "middle", "early"]


@pytest.mark.parametrize("field", ["end_time", "end_time_ms", "attributes.end_time"])
def test_end_time_is_start_and_duration(traces: NamedTraces, field: str) -> None:
    found = [traces.found(order_by=[f"{field} {word}"]) for word in ("ASC", "DESC")]
    ascending = ["early", "late", "open", "middle"]
    assert found == [ascending, ascending[::-1]]


@pytest.mark.parametrize(("word", "step"), [("ASC", 1), ("DESC", -1)])
def test_request_id_is_compared_as_text(traces: NamedTraces, word: str, step: int) -> None:
    assert traces.found(order_by=[f"request_id {word}"]) == traces.by_id(*traces.ids)[::step]


def test_ties_are_broken_by_time_and_then_by_id(store: AbstractStore) -> None:
    times = {"a": 1, "b": 2, "c": 1, "d": 2, "e": 1}
    traces = named_traces(store, {name: {"request_time": time} for name, time in times.items()})
    expected = [*traces.by_id("b", "d"), *traces.by_id("a", "c", "e")]
    found = [traces.found(order_by=by) for by in (None, ["status"], ["tags.absent DESC"])]
    assert found == [expected] * 3


def test_ties_of_ascending_time_are_broken_by_ascending_id(store: AbstractStore) -> None:
    traces = named_traces(store, {name: {} for name in "abcd"})
    assert traces.found(order_by=["timestamp ASC"]) == traces.by_id(*"abcd")


@pytest.mark.parametrize(
    ("order_by", "expected"),
    [
        (["tags.group", "timestamp"], ["b1", "b3", "a2", "a4", "none"]),
        (["tags.group DESC", "timestamp DESC"], ["a4", "a2", "b3", "b1", "none"]),
        (["tags.group DESC", "timestamp"], ["a2", "a4", "b1", "b3", "none"]),
        (["status DESC", "tags.group DESC", "request_id"], None),
        (["timestamp DESC", "tags.group"], ["none", "a4", "b3", "a2", "b1"]),
    ],
)
def test_clauses_combine_first_to_last(
    store: AbstractStore, order_by: list[str], expected: list[str] | None
) -> None:
    wanted = {
        name: {"tags": {"group": "Z" if name[0] == "b" else "a"}, "request_time": int(name[1])}
        for name in ("b1", "a2", "b3", "a4")
    }
    traces = named_traces(store, {**wanted, "none": {"request_time": 5}})
    wanted_order = expected or [*traces.by_id("a2", "a4"), *traces.by_id("b1", "b3"), "none"]
    assert traces.found(order_by=order_by) == wanted_order


def test_experiments_are_ordered_by_number(store: AbstractStore) -> None:
    experiments = [scenarios.new_experiment(store) for _ in range(12)]
    for experiment_id in experiments:
        new_trace(store, experiment_id)
    found = [
        NamedTraces(store, "", {}).search(locations=experiments, order_by=[f"experiment_id {word}"])
        for word in ("ASC", "DESC")
    ]
    orders = [[trace.experiment_id for trace in answer] for answer in found]
    assert orders == [experiments, experiments[::-1]]


def test_metadata_of_several_traces_of_one_key_repeats_none(traces: NamedTraces) -> None:
    found = traces.found(order_by=["metadata.own", "tags.own", "metadata.`mlflow.sourceRun`"])
    assert found == ["late", "open", "early", "middle"]


@pytest.mark.parametrize(
    "order_by",
    [
        ["timestamp", "timestamp DESC"],
        ["timestamp", "timestamp_ms"],
        ["execution_time", "status", "execution_time_ms DESC"],
        ["name", "tags.`mlflow.traceName`"],
        ["run_id", "metadata.run_id"],
        ["tags.a", "tag.a DESC"],
        ["request_id", "attributes.request_id"],
    ],
)
def test_field_twice_is_refused(traces: NamedTraces, order_by: list[str]) -> None:
    text = f"`order_by` contains duplicate fields: {order_by}"
    with refused("INTERNAL_ERROR", text):
        traces.search(order_by=order_by)


def test_end_time_twice_is_refused(traces: NamedTraces) -> None:
    with refused("INTERNAL_ERROR", "`order_by` contains duplicate fields: "):
        traces.search(order_by=["end_time", "end_time_ms DESC"])


INVALID_KEY = "Invalid attribute key '{}' specified. Valid keys are "
RESERVED = "Ordering by reserved metadata 'mlflow.trace.{}' is not supported because it is "


@pytest.mark.parametrize(
    ("clause", "text"),
    [
        ("client_request_id", INVALID_KEY.format("client_request_id")),
        ("attributes.text", INVALID_KEY.format("text")),
        ("prompt", INVALID_KEY.format("prompt")),
        ("unheard", INVALID_KEY.format("unheard")),
        ("text", "Invalid order_by clause 'text'. Could not be parsed."),
        ("Status", INVALID_KEY.format("Status")),
        ("attributes.nothing DESC", INVALID_KEY.format("nothing")),
        ("trace.request_preview", INVALID_KEY.format("request_preview")),
        ("foo.bar", "Invalid entity type 'foo'. Valid values are "),
        ("params.a", "Invalid entity type 'params'. Valid values are "),
        ("span.name", "Invalid identifier type 'span'"),
        ("feedback.good", "Invalid identifier type 'feedback'"),
        ("expectation.good DESC", "Invalid identifier type 'expectation'"),
        ("issue.id", "Invalid identifier type 'issue'"),
        ("tags.text", "Invalid identifier type 'span'"),
        ("metadata.`mlflow.trace.tokenUsage`", RESERVED.format("tokenUsage")),
        ("metadata.`mlflow.trace.cost` DESC", RESERVED.format("cost")),
        ("", "Invalid order_by clause ''. Could not be parsed."),
        (
            "timestamp SIDEWAYS",
            "Invalid order_by clause 'timestamp SIDEWAYS'. Could not be parsed.",
        ),
        ("timestamp, name", "Invalid order_by clause 'timestamp, name'. Could not be parsed."),
        ("timestamp DESC NULLS", "Invalid order_by clause "),
    ],
)
def test_clause_that_names_no_order_is_refused(traces: NamedTraces, clause: str, text: str) -> None:
    with refused("INVALID_PARAMETER_VALUE", text):
        traces.search(order_by=[clause])


def test_clause_after_a_good_one_is_refused(traces: NamedTraces) -> None:
    with refused("INVALID_PARAMETER_VALUE", INVALID_KEY.format("unheard")):
        traces.search(order_by=["timestamp", "unheard"])
