"""Reads as statements, and what makes a row of each result."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mlflow_docstore.adapters.document.driver import Find, Row
from mlflow_docstore.adapters.document.rules.paths import MISSING, Reader, reader
from mlflow_docstore.core.query import (
    And,
    BestElement,
    Compare,
    Filter,
    In,
    Operator,
    Order,
    Scalar,
    SortKey,
    conjuncts,
    path,
)

from .clauses import DOCUMENT, TRUE, Clause, every, identifier, json_path
from .columns import Columns, data_of, shape_of
from .compiler import SqliteCompiler
from .orders import Key, behind, best_element, order_by, plain_keys, require_position
from .values import decode, plain_text

_RANGES = 8
"""Ranges of an index that are merged; beyond, rows are sorted."""

_PARTED_KEYS = 3
"""Sort keys that rows without a value are parted by: SQLite bounds the parts of a statement."""


@dataclass(frozen=True, slots=True)
class Read:
    """A statement that is ready, and what to make of its results.

    Args:
        statement: What to execute.
        row: Makes a row, with the whole document, of the columns.
    """

    statement: Clause
    row: Callable[[Columns], Row]


@dataclass(frozen=True, slots=True)
class Scan:
    """A read that goes on in the next one, so that rows with equal sort values need an order.

    Args:
        behind: The place of the row that the result starts behind, among those with the sort values
            of ``after``; None for none.
    """

    behind: int | None = None


def read_of(
    table: str,
    query: Find,
    compiler: SqliteCompiler,
    *,
    scan: Scan | None = None,
    among: Clause | None = None,
) -> Read:
    """The statement of a read.

    Args:
        table: Where documents are.
        query: What to read.
        compiler: Of its filters.
        scan: Where it is a part of a scan.
        among: What selects the ids of the only documents to look at; None for all.
    """
    if query.after is not None:
        require_position(query.order, query.after)
    if any(isinstance(key, BestElement) for key in query.order):
        return _computing_read(table, query, compiler, scan)
    return _plain_read(table, query, compiler, scan, among)


def _plain_read(
    table: str, query: Find, compiler: SqliteCompiler, scan: Scan | None, among: Clause | None
) -> Read:
    """A read in the order of fields, which an index may have."""
    keys, after = _tied(plain_keys(query.order), query.after, scan)
    wheres = alternatives(query.where) if keys and among is None else [query.where]
    looked_up = [] if among is None else [Clause(f"id IN ({among.text})", among.parameters)]
    branches = [
        _parts(every([*looked_up, compiler.compile(where)]), keys, after, query.limit)
        for where in wheres
    ]
    shape = shape_of(query)
    parts = [
        _merged(table, shape.text, [where for where, _ in these], these[0][1])
        for these in zip(*branches, strict=True)
    ]
    readers = [reader(key.field) for key in query.order if isinstance(key, Order)]

    def row(found: Columns) -> Row:
        document = shape.document(found)
        return Row(document, tuple([_value(read(document)) for read in readers]))

    return Read(_limited(parts, query.limit, shape.names), row)


def alternatives(where: Filter) -> list[Filter]:
    """Filters that together match what one does, each document by one of them.

    An index has the order of rows that are equal in the fields before it. For few values of a field
    that is as many ranges, which are merged; all other rows would be sorted.
    """
    nodes = conjuncts(where)
    found: list[Filter] = [where]
    for place, node in enumerate(nodes):
        if isinstance(node, In) and not node.negated and node.field.name != "_id":
            values = list(dict.fromkeys(node.values))
            texts = all(isinstance(value, str) for value in values)
            if texts and 1 < len(values) * len(found) <= _RANGES:
                found = [
                    _replaced(one, place, Compare(node.field, Operator.EQ, value))
                    for one in found
                    for value in values
                ]
    return found


def _replaced(where: Filter, place: int, node: Compare) -> Filter:
    nodes = conjuncts(where)
    return And((*nodes[:place], node, *nodes[place + 1 :]))


def _merged(table: str, columns: str, wheres: Sequence[Clause], keys: Sequence[Key]) -> Clause:
    """The rows of several conditions that exclude each other, in one order."""
    parameters = tuple(value for where in wheres for value in where.parameters)
    if len(wheres) == 1:
        text = f"SELECT {columns} FROM {identifier(table)} WHERE {wheres[0].text}{order_by(keys)}"
        return Clause(text, parameters)
    named = [replace(key, value=f"k{number}") for number, key in enumerate(keys)]
    values = "".join(
        f", {key.value} AS {name.value}" for key, name in zip(keys, named, strict=True)
    )
    text = " UNION ALL ".join(
        f"SELECT {columns}{values} FROM {identifier(table)} WHERE {where.text}" for where in wheres
    )
    return Clause(f"{text}{order_by(named)}", parameters)


def _parts(
    condition: Clause,
    keys: Sequence[Key],
    after: Sequence[Scalar] | None,
    limit: int | None,
    depth: int = 0,
) -> list[tuple[Clause, Sequence[Key]]]:
    """Conditions and orders whose results, one behind the other, are the result.

    Rows without a value for the first key come last. An index has them first or last, so that they
    are parts of their own; who reads on to the end anyway has no use for it.
    """
    if not keys or not keys[0].optional or limit is None or depth == _PARTED_KEYS:
        where = condition if after is None else every([condition, behind(keys, after)])
        return [(where, keys)]
    first, rest = keys[0].sure(), keys[1:]
    lacking = every([condition, Clause(f"{first.value} IS NULL")])
    if after is not None and after[0] is None:
        return _parts(lacking, rest, after[1:], limit, depth + 1)
    having = every([condition, Clause(f"{first.value} IS NOT NULL")])
    if after is not None:
        having = every([having, behind([first, *rest], after)])
    return [(having, [first, *rest]), *_parts(lacking, rest, None, limit, depth + 1)]


def _limited(parts: Sequence[Clause], limit: int | None, names: str) -> Clause:
    """The first rows of the parts in turn; a part that is not reached is not read."""
    if limit is None:
        (only,) = parts
        return only
    if len(parts) == 1:
        return Clause(f"{parts[0].text} LIMIT ?", (*parts[0].parameters, limit))
    text = " UNION ALL ".join(f"SELECT {names} FROM ({part.text} LIMIT ?)" for part in parts)
    parameters = [value for part in parts for value in (*part.parameters, limit)]
    return Clause(f"{text} LIMIT ?", (*parameters, limit))


def _tied(
    keys: list[Key], after: tuple[Scalar, ...] | None, scan: Scan | None
) -> tuple[list[Key], tuple[Scalar, ...] | None]:
    if scan is None:
        return keys, after
    # In the direction of the index, which ends with the place.
    last = Key("rowid", bool(keys) and keys[-1].descending, optional=False)
    if scan.behind is not None:
        after = (*(after or ()), scan.behind)
    return [*keys, last], after


def _computing_read(table: str, query: Find, compiler: SqliteCompiler, scan: Scan | None) -> Read:
    """A read in an order that is computed of each document that matches.

    The documents themselves are fetched at the end, of the rows that are left.
    """
    condition, where = compiler.compile(query.where), TRUE
    bests = [
        best_element(key, compiler) if isinstance(key, BestElement) else None for key in query.order
    ]
    computed = [
        best or Clause(DOCUMENT.value(key.field))  # type: ignore[union-attr]  # an Order
        for key, best in zip(query.order, bests, strict=True)
    ]
    keys, after = _tied(
        [_computed_key(number, key) for number, key in enumerate(query.order)], query.after, scan
    )
    if after is not None:
        where = behind(keys, after)
    values = ", ".join(f"{one.text} AS k{number}" for number, one in enumerate(computed))
    texts = "".join(
        f", k{number} -> {json_path(key.value.name)}"
        for number, key in enumerate(query.order)
        if isinstance(key, BestElement)
    )
    order = order_by(keys)
    name = identifier(table)
    text = (
        f"WITH found AS MATERIALIZED (SELECT rowid AS place, {values} FROM {name}"
        f" WHERE {condition.text}), page AS MATERIALIZED"
        f" (SELECT * FROM found WHERE {where.text}{order} LIMIT ?)"
        f" SELECT {data_of(query.fields)}, place, doc{texts}"
        f" FROM page CROSS JOIN {name} ON rowid = place{order}"
    )
    parameters = [value for one in computed for value in one.parameters]
    limit = -1 if query.limit is None else query.limit
    statement = Clause(text, (*parameters, *condition.parameters, *where.parameters, limit))
    return Read(statement, _computed_row(query.order))


def _computed_key(number: int, key: SortKey) -> Key:
    name = f"k{number}"
    if isinstance(key, BestElement):
        return Key(f"json_extract({name}, {json_path(key.value.name)})", key.descending, True)
    return replace(plain_keys([key])[0], value=name)


def _computed_row(order: Sequence[SortKey]) -> Callable[[Columns], Row]:
    readers: list[Reader | None] = [
        reader(key.field) if isinstance(key, Order) else None for key in order
    ]

    def row(found: Columns) -> Row:
        data, _, text, *bests = found
        document, texts = decode(text, data), iter(bests)
        position = (
            _value(read(document)) if read else _decoded(next(texts), data) for read in readers
        )
        return Row(document, tuple(position))

    return row


def _decoded(text: str | None, data: bytes | None) -> Any:
    return None if text is None else decode(text, data)


def _value(found: Any) -> Any:
    return None if found is MISSING else found


def distinct_of(table: str, condition: Clause, fields: Sequence[str], limit: int) -> Clause:
    """The statement of a distinct: for each field its value, and whether that is a boolean."""
    columns = ", ".join(
        f"{DOCUMENT.value(field)}, coalesce({DOCUMENT.type(field)} IN ('true', 'false'), 0)"
        for field in map(path, fields)
    )
    text = f"SELECT DISTINCT {columns} FROM {identifier(table)} WHERE {condition.text} LIMIT ?"
    return Clause(text, (*condition.parameters, limit))


def decoded_values(columns: Columns) -> tuple[Scalar, ...]:
    """The combination that a row of a distinct stands for."""
    pairs = zip(columns[::2], columns[1::2], strict=True)
    return tuple(bool(value) if flag else _plain(value) for value, flag in pairs)


def _plain(value: Any) -> Any:
    return plain_text(value) if isinstance(value, str) else value
