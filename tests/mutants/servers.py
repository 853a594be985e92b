"""Servers that lie, throttle or break off: a stand-in that works, behind a proxy that does not."""

from typing import Any

from mlflow_docstore.testing.guard.proxy import Command, Refusal, Verdict

from .faults import SERVER, fault

FORWARD = Verdict.FORWARD


def _about(command: Command, collection: str, *names: str) -> bool:
    """Whether a command is one of these, on this collection of whatever prefix."""
    target = command.body[command.name]
    return command.name in names and isinstance(target, str) and target.endswith(f"_{collection}")


def _done(**facts: Any) -> Refusal:
    return Refusal({"ok": 1.0, **facts})


def _nothing(command: Command) -> Refusal:
    namespace = f"{command.body['$db']}.{command.body[command.name]}"
    return _done(cursor={"id": 0, "ns": namespace, "firstBatch": []})


@fault(SERVER, "store/test_runs")
def acknowledges_inserts(command: Command) -> Verdict | Refusal:
    """Runs are acknowledged, and not stored."""
    return _done(n=1) if _about(command, "runs", "insert") else FORWARD


@fault(SERVER, "store/test_params")
def acknowledges_updates(command: Command) -> Verdict | Refusal:
    """Changes of runs are acknowledged, and not made."""
    return _done(n=1, nModified=1) if _about(command, "runs", "update") else FORWARD


@fault(SERVER, "registry/test_aliases")
def finds_nothing_to_modify(command: Command) -> Verdict | Refusal:
    """Changes of models are refused as if another writer had been there."""
    if _about(command, "registered_models", "update", "findAndModify"):
        return _done(n=0, nModified=0, lastErrorObject={"n": 0}, value=None)
    return FORWARD


@fault(SERVER, "store/test_experiments")
def finds_nothing(command: Command) -> Verdict | Refusal:
    """Experiments are not found by what they hold."""
    if _about(command, "experiments", "find") and "_id" not in command.body["filter"]:
        return _nothing(command)
    return FORWARD


@fault(SERVER, "registry/test_model_versions")
def forgets_deletions(command: Command) -> Verdict | Refusal:
    """Copies of what models decide are acknowledged, and not made."""
    if _about(command, "model_versions", "update", "findAndModify"):
        return _done(n=1, nModified=1, lastErrorObject={"n": 1}, value=None)
    return FORWARD


@fault(SERVER, "store/test_runs")
def throttles(command: Command) -> Verdict | Refusal:
    """Writes to runs are refused for too high a rate, however long one waits."""
    if _about(command, "runs", "insert", "update", "findAndModify"):
        return Refusal({"ok": 0.0, "code": 16500, "errmsg": "Request rate is large."})
    return FORWARD


@fault(SERVER, "store/test_tags")
def breaks_off(command: Command) -> Verdict | Refusal:
    """The connection breaks before each change of a run."""
    broken = _about(command, "runs", "update", "findAndModify")
    return Verdict.CUT_BEFORE if broken else FORWARD


@fault(SERVER, "store/test_metrics")
def hangs_up_after_writes(command: Command) -> Verdict | Refusal:
    """The connection breaks before each reply to a change of a run."""
    return Verdict.CUT_AFTER if _about(command, "runs", "update") else FORWARD


@fault(SERVER, "driver/test_prepare")
def makes_no_indexes(command: Command) -> Verdict | Refusal:
    """Indexes are acknowledged, and not made."""
    return _done(numIndexesAfter=9) if command.name == "createIndexes" else FORWARD


@fault(SERVER, "driver/test_distinct")
def aggregates_nothing(command: Command) -> Verdict | Refusal:
    """What is computed from documents is nothing."""
    return _nothing(command) if command.name == "aggregate" else FORWARD
