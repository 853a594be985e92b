"""The SDK's errors as those of the ports: one table by status and sub-status, one by class."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    ServiceRequestError,
)
from azure.cosmos.exceptions import CosmosBatchOperationError, CosmosHttpResponseError

from mlflow_docstore.adapters.document.translation import Translation
from mlflow_docstore.core.errors import (
    AlreadyExists,
    Conflict,
    Forbidden,
    InvalidArgument,
    LimitExceeded,
    StoreError,
    Unavailable,
    Unreachable,
)

from .capabilities import CAPABILITIES

_RETRY_AFTER = "x-ms-retry-after-ms"
_INIT = "run `mlflow-docstore init URI` as one who may"


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a call was about, for its errors.

    Args:
        collection: The logical collection.
        key: The document's id, where there is one.
        answered: Whether the account ever answered before.
        host: Where it is looked for.
        writes: Whether it may have changed anything.
    """

    collection: str
    key: object = None
    answered: bool = False
    host: str = ""
    writes: bool = True


Rule = Callable[[Exception, Attempt], StoreError]


def _not_done(error: Exception, attempt: Attempt) -> StoreError:
    return _unavailable(error, False, attempt)


def _uncertain(error: Exception, attempt: Attempt) -> StoreError:
    return _unavailable(error, None if attempt.writes else False, attempt)


def _unavailable(error: Exception, applied: bool | None, attempt: Attempt) -> StoreError:
    return Unavailable(
        attempt.collection,
        attempt.key,
        applied=applied,
        retry_after=_retry_after(error),
        reason=type(error).__name__,
        **_codes(error),
    )


def _codes(error: Exception) -> dict[str, object]:
    found = {"code": getattr(error, "status_code", None), "sub": getattr(error, "sub_status", None)}
    return {name: value for name, value in found.items() if value}


def _retry_after(error: Exception) -> float | None:
    """The delay that the service asks for."""
    delay = (getattr(error, "headers", None) or {}).get(_RETRY_AFTER)
    return None if delay is None else float(delay) / 1000


def _no_server(error: Exception, attempt: Attempt) -> StoreError:
    if attempt.answered:
        return _not_done(error, attempt)
    reason = f"no account answers at {attempt.host}: check its name, and that its network admits us"
    return Unreachable("database", reason=reason)


def _no_token(error: Exception, attempt: Attempt) -> StoreError:
    del attempt
    why = str(getattr(error, "message", error)).partition("\n")[0]
    return Unreachable("database", reason=f"Entra ID issues no token: {why}")


def _refused(reason: str, kind: type[Unreachable] = Unreachable) -> Rule:
    def make(error: Exception, attempt: Attempt) -> StoreError:
        del error
        return kind("database", reason=reason.format(attempt=attempt))

    return make


def _exceeds(limit: str) -> Rule:
    def make(error: Exception, attempt: Attempt) -> StoreError:
        del error
        size = CAPABILITIES.limits.document_bytes if limit == "document" else limit
        return LimitExceeded(limit, attempt.key, limit=size, collection=attempt.collection)

    return make


def _taken(error: Exception, attempt: Attempt) -> StoreError:
    del error
    return AlreadyExists(attempt.collection, attempt.key)


def _changed(error: Exception, attempt: Attempt) -> StoreError:
    del error
    return Conflict(attempt.collection, attempt.key)


def _bad_text(error: Exception, attempt: Attempt) -> StoreError:
    del attempt
    return InvalidArgument("text", getattr(error, "object", None), reason="not valid unicode")


def _unknown(error: Exception, attempt: Attempt) -> StoreError:
    """A refusal that no rule of ours foresees: a defect, told by the service's own codes."""
    return StoreError(attempt.collection, attempt.key, **_codes(error), reason=type(error).__name__)


_STATUSES: Mapping[tuple[int, int | None], Rule] = {
    (401, None): _refused("authentication failed: check the key, and that the account takes keys"),
    (403, None): _refused(
        "not authorised: the identity lacks a role on this account (Cosmos DB Built-in Data"
        " Contributor reads and writes, and makes neither database nor containers: for these,"
        f" {_INIT}), or the account's firewall does not admit us",
        Forbidden,
    ),
    (403, 3): _not_done,  # a region that is no longer written to
    (403, 1005): _refused("the account's limit of throughput or containers is reached"),
    (403, 1008): _not_done,  # the account is not in that region any more, or not yet
    (403, 1010): _refused(
        "the database's throughput is shared by as many containers as may be, which are 25: name"
        " another database"
    ),
    (403, 1014): _exceeds("partition"),  # 20 GB
    (404, None): _refused(f"there is no container for {{attempt.collection}}: {_INIT}"),
    (404, 1002): _not_done,  # a replica that has not heard yet of what the session has seen
    (404, 1013): _not_done,  # a container that is being made
    (408, None): _uncertain,
    (409, None): _taken,
    (409, 1006): _not_done,  # another is changing the container
    (410, None): _uncertain,  # a partition that moves or splits
    (412, None): _changed,
    (413, None): _exceeds("document"),
    (423, None): _not_done,  # a resource that is being scaled
    (429, None): _not_done,
    (449, None): _not_done,  # another writes the same item
    (500, None): _uncertain,
    (502, None): _uncertain,
    (503, None): _uncertain,
    (504, None): _uncertain,
}


def _by_status(error: Exception, attempt: Attempt) -> StoreError:
    status, sub = getattr(error, "status_code", 0), getattr(error, "sub_status", None)
    rule = _STATUSES.get((status, sub)) or _STATUSES.get((status, None), _unknown)
    return rule(error, attempt)


_SDK: Translation[Attempt] = Translation(
    [
        (CosmosHttpResponseError, _by_status),
        (CosmosBatchOperationError, _by_status),  # the status of the one that failed; none was done
        (ClientAuthenticationError, _no_token),
        (ServiceRequestError, _no_server),
        (AzureError, _uncertain),  # a reply that was lost, is no JSON, or came too late
        (UnicodeEncodeError, _bad_text),
    ]
)

translate = _SDK.of
translated = _SDK.around
