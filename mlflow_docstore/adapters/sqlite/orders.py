"""Sort keys as SQL: what to sort by, and which rows sort behind a row."""

from collections.abc import Sequence
from dataclasses import dataclass

from mlflow_docstore.core.errors import InvalidArgument, Unsupported
from mlflow_docstore.core.query import And, BestElement, Order, Scalar, SortKey

from .clauses import DOCUMENT, FALSE, Clause, bound, every, some
from .compiler import SqliteCompiler


@dataclass(frozen=True, slots=True)
class Key:
    """A sort key.

    Args:
        value: The expression to sort by.
        descending: Greatest first.
        optional: Whether there may be rows without a value.
    """

    value: str
    descending: bool
    optional: bool

    @property
    def term(self) -> str:
        """The term of an ``ORDER BY``. NULL is the least of all, so that it comes last by itself
        where the order descends."""
        if self.descending:
            return f"{self.value} DESC"
        return f"{self.value} NULLS LAST" if self.optional else self.value

    def sure(self) -> "Key":
        """The key among rows that all have a value."""
        return Key(self.value, self.descending, optional=False)

    def behind(self, value: Scalar) -> Clause:
        """Rows whose value sorts behind."""
        if value is None:
            return FALSE
        limit = bound(value)
        test = f"{self.value} {'<' if self.descending else '>'} {limit.text}"
        if self.optional:
            test = f"({test} OR {self.value} IS NULL)"
        return Clause(test, limit.parameters)

    def equal(self, value: Scalar) -> Clause:
        """Rows with the same value."""
        if value is None:
            return Clause(f"{self.value} IS NULL")
        same = bound(value)
        return Clause(f"{self.value} = {same.text}", same.parameters)

    def reached(self, value: Scalar) -> Clause:
        """Rows with the same value, or behind it: a range that an index can begin at."""
        limit = bound(value) if value is not None else Clause("NULL")
        sign = "<=" if self.descending else ">="
        return Clause(f"{self.value} {sign} {limit.text}", limit.parameters)


def order_by(keys: Sequence[Key]) -> str:
    """An ``ORDER BY``; empty where there is nothing to sort by."""
    return f" ORDER BY {', '.join(key.term for key in keys)}" if keys else ""


def plain_keys(order: Sequence[SortKey]) -> list[Key]:
    """The keys of an order by fields."""
    return [_plain_key(key) for key in order]


def _plain_key(key: SortKey) -> Key:
    if not isinstance(key, Order):
        raise Unsupported("sort key", type(key).__name__)
    optional = key.optional and not DOCUMENT.is_id(key.field)
    return Key(DOCUMENT.value(key.field), key.descending, optional)


def behind(keys: Sequence[Key], after: Sequence[Scalar]) -> Clause:
    """Rows behind a row: behind it in the first key, or equal there and behind in the next, ...

    Keys that ``after`` has no values for do not count.
    """
    alternatives: list[Clause] = []
    equal: list[Clause] = []
    for key, value in zip(keys, after, strict=False):
        alternatives.append(every([*equal, key.behind(value)]))
        equal.append(key.equal(value))
    if len(alternatives) < 2 or keys[0].optional or after[0] is None:
        return some(alternatives)
    # The alternatives imply the bound, which the planner does not see for itself.
    return every([keys[0].reached(after[0]), some(alternatives)])


def require_position(order: Sequence[SortKey], after: Sequence[Scalar]) -> None:
    """Refuse a position of another order."""
    if len(after) != len(order):
        raise InvalidArgument("after", tuple(after), keys=len(order))


def best_element(key: BestElement, compiler: SqliteCompiler) -> Clause:
    """The element that ranks first among those that count, as JSON; NULL for none."""
    element = compiler.element("e")
    where = element.conjunction(And(key.where))
    ranks = [
        f"{element.source.value(rank.field)} {'DESC' if rank.descending else 'ASC'} NULLS LAST"
        for rank in key.rank
    ]
    elements = compiler.elements(key.array, "e")
    # Of equals the first, as everywhere.
    text = (
        f"(SELECT e.value FROM {elements} AND {where.text}"
        f" ORDER BY {', '.join([*ranks, 'e.key'])} LIMIT 1)"
    )
    array = f"{compiler.source.type(key.array)} = 'array'"
    return Clause(f"CASE WHEN {array} THEN {text} END", where.parameters)
