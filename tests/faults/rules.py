"""What may be seen of a write before it is done, where that is not all or nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from mlflow_docstore.core.errors import AlreadyExists, NotFound, StoreError

from .readers import Snapshot

Rule = Callable[[Snapshot, Snapshot, Snapshot], bool]
"""From what was seen before, what is seen now, and what is to be seen in the end."""

_SEARCHED = ("found", "shown")
"""What a search of versions finds may come behind what their model has decided."""


def at_once(before: Snapshot, now: Snapshot, end: Snapshot) -> bool:
    """All of the change is seen, or nothing of it."""
    return now in (before, end)


def one_after_another(*groups: str) -> Rule:
    """The areas of each group change at once, and the groups in this order.

    Of an area with a ``~`` before it, there may be less and less, until all is as in the end.
    """

    def rule(before: Snapshot, now: Snapshot, end: Snapshot) -> bool:
        state, allowed = {**before}, now == before
        for group in groups:
            names = group.replace("~", "").split()
            others = {area for area in now if area not in names}
            on_the_way = all(now[area] == state[area] for area in others)
            allowed |= on_the_way and all(
                f"~{one}" in group.split() and _dwindling(one, before, now, end) for one in names
            )
            state |= {area: end[area] for area in names}
            allowed |= now == state
        return allowed and state == end

    return rule


def _dwindling(area: str, *states: Snapshot) -> bool:
    """Each entity of the area is as in the end, or a part of what it was."""
    before, now, end = (state[area] for state in states)
    return all(
        now.get(key) in (before[key], end.get(key)) or all(one in before[key] for one in now[key])
        for key in before
    )


def one_by_one(area: str, after: str = "") -> Rule:
    """Each entity of the area changes at once, once the area ``after`` has changed at once."""

    def rule(before: Snapshot, now: Snapshot, end: Snapshot) -> bool:
        if now in (before, end):
            return True
        done = {**before, after: end[after]} if after else before
        rest = {name: values for name, values in now.items() if name != area}
        unchanged = all(values == done[name] for name, values in rest.items())
        return unchanged and _either(area, before, now, end)

    return rule


def _either(area: str, *states: Snapshot) -> bool:
    """Each entity of the area is as before or as in the end."""
    before, now, end = (state[area] for state in states)
    keys = {*before, *now, *end}
    return all(now.get(key) in (before.get(key), end.get(key)) for key in keys)


def decided_at_once(before: Snapshot, now: Snapshot, end: Snapshot) -> bool:
    """All that is read is changed, or nothing; a search finds each version as before or after.

    Times of last update come with what searches find, also where single versions are read.
    """
    was, seen, will = map(_timeless, (before, now, end))
    read = {area: values for area, values in seen.items() if area not in _SEARCHED}
    if not any(read == {area: state[area] for area in read} for state in (was, will)):
        return False
    return all(_either(area, was, seen, will) for area in _SEARCHED)


def _timeless(seen: Any) -> Any:
    if isinstance(seen, Mapping):
        kept = {key: value for key, value in seen.items() if key != "last_updated_timestamp"}
        return {key: _timeless(value) for key, value in kept.items()}
    return list(map(_timeless, seen)) if isinstance(seen, list) else seen


def created_or_not(before: Snapshot, now: Snapshot, end: Snapshot) -> bool:
    """A version is there or not; the model may have changed for one that is still to come."""
    versions = ("found", "shown", "versions")
    return any(all(now[area] == state[area] for area in versions) for state in (before, end))


def spans_first(before: Snapshot, now: Snapshot, end: Snapshot) -> bool:
    """Each trace is as before or as in the end, and tells of no spans that are not there."""
    told = [key for key, one in now["traces"].items() if one != before["traces"].get(key)]
    return (
        _either("traces", before, now, end)
        and _either("single", before, now, end)
        and _either("spans", before, now, end)
        and all(now["spans"][key] == end["spans"][key] for key in told)
    )


def created_once_more(before: Snapshot, now: Snapshot, end: Snapshot, last: Snapshot) -> bool:
    """Behind a repeat: one new version, and a second one only where the first came through."""
    (new,) = end["found"].keys() - before["found"].keys()
    made = last["found"].keys() - before["found"].keys()
    alike = {name: value for name, value in end["found"][new].items() if name != "version"}
    same = all({**last["found"][key], "version": 0} == {**alike, "version": 0} for key in made)
    kept = all(last["found"][key] == value for key, value in before["found"].items())
    twice = new in now["found"]
    latest = max(int(key.split()[1]) for key in made)
    return (
        same
        and kept
        and len(made) == 1 + twice
        and last["versions"].keys() == last["found"].keys()
        and f"ant {latest}" in last["versions"]
        and latest in [one["version"] for one in last["models"]["ant"]["latest"]]
    )


@dataclass(frozen=True)
class Behaviour:
    """How a write may differ from the strictest: seen at once, and repeated without a word.

    Args:
        between: What a reader may see after it failed.
        refused: How a repeat is answered where the first attempt had come through in fact.
        tidies: It ends with work whose failure is no failure of the call.
        rechunks: It merges chunks; into which ones depends on where it was interrupted.
        repeated: What may be seen behind the repeat, after the three snapshots of ``between``,
            where a repeat has an effect of its own.
    """

    between: Rule = at_once
    refused: type[StoreError] | None = None
    tidies: bool = False
    rechunks: bool = False
    repeated: Callable[[Snapshot, Snapshot, Snapshot, Snapshot], bool] | None = None


_GOES = Behaviour(refused=NotFound)
_DECIDED = Behaviour(decided_at_once)
_DECIDED_ONCE = Behaviour(decided_at_once, refused=NotFound)
_WITH_ITS_RUNS = Behaviour(one_after_another("runs", "experiments"), refused=NotFound)
_OF_RUN = "~points", "~histories", "runs"
_OF_EXPERIMENT = "points", "models", "histories", "runs", "datasets", "experiments names"

BEHAVIOURS: Mapping[str, Behaviour] = MappingProxyType(
    {
        "experiments.delete": _WITH_ITS_RUNS,
        "experiments.restore": _WITH_ITS_RUNS,
        "experiments.delete_tag": _GOES,
        "experiments.purge": Behaviour(one_after_another(*_OF_EXPERIMENT), refused=NotFound),
        "runs.log": Behaviour(one_after_another("runs", "histories")),
        "runs.update_info": Behaviour(tidies=True, rechunks=True),
        "runs.delete_tag": _GOES,
        "runs.purge": Behaviour(one_after_another(*_OF_RUN), refused=NotFound),
        "metrics.compact": Behaviour(rechunks=True),
        "inputs.log_inputs": Behaviour(one_by_one("datasets", after="runs")),
        "inputs.log_outputs": Behaviour(refused=AlreadyExists),
        "logged_models.delete_tag": _GOES,
        "logged_models.add_params": Behaviour(refused=AlreadyExists),
        "logged_models.add_metrics": Behaviour(one_by_one("points")),
        "logged_models.compact": Behaviour(rechunks=True),
        "logged_models.purge": _GOES,
        "registered_models.rename": _DECIDED_ONCE,
        "registered_models.delete": _DECIDED_ONCE,
        "model_versions.create": Behaviour(created_or_not, repeated=created_once_more),
        "model_versions.transition": _DECIDED,
        "model_versions.delete": _DECIDED_ONCE,
        "webhooks.delete": _GOES,
        "traces.delete_tag": _GOES,
        "traces.delete": Behaviour(spans_first),
        "assessments.create": Behaviour(refused=AlreadyExists),
        "spans.log": Behaviour(spans_first),
        "indexes.drop": _GOES,
        "prepare": Behaviour(one_by_one("indexes")),
        "steps": Behaviour(one_by_one("indexes")),
    }
)
"""By method of a port; of any other, a repeat changes nothing, and nobody sees it half done."""
