"""Metadata that MLflow keeps as numbers and a session, and writes again when it is read."""

import json

import pytest
from mlflow.entities import TraceInfo
from mlflow.store.tracking.abstract_store import AbstractStore

from .trace_scenarios import COST, FINALIZED, SESSION, TOKEN_USAGE, started, started_again

pytestmark = pytest.mark.area("traces")

MAX = 2**63 - 1


def _kept(info: TraceInfo, key: str) -> str | None:
    return info.trace_metadata.get(key)


class TestTokenUsage:
    @pytest.mark.parametrize(
        ("given", "kept"),
        [
            ('{"input_tokens": 1}', {"input_tokens": 1}),
            ('{"output_tokens": 2, "input_tokens": 1}', {"input_tokens": 1, "output_tokens": 2}),
            ('{"total_tokens": 3, "unknown": 1}', {"total_tokens": 3}),
            ('{"input_tokens": 1.0}', {"input_tokens": 1}),
            ('{"input_tokens": "5"}', {"input_tokens": 5}),
            ('{"input_tokens": " 5 "}', {"input_tokens": 5}),
            ('{"input_tokens": "1e2"}', {"input_tokens": 100}),
            ('{"input_tokens": 0}', {"input_tokens": 0}),
            ('{"input_tokens": -3}', {"input_tokens": -3}),
            (f'{{"input_tokens": {MAX}}}', {"input_tokens": MAX}),
            (f'{{"input_tokens": {-MAX - 1}}}', {"input_tokens": -MAX - 1}),
            ('{"input_tokens": 9007199254740993}', {"input_tokens": 9007199254740993}),
            ('{"input_tokens": 1, "output_tokens": 1.5}', {"input_tokens": 1}),
            ('{"input_tokens": 1, "output_tokens": null}', {"input_tokens": 1}),
            ('{"input_tokens": 1, "output_tokens": true}', {"input_tokens": 1}),
            ('{"input_tokens": 1, "output_tokens": "many"}', {"input_tokens": 1}),
            ('{"input_tokens": 1, "output_tokens": [2]}', {"input_tokens": 1}),
            (f'{{"input_tokens": 1, "output_tokens": {MAX + 1}}}', {"input_tokens": 1}),
            ('{"input_tokens": 1, "output_tokens": NaN}', {"input_tokens": 1}),
            ('{"input_tokens": 1, "output_tokens": Infinity}', {"input_tokens": 1}),
        ],
    )
    def test_is_written_again_with_what_could_be_used(
        self, store: AbstractStore, given: str, kept: dict[str, int]
    ) -> None:
        trace = started(store, trace_metadata={TOKEN_USAGE: given})
        found = store.get_trace_info(trace.trace_id)
        assert _kept(found, TOKEN_USAGE) == json.dumps(kept)

    def test_is_written_in_one_order(self, store: AbstractStore) -> None:
        kept = {
            "input_tokens": 1,
            "output_tokens": 2,
            "total_tokens": 3,
            "cache_read_input_tokens": 4,
            "cache_creation_input_tokens": 5,
            "cache_creation_input_tokens_above_1hr": 6,
        }
        given = json.dumps(dict(reversed(kept.items())))
        trace = started(store, trace_metadata={TOKEN_USAGE: given})
        assert _kept(store.get_trace_info(trace.trace_id), TOKEN_USAGE) == json.dumps(kept)

    @pytest.mark.parametrize(
        "given",
        ["", "{}", "[]", "null", "5", '"text"', "not json", '{"unknown": 1}', '{"input_tokens": 1'],
    )
    def test_that_cannot_be_used_is_dropped(self, store: AbstractStore, given: str) -> None:
        trace = started(store, trace_metadata={TOKEN_USAGE: given})
        assert store.get_trace_info(trace.trace_id).trace_metadata == {FINALIZED: "true"}


class TestCost:
    @pytest.mark.parametrize(
        ("given", "kept"),
        [
            ('{"input_cost": 0.25}', {"input_cost": 0.25}),
            ('{"total_cost": 0.3, "input_cost": 0.1}', {"input_cost": 0.1, "total_cost": 0.3}),
            ('{"output_cost": 2}', {"output_cost": 2.0}),
            ('{"output_cost": "2.5"}', {"output_cost": 2.5}),
            ('{"output_cost": 0}', {"output_cost": 0.0}),
            ('{"output_cost": -1.5}', {"output_cost": -1.5}),
            ('{"output_cost": 1e-300}', {"output_cost": 1e-300}),
            ('{"output_cost": 1.7976931348623157e308}', {"output_cost": 1.7976931348623157e308}),
            ('{"output_cost": 0.1, "input_cost": NaN}', {"output_cost": 0.1}),
            ('{"output_cost": 0.1, "input_cost": Infinity}', {"output_cost": 0.1}),
            ('{"output_cost": 0.1, "input_cost": 1e999}', {"output_cost": 0.1}),
            ('{"output_cost": 0.1, "input_cost": true}', {"output_cost": 0.1}),
            ('{"output_cost": 0.1, "input_cost": null}', {"output_cost": 0.1}),
            ('{"output_cost": 0.1, "input_cost": "much"}', {"output_cost": 0.1}),
            (f'{{"output_cost": 0.1, "input_cost": {10**400}}}', {"output_cost": 0.1}),
            ('{"output_cost": 0.1, "unknown": 1}', {"output_cost": 0.1}),
        ],
    )
    def test_is_written_again_with_what_could_be_used(
        self, store: AbstractStore, given: str, kept: dict[str, float]
    ) -> None:
        trace = started(store, trace_metadata={COST: given})
        assert _kept(store.get_trace_info(trace.trace_id), COST) == json.dumps(kept)

    @pytest.mark.parametrize("given", ["", "{}", "[]", "null", "5", "not json", '{"unknown": 1}'])
    def test_that_cannot_be_used_is_dropped(self, store: AbstractStore, given: str) -> None:
        trace = started(store, trace_metadata={COST: given})
        assert store.get_trace_info(trace.trace_id).trace_metadata == {FINALIZED: "true"}


class TestSession:
    @pytest.mark.parametrize("session", ["s", "", " ", "é損失😀", "s" * 250, '"quoted"'])
    def test_is_kept(self, store: AbstractStore, session: str) -> None:
        trace = started(store, trace_metadata={SESSION: session})
        assert _kept(store.get_trace_info(trace.trace_id), SESSION) == session

    def test_may_be_none(self, store: AbstractStore) -> None:
        trace = started(store, trace_metadata={SESSION: None})
        assert store.get_trace_info(trace.trace_id).trace_metadata == {FINALIZED: "true"}


class TestAgain:
    """When the store is told of a trace once more."""

    @pytest.mark.parametrize(
        ("key", "first", "second", "expected"),
        [
            (SESSION, "a", "b", "b"),
            (SESSION, None, "b", "b"),
            (
                TOKEN_USAGE,
                '{"input_tokens": 1, "output_tokens": 2}',
                '{"output_tokens": 5, "total_tokens": 6}',
                '{"input_tokens": 1, "output_tokens": 5, "total_tokens": 6}',
            ),
            (TOKEN_USAGE, '{"input_tokens": 1}', "{}", '{"input_tokens": 1}'),
            (TOKEN_USAGE, '{"input_tokens": 1}', '{"input_tokens": 1.5}', None),
            (TOKEN_USAGE, '{"input_tokens": 1}', '{"input_tokens": null}', None),
            (
                COST,
                '{"input_cost": 0.5}',
                '{"output_cost": 0.25}',
                '{"input_cost": 0.5, "output_cost": 0.25}',
            ),
            (COST, '{"input_cost": 0.5}', '{"input_cost": NaN}', None),
        ],
    )
    def test_parts_that_are_given_replace_those_that_are_there(
        self,
        store: AbstractStore,
        key: str,
        first: str | None,
        second: str,
        expected: str | None,
    ) -> None:
        before = started(store, trace_metadata={key: first})
        after = started_again(store, before, trace_metadata={key: second})
        assert _kept(after, key) == expected

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            (SESSION, "s"),
            (TOKEN_USAGE, '{"input_tokens": 1}'),
            (COST, '{"total_cost": 0.5}'),
        ],
    )
    def test_what_is_not_given_stays(self, store: AbstractStore, key: str, value: str) -> None:
        before = started(store, trace_metadata={key: value})
        assert _kept(started_again(store, before), key) == value

    def test_session_may_be_taken_away(self, store: AbstractStore) -> None:
        before = started(store, trace_metadata={SESSION: "s"})
        after = started_again(store, before, trace_metadata={SESSION: None})
        assert _kept(after, SESSION) is None


def test_all_three_are_among_other_metadata(store: AbstractStore) -> None:
    given = {
        "k": "v",
        SESSION: "s",
        TOKEN_USAGE: '{"input_tokens": 1}',
        COST: '{"total_cost": 0.5}',
    }
    trace = started(store, trace_metadata=given)
    found = store.get_trace_info(trace.trace_id)
    assert found.trace_metadata == given | {FINALIZED: "true"}
    assert trace.trace_metadata == found.trace_metadata
