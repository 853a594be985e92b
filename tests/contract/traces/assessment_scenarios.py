"""Named builders: assessments, and traces to attach them to."""

from collections.abc import Sequence
from typing import Any

from mlflow.entities import (
    Assessment,
    AssessmentSource,
    Expectation,
    Feedback,
    TraceInfo,
    TraceLocation,
    TraceState,
)
from mlflow.entities.assessment import IssueReference
from mlflow.store.tracking.abstract_store import AbstractStore

from .. import scenarios

SOURCE_RUN = "mlflow.assessment.sourceRunId"
"""The key of the metadata that names the run which made an assessment."""

SESSION = "mlflow.trace.session"
"""The key of the metadata that names the session of a trace, or marks a verdict on all of it."""


def unknown_trace_id() -> str:
    """A well-formed id of a trace that was never started."""
    return scenarios.unique("tr")


def unknown_assessment_id() -> str:
    """A well-formed id of an assessment that was never made."""
    return scenarios.unique("a")


def finished_trace(
    experiment_id: str, assessments: Sequence[Assessment] = (), **options: Any
) -> TraceInfo:
    """What an exporter says of a trace that has ended."""
    arguments = {
        "trace_id": scenarios.unique("tr"),
        "trace_location": TraceLocation.from_experiment_id(experiment_id),
        "request_time": scenarios.START_TIME,
        "execution_duration": 250,
        "state": TraceState.OK,
    } | options
    return TraceInfo(assessments=list(assessments), **arguments)


def assessed_trace(
    store: AbstractStore,
    *assessments: Assessment,
    experiment_id: str | None = None,
    **options: Any,
) -> str:
    """A trace started with these assessments, in an experiment of its own unless told; its id."""
    experiment_id = experiment_id or scenarios.new_experiment(store)
    return store.start_trace(finished_trace(experiment_id, assessments, **options)).trace_id


def feedback(
    trace_id: str | None = None, name: str = "quality", value: Any = "good", **options: Any
) -> Feedback:
    """A verdict; what the entity's constructor does not take is set on it."""
    late = _late(options, "assessment_id", "run_id")
    return _with(Feedback(name, value, trace_id=trace_id, **options), late)


def expectation(
    trace_id: str | None = None, name: str = "answer", value: Any = "Paris", **options: Any
) -> Expectation:
    """What should have been answered; what the constructor does not take is set on it."""
    late = _late(options, "assessment_id", "run_id", "rationale", "overrides", "valid")
    return _with(Expectation(name, value, trace_id=trace_id, **options), late)


def issue_reference(
    trace_id: str | None = None,
    issue_id: str = "iss-1",
    issue_name: str = "Slow answers",
    **options: Any,
) -> IssueReference:
    """A mark that a trace shows an issue; what the constructor does not take is set on it."""
    late = _late(options, "assessment_id", "overrides", "valid")
    return _with(IssueReference(issue_id, issue_name, trace_id=trace_id, **options), late)


KINDS = {"feedback": feedback, "expectation": expectation, "issue": issue_reference}
"""A builder of each kind of assessment."""


def made(store: AbstractStore, assessment: Assessment) -> str:
    """Its id, once the store has it."""
    return store.create_assessment(assessment).assessment_id


def made_by_run(run_id: str, **metadata: str) -> dict[str, str]:
    """The metadata of an assessment that a run has made."""
    return {SOURCE_RUN: run_id} | metadata


def on_trace(store: AbstractStore, trace_id: str) -> list[Assessment]:
    """The assessments that a trace is read with."""
    return store.get_trace_info(trace_id).assessments


def ids_on_trace(store: AbstractStore, trace_id: str) -> list[str]:
    """The ids of the assessments that a trace is read with."""
    return [assessment.assessment_id for assessment in on_trace(store, trace_id)]


def validity(store: AbstractStore, trace_id: str) -> dict[str, bool]:
    """Whether each assessment of a trace counts, by id."""
    return {each.assessment_id: each.valid for each in on_trace(store, trace_id)}


def source(kind: str = "HUMAN", source_id: str | None = "ada@example.org") -> AssessmentSource:
    return AssessmentSource(kind, source_id)


def _late(options: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: options.pop(name) for name in names if name in options}


def _with(assessment: Any, attributes: dict[str, Any]) -> Any:
    for name, value in attributes.items():
        setattr(assessment, name, value)
    return assessment
