"""Connections to a database: one for each thread that is at work in a process, kept for the next.

A connection never crosses a fork: SQLite's locks are those of a process. The child lets those of
its parent lie, untouched, and opens its own.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from mlflow_docstore.core.errors import Unavailable

from .patterns import MATCHES, matches
from .place import Place

_STATEMENTS = 512
_CACHE_KIB = 8192
_JOURNAL_BYTES = 16 * 1024 * 1024
_LOOK_EVERY = 64
_FREED_PAGES = 1000


@dataclass(eq=False, slots=True)
class Connected:
    """A connection, and the tables that it has seen."""

    native: sqlite3.Connection
    generation: int
    tables: frozenset[str] = frozenset()

    def has(self, table: str, *, anew: bool = False) -> bool:
        """Whether a table is there; looked up unless it is known."""
        if anew or table not in self.tables:
            self.look()
        return table in self.tables

    def look(self) -> None:
        """See which tables are there now."""
        rows = self.native.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        self.tables = frozenset(name for (name,) in rows.fetchall())


@dataclass(slots=True)
class _Held:
    """What a session holds in one process."""

    opening: threading.Lock = field(default_factory=threading.Lock)
    writing: threading.Lock = field(default_factory=threading.Lock)
    idle: list[Connected] = field(default_factory=list)
    opened: set[Connected] = field(default_factory=set)
    generation: int = 0
    writes: int = 0


class Session:
    """The way to a database.

    Args:
        place: Where it is.
        synchronous: When SQLite waits for the disk: ``FULL`` or ``NORMAL``.
        patience: Seconds to wait for a lock, before the call is tried again or given up.
        in_line: Seconds to wait for other threads of the process: longer, as nothing has failed.
    """

    def __init__(
        self,
        place: Place,
        *,
        synchronous: str = "FULL",
        patience: float = 1.0,
        in_line: float = 15.0,
    ) -> None:
        self.place = place
        self._synchronous = synchronous
        self._patience = patience
        self._in_line = in_line
        self._processes: dict[int, _Held] = {}

    def _held(self) -> _Held:
        process = os.getpid()
        return self._processes.get(process) or self._processes.setdefault(process, _Held())

    def is_there(self) -> bool:
        """Whether there is a database. Makes nothing."""
        return bool(self._held().idle) or self.place.is_taken()

    def take(self) -> Connected:
        """A connection for the caller alone, until it is given back."""
        held = self._held()
        try:
            return held.idle.pop()
        except IndexError:
            return self._open(held)

    def give_back(self, connected: Connected) -> None:
        """Keep a connection for the next caller."""
        held = self._held()
        if connected.native.in_transaction:
            connected.native.rollback()
        if connected.generation == held.generation:
            held.idle.append(connected)
        else:
            self._discard(held, connected)

    def take_to_write(self, patience: float | None = None) -> Connected:
        """Like ``take``, for a writer.

        One thread of the process writes at a time: who waits in line gets on sooner than who asks
        SQLite again and again.

        Args:
            patience: Seconds to wait in line; None for those of the session.
        """
        held = self._held()
        if not held.writing.acquire(timeout=self._in_line if patience is None else patience):
            raise Unavailable("database", applied=False, reason="other threads are writing")
        try:
            return self.take()
        except BaseException:
            held.writing.release()
            raise

    @contextmanager
    def impatience(self, connected: Connected) -> Iterator[None]:
        """In the block, a lock of another process is waited for by nobody."""
        connected.native.execute("PRAGMA busy_timeout = 0").fetchall()
        try:
            yield
        finally:
            patience = int(self._patience * 1000)
            connected.native.execute(f"PRAGMA busy_timeout = {patience}").fetchall()

    def give_back_written(self, connected: Connected) -> None:
        """Like ``give_back``, of a writer."""
        held = self._held()
        try:
            self._bound_journal(held, connected)
        finally:
            self.give_back(connected)
            held.writing.release()

    def _bound_journal(self, held: _Held, connected: Connected) -> None:
        """Empty a journal that has grown all the same.

        SQLite begins it anew when nobody reads it, which under constant load is never: then a
        writer waits for those who read it at this moment, and keeps others waiting.
        """
        held.writes += 1
        if held.writes % _LOOK_EVERY or connected.native.in_transaction:
            return
        if self.place.journal_size() > _JOURNAL_BYTES:
            empty_journal(connected.native)

    @staticmethod
    def _discard(held: _Held, connected: Connected) -> None:
        held.opened.discard(connected)
        connected.native.close()

    def _open(self, held: _Held) -> Connected:
        with held.opening:
            native = sqlite3.connect(
                f"{self.place.file.as_uri()}?mode=rw",
                uri=True,
                timeout=self._patience,
                isolation_level=None,
                check_same_thread=False,
                cached_statements=_STATEMENTS,
            )
            connected = Connected(native, held.generation)
            try:
                self._prepare(native)
                connected.look()
            except BaseException:
                native.close()
                raise
            held.opened.add(connected)
            return connected

    def _prepare(self, native: sqlite3.Connection) -> None:
        self.place.check(native)
        native.execute(f"PRAGMA synchronous = {self._synchronous}")
        native.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        native.execute(f"PRAGMA journal_size_limit = {_JOURNAL_BYTES}")
        native.create_function(MATCHES, 3, matches, deterministic=True)

    def close(self) -> None:
        """Close what this process has open; what is at work just now, as soon as it is done."""
        held = self._held()
        with held.opening:
            held.generation += 1
            while held.idle:
                self._discard(held, held.idle.pop())


def empty_journal(native: sqlite3.Connection) -> None:
    """Move the journal's content to its place; what a reader still needs stays."""
    native.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def free_pages(native: sqlite3.Connection) -> int:
    """Give some unused pages back to the disk; how many are left."""
    # As a script: of a statement without columns the module runs the first step alone, one page.
    native.executescript(f"PRAGMA incremental_vacuum({_FREED_PAGES})")
    (left,) = native.execute("PRAGMA freelist_count").fetchone()
    return int(left)
