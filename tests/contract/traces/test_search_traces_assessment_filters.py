"""Filters of search_traces on feedback and expectations."""

from typing import Any

import pytest
from mlflow.entities import Expectation, Feedback
from mlflow.store.tracking.abstract_store import AbstractStore

from .trace_search_scenarios import NamedTraces, named_traces

pytestmark = pytest.mark.area("traces")

VALUES: dict[str, Any] = {
    "yes": "yes",
    "no": "no",
    "true": True,
    "false": False,
    "text true": "true",
    "half": 0.5,
    "two": 2,
    "minus": -1.5,
    "text two": "2",
    "empty": "",
    "quoted": 'say "hi"',
    "accent": "\N{LATIN SMALL LETTER E WITH ACUTE}t\N{LATIN SMALL LETTER E WITH ACUTE}",
    "list": ["yes", 2],
    "map": {"k": "yes"},
}
EVERY = set(VALUES) | {"error"}
NUMBERS = {"half", "two", "minus"}


@pytest.fixture(scope="module")
def judged(store: AbstractStore) -> NamedTraces:
    """Each value as feedback and as an expectation; an error for feedback; and no judgement."""
    wanted = {
        name: {
            "assessments": [
                Feedback(name="good", value=value),
                Expectation(name="ideal", value=value),
            ]
        }
        for name, value in VALUES.items()
    }
    error = Feedback(name="good", error=ValueError("no judge"))
    other = Feedback(name="other", value="yes"), Expectation(name="another", value="yes")
    return named_traces(
        store, wanted | {"error": {"assessments": [error]}, "none": {"assessments": other}}
    )


QUESTIONS = [
    ("= 'yes'", {"yes"}),
    ("= 'YES'", set()),
    ("= 'true'", {"true", "text true"}),
    ("= 'True'", set()),
    ("= 'false'", {"false"}),
    ("= '0.5'", {"half"}),
    ("= '.5'", set()),
    ("= '2'", {"two", "text two"}),
    ("= '2.0'", set()),
    ("= ''", {"empty"}),
    ("= 'say \"hi\"'", {"quoted"}),
    ("= '\"yes\"'", {"yes"}),
    ("= '\N{LATIN SMALL LETTER E WITH ACUTE}t\N{LATIN SMALL LETTER E WITH ACUTE}'", {"accent"}),
    ("= '[\"yes\", 2]'", {"list"}),
    ("= 'nothing'", set()),
    ("LIKE 'yes'", set()),
    ("LIKE '\"yes\"'", {"yes"}),
    ("LIKE '%yes%'", {"yes", "list", "map"}),
    ("LIKE '%YES%'", set()),
    ("LIKE 'true'", {"true"}),
    ("LIKE '%e'", {"true", "false"}),
    ("LIKE '0._'", {"half"}),
    ("LIKE '[%'", {"list"}),
    ("LIKE '{%'", {"map"}),
    ("ILIKE '%YES%'", {"yes", "list", "map"}),
    ("ILIKE 'TRUE'", {"true"}),
    ("RLIKE '^[0-9]'", {"half", "two"}),
    ("RLIKE '^\"(yes|no)\"$'", {"yes", "no"}),
    ("RLIKE 'yes'", {"yes", "list", "map"}),
    ("< 1", {"half", "minus"}),
    ("<= 0.5", {"half", "minus"}),
    ("> 0", {"half", "two"}),
    (">= 2", {"two"}),
    (">= 2.0", {"two"}),
    ("> -1.5", {"half", "two"}),
    (">= -1.5", NUMBERS),
    ("> 100", set()),
    ("IS NOT NULL", EVERY),
]


@pytest.mark.parametrize("field", ["feedback.good", "expectation.ideal"])
@pytest.mark.parametrize(("question", "expected"), QUESTIONS)
def test_value_is_compared(
    judged: NamedTraces, field: str, question: str, expected: set[str]
) -> None:
    wanted = expected if field == "feedback.good" else expected - {"error"}
    assert judged.matching(f"{field} {question}") == sorted(wanted)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("feedback.good != 'yes'", EVERY - {"yes"}),
        ("feedback.good != '2'", EVERY - {"two", "text two"}),
        ("expectation.ideal != 'yes'", set(VALUES) - {"yes"}),
        ("feedback.good IS NULL", {"none"}),
        ("feedback.good is null", {"none"}),
        ("expectation.ideal IS NULL", {"none", "error"}),
        ("feedback.other = 'yes'", {"none"}),
        ("feedback.ideal = 'yes'", set()),
        ("expectation.good = 'yes'", set()),
        ("feedback.Good = 'yes'", set()),
        ("feedback.absent IS NULL", EVERY | {"none"}),
        ("feedback.absent IS NOT NULL", set()),
        ("feedback.`good` = 'yes'", {"yes"}),
        ("feedback.\"good\" = 'yes'", {"yes"}),
        ("`feedback`.good = 'yes'", {"yes"}),
        ("feedback.good = 'yes' AND expectation.ideal = 'yes'", {"yes"}),
        ("feedback.good = 'yes' AND expectation.ideal = 'no'", set()),
        ("feedback.good >= 0 AND feedback.good < 1", {"half"}),
        ("feedback.good IS NULL AND feedback.other IS NOT NULL", {"none"}),
    ],
)
def test_clauses_ask_for_kind_and_name(
    judged: NamedTraces, question: str, expected: set[str]
) -> None:
    assert judged.matching(question) == sorted(expected)


def test_names_that_traces_have_for_times_stand_for_the_whole_word(store: AbstractStore) -> None:
    wanted = {"assessments": [Feedback(name="timestamp_ms", value=7)], "spans": [{"start": 5}]}
    traces = named_traces(store, {"it": wanted})
    assert traces.found("feedback.timestamp > 6") == ["it"]
    assert traces.found("feedback.timestamp > 6 AND span.name = 'root'") == ["it"]
    assert traces.found("feedback.timestamp > 7") == []


@pytest.mark.parametrize("name", ["a.b", "a b", "quality/score", "損失", "$x"])
def test_name_of_feedback_may_be_awkward(store: AbstractStore, name: str) -> None:
    traces = named_traces(
        store, {"with": {"assessments": [Feedback(name=name, value="v")]}, "without": {}}
    )
    assert traces.found(f"feedback.`{name}` = 'v'") == ["with"]
    assert traces.found(f"feedback.`{name}` IS NULL") == ["without"]


class TestSeveral:
    """Several assessments of one name on one trace."""

    @pytest.fixture(scope="class")
    @staticmethod
    def twice(store: AbstractStore) -> NamedTraces:
        both = [Feedback(name="good", value=value) for value in ("yes", "no", 1, 3)]
        return named_traces(store, {"it": {"assessments": both}})

    @pytest.mark.parametrize(
        "question",
        [
            "feedback.good = 'yes'",
            "feedback.good = 'no'",
            "feedback.good = 'yes' AND feedback.good = 'no'",
            "feedback.good != 'yes'",
            "feedback.good > 2 AND feedback.good < 2",
            "feedback.good LIKE '%yes%' AND feedback.good > 2",
        ],
    )
    def test_each_may_meet_a_clause(self, twice: NamedTraces, question: str) -> None:
        assert twice.found(question) == ["it"]

    @pytest.mark.parametrize("question", ["feedback.good = 'maybe'", "feedback.good > 3"])
    def test_none_may_meet_it(self, twice: NamedTraces, question: str) -> None:
        assert twice.found(question) == []


class TestOverridden:
    """Feedback that later feedback has made invalid."""

    @pytest.fixture(scope="class")
    @staticmethod
    def corrected(store: AbstractStore) -> NamedTraces:
        traces = named_traces(store, {"it": {}})
        first = Feedback(name="good", value="no", trace_id=traces.ids["it"])
        first = store.create_assessment(first)
        store.create_assessment(
            Feedback(
                name="good",
                value="yes",
                trace_id=traces.ids["it"],
                overrides=first.assessment_id,
            )
        )
        return traces

    @pytest.mark.parametrize(
        ("question", "expected"),
        [
            ("feedback.good = 'yes'", ["it"]),
            ("feedback.good = 'no'", []),
            ("feedback.good != 'yes'", []),
            ("feedback.good LIKE '%no%'", []),
            ("feedback.good IS NULL", []),
            ("feedback.good IS NOT NULL", ["it"]),
        ],
    )
    def test_is_not_looked_at(
        self, corrected: NamedTraces, question: str, expected: list[str]
    ) -> None:
        assert corrected.found(question) == expected

    def test_is_looked_at_again_when_the_other_is_deleted(self, store: AbstractStore) -> None:
        traces = named_traces(store, {"it": {}})
        trace_id = traces.ids["it"]
        first = store.create_assessment(Feedback(name="good", value="no", trace_id=trace_id))
        second = store.create_assessment(
            Feedback(name="good", value="yes", trace_id=trace_id, overrides=first.assessment_id)
        )
        store.delete_assessment(trace_id, second.assessment_id)
        assert traces.found("feedback.good = 'no'") == ["it"]

    def test_is_found_by_its_new_value_once_updated(self, store: AbstractStore) -> None:
        traces = named_traces(store, {"it": {"assessments": [Feedback(name="good", value="no")]}})
        (feedback,) = traces.search()[0].assessments
        store.update_assessment(
            traces.ids["it"], feedback.assessment_id, feedback=Feedback(name="good", value="yes")
        )
        found = {value: traces.found(f"feedback.good = '{value}'") for value in ("no", "yes")}
        assert found == {"no": [], "yes": ["it"]}
