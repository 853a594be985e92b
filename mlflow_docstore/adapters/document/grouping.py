"""Groups as they are found among values, for databases that cannot."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from .groups import Group, GroupKey, GroupRow, Reducer, Reduction, Value

Values = tuple[Value, ...]

_NUMBERS = frozenset({int, float})
_INT64 = range(-(2**63), 2**63)


def grouped(rows: Iterable[Values], query: Group) -> list[GroupRow]:
    """The groups of a query, from the values of its fields."""
    place = {field: number for number, field in enumerate(query.fields)}
    members: dict[tuple[Any, ...], tuple[Any, list[Values]]] = {}
    for row in rows:
        keys = tuple(_key(key, row[place[key.path]]) for key in query.keys)
        if None not in keys:
            _, these = members.setdefault(_rank(keys), (keys, []))
            these.append(row)
    found = sorted(members.items(), key=itemgetter(0))
    return [
        GroupRow(keys, tuple(_reduced(one, these, place) for one in query.reductions))
        for _, (keys, these) in found[: query.limit]
    ]


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


def _reduced(
    reduction: Reduction, rows: Sequence[Values], place: Mapping[str, int]
) -> int | float | None:
    if reduction.path is None:
        return len(rows)
    at = place[reduction.path]
    values = [row[at] for row in rows if row[at] is not None]
    match reduction.reducer:
        case Reducer.COUNT:
            return len(values)
        case Reducer.DISTINCT:
            return len(set(values))
    numbers: list[Any] = [value for value in values if type(value) in _NUMBERS]
    return _OF_NUMBERS[reduction.reducer](numbers) if numbers else None


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
