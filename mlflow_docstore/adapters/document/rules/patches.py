"""The application of a patch to a document."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mlflow_docstore.adapters.document.driver import Document, Patch
from mlflow_docstore.core.errors import InvalidArgument
from mlflow_docstore.core.query import Scalar

from .paths import disjoint, holder, segments
from .values import accepted, rank


def patched(document: Document, patch: Patch) -> Document:
    """The document as the patch leaves it: changed in place, to be thrown away after an error."""
    _check(patch)
    for path, value in patch.set.items():
        names = segments(path)
        holder(document, names)[names[-1]] = accepted(value)
    for path in patch.unset:
        _unset(document, segments(path))
    for path, value in patch.maximum.items():
        _raise_to(document, segments(path), value)
    for path, elements in patch.push.items():
        _array(document, segments(path)).extend(map(accepted, elements))
    for path, elements in patch.add.items():
        _add(_array(document, segments(path)), elements)
    return document


def _paths(patch: Patch) -> Iterator[str]:
    yield from patch.set
    yield from patch.unset
    yield from patch.maximum
    yield from patch.push
    yield from patch.add


def _check(patch: Patch) -> None:
    paths = list(_paths(patch))
    disjoint(paths)
    for path in paths:
        if segments(path)[0] == "_id":
            raise InvalidArgument("path", path, reason="an id never changes")


def _unset(document: Document, names: tuple[str, ...]) -> None:
    parent: Any = document
    for name in names[:-1]:
        parent = parent.get(name)
        if type(parent) is not dict:
            return
    parent.pop(names[-1], None)


def _raise_to(document: Document, names: tuple[str, ...], value: Mapping[str, Scalar]) -> None:
    parent, new = holder(document, names), accepted(value)
    old = parent.get(names[-1])
    if old is not None and type(old) is not dict:
        raise InvalidArgument("path", ".".join(names), reason="is no sub-document")
    if old is None or _is_less(old, new):
        parent[names[-1]] = new


def _is_less(old: Document, new: Document) -> bool:
    """Whether the first of the new fields that differs is less in the old ones."""
    for name, value in new.items():
        before, after = rank(old.get(name)), rank(value)
        if before != after:
            return before < after
    return False


def _array(document: Document, names: tuple[str, ...]) -> list[Any]:
    array = holder(document, names).setdefault(names[-1], [])
    if type(array) is not list:
        raise InvalidArgument("path", ".".join(names), reason="is no array")
    return array


def _add(array: list[Any], elements: Sequence[Any]) -> None:
    ranks = {rank(element) for element in array}
    for element in map(accepted, elements):
        if rank(element) not in ranks:
            ranks.add(rank(element))
            array.append(element)
