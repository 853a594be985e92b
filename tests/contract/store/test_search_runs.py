"""search_runs apart from filters and order: scope, limits, tokens, what a run carries."""

import base64
import json
import uuid

import pytest
from mlflow.entities import LoggedModelInput, LoggedModelOutput, RunStatus, ViewType
from mlflow.protos.service_pb2 import SearchRuns
from mlflow.store.tracking.abstract_store import AbstractStore

from .. import scenarios
from ..scenarios import UNKNOWN_EXPERIMENT, refused
from ..search_scenarios import NamedRuns, dataset_input, named_runs, pages

pytestmark = pytest.mark.area("runs")


def as_token(value: object) -> str:
    """What a token looks like from outside: base64 of JSON."""
    return base64.b64encode(json.dumps(value).encode()).decode()


@pytest.fixture(scope="module")
def stages(store: AbstractStore) -> NamedRuns:
    """Two active runs and a deleted one."""
    runs = named_runs(store, {"active": {"start_time": 2}, "also": {"start_time": 1}, "gone": {}})
    store.delete_run(runs.ids["gone"])
    return runs


@pytest.mark.parametrize(
    ("view_type", "expected"),
    [
        (ViewType.ACTIVE_ONLY, ["active", "also"]),
        (ViewType.DELETED_ONLY, ["gone"]),
        (ViewType.ALL, ["gone", "active", "also"]),
    ],
)
def test_view_type_selects_by_lifecycle(
    stages: NamedRuns, view_type: int, expected: list[str]
) -> None:
    assert stages.found(view_type=view_type) == expected


@pytest.mark.parametrize("filter_string", ["", None])
def test_no_filter_finds_every_run(stages: NamedRuns, filter_string: str | None) -> None:
    assert stages.names(stages.search(filter_string)) == ["active", "also"]


def test_restored_run_is_found_again(store: AbstractStore) -> None:
    runs = named_runs(store, {"it": {}})
    store.delete_run(runs.ids["it"])
    store.restore_run(runs.ids["it"])
    assert runs.found() == ["it"]


def test_runs_of_a_deleted_experiment_are_found_as_deleted(store: AbstractStore) -> None:
    runs = named_runs(store, {"it": {}})
    store.delete_experiment(runs.experiment_id)
    assert runs.found(view_type=ViewType.DELETED_ONLY) == ["it"]


def test_other_experiments_are_left_out(store: AbstractStore) -> None:
    runs = named_runs(store, {"mine": {}})
    scenarios.new_run(store)
    assert runs.found() == ["mine"]


def test_runs_of_several_experiments_come_in_one_order(store: AbstractStore) -> None:
    first, second = scenarios.new_experiment(store), scenarios.new_experiment(store)
    expected = [
        scenarios.new_run_id(store, experiment_id, start_time=start_time)
        for start_time, experiment_id in [(4, first), (3, second), (2, first), (1, second)]
    ]
    found = store.search_runs([first, second], "", ViewType.ACTIVE_ONLY)
    assert [run.info.run_id for run in found] == expected


def test_experiment_named_twice_is_searched_once(store: AbstractStore) -> None:
    runs = named_runs(store, {"it": {}})
    found = store.search_runs([runs.experiment_id] * 2, "", ViewType.ACTIVE_ONLY)
    assert runs.names(found) == ["it"]


def test_unknown_experiment_has_no_runs(store: AbstractStore) -> None:
    assert store.search_runs([UNKNOWN_EXPERIMENT], "", ViewType.ALL) == []


def test_unknown_experiment_beside_a_known_one_is_ignored(store: AbstractStore) -> None:
    runs = named_runs(store, {"it": {}})
    found = store.search_runs([UNKNOWN_EXPERIMENT, runs.experiment_id], "", ViewType.ALL)
    assert runs.names(found) == ["it"]


def test_no_experiments_have_no_runs(store: AbstractStore) -> None:
    assert store.search_runs([], "", ViewType.ALL) == []


@pytest.mark.parametrize("experiment_id", ["abc", "1.5", ""])
def test_experiment_id_that_is_no_number_is_refused(
    store: AbstractStore, experiment_id: str
) -> None:
    text = f"Invalid experiment ID '{experiment_id}'. Experiment ID must be a valid integer."
    with refused("INVALID_PARAMETER_VALUE", text):
        store.search_runs([experiment_id], "", ViewType.ALL)


def test_arguments_may_be_protobuf_containers(store: AbstractStore) -> None:
    runs = named_runs(store, {"low": {"metrics": {"m": 1.0}}, "high": {"metrics": {"m": 2.0}}})
    message = SearchRuns(experiment_ids=[runs.experiment_id], order_by=["metrics.m DESC"])
    found = store.search_runs(
        message.experiment_ids, "", ViewType.ACTIVE_ONLY, order_by=message.order_by
    )
    assert runs.names(found) == ["high", "low"]


def test_found_run_equals_the_run_itself(store: AbstractStore) -> None:
    runs = named_runs(
        store,
        {
            "it": {
                "metrics": {"m": 1.0, "inf": float("inf")},
                "params": {"p": "x", "empty": ""},
                "tags": {"t": "y"},
            }
        },
    )
    store.update_run_info(runs.ids["it"], RunStatus.FINISHED, 5, None)
    found, run = runs.search()[0], store.get_run(runs.ids["it"])
    assert dict(found.info) == dict(run.info)
    assert found.data.to_dictionary() == run.data.to_dictionary()


def test_found_run_carries_its_datasets(store: AbstractStore) -> None:
    runs = named_runs(store, {"it": {}, "other": {}})
    store.log_inputs(runs.ids["it"], [dataset_input("wine", "1a", context="train", schema="{}")])
    found = {name: run for run in runs.search() for name in runs.names([run])}
    (linked,) = found["it"].inputs.dataset_inputs
    assert (linked.dataset.name, linked.dataset.digest, linked.dataset.schema) == (
        "wine",
        "1a",
        "{}",
    )
    assert [(tag.key, tag.value) for tag in linked.tags] == [("mlflow.data.context", "train")]
    assert found["other"].inputs.dataset_inputs == []


def test_found_run_carries_its_model_outputs(store: AbstractStore) -> None:
    runs = named_runs(store, {"it": {}, "other": {}})
    store.log_outputs(runs.ids["it"], [LoggedModelOutput("m-1", 3)])
    found = {name: run for run in runs.search() for name in runs.names([run])}
    outputs = found["it"].outputs.model_outputs
    assert [(output.model_id, output.step) for output in outputs] == [("m-1", 3)]
    assert found["other"].outputs.model_outputs == []


def test_found_run_does_not_carry_its_model_inputs(store: AbstractStore) -> None:
    runs = named_runs(store, {"it": {}})
    store.log_inputs(runs.ids["it"], models=[LoggedModelInput("m-1")])
    assert runs.search()[0].inputs.model_inputs == []


def test_max_results_limits_the_answer(stages: NamedRuns) -> None:
    assert stages.found(max_results=1) == ["active"]


def test_max_results_may_be_none(stages: NamedRuns) -> None:
    assert stages.found(max_results=None) == ["active", "also"]


def test_max_results_may_be_fifty_thousand(stages: NamedRuns) -> None:
    assert stages.found(max_results=50_000) == ["active", "also"]


@pytest.mark.parametrize("max_results", [0, -1])
def test_max_results_below_one_is_refused(stages: NamedRuns, max_results: int) -> None:
    text = (
        f"Invalid value {max_results} for parameter 'max_results' supplied. "
        "It must be a positive integer"
    )
    with refused("INVALID_PARAMETER_VALUE", text):
        stages.search(max_results=max_results)


def test_max_results_above_fifty_thousand_is_refused(stages: NamedRuns) -> None:
    text = "Invalid value 50001 for parameter 'max_results' supplied. It must be at most 50000"
    with refused("INVALID_PARAMETER_VALUE", text):
        stages.search(max_results=50_001)


def test_full_page_with_more_to_come_has_a_token(stages: NamedRuns) -> None:
    assert stages.search(max_results=1).token


def test_exactly_full_last_page_has_no_token(stages: NamedRuns) -> None:
    assert not stages.search(max_results=2).token


def test_unlimited_answer_has_no_token(stages: NamedRuns) -> None:
    assert not stages.search(max_results=None).token


def test_token_leads_to_the_next_page(stages: NamedRuns) -> None:
    token = stages.search(max_results=1).token
    assert stages.found(max_results=1, page_token=token) == ["also"]


def test_token_may_be_used_again(stages: NamedRuns) -> None:
    token = stages.search(max_results=1).token
    first, second = (stages.found(max_results=1, page_token=token) for _ in range(2))
    assert first == second == ["also"]


def test_token_may_be_followed_without_a_limit(stages: NamedRuns) -> None:
    token = stages.search(max_results=1).token
    assert stages.found(max_results=None, page_token=token) == ["also"]


@pytest.mark.parametrize("token", ["", None])
def test_absent_token_means_the_first_page(stages: NamedRuns, token: str | None) -> None:
    assert stages.found(page_token=token) == ["active", "also"]


@pytest.mark.parametrize(("offset", "expected"), [(1, ["also"]), (2, []), (9, [])])
def test_token_may_be_made_of_an_offset(
    stages: NamedRuns, offset: int, expected: list[str]
) -> None:
    assert stages.found(page_token=as_token({"offset": offset})) == expected


def test_token_tells_how_many_runs_are_before_its_page(store: AbstractStore) -> None:
    runs = named_runs(store, {name: {} for name in "abcde"})
    second = runs.search(max_results=2).token
    third = runs.search(max_results=2, page_token=second).token
    told = [json.loads(base64.b64decode(token))["offset"] for token in (second, third)]
    assert told == [2, 4]


def test_paging_spans_experiments(store: AbstractStore) -> None:
    experiments = [scenarios.new_experiment(store) for _ in range(2)]
    expected = {scenarios.new_run_id(store, experiments[number % 2]) for number in range(5)}
    read = pages(
        lambda **options: store.search_runs(experiments, "", ViewType.ACTIVE_ONLY, **options),
        max_results=2,
    )
    ids = [run.info.run_id for page in read for run in page]
    assert ids == sorted(expected)


@pytest.mark.parametrize(
    ("token", "text"),
    [
        ("abc", "Invalid page token, could not base64-decode"),
        ("####", "Invalid page token, decoded value=b''"),
        (base64.b64encode(b"not json").decode(), "Invalid page token, decoded value=b'not json'"),
        (as_token({}), "Invalid page token, parsed value={}"),
        (as_token({"offset": 0}), "Invalid page token, parsed value={'offset': 0}"),
        (as_token({"offset": None}), "Invalid page token, parsed value={'offset': None}"),
    ],
)
def test_token_of_no_search_is_refused(stages: NamedRuns, token: str, text: str) -> None:
    with refused("INVALID_PARAMETER_VALUE", text):
        stages.search(page_token=token)


def test_filter_on_a_thousand_run_ids_is_answered(stages: NamedRuns) -> None:
    strangers = ", ".join(f"'{uuid.uuid4().hex}'" for _ in range(999))
    question = f"run_id IN ({strangers}, '{stages.ids['also']}')"
    assert stages.found(question) == ["also"]
