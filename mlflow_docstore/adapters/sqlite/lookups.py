"""Lookups: which documents may match a condition, by the indexes that are there."""

from collections.abc import Collection, Sequence
from itertools import takewhile
from typing import Any

from mlflow_docstore.adapters.document.driver import Aid
from mlflow_docstore.core.query import (
    And,
    AnyElement,
    Compare,
    Filter,
    In,
    Leaf,
    Operator,
    Or,
    conjuncts,
)

from .clauses import Clause, bound, identifier
from .compiler import SqliteCompiler
from .elements import ids_with

_MOST_VALUES = 100


def lookup(
    table: str, where: Filter, aids: Sequence[Aid], compiler: SqliteCompiler
) -> Clause | None:
    """The statement of the ids of documents, of which those that match are some.

    Args:
        table: Where documents are.
        where: What they must match.
        aids: Indexes that are there.
        compiler: Of filters.

    Returns:
        None where an index of fields, which SQLite knows by itself, does or nothing is found.
    """
    nodes = conjuncts(where)
    for node in nodes:
        if isinstance(node, AnyElement | Or):
            parts = _parts(table, node, nodes, aids, compiler)
            if parts:
                text = " UNION ALL ".join(part.text for part in parts)
                return Clause(text, tuple(one for part in parts for one in part.parameters))
    return None


def _parts(
    table: str,
    node: Filter,
    beside: Collection[Filter],
    aids: Sequence[Aid],
    compiler: SqliteCompiler,
) -> list[Clause]:
    """Statements that together find what matches a node; none where one of them lacks an index."""
    match node:
        case Or(nodes):
            each = [_parts(table, one, beside, aids, compiler) for one in nodes]
            return [part for parts in each for part in parts] if all(each) else []
        case AnyElement():
            return _of_elements(table, node, aids)
        case Compare(field, Operator.EQ) | In(field, negated=False):
            scoped = _scoped(field.name, beside, aids)
            if not scoped:
                return []
            condition = compiler.compile(And((*scoped, node)))
            text = f"SELECT id FROM {identifier(table)} WHERE {condition.text}"
            return [Clause(text, condition.parameters)]
        case _:
            return []


def _scoped(name: str, beside: Collection[Filter], aids: Sequence[Aid]) -> list[Filter]:
    """The conditions on the fields that stand before one in its index; none without an index."""
    keys = {key for aid in aids if aid.field == name for key, _ in aid.index.keys}
    return [one for one in beside if isinstance(one, Compare | In) and one.field.name in keys]


def _of_elements(table: str, node: AnyElement, aids: Sequence[Aid]) -> list[Clause]:
    known = {leaf.field.name: values for leaf in node.where if (values := _values(leaf))}
    for aid in aids:
        if aid.array == node.field.name:
            names = [key.removeprefix(f"{aid.array}.") for key, _ in aid.index.keys]
            found = [known[name] for name in takewhile(known.__contains__, names)]
            if found:
                return [ids_with(table, aid.index, found)]
    return []


def _values(leaf: Leaf) -> tuple[Any, ...]:
    """The texts or booleans of which a value is one; none where it may be another."""
    match leaf:
        case Compare(_, Operator.EQ, value) if isinstance(value, str | bool):
            return bound(value).parameters
        case In(_, values, negated=False) if len(values) <= _MOST_VALUES:
            texts = [one for one in values if isinstance(one, str)]
            found = tuple(stored for one in texts for stored in bound(one).parameters)
            return found if len(texts) == len(values) else ()
        case _:
            return ()
