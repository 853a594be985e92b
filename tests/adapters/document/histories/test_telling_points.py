"""What searches say from the points that models keep is what all points say."""

import random
from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import pytest
from mlflow.entities import Metric

from mlflow_docstore.adapters.document.codecs.logged_models import encode_point, telling_points
from mlflow_docstore.adapters.document.histories import merging
from mlflow_docstore.adapters.memory.database import Database
from mlflow_docstore.core.paging import PageRequest
from mlflow_docstore.core.query import (
    COMPARATORS,
    And,
    Compare,
    Field,
    FieldKind,
    Filter,
    In,
    Operator,
    Order,
)
from mlflow_docstore.ports.logged_models import (
    DatasetScope,
    LoggedModelQuery,
    MetricPoints,
    ModelOrder,
)

from .models import create, matching, measured, repository

ACC = Field(FieldKind.METRIC, "acc")
VALUES = (0.0, 1.0, 2.0, 3.0)
DATASETS = (None, ("wine", "1a"), ("wine", "2b"), ("iris", "1a"))
SCOPES = ((), (DatasetScope("wine"),), (DatasetScope("wine", "2b"), DatasetScope("iris", "1a")))


def is_on(metric: Metric, scopes: Sequence[DatasetScope]) -> bool:
    return not scopes or any(
        scope.name == metric.dataset_name and scope.digest in (None, metric.dataset_digest)
        for scope in scopes
    )


Truth = Callable[[float], bool]


def compared(comparator: Operator, value: float) -> tuple[Filter, Truth]:
    compare = COMPARATORS[comparator]
    return Compare(ACC, comparator, value), lambda found: compare(found, value)


QUESTIONS: list[tuple[Filter, Truth]] = [
    *(compared(comparator, value) for comparator in Operator for value in (*VALUES, 1.5)),
    (In(ACC, (1.0, 2.0)), lambda found: found in (1.0, 2.0)),
    (In(ACC, (0.0, 3.0), negated=True), lambda found: found not in (0.0, 3.0)),
    (In(ACC, (0.0, 1.0, 3.0), negated=True), lambda found: found not in (0.0, 1.0, 3.0)),
    (In(ACC, ()), lambda _: False),
    (In(ACC, (), negated=True), lambda _: True),
]


def any_of(metrics: list[Metric]) -> list[Metric]:
    return metrics


def latest_of(metrics: list[Metric]) -> list[Metric]:
    return sorted(metrics, key=lambda one: (one.step, one.timestamp, one.value))[-1:]


@pytest.mark.parametrize(
    ("points", "counted"), [(MetricPoints.ANY, any_of), (MetricPoints.LATEST, latest_of)]
)
@pytest.mark.parametrize("merged", [False, True])
def test_searches_say_what_all_points_say(
    merged: bool,
    points: MetricPoints,
    counted: Callable[[list[Metric]], list[Metric]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(merging, "_WORTH_MERGING", 1)
    dice = random.Random(7)  # noqa: S311 - the same cases each time
    models = repository(Database())
    logged: dict[str, list[Metric]] = {}
    for number in range(25):
        model_id = f"m{number:02}"
        create(models, model_id)
        logged[model_id] = [
            measured(
                dice.choice(VALUES),
                at,
                step=dice.randrange(4),
                model_id=model_id,
                dataset=dice.choice(DATASETS),
            )
            for at in range(dice.randrange(10))
        ]
        for metric in logged[model_id]:
            models.add_metrics("r", [metric])
    if merged:
        assert models.compact() > 0
    for (where, truth), scopes in product(QUESTIONS, SCOPES):
        expected = [
            model_id
            for model_id, metrics in logged.items()
            if any(
                truth(metric.value)
                for metric in counted([metric for metric in metrics if is_on(metric, scopes)])
            )
        ]
        assert matching(models, where, scopes, points) == expected, (where, scopes)


def by_time(metric: Metric) -> tuple[int, int]:
    return metric.timestamp, metric.step


def by_step(metric: Metric) -> tuple[int, int, float]:
    return metric.step, metric.timestamp, metric.value


@pytest.mark.parametrize(
    ("points", "latest"), [(MetricPoints.ANY, by_time), (MetricPoints.LATEST, by_step)]
)
@pytest.mark.parametrize("scope", [None, DatasetScope("wine"), DatasetScope("iris", "1a")])
def test_orders_say_what_all_points_say(
    points: MetricPoints, latest: Callable[[Metric], Any], scope: DatasetScope | None
) -> None:
    dice = random.Random(8)  # noqa: S311 - the same cases each time
    models = repository(Database())
    values: dict[str, float | None] = {}
    for number in range(30):
        model_id = f"m{number:02}"
        create(models, model_id)
        metrics = [
            measured(dice.random(), at, step=dice.randrange(4), model_id=model_id, dataset=dataset)
            for at, dataset in enumerate(dice.choices(DATASETS, k=8))
        ]
        models.add_metrics("r", metrics)
        counted = [metric for metric in metrics if is_on(metric, [scope] if scope else [])]
        values[model_id] = max(counted, key=latest).value if counted else None
    order = (ModelOrder(Order(ACC), scope),)
    query = LoggedModelQuery(("1",), order=order, points=points)
    found = [model.model_id for model in models.search(query, PageRequest(100)).items]
    assert found == sorted(values, key=lambda one: (values[one] is None, values[one] or 0.0, one))


def test_open_conditions_are_settled_together() -> None:
    models = repository(Database())
    for number, found in enumerate([(0, 1, 3), (0, 2, 3), (0, 1, 2, 3), (1,), (0, 3)]):
        create(models, f"m{number}")
        for at, value in enumerate(found):
            models.add_metrics("r", [measured(value, at, model_id=f"m{number}")])
    both = And((Compare(ACC, Operator.EQ, 1), Compare(ACC, Operator.EQ, 2)))
    assert matching(models, both) == ["m2"]


def test_few_points_tell_all() -> None:
    metrics = [measured(value, at, step=-at) for at, value in enumerate([5.0, 9.0, -9.0, 1.0, 2.0])]
    told = telling_points(encode_point("r", metric) for metric in metrics)
    assert sorted(point["value"] for point in told) == [-9.0, 2.0, 5.0, 9.0]


def test_of_two_runs_at_the_same_place_the_least_id_is_the_latest_by_time() -> None:
    points = [encode_point(run_id, measured(1.0)) for run_id in ("b", "a", "c")]
    told = telling_points(points)
    assert "a" in {point["run_id"] for point in told}
