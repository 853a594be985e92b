"""Every write that the ports offer, and beside them calls of some with other arguments."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mlflow.entities import LoggedModelInput
from mlflow.entities.webhook import WebhookStatus

from mlflow_docstore.core.registry import IS_PROMPT_TAG
from mlflow_docstore.core.traces import NAME_TAG
from mlflow_docstore.ports.runs import RunBatch
from mlflow_docstore.ports.webhooks import WebhookChanges

from . import (
    archives_world,
    assessments_world,
    layout_world,
    registry_world,
    traces_world,
    world,
)
from .arenas import World
from .assessments_world import feedback, replace_assessments
from .ports import Call, writes
from .rules import BEHAVIOURS, Behaviour, decided_at_once
from .samples import POINTS, with_new
from .traces_world import HOME, batch, span, trace
from .world import LARGE, dataset, point

WORLDS = (
    world.WORLD,
    registry_world.WORLD,
    traces_world.WORLD,
    archives_world.WORLD,
    assessments_world.WORLD,
    layout_world.WORLD,
)


@dataclass(frozen=True)
class Operation:
    """A write.

    Args:
        name: The area, the method, and behind a blank what is special about the call.
        act: The call.
        world: What it is made on.
        behaviour: How it may differ from the strictest.
    """

    name: str
    act: Call
    world: World
    behaviour: Behaviour

    def __str__(self) -> str:
        return self.name

    @property
    def area(self) -> str:
        """Whose it is; of a method of the backend, the method."""
        return self.name.partition(" ")[0].partition(".")[0]


def _operation(name: str, act: Call, on: World, behaviour: Behaviour | None = None) -> Operation:
    known = BEHAVIOURS.get(name.partition(" ")[0], Behaviour())
    return Operation(name, act, on, behaviour or known)


def _variants(on: World, *calls: tuple[str, Call]) -> list[Operation]:
    return [_operation(name, act, on) for name, act in calls]


def _at_once(operation: Operation) -> Operation:
    return replace(operation, behaviour=Behaviour())


_RUNS = _variants(
    world.WORLD,
    ("runs.log metrics", lambda db: db.runs.log("r1", RunBatch(POINTS))),
    ("runs.purge of one that measured nothing", lambda db: db.runs.purge("r2")),
    ("experiments.delete_tag whatever it says", lambda db: db.experiments.delete_tag("1", "team")),
    (
        "inputs.log_inputs with large texts",
        lambda db: db.inputs.log_inputs(
            "r1", [dataset("new", f"new {LARGE}"), dataset("newer"), dataset("old", LARGE)], []
        ),
    ),
    (
        "logged_models.add_metrics of one point",
        lambda db: db.logged_models.add_metrics("r1", [point(1, "auc", "m3")]),
    ),
    (
        "inputs.log_inputs of models alone",
        lambda db: db.inputs.log_inputs("r1", [], [LoggedModelInput("m1")]),
    ),
)

# Without points, and while a run goes on, all is one write.
_SMALL_BATCHES = map(
    _at_once,
    _variants(
        world.WORLD,
        ("runs.log params", lambda db: db.runs.log("r1", RunBatch(params={"lr": "1"}))),
        ("runs.log tags", lambda db: db.runs.log("r1", RunBatch(tags={"colour": "blue"}))),
        ("runs.log name", lambda db: db.runs.log("r1", RunBatch(name="other"))),
        ("runs.update_info on the way", lambda db: db.runs.update_info("r1", end_time=7)),
        ("runs.change_tag anew", lambda db: db.runs.change_tag("r1", "none", with_new)),
    ),
)

_REGISTRY = _variants(
    registry_world.WORLD,
    ("registered_models.set_alias anew", lambda db: db.registered_models.set_alias("ant", "z", 2)),
    (
        "model_versions.transition alone",
        lambda db: db.model_versions.transition("ant", 1, "Staging", at=6000, archive=False),
    ),
    (
        "model_versions.transition of others",
        lambda db: db.model_versions.transition("ant", 1, "Production", at=6000, archive=True),
    ),
    (
        "model_versions.delete of one with aliases",
        lambda db: db.model_versions.delete("ant", 1, at=6000),
    ),
    (
        "webhooks.update to disable it",
        lambda db: db.webhooks.update("w1", WebhookChanges(status=WebhookStatus.DISABLED), at=6000),
    ),
    (
        "registered_models.set_tag of prompts",
        lambda db: db.registered_models.set_tag("ant", IS_PROMPT_TAG, "true"),
    ),
)

_LATER = trace("t1", 4000)

_TRACES = _variants(
    traces_world.WORLD,
    ("traces.start of one with spans", lambda db: db.traces.start(_LATER)),
    ("traces.start of one with links", lambda db: db.traces.start(trace("t4"))),
    ("traces.set_tag of its name", lambda db: db.traces.set_tag("t1", NAME_TAG, "other")),
    ("traces.delete_tag of its name", lambda db: db.traces.delete_tag("t1", NAME_TAG)),
    (
        "spans.log earlier ones",
        lambda db: db.spans.log([batch("t2", span(3, 1000, LARGE, tokens=5))], HOME),
    ),
    (
        "spans.log again",
        lambda db: db.spans.log([batch("t2", span(2, 2002, "other", tokens=9))], HOME),
    ),
    (
        "spans.log of several traces",
        lambda db: db.spans.log(
            [batch(key, span(1, 1500, tokens=5)) for key in ("t5", "t1", "t4")], HOME
        ),
    ),
)

_ASSESSMENTS = _variants(
    assessments_world.WORLD,
    (
        "assessments.create overriding",
        lambda db: db.assessments.create(feedback("a4", overrides="a2")),
    ),
    (
        "assessments.create with a large rationale",
        lambda db: db.assessments.create(feedback("a4", "t2", rationale=LARGE)),
    ),
    (
        "assessments.delete of one that is overridden",
        lambda db: db.assessments.delete("t1", "a1"),
    ),
    (
        "traces.start with assessments",
        lambda db: db.traces.start(
            replace_assessments(trace("t5"), feedback("a4", "t5", rationale=LARGE))
        ),
    ),
    (
        "traces.start again with assessments",
        lambda db: db.traces.start(
            replace_assessments(trace("t1"), feedback("a4"), feedback("a2"))
        ),
    ),
    ("traces.delete of assessed ones", lambda db: db.traces.delete("1", ["t1", "t2"])),
)

# A version of a prompt among those of a model hides them all from searches, one after the other.
_PROMPT = _operation(
    "model_versions.set_tag of prompts",
    lambda db: db.model_versions.set_tag("ant", 1, IS_PROMPT_TAG, "true"),
    registry_world.WORLD,
    Behaviour(decided_at_once),
)


def _found() -> tuple[list[Operation], dict[str, str]]:
    """All that can be called; the rest by method, with what is wrong in every world."""
    operations: list[Operation] = []
    problems: dict[str, str] = {}
    taken: set[str] = set()
    for one in WORLDS:
        outcome = writes(one)
        operations += [_operation(name, act, one) for name, act in outcome.calls.items()]
        problems |= outcome.problems
        taken |= outcome.taken
    return operations, {name: text for name, text in problems.items() if name not in taken}


_DERIVED, PROBLEMS = _found()

OPERATIONS: Sequence[Operation] = (
    *_DERIVED,
    *_RUNS,
    *_SMALL_BATCHES,
    *_REGISTRY,
    *_TRACES,
    *_ASSESSMENTS,
    _PROMPT,
)
