"""Requests and replies, and what the headers of one mean."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from .items import encoded, parsed
from .limits import REQUEST_BYTES
from .refusals import Refusal, bad, too_large

_KINDS = {
    "x-ms-cosmos-is-query-plan-request": "plan",
    "x-ms-documentdb-isquery": "query",
    "x-ms-cosmos-is-batch-request": "batch",
    "x-ms-documentdb-is-upsert": "upsert",
}
_METHODS = {"GET": "read", "POST": "create", "PUT": "replace", "DELETE": "delete", "PATCH": "patch"}


@dataclass(frozen=True, slots=True)
class Request:
    """One request; names of its headers are in lower case."""

    method: str
    address: str
    headers: dict[str, str]
    body: bytes

    @property
    def segments(self) -> list[str]:
        path = self.address.partition("?")[0]
        return [unquote(one) for one in path.split("/") if one]

    @property
    def operation(self) -> str:
        """Its kind, as faults name it."""
        if self.method == "POST":
            for header, kind in _KINDS.items():
                if self.is_set(header):
                    return kind
        feed = self.method == "GET" and self.segments[-1:] == ["docs"]
        return "feed" if feed else _METHODS[self.method]

    def is_set(self, header: str) -> bool:
        return self.headers.get(header, "").lower() == "true"

    def json(self) -> Any:
        if len(self.body) > REQUEST_BYTES:
            raise too_large()
        return parsed(self.body)

    @property
    def components(self) -> list[Any] | None:
        """Of the partition key that the header names."""
        header = self.headers.get("x-ms-documentdb-partitionkey")
        return None if header is None else list(parsed(header.encode()))

    @property
    def if_match(self) -> str | None:
        return self.headers.get("if-match")

    def named(self) -> list[Any]:
        """The components, which operations on one item must name."""
        if self.components is None:
            raise bad("PartitionKey value must be supplied for this operation.", substatus=1001)
        return self.components


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    charge: float = 1.0

    @classmethod
    def of(cls, value: Any, status: int = 200, **headers: str) -> Reply:
        return cls(status, encoded(value), headers)

    @classmethod
    def refusing(cls, refusal: Refusal) -> Reply:
        body = {"code": refusal.code, "message": refusal.message, **refusal.extra}
        substatus = {"x-ms-substatus": str(refusal.substatus)} if refusal.substatus else {}
        return cls(refusal.status, json.dumps(body).encode(), substatus)
