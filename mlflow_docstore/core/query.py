"""The query model: a closed tree of filters, and orders, that every adapter compiles.

Filters are three-valued as in SQL, which is where MLflow's meaning comes from: a comparison with a
field that is missing or null is not true, and neither is its negation. So ``Compare(f, NE, "x")``
never matches a document that lacks ``f``; only ``Exists(f, negated=True)`` finds the lacking.

Paths do not lead through arrays: only AnyElement looks inside one, at its sub-documents. A
comparison with an array or a sub-document is undefined.
"""

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Any, TypeAlias, TypeGuard

from .errors import InvalidArgument

Scalar: TypeAlias = str | int | float | bool | None

# The same paths come with every call.
_REMEMBERED = 4096


class FieldKind(str, Enum):
    """What a field belongs to."""

    ATTRIBUTE = "attribute"
    METRIC = "metric"
    PARAM = "param"
    TAG = "tag"
    METADATA = "metadata"
    DATASET = "dataset"
    PATH = "path"
    """A dotted path in a stored document: what repositories turn the other kinds into."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an entity, or of a stored document."""

    kind: FieldKind
    name: str


@lru_cache(_REMEMBERED)
def path(name: str) -> Field:
    """A field of a stored document; user text in the path is escaped by who builds it."""
    return Field(FieldKind.PATH, name)


class Operator(str, Enum):
    """Comparators of two scalars."""

    EQ = "="
    NE = "!="
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="


COMPARATORS: Mapping[Operator, Callable[[Any, Any], bool]] = {
    Operator.EQ: operator.eq,
    Operator.NE: operator.ne,
    Operator.LT: operator.lt,
    Operator.LE: operator.le,
    Operator.GT: operator.gt,
    Operator.GE: operator.ge,
}
"""What each operator says of two scalars of one type."""


@dataclass(frozen=True, slots=True)
class Compare:
    """The field is present, not null, of the value's type, and compares so."""

    field: Field
    operator: Operator
    value: str | int | float | bool


@dataclass(frozen=True, slots=True)
class In:
    """The field is present, not null, and one of the values (or, negated, none of them)."""

    field: Field
    values: tuple[str | int | float, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Like:
    """The field is a string that matches an SQL pattern as a whole.

    ``%`` stands for any text, line breaks included, ``_`` for one character; nothing escapes them.
    ``ignore_case`` folds the case of ASCII letters, as SQLite's ILIKE does.
    """

    field: Field
    pattern: str
    ignore_case: bool = False


@dataclass(frozen=True, slots=True)
class Exists:
    """The field is there, even as null (or, negated, is not)."""

    field: Field
    negated: bool = False


@dataclass(frozen=True, slots=True)
class MissingOr:
    """The field is missing or null, or it equals the value: what writing it once demands."""

    field: Field
    value: str | int | float | bool


Leaf: TypeAlias = Compare | In | Like | Exists
"""What looks at one field alone."""


@dataclass(frozen=True, slots=True)
class AnyElement:
    """Some element of the array at ``field`` matches all of ``where``.

    The fields of ``where`` are paths within the element. ``where`` is of leaves only:
    not every database nests them inside an element match.
    """

    field: Field
    where: tuple[Leaf, ...]


@dataclass(frozen=True, slots=True)
class And:
    """All hold; of none, true."""

    nodes: "tuple[Filter, ...]" = ()


@dataclass(frozen=True, slots=True)
class Or:
    """At least one holds; of none, false."""

    nodes: "tuple[Filter, ...]" = ()


Filter: TypeAlias = Compare | In | Like | Exists | MissingOr | AnyElement | And | Or


def require_scalar(value: object) -> None:
    """Refuse what callers who ignore the type hints pass for an id or a name.

    Raises:
        InvalidArgument: ``kind="type"``.
    """
    if not isinstance(value, str | int | float | bytes | None):
        raise InvalidArgument("type", value)


def all_of(*nodes: Filter) -> And:
    """A flat conjunction: nested Ands are spliced in."""
    return And(tuple(_spliced(nodes)))


def _spliced(nodes: tuple[Filter, ...]) -> Iterator[Filter]:
    for node in nodes:
        if isinstance(node, And):
            yield from _spliced(node.nodes)
        else:
            yield node


def conjuncts(where: Filter) -> tuple[Filter, ...]:
    """What must hold, all of it: the nodes of an And, else the filter itself."""
    return where.nodes if isinstance(where, And) else (where,)


def is_equality(node: Filter) -> TypeGuard[Compare]:
    """Whether a filter compares a field for equality with one value."""
    return isinstance(node, Compare) and node.operator is Operator.EQ


def equals(name: str, value: str | int | float | bool) -> Compare:
    """The document path equals the value.

    Raises:
        InvalidArgument: ``kind="type"``; the value is no scalar: some databases would take a dict
            for an operator.
    """
    require_scalar(value)
    return Compare(path(name), Operator.EQ, value)


@dataclass(frozen=True, slots=True)
class Order:
    """One sort key.

    Args:
        field: What to sort by.
        descending: Greatest first. Missing and null come last either way.
        optional: Whether, of documents that the keys before leave tied, some can have a value and
            others none (missing or null); databases sort the sure ones faster.
    """

    field: Field
    descending: bool = False
    optional: bool = False


@dataclass(frozen=True, slots=True)
class BestElement:
    """Sort by a value of the one element of an array that ranks first; see ``Order`` for the rest.

    Args:
        array: The array of sub-documents.
        where: What an element must match to count, all of it: comparisons, and Ors of Ands of them.
        rank: Orders among the elements that count, paths within the element, all mandatory.
        value: The path within the element to sort by.
        descending: Greatest first; a document without such an element comes last.
    """

    array: Field
    where: tuple[Compare | Or, ...]
    rank: tuple[Order, ...]
    value: Field
    descending: bool = False


SortKey: TypeAlias = Order | BestElement
