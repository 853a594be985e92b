"""MLflow's filters and orders as queries."""

from collections.abc import Callable
from typing import Any

import pytest
from mlflow.exceptions import MlflowException

from mlflow_docstore.compat.filters import experiments, logged_models, runs, traces
from mlflow_docstore.core.errors import InvalidArgument
from mlflow_docstore.core.query import (
    And,
    Compare,
    Exists,
    Field,
    FieldKind,
    Filter,
    In,
    Like,
    Operator,
    Order,
)
from mlflow_docstore.ports.logged_models import DatasetScope, ModelOrder
from mlflow_docstore.ports.trace_queries import TraceQuery

from .versions import since, until


def attribute(name: str) -> Field:
    return Field(FieldKind.ATTRIBUTE, name)


def metric(name: str) -> Field:
    return Field(FieldKind.METRIC, name)


def param(name: str) -> Field:
    return Field(FieldKind.PARAM, name)


def tag(name: str) -> Field:
    return Field(FieldKind.TAG, name)


def dataset(name: str) -> Field:
    return Field(FieldKind.DATASET, name)


def _text(argument: object) -> str:
    return argument if isinstance(argument, str) else ""


def of_runs(text: str) -> And:
    return runs.parsed_search(text, None)[0]


def order_of_runs(*clauses: str) -> tuple[Order, ...]:
    return runs.parsed_search(None, clauses)[1]


RUNS: list[tuple[str, Filter]] = [
    ("metrics.loss > 0.5", Compare(metric("loss"), Operator.GT, 0.5)),
    ("metric.loss <= 1", Compare(metric("loss"), Operator.LE, 1.0)),
    ("metrics.`val loss` != -1e-3", Compare(metric("val loss"), Operator.NE, -0.001)),
    ("params.lr = '0.1'", Compare(param("lr"), Operator.EQ, "0.1")),
    ("parameter.lr LIKE '0%'", Like(param("lr"), "0%")),
    ("tags.team ilike 'RED_'", Like(tag("team"), "RED_", ignore_case=True)),
    ("tags.team IS NULL", Exists(tag("team"), negated=True)),
    ("params.lr is not null", Exists(param("lr"))),
    ("status = 'FINISHED'", Compare(attribute("status"), Operator.EQ, "FINISHED")),
    ("run_id IN ('a', 'b')", In(attribute("run_id"), ("a", "b"))),
    ("run_id NOT IN ('a')", In(attribute("run_id"), ("a",), negated=True)),
    ("attributes.`Run name` = 'x'", Compare(attribute("run_name"), Operator.EQ, "x")),
    ("start_time >= 1700000000000", Compare(attribute("start_time"), Operator.GE, 1700000000000)),
    ("attr.Created < 1e3", Compare(attribute("start_time"), Operator.LT, 1000)),
    ("end_time > 1.5", Compare(attribute("end_time"), Operator.GT, 1.5)),
    ("dataset.name = 'wine'", Compare(dataset("name"), Operator.EQ, "wine")),
    ("datasets.context IN ('train', 'eval')", In(dataset("context"), ("train", "eval"))),
]


@pytest.mark.parametrize(("text", "node"), RUNS, ids=_text)
def test_filter_of_runs(text: str, node: Filter) -> None:
    assert of_runs(text) == And((node,))


def test_times_are_integers_where_they_can_be() -> None:
    (node,) = of_runs("start_time = 1e3").nodes
    assert isinstance(node, Compare)
    assert type(node.value) is int


def test_clauses_are_anded_in_their_order() -> None:
    nodes = of_runs("metrics.a > 1 and params.b = 'c' AND metrics.a < 2").nodes
    assert [type(node) for node in nodes] == [Compare, Compare, Compare]
    assert nodes[1] == Compare(param("b"), Operator.EQ, "c")


@pytest.mark.parametrize("text", ["", None])
def test_no_filter_is_true(text: str | None) -> None:
    assert runs.parsed_search(text, None) == (And(), ())
    assert experiments.parsed_filter(text) == And()
    assert logged_models.parsed_filter(text) == And()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("metrics.a LIKE 1", "Invalid comparator 'LIKE'"),
        ("params.a > '1'", "Invalid comparator '>'"),
        ("status IN ('RUNNING')", "comparison with a list of quoted string values"),
        ("run_id = ('a', 'b')", "Comparator '=' does not take"),
        ("run_id > 'a'", "Invalid comparator '>'"),
        ("start_time = 'now'", "Expected numeric value type"),
        ("dataset.name > 'a'", "Invalid comparator '>'"),
        ("color = 'red'", "Invalid attribute key 'color'"),
        ("params.a = '1' OR params.b = '2'", "Invalid clause"),
    ],
)
def test_wrong_filter_of_runs_is_refused(text: str, message: str) -> None:
    with pytest.raises(MlflowException, match=message) as caught:
        of_runs(text)
    assert caught.value.error_code == "INVALID_PARAMETER_VALUE"


def test_time_beyond_64_bits_is_refused() -> None:
    with pytest.raises(InvalidArgument):
        of_runs(f"start_time > {2**63}")


@pytest.mark.parametrize(
    ("clause", "order"),
    [
        ("metrics.loss", Order(metric("loss"))),
        ("metrics.loss DESC", Order(metric("loss"), descending=True)),
        ("params.`learning rate` asc", Order(param("learning rate"))),
        ("tag.team desc", Order(tag("team"), descending=True)),
        ("Created DESC", Order(attribute("start_time"), descending=True)),
        ("attribute.status", Order(attribute("status"))),
    ],
)
def test_order_of_runs(clause: str, order: Order) -> None:
    assert order_of_runs(clause) == (order,)


def test_order_by_one_field_twice_is_refused_without_a_code() -> None:
    with pytest.raises(MlflowException, match="`order_by` contains duplicate fields") as caught:
        order_of_runs("start_time", "metrics.a", "Created DESC")
    assert caught.value.error_code == "INTERNAL_ERROR"


def test_runs_are_not_ordered_by_datasets() -> None:
    with pytest.raises(MlflowException, match="Invalid identifier type 'dataset'"):
        order_of_runs("dataset.name")


EXPERIMENTS: list[Any] = [
    ("name = 'wine'", Compare(attribute("name"), Operator.EQ, "wine")),
    ("attribute.name ILIKE 'w%'", Like(attribute("name"), "w%", ignore_case=True)),
    pytest.param(
        "experiment_id = '007'",
        Compare(attribute("experiment_id"), Operator.EQ, "7"),
        marks=since("3.17"),
    ),
    pytest.param(
        "experiment_id IN ('1', '02')",
        In(attribute("experiment_id"), ("1", "2")),
        marks=since("3.17"),
    ),
    ("creation_time > 5", Compare(attribute("creation_time"), Operator.GT, 5)),
    ("tags.team != 'red'", Compare(tag("team"), Operator.NE, "red")),
    ("tag.`my team` IS NOT NULL", Exists(tag("my team"))),
]


@pytest.mark.parametrize(("text", "node"), EXPERIMENTS, ids=_text)
def test_filter_of_experiments(text: str, node: Filter) -> None:
    assert experiments.parsed_filter(text) == And((node,))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            "experiment_id > '1'", "Invalid comparator for experiment_id: >", marks=since("3.17")
        ),
        pytest.param("experiment_id = 'x'", "Invalid experiment ID 'x'", marks=since("3.17")),
        ("name > 'a'", "Invalid comparator '>'"),
        ("creation_time <> 1", "Invalid comparator '<>'"),
        pytest.param(
            "creation_time = 1.5",
            "Invalid value for numeric attribute 'creation_time': '1.5'",
            marks=since("3.17"),
        ),
        ("tags.a > '1'", "Invalid comparator for tag: >"),
        ("metrics.a > 1", "Invalid entity type 'metrics'"),
    ],
)
def test_wrong_filter_of_experiments_is_refused(text: str, message: str) -> None:
    with pytest.raises(MlflowException, match=message) as caught:
        experiments.parsed_filter(text)
    assert caught.value.error_code == "INVALID_PARAMETER_VALUE"


def test_order_of_experiments_ends_with_their_ids() -> None:
    assert experiments.parsed_order(["name DESC", "last_update_time"]) == (
        Order(attribute("name"), descending=True),
        Order(attribute("last_update_time")),
        Order(attribute("experiment_id"), descending=True),
    )
    assert experiments.parsed_order(["experiment_id"]) == (Order(attribute("experiment_id")),)
    assert experiments.parsed_order(None) == ()


def test_experiments_are_not_ordered_by_tags() -> None:
    with pytest.raises(MlflowException, match="Invalid order_by entity: tag"):
        experiments.parsed_order(["tags.team"])


MODELS: list[Any] = [
    ("name LIKE 'm%'", Like(attribute("name"), "m%")),
    pytest.param(
        "attributes.name in ('a', 'b')", In(attribute("name"), ("a", "b")), marks=since("3.17")
    ),
    ("name NOT IN ('a')", In(attribute("name"), ("a",), negated=True)),
    pytest.param(
        "status = '1'", Compare(attribute("status"), Operator.EQ, "1"), marks=until("3.18")
    ),
    pytest.param("status IN (1, 2)", In(attribute("status"), ("1", "2")), marks=until("3.18")),
    pytest.param(
        "status != 'READY'", Compare(attribute("status"), Operator.NE, "2"), marks=since("3.18")
    ),
    pytest.param(
        "status NOT IN ('PENDING', 'FAILED')",
        In(attribute("status"), ("1", "3"), negated=True),
        marks=since("3.18"),
    ),
    ("creation_time > 5", Compare(attribute("creation_timestamp_ms"), Operator.GT, 5)),
    ("metrics.acc >= 0.5", Compare(metric("acc"), Operator.GE, 0.5)),
    ("params.lr = '0.1'", Compare(param("lr"), Operator.EQ, "0.1")),
    ("tags.`a` != 'b'", Compare(tag("a"), Operator.NE, "b")),
]


@pytest.mark.parametrize(("text", "node"), MODELS, ids=_text)
def test_filter_of_models(text: str, node: Filter) -> None:
    assert logged_models.parsed_filter(text) == And((node,))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("color = 'red'", "INTERNAL_ERROR"),
        ("attributes.creation_time > 5", "INTERNAL_ERROR"),
        ("metrics.acc > 'x'", "INTERNAL_ERROR"),
        ("metrics.acc LIKE '1'", "INVALID_PARAMETER_VALUE"),
        ("name > 'a'", "INVALID_PARAMETER_VALUE"),
        ("datasets.name = 'a'", "INVALID_PARAMETER_VALUE"),
        ("name = 'a' OR name = 'b'", "INVALID_PARAMETER_VALUE"),
    ],
)
def test_wrong_filter_of_models_is_refused(text: str, code: str) -> None:
    with pytest.raises(MlflowException) as caught:
        logged_models.parsed_filter(text)
    assert caught.value.error_code == code


def test_order_of_models() -> None:
    clauses: list[dict[str, Any]] = [
        {"field_name": "metrics.acc", "ascending": False, "dataset_name": "wine"},
        {"field_name": "metrics.a.b", "dataset_name": None, "dataset_digest": None},
        {"field_name": "creation_time"},
    ]
    assert logged_models.parsed_order(clauses) == (
        ModelOrder(Order(metric("acc"), descending=True), DatasetScope("wine")),
        ModelOrder(Order(metric("a.b"))),
        ModelOrder(Order(attribute("creation_timestamp_ms"))),
    )


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (lambda: logged_models.parsed_order([{"field_name": "color"}]), "color"),
        (lambda: logged_models.parsed_order([{"field_name": "params.a"}]), "Only metrics are"),
        (lambda: logged_models.parsed_datasets([{"dataset_digest": "1"}]), "`dataset_name` in"),
    ],
)
def test_wrong_search_of_models_is_refused(parse: Callable[[], object], text: str) -> None:
    with pytest.raises(MlflowException, match=text) as caught:
        parse()
    assert caught.value.error_code == "INVALID_PARAMETER_VALUE"


def test_datasets_of_models() -> None:
    datasets = [{"dataset_name": "wine", "dataset_digest": "1"}, {"dataset_name": "beer"}]
    assert logged_models.parsed_datasets(datasets) == (
        DatasetScope("wine", "1"),
        DatasetScope("beer"),
    )
    assert logged_models.parsed_datasets(None) == ()


@pytest.mark.parametrize("text", [None, "", [], {}])
def test_no_filter_of_traces_asks_for_all(text: Any) -> None:
    assert traces.parsed_filter(text) == TraceQuery()


@pytest.mark.parametrize("length", [1, 5000])
def test_a_filter_of_traces_says_the_same_each_time(length: int) -> None:
    name = "n" * length
    for _ in range(2):
        query = traces.parsed_filter(f"tag.team = '{name}'")
        assert query.where == And((Compare(tag("team"), Operator.EQ, name),))


def test_a_filter_of_traces_that_is_refused_is_refused_each_time() -> None:
    for _ in range(2):
        with pytest.raises(MlflowException, match="color"):
            traces.parsed_filter("color = 'red'")
