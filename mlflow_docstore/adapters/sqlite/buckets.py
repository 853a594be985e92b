"""Buckets as ranges of an index.

SQLite does not know that buckets come in the order of what is in them, and would sort everything.
"""

from dataclasses import dataclass

from mlflow_docstore.adapters.document.groups import Group
from mlflow_docstore.adapters.document.rules.values import INT64
from mlflow_docstore.core.query import (
    And,
    Compare,
    Exists,
    Filter,
    In,
    Like,
    Operator,
    conjuncts,
    is_equality,
    path,
)

from .clauses import Clause, identifier
from .compiler import SqliteCompiler
from .groups import beyond, columns_of, told_apart
from .measures import MeasuringCompiler

_LEAVES = (Compare, In, Like, Exists)

_MOST = 2
"""Reductions that are worth it: each reads the range of a bucket for itself."""


@dataclass(frozen=True, slots=True)
class _Range:
    """What must be in range, and what else must match.

    Args:
        least: The least integer.
        greatest: The greatest.
        rest: All other conditions.
    """

    least: int
    greatest: int
    rest: And


def buckets_of(table: str, query: Group, compiler: SqliteCompiler) -> Clause | None:
    """The statement of a group by buckets, each found from the end of the one before.

    None where no index has the values in their order. The columns of a result are those of other
    groups.
    """
    if len(query.keys) != 1 or len(told_apart(query)) > _MOST or query.each is not None:
        return None
    (key,), leaves = query.keys, _leaves(query.where)
    if key.bucket is None or leaves is None or not isinstance(compiler, MeasuringCompiler):
        return None
    equal = {leaf.field.name for leaf in leaves if is_equality(leaf)}
    among = {leaf.field.name for leaf in leaves}.union(query.fields)
    if not compiler.are_ordered(path(key.path), equal, among):
        return None
    return _statement(table, query, key.bucket, compiler)


def _statement(table: str, query: Group, size: int, compiler: MeasuringCompiler) -> Clause:
    field = path(query.keys[0].path)
    range_ = _range(query.where, field.name)
    column, rest = compiler.at(field).plain(field), compiler.compile(range_.rest)
    if not compiler.is_whole(field):
        rest = Clause(f"{rest.text} AND typeof({column}) = 'integer'", rest.parameters)
    above = beyond("first", size)
    begin, end = f"first - {above}", f"first + ({size - 1} - {above})"
    source = f"FROM {identifier(table)} WHERE {rest.text} AND {column}"
    places = {name: compiler.at(path(name)).plain(path(name)) for name in query.fields}
    values = [
        f", (SELECT {one} {source} BETWEEN max({begin}, ?) AND min({end}, ?))"
        for one in columns_of(query, places)
    ]
    text = (
        "WITH RECURSIVE buckets(first) AS ("
        f"SELECT (SELECT min({column}) {source} BETWEEN ? AND ?) UNION ALL"
        f" SELECT (SELECT min({column}) {source} > {end} AND {column} <= ?)"
        " FROM buckets WHERE first IS NOT NULL)"
        f" SELECT 1, {begin}{''.join(values)} FROM buckets WHERE first IS NOT NULL LIMIT ?"
    )
    bounds, limit = (range_.least, range_.greatest), -1 if query.limit is None else query.limit
    each = (*rest.parameters, *bounds)
    steps = (*each, *rest.parameters, range_.greatest)
    return Clause(text, (*steps, *(each * len(values)), limit))


def _leaves(where: Filter) -> list[Compare | In | Like | Exists] | None:
    """What must be true, all of it; None where there is more to it."""
    nodes = conjuncts(where)
    leaves = [node for node in nodes if isinstance(node, _LEAVES)]
    return leaves if len(leaves) == len(nodes) else None


def _range(where: Filter, name: str) -> _Range:
    """The bounds apart, as SQLite looks up but one of two."""
    least, greatest, rest = [INT64[0]], [INT64[-1]], list[Filter]()
    for node in conjuncts(where):
        bounds = {Operator.GE: least, Operator.LE: greatest}
        if (
            isinstance(node, Compare)
            and node.field.name == name
            and node.operator in bounds
            and type(node.value) is int
        ):
            bounds[node.operator].append(node.value)
        else:
            rest.append(node)
    return _Range(max(least), min(greatest), And(tuple(rest)))
