"""The traces of another world, with what is thought of them."""

from dataclasses import replace
from typing import Any

from mlflow.entities import Assessment, AssessmentSource, Expectation, Feedback, TraceInfo

from mlflow_docstore.core.errors import NotFound
from mlflow_docstore.ports.backend import Backend

from . import traces_world
from .arenas import World
from .readers import Snapshot
from .traces_world import IDS, LARGE

ASSESSMENTS = ("a1", "a2", "a3", "a4")
"""All ids that the operations use."""


def feedback(
    assessment_id: str,
    trace_id: str = "t1",
    *,
    overrides: str | None = None,
    rationale: str | None = None,
    run_id: str | None = None,
) -> Assessment:
    made = Feedback(
        name="quality",
        value="yes",
        source=AssessmentSource("HUMAN", "ann"),
        trace_id=trace_id,
        rationale=rationale,
        metadata={"mlflow.assessment.sourceRunId": run_id} if run_id else None,
        create_time_ms=4000,
        last_update_time_ms=4000,
        overrides=overrides,
    )
    made.assessment_id = assessment_id
    return made


def changed(assessment: Assessment) -> Assessment:
    """The same with another rationale, whoever asks a second time."""
    assessment.rationale = "because"
    return assessment


def replace_assessments(trace: TraceInfo, *assessments: Assessment) -> TraceInfo:
    """A trace that comes with these."""
    return replace(trace, assessments=list(assessments))


def arrange(backend: Backend) -> None:
    """Of t1, a2 overrides a1; a run has made a3 of t2."""
    traces_world.arrange(backend)
    backend.assessments.create(feedback("a1", rationale=LARGE))
    backend.assessments.create(feedback("a2", overrides="a1"))
    backend.assessments.create(feedback("a3", "t2", run_id="r1"))
    expected = Expectation("answer", "42", trace_id="t2", create_time_ms=4000)
    expected.assessment_id, expected.last_update_time_ms = "a5", 4000
    backend.assessments.create(expected)


def look(backend: Backend) -> Snapshot:
    """Everything, as plain values that compare."""
    return {
        **traces_world.look(backend),
        "assessments": {
            f"{trace_id} {key}": found
            for trace_id in IDS
            for key in ASSESSMENTS
            if (found := _got(backend, trace_id, key)) is not None
        },
    }


def _got(backend: Backend, trace_id: str, key: str) -> dict[str, Any] | None:
    try:
        return backend.assessments.get(trace_id, key).to_dictionary()
    except NotFound:
        return None


WORLD = World(("assessments",), arrange, look, exact=())
