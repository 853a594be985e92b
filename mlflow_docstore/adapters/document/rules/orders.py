"""Sort keys as ranks."""

from collections.abc import Sequence
from typing import Any

from mlflow_docstore.core.errors import InvalidArgument, Unsupported
from mlflow_docstore.core.query import And, BestElement, Order, Scalar, SortKey

from .paths import MISSING, Reader, reader
from .predicates import PredicateCompiler, elements_of
from .values import accepted, rank

Position = tuple[Scalar, ...]


class _Reversed:
    """A rank that is the less the greater the value."""

    __slots__ = ("_rank",)

    def __init__(self, value_rank: tuple[Any, ...]) -> None:
        self._rank = value_rank

    def __lt__(self, other: "_Reversed") -> bool:
        return other._rank < self._rank

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Reversed) and other._rank == self._rank

    def __hash__(self) -> int:
        return hash(self._rank)


class SortOrder:
    """A compiled order: the sort values of a document, and where these place it."""

    def __init__(self, keys: Sequence[SortKey], compiler: PredicateCompiler) -> None:
        self._readers = [_sort_reader(key, compiler) for key in keys]
        self._descending = [key.descending for key in keys]

    def position(self, document: Any) -> Position:
        """The sort values of a document; None where one is missing or null."""
        return tuple(_or_none(read(document)) for read in self._readers)

    def place(self, position: Position) -> tuple[Any, ...]:
        """What to sort positions by: null last in either direction."""
        if len(position) != len(self._descending):
            raise InvalidArgument("after", position, keys=len(self._descending))
        return tuple(map(_place, position, self._descending))


def _place(value: Scalar, descending: bool) -> tuple[Any, ...]:
    if value is None:
        return (1,)
    found = rank(accepted(value))
    return (0, _Reversed(found) if descending else found)


def _or_none(value: Any) -> Any:
    return None if value is MISSING else value


def _sort_reader(key: SortKey, compiler: PredicateCompiler) -> Reader:
    match key:
        case Order():
            return reader(key.field)
        case BestElement():
            return _best_reader(key, compiler)
        case _:
            raise Unsupported("sort key", type(key).__name__)


def _best_reader(key: BestElement, compiler: PredicateCompiler) -> Reader:
    read, value = reader(key.array), reader(key.value)
    counts, order = compiler.compile(And(key.where)), SortOrder(key.rank, compiler)

    def best(document: Any) -> Any:
        elements = filter(counts, elements_of(read(document)))
        first = min(elements, key=lambda one: order.place(order.position(one)), default=None)
        return MISSING if first is None else value(first)

    return best
