"""Assessments: values, errors, sources, names, rationales and metadata, down to the last bit."""

import json
import math
from typing import Any

import pytest
from mlflow.entities import AssessmentError
from mlflow.entities.assessment import ExpectationValue, FeedbackValue
from mlflow.store.tracking.abstract_store import AbstractStore

from .. import scenarios
from ..scenarios import refused
from .assessment_scenarios import (
    assessed_trace,
    expectation,
    feedback,
    issue_reference,
    made,
    on_trace,
    source,
)

pytestmark = pytest.mark.area("assessments")

TEXTS = {
    "empty": "",
    "blank": " \t\n",
    "accented": "r\u00e9sum\u00e9 e\u0301",
    "japanese": "\u640d\u5931",
    "emoji": "\U0001f600\u200d\U0001f468",
    "nul": "a\0b",
    "quotes": '"it\'s" \\ `x`',
    "lines": "first\r\nsecond\u2028third\n",
    "operator": "$set.a",
    "json": '{"value": "yes"}',
    "long": "x" * 70_000,
}
TEXT = pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)

VALUES = {
    "true": True,
    "false": False,
    "zero": 0,
    "one": 1,
    "one as float": 1.0,
    "negative": -17,
    "64 bits": 2**63 - 1,
    "more than 64 bits": 2**64 + 1,
    "a hundred digits": 10**100,
    "third": 1 / 3,
    "negative zero": -0.0,
    "greatest": 1.7976931348623157e308,
    "smallest": 5e-324,
    "nan": math.nan,
    "infinity": math.inf,
    "negative infinity": -math.inf,
    "yes": "yes",
    "number as text": "0.5",
    "lone surrogate": "\ud83d",
    "empty list": [],
    "list": [1, "a", True, None, 0.5],
    "nested list": [[1], [[2]], {"a": []}],
    "list with nan": [math.nan, -math.inf],
    "empty dict": {},
    "dict": {"zebra": 1, "apple": {"b": [None, {"c": False}]}},
    "awkward keys": {"$set": 1, "a.b": 2, "": 3, "a\0b": 4, "_id": 5, "~": 6},
    "deep": json.loads("[" * 60 + "]" * 60),
    "wide": {f"k{i}": i for i in range(2000)},
} | TEXTS
VALUE = pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)

BECOMES = {
    "tuple": ((1, "a"), [1, "a"]),
    "number as key": ({1: "a"}, {"1": "a"}),
    "truth as key": ({True: "a"}, {"true": "a"}),
    "none as key": ({None: "a"}, {"null": "a"}),
}
NO_JSON = {"set": {1}, "bytes": b"a", "object": object, "in a list": [1, {2}]}
FIVE_MEGABYTES = "0123456789abcdef" * (5 * 65_536)


@pytest.fixture
def trace_id(store: AbstractStore) -> str:
    return assessed_trace(store)


def same(kept: Any, value: Any) -> bool:
    """Whether two values are one to JSON, which tells numbers from truths and knows nan."""
    return json.dumps(kept) == json.dumps(value)


class TestValues:
    @VALUE
    def test_of_feedback_are_kept_exactly(
        self, store: AbstractStore, trace_id: str, value: Any
    ) -> None:
        assessment_id = made(store, feedback(trace_id, value=value))
        assert same(store.get_assessment(trace_id, assessment_id).value, value)

    @VALUE
    def test_of_expectations_are_kept_exactly(
        self, store: AbstractStore, trace_id: str, value: Any
    ) -> None:
        assessment_id = made(store, expectation(trace_id, value=value))
        assert same(on_trace(store, trace_id)[0].value, value)
        assert same(store.get_assessment(trace_id, assessment_id).value, value)

    @TEXT
    def test_of_issue_references_are_kept_exactly(
        self, store: AbstractStore, trace_id: str, text: str
    ) -> None:
        assessment_id = made(store, issue_reference(trace_id, issue_name=text))
        assert store.get_assessment(trace_id, assessment_id).issue_name == text

    @VALUE
    def test_are_replaced_exactly(self, store: AbstractStore, trace_id: str, value: Any) -> None:
        assessment_id = made(store, feedback(trace_id, value="before"))
        store.update_assessment(trace_id, assessment_id, feedback=FeedbackValue(value))
        assert same(store.get_assessment(trace_id, assessment_id).value, value)

    def test_of_feedback_may_be_none(self, store: AbstractStore, trace_id: str) -> None:
        assessment_id = made(store, feedback(trace_id, value=None))
        assert store.get_assessment(trace_id, assessment_id).value is None

    @pytest.mark.parametrize(("value", "becomes"), BECOMES.values(), ids=BECOMES)
    def test_become_what_json_makes_of_them(
        self, store: AbstractStore, trace_id: str, value: Any, becomes: Any
    ) -> None:
        created = store.create_assessment(feedback(trace_id, value=value))
        assert same(created.value, becomes)
        assert same(on_trace(store, trace_id)[0].value, becomes)

    @pytest.mark.parametrize("value", NO_JSON.values(), ids=NO_JSON)
    def test_that_are_no_json_are_refused(
        self, store: AbstractStore, trace_id: str, value: Any
    ) -> None:
        with refused("INTERNAL_ERROR", "is not JSON serializable"):
            store.create_assessment(feedback(trace_id, value=value))
        assert on_trace(store, trace_id) == []

    def test_that_are_no_json_replace_nothing(self, store: AbstractStore, trace_id: str) -> None:
        created = store.create_assessment(feedback(trace_id))
        with refused("INTERNAL_ERROR", "is not JSON serializable"):
            store.update_assessment(trace_id, created.assessment_id, feedback=FeedbackValue({1, 2}))
        assert on_trace(store, trace_id) == [created]

    def test_of_an_expectation_cannot_be_none(self, store: AbstractStore, trace_id: str) -> None:
        given = expectation(trace_id)
        given.expectation = ExpectationValue(None)
        with refused("INVALID_PARAMETER_VALUE", "The `value` field must be specified."):
            store.create_assessment(given)
        assert on_trace(store, trace_id) == []

    def test_of_5_megabytes_are_kept(self, store: AbstractStore, trace_id: str) -> None:
        assessment_id = made(store, expectation(trace_id, value={"text": FIVE_MEGABYTES}))
        kept = store.get_assessment(trace_id, assessment_id).value
        assert kept["text"] == FIVE_MEGABYTES


class TestErrors:
    @pytest.mark.parametrize(
        "error",
        [
            AssessmentError("RATE_LIMIT"),
            AssessmentError("RATE_LIMIT", "try later"),
            AssessmentError("RATE_LIMIT", "", ""),
            AssessmentError("\u640d\u5931", 'a "b"\0c', "line 1\nline 2"),
            AssessmentError("X", "m", "s" * 20_000),
        ],
        ids=["code", "message", "empty texts", "awkward texts", "long trace"],
    )
    def test_are_kept_whole(
        self, store: AbstractStore, trace_id: str, error: AssessmentError
    ) -> None:
        assessment_id = made(store, feedback(trace_id, value=None, error=error))
        kept = store.get_assessment(trace_id, assessment_id)
        assert kept.feedback.error == kept.error == error

    def test_stand_beside_a_value(self, store: AbstractStore, trace_id: str) -> None:
        assessment_id = made(store, feedback(trace_id, value=0.5, error=AssessmentError("E")))
        kept = store.get_assessment(trace_id, assessment_id)
        assert (kept.value, kept.error_code) == (0.5, "E")

    def test_may_be_given_as_text(self, store: AbstractStore, trace_id: str) -> None:
        assessment_id = made(store, feedback(trace_id, value=None, error="judge is down"))
        kept = store.get_assessment(trace_id, assessment_id)
        assert (kept.error_code, kept.error_message) == ("ASSESSMENT_ERROR", "judge is down")

    def test_may_be_exceptions(self, store: AbstractStore, trace_id: str) -> None:
        assessment_id = made(store, feedback(trace_id, value=None, error=KeyError("k")))
        kept = store.get_assessment(trace_id, assessment_id)
        assert (kept.error_code, kept.error_message) == ("KeyError", "'k'")
        assert "KeyError" in kept.error.stack_trace

    def test_are_none_unless_given(self, store: AbstractStore, trace_id: str) -> None:
        kept = store.get_assessment(trace_id, made(store, feedback(trace_id)))
        assert (kept.error, kept.feedback.error) == (None, None)


class TestSources:
    @pytest.mark.parametrize("kind", ["HUMAN", "LLM_JUDGE", "CODE", "SOURCE_TYPE_UNSPECIFIED"])
    def test_of_every_type_are_kept(self, store: AbstractStore, trace_id: str, kind: str) -> None:
        assessment_id = made(store, feedback(trace_id, source=source(kind, "me")))
        assert store.get_assessment(trace_id, assessment_id).source == source(kind, "me")

    @pytest.mark.parametrize("source_id", [None, "", "\u640d\u5931", "a.b/$c", "x" * 250])
    def test_may_have_any_id(
        self, store: AbstractStore, trace_id: str, source_id: str | None
    ) -> None:
        assessment_id = made(store, expectation(trace_id, source=source("CODE", source_id)))
        assert store.get_assessment(trace_id, assessment_id).source.source_id == source_id

    @pytest.mark.parametrize(
        ("build", "kind"),
        [(feedback, "CODE"), (expectation, "HUMAN"), (issue_reference, "LLM_JUDGE")],
    )
    def test_have_a_default_for_each_kind(
        self, store: AbstractStore, trace_id: str, build: Any, kind: str
    ) -> None:
        assessment_id = made(store, build(trace_id))
        assert store.get_assessment(trace_id, assessment_id).source == source(kind, "default")


class TestTexts:
    @TEXT
    def test_of_rationales_are_kept_exactly(
        self, store: AbstractStore, trace_id: str, text: str
    ) -> None:
        assessment_id = made(store, feedback(trace_id, rationale=text))
        assert store.get_assessment(trace_id, assessment_id).rationale == text

    @pytest.mark.parametrize(
        "name", ["", " ", *scenarios.AWKWARD_KEYS, *scenarios.FREE_KEYS, "n" * 1000]
    )
    def test_of_names_are_kept_exactly(
        self, store: AbstractStore, trace_id: str, name: str
    ) -> None:
        assessment_id = made(store, feedback(trace_id, name))
        assert store.get_assessment(trace_id, assessment_id).name == name

    def test_of_5_megabytes_are_kept(self, store: AbstractStore, trace_id: str) -> None:
        assessment_id = made(store, feedback(trace_id, rationale=FIVE_MEGABYTES))
        assert store.get_assessment(trace_id, assessment_id).rationale == FIVE_MEGABYTES

    def test_of_5_megabytes_show_in_the_trace(self, store: AbstractStore, trace_id: str) -> None:
        made(store, feedback(trace_id, "large", rationale=FIVE_MEGABYTES))
        made(store, feedback(trace_id, "small", rationale="short"))
        found = {each.name: each.rationale for each in on_trace(store, trace_id)}
        assert found == {"large": FIVE_MEGABYTES, "small": "short"}

    def test_of_5_megabytes_outlive_a_change_beside_them(
        self, store: AbstractStore, trace_id: str
    ) -> None:
        assessment_id = made(store, feedback(trace_id, rationale=FIVE_MEGABYTES))
        store.update_assessment(trace_id, assessment_id, feedback=FeedbackValue("bad"))
        kept = store.get_assessment(trace_id, assessment_id)
        assert (kept.value, kept.rationale == FIVE_MEGABYTES) == ("bad", True)

    def test_of_5_megabytes_can_be_shortened(self, store: AbstractStore, trace_id: str) -> None:
        assessment_id = made(store, feedback(trace_id, rationale=FIVE_MEGABYTES))
        store.update_assessment(trace_id, assessment_id, rationale="short")
        assert store.get_assessment(trace_id, assessment_id).rationale == "short"

    def test_of_5_megabytes_go_with_the_assessment(
        self, store: AbstractStore, trace_id: str
    ) -> None:
        assessment_id = made(store, feedback(trace_id, rationale=FIVE_MEGABYTES))
        store.delete_assessment(trace_id, assessment_id)
        assert on_trace(store, trace_id) == []


class TestMetadata:
    @pytest.mark.parametrize("empty", [None, {}])
    def test_of_none_is_none(
        self, store: AbstractStore, trace_id: str, empty: dict[str, str] | None
    ) -> None:
        assessment_id = made(store, feedback(trace_id, metadata=empty))
        assert store.get_assessment(trace_id, assessment_id).metadata is None

    @pytest.mark.parametrize("key", ["", *scenarios.AWKWARD_KEYS, *scenarios.FREE_KEYS])
    def test_may_have_any_key(self, store: AbstractStore, trace_id: str, key: str) -> None:
        assessment_id = made(store, feedback(trace_id, metadata={key: "1"}))
        assert store.get_assessment(trace_id, assessment_id).metadata == {key: "1"}

    @TEXT
    def test_may_have_any_text(self, store: AbstractStore, trace_id: str, text: str) -> None:
        assessment_id = made(store, expectation(trace_id, metadata={"k": text}))
        assert store.get_assessment(trace_id, assessment_id).metadata == {"k": text}

    @VALUE
    def test_may_hold_what_is_no_text(
        self, store: AbstractStore, trace_id: str, value: Any
    ) -> None:
        assessment_id = made(store, feedback(trace_id, metadata={"k": value}))
        assert same(store.get_assessment(trace_id, assessment_id).metadata, {"k": value})

    def test_keeps_its_order(self, store: AbstractStore, trace_id: str) -> None:
        keys = ["zebra", "apple", "mango"]
        assessment_id = made(store, feedback(trace_id, metadata=dict.fromkeys(keys, "")))
        assert list(store.get_assessment(trace_id, assessment_id).metadata) == keys

    def test_may_be_large(self, store: AbstractStore, trace_id: str) -> None:
        metadata = {f"key-{i}": "x" * 300 for i in range(5000)}
        assessment_id = made(store, feedback(trace_id, metadata=metadata))
        assert store.get_assessment(trace_id, assessment_id).metadata == metadata
