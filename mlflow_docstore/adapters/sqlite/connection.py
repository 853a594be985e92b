"""From a ``docstore://`` URI to a driver."""

import os
import re
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, unquote

from mlflow_docstore.adapters.document.backend import Connection
from mlflow_docstore.core.errors import InvalidArgument

from .driver import SqliteDriver
from .place import Place
from .searches import HASTE, Haste
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
    options = _options(uri, query)
    deadline = options.deadline
    directory = _directory(uri, unquote(where))
    session = Session(
        Place(directory),
        synchronous=options.synchronous,
        # A short part of the deadline: whoever waits longer tries again, and the deadline counts.
        patience=min(_LONGEST_WAIT, deadline / 10),
        in_line=deadline / 2,
    )
    driver = SqliteDriver(session, _prefix(uri, unquote(prefix)), haste=options.haste)
    return Connection(driver, deadline, directory)


def _invalid(uri: str, reason: str) -> InvalidArgument:
    return InvalidArgument("uri", uri, reason=reason)


def _prefix(uri: str, prefix: str) -> str:
    if prefix and not _PREFIXES.fullmatch(prefix):
        reason = f"{prefix!r} is no prefix for collections: letters, digits, '_', '-', at most 40"
        raise _invalid(uri, reason)
    return prefix or _PREFIX


@dataclass(slots=True)
class _Options:
    """What a URI says behind its question mark.

    Args:
        deadline: Of retries, in seconds.
        synchronous: When to wait for the disk.
        haste: When searches make indexes.
    """

    deadline: float = _RETRY_SECONDS
    synchronous: str = "FULL"
    haste: Haste | None = HASTE


def _options(uri: str, query: str) -> _Options:
    options = _Options()
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name.lower() == "retrydeadlinems":
            if not re.fullmatch("[0-9]{1,9}", value):
                raise _invalid(uri, "retryDeadlineMS must be a whole number")
            options.deadline = int(value) / 1000
        elif name.lower() == "synchronous":
            if value.lower() not in {"full", "normal"}:
                raise _invalid(uri, "synchronous must be full or normal")
            options.synchronous = value.upper()
        elif name.lower() == "autoindex":
            if value.lower() not in {"on", "off"}:
                raise _invalid(uri, "autoIndex must be on or off")
            options.haste = HASTE if value.lower() == "on" else None
        else:
            raise _invalid(uri, f"unknown option {name!r}")
    return options


def _directory(uri: str, where: str) -> Path:
    base, slash, _ = where.partition("/")
    if base not in {"", ".", "~"} or not slash or "\0" in where or not where.strip("/.~"):
        forms = "docstore:///PATH, docstore://./PATH or docstore://~/PATH"
        raise _invalid(uri, f"the URI names no directory: write {forms}")
    if os.name == "nt" and _DRIVE.match(where):
        where = where[1:]
    return Path(where).expanduser().absolute()
