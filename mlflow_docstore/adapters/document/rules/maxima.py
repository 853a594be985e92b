"""The greatest of ordered sub-documents, for databases that do not compare them."""

from collections.abc import Mapping
from typing import Any

from mlflow_docstore.adapters.document.driver import Document, Patch
from mlflow_docstore.core.errors import InvalidArgument
from mlflow_docstore.core.query import Filter, MissingOr, Scalar, equals, path

from .paths import MISSING, reader
from .values import accepted, rank


def decided(document: Document, patch: Patch) -> tuple[Patch, tuple[Filter, ...]]:
    """A patch without maxima that does the same to a document, and while it does so.

    Args:
        document: As it was read, with all paths that the patch compares at least.
        patch: The changes.

    Returns:
        The patch, and what must still hold of the document when it is applied: the fields by which
        the new sub-documents are the greater. What is the greater already can only grow.
    """
    greater: dict[str, Any] = {}
    conditions: list[Filter] = []
    for name, value in patch.maximum.items():
        old, new = reader(path(name))(document), accepted(value)
        if old is MISSING or old is None:
            greater[name] = new
            conditions.append(_was(name, None))
        elif type(old) is not dict:
            raise InvalidArgument("path", name, reason="is no sub-document")
        elif (fields := _deciding(old, new)) is not None:
            greater[name] = new
            conditions += (_was(f"{name}.{field}", old.get(field)) for field in fields)
    changes = {**patch.set, **greater}
    return Patch(changes, patch.unset, {}, patch.push, patch.add), tuple(conditions)


def _deciding(old: Document, new: Mapping[str, Scalar]) -> list[str] | None:
    """The fields up to the one in which the new sub-document is greater; None where it is not."""
    fields = list(new)
    for at, name in enumerate(fields):
        before, after = rank(old.get(name)), rank(new[name])
        if before != after:
            return fields[: at + 1] if before < after else None
    return None


def _was(name: str, value: Any) -> Filter:
    # No sort value is a boolean, so that of a null or missing one this says just that.
    return MissingOr(path(name), value=False) if value is None else equals(name, value)
