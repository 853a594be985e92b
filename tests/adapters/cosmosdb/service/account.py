"""Databases and containers, and who may ask for what."""

import base64
import hashlib
import hmac
from collections import deque
from dataclasses import dataclass, field
from threading import RLock
from typing import Any
from urllib.parse import unquote

from .access import KEY
from .documents import VERBS
from .faults import Faults
from .items import RANGES, Container, encoded
from .limits import CONTAINERS, NAME_LENGTH
from .refusals import Refusal, bad, conflict, missing
from .requests import Reply, Request

_COLLECTIONS = {"dbs": "Databases", "colls": "DocumentCollections"}


@dataclass
class Account:
    """All that one stand-in holds.

    Args:
        endpoint: Where it listens, which it tells the SDK.
    """

    endpoint: str
    databases: dict[str, dict[str, Container]] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)
    log: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=10_000))
    writes: int = 0
    _lock: RLock = field(default_factory=RLock)

    def answer(self, request: Request) -> Reply | None:
        """None to close the connection."""
        with self._lock:
            if request.segments[:1] == ["_standin"]:
                return self._control(request)
            fault = self.faults.next(request.operation, request.address)
            reply = self._judged(request) if not fault or fault.applied else Reply()
            if fault:
                reply = Reply(fault.status, b"{}", fault.headers, 0.0)
            self._note(request, reply)
            return reply if reply.status else None

    def _judged(self, request: Request) -> Reply:
        try:
            self._admit(request)
            return self._routed(request)
        except Refusal as refusal:
            return Reply.refusing(refusal)

    def _note(self, request: Request, reply: Reply) -> None:
        """What tests count requests by."""
        self.log.append(
            {
                "operation": request.operation,
                "address": request.address,
                "status": reply.status,
                "charge": reply.charge,
            }
        )

    def _control(self, request: Request) -> Reply:
        """For tests: faults to come, and requests that came."""
        what = request.segments[1]
        if request.method == "POST":
            self.faults.order(request.json())
        elif request.method == "DELETE":
            (self.log if what == "log" else self.faults.ordered).clear()
        return Reply.of(list(self.log) if what == "log" else len(self.faults.ordered))

    def _admit(self, request: Request) -> None:
        """Signed with the key, or with a token of Entra ID, which no one here can judge."""
        given = unquote(request.headers.get("authorization", ""))
        if given.startswith("type=aad&"):
            if request.operation == "create" and request.segments[-1] in _COLLECTIONS:
                # https://learn.microsoft.com/azure/cosmos-db/troubleshoot-forbidden
                raise Refusal(403, "Forbidden", "cannot be authorized by AAD token", substatus=5300)
            return
        if given != f"type=master&ver=1.0&sig={_signature(request)}":
            raise Refusal(401, "Unauthorized", "The input authorization token can't serve it.")

    def _routed(self, request: Request) -> Reply:
        match request.segments:
            case []:
                return Reply.of(self._about())
            case ["dbs"]:
                return self._feed(request, "dbs", self.databases, {}.copy)
            case ["dbs", name]:
                return self._one(request, self.databases, name, {"id": name})
            case ["dbs", database, "colls"]:
                containers = self._database(database)
                return self._feed(request, "colls", containers, None)
            case ["dbs", database, "colls", name]:
                return self._collection(request, self._database(database), name)
            case ["dbs", database, "colls", name, *rest]:
                container = self._container(database, name)
                return self._within(request, container, rest)
        raise bad("There is no such address.")

    def _within(self, request: Request, container: Container, rest: list[str]) -> Reply:
        if rest == ["pkranges"]:
            return _ranges(request)
        if rest[0] != "docs":
            raise bad("There is no such address.")
        reply = VERBS[request.operation](container, request)
        self.writes += request.operation not in {"read", "feed", "query", "plan"}
        reply.headers.setdefault("x-ms-session-token", f"0:-1#{self.writes}")
        return reply

    def _database(self, name: str) -> dict[str, Container]:
        if name not in self.databases:
            raise missing("Owner resource does not exist")
        return self.databases[name]

    def _container(self, database: str, name: str) -> Container:
        containers = self._database(database)
        if name not in containers:
            raise Refusal(404, "NotFound", "Owner resource does not exist", substatus=1003)
        return containers[name]

    def _feed(self, request: Request, kind: str, there: dict[str, Any], make: Any) -> Reply:
        if request.operation == "create":
            body = request.json()
            name = body.get("id")
            _judge_name(name)
            if name in there:
                raise conflict()
            if make is None and len(there) >= CONTAINERS:
                raise bad(f"An account has at most {CONTAINERS} containers.")
            there[name] = make() if make else Container(body)
            return Reply.of(body | {"_rid": name, "_self": f"{kind}/{name}/"}, 201)
        listed = [
            one.definition if isinstance(one, Container) else {"id": name}
            for name, one in there.items()
        ]
        return Reply.of({"_rid": "", _COLLECTIONS[kind]: listed, "_count": len(listed)})

    def _one(
        self, request: Request, there: dict[str, Any], name: str, shown: dict[str, Any]
    ) -> Reply:
        if name not in there:
            raise missing("Owner resource does not exist")
        if request.operation == "delete":
            del there[name]
            return Reply(204)
        return Reply.of(shown | {"_rid": name, "_self": f"{name}/", "_etag": "0", "_ts": 0})

    def _collection(self, request: Request, there: dict[str, Container], name: str) -> Reply:
        if request.operation == "replace" and name in there:
            there[name].redefine(request.json())
        shown = there[name].definition if name in there else {}
        return self._one(request, there, name, shown)

    def _about(self) -> dict[str, Any]:
        here = [{"name": "Here", "databaseAccountEndpoint": self.endpoint}]
        return {
            "id": "standin",
            "_rid": "standin",
            "writableLocations": here,
            "readableLocations": here,
            "enableMultipleWriteLocations": False,
            "userConsistencyPolicy": {"defaultConsistencyLevel": "Session"},
        }


def _judge_name(name: Any) -> None:
    if not isinstance(name, str) or not 1 <= len(name) <= NAME_LENGTH or set(name) & set("/\\#?"):
        raise bad("The name of the resource is not allowed.")


def _ranges(request: Request) -> Reply:
    if request.headers.get("if-none-match"):
        return Reply(304, b"", {"etag": '"1"'})
    ranges = [
        {"id": str(place), "minInclusive": low, "maxExclusive": high, "_rid": str(place)}
        for place, (low, high) in enumerate(RANGES)
    ]
    body = encoded({"_rid": "", "PartitionKeyRanges": ranges, "_count": len(ranges)})
    return Reply(200, body, {"etag": '"1"'})


def _signature(request: Request) -> str:
    """See https://learn.microsoft.com/rest/api/cosmos-db/access-control-on-cosmosdb-resources."""
    segments = request.segments
    kind = segments[(len(segments) - 1) // 2 * 2] if segments else ""
    link = "/".join(segments if len(segments) % 2 == 0 else segments[:-1])
    date = request.headers.get("x-ms-date", "").lower()
    text = f"{request.method.lower()}\n{kind}\n{link}\n{date}\n\n"
    digest = hmac.new(base64.b64decode(KEY), text.encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()
