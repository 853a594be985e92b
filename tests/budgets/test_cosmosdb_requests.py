"""How many requests each call costs on Azure Cosmos DB for NoSQL, exactly, and what it is charged.

Charges are those of the stand-in, for what these calls write: ``most``, and not much less. A search
is a query that names no partition: of those, nothing that is called often has any but where a name
or a filter is all there is to find a document by.
"""

from collections.abc import Mapping
from uuid import uuid4

import pytest
from mlflow.entities import LoggedModelStatus, Metric, RunStatus, ViewType

from . import test_commands as tracking
from .asking import Asked, Billed, sorted_search
from .test_commands import experiment_in, points, run_in
from .test_text_commands import dataset

CHANGED = ["read runs", "replace runs"]
"""Where the service has no patch that does the same."""
LOGGED = ["patch runs", "create metrics"]

REQUESTS: Mapping[str, Asked] = {
    "create_experiment": Asked(["create experiments"] * 2, 12.1),
    "get_experiment": Asked(["read experiments"], 1.0),
    "get_experiment_by_name": Asked(["search experiments"], 4.7),
    "set_experiment_tag": Asked(["patch experiments"], 11.0),
    "search_experiments": Asked(sorted_search("experiments"), 8.0, steady=False),
    "create_run": Asked(["read experiments", "create runs"], 8.0),
    "get_run": Asked(["read runs"], 1.0),
    "log_param": Asked(["patch runs"], 11.0),
    "set_tag": Asked(["patch runs"], 11.0),
    "delete_tag": Asked(["patch runs"], 11.0),
    "log_metric": Asked(LOGGED, 17.5),
    "update_run_info": Asked(["patch runs"], 12.5),
    "update_run_info at the end of a run without metrics": Asked(["patch runs"], 11.5),
    "delete_run": Asked(["patch runs", *sorted_search("assessments")], 19.5),
    "restore_run": Asked(["patch runs"], 12.0),
    "log_batch of 1,000 points of one metric": Asked(LOGGED, 24.5),
    "log_batch of 1,000 metrics": Asked([*CHANGED, "create metrics"], 67.0),
    "log_batch of 800 metrics, 100 params and 100 tags": Asked([*CHANGED, "create metrics"], 55.5),
    "log_batch without metrics": Asked(CHANGED, 13.0),
    "search_runs": Asked(sorted_search("runs"), 7.0),
    "search_runs by a filter, in another order": Asked(["search runs"], 4.7),
    "create_logged_model": Asked(["read experiments", "create logged_models"], 8.0),
    "search_logged_models": Asked(sorted_search("logged_models"), 7.0),
}


@pytest.mark.parametrize(
    ("name", "call"),
    [one[:2] for one in tracking.BUDGETS],
    ids=[one[0] for one in tracking.BUDGETS],
)
def test_a_call_asks_for_this(billed: Billed, name: str, call: tracking.Call) -> None:
    experiment_id = experiment_in(billed.tracking)
    run_id = run_in(billed.tracking, experiment_id)
    with billed.during() as asked:
        call(billed.tracking, experiment_id, run_id)
    REQUESTS[name].verify(asked)


def test_a_store_on_a_database_that_exists_opens_with_two_reads(billed: Billed) -> None:
    with billed.during() as asked:
        billed.another_store()
    assert asked.names == ["read meta", "read experiments"]


@pytest.fixture(scope="module")
def long_run(billed: Billed) -> str:
    """A run with 3,000 points of one metric."""
    run_id = run_in(billed.tracking, experiment_in(billed.tracking))
    every = points(3000)
    for begin in range(0, 3000, 1000):
        billed.tracking.log_batch(run_id, every[begin : begin + 1000], [], [])
    return run_id


def test_a_history_is_a_query_of_one_partition(billed: Billed, long_run: str) -> None:
    with billed.during() as asked:
        history = billed.tracking.get_metric_history(long_run, "loss")
    assert len(history) == 3000
    Asked(["query metrics"], 3.2).verify(asked)


def test_a_run_with_points_ends_with_a_query_of_one_partition_more_and_another_change(
    billed: Billed, long_run: str
) -> None:
    with billed.during() as asked:
        billed.tracking.update_run_info(long_run, RunStatus.FINISHED, 5, None)
    Asked(["patch runs", "query metrics", "patch runs"], 25.5).verify(asked)


MEASUREMENT = [
    *("read runs", "read logged_models", "query logged_model_metrics"),
    *("create logged_model_metrics", "patch logged_models"),
    *CHANGED,
    "create metrics",
]


def test_a_point_of_a_model_costs_the_same_however_many_there_are(billed: Billed) -> None:
    experiment_id = experiment_in(billed.tracking)
    run_id = run_in(billed.tracking, experiment_id)
    model_id = billed.tracking.create_logged_model(experiment_id, "model").model_id
    for step in range(4):
        with billed.during() as asked:
            billed.tracking.log_metric(run_id, Metric("acc", 0.5, step, step, model_id))
        Asked(MEASUREMENT, 40.5).verify(asked)
        batch = [Metric("acc", 0.5, 10 * step + n, step, model_id) for n in range(1000)]
        billed.tracking.log_batch(run_id, batch, [], [])


def test_a_model_without_points_is_read_with_one_request(billed: Billed) -> None:
    model = billed.tracking.create_logged_model(experiment_in(billed.tracking), "model")
    with billed.during() as asked:
        billed.tracking.get_logged_model(model.model_id)
    Asked(["read logged_models"], 1.0).verify(asked)


def test_a_model_is_finalised_with_one_patch(billed: Billed) -> None:
    model = billed.tracking.create_logged_model(experiment_in(billed.tracking), "model")
    with billed.during() as asked:
        billed.tracking.finalize_logged_model(model.model_id, LoggedModelStatus.READY)
    Asked(["patch logged_models"], 12.0).verify(asked)


NEW = ["create datasets", "patch runs", "read datasets", "replace datasets"]


def test_a_new_dataset(billed: Billed) -> None:
    run_id = run_in(billed.tracking, experiment_in(billed.tracking))
    with billed.during() as asked:
        billed.tracking.log_inputs(run_id, [dataset(f"d{uuid4().hex}", "small")])
    Asked(["read runs", "read datasets: 404", *NEW], 30.5).verify(asked)


def test_a_page_of_a_hundred_runs(billed: Billed) -> None:
    experiment_id = experiment_in(billed.tracking)
    for _ in range(101):
        run_in(billed.tracking, experiment_id)
    with billed.during() as asked:
        page = billed.tracking.search_runs([experiment_id], "", ViewType.ACTIVE_ONLY, 100)
    assert len(page) == 100
    Asked(sorted_search("runs"), 17.0).verify(asked)
