"""Paging by key: a page starts after the last row of the one before it, never at an offset."""

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from .errors import InvalidArgument
from .query import Scalar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page, of what size.

    Args:
        limit: The most rows; None for all of them.
        token: The ``token`` of the page before, as it was given; None for the first page.
    """

    limit: int | None
    token: str | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Rows in order, and the token of the next page; None where this is the last."""

    items: list[T] = field(default_factory=list)
    token: str | None = None


def encode_token(after: tuple[Scalar, ...], *, shape: str) -> str:
    """The token of the page that follows a row.

    Args:
        after: The row's sort values, in the order of the sort keys.
        shape: What the query sorts by. A token belongs to one order: used with another it would
            silently start in the wrong place.
    """
    body = json.dumps({"after": after, "shape": _digest(shape)}, separators=(",", ":"))
    return base64.b64encode(body.encode()).decode("ascii")


def decode_token(token: str | bytes, *, shape: str) -> tuple[Scalar, ...]:
    """The row that a page follows.

    Raises:
        InvalidArgument: ``kind="page_token"``; ``facts["problem"]`` is ``"base64"``, ``"json"``,
            ``"content"`` or ``"shape"``.
    """
    try:
        body = base64.b64decode(token)
    except (binascii.Error, TypeError, ValueError) as error:
        raise InvalidArgument("page_token", token, problem="base64") from error
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidArgument("page_token", token, problem="json", text=body) from error
    if not isinstance(content, dict) or not _are_scalars(content.get("after")):
        raise InvalidArgument("page_token", token, problem="content", content=content)
    if content.get("shape") != _digest(shape):
        raise InvalidArgument("page_token", token, problem="shape")
    return tuple(content["after"])


def _are_scalars(values: object) -> bool:
    return isinstance(values, list) and all(
        value is None or isinstance(value, str | int | float) for value in values
    )


def _digest(shape: str) -> str:
    return hashlib.sha256(shape.encode()).hexdigest()[:12]
