"""The query tree as Python functions: filters to tests, sort keys to ranks."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from mlflow_docstore.core.errors import InvalidArgument, LimitExceeded, Unsupported
from mlflow_docstore.core.query import (
    COMPARATORS,
    And,
    AnyElement,
    BestElement,
    Compare,
    Exists,
    Filter,
    In,
    Like,
    MissingOr,
    Operator,
    Or,
    Order,
    Scalar,
    SortKey,
)

from .paths import MISSING, Reader, reader
from .values import accepted, bracket, rank

Test = Callable[[Any], bool]
Position = tuple[Scalar, ...]

_WILDCARDS = {"%": ".*", "_": "."}
_LEAVES = (Compare, In, Like, Exists)


class FilterCompiler:
    """Filters to tests of stored documents.

    Args:
        in_terms: The most terms in one membership test.
    """

    def __init__(self, in_terms: int) -> None:
        self._in_terms = in_terms

    def compile(self, node: Filter) -> Test:
        """The test of a filter; a node that is not known is refused."""
        match node:
            case And():
                test = self._and(node)
            case Or():
                test = self._or(node)
            case Compare():
                test = self._compare(node)
            case In():
                test = self._in(node)
            case Like():
                test = self._like(node)
            case Exists():
                test = self._exists(node)
            case MissingOr():
                test = self._missing_or(node)
            case AnyElement():
                test = self._any_element(node)
            case _:
                raise Unsupported("filter", type(node).__name__)
        return test

    def _and(self, node: And) -> Test:
        tests = [self.compile(part) for part in node.nodes]
        return lambda document: all(test(document) for test in tests)

    def _or(self, node: Or) -> Test:
        tests = [self.compile(part) for part in node.nodes]
        return lambda document: any(test(document) for test in tests)

    def _compare(self, node: Compare) -> Test:
        read, value, compare = reader(node.field), accepted(node.value), COMPARATORS[node.operator]
        wanted = bracket(value)

        def test(document: Any) -> bool:
            found = read(document)
            return bracket(found) is wanted and compare(found, value)

        return test

    def _in(self, node: In) -> Test:
        if len(node.values) > self._in_terms:
            raise LimitExceeded("filter", node.field.name, limit="in_terms", size=len(node.values))
        read, negated = reader(node.field), node.negated
        values = {rank(accepted(value)) for value in node.values}

        def test(document: Any) -> bool:
            found = read(document)
            if found is MISSING or found is None:
                return False
            return (rank(found) in values) is not negated

        return test

    def _like(self, node: Like) -> Test:
        read, pattern = reader(node.field), like_pattern(node)

        def test(document: Any) -> bool:
            found = read(document)
            return type(found) is str and pattern.fullmatch(found) is not None

        return test

    def _exists(self, node: Exists) -> Test:
        read, negated = reader(node.field), node.negated
        return lambda document: (read(document) is MISSING) is negated

    def _missing_or(self, node: MissingOr) -> Test:
        read = reader(node.field)
        equal = self._compare(Compare(node.field, Operator.EQ, node.value))

        def test(document: Any) -> bool:
            found = read(document)
            return found is MISSING or found is None or equal(document)

        return test

    def _any_element(self, node: AnyElement) -> Test:
        if not all(isinstance(part, _LEAVES) for part in node.where):
            raise Unsupported("filter", node.field.name, reason="nested in an element match")
        read, matches = reader(node.field), self._and(And(node.where))
        return lambda document: any(map(matches, _elements(read(document))))


def like_pattern(node: Like) -> re.Pattern[str]:
    """An SQL pattern as a regular expression, to be matched as a whole."""
    text = "".join(_WILDCARDS.get(letter) or re.escape(letter) for letter in accepted(node.pattern))
    return re.compile(text, re.DOTALL | (re.IGNORECASE | re.ASCII if node.ignore_case else 0))


def _elements(array: Any) -> list[Any]:
    if type(array) is not list:
        return []
    return [element for element in array if type(element) is dict]


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

    def __init__(self, keys: Sequence[SortKey], compiler: FilterCompiler) -> None:
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


def _sort_reader(key: SortKey, compiler: FilterCompiler) -> Reader:
    match key:
        case Order():
            return reader(key.field)
        case BestElement():
            return _best_reader(key, compiler)
        case _:
            raise Unsupported("sort key", type(key).__name__)


def _best_reader(key: BestElement, compiler: FilterCompiler) -> Reader:
    read, value = reader(key.array), reader(key.value)
    counts, order = compiler.compile(And(key.where)), SortOrder(key.rank, compiler)

    def best(document: Any) -> Any:
        elements = filter(counts, _elements(read(document)))
        first = min(elements, key=lambda one: order.place(order.position(one)), default=None)
        return MISSING if first is None else value(first)

    return best
