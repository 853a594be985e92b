"""Feedback on sessions: what is found is the same, however many sessions a query may name."""

import pytest
from mlflow.entities import Feedback, TraceInfo, TraceLocation, TraceState

from mlflow_docstore.adapters.document.codecs.assessments import encode_assessment
from mlflow_docstore.adapters.document.codecs.traces import encode_trace
from mlflow_docstore.adapters.document.driver import Document
from mlflow_docstore.adapters.document.texts.large import LargeTexts
from mlflow_docstore.adapters.document.traces.assessed import brought
from mlflow_docstore.adapters.document.traces.stored import IS_ACTIVE, StoredTraces
from mlflow_docstore.adapters.document.traces.verdicts import Verdicts
from mlflow_docstore.adapters.memory.database import Database
from mlflow_docstore.adapters.memory.driver import MemoryDriver
from mlflow_docstore.core.query import Field, FieldKind, In
from mlflow_docstore.core.traces import SESSION
from mlflow_docstore.ports.trace_queries import AssessmentTest, Pattern

VALUE = Field(FieldKind.ATTRIBUTE, "value")
IS_YES = (In(VALUE, ('"yes"',)),)
LOOKS_LIKE_YES = (Pattern(VALUE, "^.y"),)


def judged(name: str, session: str | None, *values: str, whole: bool = False) -> TraceInfo:
    """A trace that was given this feedback, or whose session was."""
    metadata = {SESSION: session} if session and whole else None
    given = [Feedback(name="good", value=value, metadata=metadata) for value in values]
    for number, feedback in enumerate(given):
        feedback.assessment_id = f"{name} {number}"
    return TraceInfo(
        name,
        TraceLocation.from_experiment_id("1"),
        request_time=1,
        state=TraceState.OK,
        trace_metadata={SESSION: session} if session else {},
        assessments=given,
    )


def stored_as(trace: TraceInfo) -> Document:
    elements = [encode_assessment(one) for one in trace.assessments]
    return encode_trace(trace, "era") | brought(elements, "token")


@pytest.fixture
def traces() -> StoredTraces:
    """Three sessions of two traces each, all judged as a whole, and two traces beside them."""
    driver = MemoryDriver(Database())
    stored = StoredTraces(driver, LargeTexts(driver))
    stored.insert(
        [
            stored_as(trace)
            for trace in (
                judged("a1", "a", "yes", whole=True),
                judged("a2", "a"),
                judged("b1", "b", "yes", "no", whole=True),
                judged("b2", "b"),
                judged("c1", "c", "yes"),
                judged("c2", "c", "no", whole=True),
                judged("own", None, "yes"),
                judged("none", None),
            )
        ]
    )
    return stored


@pytest.mark.parametrize("most", [0, 1, 2, 100])
@pytest.mark.parametrize(
    ("test", "expected"),
    [
        (AssessmentTest("feedback", "good", IS_YES), ["a1", "a2", "b1", "b2", "c1", "own"]),
        (
            AssessmentTest("feedback", "good", patterns=LOOKS_LIKE_YES),
            ["a1", "a2", "b1", "b2", "c1", "own"],
        ),
        (AssessmentTest("feedback", "good", negated=True), ["none"]),
        (AssessmentTest("feedback", "other"), []),
    ],
)
def test_sessions_are_judged_alike(
    traces: StoredTraces, most: int, test: AssessmentTest, expected: list[str]
) -> None:
    verdict = Verdicts(traces, most).on(test, [IS_ACTIVE])
    found = traces.documents.find([IS_ACTIVE, *verdict.where])
    kept = verdict.keep(found) if verdict.keep else found
    assert sorted(trace["_id"] for trace in kept) == expected
