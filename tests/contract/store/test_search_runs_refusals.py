"""Filters that search_runs refuses, and what it says of them."""

import pytest
from mlflow.entities import ViewType
from mlflow.store.tracking.abstract_store import AbstractStore

from .. import scenarios
from ..scenarios import refused, refused_as_mistaken

pytestmark = pytest.mark.area("runs")

INVALID_COMPARATOR = "Invalid comparator '{}' not one of "
NULL_TEST = "IS NULL / IS NOT NULL is only supported for tags and params, not for "
UNQUOTED = "Parameter value is either not quoted or unidentified quote types used for string value"


@pytest.fixture(scope="module")
def experiment_id(store: AbstractStore) -> str:
    """An experiment with one run: nothing is refused because there is nothing to look at."""
    run = scenarios.run_with(store, metrics={"m": 1.0}, params={"p": "v"}, tags={"t": "v"})
    return run.info.experiment_id


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("metrics.m > 1 OR metrics.m < 0", "Invalid clause(s) in filter string: 'OR'"),
        ("   ", "Invalid filter '   '. Could not be parsed."),
        ("metrics.m", "Invalid clause(s) in filter string: 'metrics.m'"),
        ("metrics.m >", "Invalid clause(s) in filter string: "),
        ("> 1", "Invalid clause(s) in filter string: "),
        ("(metrics.m > 0)", "Invalid clause(s) in filter string: '(metrics.m > 0)'"),
        ("NOT metrics.m > 1", "Invalid clause(s) in filter string: 'NOT'"),
        ("metrics.m > 1;", "Invalid clause(s) in filter string: ';'"),
        ("metrics.m > 1 -- why", "Invalid clause(s) in filter string: '-- why'"),
        ("metrics.m BETWEEN 0 AND 2", "Invalid clause(s) in filter string: "),
        ("metrics.m > 1; metrics.m < 2", "Search filter contained multiple expression "),
        ("1 < metrics.m", "Invalid comparison clause. Expected 'Identifier' found '1'"),
        ("'x' = 'x'", "Invalid comparison clause. Expected 'Identifier' found ''x''"),
        ("m > 0", "Invalid attribute key 'm' specified. Valid keys are "),
        ("experiment_id = '1'", "Invalid attribute key 'experiment_id' specified."),
        ("lifecycle_stage = 'active'", "Invalid attribute key 'lifecycle_stage' specified."),
        ("foo.m > 0", "Invalid entity type 'foo'. Valid values are ['metric', 'parameter', "),
        ("METRICS.m > 0", "Invalid entity type 'METRICS'. Valid values are ['metric', "),
        ("dataset.foo = 'x'", "Invalid dataset key 'foo' specified. Valid keys are "),
        ("metrics.m = '1'", "Expected numeric value type for metric. Found '1'"),
        ("metrics.m = NaN", "Expected numeric value type for metric. Found NaN"),
        ("metrics.m > metrics.n", "Expected numeric value type for metric. Found metrics.n"),
        ("metrics.m IN (1)", "Expected numeric value type for metric. Found (1)"),
        ("metrics.m == 1", INVALID_COMPARATOR.format("==")),
        ("metrics.m <> 1", INVALID_COMPARATOR.format("<>")),
        ("metrics.m IS NULL", NULL_TEST + "'metric' 'm'"),
        ("status IS NOT NULL", NULL_TEST + "'attribute' 'status'"),
        ("dataset.name IS NULL", NULL_TEST + "'dataset' 'name'"),
        ("params.p = v", UNQUOTED + " v."),
        ("params.p = `v`", UNQUOTED + " `v`."),
        ("status = RUNNING", UNQUOTED + " RUNNING."),
        ("params.p = 1", "Expected a quoted string value for parameter (e.g. 'my-value')."),
        ("tags.t IN ('v')", "Expected a quoted string value for tag (e.g. 'my-value')."),
        ("dataset.name = 1", "Expected a quoted string value for dataset attributes."),
        ("user_id = 1", "Expected a quoted string value for attributes. Got value 1"),
        ("params.p > 'a'", INVALID_COMPARATOR.format(">")),
        ("params.p NOT LIKE 'a'", INVALID_COMPARATOR.format("NOT LIKE")),
        ("tags.t RLIKE 'a'", INVALID_COMPARATOR.format("RLIKE")),
        ("status >= 'A'", INVALID_COMPARATOR.format(">=")),
        ("dataset.name < 'x'", INVALID_COMPARATOR.format("<")),
        ("start_time = '1'", "Expected numeric value type for numeric attribute: start_time."),
        ("end_time LIKE '1'", "Expected numeric value type for numeric attribute: end_time."),
        ("status IN ('RUNNING')", "Only ['run_id'] attributes support comparison with a list"),
        ("run_name IN ('x')", "Only ['run_id'] attributes support comparison with a list"),
        ("run_id IN ()", "expected a non-empty list of string values, but got empty list"),
        ("run_id IN (1, 2)", "but got different type in list: (1, 2)"),
        ("run_id IN ('a', 1)", "but got different type in list: ('a', 1)"),
        ("run_id IN 'a'", "Invalid clause(s) in filter string: "),
        ("dataset.digest IN (1)", "but got different type in list: (1,)"),
        ("params.p = 'open", "Invalid clause(s) in filter string: "),
    ],
)
def test_malformed_filter_is_refused(
    store: AbstractStore, experiment_id: str, question: str, text: str
) -> None:
    with refused("INVALID_PARAMETER_VALUE", text):
        store.search_runs([experiment_id], question, ViewType.ALL)


@pytest.mark.parametrize(
    "question", ["run_id = ('x')", "run_id LIKE ('x', 'y')", "dataset.name != ('x')"]
)
def test_list_is_refused_where_one_text_belongs(
    store: AbstractStore, experiment_id: str, question: str
) -> None:
    with refused_as_mistaken():
        store.search_runs([experiment_id], question, ViewType.ALL)


@pytest.mark.parametrize("question", [f"start_time < {2**63}", f"end_time >= -{2**64}"])
def test_time_of_more_than_64_bits_is_refused(
    store: AbstractStore, experiment_id: str, question: str
) -> None:
    with refused("INTERNAL_ERROR", "Python int too large to convert to"):
        store.search_runs([experiment_id], question, ViewType.ALL)


def test_malformed_filter_is_refused_even_where_nothing_is_searched(store: AbstractStore) -> None:
    with refused("INVALID_PARAMETER_VALUE", "Invalid clause(s) in filter string: 'OR'"):
        store.search_runs([], "metrics.m > 1 OR metrics.m < 0", ViewType.ALL)
