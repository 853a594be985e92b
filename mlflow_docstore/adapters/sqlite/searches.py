"""Searches by keys of users: those that take long get an index, made on the spot.

What takes long shows itself: a read is stopped after some steps, and only then is an index looked
for, made if it is missing, and the read begun anew. So a search that is quick, on few documents or
with an index, executes its one statement.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mlflow_docstore.adapters.document.driver import Aid, Find, Row
from mlflow_docstore.core.errors import StoreError
from mlflow_docstore.core.query import Order

from .calls import Calls
from .clauses import DOCUMENT, Clause, identifier
from .compiler import SqliteCompiler
from .elements import elements_of, make_elements
from .lookups import lookup
from .measures import is_of_measures
from .reads import Read, read_of
from .tables import BUILTIN, index_name, make_index
from .transactions import within

_TURNS = 20
_MOST_LOOKED_UP = 1_000

Found = list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Haste:
    """When a search makes an index.

    Args:
        steps: Of SQLite's machine: a search takes long that takes more. Six judge a document, so
            these are some thousands of documents, and 20 ms.
        steps_a_result: What each document that is asked for adds to that.
        most: Indexes of users' keys on one table: each makes writing slower.
        largest: The greatest place in a table that is still indexed while others wait to write.
    """

    steps: int = 30_000
    steps_a_result: int = 30
    most: int = 8
    largest: int = 2_000_000


HASTE = Haste()


@dataclass(frozen=True, slots=True)
class _Way:
    """A way to read.

    Args:
        read: The statement.
        ids: What it looks up; None where it does not.
        most: How many documents are looked up rather than walked to; None for any number.
    """

    read: Read
    ids: Clause | None = None
    most: int | None = _MOST_LOOKED_UP

    def is_short(self, native: sqlite3.Connection) -> bool:
        """Whether no more are looked up than that."""
        if self.ids is None or self.most is None:
            return True
        text = f"SELECT count(*) FROM ({self.ids.text} LIMIT ?)"
        parameters = (*self.ids.parameters, self.most + 1)
        (count,) = native.execute(text, parameters).fetchone()
        return int(count) <= self.most


class Searches:
    """The ordered reads of one driver.

    Args:
        calls: The way to the database.
        compiler: Of filters.
        haste: When to make an index; None for never.
    """

    def __init__(self, calls: Calls, compiler: SqliteCompiler, haste: Haste | None) -> None:
        self._calls = calls
        self._compiler = compiler
        self._haste = haste
        # Of tables and indexes: what this process has seen is there, and what it tries no more.
        self._there: set[str] = set()
        self._given_up: set[str] = set()

    def rows(self, collection: str, query: Find) -> list[Row]:
        """What a read finds, in whole documents."""
        table = self._calls.table(collection)
        aids = [one for one in query.aids if self._name(table, one) not in self._given_up]
        if self._haste is not None and query.limit is not None and aids:
            steps = self._haste.steps + self._haste.steps_a_result * query.limit
            for way in self._attempts(collection, query, aids, self._haste):
                found = self._within(steps, collection, way)
                if found is not None:
                    return [way.read.row(columns) for columns in found]
        read = read_of(table, query, self._compiler)
        rows = self._calls.rows("find", collection, read.statement)
        return [read.row(columns) for columns in rows]

    def _attempts(
        self, collection: str, query: Find, aids: Sequence[Aid], haste: Haste
    ) -> Iterator[_Way]:
        """Ways to read, each to be gone for some steps; indexes are made between them."""
        table = self._calls.table(collection)
        yield from self._ways(table, query, aids)
        for aid in aids:
            if self._name(table, aid) not in self._there and self._provide(collection, aid, haste):
                yield from self._ways(table, query, aids)

    def _ways(self, table: str, query: Find, aids: Sequence[Aid]) -> Iterator[_Way]:
        """By elements, where few match; as SQLite would; and in the order that is asked for, where
        that may find a page sooner than the many documents of a range can be sorted."""
        looked_up = self._looked_up(table, query, aids)
        if looked_up is not None:
            yield looked_up
        yield _Way(read_of(table, query, self._compiler))
        first = aids[0]
        if (
            first.array is None
            and self._name(table, first) in self._there
            and not _sorts_by(query, first)
        ):
            scope = frozenset(key for key, _ in first.index.keys) - {first.field}
            source = replace(DOCUMENT, narrow=scope)
            yield _Way(read_of(table, query, self._compiler.on(source)))

    def _looked_up(self, table: str, query: Find, aids: Sequence[Aid]) -> _Way | None:
        """By indexes of elements, where they are there."""
        there = [one for one in aids if self._name(table, one) in self._there]
        ids = lookup(table, query.where, there, self._compiler) if there else None
        if ids is None:
            return None
        compiler = self._compiler.on(replace(DOCUMENT, narrow=frozenset()))
        return _Way(read_of(table, query, compiler, among=ids), ids)

    def _within(self, steps: int, collection: str, way: _Way) -> Found | None:
        """The results; None where they take more steps."""

        def work(native: sqlite3.Connection) -> Found | None:
            if way.ids is None:
                return _bounded(native, way.read.statement, steps)
            try:
                return _bounded(native, way.read.statement, steps) if way.is_short(native) else None
            except sqlite3.OperationalError:
                # Somebody has dropped an index.
                return None

        nothing: Found | None = []
        return self._calls.read("find", collection, work, nothing)

    def _provide(self, collection: str, aid: Aid, haste: Haste) -> bool:
        """See to an index; whether it is there. Waits for nobody, and never fails."""
        try:
            there = self._is_there(collection, aid, haste)
        except StoreError as error:
            if error.retryable:
                # Somebody else is writing: another search may be luckier.
                return False
            # The disk is full, or the file can only be read.
            there = False
        name = self._name(self._calls.table(collection), aid)
        (self._there if there else self._given_up).add(name)
        return there

    def _is_there(self, collection: str, aid: Aid, haste: Haste) -> bool:
        """Whether an index is there, or has been made just now."""
        table = self._calls.table(collection)
        nothing: bool | None = False
        there = self._calls.read(
            "indexes", collection, lambda native: _seen(native, table, aid, haste), nothing
        )
        if there is not None:
            return there

        def make(native: sqlite3.Connection) -> bool:
            within(native, lambda one: _make(one, table, aid))
            return True

        return self._calls.write_at_once("create_index", collection, make, False)

    @staticmethod
    def _name(table: str, aid: Aid) -> str:
        return index_name(table, aid.index.name)


def _sorts_by(query: Find, aid: Aid) -> bool:
    key = query.order[0]
    return isinstance(key, Order) and key.field.name == aid.field


def _bounded(native: sqlite3.Connection, statement: Clause, steps: int) -> Found | None:
    """The results of a statement; None where it takes more steps."""
    # Counted in turns, of which the first may be short: SQLite counts on from the last execution.
    turn, left = max(1, steps // _TURNS), steps

    def is_late() -> bool:
        nonlocal left
        left -= turn
        return left < 0

    native.set_progress_handler(is_late, turn)
    try:
        return native.execute(statement.text, statement.parameters).fetchall()
    except sqlite3.OperationalError:
        if left < 0:
            return None
        raise
    finally:
        native.set_progress_handler(None, 0)


def _make(native: sqlite3.Connection, table: str, aid: Aid) -> None:
    if aid.array is None:
        make_index(native, table, aid.index)
    else:
        make_elements(native, table, aid)


def _seen(native: sqlite3.Connection, table: str, aid: Aid, haste: Haste) -> bool | None:
    """Whether an index is there; None where it is not, and may be made."""
    if aid.array is not None:
        # Of these there are as many as kinds of elements.
        if aid.index in elements_of(native, table):
            return True
    else:
        found = native.execute(
            "SELECT name FROM sqlite_schema"
            " WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL",
            (table,),
        )
        names = {one for (one,) in found.fetchall() if not is_of_measures(table, one)}
        if index_name(table, aid.index.name) in names:
            return True
        builtin = {index_name(table, one) for one in BUILTIN}
        if len(names - builtin) >= haste.most:
            return False
    (last,) = native.execute(f"SELECT max(rowid) FROM {identifier(table)}").fetchone()
    return None if (last or 0) <= haste.largest else False
