"""Filters of search_traces on spans, whose clauses must all hold on one and the same span."""

import pytest
from mlflow.store.tracking.abstract_store import AbstractStore

from .trace_search_scenarios import NamedTraces, named_traces, span_of

pytestmark = pytest.mark.area("traces")

EVERY = ["agent", "chain", "lone"]


@pytest.fixture(scope="module")
def spans(store: AbstractStore) -> NamedTraces:
    """Traces of one span, of two, of three, and of none."""
    small, large = {"attributes": {"model": "small"}}, {"attributes": {"model": "gpt-4o"}}
    return named_traces(
        store,
        {
            "lone": {"spans": [{"name": "generate", "kind": "LLM", "inputs": "a fox", **small}]},
            "chain": {
                "spans": [
                    {"name": "root", "outputs": {"say": 'the "Fox" ran 50%'}},
                    {"name": "Look Up", "kind": "RETRIEVER", "status": "UNSET"},
                ]
            },
            "agent": {
                "spans": [
                    {"name": "agent", "kind": "AGENT", "inputs": {"count": 3}},
                    {
                        "name": "search",
                        "kind": "TOOL",
                        "inputs": "m\N{LATIN SMALL LETTER U WITH DIAERESIS}de",
                    },
                    {"name": "generate", "kind": "LLM", "status": "ERROR", **large},
                ]
            },
            "none": {},
        },
    )


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("span.name = 'generate'", ["agent", "lone"]),
        ("span.name = 'Generate'", []),
        ('span.name = "root"', ["chain"]),
        ("span.name != 'generate'", ["agent", "chain"]),
        ("span.name IN ('root', 'agent')", ["agent", "chain"]),
        ("span.name IN ('root')", ["chain"]),
        ("span.name NOT IN ('generate')", ["agent", "chain"]),
        ("span.name NOT IN ('generate', 'agent', 'search')", ["chain"]),
        ("span.name LIKE 'gen%'", ["agent", "lone"]),
        ("span.name LIKE 'look%'", []),
        ("span.name ILIKE 'look%'", ["chain"]),
        ("span.name LIKE '%'", EVERY),
        ("span.name RLIKE '^(root|search)$'", ["agent", "chain"]),
        ("span.name RLIKE ' '", ["chain"]),
        ("span.`name` = 'root'", ["chain"]),
        ("`span`.name = 'root'", ["chain"]),
        ("span.type = 'LLM'", ["agent", "lone"]),
        ("span.type = 'llm'", []),
        ("span.type != 'LLM'", ["agent", "chain"]),
        ("span.type IN ('TOOL', 'RETRIEVER')", ["agent", "chain"]),
        ("span.type NOT IN ('LLM', 'AGENT', 'TOOL')", ["chain"]),
        ("span.type LIKE '%E%'", ["agent", "chain"]),
        ("span.type ILIKE 'tool'", ["agent"]),
        ("span.type RLIKE '^.{3}$'", ["agent", "lone"]),
        ("span.status = 'OK'", EVERY),
        ("span.status = 'ERROR'", ["agent"]),
        ("span.status = 'UNSET'", ["chain"]),
        ("span.status = 'error'", []),
        ("span.status != 'OK'", ["agent", "chain"]),
        ("span.status IN ('ERROR', 'UNSET')", ["agent", "chain"]),
        ("span.status NOT IN ('OK')", ["agent", "chain"]),
        ("span.status LIKE 'E%'", ["agent"]),
        ("span.status ILIKE 'un%'", ["chain"]),
        ("span.status RLIKE 'R{2}'", ["agent"]),
    ],
)
def test_clause_finds_traces_with_such_a_span(
    spans: NamedTraces, question: str, expected: list[str]
) -> None:
    assert spans.matching(question) == expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("span.name = 'generate' AND span.status = 'OK'", ["lone"]),
        ("span.name = 'generate' AND span.type = 'LLM'", ["agent", "lone"]),
        ("span.name = 'agent' AND span.type = 'LLM'", []),
        ("span.name = 'generate' AND span.name = 'search'", []),
        ("span.name != 'generate' AND span.type = 'LLM'", []),
        ("span.name != 'agent' AND span.name != 'search'", EVERY),
        ("span.type = 'LLM' AND span.content LIKE '%fox%'", ["lone"]),
        ("span.type = 'LLM' AND trace.text ILIKE '%fox%'", ["lone"]),
        ("span.type = 'RETRIEVER' AND span.content ILIKE '%fox%'", []),
        ("span.type = 'CHAIN' AND span.content ILIKE '%fox%'", ["chain"]),
        ("span.content LIKE '%fox%' AND span.content LIKE '%agent%'", []),
        ("span.content LIKE '%fox%' AND span.content LIKE '%generate%'", ["lone"]),
        ("span.status = 'ERROR' AND span.attributes.model LIKE '%gpt%'", ["agent"]),
        ("span.status = 'OK' AND span.attributes.model LIKE '%gpt%'", []),
        ("span.name RLIKE 'e' AND span.type IN ('TOOL')", ["agent"]),
        ("span.name = 'generate' AND status = 'OK' AND timestamp > 0", ["agent", "lone"]),
        ("span.name = 'generate' AND tags.x = 'y'", []),
    ],
)
def test_clauses_must_hold_on_the_same_span(
    spans: NamedTraces, question: str, expected: list[str]
) -> None:
    assert spans.matching(question) == expected


@pytest.mark.parametrize("field", ["span.content", "trace.text", "attributes.text", "tags.text"])
@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("LIKE '%fox%'", ["lone"]),
        ("ILIKE '%FOX%'", ["chain", "lone"]),
        ("LIKE '%Fox%'", ["chain"]),
        ("LIKE 'fox'", []),
        ("LIKE '%'", EVERY),
        ("LIKE '%a_fox%'", ["lone"]),
        ("LIKE '%gpt-4o%'", ["agent"]),
        ("LIKE '%count%3%'", ["agent"]),
        ("ILIKE '%STATUS_CODE_ERROR%'", ["agent"]),
        ("LIKE '%m\N{LATIN SMALL LETTER U WITH DIAERESIS}de%'", ["agent"]),
        ("LIKE '%m\\u00fcde%'", []),
        ("LIKE '%ran 50%'", ["chain"]),
        ('LIKE \'%"name": "root"%\'', ["chain"]),
        ('LIKE \'%"name":"root"%\'', []),
        ("LIKE '%mlflow.spanInputs%'", ["agent", "lone"]),
        ("LIKE ''", []),
    ],
)
def test_text_is_looked_for_in_what_is_stored_of_a_span(
    spans: NamedTraces, field: str, question: str, expected: list[str]
) -> None:
    assert spans.matching(f"{field} {question}") == expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("span.attributes.model LIKE '%small%'", ["lone"]),
        ("span.attributes.model LIKE '%gpt%'", ["agent"]),
        ("span.attributes.model LIKE '%GPT%'", []),
        ("span.attributes.model ILIKE '%GPT%'", ["agent"]),
        ("span.attributes.model LIKE 'gpt-4o'", []),
        ("span.attributes.model LIKE 'small%'", []),
        ("span.attributes.model LIKE '%'", ["agent", "lone"]),
        ("span.attributes.`model` LIKE '%gpt%'", ["agent"]),
        ("span.\"attributes.model\" LIKE '%gpt%'", ["agent"]),
        ("span.attributes.other LIKE '%'", []),
        ("span.attributes.mod LIKE '%'", []),
        ("span.attributes.mlflow.spanType LIKE '%TOOL%'", ["agent"]),
        ("span.attributes.mlflow.spanInputs LIKE '%fox%'", ["lone"]),
        ("span.attributes.model = 'small'", []),
        ("span.attributes.model = '%small%'", []),
        ("span.attributes.model != 'small'", EVERY),
        ("span.attributes.model RLIKE 'gpt'", ["agent"]),
        ("span.attributes.model RLIKE '^gpt'", ["agent"]),
        ("span.attributes.model RLIKE '^4o'", []),
        ("span.attributes.model RLIKE '4o$'", ["agent"]),
        ("span.attributes.model RLIKE '^gpt-[0-9]o$'", ["agent"]),
        ("span.attributes.model RLIKE '^gpt$'", []),
        ("span.attributes.model RLIKE 'GPT'", []),
        ("span.attributes.model RLIKE '.*'", ["agent", "lone"]),
        ("span.attributes.model RLIKE '^(small|gpt-4o)$'", ["agent", "lone"]),
        ("span.attributes.model RLIKE 'small' AND span.name = 'generate'", ["lone"]),
    ],
)
def test_attribute_is_looked_for_in_what_is_stored_of_a_span(
    spans: NamedTraces, question: str, expected: list[str]
) -> None:
    assert spans.matching(question) == expected


@pytest.fixture(scope="module")
def early(store: AbstractStore) -> NamedTraces:
    """Traces from 100 s on, whose spans began this many milliseconds before that."""
    starts = {"soon": 0, "within": 10_000, "beyond": 10_001}
    wanted = {
        name: {"request_time": 100_000, "spans": [{"name": "it", "start": 100_000 - before}]}
        for name, before in starts.items()
    }
    return named_traces(store, wanted)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("timestamp >= 100000 AND span.name = 'it'", ["soon", "within"]),
        ("timestamp > 99999 AND span.name = 'it'", ["beyond", "soon", "within"]),
        ("timestamp > 99999 AND timestamp >= 100000 AND span.name = 'it'", ["soon", "within"]),
        ("span.name = 'it' AND timestamp >= 100000", ["soon", "within"]),
        (
            "span.name = 'it' AND timestamp >= 5 AND trace.timestamp_ms >= 100000",
            ["soon", "within"],
        ),
        ("timestamp >= 90000 AND span.name = 'it'", ["beyond", "soon", "within"]),
        ("timestamp >= 100000 AND span.content LIKE '%it%'", ["soon", "within"]),
        ("timestamp = 100000 AND span.name = 'it'", ["beyond", "soon", "within"]),
        ("timestamp <= 100000 AND span.name = 'it'", ["beyond", "soon", "within"]),
        ("timestamp >= 100000", ["beyond", "soon", "within"]),
        ("end_time >= 100000 AND span.name = 'it'", ["beyond", "soon", "within"]),
    ],
)
def test_span_must_not_have_begun_ten_seconds_before_the_earliest_start_asked_for(
    early: NamedTraces, question: str, expected: list[str]
) -> None:
    assert early.matching(question) == expected


def test_trace_with_several_such_spans_is_found_once(store: AbstractStore) -> None:
    traces = named_traces(store, {"it": {"spans": [{"name": "same"}] * 3}})
    assert traces.found("span.name = 'same'") == ["it"]


def test_span_sent_again_is_found_as_it_is_now(store: AbstractStore) -> None:
    span_id = "0123456789abcdef"
    traces = named_traces(store, {"it": {"spans": [{"name": "before", "span_id": span_id}]}})
    again = span_of(traces.ids["it"], "after", span_id=span_id)
    store.log_spans(traces.experiment_id, [again])
    found = {name: traces.found(f"span.name = '{name}'") for name in ("before", "after")}
    assert found == {"before": [], "after": ["it"]}


def test_spans_of_another_experiment_are_not_found(store: AbstractStore) -> None:
    named_traces(store, {"it": {"spans": [{"name": "there"}]}})
    here = named_traces(store, {"it": {"spans": [{"name": "here"}]}})
    assert here.found("span.name = 'there'") == []


class TestMany:
    """A trace of more kinds of spans than most."""

    @pytest.fixture(scope="class")
    @staticmethod
    def crowd(store: AbstractStore) -> NamedTraces:
        spans = [{"name": f"step {number}", "status": "UNSET"} for number in range(100)]
        return named_traces(store, {"many": {"spans": spans}, "one": {"spans": [{"name": "a"}]}})

    @pytest.mark.parametrize("number", [0, 63, 64, 99])
    def test_each_is_found(self, crowd: NamedTraces, number: int) -> None:
        question = f"span.name = 'step {number}' AND span.status = 'UNSET'"
        assert crowd.found(question) == ["many"]

    @pytest.mark.parametrize("question", ["= 'step 100'", "RLIKE '^step 1..$'"])
    def test_others_are_not(self, crowd: NamedTraces, question: str) -> None:
        assert crowd.found(f"span.name {question}") == []


class TestLarge:
    """A span of more text than a document should hold."""

    @pytest.fixture(scope="class")
    @staticmethod
    def heavy(store: AbstractStore) -> NamedTraces:
        text = f"{'hay ' * 100_000}needle{' hay' * 100_000}"
        spans = [{"name": "light"}, {"name": "heavy", "kind": "TOOL", "attributes": {"k": text}}]
        return named_traces(store, {"large": {"spans": spans}, "small": {"spans": [{}]}})

    @pytest.mark.parametrize(
        ("question", "expected"),
        [
            ("span.content LIKE '%needle%'", ["large"]),
            ("span.content ILIKE '%NEEDLE%'", ["large"]),
            ("span.content LIKE '%thread%'", []),
            ("span.content LIKE '%needle%' AND span.name = 'heavy'", ["large"]),
            ("span.content LIKE '%needle%' AND span.name = 'light'", []),
            ("span.content LIKE '%needle%' AND span.name RLIKE '^h'", ["large"]),
            ("span.content LIKE '%needle%' AND span.name RLIKE '^l'", []),
            ("span.content LIKE '%\"root\"%' AND span.content LIKE '%needle%'", []),
            ("span.attributes.k LIKE '%needle%'", ["large"]),
            ("span.attributes.k RLIKE 'needle'", ["large"]),
            ("span.attributes.k RLIKE '^hay hay'", ["large"]),
            ("span.attributes.k RLIKE '^needle'", []),
            ("span.attributes.k != 'x'", ["large", "small"]),
            ("span.type = 'TOOL'", ["large"]),
        ],
    )
    def test_is_looked_through(
        self, heavy: NamedTraces, question: str, expected: list[str]
    ) -> None:
        assert heavy.matching(question) == expected
