"""Patches as the service's own, where it can make them."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mlflow_docstore.adapters.document.driver import Patch
from mlflow_docstore.adapters.document.rules.paths import disjoint, segments
from mlflow_docstore.adapters.document.rules.values import accepted
from mlflow_docstore.core.query import Scalar

from .compiler import ROOT, reference
from .values import MARK, element, marked, stored_name, stored_path

MOST_OPERATIONS = 10

Operation = dict[str, Any]


@dataclass(frozen=True, slots=True)
class NativePatch:
    """Operations, and what must hold for them to do what the patch says.

    Args:
        operations: In order.
        guards: SQL: that what they lead through is there, and that maxima are greater.
    """

    operations: tuple[Operation, ...]
    guards: tuple[str, ...]


def native_patch(patch: Patch) -> NativePatch | None:
    """A patch as the service's own; None where it has none that does the same.

    It has no additions to a set, and takes a name of digits for a place in an array. A maximum is
    set under the guard that what is there is less, and a removal asks for what it removes: where
    that does not hold, the patch is to be made otherwise.
    """
    paths = [*patch.set, *patch.unset, *patch.maximum, *patch.push]
    if len(paths) > MOST_OPERATIONS:
        return None
    disjoint(paths)
    if patch.add or any(_is_odd(name) for path in paths for name in segments(path)):
        return None
    if not all(map(_is_ordered, patch.maximum.values())):
        return None
    operations = (*_settings(patch), *_removals(patch), *_pushes(patch))
    if not 0 < len(operations) <= MOST_OPERATIONS:
        return None
    return NativePatch(operations, tuple(dict.fromkeys(_guards(patch))))


def _is_ordered(value: Mapping[str, Scalar]) -> bool:
    """Whether a text decides which of two is the greater, and the service compares it as we do."""
    first = next(iter(value.values()), None)
    return isinstance(first, str) and first.isascii()


def predicate(tests: Iterable[str]) -> str:
    """The condition of a patch, of what must all hold."""
    return f"FROM {ROOT} WHERE {' AND '.join(tests)}"


def _is_odd(name: str) -> bool:
    return name in {"_id", "-"} or name.isdigit()


def _settings(patch: Patch) -> Iterator[Operation]:
    for path, new in (*patch.set.items(), *patch.maximum.items()):
        names = stored_path(path)
        value, mark = marked(accepted(new))
        yield _operation("set", names, value)
        if mark is not None:
            yield _operation("set", _marking(names), mark)


def _marking(names: tuple[str, ...]) -> tuple[str, ...]:
    """Where that stands which the number in a field lacks."""
    return (*names[:-1], f"{names[-1]}{MARK}")


def _removals(patch: Patch) -> Iterator[Operation]:
    for path in patch.unset:
        yield {"op": "remove", "path": _pointer(stored_path(path))}


def _pushes(patch: Patch) -> Iterator[Operation]:
    for path, elements in patch.push.items():
        for one in elements:
            yield _operation("add", (*stored_path(path), "-"), element(accepted(one)))


def _guards(patch: Patch) -> Iterator[str]:
    for path in (*patch.set, *patch.maximum, *patch.push):
        parents = stored_path(path)[:-1]
        if parents:
            yield f"IS_OBJECT({reference(ROOT, parents)})"
    for path, new in patch.maximum.items():
        yield _less(stored_path(path), new)
    for path in patch.unset:
        names = stored_path(path)
        yield f"IS_DEFINED({reference(ROOT, names)})"
        yield f"NOT IS_DEFINED({reference(ROOT, _marking(names))})"
    for path in patch.push:
        yield f"IS_ARRAY({reference(ROOT, stored_path(path))})"


def _less(names: tuple[str, ...], new: Mapping[str, Scalar]) -> str:
    """That a sub-document is missing, or less than another in the first field of that."""
    there, (first, value) = reference(ROOT, names), next(iter(new.items()))
    field = reference(ROOT, (*names, stored_name(first)))
    return f"(NOT IS_DEFINED({there}) OR IS_NULL({there}) OR {field} < {json.dumps(value)})"


def _operation(name: str, names: tuple[str, ...], value: Any) -> Operation:
    return {"op": name, "path": _pointer(names), "value": value}


def _pointer(names: tuple[str, ...]) -> str:
    return "".join(f"/{_escaped(one)}" for one in names)


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
