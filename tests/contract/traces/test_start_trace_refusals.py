"""Traces that the store does not start, and in which order it looks at what is wrong."""

import pytest
from mlflow.store.tracking.abstract_store import AbstractStore

from ..scenarios import UNKNOWN_EXPERIMENT, deleted_experiment, new_experiment, refused, unique
from .trace_scenarios import (
    ARTIFACT_LOCATION,
    SESSION,
    TRACE_NAME,
    feedback,
    info_of,
    is_there,
    new_trace_id,
    started,
)

pytestmark = pytest.mark.area("traces")

LONG_NAME = {TRACE_NAME: "n" * 4097}
LONG_SESSION = {SESSION: "s" * 251}


class TestTooLong:
    def test_name_of_more_than_4096_characters(self, store: AbstractStore) -> None:
        info = info_of(new_experiment(store), tags=LONG_NAME)
        text = "'Trace name' exceeds the maximum length of 4096 characters"
        with refused("INVALID_PARAMETER_VALUE", text):
            store.start_trace(info)
        assert not is_there(store, info.trace_id)

    def test_session_of_more_than_250_characters(self, store: AbstractStore) -> None:
        info = info_of(new_experiment(store), trace_metadata=LONG_SESSION)
        text = "'Session ID' exceeds the maximum length of 250 characters"
        with refused("INVALID_PARAMETER_VALUE", text):
            store.start_trace(info)
        assert not is_there(store, info.trace_id)

    def test_neither_is_cut_where_cutting_is_on(
        self, store: AbstractStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("MLFLOW_TRUNCATE_LONG_VALUES", "true")
        experiment_id = new_experiment(store)
        for fields in ({"tags": LONG_NAME}, {"trace_metadata": LONG_SESSION}):
            with refused("INVALID_PARAMETER_VALUE", "exceeds the maximum length"):
                started(store, experiment_id, **fields)


class TestExperiment:
    def test_that_is_unknown(self, store: AbstractStore) -> None:
        info = info_of(UNKNOWN_EXPERIMENT)
        text = f"No Experiment with id={UNKNOWN_EXPERIMENT} exists"
        with refused("RESOURCE_DOES_NOT_EXIST", text):
            store.start_trace(info)
        assert not is_there(store, info.trace_id)

    def test_that_is_deleted(self, store: AbstractStore) -> None:
        experiment_id = deleted_experiment(store)
        info = info_of(experiment_id)
        text = f"The experiment {experiment_id} must be in the 'active' state."
        with refused("INVALID_PARAMETER_VALUE", text, "Current state is deleted."):
            store.start_trace(info)
        assert not is_there(store, info.trace_id)

    @pytest.mark.parametrize("experiment_id", ["x", "1.5", "a.b"])
    def test_experiment_id_that_is_no_number_is_refused(
        self, store: AbstractStore, experiment_id: str
    ) -> None:
        text = f"Invalid experiment ID '{experiment_id}'. Experiment ID must be a valid integer."
        with refused("INVALID_PARAMETER_VALUE", text):
            store.start_trace(info_of(experiment_id))

    def test_that_was_deleted_and_restored_takes_traces_again(self, store: AbstractStore) -> None:
        experiment_id = deleted_experiment(store)
        store.restore_experiment(experiment_id)
        assert is_there(store, started(store, experiment_id).trace_id)


class TestTraceId:
    @pytest.mark.parametrize(
        ("trace_id", "shown"),
        [
            (None, "null"),
            ("", '""'),
            (".", '"."'),
            ("..", '".."'),
            ("a/b", '"a/b"'),
            ("/", '"/"'),
            ("tr-1 ", '"tr-1 "'),
            ("tr-1.", '"tr-1."'),
        ],
    )
    def test_of_several_components_or_none_is_refused(
        self, store: AbstractStore, trace_id: str | None, shown: str
    ) -> None:
        info = info_of(new_experiment(store))
        info.trace_id = trace_id
        text = (
            f"Invalid value {shown} for parameter 'trace_id' supplied:"
            " must be a single path component"
        )
        with refused("INVALID_PARAMETER_VALUE", text):
            store.start_trace(info)

    @pytest.mark.parametrize("character", ["%", "?", "#", "\n", "\0", "\x7f"])
    def test_with_a_character_that_urls_or_files_cannot_hold_is_refused(
        self, store: AbstractStore, character: str
    ) -> None:
        info = info_of(new_experiment(store), f"tr-{character}-1")
        text = "must not contain '%', '?', '#' or control characters"
        with refused("INVALID_PARAMETER_VALUE", text):
            store.start_trace(info)

    @pytest.mark.parametrize("suffix", ["/b", "%25", "?x", "#x", ".", " "])
    def test_may_be_of_any_characters(self, store: AbstractStore, suffix: str) -> None:
        trace_id = new_trace_id() + suffix
        started(store, trace_id=trace_id)
        assert store.get_trace_info(trace_id).trace_id == trace_id


class TestOrder:
    def test_name_before_the_experiment(self, store: AbstractStore) -> None:
        with refused("INVALID_PARAMETER_VALUE", "'Trace name'"):
            store.start_trace(info_of(UNKNOWN_EXPERIMENT, tags=LONG_NAME))

    def test_name_before_the_session(self, store: AbstractStore) -> None:
        info = info_of(new_experiment(store), tags=LONG_NAME, trace_metadata=LONG_SESSION)
        with refused("INVALID_PARAMETER_VALUE", "'Trace name'"):
            store.start_trace(info)

    def test_experiment_before_the_session(self, store: AbstractStore) -> None:
        with refused("RESOURCE_DOES_NOT_EXIST", "No Experiment"):
            store.start_trace(info_of(UNKNOWN_EXPERIMENT, trace_metadata=LONG_SESSION))

    def test_stage_of_the_experiment_before_the_session(self, store: AbstractStore) -> None:
        info = info_of(deleted_experiment(store), trace_metadata=LONG_SESSION)
        with refused("INVALID_PARAMETER_VALUE", "must be in the 'active' state"):
            store.start_trace(info)

    def test_session_before_the_trace_id(self, store: AbstractStore) -> None:
        info = info_of(new_experiment(store), "a/b", trace_metadata=LONG_SESSION)
        with refused("INVALID_PARAMETER_VALUE", "'Session ID'"):
            store.start_trace(info)

    def test_experiment_before_the_trace_id(self, store: AbstractStore) -> None:
        with refused("RESOURCE_DOES_NOT_EXIST", "No Experiment"):
            store.start_trace(info_of(UNKNOWN_EXPERIMENT, "a/b"))

    def test_all_of_these_before_a_trace_that_is_there(self, store: AbstractStore) -> None:
        before = started(store)
        for fields in ({"tags": LONG_NAME}, {"trace_metadata": LONG_SESSION}):
            with refused("INVALID_PARAMETER_VALUE", "exceeds the maximum length"):
                started(store, before.experiment_id, before.trace_id, **fields)
        with refused("RESOURCE_DOES_NOT_EXIST", "No Experiment"):
            started(store, UNKNOWN_EXPERIMENT, before.trace_id)
        assert store.get_trace_info(before.trace_id).to_dict() == before.to_dict()


class TestClashes:
    """What MLflow's store finds only when it writes; its text is that of a trace just deleted."""

    def test_assessment_of_another_trace(self, store: AbstractStore) -> None:
        experiment_id = new_experiment(store)
        other = started(store, experiment_id, assessments=[feedback()])
        info = info_of(experiment_id)
        info.assessments = [feedback(assessment_id=other.assessments[0].assessment_id)]
        text = f"Trace with ID '{info.trace_id}' no longer exists."
        with refused("RESOURCE_DOES_NOT_EXIST", text):
            store.start_trace(info)
        assert not is_there(store, info.trace_id)
        assert store.get_trace_info(other.trace_id).to_dict() == other.to_dict()

    def test_artifact_location_of_the_clients(self, store: AbstractStore) -> None:
        info = info_of(new_experiment(store), tags={ARTIFACT_LOCATION: "s3://theirs"})
        text = f"Trace with ID '{info.trace_id}' no longer exists."
        with refused("RESOURCE_DOES_NOT_EXIST", text):
            store.start_trace(info)
        assert not is_there(store, info.trace_id)

    def test_assessment_that_is_given_twice(self, store: AbstractStore) -> None:
        info = info_of(new_experiment(store))
        assessment_id = unique("a")
        info.assessments = [feedback(name, assessment_id=assessment_id) for name in "ab"]
        with refused("RESOURCE_DOES_NOT_EXIST", "no longer exists."):
            store.start_trace(info)
        assert not is_there(store, info.trace_id)
