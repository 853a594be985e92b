"""From a ``docstore://`` URI to a driver."""

import os
import re
import sqlite3
from pathlib import Path
from urllib.parse import parse_qsl, unquote

from mlflow_docstore.adapters.document.backend import Connection
from mlflow_docstore.core.errors import InvalidArgument

from .driver import SqliteDriver
from .place import Place
from .session import Session

OLDEST = (3, 38, 0)
"""The first SQLite with all that statements of ours use."""

_PREFIX = "mlflow"
_PREFIXES = re.compile(r"[A-Za-z0-9_-]{1,40}")
_RETRY_SECONDS = 30.0
_LONGEST_WAIT = 1.0
_DRIVE = re.compile(r"/[A-Za-z]:")


def connect(uri: str) -> Connection:
    """A driver on the directory that the URI names; opens and makes nothing."""
    if sqlite3.sqlite_version_info < OLDEST:
        needed = ".".join(map(str, OLDEST))
        raise _invalid(uri, f"it needs SQLite {needed}, and Python has {sqlite3.sqlite_version}")
    rest, _, prefix = uri.partition("://")[2].partition("#")
    where, _, query = rest.partition("?")
    deadline, synchronous = _options(uri, query)
    directory = _directory(uri, unquote(where))
    session = Session(
        Place(directory),
        synchronous=synchronous,
        # A short part of the deadline: whoever waits longer tries again, and the deadline counts.
        patience=min(_LONGEST_WAIT, deadline / 10),
    )
    driver = SqliteDriver(session, _prefix(uri, unquote(prefix)))
    return Connection(driver, deadline, directory)


def _invalid(uri: str, reason: str) -> InvalidArgument:
    return InvalidArgument("uri", uri, reason=reason)


def _prefix(uri: str, prefix: str) -> str:
    if prefix and not _PREFIXES.fullmatch(prefix):
        reason = f"{prefix!r} is no prefix for collections: letters, digits, '_', '-', at most 40"
        raise _invalid(uri, reason)
    return prefix or _PREFIX


def _options(uri: str, query: str) -> tuple[float, str]:
    """The retry deadline in seconds, and when to wait for the disk."""
    deadline, synchronous = _RETRY_SECONDS, "FULL"
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name.lower() == "retrydeadlinems":
            if not re.fullmatch("[0-9]{1,9}", value):
                raise _invalid(uri, "retryDeadlineMS must be a whole number")
            deadline = int(value) / 1000
        elif name.lower() == "synchronous":
            if value.lower() not in {"full", "normal"}:
                raise _invalid(uri, "synchronous must be full or normal")
            synchronous = value.upper()
        else:
            raise _invalid(uri, f"unknown option {name!r}")
    return deadline, synchronous


def _directory(uri: str, where: str) -> Path:
    base, slash, _ = where.partition("/")
    if base not in {"", ".", "~"} or not slash or "\0" in where or not where.strip("/.~"):
        forms = "docstore:///PATH, docstore://./PATH or docstore://~/PATH"
        raise _invalid(uri, f"the URI names no directory: write {forms}")
    if os.name == "nt" and _DRIVE.match(where):
        where = where[1:]
    return Path(where).expanduser().absolute()
