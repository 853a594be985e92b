"""Groups as they are found among values, for databases that cannot."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from mlflow_docstore.core.trace_metrics import percentile

from .groups import Group, GroupKey, GroupRow, Reducer, Reduction, Value

Values = tuple[Value, ...]

_NUMBERS = frozenset({int, float})
_INT64 = range(-(2**63), 2**63)


class _Members:
    """What is kept of a group: values by themselves, as rows of them would take thrice as much.

    Args:
        keys: What its members have in common.
        fields: Which of a row's values are kept, by their paths.
    """

    def __init__(self, keys: tuple[Any, ...], fields: Mapping[str, int]) -> None:
        self.keys = keys
        self._count = 0
        self._values: dict[str, list[Any]] = {path: [] for path in fields}
        self._places = [(place, self._values[path]) for path, place in fields.items()]

    def add(self, row: Values) -> None:
        """One more."""
        self._count += 1
        for place, values in self._places:
            if row[place] is not None:
                values.append(row[place])

    def told(self, reductions: Iterable[Reduction]) -> GroupRow:
        """What they come to."""
        return GroupRow(
            self.keys,
            tuple(
                self._count if one.path is None else _reduced(one, self._values[one.path])
                for one in reductions
            ),
        )


def grouped(rows: Iterable[Values], query: Group) -> list[GroupRow]:
    """The groups of a query, from the values of its fields."""
    place = {field: number for number, field in enumerate(query.fields)}
    fields = {one.path: place[one.path] for one in query.reductions if one.path is not None}
    members: dict[tuple[Any, ...], _Members] = {}
    for row in rows:
        keys = tuple(_key(key, row[place[key.path]]) for key in query.keys)
        if None not in keys:
            rank = _rank(keys)
            if rank not in members:
                members[rank] = _Members(keys, fields)
            members[rank].add(row)
    found = sorted(members.items(), key=itemgetter(0))
    return [these.told(query.reductions) for _, these in found[: query.limit]]


def gathered(
    tuples: Callable[..., Iterable[Values]], collection: str, query: Group
) -> list[GroupRow]:
    """The groups of a query, found here: of a collection's values, which a driver reads."""
    values = tuples(collection, query.where, query.fields, each=query.each, of_each=query.of_each)
    return grouped(values, query)


def in_order(rows: Iterable[GroupRow], limit: int | None) -> list[GroupRow]:
    """The first groups, by their keys."""
    return sorted(rows, key=lambda row: _rank(row.keys))[:limit]


def _rank(keys: Sequence[Value]) -> tuple[Any, ...]:
    """Numbers come before texts."""
    return tuple((type(value) is str, value) for value in keys)


def _key(key: GroupKey, value: Value) -> Value:
    if key.bucket is None:
        return value
    return value - value % key.bucket if type(value) is int else None


def _reduced(reduction: Reduction, values: Sequence[Any]) -> int | float | None:
    match reduction.reducer:
        case Reducer.COUNT:
            return len(values)
        case Reducer.DISTINCT:
            return len(set(values))
    numbers: list[Any] = [value for value in values if type(value) in _NUMBERS]
    if not numbers:
        return None
    if reduction.percent is not None:
        return percentile(sorted(numbers), reduction.percent)
    return _OF_NUMBERS[reduction.reducer](numbers)


def _total(numbers: Sequence[int | float]) -> int | float:
    """A sum, as a float where 64 bits do not hold it."""
    found = sum(numbers)
    return float(found) if type(found) is int and found not in _INT64 else found


_OF_NUMBERS: Mapping[Reducer, Callable[[Sequence[Any]], int | float]] = {
    Reducer.SUM: _total,
    Reducer.AVERAGE: lambda numbers: float(sum(numbers) / len(numbers)),
    Reducer.MINIMUM: min,
    Reducer.MAXIMUM: max,
}
