"""The driver's errors as those of the ports: one table by class, one by the server's code."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import bson
from bson.errors import BSONError
from pymongo.errors import (
    BulkWriteError,
    ConfigurationError,
    ConnectionFailure,
    DocumentTooLarge,
    InvalidOperation,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
    WaitQueueTimeoutError,
    WriteConcernError,
)

from mlflow_docstore.adapters.document.driver import PartlyWritten
from mlflow_docstore.adapters.document.translation import Translation
from mlflow_docstore.core.errors import (
    AlreadyExists,
    Forbidden,
    InvalidArgument,
    LimitExceeded,
    StoreError,
    Unavailable,
    Unreachable,
    Unsupported,
)

from .capabilities import CAPABILITIES
from .options import WHERE_TO_LOOK

DUPLICATE_KEY = 11000
WRITE_CONFLICT = 112
NAMESPACE_EXISTS = 48
NAMESPACE_NOT_FOUND = 26
INDEX_NOT_FOUND = 27
ALREADY_INITIALIZED = 23
COMMAND_NOT_FOUND = 59

_WRITTEN = ("nInserted", "nMatched", "nUpserted")
_INT64 = range(-(2**63), 2**63)
_RETRY_AFTER = re.compile(r"RetryAfterMs=(\d+)")


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a call was about, for its errors.

    Args:
        collection: The logical collection.
        key: The document's id, where there is one.
        values: What was to be sent.
        answered: Whether the server ever answered before.
        servers: What is known of each server, by address: the last failure to reach it.
        document_bytes: The largest document.
        advice: What to look at where no server answers.
    """

    collection: str
    key: object = None
    values: object = None
    answered: bool = False
    servers: Callable[[], Mapping[str, Exception | None]] = dict
    document_bytes: int = CAPABILITIES.limits.document_bytes
    advice: Callable[[], str] = lambda: WHERE_TO_LOOK


def _lost(error: Exception, attempt: Attempt) -> StoreError:
    refused = isinstance(error, PyMongoError) and error.has_error_label("NoWritesPerformed")
    return _unavailable(error, False if refused else None, attempt)


def _not_sent(error: Exception, attempt: Attempt) -> StoreError:
    return _unavailable(error, False, attempt)


def _uncertain(error: Exception, attempt: Attempt) -> StoreError:
    return _unavailable(error, None, attempt)


def _unavailable(error: Exception, applied: bool | None, attempt: Attempt) -> StoreError:
    code = getattr(error, "code", None)
    facts = {} if code is None else {"code": code}
    return Unavailable(
        attempt.collection,
        attempt.key,
        applied=applied,
        retry_after=_retry_after(error),
        reason=type(error).__name__,
        **facts,
    )


def _retry_after(error: Exception) -> float | None:
    """The delay that a throttling server asks for; it is nowhere but in the text."""
    return _delay_in(str(error))


def _delay_in(text: str) -> float | None:
    found = _RETRY_AFTER.search(text)
    return int(found.group(1)) / 1000 if found else None


def _no_server(error: Exception, attempt: Attempt) -> StoreError:
    if attempt.answered:
        return _not_sent(error, attempt)
    found = sorted(attempt.servers().items())
    why = "; ".join(f"{address}: {_words(address, cause)}" for address, cause in found)
    reason = f"no server answers ({why or 'none known'}): {attempt.advice()}"
    return Unreachable("database", reason=reason)


def _words(address: str, error: Exception | None) -> str:
    """What the driver says of a server, on one line; it keeps no more than its words."""
    if error is None:
        return "no answer in time"
    text = " ".join(str(error).split()).partition(" (configured timeouts")[0]
    return text.replace(f"{address}: ", "")


def _misconfigured(error: Exception, attempt: Attempt) -> StoreError:
    del attempt
    return Unreachable("database", reason=" ".join(str(error).split()))


def _refused(reason: str) -> Callable[[Exception, Attempt], StoreError]:
    def make(error: Exception, attempt: Attempt) -> StoreError:
        del error, attempt
        return Unreachable("database", reason=reason)

    return make


def _too_large(error: Exception, attempt: Attempt) -> StoreError:
    del error
    limit = attempt.document_bytes
    return LimitExceeded("document", attempt.key, limit=limit, collection=attempt.collection)


def _bad_request(error: Exception, attempt: Attempt) -> StoreError:
    """What servers say of a document that is too large, and of much else."""
    sent = attempt.values if isinstance(attempt.values, list | tuple) else (attempt.values,)
    documents = (one for one in sent if isinstance(one, Mapping))
    if any(len(bson.encode(one)) > attempt.document_bytes for one in documents):
        return _too_large(error, attempt)
    return _unknown(error, attempt)


def _key_too_long(error: Exception, attempt: Attempt) -> StoreError:
    del error
    return LimitExceeded("index_key", attempt.key, limit="index_key", collection=attempt.collection)


def _taken(error: Exception, attempt: Attempt) -> StoreError:
    del error
    return AlreadyExists(attempt.collection, attempt.key)


def _lacking(error: Exception, attempt: Attempt) -> StoreError:
    return Unsupported(attempt.collection, attempt.key, code=getattr(error, "code", None))


def _bad_value(error: Exception, attempt: Attempt) -> StoreError:
    return InvalidArgument(attempt.collection, attempt.key, reason=type(error).__name__)


def _bad_integer(error: Exception, attempt: Attempt) -> StoreError:
    del error
    return InvalidArgument("integer", next(_large_integers(attempt.values), None))


def _bad_text(error: Exception, attempt: Attempt) -> StoreError:
    del attempt
    return InvalidArgument("text", getattr(error, "object", None), reason="not valid unicode")


def _large_integers(value: Any) -> Iterator[int]:
    # Exactly an integer: a range looks for any other type in each of its numbers.
    if isinstance(value, int) and int(value) not in _INT64:
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _large_integers(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _large_integers(item)


def _bulk(error: Exception, attempt: Attempt) -> StoreError:
    """A bulk write that failed in part: the first reason that is not a taken id."""
    details: Mapping[str, Any] = getattr(error, "details", None) or {}
    failures = details.get("writeErrors", ())
    for failure in failures:
        if failure["code"] != DUPLICATE_KEY:
            cause = OperationFailure(failure.get("errmsg", ""), failure["code"], failure)
            found = by_code(cause, attempt)
            return _partly(found, details, attempt) if isinstance(found, Unavailable) else found
    return _uncertain(error, attempt)


def _partly(error: Unavailable, details: Mapping[str, Any], attempt: Attempt) -> StoreError:
    """A write of several documents that is to go on with those that failed for now."""
    # Its neighbours in the batch may have been written.
    error.applied = None
    sent, failures = attempt.values, details["writeErrors"]
    if not error.retryable or not isinstance(sent, list | tuple):
        return error
    ids = [document["_id"] for document in sent]
    reached = len(ids)
    if sum(details.get(count, 0) for count in _WRITTEN) + len(failures) < reached:
        # An ordered one, which stops at the first failure.
        reached = failures[0]["index"]
    taken = {ids[one["index"]] for one in failures if one["code"] == DUPLICATE_KEY}
    failed = {ids[one["index"]] for one in failures} - taken
    delays = (_delay_in(one.get("errmsg", "")) or 0.0 for one in failures)
    done = frozenset(ids[:reached]) - failed
    return PartlyWritten(error, done, frozenset(taken), max(delays) or None)


def _unknown(error: Exception, attempt: Attempt) -> StoreError:
    """A refusal that no rule of ours foresees: a defect, told by the server's own code."""
    details = getattr(error, "details", None) or {}
    code, name = getattr(error, "code", None), details.get("codeName", type(error).__name__)
    return StoreError(attempt.collection, attempt.key, code=code, reason=name)


Rule = Callable[[Exception, Attempt], StoreError]

_AUTHENTICATION = _refused("authentication failed: check user, password and authSource")
_RETRYABLE_WRITES = _refused(
    "this server takes no retryable writes: write retryWrites=false into the URI, or name the"
    " database's kind by the scheme, as documentdb://"
)


def _forbidden(error: Exception, attempt: Attempt) -> StoreError:
    del error, attempt
    reason = "not authorised: the user lacks the readWrite role on this database"
    return Forbidden("database", reason=reason)


_CODES: Mapping[int, Rule] = {
    2: _bad_request,  # BadValue
    6: _lost,  # HostUnreachable
    7: _lost,  # HostNotFound
    11: _AUTHENTICATION,  # UserNotFound
    13: _forbidden,  # Unauthorized
    15: _bad_value,  # Overflow
    16: _too_large,  # InvalidLength: Cosmos DB's, for a request that is too large
    18: _AUTHENTICATION,  # AuthenticationFailed
    24: _not_sent,  # LockTimeout
    43: _not_sent,  # CursorNotFound: only reads have cursors
    50: _uncertain,  # MaxTimeMSExpired; Cosmos DB answers so after retries of its own
    52: _bad_value,  # DollarPrefixedFieldName
    57: _bad_value,  # DottedFieldName
    59: _lacking,  # CommandNotFound
    64: _uncertain,  # WriteConcernTimeout
    67: _lacking,  # CannotCreateIndex
    85: _taken,  # IndexOptionsConflict
    86: _taken,  # IndexKeySpecsConflict
    89: _lost,  # NetworkTimeout
    91: _lost,  # ShutdownInProgress
    WRITE_CONFLICT: _not_sent,
    115: _lacking,  # CommandNotSupported
    134: _not_sent,  # ReadConcernMajorityNotAvailableYet
    175: _not_sent,  # QueryPlanKilled
    189: _lost,  # PrimarySteppedDown
    225: _uncertain,  # TransactionTooOld: of a retried write, whose first attempt is forgotten
    237: _not_sent,  # CursorKilled
    238: _lacking,  # NotImplemented
    251: _uncertain,  # NoSuchTransaction: of a retried write, after a fail-over
    262: _lost,  # ExceededTimeLimit
    301: _RETRYABLE_WRITES,  # Amazon DocumentDB
    303: _lacking,  # Amazon DocumentDB: feature not supported
    304: _lacking,  # Amazon DocumentDB: aggregation stage not supported
    334: _AUTHENTICATION,  # MechanismUnavailable
    4568: _too_large,  # what a join brings together
    8000: _AUTHENTICATION,  # AtlasError
    9001: _lost,  # SocketException
    10107: _lost,  # NotWritablePrimary
    10334: _too_large,  # BSONObjectTooLarge
    11000: _taken,  # DuplicateKey
    11600: _lost,  # InterruptedAtShutdown
    11602: _lost,  # InterruptedDueToReplStateChange
    13435: _lost,  # NotPrimaryNoSecondaryOk
    13436: _lost,  # NotPrimaryOrSecondary
    16500: _not_sent,  # Cosmos DB: too many requests
    17419: _too_large,  # an update would make the document too large
    17420: _too_large,  # the same, of an upsert
    17280: _key_too_long,
    40333: _not_sent,  # Amazon DocumentDB: an index of the collection is being built
    51091: _bad_value,  # the regular expression is too long
}


def by_code(error: Exception, attempt: Attempt) -> StoreError:
    """The error that the server's code stands for."""
    return _CODES.get(getattr(error, "code", None) or 0, _unknown)(error, attempt)


_DRIVER: Translation[Attempt] = Translation(
    [
        (ServerSelectionTimeoutError, _no_server),
        (WaitQueueTimeoutError, _not_sent),
        (ConnectionFailure, _lost),
        (BulkWriteError, _bulk),
        (WriteConcernError, _uncertain),
        (OperationFailure, by_code),
        (DocumentTooLarge, _too_large),
        (ConfigurationError, _misconfigured),
        (InvalidOperation, _not_sent),  # the client was closed meanwhile
        (BSONError, _bad_value),
        (PyMongoError, _unknown),
        (OverflowError, _bad_integer),
        (UnicodeEncodeError, _bad_text),
    ]
)

translate = _DRIVER.of
translated = _DRIVER.around
