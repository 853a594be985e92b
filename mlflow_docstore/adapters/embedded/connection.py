"""From a ``docstore://`` URI to a driver."""

import os
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote

from mlflow_docstore.adapters.document.backend import Connection
from mlflow_docstore.adapters.mongodb.uri import Target, parse
from mlflow_docstore.core.errors import InvalidArgument

_DATABASE = "mlflow"
_OPTIONS = {"retrydeadlinems"}
# Nothing is far away: who does not answer soon is gone, and its successor is elsewhere.
_SELECTION = "serverSelectionTimeoutMS=2000"
_SELECTION_VARIABLE = "MONGODB_SERVER_SELECTION_TIMEOUT"


def connect(uri: str) -> Connection:
    """A driver on the directory that the URI names; starts nothing."""
    directory, target = _parse(uri)
    if find_spec("fcntl") is None:
        raise _invalid(uri, "the embedded database needs Linux or macOS")
    if find_spec("secantus") is None:
        what = "pip install 'mlflow-docstore[embedded]'"
        raise _invalid(uri, f"the embedded database is not installed: {what}")
    from .driver import EmbeddedDriver  # noqa: PLC0415 - it needs what was just looked for

    return Connection(EmbeddedDriver(directory, target), retry_deadline=target.retry_deadline)


def _invalid(uri: str, reason: str) -> InvalidArgument:
    return InvalidArgument("uri", uri, reason=reason)


def _parse(uri: str) -> tuple[Path, Target]:
    rest, _, prefix = uri.partition("://")[2].partition("#")
    where, _, query = rest.partition("?")
    for option in query.split("&") if query else ():
        name = option.partition("=")[0]
        if name.lower() not in _OPTIONS:
            raise _invalid(uri, f"unknown option {name!r}")
    options = [] if _SELECTION_VARIABLE in os.environ else [_SELECTION]
    options = [query, *options] if query else options
    try:
        target = parse(f"mongodb://embedded/{_DATABASE}?{'&'.join(options)}#{prefix}")
    except InvalidArgument as error:
        raise _invalid(uri, error.facts["reason"]) from error
    return _directory(uri, unquote(where)), replace(target, shown=uri)


def _directory(uri: str, where: str) -> Path:
    base, slash, _ = where.partition("/")
    if base not in {"", ".", "~"} or not slash or "\0" in where or not where.strip("/.~"):
        forms = "docstore:///PATH, docstore://./PATH or docstore://~/PATH"
        raise _invalid(uri, f"it names no directory: write {forms}")
    return Path(where).expanduser().absolute()
