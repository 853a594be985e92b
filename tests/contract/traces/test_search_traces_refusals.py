"""Filters that search_traces refuses, and what it says of them."""

import pytest
from mlflow.store.tracking.abstract_store import AbstractStore

from ..scenarios import refused, refused_as_mistaken
from .trace_search_scenarios import NamedTraces, named_traces

pytestmark = pytest.mark.area("traces")

CLAUSES = "Invalid clause(s) in filter string: "
COMPARATOR = "Invalid comparator '{}' not one of "
ASSESSMENT = "assessment.good comparator '{}' not one of "
SPAN = "span.{} comparator '{}' not one of "
QUOTED = "Expected a quoted string value for {} (e.g. 'my-value'). Got value {}"
NUMBER = "Expected a numeric value for {} when using comparator '{}'. Got value {}"
UNQUOTED = "Parameter value is either not quoted or unidentified quote types used for string value "
KEY = "Invalid attribute key '{}' specified. Valid keys are "
ENTITY = "Invalid entity type '{}'. Valid values are "
ATTRIBUTE = (
    "Invalid span attribute '{}'. Supported attributes: name, status, type, "
    "attributes.<attribute_name>."
)
RESERVED = "Comparator '{}' is not supported for reserved metadata 'mlflow.trace.{}'. Only '=', "


@pytest.fixture(scope="module")
def traces(store: AbstractStore) -> NamedTraces:
    """One trace: nothing is refused because there is nothing to look at."""
    return named_traces(store, {"it": {"tags": {"t": "v"}, "metadata": {"m": "w"}}})


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("status = 'OK' OR status = 'ERROR'", CLAUSES + "'OR'"),
        ("   ", "Invalid filter '   '. Could not be parsed."),
        ("status", CLAUSES + "'status'"),
        ("status =", CLAUSES),
        ("= 'OK'", CLAUSES),
        ("(status = 'OK')", CLAUSES + "'(status = 'OK')'"),
        ("NOT status = 'OK'", CLAUSES + "'NOT'"),
        ("status = 'OK';", CLAUSES + "';'"),
        ("status = 'OK' -- why", CLAUSES + "'-- why'"),
        ("timestamp BETWEEN 0 AND 2", CLAUSES),
        ("status = 'OK'; status = 'ERROR'", "Search filter contained multiple expression "),
        ("1 < execution_time", "Invalid comparison clause. Expected 'Identifier' found '1'"),
        ("'x' = 'x'", "Invalid comparison clause. Expected 'Identifier' found ''x''"),
        ("tags.t = 'open", CLAUSES),
        ("text LIKE '%a%'", CLAUSES),
        ("timestamp > 1.5", CLAUSES),
        ("timestamp = '1'", CLAUSES),
        ("timestamp LIKE '1'", CLAUSES),
        ("timestamp IS NULL", CLAUSES),
        ("request_id IN 'a'", CLAUSES),
        ("unheard = 'x'", KEY.format("unheard")),
        ("nothing = 'x'", CLAUSES + "'nothing', '=', ''x''"),
        ("feedback.good = true", CLAUSES + "'feedback.good', '=', 'true'"),
        ("Status = 'OK'", KEY.format("Status")),
        ("experiment_id = '1'", KEY.format("experiment_id")),
        ("session_id = 's'", KEY.format("session_id")),
        ("state = 'OK'", KEY.format("state")),
        ("trace_id = 'tr-1'", KEY.format("trace_id")),
        ("attributes.request_preview LIKE '%'", KEY.format("request_preview")),
        ("foo.m = 'x'", ENTITY.format("foo")),
        ("metrics.m > 1", ENTITY.format("metrics")),
        ("params.p = 'x'", ENTITY.format("params")),
        ("Tags.t = 'v'", ENTITY.format("Tags")),
        ("assessment.a = 'x'", ENTITY.format("assessment")),
    ],
)
def test_malformed_filter_is_refused(traces: NamedTraces, question: str, text: str) -> None:
    with refused("INVALID_PARAMETER_VALUE", text):
        traces.search(question)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("status > 'OK'", COMPARATOR.format(">")),
        ("status == 'OK'", COMPARATOR.format("==")),
        ("status <> 'OK'", COMPARATOR.format("<>")),
        ("status IS NULL", COMPARATOR.format("IS NULL")),
        ("client_request_id IS NOT NULL", COMPARATOR.format("IS NOT NULL")),
        ("request_id <= 'x'", COMPARATOR.format("<=")),
        ("execution_time LIKE '1'", COMPARATOR.format("LIKE")),
        ("execution_time IS NULL", COMPARATOR.format("IS NULL")),
        ("end_time RLIKE '1'", COMPARATOR.format("RLIKE")),
        ("name IN ('a')", COMPARATOR.format("IN")),
        ("name NOT IN ('a')", COMPARATOR.format("NOT IN")),
        ("name > 'a'", COMPARATOR.format(">")),
        ("tags.t IN ('v')", COMPARATOR.format("IN")),
        ("tags.t > 'v'", COMPARATOR.format(">")),
        ("tags.t NOT LIKE 'v'", COMPARATOR.format("NOT LIKE")),
        ("metadata.m < 'w'", COMPARATOR.format("<")),
        ("run_id IN ('r')", COMPARATOR.format("IN")),
        ("run_id NOT IN ('r')", COMPARATOR.format("NOT IN")),
        ("run_id > 'r'", COMPARATOR.format(">")),
        ("feedback.good == 'v'", ASSESSMENT.format("==")),
        ("feedback.good NOT LIKE 'v'", ASSESSMENT.format("NOT LIKE")),
        ("expectation.good <> 'v'", ASSESSMENT.format("<>")),
        ("span.name > 'a'", SPAN.format("name", ">")),
        ("span.type == 'a'", SPAN.format("type", "==")),
        ("span.name in ('a')", SPAN.format("name", "in")),
        ("span.name like 'a'", SPAN.format("name", "like")),
        ("span.status IS NULL", SPAN.format("status", "IS NULL")),
        ("span.content = 'a'", SPAN.format("content", "=")),
        ("span.content RLIKE 'a'", SPAN.format("content", "RLIKE")),
        ("span.content like '%a%'", SPAN.format("content", "like")),
        ("trace.text = 'a'", SPAN.format("content", "=")),
        ("trace.text RLIKE 'a'", SPAN.format("content", "RLIKE")),
        ("span.attributes.k > 'a'", SPAN.format("attributes.k", ">")),
        ("span.attributes.k IS NULL", SPAN.format("attributes.k", "IS NULL")),
        ("issue.id != 'i'", "issue.id comparator '!=' not one of "),
        ("issue.id LIKE 'i'", "issue.id comparator 'LIKE' not one of "),
        ("issue.id IS NULL", "issue.id comparator 'IS NULL' not one of "),
        ("prompt != 'qa/1'", "Invalid comparator '!=' for prompts filter. Only '=' is supported "),
        ("prompt LIKE 'qa/1'", "Invalid comparator 'LIKE' for prompts filter."),
        ("prompt IS NULL", "Invalid comparator 'IS NULL' for prompts filter."),
        ("metadata.`mlflow.trace.cost` LIKE '%'", RESERVED.format("LIKE", "cost")),
        ("metadata.`mlflow.trace.tokenUsage` RLIKE '1'", RESERVED.format("RLIKE", "tokenUsage")),
    ],
)
def test_comparator_that_a_field_lacks_is_refused(
    traces: NamedTraces, question: str, text: str
) -> None:
    with refused("INVALID_PARAMETER_VALUE", text):
        traces.search(question)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("status = OK", UNQUOTED + "OK."),
        ("status = `OK`", UNQUOTED + "`OK`."),
        ("tags.t = v", UNQUOTED + "v."),
        ("metadata.m = w", UNQUOTED + "w."),
        ("span.name = a", UNQUOTED + "a."),
        ("feedback.good = yes", UNQUOTED + "yes."),
        ("status = 1", "attributes support comparison with numeric values."),
        ("request_id != 1.5", "attributes support comparison with numeric values."),
        ("name = 1", "attributes support comparison with numeric values."),
        ("tags.t = 1", QUOTED.format("tag", "1")),
        ("metadata.m = 1", QUOTED.format("request_metadata", "1")),
        ("metadata.m IN ('w')", QUOTED.format("request_metadata", "('w')")),
        ("span.name = 1", QUOTED.format("span", "1")),
        ("issue.id = 1", QUOTED.format("issue", "1")),
        ("feedback.good = 1", QUOTED.format("feedback", "1")),
        ("feedback.good != 0.5", QUOTED.format("feedback", "0.5")),
        ("expectation.good IN ('a')", QUOTED.format("expectation", "('a')")),
        ("feedback.good > '1'", NUMBER.format("feedback", ">", "'1'")),
        ("expectation.good <= 'x'", NUMBER.format("expectation", "<=", "'x'")),
        ("feedback.good > other", NUMBER.format("feedback", ">", "other")),
        ("execution_time IN (1)", " supports comparison with a list of quoted string values."),
        ("prompt IN ('qa/1')", " supports comparison with a list of quoted string values."),
        ("status IN ()", "expected a non-empty list of string values, but got empty list"),
        ("status IN (1, 2)", "but got different type in list: (1, 2)"),
        ("request_id NOT IN ('a', 1)", "but got different type in list: ('a', 1)"),
        ("span.type IN (1)", "but got different type in list: (1,)"),
        ("prompt = 'qa'", "Invalid prompts filter value 'qa'. Expected format: prompt = "),
        ("prompt = 'a/b/1'", "Invalid prompts filter value 'a/b/1'. Expected format: prompt = "),
        ("prompt = ''", "Invalid prompts filter value ''. Expected format: prompt = "),
        ("span.foo = 'a'", ATTRIBUTE.format("foo")),
        ("span.Name = 'a'", ATTRIBUTE.format("Name")),
        ("span.attributes = 'a'", ATTRIBUTE.format("attributes")),
        ("issue.severity = 'high'", "Invalid issue attribute 'severity'. Supported attributes: id"),
    ],
)
def test_value_or_key_that_a_field_cannot_have_is_refused(
    traces: NamedTraces, question: str, text: str
) -> None:
    with refused("INVALID_PARAMETER_VALUE", text):
        traces.search(question)


@pytest.mark.parametrize("clause", ["", "timestamp > 1 AND ", "feedback.a = 'b' AND "])
def test_clause_is_refused_wherever_it_stands(traces: NamedTraces, clause: str) -> None:
    with refused("INVALID_PARAMETER_VALUE", COMPARATOR.format(">")):
        traces.search(f"{clause}status > 'OK' AND tags.t = 'v'")


def test_malformed_filter_is_refused_even_where_nothing_is_searched(traces: NamedTraces) -> None:
    with refused("INVALID_PARAMETER_VALUE", CLAUSES + "'OR'"):
        traces.search("status = 'OK' OR status = 'ERROR'", locations=[])


@pytest.mark.parametrize(
    "question",
    [
        "status = ('OK')",
        "request_id LIKE ('a', 'b')",
        "client_request_id RLIKE ('a')",
        "tags.t = ('v')",
        "name != ('a', 'b')",
        "span.name = ('a')",
        "span.name RLIKE ('a')",
        "span.content LIKE ('a')",
        "span.attributes.k IN ('a')",
        "span.attributes.k NOT IN ('a', 'b')",
    ],
)
def test_list_is_refused_where_one_text_belongs(traces: NamedTraces, question: str) -> None:
    with refused_as_mistaken():
        traces.search(question)


@pytest.mark.parametrize(
    "question", [f"execution_time < {2**63}", f"timestamp >= {2**64}", f"end_time > {2**63}"]
)
def test_time_of_more_than_64_bits_is_refused(traces: NamedTraces, question: str) -> None:
    with refused("INTERNAL_ERROR", "Python int too large to convert to"):
        traces.search(question)


def test_order_is_judged_before_the_filter(traces: NamedTraces) -> None:
    with refused("INVALID_PARAMETER_VALUE", KEY.format("unheard")):
        traces.search("status = 'OK' OR status = 'ERROR'", order_by=["unheard"])


def test_limit_is_judged_before_the_filter(traces: NamedTraces) -> None:
    with refused("INVALID_PARAMETER_VALUE", "Invalid value 0 for parameter 'max_results'"):
        traces.search("status = 'OK' OR status = 'ERROR'", max_results=0)


def test_filter_is_judged_before_the_token(traces: NamedTraces) -> None:
    with refused("INVALID_PARAMETER_VALUE", CLAUSES + "'OR'"):
        traces.search("status = 'OK' OR status = 'ERROR'", page_token="abc")  # noqa: S106
