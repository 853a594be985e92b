"""A trace that the store is told of for the first time."""

from typing import Any

import pytest
from mlflow.entities.trace_state import TraceState
from mlflow.store.tracking.abstract_store import AbstractStore

from ..scenarios import AWKWARD_KEYS, FREE_KEYS, START_TIME, new_experiment
from .trace_scenarios import (
    ARTIFACT_LOCATION,
    FINALIZED,
    SPANS_LOCATION,
    TRACE_NAME,
    info_of,
    new_trace_id,
    started,
)

pytestmark = pytest.mark.area("traces")

LARGE = "läßt " * 20_000


def _tags(store: AbstractStore, trace_id: str) -> dict[str, str]:
    """The tags of a trace without the one that every trace has."""
    tags = store.get_trace_info(trace_id).tags
    return {key: value for key, value in tags.items() if key != ARTIFACT_LOCATION}


class TestFields:
    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("request_time", 0),
            ("request_time", 1),
            ("request_time", -5),
            ("request_time", START_TIME + 1),
            ("request_time", 2**53 + 1),
            ("execution_duration", None),
            ("execution_duration", 0),
            ("execution_duration", -7),
            ("execution_duration", 2**53 + 1),
            ("client_request_id", None),
            ("client_request_id", ""),
            ("client_request_id", "request 7"),
            ("request_preview", None),
            ("request_preview", ""),
            ("request_preview", "Was ist größer, 損失 or 😀?"),
            ("request_preview", 'line\nbreaks\tand "quotes" \\ and \' more'),
            ("response_preview", None),
            ("response_preview", ""),
            ("response_preview", "{}"),
            ("state", TraceState.OK),
            ("state", TraceState.ERROR),
            ("state", TraceState.IN_PROGRESS),
            ("state", TraceState.STATE_UNSPECIFIED),
        ],
    )
    def test_are_kept(self, store: AbstractStore, field: str, value: Any) -> None:
        trace = started(store, **{field: value})
        assert getattr(store.get_trace_info(trace.trace_id), field) == value

    def test_location_is_the_experiment(self, store: AbstractStore) -> None:
        experiment_id = new_experiment(store)
        trace = started(store, experiment_id)
        found = store.get_trace_info(trace.trace_id)
        assert found.experiment_id == experiment_id
        assert found.trace_location.mlflow_experiment.experiment_id == experiment_id

    @pytest.mark.parametrize("field", ["request_preview", "response_preview"])
    def test_a_preview_may_be_longer_than_those_that_mlflow_makes(
        self, store: AbstractStore, field: str
    ) -> None:
        trace = started(store, **{field: LARGE})
        assert getattr(store.get_trace_info(trace.trace_id), field) == LARGE

    @pytest.mark.parametrize("field", ["request_preview", "response_preview"])
    def test_null_characters_of_a_preview_are_kept(self, store: AbstractStore, field: str) -> None:
        trace = started(store, **{field: "a\0b\0"})
        assert getattr(store.get_trace_info(trace.trace_id), field) == "a\0b\0"

    @pytest.mark.parametrize("field", ["request_preview", "response_preview"])
    def test_null_characters_of_a_preview_are_replaced(
        self, store: AbstractStore, field: str
    ) -> None:
        trace = started(store, **{field: "a\0b\0"})
        assert getattr(store.get_trace_info(trace.trace_id), field) == "a\ufffdb\ufffd"

    def test_without_any_that_may_be_left_out(self, store: AbstractStore) -> None:
        info = started(store, execution_duration=None)
        found = store.get_trace_info(info.trace_id)
        assert found.execution_duration is None
        assert (found.request_preview, found.response_preview) == (None, None)
        assert (found.client_request_id, found.assessments) == (None, [])
        assert found.trace_metadata == {FINALIZED: "true"}
        assert set(found.tags) == {ARTIFACT_LOCATION}

    def test_the_answer_is_what_is_read_afterwards(self, store: AbstractStore) -> None:
        answer = started(
            store,
            tags={"team": "vision", TRACE_NAME: "reader"},
            trace_metadata={"k": "v"},
            request_preview="q",
            response_preview="a",
            client_request_id="7",
        )
        assert store.get_trace_info(answer.trace_id).to_dict() == answer.to_dict()

    def test_what_the_caller_passed_is_left_alone(self, store: AbstractStore) -> None:
        given = info_of(new_experiment(store), tags={"a": "1"}, trace_metadata={"b": "2"})
        store.start_trace(given)
        assert (given.tags, given.trace_metadata) == ({"a": "1"}, {"b": "2"})


class TestIds:
    @pytest.mark.parametrize(
        "suffix",
        ["", " a b", "-tr-ü", "\\b", ":x", "x" * 200, ".a", "é損失😀", "_", "$set", "{}", "'", '"'],
    )
    def test_may_have_any_characters_of_a_path_component(
        self, store: AbstractStore, suffix: str
    ) -> None:
        trace_id = new_trace_id() + suffix
        trace = started(store, trace_id=trace_id)
        assert store.get_trace_info(trace_id).trace_id == trace.trace_id == trace_id

    def test_differ_by_case(self, store: AbstractStore) -> None:
        experiment_id, trace_id = new_experiment(store), new_trace_id() + "abc"
        started(store, experiment_id, trace_id, request_preview="lower")
        started(store, experiment_id, trace_id.upper(), request_preview="upper")
        assert store.get_trace_info(trace_id).request_preview == "lower"
        assert store.get_trace_info(trace_id.upper()).request_preview == "upper"


class TestTags:
    def test_an_artifact_location_is_added(self, store: AbstractStore) -> None:
        location = "s3://bucket/of experiment"
        experiment_id = new_experiment(store, artifact_location=location)
        trace = started(store, experiment_id)
        expected = f"{location}/traces/{trace.trace_id}/artifacts"
        assert trace.tags == {ARTIFACT_LOCATION: expected}

    def test_no_spans_location_is_added(self, store: AbstractStore) -> None:
        assert SPANS_LOCATION not in started(store).tags

    @pytest.mark.parametrize("key", [*AWKWARD_KEYS, *FREE_KEYS, "", "k" * 300])
    def test_keys_may_be_anything(self, store: AbstractStore, key: str) -> None:
        trace = started(store, tags={key: "v"})
        assert _tags(store, trace.trace_id) == {key: "v"}

    def test_keys_do_not_run_into_each_other(self, store: AbstractStore) -> None:
        tags = {key: f"value {i}" for i, key in enumerate([*AWKWARD_KEYS, *FREE_KEYS])}
        trace = started(store, tags=tags)
        assert _tags(store, trace.trace_id) == tags

    @pytest.mark.parametrize("value", ["", " ", "é損失😀", "x" * 8001, LARGE, '{"a": 1}'])
    def test_values_are_not_cut(self, store: AbstractStore, value: str) -> None:
        trace = started(store, tags={"k": value})
        assert _tags(store, trace.trace_id) == {"k": value}

    def test_a_tag_may_be_without_a_value(self, store: AbstractStore) -> None:
        trace = started(store, tags={"none": None})
        assert _tags(store, trace.trace_id) == {"none": None}


class TestName:
    @pytest.mark.parametrize("name", ["reader", "", "é損失😀", "n" * 4096])
    def test_is_a_tag(self, store: AbstractStore, name: str) -> None:
        trace = started(store, tags={TRACE_NAME: name})
        assert _tags(store, trace.trace_id) == {TRACE_NAME: name}

    def test_may_be_none(self, store: AbstractStore) -> None:
        trace = started(store, tags={TRACE_NAME: None})
        assert _tags(store, trace.trace_id) == {}


class TestMetadata:
    def test_is_kept_and_says_that_the_trace_is_finished(self, store: AbstractStore) -> None:
        trace = started(store, trace_metadata={"mlflow.sourceRun": "r", "k": "v"})
        expected = {"mlflow.sourceRun": "r", "k": "v", FINALIZED: "true"}
        assert store.get_trace_info(trace.trace_id).trace_metadata == expected

    def test_the_mark_of_a_finished_trace_cannot_be_given(self, store: AbstractStore) -> None:
        trace = started(store, trace_metadata={FINALIZED: "false"})
        assert store.get_trace_info(trace.trace_id).trace_metadata == {FINALIZED: "true"}

    @pytest.mark.parametrize("key", [*AWKWARD_KEYS, *FREE_KEYS, "", "k" * 300])
    def test_keys_may_be_anything(self, store: AbstractStore, key: str) -> None:
        trace = started(store, trace_metadata={key: "v"})
        expected = {key: "v", FINALIZED: "true"}
        assert store.get_trace_info(trace.trace_id).trace_metadata == expected

    @pytest.mark.parametrize("value", ["", "é損失😀", "x" * 8001, LARGE])
    def test_values_are_not_cut(self, store: AbstractStore, value: str) -> None:
        trace = started(store, trace_metadata={"k": value})
        assert store.get_trace_info(trace.trace_id).trace_metadata["k"] == value

    def test_a_key_may_be_that_of_a_tag_too(self, store: AbstractStore) -> None:
        trace = started(store, tags={"k": "tag"}, trace_metadata={"k": "metadata"})
        found = store.get_trace_info(trace.trace_id)
        assert (found.tags["k"], found.trace_metadata["k"]) == ("tag", "metadata")
