"""Dotted paths into documents. A path leads through sub-documents only, never through arrays."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final

from mlflow_docstore.core.errors import InvalidArgument, Unsupported
from mlflow_docstore.core.query import Field, FieldKind

from .values import copied, field_name

MISSING: Final = object()
"""What a reader finds where there is no field, not even a null one."""

Reader = Callable[[Any], Any]
Tree = dict[str, "Tree"]

_NESTED = frozenset({dict, list})
# The same paths come with every call.
_REMEMBERED = 4096


@lru_cache(_REMEMBERED)
def segments(path: str) -> tuple[str, ...]:
    """The names that a path goes through."""
    return tuple(field_name(segment) for segment in path.split("."))


def reader(field: Field) -> Reader:
    """A function from a document to the value of a field, or ``MISSING``."""
    if field.kind is not FieldKind.PATH:
        raise Unsupported("field", field.name, field_kind=field.kind.value)
    names = segments(field.name)

    def read(document: Any) -> Any:
        value = document
        for name in names:
            if type(value) is not dict:
                return MISSING
            value = value.get(name, MISSING)
        return value

    return read


def disjoint(paths: Iterable[str]) -> None:
    """Refuse paths of which one is, or leads to, another: no database says who would win."""
    ordered = sorted(segments(path) for path in paths)
    for before, after in pairwise(ordered):
        if after[: len(before)] == before:
            raise InvalidArgument("path", ".".join(after), overlaps=".".join(before))


def outermost(paths: Iterable[str]) -> tuple[str, ...]:
    """Those of some paths that lie within no other of them, each once: all that they lead to."""
    chosen = set(paths)
    return tuple(one for one in sorted(chosen) if not _within(one, chosen))


def widened(fields: Iterable[str] | None, more: Iterable[str]) -> tuple[str, ...] | None:
    """What is read where some fields are shown and more are looked at; None for all."""
    return None if fields is None else outermost((*fields, *more))


def shower(fields: Iterable[str] | None) -> Callable[[Any], Any]:
    """What a document that was read is shown as: all of it, or some fields and the id."""
    if fields is None:
        return lambda document: document
    branches = tree(("_id", *fields))
    return lambda document: pick(document, branches)


def _within(path: str, others: set[str]) -> bool:
    parts = path.split(".")
    return any(".".join(parts[:length]) in others for length in range(1, len(parts)))


def holder(document: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """The sub-document that holds, or will hold, the last of the names; parents are made."""
    for name in names[:-1]:
        document = document.setdefault(name, {})
        if type(document) is not dict:
            raise InvalidArgument("path", ".".join(names), reason=f"{name} is no sub-document")
    return document


def tree(paths: Iterable[str]) -> Tree:
    """Paths as nested names; a leaf is empty."""
    root: Tree = {}
    unique = sorted(set(paths))
    disjoint(unique)
    for path in unique:
        branch = root
        for name in segments(path):
            branch = branch.setdefault(name, {})
    return root


def pick(value: Any, branches: Tree) -> Any:
    """A copy of a stored value with the fields of a tree alone; in arrays, of each element."""
    if not branches:
        return copied(value)
    if type(value) is list:
        return [pick(item, branches) for item in value if type(item) in _NESTED]
    # By what is asked for, which is little of a document.
    picked = {}
    for name, inner in branches.items():
        item = value.get(name, MISSING)
        if type(item) in _NESTED:
            picked[name] = pick(item, inner)
        elif item is not MISSING and not inner:
            picked[name] = item
    return picked
