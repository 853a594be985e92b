"""Databases and containers, and who may ask for what."""

import base64
import hashlib
import hmac
from collections import deque
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from threading import RLock
from typing import Any
from urllib.parse import unquote

from .access import KEY
from .documents import VERBS
from .faults import Faults
from .items import RANGES, Container, encoded
from .limits import CONTAINERS, FORBIDDEN, NAME_LENGTH
from .offers import forgotten, judge_sharing, offered, told
from .refusals import Refusal, bad, conflict, missing
from .replicas import Replica
from .requests import Reply, Request
from .sessions import answered

_COLLECTIONS = {"dbs": "Databases", "colls": "DocumentCollections"}


@dataclass
class Database:
    """Containers by their names.

    Args:
        definition: As its creator sent it, and the properties of the system.
    """

    definition: dict[str, Any]
    containers: dict[str, Container] = field(default_factory=dict)


Make = Callable[[dict[str, Any]], Any]


@dataclass
class Account:
    """All that one stand-in holds.

    Args:
        endpoint: Where it listens, which it tells the SDK.
        kept: What it held when it was told to keep that.
    """

    endpoint: str
    databases: dict[str, Database] = field(default_factory=dict)
    kept: dict[str, Database] = field(default_factory=dict)
    offers: list[dict[str, Any]] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)
    log: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=10_000))
    level: str = "Session"
    write_regions: list[str] = field(default_factory=lambda: ["Here"])
    resources: int = 0
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
                "client": request.headers.get("x-ms-client-id"),
                "status": reply.status,
                "charge": reply.charge,
                "partition": request.components,
            }
        )

    def _control(self, request: Request) -> Reply:
        """For tests: faults to come, requests that came, what it is, lag, and what is held."""
        what = request.segments[1]
        if what == "regions":
            self.write_regions = request.json()
            return Reply.of(None)
        if what == "level":
            self.level = request.json()
            return Reply.of(None)
        if what == "lag":
            return self._lag(request)
        if what == "kept":
            return self._keep(request)
        if request.method == "POST":
            self.faults.order(request.json())
        elif request.method == "DELETE":
            (self.log if what == "log" else self.faults.ordered).clear()
        return Reply.of(list(self.log) if what == "log" else len(self.faults.ordered))

    def _lag(self, request: Request) -> Reply:
        """Keep what there is as what replicas have heard of, or have them hear of all."""
        lags, alone = request.method == "POST", request.json()
        for database in self.databases.values():
            for one in database.containers.values():
                replica = Replica.of(one.partitions, one.numbers, alone=alone)
                one.replica = replica if lags else None
        return Reply.of(None)

    def _keep(self, request: Request) -> Reply:
        """Keep what is held now, or hold that again."""
        if request.method == "POST":
            self.kept = deepcopy(self.databases)
        else:
            self.databases = deepcopy(self.kept)
        return Reply.of(len(self.databases))

    def _admit(self, request: Request) -> None:
        """Signed with the key. Tokens of Entra ID the SDK sends by HTTPS only, so never here."""
        given = unquote(request.headers.get("authorization", ""))
        if given != f"type=master&ver=1.0&sig={_signature(request)}":
            raise Refusal(401, "Unauthorized", "The input authorization token can't serve it.")

    def _routed(self, request: Request) -> Reply:
        match request.segments:
            case ["dbs"]:
                return self._feed(request, "dbs", self.databases, Database)
            case ["dbs", _]:
                return self._one(request, self.databases)
            case ["dbs", name, "colls"]:
                database = self._database(name)
                return self._feed(request, f"dbs/{name}/colls", database.containers, Container)
            case ["dbs", name, "colls", _]:
                return self._one(request, self._database(name).containers)
            case ["dbs", database, "colls", name, *rest]:
                container = self._container(database, name)
                return self._within(request, container, rest)
        return self._elsewhere(request)

    def _elsewhere(self, request: Request) -> Reply:
        if request.segments[:1] == ["offers"]:
            return told(request, self.offers)
        if request.segments:
            raise bad("There is no such address.")
        return Reply.of(self._about())

    def _within(self, request: Request, container: Container, rest: list[str]) -> Reply:
        if rest == ["pkranges"]:
            return _ranges(request)
        if rest[0] != "docs":
            raise bad("There is no such address.")
        return answered(VERBS[request.operation], container, request, self.level)

    def _database(self, name: str) -> Database:
        if name not in self.databases:
            raise missing("Owner resource does not exist")
        return self.databases[name]

    def _container(self, database: str, name: str) -> Container:
        containers = self._database(database).containers
        if name not in containers:
            raise Refusal(404, "NotFound", "Owner resource does not exist", substatus=1003)
        return containers[name]

    def _feed(self, request: Request, link: str, there: dict[str, Any], make: Make) -> Reply:
        kind = request.segments[-1]
        if request.operation == "create":
            made = make(self._described(request.json(), link, there))
            judge_sharing(request, self.offers, link, there)
            there[made.definition["id"]] = made
            self.offers += offered(request, made.definition)
            return Reply.of(made.definition, 201)
        listed = [one.definition for one in there.values()]
        return Reply.of({"_rid": "", _COLLECTIONS[kind]: listed, "_count": len(listed)})

    def _described(self, body: dict[str, Any], link: str, there: dict[str, Any]) -> dict[str, Any]:
        name = body.get("id")
        if not isinstance(name, str) or not 1 <= len(name) <= NAME_LENGTH or FORBIDDEN & set(name):
            raise bad("The name of the resource is not allowed.")
        if name in there:
            raise conflict()
        if len(there) >= CONTAINERS:
            raise bad(f"There are {CONTAINERS} resources of this kind.")
        self.resources += 1
        system = {"_rid": f"resource-{self.resources}", "_etag": '"0"', "_ts": 0}
        return body | system | {"_self": f"{link}/{name}/"}

    def _one(self, request: Request, there: dict[str, Any]) -> Reply:
        name = request.segments[-1]
        if name not in there:
            raise missing("Owner resource does not exist")
        if request.operation == "delete":
            gone = there.pop(name)
            self.offers = forgotten(self.offers, gone.definition)
            return Reply(204)
        if request.operation == "replace":
            there[name].redefine(request.json())
        return Reply.of(there[name].definition)

    def _about(self) -> dict[str, Any]:
        regions = [
            {"name": name, "databaseAccountEndpoint": self.endpoint} for name in self.write_regions
        ]
        return {
            "id": "standin",
            "_rid": "standin",
            "writableLocations": regions,
            "readableLocations": regions,
            "enableMultipleWriteLocations": len(regions) > 1,
            "userConsistencyPolicy": {"defaultConsistencyLevel": self.level},
        }


def _ranges(request: Request) -> Reply:
    if request.headers.get("if-none-match"):
        return Reply(304, b"", {"etag": '"1"'}, 0.0)
    ranges = [
        {"id": str(place), "minInclusive": low, "maxExclusive": high, "_rid": str(place)}
        for place, (low, high) in enumerate(RANGES)
    ]
    body = encoded({"_rid": "", "PartitionKeyRanges": ranges, "_count": len(ranges)})
    return Reply(200, body, {"etag": '"1"'}, 0.0)


def _signature(request: Request) -> str:
    """See https://learn.microsoft.com/rest/api/cosmos-db/access-control-on-cosmosdb-resources."""
    segments = request.segments
    kind = segments[(len(segments) - 1) // 2 * 2] if segments else ""
    link = "/".join(segments if len(segments) % 2 == 0 else segments[:-1])
    if kind == "offers":
        link = segments[-1].lower() if len(segments) == 2 else ""
    date = request.headers.get("x-ms-date", "").lower()
    text = f"{request.method.lower()}\n{kind}\n{link}\n{date}\n\n"
    digest = hmac.new(base64.b64decode(KEY), text.encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()
