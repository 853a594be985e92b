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

from .patches import NativePatch
from .values import Item

_OF_NO_ITEM = frozenset({None, 0, 1003})
"""What a 404 says more where there is no such item, or container; else a replica lags behind."""


@dataclass(frozen=True, slots=True)
class Place:
    """Which item.

    Args:
        id: Its id.
        partition: The value of its partition key.
    """

    id: str
    partition: str


class Lost(Exception):  # noqa: N818 - no error, but an answer
    """The item is not as the write demanded."""


class Gone(Lost):
    """There is no such item."""


@contextmanager
def settled() -> Iterator[None]:
    """Around a conditional write: what the service answers to one that does not apply."""
    try:
        yield
    except CosmosAccessConditionFailedError as error:
        raise Lost from error
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


def read(native: ContainerProxy, place: Place) -> Item | None:
    """An item, or None."""
    try:
        return dict(native.read_item(place.id, place.partition))
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
    given: dict[str, Any] = {"filter_predicate": f"FROM c WHERE {condition}"} if condition else {}
    with settled():
        return dict(native.patch_item(place.id, place.partition, list(how.operations), **given))


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
