"""Throughput that was asked for, is told again, and changed. Nothing is throttled by it.

See https://learn.microsoft.com/rest/api/cosmos-db/offers.
"""

from typing import Any

from .expressions import ROOT
from .items import parsed
from .limits import SHARING
from .queries import Queries
from .refusals import Refusal, bad, missing
from .requests import Reply, Request

_LEAST_FIXED, _FIXED_STEP = 400, 100
_LEAST_SCALED, _SCALED_STEP = 1000, 1000
_TENTH = 10

Offer = dict[str, Any]


def offered(request: Request, resource: dict[str, Any]) -> list[Offer]:
    """What the headers of a request that makes a resource ask for it; mostly nothing."""
    content = _asks(request)
    if not content:
        return []
    # Where a name is used again, the resource is another.
    name = f"O{resource['_rid'].rpartition('-')[2]}"
    offer = {
        "offerVersion": "V2",
        "offerType": "Invalid",
        "id": name,
        "_rid": name,
        "_self": f"offers/{name}/",
        "resource": resource["_self"],
        "offerResourceId": resource["_rid"],
        "content": _judged(content),
    }
    return [offer]


def _asks(request: Request) -> dict[str, Any]:
    content: dict[str, Any] = {}
    if (fixed := request.headers.get("x-ms-offer-throughput")) is not None:
        content = {"offerThroughput": int(fixed)}
    if (scaled := request.headers.get("x-ms-cosmos-offer-autopilot-settings")) is not None:
        content = {"offerAutopilotSettings": parsed(scaled.encode())}
    return content


def judge_sharing(request: Request, offers: list[Offer], link: str, there: dict[str, Any]) -> None:
    """Of containers without throughput of their own in a database that has some, there are few."""
    of_their_own = {one["resource"] for one in offers}
    database = link.removesuffix("colls")
    sharing = [one for one in there.values() if one.definition["_self"] not in of_their_own]
    if database in of_their_own and len(sharing) >= SHARING and not _asks(request):
        raise Refusal(403, "Forbidden", f"{SHARING} containers share it already.", substatus=1010)


def told(request: Request, offers: list[Offer]) -> Reply:
    """A query of offers, all of them, or a request to one."""
    if len(request.segments) == 1:
        return _found(offers) if request.operation == "read" else _asked(request, offers)
    found = [one for one in offers if one["_rid"] == request.segments[1]]
    if not found:
        raise missing()
    if request.operation == "replace":
        content = request.json()["content"]
        if _is_scaled(content) != _is_scaled(found[0]["content"]):
            raise bad("The kind of throughput is migrated by the management of resources alone.")
        found[0]["content"] = _judged(content)
    return Reply.of(found[0])


def forgotten(offers: list[Offer], resource: dict[str, Any]) -> list[Offer]:
    """Those that are left when a resource is gone, with all that was in it."""
    return [one for one in offers if not one["resource"].startswith(resource["_self"])]


def _asked(request: Request, offers: list[Offer]) -> Reply:
    body = request.json()
    query = Queries.read(body["query"])
    parameters = {one["name"]: one["value"] for one in body["parameters"]}
    found = [one for offer in offers for one in query.results({ROOT: offer, **parameters})]
    return _found(found)


def _found(offers: list[Offer]) -> Reply:
    return Reply.of({"_rid": "", "Offers": offers, "_count": len(offers)})


def _is_scaled(content: dict[str, Any]) -> bool:
    return "offerAutopilotSettings" in content


def _judged(content: dict[str, Any]) -> dict[str, Any]:
    """With what the service adds: what scales begins at a tenth of the most."""
    if _is_scaled(content):
        most = content["offerAutopilotSettings"]["maxThroughput"]
        _require(most, _LEAST_SCALED, _SCALED_STEP)
        return {"offerThroughput": most // _TENTH, **content}
    _require(content["offerThroughput"], _LEAST_FIXED, _FIXED_STEP)
    return content


def _require(units: int, least: int, step: int) -> None:
    if units < least or units % step:
        raise bad(f"The throughput has to be at least {least}, by steps of {step}.")
