"""What a run takes in: datasets and logged models."""

from typing import Any

import pytest
from mlflow.entities import (
    Dataset,
    DatasetInput,
    InputTag,
    LoggedModelInput,
    LoggedModelOutput,
)
from mlflow.exceptions import MlflowException
from mlflow.store.tracking.abstract_store import AbstractStore

from .. import scenarios
from ..scenarios import refused
from ..search_scenarios import dataset_input

pytestmark = pytest.mark.area("inputs")


@pytest.fixture
def run_id(store: AbstractStore) -> str:
    return scenarios.new_run_id(store)


def datasets_of(store: AbstractStore, run_id: str) -> dict[tuple[str, str], Dataset]:
    inputs = store.get_run(run_id).inputs.dataset_inputs
    found = {(linked.dataset.name, linked.dataset.digest): linked.dataset for linked in inputs}
    assert len(found) == len(inputs)
    return found


def tags_of(store: AbstractStore, run_id: str) -> list[dict[str, str]]:
    return [
        {tag.key: tag.value for tag in linked.tags}
        for linked in store.get_run(run_id).inputs.dataset_inputs
    ]


def models_of(store: AbstractStore, run_id: str) -> list[str]:
    return sorted(linked.model_id for linked in store.get_run(run_id).inputs.model_inputs)


def test_new_run_has_no_inputs(store: AbstractStore, run_id: str) -> None:
    inputs = store.get_run(run_id).inputs
    assert (inputs.dataset_inputs, inputs.model_inputs) == ([], [])


def test_dataset_is_kept_whole(store: AbstractStore, run_id: str) -> None:
    dataset = Dataset("wine", "1a2b", "http", "https://example.org/wine", '{"a": 1}', '{"rows": 2}')
    store.log_inputs(run_id, [DatasetInput(dataset, [])])
    assert dict(datasets_of(store, run_id)["wine", "1a2b"]) == dict(dataset)


def test_schema_and_profile_may_be_absent(store: AbstractStore, run_id: str) -> None:
    store.log_inputs(run_id, [dataset_input("wine", "1a")])
    dataset = datasets_of(store, run_id)["wine", "1a"]
    assert (dataset.schema, dataset.profile) == (None, None)


def test_fields_of_a_dataset_may_be_empty(store: AbstractStore, run_id: str) -> None:
    store.log_inputs(run_id, [DatasetInput(Dataset("", "", "", "", "", ""), [])])
    assert dict(datasets_of(store, run_id)["", ""]) == dict(Dataset("", "", "", "", "", ""))


def test_tags_of_an_input_are_kept(store: AbstractStore, run_id: str) -> None:
    tags = {"mlflow.data.context": "train", "$odd.key": "v", "empty": ""}
    store.log_inputs(run_id, [dataset_input(tags=tags)])
    assert tags_of(store, run_id) == [tags]


def test_several_datasets_are_kept(store: AbstractStore, run_id: str) -> None:
    store.log_inputs(run_id, [dataset_input("wine", "1"), dataset_input("iris", "2")])
    assert datasets_of(store, run_id).keys() == {("wine", "1"), ("iris", "2")}


def test_later_datasets_are_added(store: AbstractStore, run_id: str) -> None:
    store.log_inputs(run_id, [dataset_input("wine", "1")])
    store.log_inputs(run_id, [dataset_input("iris", "2")])
    assert datasets_of(store, run_id).keys() == {("wine", "1"), ("iris", "2")}


def test_one_name_with_two_digests_is_two_datasets(store: AbstractStore, run_id: str) -> None:
    store.log_inputs(run_id, [dataset_input("wine", "1"), dataset_input("wine", "2")])
    assert datasets_of(store, run_id).keys() == {("wine", "1"), ("wine", "2")}


def test_dataset_logged_again_is_linked_once(store: AbstractStore, run_id: str) -> None:
    for _ in range(2):
        store.log_inputs(run_id, [dataset_input("wine", "1")])
    assert datasets_of(store, run_id).keys() == {("wine", "1")}


def test_dataset_logged_again_keeps_its_tags(store: AbstractStore, run_id: str) -> None:
    store.log_inputs(run_id, [dataset_input(tags={"a": "1"})])
    store.log_inputs(run_id, [dataset_input(tags={"a": "2", "b": "3"})])
    assert tags_of(store, run_id) == [{"a": "1"}]


FIRST = {"source_type": "local", "source": "first", "schema": "s1", "profile": "p1"}
SECOND = {"source_type": "http", "source": "second", "schema": "s2", "profile": "p2"}


def fields_of(dataset: Dataset) -> dict[str, Any]:
    return {field: getattr(dataset, field) for field in FIRST}


def test_dataset_logged_again_keeps_its_fields(store: AbstractStore, run_id: str) -> None:
    store.log_inputs(run_id, [dataset_input("wine", "1", **FIRST)])
    store.log_inputs(run_id, [dataset_input("wine", "1", **SECOND)])
    assert fields_of(datasets_of(store, run_id)["wine", "1"]) == FIRST


def test_dataset_of_an_experiment_keeps_the_fields_of_its_first_run(store: AbstractStore) -> None:
    experiment_id = scenarios.new_experiment(store)
    first, second = (scenarios.new_run_id(store, experiment_id) for _ in range(2))
    store.log_inputs(first, [dataset_input("wine", "1", **FIRST)])
    store.log_inputs(second, [dataset_input("wine", "1", **SECOND)])
    assert fields_of(datasets_of(store, second)["wine", "1"]) == FIRST


def test_runs_that_share_a_dataset_have_their_own_tags(store: AbstractStore) -> None:
    experiment_id = scenarios.new_experiment(store)
    first, second = (scenarios.new_run_id(store, experiment_id) for _ in range(2))
    store.log_inputs(first, [dataset_input(tags={"a": "1"})])
    store.log_inputs(second, [dataset_input(tags={"b": "2"})])
    assert tags_of(store, second) == [{"b": "2"}]


def test_datasets_are_not_shared_between_experiments(store: AbstractStore, run_id: str) -> None:
    elsewhere = scenarios.new_run_id(store)
    store.log_inputs(elsewhere, [dataset_input("wine", "1", **FIRST)])
    store.log_inputs(run_id, [dataset_input("wine", "1", **SECOND)])
    assert fields_of(datasets_of(store, run_id)["wine", "1"]) == SECOND


def test_first_of_two_equal_datasets_in_a_call_wins(store: AbstractStore, run_id: str) -> None:
    twice = [
        dataset_input("wine", "1", tags={"a": "1"}, **FIRST),
        dataset_input("wine", "1", tags={"a": "2"}, **SECOND),
    ]
    store.log_inputs(run_id, twice)
    assert fields_of(datasets_of(store, run_id)["wine", "1"]) == FIRST
    assert tags_of(store, run_id) == [{"a": "1"}]


def test_tag_twice_on_one_input_is_refused(store: AbstractStore, run_id: str) -> None:
    twice = DatasetInput(dataset_input().dataset, [InputTag("a", "1"), InputTag("a", "2")])
    with refused("BAD_REQUEST"):
        store.log_inputs(run_id, [twice])
    assert datasets_of(store, run_id) == {}


@pytest.mark.parametrize("datasets", [None, []])
def test_logging_nothing_changes_nothing(
    store: AbstractStore, run_id: str, datasets: list[DatasetInput] | None
) -> None:
    store.log_inputs(run_id, [dataset_input("wine", "1")])
    store.log_inputs(run_id, datasets)
    assert datasets_of(store, run_id).keys() == {("wine", "1")}


def test_datasets_must_be_a_list(store: AbstractStore, run_id: str) -> None:
    with pytest.raises(TypeError, match="Argument 'datasets' should be a list, got "):
        store.log_inputs(run_id, (dataset_input(),))


def made_of(**fields: Any) -> DatasetInput:
    whole = {"name": "wine", "digest": "1", "source_type": "local", "source": "s"} | fields
    return DatasetInput(Dataset(**whole), [])


def tagged(*tags: InputTag | None) -> DatasetInput:
    return DatasetInput(dataset_input().dataset, list(tags))


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (DatasetInput(None, []), "Dataset cannot be None"),
        (made_of(name=None), "Dataset name cannot be None"),
        (made_of(digest=None), "Dataset digest cannot be None"),
        (made_of(source_type=None), "Dataset source_type cannot be None"),
        (made_of(source=None), "Dataset source cannot be None"),
        (made_of(name="n" * 501), "'name' exceeds the maximum length of 500 characters"),
        (made_of(digest="d" * 37), "'digest' exceeds the maximum length of 36 characters"),
        (made_of(source="s" * 65_536), "'source' exceeds the maximum length of 65535 characters"),
        (
            made_of(schema="s" * 1_048_576),
            "'schema' exceeds the maximum length of 1048575 characters",
        ),
        (
            made_of(profile="p" * 16_777_216),
            "'profile' exceeds the maximum length of 16777215 characters",
        ),
        (tagged(None), "InputTag cannot be None"),
        (tagged(InputTag(None, "v")), "InputTag key cannot be None"),
        (tagged(InputTag("k", None)), "InputTag value cannot be None"),
        (tagged(InputTag("k" * 256, "v")), "'key' exceeds the maximum length of 255 characters"),
        (tagged(InputTag("k", "v" * 501)), "'value' exceeds the maximum length of 500 characters"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_malformed_dataset_input_is_refused(
    store: AbstractStore, run_id: str, wrong: DatasetInput, text: str
) -> None:
    with refused("INVALID_PARAMETER_VALUE", text):
        store.log_inputs(run_id, [wrong])


def test_one_malformed_input_keeps_the_others_out(store: AbstractStore, run_id: str) -> None:
    with refused("INVALID_PARAMETER_VALUE"):
        store.log_inputs(run_id, [dataset_input("good", "1"), made_of(digest="d" * 37)])
    assert datasets_of(store, run_id) == {}


@pytest.mark.parametrize(
    ("field", "longest"),
    [("name", 500), ("digest", 36), ("source", 65_535), ("schema", 1_048_575)],
)
def test_longest_fields_are_kept(
    store: AbstractStore, run_id: str, field: str, longest: int
) -> None:
    store.log_inputs(run_id, [made_of(**{field: "x" * longest})])
    (dataset,) = datasets_of(store, run_id).values()
    assert getattr(dataset, field) == "x" * longest


def test_longest_tag_is_kept(store: AbstractStore, run_id: str) -> None:
    store.log_inputs(run_id, [dataset_input(tags={"k" * 255: "v" * 500})])
    assert tags_of(store, run_id) == [{"k" * 255: "v" * 500}]


def test_unicode_is_kept(store: AbstractStore, run_id: str) -> None:
    name = "w\N{LATIN SMALL LETTER I WITH DIAERESIS}n\N{WINE GLASS}"
    store.log_inputs(run_id, [dataset_input(name, "1", tags={name: name})])
    assert datasets_of(store, run_id).keys() == {(name, "1")}
    assert tags_of(store, run_id) == [{name: name}]


def test_unknown_run_is_refused(store: AbstractStore) -> None:
    unknown = scenarios.unknown_run_id()
    with refused("RESOURCE_DOES_NOT_EXIST", f"Run with id={unknown} not found"):
        store.log_inputs(unknown, [dataset_input()])


@pytest.mark.parametrize("wrong", ["bad/id", ""])
def test_malformed_run_id_is_refused(store: AbstractStore, wrong: str) -> None:
    text = f"Invalid value \"{wrong}\" for parameter 'run_id' supplied"
    with refused("INVALID_PARAMETER_VALUE", text):
        store.log_inputs(wrong, [dataset_input()])


def test_deleted_run_is_refused(store: AbstractStore, run_id: str) -> None:
    store.delete_run(run_id)
    text = f"The run {run_id} must be in the 'active' state. Current state is deleted."
    with refused("INVALID_PARAMETER_VALUE", text):
        store.log_inputs(run_id, [dataset_input()])


def test_inputs_outlive_deletion_and_restoration(store: AbstractStore, run_id: str) -> None:
    store.log_inputs(run_id, [dataset_input("wine", "1")], [LoggedModelInput("m-1")])
    store.delete_run(run_id)
    store.restore_run(run_id)
    assert datasets_of(store, run_id).keys() == {("wine", "1")}
    assert models_of(store, run_id) == ["m-1"]


def test_inputs_of_a_deleted_run_can_be_read(store: AbstractStore, run_id: str) -> None:
    store.log_inputs(run_id, [dataset_input("wine", "1")])
    store.delete_run(run_id)
    assert datasets_of(store, run_id).keys() == {("wine", "1")}


def test_model_inputs_are_kept(store: AbstractStore, run_id: str) -> None:
    store.log_inputs(run_id, models=[LoggedModelInput("m-1"), LoggedModelInput("m-2")])
    assert models_of(store, run_id) == ["m-1", "m-2"]


def test_later_model_inputs_are_added(store: AbstractStore, run_id: str) -> None:
    store.log_inputs(run_id, models=[LoggedModelInput("m-1")])
    store.log_inputs(run_id, models=[LoggedModelInput("m-2")])
    assert models_of(store, run_id) == ["m-1", "m-2"]


def test_model_input_logged_again_is_linked_once(store: AbstractStore, run_id: str) -> None:
    for _ in range(2):
        store.log_inputs(run_id, models=[LoggedModelInput("m-1")])
    assert models_of(store, run_id) == ["m-1"]


def test_model_input_twice_in_one_call_is_linked_once(store: AbstractStore, run_id: str) -> None:
    store.log_inputs(run_id, models=[LoggedModelInput("m-1"), LoggedModelInput("m-1")])
    assert models_of(store, run_id) == ["m-1"]


def test_datasets_and_models_may_come_in_one_call(store: AbstractStore, run_id: str) -> None:
    store.log_inputs(run_id, [dataset_input("wine", "1")], [LoggedModelInput("m-1")])
    assert datasets_of(store, run_id).keys() == {("wine", "1")}
    assert models_of(store, run_id) == ["m-1"]


def test_run_carries_datasets_models_and_outputs(store: AbstractStore, run_id: str) -> None:
    store.log_inputs(run_id, [dataset_input("wine", "1")], [LoggedModelInput("m-1")])
    store.log_outputs(run_id, [LoggedModelOutput("m-2", 7)])
    assert datasets_of(store, run_id).keys() == {("wine", "1")}
    assert models_of(store, run_id) == ["m-1"]
    outputs = store.get_run(run_id).outputs.model_outputs
    assert [(output.model_id, output.step) for output in outputs] == [("m-2", 7)]


def test_unknown_run_is_a_worse_mistake_than_a_tag_given_twice(store: AbstractStore) -> None:
    dataset = Dataset("wine", "1", "local", "here")
    read = DatasetInput(dataset, [InputTag("k", "1"), InputTag("k", "2")])
    with refused("RESOURCE_DOES_NOT_EXIST", "not found"):
        store.log_inputs(scenarios.unknown_run_id(), [read])


@pytest.mark.parametrize("model_id", [None, ["a"]])
def test_model_without_a_proper_id_is_refused(
    store: AbstractStore, run_id: str, model_id: Any
) -> None:
    with pytest.raises(MlflowException):
        store.log_inputs(run_id, models=[LoggedModelInput(model_id)])
    assert models_of(store, run_id) == []
