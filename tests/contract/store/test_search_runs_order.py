"""Order of search_runs, and paging through it."""

from typing import Any

import pytest
from mlflow.entities import RunStatus
from mlflow.store.tracking.abstract_store import AbstractStore
from mlflow.utils.mlflow_tags import MLFLOW_RUN_NAME

from .. import scenarios
from ..scenarios import refused
from ..search_scenarios import NamedRuns, named_runs, pages

pytestmark = pytest.mark.area("runs")


def alike(store: AbstractStore, kind: str, values: dict[str, Any]) -> NamedRuns:
    """Runs that start together and differ in ``k`` alone; None means without it."""
    return named_runs(
        store,
        {
            name: {kind: {} if value is None else {"k": value}, "start_time": 0}
            for name, value in values.items()
        },
    )


@pytest.fixture(scope="module")
def numbers(store: AbstractStore) -> NamedRuns:
    values = {
        "nan": float("nan"),
        "none": None,
        "inf": float("inf"),
        "two": 2.0,
        "zero": 0.0,
        "minus inf": float("-inf"),
        "ten": 10.0,
        "minus": -1.5,
    }
    return alike(store, "metrics", values)


NUMBERS_ASCENDING = ["minus inf", "minus", "zero", "two", "ten", "inf"]


@pytest.mark.parametrize("clause", ["metrics.k", "metrics.k ASC", "metric.k asc"])
def test_metric_ascends_with_nan_then_missing_last(numbers: NamedRuns, clause: str) -> None:
    assert numbers.found(order_by=[clause]) == [*NUMBERS_ASCENDING, "nan", "none"]


@pytest.mark.parametrize("clause", ["metrics.k DESC", "metrics.`k` desc", "`metrics.k` DESC"])
def test_metric_descends_with_nan_then_missing_last(numbers: NamedRuns, clause: str) -> None:
    assert numbers.found(order_by=[clause]) == [*reversed(NUMBERS_ASCENDING), "nan", "none"]


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
def test_nan_is_told_from_missing_before_ties_are_broken(
    store: AbstractStore, direction: str
) -> None:
    nan = {"metrics": {"k": float("nan")}, "start_time": 1}
    runs = named_runs(store, {"none": {"start_time": 2}, "nan": nan})
    assert runs.found(order_by=[f"metrics.k {direction}"]) == ["nan", "none"]


def test_metric_that_nobody_logged_leaves_the_default_order(numbers: NamedRuns) -> None:
    assert numbers.found(order_by=["metrics.nobody"]) == numbers.by_id(*numbers.ids)


def test_metric_order_and_filter_on_the_same_key_combine(numbers: NamedRuns) -> None:
    found = numbers.found("metrics.k >= 0", order_by=["metrics.k DESC"])
    assert found == ["inf", "ten", "two", "zero"]


def test_metric_order_looks_at_the_latest_value(store: AbstractStore) -> None:
    runs = alike(store, "metrics", {"improved": 9.0, "steady": 5.0})
    store.log_metric(runs.ids["improved"], scenarios.metric("k", 1.0, step=1))
    assert runs.found(order_by=["metrics.k"]) == ["improved", "steady"]


TEXTS_ASCENDING = ["empty", "ten", "nine", "upper", "lower", "accent"]


@pytest.fixture(scope="module", params=["params", "tags"])
def texts(store: AbstractStore, request: pytest.FixtureRequest) -> tuple[str, NamedRuns]:
    """The same texts as params and as tags."""
    values = {
        "none": None,
        "upper": "Zebra",
        "accent": "\N{LATIN SMALL LETTER E WITH ACUTE}t",
        "nine": "9",
        "empty": "",
        "lower": "ant",
        "ten": "10",
    }
    return request.param, alike(store, request.param, values)


def test_text_ascends_by_code_point_with_missing_last(texts: tuple[str, NamedRuns]) -> None:
    kind, runs = texts
    assert runs.found(order_by=[f"{kind}.k ASC"]) == [*TEXTS_ASCENDING, "none"]


def test_text_descends_by_code_point_with_missing_last(texts: tuple[str, NamedRuns]) -> None:
    kind, runs = texts
    assert runs.found(order_by=[f"{kind}.k DESC"]) == [*reversed(TEXTS_ASCENDING), "none"]


@pytest.mark.parametrize("kind", ["metrics", "params", "tags"])
@pytest.mark.parametrize("clause", ["{}.`a b` DESC", '{}."a b" DESC', "`{}.a b` DESC"])
def test_key_with_a_space_may_be_quoted(store: AbstractStore, kind: str, clause: str) -> None:
    values: list[Any] = [1.0, 2.0] if kind == "metrics" else ["1", "2"]
    runs = named_runs(
        store, {"first": {kind: {"a b": values[0]}}, "second": {kind: {"a b": values[1]}}}
    )
    assert runs.found(order_by=[clause.format(kind)]) == ["second", "first"]


def test_key_with_dots_is_one_key(store: AbstractStore) -> None:
    runs = named_runs(store, {"high": {"metrics": {"a.b": 2.0}}, "low": {"metrics": {"a.b": 1.0}}})
    assert runs.found(order_by=["metrics.a.b"]) == ["low", "high"]


@pytest.fixture(scope="module")
def people(store: AbstractStore) -> NamedRuns:
    """Runs that differ in every attribute; ``open`` has no end."""
    runs = named_runs(
        store,
        {
            "open": {"user_id": "b", "run_name": "delta", "start_time": 2000},
            "killed": {"user_id": "C", "run_name": "Alpha", "start_time": 1000},
            "failed": {"user_id": "a", "run_name": "beta", "start_time": 4000},
            "done": {"user_id": "d", "run_name": "10", "start_time": 3000},
        },
    )
    store.update_run_info(runs.ids["killed"], RunStatus.KILLED, 9000, None)
    store.update_run_info(runs.ids["failed"], RunStatus.FAILED, 7000, None)
    store.update_run_info(runs.ids["done"], RunStatus.FINISHED, 8000, None)
    return runs


@pytest.mark.parametrize(
    ("clause", "expected"),
    [
        ("start_time ASC", ["killed", "open", "done", "failed"]),
        ("start_time DESC", ["failed", "done", "open", "killed"]),
        ("attributes.start_time", ["killed", "open", "done", "failed"]),
        ("Created", ["killed", "open", "done", "failed"]),
        ("created DESC", ["failed", "done", "open", "killed"]),
        ("attributes.Created ASC", ["killed", "open", "done", "failed"]),
        ("end_time ASC", ["failed", "done", "killed", "open"]),
        ("end_time DESC", ["killed", "done", "failed", "open"]),
        ("run_name ASC", ["done", "killed", "failed", "open"]),
        ("run_name DESC", ["open", "failed", "killed", "done"]),
        ("user_id", ["killed", "failed", "open", "done"]),
        ("attribute.user_id DESC", ["done", "open", "failed", "killed"]),
        ("status", ["failed", "done", "killed", "open"]),
        ("run.status DESC", ["open", "killed", "done", "failed"]),
    ],
)
def test_attribute_orders_runs(people: NamedRuns, clause: str, expected: list[str]) -> None:
    assert people.found(order_by=[clause]) == expected


@pytest.mark.parametrize(
    ("clause", "expected"), [("run_name", ["a", "b", "c"]), ("run_name DESC", ["c", "b", "a"])]
)
def test_run_whose_name_tag_was_deleted_is_ordered_by_its_name(
    store: AbstractStore, clause: str, expected: list[str]
) -> None:
    runs = named_runs(store, {name: {"run_name": name} for name in "abc"})
    store.delete_tag(runs.ids["b"], MLFLOW_RUN_NAME)
    assert runs.found(order_by=[clause]) == expected


@pytest.mark.parametrize("attribute", ["run_id", "artifact_uri"])
def test_identity_orders_runs_ascending(people: NamedRuns, attribute: str) -> None:
    assert people.found(order_by=[f"{attribute} ASC"]) == people.by_id(*people.ids)


@pytest.mark.parametrize("attribute", ["run_id", "artifact_uri"])
def test_identity_orders_runs_descending(people: NamedRuns, attribute: str) -> None:
    found = people.found(order_by=[f"{attribute} DESC"])
    assert found == list(reversed(people.by_id(*people.ids)))


@pytest.mark.parametrize("order_by", [None, []])
def test_latest_start_comes_first_by_default(people: NamedRuns, order_by: list[str] | None) -> None:
    assert people.found(order_by=order_by) == ["failed", "done", "open", "killed"]


@pytest.fixture(scope="module")
def ties(store: AbstractStore) -> NamedRuns:
    """Six runs, two of each start, in two groups, with few distinct values."""
    metrics = {"a": 1.0, "b": 1.0, "c": 2.0, "d": 2.0, "e": float("nan"), "f": float("nan")}
    return named_runs(
        store,
        {
            name: {
                "metrics": {"m": metrics[name]},
                "params": {"group": "x" if name in "ace" else "y"},
                "start_time": start_time,
            }
            for name, start_time in zip("abcdef", [1, 1, 2, 2, 3, 3], strict=True)
        },
    )


def test_equal_starts_are_ordered_by_run_id(ties: NamedRuns) -> None:
    expected = [*ties.by_id("e", "f"), *ties.by_id("c", "d"), *ties.by_id("a", "b")]
    assert ties.found() == expected


def test_equal_starts_are_ordered_by_run_id_in_ascending_order_too(ties: NamedRuns) -> None:
    expected = [*ties.by_id("a", "b"), *ties.by_id("c", "d"), *ties.by_id("e", "f")]
    assert ties.found(order_by=["start_time ASC"]) == expected


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
def test_ties_are_broken_by_the_latest_start(ties: NamedRuns, direction: str) -> None:
    groups = [["e", "c", "a"], ["f", "d", "b"]]
    expected = groups if direction == "ASC" else groups[::-1]
    assert ties.found(order_by=[f"params.group {direction}"]) == [*expected[0], *expected[1]]


def test_ties_of_nan_are_broken_by_run_id(ties: NamedRuns) -> None:
    assert ties.found(order_by=["metrics.m"])[4:] == ties.by_id("e", "f")


def test_second_clause_breaks_ties_of_the_first(ties: NamedRuns) -> None:
    found = ties.found(order_by=["params.group DESC", "metrics.m ASC"])
    assert found == ["b", "d", "f", "a", "c", "e"]


@pytest.mark.parametrize(("direction", "expected"), [("ASC", "acebdf"), ("DESC", "bdface")])
def test_explicit_start_breaks_ties_its_own_way(
    ties: NamedRuns, direction: str, expected: str
) -> None:
    found = ties.found(order_by=[f"params.group {direction}", "start_time ASC"])
    assert found == list(expected)


def test_second_clause_breaks_ties_of_the_start(ties: NamedRuns) -> None:
    found = ties.found(order_by=["start_time ASC", "params.group DESC"])
    assert found == ["b", "a", "d", "c", "f", "e"]


def test_clauses_may_name_one_key_of_two_kinds(ties: NamedRuns) -> None:
    found = ties.found(order_by=["tags.m", "metrics.m DESC"])
    expected = [*ties.by_id("c", "d"), *ties.by_id("a", "b"), *ties.by_id("e", "f")]
    assert found == expected


@pytest.mark.parametrize(
    "order_by",
    [
        ["metrics.m", "metrics.m"],
        ["metrics.m", "metrics.m DESC"],
        ["metrics.m", "metrics.`m`"],
        ["params.p", "metrics.m", "params.p"],
        ["start_time", "Created DESC"],
        ["attributes.start_time", "start_time"],
    ],
)
def test_ordering_twice_by_one_field_is_refused(ties: NamedRuns, order_by: list[str]) -> None:
    with refused("INTERNAL_ERROR", f"`order_by` contains duplicate fields: {order_by}"):
        ties.search(order_by=order_by)


@pytest.mark.parametrize(
    ("clause", "text"),
    [
        ("", "Invalid order_by clause ''. Could not be parsed."),
        ("  ", "Invalid order_by clause '  '. Could not be parsed."),
        ("1", "Invalid order_by clause '1'. Could not be parsed."),
        ("metrics.m DESC ", "Invalid order_by clause 'metrics.m DESC '. Could not be parsed."),
        ("metrics.m 1", "Invalid order_by clause 'metrics.m 1'. Could not be parsed."),
        ("metrics.m ASC DESC", "Invalid order_by clause 'metrics.m ASC DESC'."),
        ("metrics.m, params.p", "Invalid order_by clause 'metrics.m, params.p'."),
        ("metrics.m; params.p", "Invalid order_by clause 'metrics.m; params.p'."),
        ("metrics.m DOWN", "Invalid ordering key in order_by clause 'metrics.m DOWN'."),
        ("params.a b", "Invalid ordering key in order_by clause 'params.a b'."),
        ("m", "Invalid attribute key 'm' specified. Valid keys are "),
        ("metrics", "Invalid attribute key 'metrics' specified. Valid keys are "),
        ("lifecycle_stage", "Invalid attribute key 'lifecycle_stage' specified."),
        ("experiment_id", "Invalid attribute key 'experiment_id' specified."),
        ("attributes.foo", "Invalid attribute key 'foo' specified. Valid keys are "),
        ("`Run name`", "Invalid attribute key 'Run name' specified. Valid keys are "),
        ("foo.m", "Invalid entity type 'foo'. Valid values are ['metric', 'parameter', "),
        ("dataset.name", "Invalid identifier type 'dataset'"),
        ("dataset.foo", "Invalid dataset key 'foo' specified. Valid keys are "),
    ],
)
def test_clause_that_names_no_order_is_refused(ties: NamedRuns, clause: str, text: str) -> None:
    with refused("INVALID_PARAMETER_VALUE", text):
        ties.search(order_by=[clause])


@pytest.fixture(scope="module")
def many(store: AbstractStore) -> NamedRuns:
    """Seventeen runs with ties in every field, and fields that some lack."""
    wanted: dict[str, dict[str, Any]] = {}
    for number in range(17):
        options: dict[str, Any] = {
            "start_time": scenarios.START_TIME + number // 4,
            "user_id": "ab"[number % 2],
        }
        if number % 5:
            options["metrics"] = {"m": float("nan") if number % 5 == 4 else float(number % 3)}
        if number % 4:
            options["params"] = {"p": str(number % 3)}
        if number % 3:
            options["tags"] = {"t": "same"}
        wanted[f"run {number}"] = options
    runs = named_runs(store, wanted)
    for number in range(0, 17, 3):
        run_id = runs.ids[f"run {number}"]
        store.update_run_info(run_id, RunStatus.FINISHED, 100 + number % 2, None)
    return runs


@pytest.mark.parametrize("size", [1, 4, 16])
@pytest.mark.parametrize(
    "order_by",
    [
        None,
        ["start_time ASC"],
        ["metrics.m ASC"],
        ["metrics.m DESC"],
        ["params.p ASC"],
        ["params.p DESC"],
        ["tags.t ASC"],
        ["end_time ASC"],
        ["end_time DESC"],
        ["run_id DESC"],
        ["user_id DESC", "metrics.m ASC"],
        ["metrics.m DESC", "params.p ASC", "end_time DESC"],
        ["metrics.nobody DESC"],
    ],
)
def test_pages_join_up_to_the_whole_answer(
    many: NamedRuns, order_by: list[str] | None, size: int
) -> None:
    read = [many.names(page) for page in pages(many.search, max_results=size, order_by=order_by)]
    assert [name for page in read for name in page] == many.found(order_by=order_by)


@pytest.mark.parametrize("order_by", [None, ["metrics.m ASC"], ["params.p DESC"]])
def test_paging_shows_each_run_once(many: NamedRuns, order_by: list[str] | None) -> None:
    read = pages(many.search, max_results=3, order_by=order_by)
    assert sorted(many.names([run for page in read for run in page])) == sorted(many.ids)


def test_every_page_but_the_last_is_full(many: NamedRuns) -> None:
    read = pages(many.search, max_results=5, order_by=["metrics.m"])
    assert [len(page) for page in read] == [5, 5, 5, 2]


def test_paging_keeps_to_the_filter(many: NamedRuns) -> None:
    question = "metrics.m >= 0"
    read = pages(many.search, filter_string=question, max_results=2, order_by=["metrics.m DESC"])
    names = many.names([run for page in read for run in page])
    assert names == many.found(question, order_by=["metrics.m DESC"])
    assert len(names) == 10
