"""What a run brings out: logged models, each at a step."""

import pytest
from mlflow.entities import LoggedModelInput, LoggedModelOutput
from mlflow.store.tracking.abstract_store import AbstractStore

from .. import scenarios
from ..scenarios import refused

pytestmark = pytest.mark.area("inputs")


@pytest.fixture
def run_id(store: AbstractStore) -> str:
    return scenarios.new_run_id(store)


def outputs_of(store: AbstractStore, run_id: str) -> dict[str, int]:
    outputs = store.get_run(run_id).outputs.model_outputs
    found = {output.model_id: output.step for output in outputs}
    assert len(found) == len(outputs)
    return found


def test_new_run_has_no_outputs(store: AbstractStore, run_id: str) -> None:
    assert store.get_run(run_id).outputs.model_outputs == []


def test_outputs_are_kept_with_their_steps(store: AbstractStore, run_id: str) -> None:
    store.log_outputs(run_id, [LoggedModelOutput("m-1", 3), LoggedModelOutput("m-2", 0)])
    assert outputs_of(store, run_id) == {"m-1": 3, "m-2": 0}


def test_later_outputs_are_added(store: AbstractStore, run_id: str) -> None:
    store.log_outputs(run_id, [LoggedModelOutput("m-1", 1)])
    store.log_outputs(run_id, [LoggedModelOutput("m-2", 2)])
    assert outputs_of(store, run_id) == {"m-1": 1, "m-2": 2}


@pytest.mark.parametrize("step", [-1, 2**31, 2**62])
def test_step_may_be_any_large_integer(store: AbstractStore, run_id: str, step: int) -> None:
    store.log_outputs(run_id, [LoggedModelOutput("m-1", step)])
    assert outputs_of(store, run_id) == {"m-1": step}


def test_no_outputs_change_nothing(store: AbstractStore, run_id: str) -> None:
    store.log_outputs(run_id, [])
    assert outputs_of(store, run_id) == {}


@pytest.mark.parametrize("step", [3, 4])
def test_output_logged_again_is_refused(store: AbstractStore, run_id: str, step: int) -> None:
    store.log_outputs(run_id, [LoggedModelOutput("m-1", 3)])
    with refused("BAD_REQUEST"):
        store.log_outputs(run_id, [LoggedModelOutput("m-1", step)])


def test_output_logged_again_keeps_its_step(store: AbstractStore, run_id: str) -> None:
    store.log_outputs(run_id, [LoggedModelOutput("m-1", 3)])
    with refused("BAD_REQUEST"):
        store.log_outputs(run_id, [LoggedModelOutput("m-1", 4)])
    assert outputs_of(store, run_id) == {"m-1": 3}


def test_one_repeated_output_keeps_the_others_out(store: AbstractStore, run_id: str) -> None:
    store.log_outputs(run_id, [LoggedModelOutput("m-1", 3)])
    with refused("BAD_REQUEST"):
        store.log_outputs(run_id, [LoggedModelOutput("m-2", 1), LoggedModelOutput("m-1", 3)])
    assert outputs_of(store, run_id) == {"m-1": 3}


def test_output_twice_in_one_call_is_refused(store: AbstractStore, run_id: str) -> None:
    with refused("BAD_REQUEST"):
        store.log_outputs(run_id, [LoggedModelOutput("m-1", 1), LoggedModelOutput("m-1", 2)])
    assert outputs_of(store, run_id) == {}


def test_model_may_be_the_output_of_two_runs(store: AbstractStore, run_id: str) -> None:
    other = scenarios.new_run_id(store)
    store.log_outputs(run_id, [LoggedModelOutput("m-shared", 1)])
    store.log_outputs(other, [LoggedModelOutput("m-shared", 2)])
    assert outputs_of(store, run_id) == {"m-shared": 1}
    assert outputs_of(store, other) == {"m-shared": 2}


def test_model_may_be_input_and_output_of_one_run(store: AbstractStore, run_id: str) -> None:
    store.log_inputs(run_id, models=[LoggedModelInput("m-1")])
    store.log_outputs(run_id, [LoggedModelOutput("m-1", 1)])
    run = store.get_run(run_id)
    assert [linked.model_id for linked in run.inputs.model_inputs] == ["m-1"]
    assert outputs_of(store, run_id) == {"m-1": 1}


def test_model_need_not_exist(store: AbstractStore, run_id: str) -> None:
    store.log_outputs(run_id, [LoggedModelOutput("m-nobody", 0)])
    assert outputs_of(store, run_id) == {"m-nobody": 0}


def test_unknown_run_is_refused(store: AbstractStore) -> None:
    unknown = scenarios.unknown_run_id()
    with refused("RESOURCE_DOES_NOT_EXIST", f"Run with id={unknown} not found"):
        store.log_outputs(unknown, [LoggedModelOutput("m-1", 0)])


def test_deleted_run_is_refused(store: AbstractStore, run_id: str) -> None:
    store.delete_run(run_id)
    text = f"The run {run_id} must be in the 'active' state. Current state is deleted."
    with refused("INVALID_PARAMETER_VALUE", text):
        store.log_outputs(run_id, [LoggedModelOutput("m-1", 0)])


def test_outputs_outlive_deletion_and_restoration(store: AbstractStore, run_id: str) -> None:
    store.log_outputs(run_id, [LoggedModelOutput("m-1", 3)])
    store.delete_run(run_id)
    store.restore_run(run_id)
    assert outputs_of(store, run_id) == {"m-1": 3}
