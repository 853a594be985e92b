"""Which index each hot read of the embedded database walks: SQLite's own plans.

No step of a plan may read a whole table. Sorting is allowed in one form alone: of rows that an
index leaves tied (``RIGHT PART``), which are few wherever histories and metrics are hot.
"""

from uuid import uuid4

import pytest
from mlflow.entities import Metric, Param, RunTag, ViewType

from mlflow_docstore.core.query import And, Field, FieldKind, equals

from . import test_plans as tracking
from . import test_registry_plans as registry
from .tracing import Statements, Traced

_RUNS = 60
_TIES = "USE TEMP B-TREE FOR RIGHT PART OF ORDER BY"
_SORT = "USE TEMP B-TREE FOR ORDER BY"


@pytest.fixture(scope="module")
def ids(traced: Traced) -> tuple[str, str]:
    """An experiment, and one of its runs; keys of runs are hot."""
    store = traced.tracking
    for kind, name in ((FieldKind.METRIC, "loss"), (FieldKind.PARAM, "lr"), (FieldKind.TAG, "t")):
        traced.backend.indexes.add(Field(kind, name))
    experiment_id = str(store.create_experiment(f"e{uuid4().hex}"))
    runs = []
    for number in range(_RUNS):
        run = store.create_run(experiment_id, "u", number, [RunTag("t", f"t{number % 3}")], None)
        loss = [Metric("loss", number / 10 if number % 7 else float("nan"), 1, 0)]
        params = [Param("lr", str(number % 4))]
        store.log_batch(run.info.run_id, loss if number % 5 else [], params, [])
        runs.append(run.info.run_id)
    return experiment_id, runs[1]


@pytest.fixture(scope="module")
def name(traced: Traced) -> str:
    """A model of twelve versions, among others."""
    return registry.filled(traced.registry)


def walked(traced: Traced, heard: Statements, *allowed: str) -> list[str]:
    """The steps that look for rows, where none reads a table whole, or sorts unless allowed."""
    steps = traced.plans(heard)
    assert {step for step in steps if step.startswith("USE TEMP")} <= set(allowed)
    # A list of values is read whole, and what a part of a result has found.
    wholes = [step for step in steps if step.startswith("SCAN")]
    assert not [step for step in wholes if "json_each" not in step and "(subquery" not in step]
    return [step for step in steps if step.startswith("SEARCH")]


def assert_walks(steps: list[str], indexes: list[str]) -> None:
    """Each step walks its index; no index is that of the id."""
    for step, index in zip(steps, indexes, strict=True):
        assert {"_id_": "autoindex"}.get(index, f".{index} ") in step


@pytest.mark.parametrize(
    ("read", "index"), [one[1:] for one in tracking.READS], ids=[one[0] for one in tracking.READS]
)
def test_a_read_walks_its_index(
    traced: Traced, ids: tuple[str, str], read: tracking.Read, index: str
) -> None:
    with traced.during() as heard:
        read(traced.tracking, *ids)
    # The chunks of a metric and those of several metrics are two ranges.
    history = index == "by_point"
    assert_walks(walked(traced, heard, *[_TIES] * history), [index] * (1 + history))


@pytest.mark.parametrize(
    ("read", "indexes"), [one[1:] for one in registry.READS], ids=[one[0] for one in registry.READS]
)
def test_a_read_of_the_registry_walks_its_indexes(
    traced: Traced, name: str, read: registry.Read, indexes: list[str]
) -> None:
    with traced.during() as heard:
        read(traced.registry, name)
    # Versions of one model, or of one run, are looked up and sorted: there are few of them.
    few = indexes[0] in {"by_name", "by_run"} and "version" in heard.texts[0]
    steps = walked(traced, heard, *[_SORT] * few)
    # Models come with their newest versions, by their ids.
    assert_walks(steps, [*indexes, "_id_"][: len(steps)])


def runs_page(traced: Traced, experiment: str, text: str = "", order: str = "") -> str:
    """The token of the page behind the first one."""
    orders = [order] if order else []
    page = traced.tracking.search_runs([experiment], text, ViewType.ACTIVE_ONLY, 5, orders)
    assert len(page) == 5
    return str(page.token)


HOT = [
    ("a hot param", "params.lr = '2'", "", ["on_param"]),
    ("a hot tag", "tags.t = 't1'", "", ["on_tag"]),
    ("the order of a hot metric", "", "metrics.loss ASC", ["on_metric"] * 3),
    ("its reverse", "", "metrics.loss DESC", ["on_metric"] * 3),
    ("the order of a hot param", "", "params.lr ASC", ["on_param"] * 2),
    ("its reverse", "", "params.lr DESC", ["on_param"] * 2),
]


@pytest.mark.parametrize(
    ("text", "order", "indexes"),
    [one[1:] for one in HOT],
    ids=[f"{one[0]} {number}" for number, one in enumerate(HOT)],
)
@pytest.mark.parametrize("page", [1, 2])
def test_a_page_by_a_hot_key_walks_its_index(
    traced: Traced, ids: tuple[str, str], text: str, order: str, indexes: list[str], page: int
) -> None:
    orders = [order] if order else []
    token = runs_page(traced, ids[0], text, order) if page == 2 else None
    with traced.during() as heard:
        traced.tracking.search_runs([ids[0]], text, ViewType.ACTIVE_ONLY, 5, orders, token)
    steps = walked(traced, heard, *[_TIES] * order.endswith("DESC"))
    assert len(steps) == len(indexes)
    for step, index in zip(steps, indexes, strict=True):
        assert f".{index}_" in step


def test_few_values_are_ranges_that_are_merged(traced: Traced, ids: tuple[str, str]) -> None:
    other = str(traced.tracking.create_experiment(f"e{uuid4().hex}"))
    with traced.during() as heard:
        found = traced.tracking.search_runs([ids[0], other], "", ViewType.ALL, 5)
    assert len(found) == 5
    assert_walks(walked(traced, heard), ["by_recency"] * 4)


@pytest.mark.parametrize("size", [5, 1000])
def test_a_range_of_a_hot_metric_walks_its_index_and_sorts_what_it_finds(
    traced: Traced, ids: tuple[str, str], size: int
) -> None:
    search = traced.tracking.search_runs
    with traced.during() as heard:
        found = search([ids[0]], "metrics.loss < 2", ViewType.ACTIVE_ONLY, size)
    assert 5 <= len(found) <= size
    steps = traced.plans(heard)
    assert ".on_metric_" in steps[0]
    assert "<expr><?" in steps[0]


def test_a_later_page_begins_at_its_key(traced: Traced, ids: tuple[str, str]) -> None:
    token = runs_page(traced, ids[0])
    with traced.during() as heard:
        traced.tracking.search_runs([ids[0]], "", ViewType.ACTIVE_ONLY, 5, page_token=token)
    (step,) = walked(traced, heard)
    assert ".by_recency " in step
    assert "<expr>>?" in step


@pytest.fixture(scope="module")
def model_id(traced: Traced, ids: tuple[str, str]) -> str:
    """A model with points, logged alone and in batches, among others."""
    store = traced.tracking
    for number in range(5):
        model_id = str(store.create_logged_model(ids[0], f"m{number}").model_id)
        for begin in range(0, 100, 10):
            points = [Metric("acc", at / 2, at, at, model_id) for at in range(begin, begin + 10)]
            store.log_batch(ids[1], points[1:], [], [])
            store.log_metric(ids[1], points[0])
    return model_id


def test_a_point_of_a_model_is_looked_for_at_its_place(
    traced: Traced, ids: tuple[str, str], model_id: str
) -> None:
    with traced.during() as heard:
        traced.tracking.log_metric(ids[1], Metric("acc", 9.0, 999, 999, model_id))
    (step,) = [step for step in walked(traced, heard) if "logged_model_metrics" in step]
    assert ".by_place " in step
    assert "<expr>>?" in step


@pytest.mark.parametrize("count", [2, 200])
def test_points_of_a_batch_are_looked_for_by_their_ids_and_at_their_places(
    traced: Traced, ids: tuple[str, str], model_id: str, count: int
) -> None:
    points = [Metric("acc", 9.0, 1000 + at, at, model_id) for at in range(count)]
    with traced.during() as heard:
        traced.tracking.log_batch(ids[1], points, [], [])
    steps = [step for step in walked(traced, heard) if "logged_model_metrics" in step]
    by_id, by_place = steps
    assert "autoindex" in by_id
    assert ".by_place " in by_place


def test_the_points_of_a_model_are_read_by_its_index(traced: Traced, model_id: str) -> None:
    with traced.during() as heard:
        traced.tracking.get_logged_model(model_id)
    _, step = walked(traced, heard, _SORT)
    assert ".by_p" in step


def test_purging_walks_indexes(traced: Traced, ids: tuple[str, str]) -> None:
    store = traced.tracking
    run_id = store.create_run(ids[0], "u", 1, [], None).info.run_id
    store.log_metric(run_id, Metric("loss", 1.0, 1, 0))
    store.delete_run(run_id)
    with traced.during() as heard:
        store._hard_delete_run(run_id)
    assert any(".by_point " in step for step in walked(traced, heard))


def test_what_no_index_serves_reads_the_whole_table(traced: Traced) -> None:
    """Or all of the above would prove nothing."""
    with traced.during() as heard:
        traced.driver.delete_many("runs", And((equals("user_id", "nobody"),)))
    assert [step for step in traced.plans(heard) if step.startswith("SCAN mlflow.runs")]
