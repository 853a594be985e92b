"""The error vocabulary of the ports. Errors carry facts; prose is composed by who shows them."""

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping


class StoreError(Exception):
    """Something a repository could not do.

    Args:
        kind: What it was about, in the singular: ``"run"``, ``"experiment"``, ``"param"``.
        key: Which one, as the caller named it.
        **facts: Whatever else a reader needs to compose a message.
    """

    retryable: ClassVar[bool] = False

    def __init__(self, kind: str, key: object = None, **facts: object) -> None:
        super().__init__(kind, key)
        self.kind = kind
        self.key = key
        self.facts: Mapping[str, Any] = MappingProxyType(facts)

    def __str__(self) -> str:
        facts = "".join(f", {name}={value!r}" for name, value in self.facts.items())
        return f"{type(self).__name__}({self.kind} {self.key!r}{facts})"


class NotFound(StoreError):  # noqa: N818 - the field's word, and every class here is an error
    """No such thing, or not in the state that was asked for."""


class AlreadyExists(StoreError):  # noqa: N818
    """The name or id is taken by another."""


class InvalidArgument(StoreError):  # noqa: N818
    """The caller's value cannot be used."""


class InvalidState(StoreError):  # noqa: N818
    """The thing exists, but is in a state that forbids this."""


class Conflict(StoreError):  # noqa: N818
    """What is stored contradicts what was to be written, or another writer came first."""

    retryable = True


class LimitExceeded(StoreError):  # noqa: N818
    """Larger than the database takes; ``facts["limit"]`` names the limit."""


class Unsupported(StoreError):  # noqa: N818
    """This database, or this release of ours, has no such feature."""


class Unavailable(StoreError):  # noqa: N818
    """The database cannot answer now: throttled, failing over, unreachable.

    Args:
        applied: False where the database said that nothing was written; None where the reply was
            lost, so that nobody knows.
        retry_after: Seconds that the server asked to wait, if it said so.
    """

    retryable = True

    def __init__(
        self,
        kind: str,
        key: object = None,
        *,
        applied: bool | None = None,
        retry_after: float | None = None,
        **facts: object,
    ) -> None:
        super().__init__(kind, key, **facts)
        self.applied = applied
        self.retry_after = retry_after


class Unreachable(Unavailable):
    """No server answers at all, or it refuses us; ``facts["reason"]`` says why in one line."""

    retryable = False


class Forbidden(Unreachable):
    """The user that we are may not do this."""
