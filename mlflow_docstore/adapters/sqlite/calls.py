"""Calls: a connection, the table, the errors, and what a transaction leaves behind."""

import logging
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from .clauses import Clause
from .errors import translated
from .session import Session
from .tables import create_table, table_name
from .transactions import Work

_LOG = logging.getLogger(__name__)

T = TypeVar("T")


class Calls:
    """The calls of one driver.

    Args:
        session: The way to the database.
        prefix: Of the names of tables.
    """

    def __init__(self, session: Session, prefix: str) -> None:
        self.session = session
        self._prefix = prefix
        self._tables: dict[str, str] = {}

    def table(self, collection: str) -> str:
        """The table of a collection."""
        found = self._tables.get(collection)
        if found is None:
            found = self._tables[collection] = table_name(self._prefix, collection)
        return found

    def rows(self, verb: str, collection: str, statement: Clause) -> list[tuple[Any, ...]]:
        """All results of a statement that reads; none where there is no table."""

        def read(native: sqlite3.Connection) -> list[tuple[Any, ...]]:
            return native.execute(statement.text, statement.parameters).fetchall()

        return self.read(verb, collection, read, [])

    def read(self, verb: str, collection: str, work: Work[T], nothing: T) -> T:
        """What reading comes to; ``nothing`` where there is no table."""
        with self._calling(verb, collection), self.session.reading() as connected:
            if connected is None or not connected.has(self.table(collection)):
                return nothing
            try:
                return work(connected.native)
            except sqlite3.OperationalError:
                if connected.has(self.table(collection), anew=True):
                    raise
                return nothing

    def write(self, verb: str, collection: str, work: Work[T], nothing: T) -> T:
        """What changing comes to; ``nothing`` where there is no table."""
        if not self.session.place.is_taken():
            return nothing
        with self._calling(verb, collection), self.session.writing() as connected:
            if not connected.has(self.table(collection)):
                return nothing
            try:
                return work(connected.native)
            except sqlite3.OperationalError:
                if connected.has(self.table(collection), anew=True):
                    raise
                return nothing

    def on_database(self, verb: str, work: Work[T], *, nothing: T) -> T:
        """What upkeep comes to; ``nothing`` where there is no database."""
        if not self.session.place.is_taken():
            return nothing
        with self._calling(verb, "database"), self.session.writing() as connected:
            return work(connected.native)

    def add(self, verb: str, collection: str, work: Work[T]) -> T:
        """What adding comes to; database and table are made where they are missing."""
        table = self.table(collection)
        with self._calling(verb, collection), self.session.writing() as connected:
            if not connected.has(table):
                connected.native.execute(create_table(table))
            try:
                return work(connected.native)
            except sqlite3.OperationalError:
                if connected.has(table, anew=True):
                    raise
                connected.native.execute(create_table(table))
                return work(connected.native)

    @contextmanager
    def _calling(self, verb: str, collection: str) -> Iterator[None]:
        started = time.perf_counter()
        with translated(collection, self.session.place.file):
            yield
        _LOG.debug("%s %s: %.1f ms", verb, collection, (time.perf_counter() - started) * 1000)
