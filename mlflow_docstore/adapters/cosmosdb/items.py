"""Items: read, written and removed one at a time, each by a request that names its partition."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from azure.core import MatchConditions
from azure.cosmos import ContainerProxy
from azure.cosmos.exceptions import (
    CosmosAccessConditionFailedError,
    CosmosResourceExistsError,
    CosmosResourceNotFoundError,
)
from azure.cosmos.http_constants import HttpHeaders

from .patches import NativePatch, predicate
from .values import Item

_OF_NO_ITEM = frozenset({None, 0, 1003})
"""What a 404 says more where there is no such item, or container; else a replica lags behind."""

_NOTHING = NativePatch(({"op": "set", "path": "/never", "value": None},), ())


@dataclass(frozen=True, slots=True)
class Place:
    """Which item.

    Args:
        id: Its id.
        partition: The value of its partition key.
    """

    id: str
    partition: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A document that a query found.

    Args:
        key: Its id.
        place: Where it is.
        etag: Which version of it was found.
    """

    key: str
    place: Place
    etag: str


class Lost(Exception):  # noqa: N818 - no error, but an answer
    """The item is not as the write demanded.

    Args:
        token: Of a session that sees the state by which the service judged, if it told one.
    """

    def __init__(self, token: str | None = None) -> None:
        super().__init__()
        self.token = token


class Gone(Lost):
    """There is no such item."""


@contextmanager
def settled() -> Iterator[None]:
    """Around a conditional write: what the service answers to one that does not apply."""
    try:
        yield
    except CosmosAccessConditionFailedError as error:
        raise Lost(error.headers.get(HttpHeaders.SessionToken)) from error
    except CosmosResourceNotFoundError as error:
        if error.sub_status not in _OF_NO_ITEM:
            raise
        raise Gone from error


def found(native: ContainerProxy, query: str, **how: Any) -> Iterator[Item]:
    """What a query finds; in a container that is not there, nothing."""
    try:
        yield from native.query_items(query, **how)
    except CosmosResourceNotFoundError as error:
        if error.sub_status not in _OF_NO_ITEM:
            raise


def read(native: ContainerProxy, place: Place, token: str | None = None) -> Item | None:
    """An item, or None, as the session sees it or another whose token is given."""
    try:
        return dict(native.read_item(place.id, place.partition, session_token=token))
    except CosmosResourceNotFoundError as error:
        if error.sub_status not in _OF_NO_ITEM:
            raise
        return None


def create(native: ContainerProxy, item: Item) -> bool:
    """Create unless the id is taken; whether it was created."""
    try:
        native.create_item(item)
    except CosmosResourceExistsError:
        return False
    return True


def patch(native: ContainerProxy, place: Place, how: NativePatch, condition: str) -> Item:
    """Patch an item that meets a condition, if there is any; the item as it is then.

    Raises:
        Lost: It does not.
    """
    given: dict[str, Any] = {"filter_predicate": predicate([condition])} if condition else {}
    with settled():
        return dict(native.patch_item(place.id, place.partition, list(how.operations), **given))


def newest(native: ContainerProxy, place: Place) -> str | None:
    """The token of a session that sees an item as it is now, if the service tells one.

    By a patch under a predicate that is never true: nothing can be written, but it is judged where
    writes are, and on the newest state.

    Raises:
        Gone: There is no such item.
    """
    try:
        patch(native, place, _NOTHING, "false")
    except Gone:
        raise
    except Lost as told:
        return told.token
    raise AssertionError


def replace(native: ContainerProxy, place: Place, seen: Mapping[str, Any], item: Item) -> None:
    """Put an item in the place of the one that was seen.

    Raises:
        Lost: It is no longer that.
    """
    with settled():
        native.replace_item(
            place.id, item, etag=seen["_etag"], match_condition=MatchConditions.IfNotModified
        )


def remove(native: ContainerProxy, place: Place, seen: Mapping[str, Any] | None = None) -> None:
    """Remove an item, whatever it is, or while it is as it was seen.

    Raises:
        Lost: It is no longer that.
    """
    given: dict[str, Any] = {}
    if seen is not None:
        given = {"etag": seen["_etag"], "match_condition": MatchConditions.IfNotModified}
    with settled():
        native.delete_item(place.id, place.partition, **given)
