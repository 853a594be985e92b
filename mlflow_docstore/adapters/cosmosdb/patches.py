"""Patches as the service's own, where it can make them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mlflow_docstore.adapters.document.driver import Patch
from mlflow_docstore.adapters.document.rules.paths import disjoint, segments
from mlflow_docstore.adapters.document.rules.values import accepted

from .compiler import ROOT, reference
from .values import MARK, element, marked, stored_path

MOST_OPERATIONS = 10

Operation = dict[str, Any]


@dataclass(frozen=True, slots=True)
class NativePatch:
    """Operations, and what must hold for each of them to be possible.

    Args:
        operations: In order.
        guards: SQL: that what they lead through is there.
    """

    operations: tuple[Operation, ...]
    guards: tuple[str, ...]


def native_patch(patch: Patch) -> NativePatch | None:
    """A patch as the service's own; None where it has none that does the same.

    It has no maxima, no additions to a set, no removal of what may be missing, and takes a name of
    digits for a place in an array.
    """
    if patch.unset or patch.maximum or patch.add:
        return None
    paths = [*patch.set, *patch.push]
    disjoint(paths)
    if any(_is_odd(name) for path in paths for name in segments(path)):
        return None
    operations = (*_settings(patch), *_pushes(patch))
    if not 0 < len(operations) <= MOST_OPERATIONS:
        return None
    return NativePatch(operations, tuple(dict.fromkeys(_guards(patch))))


def _is_odd(name: str) -> bool:
    return name in {"_id", "-"} or name.isdigit()


def _settings(patch: Patch) -> Iterator[Operation]:
    for path, new in patch.set.items():
        names = stored_path(path)
        value, mark = marked(accepted(new))
        yield _operation("set", names, value)
        if mark is not None:
            yield _operation("set", (*names[:-1], f"{names[-1]}{MARK}"), mark)


def _pushes(patch: Patch) -> Iterator[Operation]:
    for path, elements in patch.push.items():
        for one in elements:
            yield _operation("add", (*stored_path(path), "-"), element(accepted(one)))


def _guards(patch: Patch) -> Iterator[str]:
    for path in (*patch.set, *patch.push):
        parents = stored_path(path)[:-1]
        if parents:
            yield f"IS_OBJECT({reference(ROOT, parents)})"
    for path in patch.push:
        yield f"IS_ARRAY({reference(ROOT, stored_path(path))})"


def _operation(name: str, names: tuple[str, ...], value: Any) -> Operation:
    path = "".join(f"/{_escaped(one)}" for one in names)
    return {"op": name, "path": path, "value": value}


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
