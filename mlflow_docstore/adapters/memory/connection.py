"""``memory://NAME#PREFIX`` to a driver."""

from urllib.parse import SplitResult, parse_qsl, urlsplit

from mlflow_docstore.adapters.document.backend import Connection
from mlflow_docstore.core.errors import InvalidArgument

from .database import shared
from .driver import MemoryDriver

_PREFIX = "mlflow"
_RETRY_SECONDS = 30.0
_DEADLINE = "retryDeadlineMS"


def connect(uri: str) -> Connection:
    """A driver on the database of that name; all stores of this process share it."""
    parts = _split(uri)
    driver = MemoryDriver(shared(parts.netloc + parts.path), f"{parts.fragment or _PREFIX}_")
    return Connection(driver, retry_deadline=_retry_deadline(uri, parts.query))


def _split(uri: str) -> SplitResult:
    try:
        return urlsplit(uri)
    except ValueError as error:
        raise InvalidArgument("uri", uri, reason=str(error)) from error


def _retry_deadline(uri: str, query: str) -> float:
    options = dict(parse_qsl(query, keep_blank_values=True))
    milliseconds = options.pop(_DEADLINE, None)
    if options:
        raise InvalidArgument("uri", uri, reason=f"unknown option {min(options)!r}")
    if milliseconds is None:
        return _RETRY_SECONDS
    if not (milliseconds.isascii() and milliseconds.isdigit()):
        raise InvalidArgument("uri", uri, reason=f"{_DEADLINE} must be a whole number")
    return int(milliseconds) / 1000
