"""Order of search_logged_models, and paging through it."""

import base64
import json
from typing import Any

import pytest
from mlflow.entities import LoggedModelStatus
from mlflow.store.tracking.abstract_store import AbstractStore

from .. import scenarios
from ..scenarios import START_TIME, refused
from ..search_scenarios import NamedModels, log_to_model, named_models, new_model, pages

pytestmark = pytest.mark.area("logged_models")

DEFAULT_LIMIT = 100


def by(field: str, **options: Any) -> list[dict[str, Any]]:
    """One order clause, as MLflow passes it."""
    return [{"field_name": field} | options]


def descending(field: str, **options: Any) -> list[dict[str, Any]]:
    return by(field, ascending=False, **options)


@pytest.fixture(scope="module")
def models(store: AbstractStore) -> NamedModels:
    """Models that differ in every field; ``plain`` lacks what may be absent."""
    made = named_models(
        store,
        {
            "Zebra": {"model_type": "b", "source_run_id": "r2"},
            "ant": {"model_type": "C", "source_run_id": "r1"},
            "plain": {},
            "10": {"model_type": "a", "source_run_id": "r3"},
        },
    )
    store.finalize_logged_model(made.ids["Zebra"], LoggedModelStatus.FAILED)
    store.finalize_logged_model(made.ids["ant"], LoggedModelStatus.READY)
    return made


@pytest.mark.parametrize(
    ("order_by", "expected"),
    [
        (by("name"), ["10", "Zebra", "ant", "plain"]),
        (by("name", ascending=True), ["10", "Zebra", "ant", "plain"]),
        (descending("name"), ["plain", "ant", "Zebra", "10"]),
        (by("model_type"), ["ant", "10", "Zebra", "plain"]),
        (descending("model_type"), ["Zebra", "10", "ant", "plain"]),
        (by("source_run_id"), ["ant", "Zebra", "10", "plain"]),
        (descending("source_run_id"), ["10", "Zebra", "ant", "plain"]),
    ],
)
def test_attribute_orders_models_with_missing_last(
    models: NamedModels, order_by: list[dict[str, Any]], expected: list[str]
) -> None:
    assert models.found(order_by=order_by) == expected


def test_status_orders_models_and_ties_follow(models: NamedModels) -> None:
    expected = [*models.newest_first("10", "plain"), "ant", "Zebra"]
    assert models.found(order_by=by("status")) == expected


@pytest.mark.parametrize("field", ["model_id", "artifact_location"])
def test_identity_orders_models_ascending(models: NamedModels, field: str) -> None:
    assert models.found(order_by=by(field)) == sorted(models.ids, key=models.ids.get)


@pytest.mark.parametrize("field", ["model_id", "artifact_location"])
def test_identity_orders_models_descending(models: NamedModels, field: str) -> None:
    expected = sorted(models.ids, key=models.ids.get, reverse=True)
    assert models.found(order_by=descending(field)) == expected


@pytest.fixture
def aging(store: AbstractStore) -> NamedModels:
    """Three models, each created in a later millisecond; the first was changed last."""
    experiment_id = scenarios.new_experiment(store)
    ids = {}
    for name in ("old", "middle", "new"):
        ids[name] = new_model(store, experiment_id, name=name).model_id
        scenarios.next_millisecond()
    store.finalize_logged_model(ids["old"], LoggedModelStatus.READY)
    return NamedModels(store, experiment_id, ids)


@pytest.mark.parametrize("order_by", [None, []])
def test_latest_creation_comes_first_by_default(
    aging: NamedModels, order_by: list[dict[str, Any]] | None
) -> None:
    assert aging.found(order_by=order_by) == ["new", "middle", "old"]


@pytest.mark.parametrize("field", ["experiment_id", "lifecycle_stage", "status_message"])
def test_what_all_models_share_leaves_the_default_order(aging: NamedModels, field: str) -> None:
    assert aging.found(order_by=by(field)) == ["new", "middle", "old"]


def test_experiment_id_orders_models(store: AbstractStore) -> None:
    first, second = new_model(store, name="first"), new_model(store, name="second")
    experiment_ids = [first.experiment_id, second.experiment_id]
    found = store.search_logged_models(experiment_ids, order_by=by("experiment_id"))
    assert [model.name for model in found] == ["first", "second"]


@pytest.mark.parametrize("field", ["creation_time", "creation_timestamp", "creation_timestamp_ms"])
def test_creation_time_orders_models(aging: NamedModels, field: str) -> None:
    assert aging.found(order_by=by(field)) == ["old", "middle", "new"]


@pytest.mark.parametrize("field", ["last_updated_timestamp", "last_updated_timestamp_ms"])
def test_update_time_orders_models(aging: NamedModels, field: str) -> None:
    assert aging.found(order_by=descending(field)) == ["old", "new", "middle"]


def test_ties_are_broken_by_the_latest_creation(aging: NamedModels) -> None:
    assert aging.found(order_by=by("model_type")) == ["new", "middle", "old"]


@pytest.mark.parametrize("steps", [(1, 2), (2, 1)])
def test_latest_step_counts_in_whatever_order_steps_were_logged(
    store: AbstractStore, steps: tuple[int, int]
) -> None:
    made = named_models(store, {"three": {}, "it": {}})
    run_id = scenarios.new_run_id(store, made.experiment_id)
    for step in steps:
        point = {"value": 2.0 if step == 2 else 4.0, "step": step, "dataset_name": f"of {step}"}
        log_to_model(store, made.ids["it"], run_id, key="m", dataset_digest="1", **point)
    log_to_model(store, made.ids["three"], run_id, key="m", value=3.0)
    assert made.found(order_by=by("metrics.m")) == ["it", "three"]


@pytest.mark.parametrize("first", [0, 1])
def test_latest_point_of_one_place_on_several_datasets_is_the_one_of_the_first_run_id(
    store: AbstractStore, first: int
) -> None:
    made = named_models(store, {"three": {}, "it": {}})
    runs = sorted(scenarios.new_run_id(store, made.experiment_id) for _ in range(2))
    for number in (first, 1 - first):
        point = {"value": 2.0 if number == 0 else 4.0, "dataset_name": f"of {number}"}
        log_to_model(store, made.ids["it"], runs[number], key="m", dataset_digest="1", **point)
    log_to_model(store, made.ids["three"], runs[0], key="m", value=3.0)
    assert made.found(order_by=by("metrics.m")) == ["it", "three"]


@pytest.fixture(scope="module")
def scored(store: AbstractStore) -> NamedModels:
    """Models whose metric changed, stands on datasets, or is absent."""
    made = named_models(store, {"up": {}, "down": {}, "still": {}, "none": {}, "nothing": {}})
    run_id = scenarios.new_run_id(store, made.experiment_id)
    for name, value, step, dataset in [
        ("up", 0.1, 0, "train"),
        ("up", 0.9, 1, "test"),
        ("down", 0.8, 0, "train"),
        ("down", 0.2, 1, "test"),
        ("still", 0.5, 0, None),
    ]:
        log_to_model(
            store,
            made.ids[name],
            run_id,
            key="acc",
            value=value,
            step=step,
            timestamp=START_TIME + step,
            dataset_name=dataset,
            dataset_digest=dataset and f"digest of {dataset}",
        )
    return made


@pytest.mark.parametrize(
    ("order_by", "expected"),
    [
        (by("metrics.acc"), ["down", "still", "up"]),
        (descending("metrics.acc"), ["up", "still", "down"]),
        (by("metrics.acc", dataset_name="train"), ["up", "down"]),
        (descending("metrics.acc", dataset_name="train"), ["down", "up"]),
        (by("metrics.acc", dataset_name="test"), ["down", "up"]),
        (by("metrics.acc", dataset_digest="digest of train"), ["up", "down"]),
        (
            descending("metrics.acc", dataset_name="test", dataset_digest="digest of test"),
            ["up", "down"],
        ),
        (by("metrics.acc", dataset_name="test", dataset_digest="digest of train"), []),
        (by("metrics.acc", dataset_name=None), ["down", "still", "up"]),
        (by("metrics.acc", dataset_name="", dataset_digest=""), ["down", "still", "up"]),
        (by("metrics.acc", dataset_name="", dataset_digest="digest of train"), ["up", "down"]),
        (descending("metrics.nobody"), []),
    ],
)
def test_latest_metric_orders_models_with_missing_last(
    scored: NamedModels, order_by: list[dict[str, Any]], expected: list[str]
) -> None:
    missing = scored.newest_first(*(scored.ids.keys() - set(expected)))
    assert scored.found(order_by=order_by) == [*expected, *missing]


def test_metric_order_and_filter_on_the_same_key_combine(scored: NamedModels) -> None:
    assert scored.found("metrics.acc > 0.15", order_by=descending("metrics.acc")) == [
        "up",
        "still",
        "down",
    ]


def test_datasets_to_search_do_not_change_the_order(scored: NamedModels) -> None:
    found = scored.found(datasets=[{"dataset_name": "train"}], order_by=by("metrics.acc"))
    assert found == ["down", "up"]


@pytest.mark.parametrize(
    ("datasets", "clause", "expected"),
    [
        (["train"], {}, ["up", "down"]),
        (["train", "test"], {}, ["down", "up"]),
        (["nowhere", "train"], {}, ["up", "down"]),
        (["train", "test"], {"dataset_name": "train"}, ["up", "down"]),
        (["train", "test"], {"dataset_digest": "digest of test"}, ["down", "up"]),
    ],
)
def test_datasets_to_search_restrict_the_points_that_order(
    scored: NamedModels, datasets: list[str], clause: dict[str, str], expected: list[str]
) -> None:
    scopes = [{"dataset_name": name} for name in datasets]
    assert scored.found(datasets=scopes, order_by=by("metrics.acc", **clause)) == expected


def test_clause_on_none_of_the_datasets_to_search_orders_nothing(scored: NamedModels) -> None:
    train, order_by = [{"dataset_name": "train"}], by("metrics.acc", dataset_name="test")
    expected = scored.newest_first("up", "down")
    assert scored.found(datasets=train, order_by=order_by) == expected


def test_second_clause_breaks_ties_of_the_first(scored: NamedModels) -> None:
    order_by = [*by("metrics.acc", dataset_name="nowhere"), *by("name")]
    assert scored.found(order_by=order_by) == sorted(scored.ids)


def test_two_metric_clauses_combine(scored: NamedModels) -> None:
    order_by = [*by("metrics.acc", dataset_name="train"), *descending("metrics.acc")]
    rest = scored.newest_first("none", "nothing")
    assert scored.found(order_by=order_by) == ["up", "down", "still", *rest]


def test_metric_key_may_hold_dots(store: AbstractStore) -> None:
    made = named_models(store, {"high": {}, "low": {}})
    run_id = scenarios.new_run_id(store, made.experiment_id)
    log_to_model(store, made.ids["high"], run_id, key="val.acc", value=2.0)
    log_to_model(store, made.ids["low"], run_id, key="val.acc", value=1.0)
    assert made.found(order_by=by("metrics.val.acc")) == ["low", "high"]


def test_latest_point_is_the_one_of_the_latest_time(store: AbstractStore) -> None:
    made = named_models(store, {"it": {}, "half": {}})
    run_id = scenarios.new_run_id(store, made.experiment_id)
    for value, timestamp, step in [(0.9, 1000, 9), (0.1, 2000, 1)]:
        log_to_model(
            store, made.ids["it"], run_id, key="m", value=value, timestamp=timestamp, step=step
        )
    log_to_model(store, made.ids["half"], run_id, key="m", value=0.5)
    assert made.found(order_by=by("metrics.m")) == ["it", "half"]


def test_latest_point_is_the_one_of_the_latest_step(store: AbstractStore) -> None:
    made = named_models(store, {"it": {}, "half": {}})
    run_id = scenarios.new_run_id(store, made.experiment_id)
    for value, timestamp, step in [(0.1, 1000, 9), (0.9, 2000, 1)]:
        log_to_model(
            store, made.ids["it"], run_id, key="m", value=value, timestamp=timestamp, step=step
        )
    log_to_model(store, made.ids["half"], run_id, key="m", value=0.5)
    assert made.found(order_by=by("metrics.m")) == ["it", "half"]


def test_latest_point_of_one_step_is_the_one_of_the_latest_time(store: AbstractStore) -> None:
    made = named_models(store, {"it": {}, "half": {}})
    runs = [scenarios.new_run_id(store, made.experiment_id) for _ in range(2)]
    for run_id, value, timestamp in [(runs[0], 0.1, 2000), (runs[1], 0.9, 1000)]:
        log_to_model(store, made.ids["it"], run_id, key="m", value=value, timestamp=timestamp)
    log_to_model(store, made.ids["half"], runs[0], key="m", value=0.5)
    assert made.found(order_by=by("metrics.m")) == ["it", "half"]


def test_latest_point_of_one_place_is_the_one_of_the_greatest_value(store: AbstractStore) -> None:
    made = named_models(store, {"it": {}, "half": {}})
    runs = [scenarios.new_run_id(store, made.experiment_id) for _ in range(4)]
    for value, run_id in enumerate(runs):
        log_to_model(store, made.ids["it"], run_id, key="m", value=float(-value))
    log_to_model(store, made.ids["half"], runs[0], key="m", value=-2.5)
    assert made.found(order_by=by("metrics.m")) == ["half", "it"]


def test_latest_point_of_one_time_is_the_one_of_the_latest_step(store: AbstractStore) -> None:
    made = named_models(store, {"it": {}, "half": {}})
    run_id = scenarios.new_run_id(store, made.experiment_id)
    for value, step in [(0.1, 2), (0.9, 1)]:
        log_to_model(store, made.ids["it"], run_id, key="m", value=value, step=step)
    log_to_model(store, made.ids["half"], run_id, key="m", value=0.5)
    assert made.found(order_by=by("metrics.m")) == ["it", "half"]


def test_latest_point_of_one_place_is_the_one_of_the_first_run_id(store: AbstractStore) -> None:
    made = named_models(store, {"it": {}, "half": {}})
    runs = [scenarios.new_run_id(store, made.experiment_id) for _ in range(4)]
    for value, run_id in enumerate(sorted(runs, reverse=True)):
        log_to_model(store, made.ids["it"], run_id, key="m", value=float(-value))
    log_to_model(store, made.ids["half"], runs[0], key="m", value=-2.5)
    assert made.found(order_by=by("metrics.m")) == ["it", "half"]


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("foo", "Invalid order by field name: foo"),
        ("", "Invalid order by field name: "),
        ("params.lr", "Invalid order by field name: params.lr. Only metrics are supported."),
        ("tags.t", "Invalid order by field name: tags.t. Only metrics are supported."),
        ("attributes.name", "Invalid order by field name: attributes.name. Only metrics are"),
        ("metric.acc", "Invalid order by field name: metric.acc. Only metrics are supported."),
    ],
)
def test_field_that_orders_nothing_is_refused(models: NamedModels, field: str, text: str) -> None:
    with refused("INVALID_PARAMETER_VALUE", text):
        models.search(order_by=by(field))


@pytest.fixture(scope="module")
def many(store: AbstractStore) -> NamedModels:
    """Eleven models with few distinct values, which some lack."""
    made = named_models(
        store,
        {f"model {n:02}": {"model_type": "xyz"[n % 3]} if n % 4 else {} for n in range(11)},
    )
    run_id = scenarios.new_run_id(store, made.experiment_id)
    for number, model_id in enumerate(made.ids.values()):
        for step in range(number % 3):
            log_to_model(store, model_id, run_id, key="m", value=float(number % 2), step=step)
    return made


ORDERS = [
    None,
    by("name"),
    descending("model_type"),
    by("metrics.m"),
    descending("metrics.m"),
    [*by("model_type"), *descending("metrics.m")],
    by("creation_timestamp"),
    by("model_id"),
]


@pytest.mark.parametrize("size", [1, 3, 10])
@pytest.mark.parametrize("order_by", ORDERS)
def test_pages_join_up_to_the_whole_answer(
    many: NamedModels, order_by: list[dict[str, Any]] | None, size: int
) -> None:
    read = pages(many.search, max_results=size, order_by=order_by)
    joined = [model.name for page in read for model in page]
    assert joined == many.found(order_by=order_by)
    assert sorted(joined) == sorted(many.ids)


def test_every_page_but_the_last_is_full(many: NamedModels) -> None:
    read = pages(many.search, max_results=4, order_by=by("metrics.m"))
    assert [len(page) for page in read] == [4, 4, 3]


def test_paging_keeps_to_the_filter(many: NamedModels) -> None:
    question = "metrics.m >= 0"
    read = pages(many.search, filter_string=question, max_results=2, order_by=by("metrics.m"))
    joined = [model.name for page in read for model in page]
    assert joined == many.found(question, order_by=by("metrics.m"))
    assert len(joined) == 7


def test_paging_keeps_to_a_filter_that_most_models_fail_by_their_latest_point(
    store: AbstractStore,
) -> None:
    made = named_models(store, {f"model {n}": {} for n in range(9)})
    run_id = scenarios.new_run_id(store, made.experiment_id)
    for number, model_id in enumerate(made.ids.values()):
        log_to_model(store, model_id, run_id, key="m", value=1.0, step=0)
        log_to_model(store, model_id, run_id, key="m", value=float(number % 4 == 0), step=1)
    read = pages(made.search, filter_string="metrics.m = 1", max_results=1, order_by=by("name"))
    assert [[model.name for model in page] for page in read] == [
        ["model 0"],
        ["model 4"],
        ["model 8"],
    ]


def test_exactly_full_last_page_has_no_token(many: NamedModels) -> None:
    assert not many.search(max_results=11).token


@pytest.mark.parametrize("token", ["", None])
def test_absent_token_means_the_first_page(many: NamedModels, token: str | None) -> None:
    assert len(many.found(page_token=token)) == 11


def test_token_may_tell_another_offset(many: NamedModels) -> None:
    content = json.loads(base64.b64decode(many.search(max_results=2).token))
    told = {key: content[key] for key in ("experiment_ids", "filter_string", "order_by")}
    token = base64.b64encode(json.dumps({**told, "offset": 9}).encode()).decode()
    assert content["offset"] == 2
    assert many.found(page_token=token) == many.found()[9:]


MISUSES: list[tuple[dict[str, Any], str]] = [
    ({}, "Filter string in the page token does not match the requested filter string. "),
    ({"filter_string": "name != 'y'"}, "Filter string in the page token does not match the"),
    ({"filter_string": "name != 'x'"}, "Order by in the page token does not match the requested"),
    (
        {"filter_string": "name != 'x'", "order_by": descending("name")},
        "Order by in the page token does not match the requested order by. ",
    ),
]


@pytest.mark.parametrize(("options", "text"), MISUSES)
def test_token_of_another_question_is_refused(
    many: NamedModels, options: dict[str, Any], text: str
) -> None:
    token = many.search("name != 'x'", max_results=1, order_by=by("name")).token
    with refused("INVALID_PARAMETER_VALUE", text):
        many.search(page_token=token, **options)


def test_token_of_other_experiments_is_refused(store: AbstractStore, many: NamedModels) -> None:
    token = many.search(max_results=1).token
    other = scenarios.new_experiment(store)
    text = (
        "Experiment IDs in the page token do not match the requested experiment IDs. "
        f"Expected: {[other]}. Found: {[many.experiment_id]}"
    )
    with refused("INVALID_PARAMETER_VALUE", text):
        store.search_logged_models([other], page_token=token)


@pytest.mark.parametrize("token", ["####", base64.b64encode(b"not json").decode()])
def test_token_of_no_search_is_refused(many: NamedModels, token: str) -> None:
    with refused("INVALID_PARAMETER_VALUE", f"Invalid page token: {token}. "):
        many.search(page_token=token)


@pytest.fixture(scope="module")
def crowd(store: AbstractStore) -> str:
    """An experiment with one model more than the default page holds."""
    experiment_id = scenarios.new_experiment(store)
    for _ in range(DEFAULT_LIMIT + 1):
        store.create_logged_model(experiment_id)
    return experiment_id


@pytest.mark.parametrize("max_results", [None, 0])
def test_unlimited_page_holds_a_hundred(
    store: AbstractStore, crowd: str, max_results: int | None
) -> None:
    page = store.search_logged_models([crowd], max_results=max_results)
    assert len(page) == DEFAULT_LIMIT
    assert len(store.search_logged_models([crowd], page_token=page.token)) == 1


def test_limit_has_no_upper_bound(store: AbstractStore, crowd: str) -> None:
    page = store.search_logged_models([crowd], max_results=1_000_000)
    assert len(page) == DEFAULT_LIMIT + 1
    assert not page.token
