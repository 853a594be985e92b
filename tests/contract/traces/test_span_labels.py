"""Sessions, users, names and tags that spans tell of their trace."""

from typing import Any

import pytest
from mlflow.store.tracking.abstract_store import AbstractStore

from ..scenarios import UNKNOWN_EXPERIMENT, new_experiment, refused
from .trace_scenarios import (
    ARTIFACT_LOCATION,
    SESSION,
    SPANS_LOCATION,
    TAG_PREFIX,
    TRACE_NAME,
    TRACE_USER,
    is_there,
    logged,
    new_trace_id,
    span,
    started,
    started_again,
)

pytestmark = pytest.mark.area("spans")

BY_ATTRIBUTE = {"session.id": SESSION, "gen_ai.conversation.id": SESSION, "user.id": TRACE_USER}
each = pytest.mark.parametrize(("attribute", "key"), BY_ATTRIBUTE.items(), ids=BY_ATTRIBUTE)


def _metadata(store: AbstractStore, *spans: Any) -> dict[str, str]:
    return logged(store, new_experiment(store), *spans).trace_metadata


def _tags(store: AbstractStore, *spans: Any, experiment_id: str | None = None) -> dict[str, str]:
    """The tags of the trace of these spans, without those of places."""
    tags = logged(store, experiment_id or new_experiment(store), *spans).tags
    return {key: tags[key] for key in tags if key not in (ARTIFACT_LOCATION, SPANS_LOCATION)}


@each
class TestSessionsAndUsers:
    @pytest.mark.parametrize("value", ["s", "é損失😀", "s" * 250, " "])
    def test_are_metadata(self, store: AbstractStore, attribute: str, key: str, value: str) -> None:
        assert _metadata(store, span(new_trace_id(), attributes={attribute: value})) == {key: value}

    def test_may_be_told_as_plain_text(
        self, store: AbstractStore, attribute: str, key: str
    ) -> None:
        assert _metadata(store, span(new_trace_id(), raw={attribute: "plain"})) == {key: "plain"}

    def test_may_be_told_by_a_child(self, store: AbstractStore, attribute: str, key: str) -> None:
        child = span(new_trace_id(), 2, 1, attributes={attribute: "s"})
        assert _metadata(store, child) == {key: "s"}

    def test_are_those_of_the_first_span_that_tells(
        self, store: AbstractStore, attribute: str, key: str
    ) -> None:
        trace_id = new_trace_id()
        spans = [
            span(trace_id, 1),
            span(trace_id, 2, 1, attributes={attribute: "first"}),
            span(trace_id, 3, 1, attributes={attribute: "second"}),
        ]
        assert _metadata(store, *spans) == {key: "first"}

    def test_are_never_overwritten_by_spans(
        self, store: AbstractStore, attribute: str, key: str
    ) -> None:
        experiment_id, trace_id = new_experiment(store), new_trace_id()
        logged(store, experiment_id, span(trace_id, 1, attributes={attribute: "first"}))
        found = logged(store, experiment_id, span(trace_id, 1, attributes={attribute: "second"}))
        assert found.trace_metadata == {key: "first"}

    def test_that_a_client_told_stay(self, store: AbstractStore, attribute: str, key: str) -> None:
        trace = started(store, trace_metadata={key: "told"})
        sent = span(trace.trace_id, attributes={attribute: "span"})
        assert logged(store, trace.experiment_id, sent).trace_metadata[key] == "told"

    def test_give_way_to_what_a_client_tells(
        self, store: AbstractStore, attribute: str, key: str
    ) -> None:
        sent = span(new_trace_id(), attributes={attribute: "span"})
        before = logged(store, new_experiment(store), sent)
        after = started_again(store, before, trace_metadata={key: "told"})
        assert after.trace_metadata[key] == "told"
        assert started_again(store, before).trace_metadata[key] == "told"

    def test_fill_what_a_client_did_not_tell(
        self, store: AbstractStore, attribute: str, key: str
    ) -> None:
        trace = started(store)
        sent = span(trace.trace_id, attributes={attribute: "span"})
        assert logged(store, trace.experiment_id, sent).trace_metadata[key] == "span"


class TestSessions:
    def test_of_opentelemetry_goes_first(self, store: AbstractStore) -> None:
        told = {"gen_ai.conversation.id": "b", "session.id": "a"}
        assert _metadata(store, span(new_trace_id(), attributes=told)) == {SESSION: "a"}

    @pytest.mark.parametrize("attribute", ["session.id", "gen_ai.conversation.id"])
    def test_of_more_than_250_characters_is_refused(
        self, store: AbstractStore, attribute: str
    ) -> None:
        experiment_id, good, bad = new_experiment(store), new_trace_id(), new_trace_id()
        spans = [span(good), span(bad, attributes={attribute: "s" * 251})]
        text = "'Session ID' exceeds the maximum length of 250 characters"
        with refused("INVALID_PARAMETER_VALUE", text):
            store.log_spans(experiment_id, spans)
        assert not is_there(store, good)

    def test_that_is_too_long_is_told_before_the_experiment(self, store: AbstractStore) -> None:
        sent = span(new_trace_id(), attributes={"session.id": "s" * 251})
        with refused("INVALID_PARAMETER_VALUE", "'Session ID' exceeds"):
            store.log_spans(UNKNOWN_EXPERIMENT, [sent])

    def test_each_trace_of_a_call_has_its_own(self, store: AbstractStore) -> None:
        ids = [new_trace_id() for _ in range(3)]
        spans = [span(one, attributes={"session.id": f"s{n}"}) for n, one in enumerate(ids)]
        store.log_spans(new_experiment(store), spans)
        found = [store.get_trace_info(trace_id).trace_metadata for trace_id in ids]
        assert found == [{SESSION: "s0"}, {SESSION: "s1"}, {SESSION: "s2"}]


class TestTagsOfTheRoot:
    @pytest.mark.parametrize("value", ["v", "", "é損失😀", "x" * 8000])
    def test_are_tags_of_the_trace(self, store: AbstractStore, value: str) -> None:
        sent = span(new_trace_id(), attributes={f"{TAG_PREFIX}team": value})
        assert _tags(store, sent) == {"team": value}

    def test_longer_values_are_cut(self, store: AbstractStore) -> None:
        sent = span(new_trace_id(), attributes={f"{TAG_PREFIX}team": "x" * 8001})
        assert _tags(store, sent) == {"team": "x" * 8000}

    @pytest.mark.parametrize("value", [7, 1.5, True, None, [1], {"a": 1}])
    def test_other_values_are_their_json(self, store: AbstractStore, value: Any) -> None:
        sent = span(new_trace_id(), attributes={f"{TAG_PREFIX}team": value})
        written = (
            {True: "true", None: "null"}.get(value) if not isinstance(value, (list, dict)) else None
        )
        expected = written or str(value).replace("'", '"')
        assert _tags(store, sent) == {"team": expected}

    @pytest.mark.parametrize("key", ["a$b", "../up", "", "k" * 251])
    def test_with_bad_keys_are_left_out(self, store: AbstractStore, key: str) -> None:
        told = {f"{TAG_PREFIX}{key}": "v", f"{TAG_PREFIX}good": "1"}
        assert _tags(store, span(new_trace_id(), attributes=told)) == {"good": "1"}

    def test_of_children_are_none(self, store: AbstractStore) -> None:
        child = span(new_trace_id(), 2, 1, attributes={f"{TAG_PREFIX}team": "v"})
        assert _tags(store, child) == {}

    def test_replace_tags_that_are_there(self, store: AbstractStore) -> None:
        trace = started(store, tags={"team": "old", "kept": "1"})
        sent = span(trace.trace_id, attributes={f"{TAG_PREFIX}team": "new"})
        found = _tags(store, sent, experiment_id=trace.experiment_id)
        assert found == {"team": "new", "kept": "1"}

    def test_name_the_trace(self, store: AbstractStore) -> None:
        sent = span(new_trace_id(), attributes={f"{TAG_PREFIX}{TRACE_NAME}": "reader"})
        assert _tags(store, sent) == {TRACE_NAME: "reader"}

    def test_name_a_trace_anew(self, store: AbstractStore) -> None:
        trace = started(store, tags={TRACE_NAME: "before"})
        sent = span(trace.trace_id, attributes={f"{TAG_PREFIX}{TRACE_NAME}": "after"})
        assert _tags(store, sent, experiment_id=trace.experiment_id) == {TRACE_NAME: "after"}

    def test_with_an_over_long_name_are_refused(self, store: AbstractStore) -> None:
        sent = span(new_trace_id(), attributes={f"{TAG_PREFIX}{TRACE_NAME}": "n" * 4097})
        with refused("INVALID_PARAMETER_VALUE", "'Trace name' exceeds the maximum length of 4096"):
            store.log_spans(new_experiment(store), [sent])

    def test_may_tell_another_place_of_the_artifacts(self, store: AbstractStore) -> None:
        sent = span(new_trace_id(), attributes={f"{TAG_PREFIX}{ARTIFACT_LOCATION}": "s3://mine"})
        found = logged(store, new_experiment(store), sent)
        assert found.tags[ARTIFACT_LOCATION] == "s3://mine"

    def test_may_tell_another_place_of_the_spans(self, store: AbstractStore) -> None:
        sent = span(new_trace_id(), attributes={f"{TAG_PREFIX}{SPANS_LOCATION}": "ARTIFACT_REPO"})
        found = logged(store, new_experiment(store), sent)
        assert found.tags[SPANS_LOCATION] == "ARTIFACT_REPO"


class TestResources:
    @pytest.mark.parametrize(
        ("value", "tag"),
        [
            ("reader", "reader"),
            ("é損失😀", "é損失😀"),
            ("", ""),
            (7, "7"),
            (1.5, "1.5"),
            (True, "true"),
            (("a", "b"), '["a", "b"]'),
            ("x" * 8001, "x" * 8000),
        ],
    )
    def test_attributes_are_tags(self, store: AbstractStore, value: Any, tag: str) -> None:
        sent = span(new_trace_id(), resource={"service.name": value})
        assert _tags(store, sent) == {"service.name": tag}

    @pytest.mark.parametrize(
        "key", ["telemetry.sdk.name", "telemetry.sdk.", "mlflow.user", SPANS_LOCATION, "a$b", "/x"]
    )
    def test_attributes_of_others_are_left_out(self, store: AbstractStore, key: str) -> None:
        sent = span(new_trace_id(), resource={key: "v", "good": "1"})
        assert _tags(store, sent) == {"good": "1"}

    def test_are_told_by_any_span(self, store: AbstractStore) -> None:
        trace_id = new_trace_id()
        spans = [span(trace_id, 1), span(trace_id, 2, 1, resource={"k": "v"})]
        assert _tags(store, *spans) == {"k": "v"}

    def test_are_those_of_the_first_span_that_tells(self, store: AbstractStore) -> None:
        trace_id = new_trace_id()
        spans = [
            span(trace_id, 1, resource={"a": "1"}),
            span(trace_id, 2, 1, resource={"a": "2", "b": "2"}),
        ]
        assert _tags(store, *spans) == {"a": "1"}

    def test_replace_tags_that_are_there(self, store: AbstractStore) -> None:
        trace = started(store, tags={"service.name": "old"})
        sent = span(trace.trace_id, resource={"service.name": "new"})
        found = _tags(store, sent, experiment_id=trace.experiment_id)
        assert found == {"service.name": "new"}

    def test_give_way_to_tags_of_the_root(self, store: AbstractStore) -> None:
        sent = span(
            new_trace_id(), attributes={f"{TAG_PREFIX}k": "root"}, resource={"k": "resource"}
        )
        assert _tags(store, sent) == {"k": "root"}

    def test_each_trace_of_a_call_has_its_own(self, store: AbstractStore) -> None:
        first, second = new_trace_id(), new_trace_id()
        spans = [span(first, resource={"k": "1"}), span(second, resource={"k": "2"})]
        store.log_spans(new_experiment(store), spans)
        assert store.get_trace_info(first).tags["k"] == "1"
        assert store.get_trace_info(second).tags["k"] == "2"
