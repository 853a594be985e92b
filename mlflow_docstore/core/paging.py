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

_OFFSETS = 2**31


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


@dataclass(frozen=True, slots=True)
class Start:
    """Where a page begins.

    Args:
        after: The sort values of the row before it, in the order of the sort keys; None where only
            the offset is known.
        offset: How many rows are before it. Ours count them for MLflow's access control alone,
            which reads the number out of a token and makes a token of another (``server/auth``).
    """

    after: tuple[Scalar, ...] | None = None
    offset: int = 0


def encode_token(after: tuple[Scalar, ...], *, shape: str, offset: int = 0) -> str:
    """The token of the page that follows a row.

    Args:
        after: The row's sort values, in the order of the sort keys.
        shape: What the query sorts by. A token belongs to one order: used with another it would
            silently start in the wrong place.
        offset: How many rows are before the page.
    """
    content = {"after": after, "offset": offset, "shape": _digest(shape)}
    body = json.dumps(content, separators=(",", ":"))
    return base64.b64encode(body.encode()).decode("ascii")


def decode_token(token: str | bytes, *, shape: str) -> Start:
    """Where the page of a token begins.

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
    offset = content.get("offset", 0) if isinstance(content, dict) else None
    if not isinstance(offset, int) or not 0 <= offset < _OFFSETS:
        raise InvalidArgument("page_token", token, problem="content", content=content)
    if offset and "after" not in content:
        return Start(offset=offset)
    if not _are_scalars(content.get("after")):
        raise InvalidArgument("page_token", token, problem="content", content=content)
    if content.get("shape") != _digest(shape):
        raise InvalidArgument("page_token", token, problem="shape")
    return Start(tuple(content["after"]), offset)


def offset_token(offset: int) -> str:
    """The token of the page behind so many rows; reading it reads those too.

    Args:
        offset: At least 1.
    """
    return base64.b64encode(json.dumps({"offset": offset}).encode()).decode("ascii")


def offset_of(token: str) -> int:
    """How many rows are before the page of a token that ``encode_token`` made."""
    return int(json.loads(base64.b64decode(token))["offset"])


def _are_scalars(values: object) -> bool:
    return isinstance(values, list) and all(
        value is None or isinstance(value, str | int | float) for value in values
    )


def _digest(shape: str) -> str:
    return hashlib.sha256(shape.encode()).hexdigest()[:12]
