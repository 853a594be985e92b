"""Previews of a trace, from what its root span took and gave."""

import json
from typing import Any

import pytest
from mlflow.store.tracking.abstract_store import AbstractStore

from ..scenarios import new_experiment
from .trace_scenarios import INPUTS, OUTPUTS, logged, new_trace_id, span, started, started_again

pytestmark = pytest.mark.area("spans")

LIMIT = 1000
PREVIEWS = {INPUTS: "request_preview", OUTPUTS: "response_preview"}
either = pytest.mark.parametrize("attribute", PREVIEWS)


def _user(content: object) -> dict[str, object]:
    return {"role": "user", "content": content}


@either
class TestText:
    @pytest.mark.parametrize(
        ("value", "preview"),
        [
            ("q", '"q"'),
            ("", '""'),
            ("é損失😀", '"é損失😀"'),
            ({"q": 1}, '{"q": 1}'),
            ([1, "a"], '[1, "a"]'),
            (7, "7"),
            (True, "true"),
            (None, "null"),
            ("x" * (LIMIT - 2), '"' + "x" * (LIMIT - 2) + '"'),
            ("x" * (LIMIT - 1), '"' + "x" * (LIMIT - 4) + "..."),
            ("é" * 9999, '"' + "é" * (LIMIT - 4) + "..."),
        ],
    )
    def test_is_the_json_of_the_value_as_far_as_it_goes(
        self, store: AbstractStore, attribute: str, value: Any, preview: str
    ) -> None:
        sent = span(new_trace_id(), attributes={attribute: value})
        found = logged(store, new_experiment(store), sent)
        assert getattr(found, PREVIEWS[attribute]) == preview

    def test_is_none_where_there_is_nothing(self, store: AbstractStore, attribute: str) -> None:
        found = logged(store, new_experiment(store), span(new_trace_id()))
        assert getattr(found, PREVIEWS[attribute]) is None

    def test_is_not_of_a_child(self, store: AbstractStore, attribute: str) -> None:
        sent = span(new_trace_id(), 2, 1, attributes={attribute: "child"})
        found = logged(store, new_experiment(store), sent)
        assert getattr(found, PREVIEWS[attribute]) is None

    def test_is_of_the_last_of_two_roots(self, store: AbstractStore, attribute: str) -> None:
        trace_id = new_trace_id()
        spans = [span(trace_id, n, attributes={attribute: n}) for n in (1, 2)]
        found = logged(store, new_experiment(store), *spans)
        assert getattr(found, PREVIEWS[attribute]) == "2"

    def test_is_written_once(self, store: AbstractStore, attribute: str) -> None:
        experiment_id, trace_id = new_experiment(store), new_trace_id()
        logged(store, experiment_id, span(trace_id, attributes={attribute: "first"}))
        found = logged(store, experiment_id, span(trace_id, attributes={attribute: "second"}))
        assert getattr(found, PREVIEWS[attribute]) == '"first"'

    def test_comes_when_the_root_comes(self, store: AbstractStore, attribute: str) -> None:
        experiment_id, trace_id = new_experiment(store), new_trace_id()
        logged(store, experiment_id, span(trace_id, 2, 1, attributes={attribute: "child"}))
        found = logged(store, experiment_id, span(trace_id, 1, attributes={attribute: "root"}))
        assert getattr(found, PREVIEWS[attribute]) == '"root"'

    @pytest.mark.parametrize("told", ["told", ""])
    def test_that_a_client_told_stays(
        self, store: AbstractStore, attribute: str, told: str
    ) -> None:
        trace = started(store, **{PREVIEWS[attribute]: told})
        sent = span(trace.trace_id, attributes={attribute: "from the span"})
        found = logged(store, trace.experiment_id, sent)
        assert getattr(found, PREVIEWS[attribute]) == told

    def test_fills_what_a_client_did_not_tell(self, store: AbstractStore, attribute: str) -> None:
        trace = started(store)
        sent = span(trace.trace_id, attributes={attribute: "from the span"})
        found = logged(store, trace.experiment_id, sent)
        assert getattr(found, PREVIEWS[attribute]) == '"from the span"'

    def test_of_spans_gives_way_to_what_a_client_tells(
        self, store: AbstractStore, attribute: str
    ) -> None:
        before = logged(
            store, new_experiment(store), span(new_trace_id(), attributes={attribute: "q"})
        )
        assert getattr(started_again(store, before), PREVIEWS[attribute]) == '"q"'
        after = started_again(store, before, **{PREVIEWS[attribute]: "told"})
        assert getattr(after, PREVIEWS[attribute]) == "told"


class TestMessages:
    @pytest.mark.parametrize(
        ("value", "preview"),
        [
            ({"messages": [_user("a"), _user("b")]}, "b"),
            ({"messages": [_user("a"), {"role": "assistant", "content": "b"}]}, "a"),
            ({"messages": [{"role": "system", "content": "s"}]}, "s"),
            ({"messages": [_user([{"type": "text", "text": "part"}])]}, "part"),
            ({"input": [_user("a")]}, "a"),
            ({"request": {"input": [_user("a")]}}, "a"),
            ({"messages": [_user("x" * 2000)]}, "x" * 997 + "..."),
        ],
    )
    def test_request_is_what_the_user_said_last(
        self, store: AbstractStore, value: Any, preview: str
    ) -> None:
        sent = span(new_trace_id(), attributes={INPUTS: value})
        assert logged(store, new_experiment(store), sent).request_preview == preview

    def test_response_is_what_the_assistant_said(self, store: AbstractStore) -> None:
        choice = {"message": {"role": "assistant", "content": "answer"}}
        sent = span(new_trace_id(), attributes={OUTPUTS: {"choices": [choice]}})
        assert logged(store, new_experiment(store), sent).response_preview == "answer"

    @pytest.mark.parametrize("value", [{"messages": []}, {"messages": "none"}, {"messages": [7]}])
    def test_where_there_are_none_it_is_the_json(self, store: AbstractStore, value: Any) -> None:
        sent = span(new_trace_id(), attributes={INPUTS: value})
        found = logged(store, new_experiment(store), sent).request_preview
        assert found in (json.dumps(value), None)


def test_null_characters_are_kept_escaped(store: AbstractStore) -> None:
    sent = span(new_trace_id(), attributes={INPUTS: "a\0b"})
    assert logged(store, new_experiment(store), sent).request_preview == '"a\\u0000b"'


@either
@pytest.mark.parametrize(
    ("convention", "value"),
    [("input.value", "q"), ("traceloop.entity.input", "q")],
)
def test_inputs_of_other_conventions_are_a_request(
    store: AbstractStore, attribute: str, convention: str, value: str
) -> None:
    name = convention.replace("input", "output") if attribute == OUTPUTS else convention
    sent = span(new_trace_id(), attributes={name: value})
    found = logged(store, new_experiment(store), sent)
    assert value in getattr(found, PREVIEWS[attribute])
