"""SQLite's errors as those of the ports: a table by its primary result codes."""

import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path

from mlflow_docstore.core.errors import (
    InvalidArgument,
    LimitExceeded,
    StoreError,
    Unavailable,
    Unreachable,
)

Rule = Callable[[str, Path, str], StoreError]
"""From the collection, the file and SQLite's words to an error."""


def _waiting(collection: str, file: Path, words: str) -> StoreError:
    """Nothing was written: a transaction begins with its lock."""
    del file
    return Unavailable(collection, applied=False, reason=words)


def _refusing(what: str) -> Rule:
    def make(collection: str, file: Path, words: str) -> StoreError:
        del collection
        return Unreachable("database", reason=what.format(file=file, words=words))

    return make


def _too_large(collection: str, file: Path, words: str) -> StoreError:
    del file
    return LimitExceeded("document", limit=words, collection=collection)


def _unknown(collection: str, file: Path, words: str) -> StoreError:
    del file
    return StoreError(collection, reason=words)


_DAMAGED = _refusing("{file} is damaged, restore it from a copy: {words}")
_DISK = _refusing("the disk of {file} fails: {words}")
_FULL = _refusing("no space is left on the disk of {file}: nothing was written")
_UNUSABLE = _refusing("{file} cannot be opened: {words}")

RULES: Mapping[int, Rule] = {
    3: _UNUSABLE,  # SQLITE_PERM
    5: _waiting,  # SQLITE_BUSY
    6: _waiting,  # SQLITE_LOCKED
    7: _waiting,  # SQLITE_NOMEM
    8: _refusing("{file} cannot be written: {words}"),  # SQLITE_READONLY
    9: _waiting,  # SQLITE_INTERRUPT
    10: _DISK,  # SQLITE_IOERR
    11: _DAMAGED,  # SQLITE_CORRUPT
    13: _FULL,  # SQLITE_FULL
    14: _UNUSABLE,  # SQLITE_CANTOPEN
    15: _waiting,  # SQLITE_PROTOCOL
    17: _waiting,  # SQLITE_SCHEMA
    18: _too_large,  # SQLITE_TOOBIG
    23: _UNUSABLE,  # SQLITE_AUTH
    26: _DAMAGED,  # SQLITE_NOTADB
}

# Python 3.10 keeps SQLite's words alone: these of ``sqlite3_errstr``, which never change.
_CODES_OF_WORDS: Mapping[str, int] = {
    "access permission denied": 3,
    "database is locked": 5,
    "database table is locked": 6,
    "out of memory": 7,
    "attempt to write a readonly database": 8,
    "interrupted": 9,
    "disk I/O error": 10,
    "database disk image is malformed": 11,
    "database or disk is full": 13,
    "unable to open database file": 14,
    "locking protocol": 15,
    "database schema has changed": 17,
    "string or blob too big": 18,
    "authorization denied": 23,
    "file is not a database": 26,
}


def code_of(error: sqlite3.Error) -> int:
    """SQLite's primary result code; 1 for an error without one."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        code = _CODES_OF_WORDS.get(str(error).partition(": ")[0], 1)
    return int(code) & 0xFF


TRANSLATED = (sqlite3.Error, MemoryError, UnicodeEncodeError)
"""What SQLite's module raises."""


def translate(error: Exception, collection: str, file: Path) -> StoreError:
    """The error of the ports that one of SQLite's module stands for.

    Args:
        error: One of ``TRANSLATED``.
        collection: What the call was about.
        file: The database.
    """
    match error:
        case UnicodeEncodeError():
            return InvalidArgument("text", error.object, reason="not valid unicode")
        case sqlite3.DataError():
            # A statement of more than a megabyte, where SQLite was built so: long names of keys.
            return LimitExceeded("filter", limit=str(error), collection=collection)
        case sqlite3.Error():
            return RULES.get(code_of(error), _unknown)(collection, file, str(error))
        case _:
            return Unavailable(collection, applied=False, reason="out of memory")
