"""Spans come back as they were sent."""

import json
from typing import Any

import pytest
from mlflow.entities import Span
from mlflow.entities.span_status import SpanStatusCode
from mlflow.store.tracking.abstract_store import AbstractStore
from opentelemetry.trace import Link, SpanContext, StatusCode

from ..scenarios import AWKWARD_KEYS, FREE_KEYS, START_TIME, new_experiment
from .trace_scenarios import (
    INPUTS,
    MS,
    OUTPUTS,
    SPAN_TYPE,
    event,
    logged,
    new_trace_id,
    span,
    spans_of,
)

pytestmark = pytest.mark.area("spans")

LARGE = 5 << 20


def _returned(store: AbstractStore, sent: Span) -> Span:
    """The span as the store returns it, of a trace of its own."""
    logged(store, new_experiment(store), sent)
    (found,) = spans_of(store, sent.trace_id)
    return found


class TestFields:
    def test_all_come_back(self, store: AbstractStore) -> None:
        sent = span(
            new_trace_id(),
            255,
            name="retrieve",
            status=StatusCode.ERROR,
            description="no such page",
            attributes={INPUTS: {"q": 1}, OUTPUTS: ["a"], SPAN_TYPE: "RETRIEVER", "k": 7},
            events=[event("tried", 5, attempt=1)],
        )
        found = _returned(store, sent)
        assert found.to_dict() == sent.to_dict()
        assert (found.name, found.span_type) == ("retrieve", "RETRIEVER")
        assert (found.inputs, found.outputs) == ({"q": 1}, ["a"])
        assert found.status.status_code == SpanStatusCode.ERROR
        assert found.status.description == "no such page"

    @pytest.mark.parametrize("name", ["", " ", "é損失😀", "n" * 5000, "a\nb", "$", "a.b"])
    def test_name(self, store: AbstractStore, name: str) -> None:
        assert _returned(store, span(new_trace_id(), name=name)).name == name

    @pytest.mark.parametrize(
        "span_type", ["LLM", "TOOL", "UNKNOWN", "my own", "", "é損失", "t" * 400, None]
    )
    def test_type(self, store: AbstractStore, span_type: str | None) -> None:
        sent = span(new_trace_id(), attributes={SPAN_TYPE: span_type})
        assert _returned(store, sent).span_type == span_type

    def test_type_may_be_missing(self, store: AbstractStore) -> None:
        assert _returned(store, span(new_trace_id())).span_type is None

    @pytest.mark.parametrize("status", list(StatusCode))
    def test_status(self, store: AbstractStore, status: StatusCode) -> None:
        found = _returned(store, span(new_trace_id(), status=status))
        assert found.status.status_code == SpanStatusCode(status.name)

    @pytest.mark.parametrize("span_id", [1, 255, 2**63, 2**64 - 1])
    def test_id(self, store: AbstractStore, span_id: int) -> None:
        assert _returned(store, span(new_trace_id(), span_id)).span_id == f"{span_id:016x}"

    @pytest.mark.parametrize("parent", [None, 1, 2**64 - 1])
    def test_parent(self, store: AbstractStore, parent: int | None) -> None:
        expected = None if parent is None else f"{parent:016x}"
        assert _returned(store, span(new_trace_id(), 7, parent)).parent_id == expected

    @pytest.mark.parametrize(("start", "end"), [(0, 1), (START_TIME, START_TIME), (9, 3)])
    def test_times(self, store: AbstractStore, start: int, end: int) -> None:
        found = _returned(store, span(new_trace_id(), start=start, end=end))
        assert (found.start_time_ns, found.end_time_ns) == (start * MS, end * MS)

    def test_times_are_kept_to_the_nanosecond(self, store: AbstractStore) -> None:
        sent = span(new_trace_id())
        sent._span._start_time += 123_457
        sent._span._end_time += 999_999
        found = _returned(store, sent)
        assert (found.start_time_ns % MS, found.end_time_ns % MS) == (123_457, 999_999)

    def test_end_may_be_open(self, store: AbstractStore) -> None:
        assert _returned(store, span(new_trace_id(), end=None)).end_time_ns is None


class TestAttributes:
    @pytest.mark.parametrize(
        "value",
        [
            None,
            True,
            0,
            -1.5,
            2**60,
            1e300,
            "",
            "text",
            "é損失😀",
            "a\0b",
            '"a',
            "5",
            [],
            {},
            [1, [2, [3, None]]],
            {"a": {"b.c": {"$d": [1.5, "e"]}}},
            {"é": "損失"},
        ],
    )
    def test_value(self, store: AbstractStore, value: Any) -> None:
        found = _returned(store, span(new_trace_id(), attributes={"k": value, INPUTS: value}))
        assert json.dumps(found.attributes["k"]) == json.dumps(value)
        assert json.dumps(found.inputs) == json.dumps(value)

    @pytest.mark.parametrize("key", [*AWKWARD_KEYS, *FREE_KEYS])
    def test_key(self, store: AbstractStore, key: str) -> None:
        assert _returned(store, span(new_trace_id(), attributes={key: 1})).attributes[key] == 1

    def test_keys_do_not_run_into_each_other(self, store: AbstractStore) -> None:
        given = {key: number for number, key in enumerate([*AWKWARD_KEYS, *FREE_KEYS])}
        found = _returned(store, span(new_trace_id(), attributes=given)).attributes
        assert {key: found[key] for key in given} == given

    def test_number_that_is_none_is_kept(self, store: AbstractStore) -> None:
        found = _returned(store, span(new_trace_id(), attributes={"k": float("nan")}))
        assert repr(found.attributes["k"]) == "nan"

    @pytest.mark.parametrize("value", [7, 1.5, True, "plain text", ("a", "b")])
    def test_value_that_is_not_json_is_kept_as_it_is(
        self, store: AbstractStore, value: Any
    ) -> None:
        sent = span(new_trace_id(), raw={"k": value})
        expected = list(value) if isinstance(value, tuple) else value
        assert _returned(store, sent).to_dict()["attributes"]["k"] == expected

    def test_text_of_json_is_kept_twice_encoded(self, store: AbstractStore) -> None:
        sent = span(new_trace_id(), attributes={"k": '{"a": 1}'})
        assert _returned(store, sent).attributes["k"] == '{"a": 1}'

    def test_text_of_json_is_unpacked_once(self, store: AbstractStore) -> None:
        sent = span(new_trace_id(), attributes={"k": '{"a": 1}'})
        assert _returned(store, sent).attributes["k"] == {"a": 1}


class TestEvents:
    def test_come_in_their_order(self, store: AbstractStore) -> None:
        sent = [event("c", 3), event("a", 1, k="v", n=5), event("b", 2, flags=(True, False))]
        found = _returned(store, span(new_trace_id(), events=sent)).events
        assert [one.name for one in found] == ["c", "a", "b"]
        assert [one.timestamp for one in found] == [3 * MS, 1 * MS, 2 * MS]
        assert dict(found[1].attributes) == {"k": "v", "n": 5}
        assert list(found[2].attributes["flags"]) == [True, False]

    def test_may_be_many(self, store: AbstractStore) -> None:
        sent = [event(f"e{number}", number, text="x" * 100) for number in range(2000)]
        found = _returned(store, span(new_trace_id(), events=sent)).events
        assert [one.name for one in found] == [one.name for one in sent]


def test_links_come_back(store: AbstractStore) -> None:
    context = SpanContext(trace_id=2**127 + 5, span_id=9, is_remote=False)
    found = _returned(store, span(new_trace_id(), links=[Link(context, {"k": "v"})])).links
    assert [(one.trace_id, one.span_id) for one in found] == [
        (f"tr-{2**127 + 5:032x}", f"{9:016x}")
    ]
    assert found[0].attributes == {"k": "v"}


class TestKind:
    def test_is_told(self, store: AbstractStore) -> None:
        assert _returned(store, span(new_trace_id())).to_dict()["kind"] == "SPAN_KIND_INTERNAL"

    def test_is_not_told(self, store: AbstractStore) -> None:
        assert "kind" not in _returned(store, span(new_trace_id())).to_dict()


class TestSizes:
    @pytest.mark.parametrize("text", ["x" * LARGE, "損失é" * (LARGE // 8), '"\\' * (LARGE // 4)])
    def test_inputs_may_be_large(self, store: AbstractStore, text: str) -> None:
        found = _returned(store, span(new_trace_id(), attributes={INPUTS: {"text": text}}))
        assert found.inputs == {"text": text}

    def test_several_large_ones_may_come_in_one_call(self, store: AbstractStore) -> None:
        trace_id = new_trace_id()
        texts = {number: "-ab"[number - 1] * (2 << 20) for number in (1, 2, 3)}
        spans = [
            span(trace_id, number, None if number == 1 else 1, attributes={OUTPUTS: text})
            for number, text in texts.items()
        ]
        logged(store, new_experiment(store), *spans)
        found = {int(one.span_id, 16): one.outputs for one in spans_of(store, trace_id)}
        assert found == texts

    def test_attributes_may_be_many(self, store: AbstractStore) -> None:
        given = {f"k{number:04}": number for number in range(3000)}
        found = _returned(store, span(new_trace_id(), attributes=given)).attributes
        assert {key: found[key] for key in given} == given

    def test_a_trace_may_have_2000_spans(self, store: AbstractStore) -> None:
        trace_id = new_trace_id()
        spans = [
            span(trace_id, number, None if number == 1 else number // 2, name=f"{number}", start=9)
            for number in range(1, 2001)
        ]
        logged(store, new_experiment(store), *spans)
        found = store.get_trace(trace_id).data.spans
        assert {one.span_id: (one.name, one.parent_id) for one in found} == {
            one.span_id: (one.name, one.parent_id) for one in spans
        }

    def test_nesting_may_be_deep(self, store: AbstractStore) -> None:
        trace_id = new_trace_id()
        usage = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}
        spans = [
            span(trace_id, number, number - 1 or None, attributes={"mlflow.chat.tokenUsage": usage})
            for number in range(1, 1201)
        ]
        found = logged(store, new_experiment(store), *spans)
        assert json.loads(found.trace_metadata["mlflow.trace.tokenUsage"]) == usage
