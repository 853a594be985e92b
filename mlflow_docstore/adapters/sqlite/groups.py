"""Groups and values as statements."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from mlflow_docstore.adapters.document.groups import (
    Group,
    GroupKey,
    GroupRow,
    Reducer,
    Reduction,
    within,
)
from mlflow_docstore.adapters.document.rules.values import Bracket, bracket
from mlflow_docstore.core.query import And, Compare, Filter, Leaf, Operator, conjuncts, path
from mlflow_docstore.core.trace_metrics import percentile

from .clauses import Clause, Source, every, identifier
from .compiler import SqliteCompiler
from .values import SOH, plain_text

_OUTER = "outside"
_ELEMENT = "element"
_BESIDE = Source(f"{_OUTER}.doc", f"{_OUTER}.id")
"""A row of a table beside its elements, which have columns of the same names."""

_REDUCERS: Mapping[Reducer, str] = {
    Reducer.COUNT: "count({})",
    Reducer.DISTINCT: "count(DISTINCT {})",
    Reducer.SUM: "sum({})",
    Reducer.AVERAGE: "avg({})",
    Reducer.MINIMUM: "min({})",
    Reducer.MAXIMUM: "max({})",
    Reducer.PERCENTILE: "json_group_array({})",
}
_OF_NUMBERS = frozenset(Reducer) - {Reducer.COUNT, Reducer.DISTINCT}


class FractionsFoundError(Exception):
    """There is a fraction among values that were brought as a text, which has 15 digits of it."""


def values_of(
    table: str,
    where: Filter,
    fields: Sequence[str],
    each: str | None,
    of_each: Sequence[Leaf],
    compiler: SqliteCompiler,
) -> Clause:
    """The statement of the values of documents, or of elements: a column ``f0``, ... each."""
    if each is None:
        condition = compiler.compile(where)
        columns = _columns((compiler.at(path(field)), field) for field in fields)
        text = f"SELECT {columns} FROM {identifier(table)} WHERE {condition.text}"
        return Clause(text, condition.parameters)
    outer, element = compiler.on(_BESIDE), compiler.element(_ELEMENT)
    inner = [(field, within(each, field)) for field in fields]
    columns = _columns(
        (_BESIDE, field) if found is None else (element.source, found) for field, found in inner
    )
    condition = every([outer.compile(where), element.compile(And(tuple(of_each)))])
    array = path(each)
    text = (
        f"SELECT {columns} FROM {identifier(table)} AS {_OUTER}, {outer.elements(array, _ELEMENT)}"
        f" AND {_BESIDE.type(array)} = 'array' AND {condition.text}"
    )
    return Clause(text, condition.parameters)


def _columns(places: Iterable[tuple[Source, str]]) -> str:
    columns = [
        f"{source.plain(path(field))} AS f{number}" for number, (source, field) in enumerate(places)
    ]
    return ", ".join(columns) or "NULL"


def group_of(table: str, query: Group, compiler: SqliteCompiler) -> Clause:
    """The statement of a group. The first column of a result is whether anything is in it.

    Values are read from documents first, as to sort them would else be to move whole documents.
    """
    values = values_of(table, query.where, query.fields, query.each, query.of_each, compiler)
    places = {field: f"f{number}" for number, field in enumerate(query.fields)}
    names = [f"k{number}" for number in range(len(query.keys))]
    columns = [
        "1" if names else "count(*)",
        *(f"{_key(key, places[key.path])} AS k{at}" for at, key in enumerate(query.keys)),
        *columns_of(query, places),
    ]
    sources = [compiler.at(path(one)) for one in query.fields]
    covered = query.each is None and compiler.source not in sources
    how = "NOT MATERIALIZED" if covered else "MATERIALIZED"
    text = f"WITH found AS {how} ({values.text}) SELECT {', '.join(columns)} FROM found"
    if names:
        present = " AND ".join(f"{name} IS NOT NULL" for name in names)
        order = ", ".join(names)
        text = f"{text} WHERE {present} GROUP BY {order} ORDER BY {order}"
    return Clause(
        f"{text} LIMIT ?", (*values.parameters, -1 if query.limit is None else query.limit)
    )


def group_rows(found: Sequence[tuple[Any, ...]], query: Group) -> list[GroupRow]:
    """The groups that results stand for; without keys, SQL has one even of nothing."""
    begin = 1 + len(query.keys)
    return [
        GroupRow(plain_values(row[1:begin]), _told(row[begin:], query)) for row in found if row[0]
    ]


def _told(columns: tuple[Any, ...], query: Group) -> tuple[Any, ...]:
    apart = [(one.reducer, one.path) for one in told_apart(query)]
    found = dict(zip(apart, columns, strict=True))
    for one in apart:
        if one[0] is Reducer.PERCENTILE:
            found[one] = _ordered(found[one])
    return tuple(
        found[one.reducer, one.path]
        if one.percent is None
        else _percentile(found[one.reducer, one.path], one.percent)
        for one in query.reductions
    )


def _ordered(packed: str) -> list[int]:
    """All values, of one text: a hundred thousand rows would take longer than all the rest."""
    if "." in packed:
        raise FractionsFoundError
    numbers: list[int] = json.loads(packed)
    numbers.sort()
    return numbers


def _percentile(ordered: Sequence[int], percent: float) -> float | None:
    return percentile(ordered, percent) if ordered else None


def columns_of(query: Group, places: Mapping[str, str]) -> list[str]:
    """The columns that the reductions of a query are told from, of the values at their places."""
    numeric = _numbers_of(query.where)
    return [_reduced(one, places, numeric) for one in told_apart(query)]


def told_apart(query: Group) -> tuple[Reduction, ...]:
    """The reductions that have columns of their own: percentiles of one path share its values."""
    return tuple({(one.reducer, one.path): one for one in query.reductions}.values())


def plain_values(columns: tuple[Any, ...]) -> tuple[Any, ...]:
    """Values as they were before they were stored."""
    return tuple([plain_text(one) if type(one) is str and SOH in one else one for one in columns])


def _key(key: GroupKey, place: str) -> str:
    size = key.bucket
    if size is None:
        return place
    return f"CASE typeof({place}) WHEN 'integer' THEN {place} - {beyond(place, size)} END"


def beyond(place: str, size: int) -> str:
    """By how much an integer is greater than the bucket that it is in."""
    # The remainder has the sign of the number.
    return f"({place} % {size} + {size}) % {size}"


def _numbers_of(where: Filter) -> frozenset[str]:
    """The paths at which all that matches has numbers."""
    nodes = conjuncts(where)
    return frozenset(
        node.field.name
        for node in nodes
        if isinstance(node, Compare)
        and node.operator is not Operator.NE
        and bracket(node.value) is Bracket.NUMBER
    )


def _reduced(reduction: Reduction, places: Mapping[str, str], numeric: Collection[str]) -> str:
    place = "*" if reduction.path is None else places[reduction.path]
    text = _REDUCERS[reduction.reducer].format(place)
    if reduction.reducer not in _OF_NUMBERS or reduction.path in numeric:
        return text
    # Numbers are less than texts.
    return f"{text} FILTER (WHERE {place} < '')"
