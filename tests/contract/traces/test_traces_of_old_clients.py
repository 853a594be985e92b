"""Traces as clients of MLflow 2 start and end them."""

from collections.abc import Mapping

import pytest
from mlflow.entities.trace_info_v2 import TraceInfoV2
from mlflow.entities.trace_status import TraceStatus
from mlflow.store.tracking.abstract_store import AbstractStore

from ..scenarios import (
    AWKWARD_KEYS,
    START_TIME,
    UNKNOWN_EXPERIMENT,
    deleted_experiment,
    new_experiment,
    refused,
)
from .trace_scenarios import (
    ARTIFACT_LOCATION,
    SESSION,
    SPANS_LOCATION,
    TOKEN_USAGE,
    TRACE_NAME,
    new_trace_id,
    started,
)

pytestmark = pytest.mark.area("traces")


def _begun(
    store: AbstractStore,
    experiment_id: str | None = None,
    *,
    at: int = START_TIME,
    metadata: Mapping[str, str] | None = None,
    tags: Mapping[str, str] | None = None,
) -> TraceInfoV2:
    return store.deprecated_start_trace_v2(
        experiment_id=experiment_id or new_experiment(store),
        timestamp_ms=at,
        request_metadata=dict(metadata or {}),
        tags=dict(tags or {}),
    )


def _ended(
    store: AbstractStore,
    trace_id: str,
    *,
    at: int = START_TIME + 9,
    status: TraceStatus = TraceStatus.OK,
    metadata: Mapping[str, str] | None = None,
    tags: Mapping[str, str] | None = None,
) -> TraceInfoV2:
    return store.deprecated_end_trace_v2(
        request_id=trace_id,
        timestamp_ms=at,
        status=status,
        request_metadata=dict(metadata or {}),
        tags=dict(tags or {}),
    )


class TestStart:
    def test_is_a_trace_in_progress(self, store: AbstractStore) -> None:
        experiment_id = new_experiment(store)
        begun = _begun(store, experiment_id)
        found = store.get_trace_info(begun.request_id)
        assert begun.status == TraceStatus.IN_PROGRESS
        assert (begun.experiment_id, begun.timestamp_ms) == (experiment_id, START_TIME)
        assert begun.execution_time_ms is None
        assert found.state.value == "IN_PROGRESS"
        assert (found.request_time, found.execution_duration) == (START_TIME, None)
        assert (found.request_preview, found.client_request_id) == (None, None)

    def test_its_id_is_of_32_digits(self, store: AbstractStore) -> None:
        trace_id = _begun(store).request_id
        assert len(trace_id) == 32
        assert set(trace_id) <= set("0123456789abcdef")

    def test_tags_and_metadata_are_kept(self, store: AbstractStore) -> None:
        location = "s3://bucket/old"
        experiment_id = new_experiment(store, artifact_location=location)
        begun = _begun(store, experiment_id, metadata={"m": "1"}, tags={"t": "2", TRACE_NAME: "n"})
        found = store.get_trace_info(begun.request_id)
        artifacts = f"{location}/traces/{begun.request_id}/artifacts"
        assert found.tags == {"t": "2", TRACE_NAME: "n", ARTIFACT_LOCATION: artifacts}
        assert found.trace_metadata == {"m": "1"}
        assert begun.tags == found.tags

    @pytest.mark.parametrize("key", AWKWARD_KEYS)
    def test_keys_may_be_anything(self, store: AbstractStore, key: str) -> None:
        begun = _begun(store, metadata={key: "m"}, tags={key: "t"})
        found = store.get_trace_info(begun.request_id)
        assert (found.trace_metadata[key], found.tags[key]) == ("m", "t")

    def test_two_are_two(self, store: AbstractStore) -> None:
        experiment_id = new_experiment(store)
        assert _begun(store, experiment_id).request_id != _begun(store, experiment_id).request_id

    def test_promoted_metadata_is_written_again(self, store: AbstractStore) -> None:
        given = {SESSION: "s", TOKEN_USAGE: '{"x": 1, "input_tokens": 2.0}', "m": "1"}
        found = store.get_trace_info(_begun(store, metadata=given).request_id)
        expected = {SESSION: "s", TOKEN_USAGE: '{"input_tokens": 2}', "m": "1"}
        assert found.trace_metadata == expected


class TestStartRefusals:
    def test_unknown_experiment(self, store: AbstractStore) -> None:
        with refused("RESOURCE_DOES_NOT_EXIST", f"No Experiment with id={UNKNOWN_EXPERIMENT}"):
            _begun(store, UNKNOWN_EXPERIMENT)

    def test_deleted_experiment(self, store: AbstractStore) -> None:
        with refused("INVALID_PARAMETER_VALUE", "must be in the 'active' state"):
            _begun(store, deleted_experiment(store))

    def test_over_long_name(self, store: AbstractStore) -> None:
        with refused("INVALID_PARAMETER_VALUE", "'Trace name' exceeds the maximum length of 4096"):
            _begun(store, UNKNOWN_EXPERIMENT, tags={TRACE_NAME: "n" * 4097})

    def test_over_long_session(self, store: AbstractStore) -> None:
        with refused("INVALID_PARAMETER_VALUE", "'Session ID' exceeds the maximum length of 250"):
            _begun(store, metadata={SESSION: "s" * 251})


class TestEnd:
    @pytest.mark.parametrize("status", [TraceStatus.OK, TraceStatus.ERROR, TraceStatus.IN_PROGRESS])
    def test_tells_the_status(self, store: AbstractStore, status: TraceStatus) -> None:
        begun = _begun(store)
        ended = _ended(store, begun.request_id, status=status)
        assert ended.status == status
        assert store.get_trace_info(begun.request_id).state == status.to_state()

    def test_with_no_status_at_all_is_refused(self, store: AbstractStore) -> None:
        begun = _begun(store)
        with refused("INTERNAL_ERROR", "is not a valid TraceState"):
            _ended(store, begun.request_id, status=TraceStatus.UNSPECIFIED)
        assert store.get_trace_info(begun.request_id).state.value == "IN_PROGRESS"

    @pytest.mark.parametrize(("at", "took"), [(9, 9), (0, 0), (-5, -5)])
    def test_what_it_took_is_counted_from_the_start(
        self, store: AbstractStore, at: int, took: int
    ) -> None:
        begun = _begun(store)
        ended = _ended(store, begun.request_id, at=START_TIME + at)
        assert ended.execution_time_ms == took
        found = store.get_trace_info(begun.request_id)
        assert (found.request_time, found.execution_duration) == (START_TIME, took)

    def test_tags_and_metadata_are_added_and_replaced(self, store: AbstractStore) -> None:
        begun = _begun(
            store, metadata={"kept": "1", "replaced": "2"}, tags={"kept": "1", "replaced": "2"}
        )
        new = {"replaced": "3", "added": "4"}
        _ended(store, begun.request_id, metadata=new, tags=new)
        found = store.get_trace_info(begun.request_id)
        expected = {"kept": "1", "replaced": "3", "added": "4"}
        assert found.trace_metadata == expected
        assert found.tags == expected | {ARTIFACT_LOCATION: begun.tags[ARTIFACT_LOCATION]}

    def test_name_is_replaced(self, store: AbstractStore) -> None:
        begun = _begun(store, tags={TRACE_NAME: "before"})
        _ended(store, begun.request_id, tags={TRACE_NAME: "after"})
        assert store.get_trace_info(begun.request_id).tags[TRACE_NAME] == "after"

    def test_name_stays_where_none_is_given(self, store: AbstractStore) -> None:
        begun = _begun(store, tags={TRACE_NAME: "before"})
        _ended(store, begun.request_id)
        assert store.get_trace_info(begun.request_id).tags[TRACE_NAME] == "before"

    def test_over_long_name_is_refused(self, store: AbstractStore) -> None:
        begun = _begun(store)
        with refused("INVALID_PARAMETER_VALUE", "'Trace name' exceeds the maximum length"):
            _ended(store, begun.request_id, tags={TRACE_NAME: "n" * 4097})
        assert store.get_trace_info(begun.request_id).state.value == "IN_PROGRESS"

    def test_promoted_metadata_is_merged(self, store: AbstractStore) -> None:
        begun = _begun(store, metadata={TOKEN_USAGE: '{"input_tokens": 1, "output_tokens": 2}'})
        _ended(
            store, begun.request_id, metadata={TOKEN_USAGE: '{"output_tokens": 3}', SESSION: "s"}
        )
        found = store.get_trace_info(begun.request_id)
        expected = {TOKEN_USAGE: '{"input_tokens": 1, "output_tokens": 3}', SESSION: "s"}
        assert found.trace_metadata == expected

    def test_of_an_unknown_trace_is_refused(self, store: AbstractStore) -> None:
        trace_id = new_trace_id()
        with refused("RESOURCE_DOES_NOT_EXIST", f"Trace with ID '{trace_id}' not found."):
            _ended(store, trace_id)

    def test_twice_is_the_last(self, store: AbstractStore) -> None:
        begun = _begun(store)
        _ended(store, begun.request_id, status=TraceStatus.ERROR)
        ended = _ended(store, begun.request_id, at=START_TIME + 20)
        assert (ended.status, ended.execution_time_ms) == (TraceStatus.OK, 20)

    def test_ends_a_trace_of_a_newer_client_too(self, store: AbstractStore) -> None:
        trace = started(store, request_preview="q")
        _ended(store, trace.trace_id, status=TraceStatus.ERROR)
        found = store.get_trace_info(trace.trace_id)
        assert (found.state.value, found.request_preview) == ("ERROR", "q")

    @pytest.mark.parametrize("location", ["ARCHIVE_REPO", "ARTIFACT_REPO"])
    def test_does_not_mind_where_the_spans_are(self, store: AbstractStore, location: str) -> None:
        begun = _begun(store, tags={SPANS_LOCATION: location})
        assert _ended(store, begun.request_id).status == TraceStatus.OK

    def test_works_in_an_experiment_that_was_deleted(self, store: AbstractStore) -> None:
        begun = _begun(store)
        store.delete_experiment(begun.experiment_id)
        assert _ended(store, begun.request_id).status == TraceStatus.OK

    def test_answer_is_what_is_read_afterwards(self, store: AbstractStore) -> None:
        begun = _begun(store, metadata={"m": "1"})
        ended = _ended(store, begun.request_id, metadata={"m": "2"})
        found = TraceInfoV2.from_v3(store.get_trace_info(begun.request_id))
        assert ended.to_dict() == found.to_dict()


def test_details_of_an_inference_table_are_of_databricks_alone(store: AbstractStore) -> None:
    with pytest.raises(NotImplementedError):
        store.get_online_trace_details("tr-1", "table", "request")
