"""Every write that the repositories offer, and what may be seen of it before it is done."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mlflow.entities import LoggedModelInput, LoggedModelOutput, LoggedModelStatus

from mlflow_docstore.core.errors import AlreadyExists, NotFound, StoreError
from mlflow_docstore.ports.backend import Backend
from mlflow_docstore.ports.runs import RunBatch

from .readers import Snapshot
from .world import LARGE, dataset, experiment, model, point, run

Rule = Callable[[Snapshot, Snapshot, Snapshot], bool]
"""From what was seen before, what is seen now, and what is to be seen in the end."""


def at_once(before: Snapshot, now: Snapshot, end: Snapshot) -> bool:
    """All of the change is seen, or nothing of it."""
    return now in (before, end)


def one_after_another(*groups: str) -> Rule:
    """The areas of each group change at once, and the groups in this order."""

    def rule(before: Snapshot, now: Snapshot, end: Snapshot) -> bool:
        states = [{**before}]
        for group in groups:
            states.append({**states[-1], **{area: end[area] for area in group.split()}})
        return now in states and states[-1] == end

    return rule


def one_by_one(area: str, after: str = "") -> Rule:
    """Each entity of the area changes at once, once the area ``after`` has changed at once."""

    def rule(before: Snapshot, now: Snapshot, end: Snapshot) -> bool:
        if now in (before, end):
            return True
        done = {**before, after: end[after]} if after else before
        rest = {name: values for name, values in now.items() if name != area}
        unchanged = all(values == done[name] for name, values in rest.items())
        either = all(
            value in (before[area].get(key), end[area][key]) for key, value in now[area].items()
        )
        return unchanged and either

    return rule


@dataclass(frozen=True)
class Operation:
    """A write.

    Args:
        name: Area and verb.
        act: The call.
        between: What a reader may see after it failed.
        refused: How a repeat is answered where the first attempt had come through in fact.
        tidies: It ends with work whose failure is no failure of the call.
        rechunks: It merges chunks; into which ones depends on where it was interrupted.
        repeated: What may be seen behind the repeat, after the three snapshots of ``between``,
            where a repeat has an effect of its own.
    """

    name: str
    act: Callable[[Backend], Any]
    between: Rule = at_once
    refused: type[StoreError] | None = None
    tidies: bool = False
    rechunks: bool = False
    repeated: Callable[[Snapshot, Snapshot, Snapshot, Snapshot], bool] | None = None

    def __str__(self) -> str:
        return self.name


def _with_new(value: str | None) -> str:
    return "+".join(dict.fromkeys([*(value or "").split("+"), "new"]))


_POINTS = [point(20), point(21), point(5, "acc")]

_EXPERIMENTS = (
    Operation("experiments.create", lambda db: db.experiments.create(experiment("3", "cat"))),
    Operation(
        "experiments.delete",
        lambda db: db.experiments.delete("1", at=6000),
        one_after_another("runs", "experiments"),
        refused=NotFound,
    ),
    Operation(
        "experiments.restore",
        lambda db: db.experiments.restore("2", at=6000),
        one_after_another("runs", "experiments"),
        refused=NotFound,
    ),
    Operation("experiments.rename", lambda db: db.experiments.rename("1", "cat", at=6000)),
    Operation("experiments.set_tag", lambda db: db.experiments.set_tag("1", "team", "b")),
    Operation(
        "experiments.delete_tag",
        lambda db: db.experiments.delete_tag("1", "team"),
        refused=NotFound,
    ),
    Operation(
        "experiments.purge",
        lambda db: db.experiments.purge("2"),
        one_after_another("points", "models", "histories", "runs", "datasets", "experiments names"),
        refused=NotFound,
    ),
)

_RUNS = (
    Operation("runs.create", lambda db: db.runs.create(run("r4", "1"))),
    Operation("runs.log params", lambda db: db.runs.log("r1", RunBatch(params={"lr": "1"}))),
    Operation("runs.log tags", lambda db: db.runs.log("r1", RunBatch(tags={"colour": "blue"}))),
    Operation("runs.log name", lambda db: db.runs.log("r1", RunBatch(name="other"))),
    Operation(
        "runs.log metrics",
        lambda db: db.runs.log("r1", RunBatch(_POINTS)),
        one_after_another("runs", "histories"),
    ),
    Operation(
        "runs.log all",
        lambda db: db.runs.log("r1", RunBatch(_POINTS, {"lr": "1"}, {"colour": "blue"}, "other")),
        one_after_another("runs", "histories"),
    ),
    Operation("runs.update_info", lambda db: db.runs.update_info("r1", end_time=7, name="other")),
    Operation(
        "runs.update_info at the end",
        lambda db: db.runs.update_info("r1", status="FINISHED", end_time=7),
        tidies=True,
        rechunks=True,
    ),
    Operation("runs.change_tag", lambda db: db.runs.change_tag("r1", "colour", _with_new)),
    Operation("runs.change_tag anew", lambda db: db.runs.change_tag("r1", "none", _with_new)),
    Operation("runs.delete_tag", lambda db: db.runs.delete_tag("r1", "colour"), refused=NotFound),
    Operation("runs.delete", lambda db: db.runs.delete("r1", at=6000)),
    Operation("runs.restore", lambda db: db.runs.restore("r2")),
    Operation(
        "runs.purge",
        lambda db: db.runs.purge("r2"),
        one_after_another("histories", "runs"),
        refused=NotFound,
    ),
    Operation(
        "runs.purge of one that measured a model",
        lambda db: db.runs.purge("r1"),
        one_after_another("points", "histories", "runs"),
        refused=NotFound,
    ),
)

_INPUTS = (
    Operation(
        "inputs.log_inputs",
        lambda db: db.inputs.log_inputs(
            "r1", [dataset("new"), dataset("newer")], [LoggedModelInput("m1")]
        ),
        one_by_one("datasets", after="runs"),
    ),
    Operation(
        "inputs.log_inputs of large datasets",
        lambda db: db.inputs.log_inputs(
            "r1", [dataset("new", f"new {LARGE}"), dataset("newer"), dataset("old", LARGE)], []
        ),
        one_by_one("datasets", after="runs"),
    ),
    Operation("sweep", lambda db: db.sweep()),
    Operation(
        "inputs.log_outputs",
        lambda db: db.inputs.log_outputs(
            "r1", [LoggedModelOutput("m1", 0), LoggedModelOutput("m2", 1)]
        ),
        refused=AlreadyExists,
    ),
)

_MODELS = (
    Operation("logged_models.create", lambda db: db.logged_models.create(model("m4", "1"))),
    Operation(
        "logged_models.finalize",
        lambda db: db.logged_models.finalize("m1", LoggedModelStatus.READY, at=6000),
    ),
    Operation(
        "logged_models.set_tags",
        lambda db: db.logged_models.set_tags("m1", {"stage": "two", "more": "x"}),
    ),
    Operation(
        "logged_models.delete_tag",
        lambda db: db.logged_models.delete_tag("m1", "stage"),
        refused=NotFound,
    ),
    Operation(
        "logged_models.add_params",
        lambda db: db.logged_models.add_params("m1", [("a", "1"), ("b", "2")]),
        refused=AlreadyExists,
    ),
    Operation(
        "logged_models.add_metrics",
        lambda db: db.logged_models.add_metrics(
            "r1", [point(20, "auc", "m1"), point(21, "auc", "m1"), point(1, "auc", "m3")]
        ),
        one_by_one("points"),
    ),
    Operation(
        "logged_models.add_metrics of one point",
        lambda db: db.logged_models.add_metrics("r1", [point(1, "auc", "m3")]),
        one_by_one("points"),
    ),
    Operation("logged_models.compact", lambda db: db.logged_models.compact(), rechunks=True),
    Operation("logged_models.delete", lambda db: db.logged_models.delete("m1", at=6000)),
    Operation("logged_models.purge", lambda db: db.logged_models.purge("m2"), refused=NotFound),
)

_METRICS = (Operation("metrics.compact", lambda db: db.metrics.compact("r1"), rechunks=True),)

OPERATIONS = (*_EXPERIMENTS, *_RUNS, *_INPUTS, *_MODELS, *_METRICS)
