"""Throughput that was asked for, and is told again. Nothing is throttled by it.

See https://learn.microsoft.com/rest/api/cosmos-db/offers.
"""

from typing import Any

from .expressions import ROOT
from .items import parsed
from .queries import Queries
from .requests import Reply, Request


def offered(request: Request, resource: dict[str, Any]) -> list[dict[str, Any]]:
    """What the headers of a request that makes a resource ask for it; mostly nothing."""
    content: dict[str, Any] = {}
    if (fixed := request.headers.get("x-ms-offer-throughput")) is not None:
        content = {"offerThroughput": int(fixed)}
    if (scaled := request.headers.get("x-ms-cosmos-offer-autopilot-settings")) is not None:
        content = {"offerAutopilotSettings": parsed(scaled.encode())}
    link, rid = resource["_self"], resource["_rid"]
    offer = {"id": rid, "resource": link, "offerResourceId": rid, "content": content}
    return [offer] if content else []


def asked(request: Request, offers: list[dict[str, Any]]) -> Reply:
    body = request.json()
    query = Queries.read(body["query"])
    parameters = {one["name"]: one["value"] for one in body["parameters"]}
    found = [one for offer in offers for one in query.results({ROOT: offer, **parameters})]
    return Reply.of({"_rid": "", "Offers": found, "_count": len(found)})
