"""Filters of search_traces on texts: names, tags, metadata and what the client calls a trace."""

import pytest
from mlflow.store.tracking.abstract_store import AbstractStore

from ..text_questions import QUESTIONS, TEXTS
from .trace_search_scenarios import NamedTraces, named_traces

pytestmark = pytest.mark.area("traces")

FIELDS = ["name", "client_request_id", "tags.topic", "metadata.topic"]
KEYED = ["name", "tags.topic", "metadata.topic"]
REGULAR = [
    ("RLIKE 'alpha'", {"lower", "longer"}),
    ("rlike 'alpha'", {"lower", "longer"}),
    ("RLIKE '^alpha$'", {"lower"}),
    ("RLIKE '^al.ha$'", {"lower", "dotted"}),
    ("RLIKE 'ALPHA'", {"upper"}),
    ("RLIKE '(?i)^alpha$'", {"lower", "upper"}),
    ("RLIKE '^(alpha|al[*])$'", {"lower", "starred"}),
    ("RLIKE '[0-9]+%'", {"percent"}),
    ("RLIKE '^$'", {"empty"}),
    ("RLIKE ''", set(TEXTS)),
    ("RLIKE 'd$'", {"lines"}),
    ("RLIKE '^second'", set()),
    ("RLIKE 'first.second'", set()),
    ("RLIKE '^a_b$'", {"underscore"}),
    ("RLIKE '^a.b$'", {"underscore", "joined", "emoji"}),
    ("RLIKE '\\^\\$'", {"regex"}),
    ("RLIKE '^\\s'", {"spaced"}),
    ("RLIKE '['", set()),
    ("RLIKE '*'", set()),
    ("RLIKE '\N{LATIN SMALL LETTER E WITH ACUTE}t'", {"accent"}),
]


@pytest.fixture(scope="module")
def texts(store: AbstractStore) -> NamedTraces:
    """Each text in every place where a trace keeps one, and a trace that has none."""
    wanted = {
        name: {
            "name": value,
            "client_request_id": value,
            "tags": {"topic": value},
            "metadata": {"topic": value},
        }
        for name, value in TEXTS.items()
    }
    return named_traces(store, wanted | {"none": {}})


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize(("question", "expected"), QUESTIONS)
def test_text_is_matched(texts: NamedTraces, field: str, question: str, expected: set[str]) -> None:
    assert texts.matching(f"{field} {question}") == sorted(expected)


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize(("question", "expected"), REGULAR)
def test_text_is_matched_by_a_regular_expression(
    texts: NamedTraces, field: str, question: str, expected: set[str]
) -> None:
    assert texts.matching(f"{field} {question}") == sorted(expected)


@pytest.mark.parametrize("field", FIELDS)
def test_unequal_needs_a_value(texts: NamedTraces, field: str) -> None:
    assert texts.matching(f"{field} != 'alpha'") == sorted(TEXTS.keys() - {"lower"})


@pytest.mark.parametrize("field", KEYED)
@pytest.mark.parametrize("test", ["IS NULL", "is null"])
def test_is_null_finds_traces_without_a_value(texts: NamedTraces, field: str, test: str) -> None:
    assert texts.matching(f"{field} {test}") == ["none"]


@pytest.mark.parametrize("field", KEYED)
@pytest.mark.parametrize("test", ["IS NOT NULL", "is not null", "Is Not Null"])
def test_is_not_null_finds_traces_with_a_value(texts: NamedTraces, field: str, test: str) -> None:
    assert texts.matching(f"{field} {test}") == sorted(TEXTS)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("IN ('alpha')", {"lower"}),
        ("in ('alpha', 'ALPHA')", {"lower", "upper"}),
        ("IN ('nothing')", set()),
        ("IN ('', ' padded ')", {"empty", "spaced"}),
        ("NOT IN ('alpha')", set(TEXTS) - {"lower"}),
        ("not in ('alpha', '')", set(TEXTS) - {"lower", "empty"}),
    ],
)
def test_client_request_id_is_one_of_several(
    texts: NamedTraces, question: str, expected: set[str]
) -> None:
    assert texts.matching(f"client_request_id {question}") == sorted(expected)


@pytest.mark.parametrize(
    "field",
    [
        "name",
        "attributes.name",
        "attribute.name",
        "trace.name",
        "tags.name",
        "tag.name",
        "metadata.name",
        "feedback.name",
        "expectation.name",
        "issue.name",
        "tags.`mlflow.traceName`",
        "tag.mlflow.traceName",
        'tags."mlflow.traceName"',
        "trace.client_request_id",
        "attributes.client_request_id",
        "tag.topic",
        "`tags`.topic",
        "tags.`topic`",
        'tags."topic"',
        "request_metadata.topic",
        "metadata.`topic`",
        'metadata."topic"',
    ],
)
def test_field_has_other_spellings(texts: NamedTraces, field: str) -> None:
    assert texts.matching(f"{field} = 'alpha'") == ["lower"]


@pytest.mark.parametrize("field", ["tags.Topic", "metadata.TOPIC", "tags.top", "metadata.topics"])
def test_another_key_is_another_field(texts: NamedTraces, field: str) -> None:
    assert texts.found(f"{field} = 'alpha'") == []


@pytest.mark.parametrize("key", ["a.b", "a b", "a-b", "0", "a/b", "損失", "$set", "mlflow.user"])
@pytest.mark.parametrize("kind", ["tags", "metadata"])
def test_key_may_be_awkward(store: AbstractStore, kind: str, key: str) -> None:
    traces = named_traces(store, {"with": {kind: {key: "v"}}, "without": {}})
    assert traces.found(f"{kind}.`{key}` = 'v'") == ["with"]
    assert traces.found(f"{kind}.`{key}` IS NULL") == ["without"]


def test_several_clauses_must_all_hold(texts: NamedTraces) -> None:
    question = "tags.topic LIKE 'al%' and metadata.topic != 'alpha' AND name ILIKE '%a'"
    assert texts.matching(question) == ["dotted"]


def test_several_clauses_on_one_key_must_all_hold(texts: NamedTraces) -> None:
    question = "tags.topic LIKE 'al%' AND tags.topic LIKE '%ha' AND tags.topic != 'al.ha'"
    assert texts.matching(question) == ["lower"]


def test_clauses_that_contradict_each_other_find_nothing(texts: NamedTraces) -> None:
    assert texts.found("tags.topic IS NULL AND tags.topic = 'alpha'") == []
