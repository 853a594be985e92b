"""find_completed_sessions: sessions whose latest trace lies within a window of time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from mlflow.store.tracking.abstract_store import AbstractStore

from .. import scenarios
from ..scenarios import UNKNOWN_EXPERIMENT, refused
from .trace_search_scenarios import new_trace, session_feedback

pytestmark = pytest.mark.area("traces")


@dataclass(frozen=True)
class Conversations:
    """The sessions of one experiment."""

    store: AbstractStore
    experiment_id: str

    def completed(self, first: int = 0, last: int = 10_000, **options: Any) -> list[Any]:
        return self.store.find_completed_sessions(self.experiment_id, first, last, **options)

    def found(self, first: int = 0, last: int = 10_000, **options: Any) -> list[str]:
        """Names of the sessions, in the order of the answer."""
        return [session.session_id for session in self.completed(first, last, **options)]


def conversations(
    store: AbstractStore, wanted: Mapping[str, Sequence[tuple[int, Mapping[str, Any]]]]
) -> Conversations:
    """Sessions by name, of traces by the time they started and what else they have."""
    experiment_id = scenarios.new_experiment(store)
    for session, traces in wanted.items():
        for time, options in traces:
            new_trace(store, experiment_id, session=session, request_time=time, **options)
    return Conversations(store, experiment_id)


@pytest.fixture(scope="module")
def talks(store: AbstractStore) -> Conversations:
    """Sessions that end at 100, 300, 300, 500 and 500; the earliest traces are tagged."""
    red, blue = {"tags": {"colour": "red"}}, {"tags": {"colour": "blue"}}
    made = conversations(
        store,
        {
            "z": [(100, red)],
            "long": [(100, blue), (300, red), (200, red)],
            "a": [(300, red)],
            "tied": [(400, red), (400, blue), (500, {})],
            "late": [(500, {"name": "hello"}), (450, {"spans": [{"name": "ask", "start": 450}]})],
        },
    )
    new_trace(store, made.experiment_id, request_time=300)
    return made


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (0, 10_000, ["z", "a", "long", "late", "tied"]),
        (0, 500, ["z", "a", "long", "late", "tied"]),
        (0, 499, ["z", "a", "long"]),
        (101, 10_000, ["a", "long", "late", "tied"]),
        (100, 100, ["z"]),
        (100, 300, ["z", "a", "long"]),
        (200, 250, []),
        (300, 300, ["a", "long"]),
        (301, 499, []),
        (501, 10_000, []),
        (500, 300, []),
        (-5, 100, ["z"]),
    ],
)
def test_window_includes_its_bounds(
    talks: Conversations, first: int, last: int, expected: list[str]
) -> None:
    assert talks.found(first, last) == expected


def test_session_tells_its_first_and_last_trace(talks: Conversations) -> None:
    told = [
        (each.session_id, each.first_trace_timestamp_ms, each.last_trace_timestamp_ms)
        for each in talks.completed(200)
    ]
    assert told == [("a", 300, 300), ("long", 100, 300), ("late", 450, 500), ("tied", 400, 500)]


@pytest.mark.parametrize(
    ("most", "expected"),
    [
        (None, ["z", "a", "long", "late", "tied"]),
        (0, []),
        (1, ["z"]),
        (3, ["z", "a", "long"]),
        (100, ["z", "a", "long", "late", "tied"]),
    ],
)
def test_most_of_them_may_be_told(
    talks: Conversations, most: int | None, expected: list[str]
) -> None:
    assert talks.found(max_results=most) == expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("", ["z", "a", "long", "late", "tied"]),
        (None, ["z", "a", "long", "late", "tied"]),
        ("tags.colour = 'red'", ["z", "a", "tied"]),
        ("tags.colour = 'blue'", ["long", "tied"]),
        ("tags.colour IS NULL", ["late"]),
        ("tags.colour RLIKE '^b'", ["long", "tied"]),
        ("tags.colour = 'red' AND timestamp > 100", ["a", "tied"]),
        ("name = 'hello'", []),
        ("span.name = 'ask'", ["late"]),
        ("span.content LIKE '%ask%'", ["late"]),
        ("status = 'ERROR'", []),
        ("timestamp = 100", ["z", "long"]),
        ("metadata.`mlflow.trace.session` = 'long'", ["long"]),
    ],
)
def test_filter_must_hold_for_an_earliest_trace(
    talks: Conversations, question: str | None, expected: list[str]
) -> None:
    assert talks.found(filter_string=question) == expected


def test_filter_and_limit_combine(talks: Conversations) -> None:
    assert talks.found(200, filter_string="tags.colour = 'red'", max_results=1) == ["a"]


def test_feedback_on_the_session_counts_for_its_earliest_trace(store: AbstractStore) -> None:
    judged = conversations(
        store, {"s": [(1, {}), (2, {"assessments": [session_feedback("s")]})], "t": [(1, {})]}
    )
    assert judged.found(filter_string="feedback.good = 'yes'") == ["s"]


def test_traces_of_other_experiments_count_neither_way(store: AbstractStore) -> None:
    talks = conversations(store, {"s": [(100, {})]})
    conversations(store, {"s": [(1, {}), (900, {})]})
    (session,) = talks.completed(50, 200)
    assert (session.first_trace_timestamp_ms, session.last_trace_timestamp_ms) == (100, 100)


def test_deleted_traces_no_longer_count(store: AbstractStore) -> None:
    talks = conversations(store, {"s": [(100, {})]})
    late = new_trace(store, talks.experiment_id, session="s", request_time=900)
    assert talks.found(50, 200) == []
    store.delete_traces(talks.experiment_id, trace_ids=[late])
    assert talks.found(50, 200) == ["s"]


def test_unknown_experiment_has_none(store: AbstractStore) -> None:
    assert store.find_completed_sessions(UNKNOWN_EXPERIMENT, 0, 10_000) == []


def test_experiment_without_sessions_has_none(store: AbstractStore) -> None:
    talks = conversations(store, {})
    new_trace(store, talks.experiment_id)
    assert talks.found() == []


@pytest.mark.parametrize("experiment_id", ["abc", "1.5"])
def test_experiment_id_that_is_no_number_is_refused(
    store: AbstractStore, experiment_id: str
) -> None:
    text = f"Invalid experiment ID '{experiment_id}'. Experiment ID must be a valid integer."
    with refused("INVALID_PARAMETER_VALUE", text):
        store.find_completed_sessions(experiment_id, 0, 10_000)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("status = 'OK' OR status = 'OK'", "Invalid clause(s) in filter string: 'OR'"),
        ("status > 'OK'", "Invalid comparator '>' not one of "),
        ("unheard = 'x'", "Invalid attribute key 'unheard' specified."),
    ],
)
def test_malformed_filter_is_refused(talks: Conversations, question: str, text: str) -> None:
    with refused("INVALID_PARAMETER_VALUE", text):
        talks.completed(filter_string=question)
