"""Transactions that write."""

import sqlite3
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]


def within(native: sqlite3.Connection, work: Work[T]) -> T:
    """What is done in one transaction, which begins with the lock that writing needs."""
    native.execute("BEGIN IMMEDIATE")
    try:
        done = work(native)
        native.execute("COMMIT")
    except BaseException:
        if native.in_transaction:
            native.execute("ROLLBACK")
        raise
    return done
