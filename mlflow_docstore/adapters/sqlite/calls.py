"""Calls: a connection, the table, the errors, and what a transaction leaves behind."""

import logging
import sqlite3
import time
from collections.abc import Callable
from typing import Any, TypeVar

from .clauses import Clause
from .errors import TRANSLATED, translate
from .session import Connected, Session
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
        session, started = self.session, time.perf_counter()
        if not session.is_there():
            return nothing
        try:
            connected = session.take()
            try:
                done = self._on_table(connected, collection, work, nothing)
            finally:
                session.give_back(connected)
        except TRANSLATED as error:
            raise translate(error, collection, session.place.file) from error
        _log(verb, collection, started)
        return done

    def write(
        self, verb: str, collection: str, work: Work[T], nothing: T, beside: str | None = None
    ) -> T:
        """What changing comes to; ``nothing`` where there is no table.

        Args:
            verb: What is done.
            collection: Where.
            work: Does it.
            nothing: What comes of it where there is nothing to change.
            beside: Where something is added as well; its table is made where it is missing.
        """
        if not self.session.is_there():
            return nothing

        def write(connected: Connected) -> T:
            if beside is not None and connected.has(self.table(collection)):
                return self._on_new(
                    connected,
                    beside,
                    lambda _: self._on_table(connected, collection, work, nothing),
                )
            return self._on_table(connected, collection, work, nothing)

        return self._written(verb, collection, write)

    def write_at_once(self, verb: str, collection: str, work: Work[T], nothing: T) -> T:
        """Like ``write``, for what need not be: it waits for no other writer.

        Raises:
            Unavailable: There is one.
        """

        def write(connected: Connected) -> T:
            with self.session.impatience(connected):
                return self._on_table(connected, collection, work, nothing)

        return self._written(verb, collection, write, patience=0)

    def add(self, verb: str, collection: str, work: Work[T], beside: str | None = None) -> T:
        """What adding comes to; database and tables are made where they are missing."""
        if not self.session.is_there():
            self._make()

        def add(connected: Connected) -> T:
            if beside is None:
                return self._on_new(connected, collection, work)
            return self._on_new(
                connected, beside, lambda _: self._on_new(connected, collection, work)
            )

        return self._written(verb, collection, add)

    def upkeep(self, verb: str, work: Work[T], nothing: T) -> T:
        """What work on the whole database comes to; ``nothing`` where there is none."""
        if not self.session.is_there():
            return nothing
        return self._written(verb, "database", lambda one: work(one.native))

    def _make(self) -> None:
        try:
            self.session.place.make()
        except sqlite3.Error as error:
            raise translate(error, "database", self.session.place.file) from error

    def _written(
        self,
        verb: str,
        collection: str,
        work: Callable[[Connected], T],
        patience: float | None = None,
    ) -> T:
        session, started = self.session, time.perf_counter()
        try:
            connected = session.take_to_write(patience)
            try:
                done = work(connected)
            finally:
                session.give_back_written(connected)
        except TRANSLATED as error:
            raise translate(error, collection, session.place.file) from error
        _log(verb, collection, started)
        return done

    def _on_table(self, connected: Connected, collection: str, work: Work[T], nothing: T) -> T:
        table = self.table(collection)
        if not connected.has(table):
            return nothing
        try:
            return work(connected.native)
        except sqlite3.OperationalError:
            if connected.has(table, anew=True):
                raise
            return nothing

    def _on_new(self, connected: Connected, collection: str, work: Work[T]) -> T:
        table = self.table(collection)
        if not connected.has(table):
            connected.native.execute(create_table(table))
        try:
            return work(connected.native)
        except sqlite3.OperationalError:
            if connected.has(table, anew=True):
                raise
            connected.native.execute(create_table(table))
            return work(connected.native)


def _log(verb: str, collection: str, started: float) -> None:
    _LOG.debug("%s %s: %.1f ms", verb, collection, (time.perf_counter() - started) * 1000)
