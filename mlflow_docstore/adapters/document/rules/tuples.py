"""The values of documents, and of the elements of their arrays."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from mlflow_docstore.adapters.document.groups import Value, within
from mlflow_docstore.core.query import And, Leaf, path

from .paths import reader
from .predicates import PredicateCompiler, elements_of

Read = Callable[[Any, Any], Any]

_VALUES = frozenset({str, int, float})


def value_of(found: object) -> Value:
    """What a stored value counts as."""
    return found if type(found) in _VALUES else None  # type: ignore[return-value]


def values_of(
    documents: Iterable[Any],
    fields: Sequence[str],
    each: str | None,
    of_each: Sequence[Leaf],
    compiler: PredicateCompiler,
) -> Iterator[tuple[Value, ...]]:
    """The values of each document, or of each element that matches."""
    readers = [_read(each, field) for field in fields]
    if each is None:
        for document in documents:
            yield tuple(value_of(read(document, None)) for read in readers)
        return
    array, matches = reader(path(each)), compiler.compile(And(tuple(of_each)))
    for document in documents:
        for element in filter(matches, elements_of(array(document))):
            yield tuple(value_of(read(document, element)) for read in readers)


def _read(each: str | None, field: str) -> Read:
    inner = within(each, field)
    read = reader(path(field if inner is None else inner))
    if inner is None:
        return lambda document, _: read(document)
    return lambda _, element: read(element)
