"""What all subjects are filled with: the same traces, drawn from one seed."""

import base64
import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mlflow.entities import (
    Assessment,
    AssessmentSource,
    Feedback,
    Span,
    TraceInfo,
    TraceLocation,
    TraceState,
)

from benchmarks.data import EPOCH, HIT, HITS

WEEK = 7 * 24 * 3_600_000
"""The traces of an experiment are spread over one, in milliseconds."""

SPANS = 3
"""Of each trace."""

RETRIEVER = "retrieve"
"""The name of a span that every trace has."""

RARE_SPAN = HIT
"""The name of a span that few have in its place."""

FEEDBACK = "correct"
HELD, REFUSED = "yes", "no"
"""The values of feedback: the latter on few traces, the former on one of FEEDBACK_EVERY others."""

FEEDBACK_EVERY = 4
"""One trace of so many has feedback."""

MODELS = ("small", "medium", "large")
SESSION_TRACES = 10
"""How many traces a session has, where it is not the one that is searched."""

HIT_SESSION = "session-needle"
HIT_RUN = f"{7:032x}"
"""What few traces belong to."""

_QUESTION = "How do I give the run of a sweep a name that says which of its settings it tried?"
_ANSWER = (
    "Name it when it is started: the name is a tag, and can be changed afterwards as well. " * 3
)
_HIT_BY = ("team", "customer", "state", "session", "run", "feedback", "span")
_TEAMS = tuple(f"team-{number}" for number in range(20))
_LINKED = 0.5
"""Part of the traces of a run that were linked to it; the others were made within it."""

_TOLD_BY_STORES = ("mlflow.artifactLocation", "mlflow.trace.spansLocation")
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Step:
    """A span that is to be there; times are nanoseconds."""

    span_id: str
    parent_id: str | None
    name: str
    type: str
    status: str
    start: int
    end: int
    attributes: Mapping[str, Any]
    usage: Mapping[str, int] | None = None
    cost: Mapping[str, float] | None = None
    model: str | None = None

    def content(self, trace_id: str) -> dict[str, Any]:
        """The span as MLflow writes it down."""
        attributes = {
            "mlflow.traceRequestId": trace_id,
            "mlflow.spanType": self.type,
            **self.attributes,
        }
        if self.usage is not None:
            attributes["mlflow.chat.tokenUsage"] = self.usage
        if self.cost is not None:
            attributes["mlflow.llm.cost"] = self.cost
        if self.model is not None:
            attributes["mlflow.llm.model"] = self.model
        return {
            "trace_id": _base64(trace_id.removeprefix("tr-")),
            "span_id": _base64(self.span_id),
            "parent_span_id": None if self.parent_id is None else _base64(self.parent_id),
            "name": self.name,
            "start_time_unix_nano": self.start,
            "end_time_unix_nano": self.end,
            "events": [],
            "status": {"code": f"STATUS_CODE_{self.status}", "message": ""},
            "attributes": {key: json.dumps(value) for key, value in attributes.items()},
            "links": [],
        }

    def entity(self, trace_id: str) -> Span:
        """The span as MLflow's calls take it."""
        return Span.from_dict(self.content(trace_id))


@dataclass(frozen=True, slots=True)
class Drawn:
    """A trace that is to be there.

    Args:
        info: With its assessments.
        steps: Its spans.
        runs: Those that it is linked to.
    """

    info: TraceInfo
    steps: list[Step]
    runs: list[str] = field(default_factory=list)

    @property
    def spans(self) -> list[Span]:
        """As MLflow's calls take them."""
        return [step.entity(self.info.trace_id) for step in self.steps]


def traces(experiment_id: str, count: int, seed: int) -> Iterator[Drawn]:
    """Finished traces, of SPANS spans each, the newest last."""
    source = random.Random(seed)  # noqa: S311 - repeatable, guards nothing
    stride = max(1, count // HITS)
    for number in range(count):
        place = number % stride if number < stride * HITS else -1
        hit = frozenset(
            kind for at, kind in enumerate(_HIT_BY) if place == at * stride // len(_HIT_BY)
        )
        yield _drawn(experiment_id, number, EPOCH + number * WEEK // count, hit, source)


def untold(experiment_id: str, number: int) -> Drawn:
    """A trace that is in no data set, as it is before a store has seen it."""
    drawn = _single(experiment_id, number)
    drawn.info.assessments = []
    for tag in _TOLD_BY_STORES:
        del drawn.info.tags[tag]
    return drawn


def wide_trace(experiment_id: str, number: int, spans: int) -> Drawn:
    """A trace with so many spans: a root, and children of it."""
    drawn = _single(experiment_id, number)
    root, child, _ = drawn.steps
    children = [
        Step(
            f"{int(child.span_id, 16) // 2 + at + 1:016x}",
            root.span_id,
            RETRIEVER,
            child.type,
            child.status,
            child.start + at * 1_000,
            child.end,
            child.attributes,
        )
        for at in range(spans - 1)
    ]
    return Drawn(drawn.info, [root, *children])


def feedback(trace_id: str, value: str, at: int, number: int) -> Assessment:
    """What code thinks of a trace."""
    found = Feedback(
        name=FEEDBACK,
        value=value,
        source=AssessmentSource("CODE", "benchmark"),
        trace_id=trace_id,
        rationale="The answer names what the question asks for.",
        create_time_ms=at,
        last_update_time_ms=at,
    )
    found.assessment_id = f"a-{trace_id.removeprefix('tr-')[:24]}{number:08x}"
    return found


def _single(experiment_id: str, number: int) -> Drawn:
    source = random.Random(f"single-{number}")  # noqa: S311 - as above
    return _drawn(experiment_id, number, EPOCH + number, frozenset(), source)


def _drawn(
    experiment_id: str, number: int, start: int, hit: frozenset[str], source: random.Random
) -> Drawn:
    trace_id = f"tr-{source.getrandbits(128):032x}"
    took = int(source.lognormvariate(6, 0.8))
    error = "state" in hit
    usage = {"input_tokens": source.randrange(100, 2_000), "output_tokens": source.randrange(400)}
    usage["total_tokens"] = sum(usage.values())
    cost = {
        "input_cost": usage["input_tokens"] * 1e-6,
        "output_cost": usage["output_tokens"] * 4e-6,
    }
    cost["total_cost"] = sum(cost.values())
    info = TraceInfo(
        trace_id=trace_id,
        trace_location=TraceLocation.from_experiment_id(experiment_id),
        request_time=start,
        execution_duration=took,
        state=TraceState.ERROR if error else TraceState.OK,
        request_preview=json.dumps({"question": _QUESTION}),
        response_preview=json.dumps(_ANSWER),
        tags=_tags(trace_id, hit, source),
        trace_metadata=_metadata(number, hit, usage, cost),
        assessments=_assessments(trace_id, number, start + took, hit),
    )
    steps = _steps(start, took, "ERROR" if error else "OK", hit, source)
    steps[-1] = _answered(steps[-1], usage, cost, source.choice(MODELS))
    if "run" not in hit:
        return Drawn(info, steps)
    if source.random() < _LINKED:
        return Drawn(info, steps, [HIT_RUN])
    info.trace_metadata["mlflow.sourceRun"] = HIT_RUN
    return Drawn(info, steps)


def _tags(trace_id: str, hit: frozenset[str], source: random.Random) -> dict[str, str]:
    return {
        "mlflow.traceName": "answer",
        "mlflow.artifactLocation": f"/tmp/artifacts/traces/{trace_id}/artifacts",  # noqa: S108
        "mlflow.trace.spansLocation": "TRACKING_STORE",
        "team": HIT if "team" in hit else source.choice(_TEAMS),
        "stage": source.choice(("production", "staging")),
    }


def _metadata(
    number: int, hit: frozenset[str], usage: Mapping[str, int], cost: Mapping[str, float]
) -> dict[str, str]:
    session = HIT_SESSION if "session" in hit else f"session-{number // SESSION_TRACES}"
    return {
        "mlflow.user": "bench",
        "mlflow.source.name": "benchmark.py",
        "mlflow.source.type": "LOCAL",
        "mlflow.trace_schema.version": "3",
        "mlflow.trace.infoFinalized": "true",
        "mlflow.trace.sizeBytes": "3417",
        "mlflow.trace.session": session,
        "mlflow.trace.tokenUsage": json.dumps(usage),
        "mlflow.trace.cost": json.dumps(cost),
        "customer": HIT if "customer" in hit else f"customer-{number % 97}",
        "channel": ("web", "mail")[number % 2],
    }


def _assessments(trace_id: str, number: int, at: int, hit: frozenset[str]) -> list[Assessment]:
    if "feedback" in hit:
        return [feedback(trace_id, REFUSED, at, number)]
    return [feedback(trace_id, HELD, at, number)] if number % FEEDBACK_EVERY == 0 else []


def _steps(
    start: int, took: int, status: str, hit: frozenset[str], source: random.Random
) -> list[Step]:
    root, retriever, model = (f"{source.getrandbits(64):016x}" for _ in range(SPANS))
    begin, end = start * _MILLION, (start + took) * _MILLION
    third = (end - begin) // SPANS
    question = {"mlflow.spanInputs": {"question": _QUESTION}}
    return [
        Step(
            *(root, None, "answer", "CHAIN", status, begin, end),
            {**question, "mlflow.spanOutputs": _ANSWER},
        ),
        Step(
            *(retriever, root, RARE_SPAN if "span" in hit else RETRIEVER, "RETRIEVER", "OK"),
            *(begin, begin + third),
            {**question, "mlflow.spanOutputs": [{"page_content": _ANSWER, "id": "runs.md"}]},
        ),
        Step(
            *(model, root, "write", "CHAT_MODEL", status, begin + third, end),
            {**question, "mlflow.spanOutputs": _ANSWER},
        ),
    ]


def _answered(step: Step, usage: Mapping[str, int], cost: Mapping[str, float], model: str) -> Step:
    return Step(
        *(step.span_id, step.parent_id, step.name, step.type, step.status, step.start, step.end),
        step.attributes,
        usage,
        cost,
        model,
    )


def _base64(digits: str) -> str:
    return base64.b64encode(bytes.fromhex(digits)).decode()
