"""Documents, patches and projections as the server takes them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bson.codec_options import TypeDecoder, TypeRegistry
from bson.int64 import Int64

from mlflow_docstore.adapters.document.driver import Document, Patch
from mlflow_docstore.adapters.document.rules.paths import outermost


class _PlainInteger(TypeDecoder):
    """The driver reads large integers as a class of its own, which nobody else should see."""

    bson_type = Int64
    # A method instead would make reading a long history slower by a fifth.
    transform_bson = staticmethod(int)  # type: ignore[assignment]


PLAIN_TYPES = TypeRegistry([_PlainInteger()])
"""What is read consists of Python's own types."""


def update(patch: Patch) -> dict[str, Any]:
    """The update operators of a patch; empty for one that changes nothing."""
    operators: dict[str, Mapping[str, Any]] = {
        "$set": patch.set,
        "$unset": dict.fromkeys(patch.unset, ""),
        "$max": patch.maximum,
        "$push": _each(patch.push),
        "$addToSet": _each(patch.add),
    }
    return {operator: dict(paths) for operator, paths in operators.items() if paths}


def _each(paths: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    return {path: {"$each": list(values)} for path, values in paths.items() if values}


def projection(fields: Iterable[str]) -> dict[str, int]:
    """A projection of some paths; one that lies within another would be refused, so it is dropped.

    Always with the id, which also makes it a projection where nothing else was asked for.
    """
    return {"_id": 1, **dict.fromkeys(outermost(fields), 1)}


def lookup(document: Mapping[str, Any], path: str) -> Any:
    """The value at a path; None for a missing one."""
    value: Any = document
    for part in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(part)
    return value


def strip(document: Document, path: str, fields: Sequence[str]) -> None:
    """Take out what was read for the order only, and the parents that it alone brought along."""
    if any(f"{path}.".startswith(f"{field}.") for field in fields):
        return
    head, _, tail = path.partition(".")
    child = document.get(head)
    if not tail:
        document.pop(head, None)
    elif isinstance(child, dict):
        inner = [field.partition(".")[2] for field in fields if field.startswith(f"{head}.")]
        strip(child, tail, inner)
        if not child and not inner:
            del document[head]
