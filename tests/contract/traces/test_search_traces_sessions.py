"""Filters of search_traces on sessions, and on feedback that is given to a whole session."""

import pytest
from mlflow.entities import Feedback
from mlflow.store.tracking.abstract_store import AbstractStore

from .trace_search_scenarios import NamedTraces, named_traces, new_trace, session_feedback

pytestmark = pytest.mark.area("traces")

SESSION = "metadata.`mlflow.trace.session`"


@pytest.fixture(scope="module")
def judged(store: AbstractStore) -> NamedTraces:
    """Two sessions of two traces, the first judged as a whole; and traces of no session."""
    return named_traces(
        store,
        {
            "first a": {"session": "s-1", "assessments": [session_feedback("s-1")]},
            "first b": {"session": "s-1"},
            "second a": {"session": "s-2", "assessments": [Feedback(name="good", value="yes")]},
            "second b": {"session": "s-2", "assessments": [session_feedback("s-2", value=7)]},
            "stray": {"assessments": [session_feedback("s-1", value="no")]},
            "none": {},
        },
    )


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (f"{SESSION} = 's-1'", ["first a", "first b"]),
        (f"{SESSION} = 'S-1'", []),
        (f"{SESSION} != 's-1'", ["second a", "second b"]),
        (f"{SESSION} LIKE 's-%'", ["first a", "first b", "second a", "second b"]),
        (f"{SESSION} ILIKE 'S-2'", ["second a", "second b"]),
        (f"{SESSION} RLIKE '[1]$'", ["first a", "first b"]),
        (f"{SESSION} IS NULL", ["none", "stray"]),
        (f"{SESSION} IS NOT NULL", ["first a", "first b", "second a", "second b"]),
        ("metadata.mlflow.trace.session = 's-2'", ["second a", "second b"]),
        ("request_metadata.`mlflow.trace.session` = 's-2'", ["second a", "second b"]),
        ("tags.`mlflow.trace.session` = 's-1'", []),
    ],
)
def test_session_is_compared_as_text(
    judged: NamedTraces, question: str, expected: list[str]
) -> None:
    assert judged.matching(question) == expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("feedback.good = 'yes'", ["first a", "first b", "second a"]),
        ("feedback.good = 'no'", ["stray"]),
        ("feedback.good > 5", ["second a", "second b"]),
        ("feedback.good > 8", []),
        ("feedback.good != 'yes'", ["second a", "second b", "stray"]),
        ("feedback.good LIKE '%y%'", ["first a", "first b", "second a"]),
        ("feedback.good RLIKE '^7$'", ["second a", "second b"]),
        ("feedback.good IS NULL", ["none"]),
        ("feedback.good IS NOT NULL", ["first a", "first b", "second a", "second b", "stray"]),
        ("feedback.good = 'yes' AND feedback.good > 5", ["second a"]),
        (f"feedback.good = 'yes' AND {SESSION} = 's-1'", ["first a", "first b"]),
        (
            "expectation.good IS NULL",
            ["first a", "first b", "none", "second a", "second b", "stray"],
        ),
    ],
)
def test_feedback_on_a_session_is_that_of_each_of_its_traces(
    judged: NamedTraces, question: str, expected: list[str]
) -> None:
    assert judged.matching(question) == expected


class TestScope:
    """Of which traces a session consists."""

    @pytest.fixture(scope="class")
    @staticmethod
    def apart(store: AbstractStore) -> tuple[NamedTraces, NamedTraces]:
        judged = named_traces(
            store, {"a": {"session": "wide", "assessments": [session_feedback("wide")]}}
        )
        return judged, named_traces(store, {"b": {"session": "wide"}})

    def test_is_the_experiments_searched(self, apart: tuple[NamedTraces, NamedTraces]) -> None:
        _, other = apart
        assert other.found("feedback.good = 'yes'") == []

    def test_is_all_of_them_together(self, apart: tuple[NamedTraces, NamedTraces]) -> None:
        experiments = [traces.experiment_id for traces in apart]
        found = apart[0].search("feedback.good = 'yes'", locations=experiments)
        assert {trace.trace_id for trace in found} == {apart[0].ids["a"], apart[1].ids["b"]}

    def test_does_not_make_feedback_null_elsewhere(
        self, apart: tuple[NamedTraces, NamedTraces]
    ) -> None:
        judged, other = apart
        assert other.found("feedback.good IS NULL") == ["b"]
        experiments = [judged.experiment_id, other.experiment_id]
        assert judged.search("feedback.good IS NULL", locations=experiments) == []

    def test_is_that_of_the_trace_judged_whatever_the_feedback_says(
        self, store: AbstractStore
    ) -> None:
        traces = named_traces(
            store,
            {
                "judged": {"session": "own", "assessments": [session_feedback("said")]},
                "own": {"session": "own"},
                "said": {"session": "said"},
            },
        )
        assert traces.matching("feedback.good = 'yes'") == ["judged", "own"]

    def test_takes_in_traces_that_come_later(self, store: AbstractStore) -> None:
        traces = named_traces(
            store, {"a": {"session": "grows", "assessments": [session_feedback("grows")]}}
        )
        later = new_trace(store, traces.experiment_id, session="grows")
        found = traces.search("feedback.good = 'yes'")
        assert {trace.trace_id for trace in found} == {traces.ids["a"], later}


USAGE = '{"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}'
COST = '{"input_cost": 0.5, "output_cost": 1.0, "total_cost": 1.5}'


@pytest.fixture(scope="module")
def counted(store: AbstractStore) -> NamedTraces:
    """Traces with tokens, with tokens and costs, and with neither."""
    tokens = {"mlflow.trace.tokenUsage": USAGE}
    fewer = {"mlflow.trace.tokenUsage": '{"total_tokens": 7}', "mlflow.trace.cost": COST}
    return named_traces(
        store, {"tokens": {"metadata": tokens}, "costs": {"metadata": fewer}, "none": {}}
    )


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (f"tokenUsage` = '{USAGE}'", ["tokens"]),
        ("tokenUsage` = '{\"total_tokens\": 7}'", ["costs"]),
        ("tokenUsage` = '{\"total_tokens\":7}'", []),
        ('tokenUsage` = \'{"output_tokens": 4, "input_tokens": 3, "total_tokens": 7}\'', []),
        ("tokenUsage` = '{}'", []),
        ("tokenUsage` = 'no JSON'", []),
        (f"tokenUsage` != '{USAGE}'", ["costs"]),
        ("tokenUsage` != 'no JSON'", ["costs", "tokens"]),
        ("tokenUsage` IS NULL", ["none"]),
        ("tokenUsage` IS NOT NULL", ["costs", "tokens"]),
        (f"cost` = '{COST}'", ["costs"]),
        (f"cost` != '{COST}'", []),
        ("cost` IS NULL", ["none", "tokens"]),
        ("cost` IS NOT NULL", ["costs"]),
    ],
)
def test_totals_are_compared_as_the_text_that_is_read(
    counted: NamedTraces, question: str, expected: list[str]
) -> None:
    assert counted.matching(f"metadata.`mlflow.trace.{question}") == expected
