"""Filters of search_traces on what every trace has: times, state and ids."""

import pytest
from mlflow.entities import TraceState
from mlflow.store.tracking.abstract_store import AbstractStore

from .trace_search_scenarios import NamedTraces, named_traces

pytestmark = pytest.mark.area("traces")

STATES = {
    "fast": TraceState.OK,
    "slow": TraceState.ERROR,
    "open": TraceState.IN_PROGRESS,
    "vague": TraceState.STATE_UNSPECIFIED,
}


@pytest.fixture(scope="module")
def clocked(store: AbstractStore) -> NamedTraces:
    """One trace a state: they start at 1,000 to 4,000 and end at 1,010, 7,000, 3,000 and 4,000."""
    durations = {"fast": 10, "slow": 5_000, "open": None, "vague": 0}
    wanted = {
        name: {
            "request_time": 1_000 * number,
            "execution_duration": durations[name],
            "state": state,
        }
        for number, (name, state) in enumerate(STATES.items(), 1)
    }
    return named_traces(store, wanted)


@pytest.mark.parametrize("field", ["timestamp", "timestamp_ms"])
@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("= 1000", ["fast"]),
        ("= 1001", []),
        ("!= 1000", ["open", "slow", "vague"]),
        ("< 2000", ["fast"]),
        ("<= 2000", ["fast", "slow"]),
        ("> 2000", ["open", "vague"]),
        (">= 2000", ["open", "slow", "vague"]),
        (">= 0", ["fast", "open", "slow", "vague"]),
        ("> 4000", []),
    ],
)
def test_start_is_compared_as_a_number(
    clocked: NamedTraces, field: str, question: str, expected: list[str]
) -> None:
    assert clocked.matching(f"{field} {question}") == expected


@pytest.mark.parametrize("field", ["execution_time", "execution_time_ms"])
@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("= 10", ["fast"]),
        ("= 0", ["vague"]),
        ("!= 10", ["slow", "vague"]),
        ("< 10", ["vague"]),
        ("<= 10", ["fast", "vague"]),
        ("> 10", ["slow"]),
        (">= 10", ["fast", "slow"]),
        ("> 9.5", ["fast", "slow"]),
        ("< 10.5", ["fast", "vague"]),
        ("= 10.0", ["fast"]),
        (">= -1", ["fast", "slow", "vague"]),
    ],
)
def test_duration_is_compared_where_there_is_one(
    clocked: NamedTraces, field: str, question: str, expected: list[str]
) -> None:
    assert clocked.matching(f"{field} {question}") == expected


@pytest.mark.parametrize("field", ["end_time", "end_time_ms"])
@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("= 1010", ["fast"]),
        ("= 3000", ["open"]),
        ("= 7000", ["slow"]),
        ("!= 7000", ["fast", "open", "vague"]),
        ("< 3000", ["fast"]),
        ("<= 3000", ["fast", "open"]),
        ("> 3000", ["slow", "vague"]),
        (">= 4000", ["slow", "vague"]),
        ("> 3999.5", ["slow", "vague"]),
    ],
)
def test_end_is_start_and_duration(
    clocked: NamedTraces, field: str, question: str, expected: list[str]
) -> None:
    assert clocked.matching(f"{field} {question}") == expected


@pytest.mark.parametrize(
    "field",
    [
        "attributes.timestamp",
        "attribute.timestamp_ms",
        "trace.timestamp",
        "trace.timestamp_ms",
        "trace.`timestamp_ms`",
        "trace.execution_time",
        "attributes.execution_time_ms",
        "attribute.end_time",
        "trace.end_time_ms",
    ],
)
def test_time_may_be_named_with_a_prefix(clocked: NamedTraces, field: str) -> None:
    assert clocked.matching(f"{field} >= 5000") == ([] if "timestamp" in field else ["slow"])


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("timestamp > 1000 AND timestamp < 4000", ["open", "slow"]),
        ("timestamp > 1000 AND timestamp_ms > 2000", ["open", "vague"]),
        ("timestamp >= 1000 AND execution_time > 0 AND end_time < 5000", ["fast"]),
        ("timestamp = 1000 AND timestamp = 2000", []),
        ("status = 'OK' AND timestamp > 1000", []),
        ("timestamp > 1000 AND status != 'OK'", ["open", "slow", "vague"]),
        ("timestamp>1000 AND timestamp<=3000", ["open", "slow"]),
        ("attributes.timestamp > 1000.5", ["open", "slow", "vague"]),
        ("attributes.timestamp_ms = 1000.0", ["fast"]),
        ("attributes.timestamp > 1e3", ["open", "slow", "vague"]),
        ("attributes.timestamp_ms = '1000'", ["fast"]),
        ("execution_time > '10'", ["slow"]),
        ("execution_time < 1e400", ["fast", "slow", "vague"]),
        ("execution_time > 1e400", []),
        ("timestamp > 3000 AND", ["vague"]),
        ("timestamp > 1000 timestamp < 4000", ["open", "slow"]),
    ],
)
def test_clauses_on_times_combine(clocked: NamedTraces, question: str, expected: list[str]) -> None:
    assert clocked.matching(question) == expected


@pytest.mark.parametrize(
    "field", ["status", "attributes.status", "trace.status", "attribute.status"]
)
@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("= 'OK'", ["fast"]),
        ("= 'ok'", []),
        ("= 'ERROR'", ["slow"]),
        ("= 'IN_PROGRESS'", ["open"]),
        ("= 'STATE_UNSPECIFIED'", ["vague"]),
        ("= 'NO_SUCH'", []),
        ("!= 'OK'", ["open", "slow", "vague"]),
        ("IN ('OK', 'ERROR')", ["fast", "slow"]),
        ("in ('OK')", ["fast"]),
        ("NOT IN ('OK', 'ERROR')", ["open", "vague"]),
        ("LIKE 'IN%'", ["open"]),
        ("LIKE '%R%'", ["open", "slow"]),
        ("ILIKE 'ok'", ["fast"]),
        ("ILIKE '%e%'", ["open", "slow", "vague"]),
        ("RLIKE '^(OK|ERROR)$'", ["fast", "slow"]),
        ("RLIKE '_'", ["open", "vague"]),
    ],
)
def test_status_is_compared_as_its_upper_case_name(
    clocked: NamedTraces, field: str, question: str, expected: list[str]
) -> None:
    assert clocked.matching(f"{field} {question}") == expected


@pytest.mark.parametrize("field", ["request_id", "attributes.request_id", "trace.request_id"])
@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("= '{fast}'", ["fast"]),
        ("= '{fast}x'", []),
        ("!= '{fast}'", ["open", "slow", "vague"]),
        ("IN ('{fast}', '{slow}', 'tr-none')", ["fast", "slow"]),
        ("NOT IN ('{fast}', '{slow}')", ["open", "vague"]),
        ("LIKE '{fast}%'", ["fast"]),
        ("LIKE 'tr-%'", ["fast", "open", "slow", "vague"]),
        ("ILIKE 'TR-%'", ["fast", "open", "slow", "vague"]),
        ("LIKE 'TR-%'", []),
        ("RLIKE '^{fast}$'", ["fast"]),
    ],
)
def test_id_is_compared_as_text(
    clocked: NamedTraces, field: str, question: str, expected: list[str]
) -> None:
    assert clocked.matching(f"{field} {question.format(**clocked.ids)}") == expected


def test_filter_on_a_thousand_ids_is_answered(clocked: NamedTraces) -> None:
    strangers = ", ".join(f"'tr-{number}'" for number in range(999))
    question = f"request_id IN ({strangers}, '{clocked.ids['slow']}')"
    assert clocked.found(question) == ["slow"]


def test_id_of_a_trace_elsewhere_is_not_found(store: AbstractStore, clocked: NamedTraces) -> None:
    other = named_traces(store, {"it": {}})
    assert clocked.found(f"request_id = '{other.ids['it']}'") == []
