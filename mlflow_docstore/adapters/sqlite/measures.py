"""Measures: values of documents in columns that are computed, under an index that holds them all.

What counts and adds up reads the index alone. From the documents it would take parsing each.
"""

import re
import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from mlflow_docstore.adapters.document.layout import Measures
from mlflow_docstore.adapters.document.rules.values import Bracket, accepted, bracket
from mlflow_docstore.core.metrics import LARGEST
from mlflow_docstore.core.query import (
    Compare,
    Field,
    Filter,
    In,
    Like,
    Operator,
    conjuncts,
    path,
)

from .clauses import DOCUMENT, Clause, Source, identifier
from .compiler import SqliteCompiler
from .tables import ROWS, assume

_COLUMN = "m."
_PLAIN = re.compile(r"[a-z0-9_.]+")
_WHOLE = "INTEGER"
_BRACKETS = frozenset({Bracket.NUMBER, Bracket.TEXT})
_RARE = ROWS // 10
"""What is assumed of an index that leaves documents out, so that it is taken wherever it can be."""


@dataclass(frozen=True, slots=True)
class _Columns(Source):
    """Fields that have columns. The layout declares those alone that hold texts and numbers."""

    def value(self, field: Field) -> str:
        return _column(field.name)

    def type(self, field: Field) -> str:
        return f"typeof({_column(field.name)})"

    def plain(self, field: Field) -> str:
        return _column(field.name)


_COLUMNS = _Columns("doc")


class _ColumnCompiler(SqliteCompiler):
    """Filters on columns alone: what each row is judged by is as short as can be."""

    def compare(self, node: Compare) -> Clause:
        if (node.operator, node.value) == (Operator.GE, -LARGEST):
            return Clause(f"({_column(node.field.name)} < '')")
        return super().compare(node)

    def _needs_type(self, node: Compare) -> bool:
        """Of a column there is no boolean to be told from a number, nor an array from a text."""
        return node.operator is Operator.NE


@dataclass(frozen=True, slots=True)
class Kept:
    """The measures that a table has.

    Args:
        orders: The paths of each index.
        whole: Those at which there are integers only.
    """

    orders: tuple[tuple[str, ...], ...]
    whole: frozenset[str] = frozenset()


class MeasuringCompiler(SqliteCompiler):
    """Filters on columns, as far as these can tell.

    Args:
        in_terms: The most terms in one membership test.
        kept: What has columns.
    """

    def __init__(self, in_terms: int, kept: Kept) -> None:
        super().__init__(DOCUMENT, in_terms)
        self._kept = kept
        self._measures = frozenset(name for order in kept.orders for name in order)
        self._columns = _ColumnCompiler(_COLUMNS, in_terms)

    def is_whole(self, field: Field) -> bool:
        """Whether there are integers only."""
        return field.name in self._kept.whole

    def are_ordered(self, field: Field, equal: Collection[str], among: Collection[str]) -> bool:
        """Whether an index has values in their order, where all others are the same.

        Args:
            field: Where the values are.
            equal: The paths that have one value each.
            among: All paths that are asked for.
        """
        return any(
            set(order).issuperset({field.name, *among})
            and set(order[: order.index(field.name)]).issubset(equal)
            for order in self._kept.orders
        )

    def is_passed_by(self, where: Filter) -> bool:
        """Whether documents are picked by a list of values that no column has.

        An index of documents finds them, where that of the measures would be walked from its
        beginning to its end.
        """
        nodes = conjuncts(where)
        return any(
            isinstance(node, In) and not node.negated and node.field.name not in self._measures
            for node in nodes
        )

    def at(self, field: Field) -> Source:
        return _COLUMNS if field.name in self._measures else super().at(field)

    def compare(self, node: Compare) -> Clause:
        if self._tells(node.field, node.value):
            return self._columns.compare(node)
        return super().compare(node)

    def membership(self, node: In) -> Clause:
        # Negated, it matches what is no text and no number as well.
        if not node.negated and self._tells(node.field, *node.values):
            return self._columns.membership(node)
        return super().membership(node)

    def like(self, node: Like) -> Clause:
        if self._tells(node.field):
            return self._columns.like(node)
        return super().like(node)

    def _tells(self, field: Field, *values: object) -> bool:
        return field.name in self._measures and all(
            bracket(accepted(value)) in _BRACKETS for value in values
        )


def make_measures(native: sqlite3.Connection, table: str, measures: Sequence[Measures]) -> None:
    """Make columns and their indexes as far as they are missing; within a transaction."""
    if not measures:
        return
    found = native.execute("SELECT name FROM pragma_table_xinfo(?)", (table,))
    there = {name for (name,) in found.fetchall()}
    whole = {name for these in measures for name in these.whole}
    for one in dict.fromkeys(name for these in measures for name in these.paths):
        if f"{_COLUMN}{one}" not in there:
            # Of whatever type: to ask for it would make changes take 25 times as long.
            kind = _WHOLE if one in whole else ""
            how = f"{kind} GENERATED ALWAYS AS ({DOCUMENT.value(path(one))}) VIRTUAL"
            native.execute(f"ALTER TABLE {identifier(table)} ADD COLUMN {_column(one)} {how}")
    _make_indexes(native, table, measures)


def _make_indexes(native: sqlite3.Connection, table: str, measures: Sequence[Measures]) -> None:
    wanted = {
        _index_name(table, number): (_create_index(table, number, one), one)
        for number, one in enumerate(measures)
    }
    indexes = native.execute("SELECT name, sql FROM sqlite_schema WHERE tbl_name = ?", (table,))
    there = {name: sql for name, sql in indexes.fetchall() if is_of_measures(table, name)}
    for name, sql in there.items():
        if name not in wanted or wanted[name][0] != sql:
            # Of a layout that had others.
            native.execute(f"DROP INDEX {identifier(name)}")
    for name, (statement, one) in wanted.items():
        if there.get(name) != statement:
            native.execute(statement)
            assume(native, table, name, len(one.paths), _RARE if one.rare else ROWS)


def _create_index(table: str, number: int, measures: Measures) -> str:
    columns = ", ".join(map(_column, measures.paths))
    name = identifier(_index_name(table, number))
    statement = f"CREATE INDEX {name} ON {identifier(table)} ({columns})"
    if not measures.rare:
        return statement
    present = " OR ".join(f"{_column(one)} IS NOT NULL" for one in measures.rare)
    return f"{statement} WHERE {present}"


def measures_of(table: str) -> Clause:
    """The statement of what indexes of measures hold; none where there is no index."""
    return Clause(
        "SELECT indexes.name, columns.name, kinds.type FROM pragma_index_list(?1) AS indexes,"
        " pragma_index_info(indexes.name) AS columns JOIN pragma_table_xinfo(?1) AS kinds"
        " ON kinds.name = columns.name WHERE substr(indexes.name, 1, length(?2)) = ?2"
        " ORDER BY indexes.name, columns.seqno",
        (table, _index_name(table)),
    )


def kept(found: Iterable[tuple[str, str, str]]) -> Kept:
    """What that statement has found."""
    orders, whole = defaultdict[str, list[str]](list), set[str]()
    for index, column, kind in found:
        orders[index].append(column.removeprefix(_COLUMN))
        if kind == _WHOLE:
            whole.add(column.removeprefix(_COLUMN))
    return Kept(tuple(map(tuple, orders.values())), frozenset(whole))


def is_of_measures(table: str, index: str) -> bool:
    """Whether an index is one of measures."""
    return index.startswith(_index_name(table))


def _index_name(table: str, number: int = 0) -> str:
    """What an index is called: no name of a declared one, which have a point there."""
    return f"{table}:measures{number or ''}"


def _column(name: str) -> str:
    """A column. Between quotation marks, one that is not there would be a text."""
    if not _PLAIN.fullmatch(name):
        raise ValueError(f"no measure can be called so: {name!r}")
    return f"[{_COLUMN}{name}]"
