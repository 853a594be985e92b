"""Which index each hot read walks: the exact commands that calls send are explained.

What the stand-in's ``explain`` can and cannot prove:

- The choice of an index, or of none, is that of its planner, and is asserted.
- Documents examined are counted for what reads the whole collection, and for a lookup by id; for
  every other walk of an index it reports the number of documents that match, whatever it looked at,
  so that asserting it would prove nothing. Neither does it heed a limit.
- An update whose filter holds more than the id is explained as a read of the whole collection,
  which it is not. Point writes are therefore judged by their filter: it names the id.
"""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from mlflow.entities import Metric, Param, RunTag, ViewType
from pymongo import MongoClient

from mlflow_docstore.compat.tracking.store import DocStoreTrackingStore

from .conftest import Heard
from .listening import explained

Client = MongoClient[dict[str, Any]]
Read = Callable[[DocStoreTrackingStore, str, str], object]

_RUNS = 30

READS: list[tuple[str, Read, str]] = [
    ("get_experiment", lambda store, e, _r: store.get_experiment(e), "_id_"),
    (
        "get_experiment_by_name",
        lambda store, _e, _r: store.get_experiment_by_name("Default"),
        "by_name",
    ),
    (
        "search_experiments",
        lambda store, _e, _r: store.search_experiments(max_results=5),
        "by_recency",
    ),
    ("get_run", lambda store, _e, r: store.get_run(r), "_id_"),
    (
        "search_runs",
        lambda store, e, _r: store.search_runs([e], "", ViewType.ACTIVE_ONLY, 5),
        "by_recency",
    ),
    (
        "get_metric_history",
        lambda store, _e, r: store.get_metric_history(r, "loss"),
        "by_point",
    ),
    (
        "get_max_step_for_metric",
        lambda store, _e, r: store.get_max_step_for_metric(r, "loss"),
        "by_point",
    ),
    (
        "search_logged_models",
        lambda store, e, _r: store.search_logged_models([e], max_results=5),
        "by_recency",
    ),
    ("deleted runs", lambda store, _e, _r: store._get_deleted_runs(), "by_deletion"),
    ("datasets", lambda store, e, _r: store._search_datasets([e]), "by_experiment"),
]

WRITES: list[tuple[str, Read]] = [
    ("log_param", lambda store, _e, r: store.log_param(r, Param("p", "v"))),
    ("set_tag", lambda store, _e, r: store.set_tag(r, RunTag("k", "v"))),
    ("delete_tag", lambda store, _e, r: store.delete_tag(r, "colour")),
    ("update_run_info", lambda store, _e, r: store.update_run_info(r, None, 5, None)),
    ("delete_run", lambda store, _e, r: store.delete_run(r)),
]


@pytest.fixture(scope="module")
def ids(heard: Heard) -> tuple[str, str]:
    """An experiment, and one of its runs, all of which have a history."""
    store = heard.store
    experiment_id = str(store.create_experiment(f"e{uuid4().hex}"))
    runs = [
        store.create_run(experiment_id, "u", number, [RunTag("colour", "red")], None).info.run_id
        for number in range(_RUNS)
    ]
    for run_id in runs[:5]:
        store.log_metric(run_id, Metric("loss", 1.0, 1, 0))
    return experiment_id, runs[0]


@pytest.mark.parametrize(
    ("read", "index"), [one[1:] for one in READS], ids=[one[0] for one in READS]
)
def test_a_read_walks_its_index(
    heard: Heard, client: Client, ids: tuple[str, str], read: Read, index: str
) -> None:
    with heard.listener.during() as sent:
        read(heard.store, *ids)
    plan = explained(client, sent.only)
    assert plan.stages[0] == "IXSCAN"
    assert plan.index == index


def test_a_lookup_by_id_looks_at_one_document(
    heard: Heard, client: Client, ids: tuple[str, str]
) -> None:
    with heard.listener.during() as sent:
        heard.store.get_run(ids[1])
    plan = explained(client, sent.only)
    assert (plan.examined, plan.returned) == (1, 1)


def test_a_later_page_walks_the_same_index_from_its_key(
    heard: Heard, client: Client, ids: tuple[str, str]
) -> None:
    search = ([ids[0]], "", ViewType.ACTIVE_ONLY, 10)
    first = heard.store.search_runs(*search)
    with heard.listener.during() as sent:
        second = heard.store.search_runs(*search, page_token=first.token)
    assert len(second) == 10
    assert not {run.info.run_id for run in first} & {run.info.run_id for run in second}
    command = sent.only
    assert not command.get("skip")
    assert command["sort"] == {"recent": 1}
    assert "recent" in command["filter"]
    plan = explained(client, command)
    assert (plan.stages[0], plan.index) == ("IXSCAN", "by_recency")
    # The filter ends before the rows of the first page, so that these are not even matched.
    assert plan.returned == _RUNS - 10


def test_what_no_index_serves_is_explained_as_a_read_of_the_whole_collection(
    heard: Heard, client: Client, ids: tuple[str, str]
) -> None:
    """Or all of the above would prove nothing."""
    with heard.listener.during() as sent:
        heard.store.search_runs([ids[0]], "", ViewType.ACTIVE_ONLY, 5)
    plan = explained(client, {**sent.only, "filter": {"user_id": "u"}})
    assert plan.index is None
    assert "COLLSCAN" in plan.stages
    assert plan.examined >= _RUNS


@pytest.mark.parametrize("write", [one[1] for one in WRITES], ids=[one[0] for one in WRITES])
def test_a_write_names_the_id_of_its_document(
    heard: Heard, ids: tuple[str, str], write: Read
) -> None:
    run = heard.store.create_run(ids[0], "u", 1, [RunTag("colour", "red")], None)
    with heard.listener.during() as sent:
        write(heard.store, ids[0], run.info.run_id)
    # Deleting a run looks for what it thought of traces behind the write.
    command = sent.commands[0]
    filters = [one["q"] for one in command.get("updates", ())] or [command["query"]]
    assert [one["_id"] for one in filters] == [run.info.run_id]


def test_the_points_of_a_model_are_found_by_an_index(heard: Heard, client: Client) -> None:
    store = heard.store
    experiment_id = str(store.create_experiment(f"e{uuid4().hex}"))
    run_id = store.create_run(experiment_id, "u", 1, [], None).info.run_id
    for number in range(5):
        model_id = store.create_logged_model(experiment_id, f"m{number}").model_id
        store.log_metric(run_id, Metric("acc", 1.0, 1, number, model_id))
    with heard.listener.during() as sent:
        store.get_logged_model(model_id)
    plan = explained(client, sent.of("find")[1])
    assert (plan.stages[0], plan.returned, plan.examined) == ("IXSCAN", 1, 1)
