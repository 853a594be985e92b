"""Requests that are about items."""

from collections.abc import Callable
from dataclasses import replace as replace_in
from typing import Any

from . import charges
from .expressions import ROOT
from .items import EVERYWHERE, RANGES, Container, Item, check, encoded
from .limits import BATCH_OPERATIONS, judge_sql
from .pages import PAGE_ITEMS, Scope, page
from .patches import patched
from .plans import needs_plan, plan
from .queries import Queries, Query
from .refusals import Refusal, bad, precondition
from .requests import Reply, Request

_MOST = 1 << 30


def _answered(item: Item, status: int, charge: float) -> Reply:
    return Reply(status, item.text, {"etag": item.etag}, charge)


def _cost(
    container: Container, before: Item | None, after: Item | None, operations: int = 0
) -> float:
    one, other = (
        item and charges.Weight(len(item.text), container.indexing.terms(item.document))
        for item in (before, after)
    )
    return charges.write(one, other, operations)


def create(container: Container, request: Request) -> Reply:
    item = container.insert(request.json(), container.key(request.named()))
    return _answered(item, 201, _cost(container, None, item))


def upsert(container: Container, request: Request) -> Reply:
    key, document = container.key(request.named()), request.json()
    before = _there(container, key, document.get("id"))
    item, new = container.upsert(document, key, request.if_match)
    return _answered(item, 201 if new else 200, _cost(container, before, item))


def _there(container: Container, key: str, name: Any) -> Item | None:
    return container.partitions.get(key, {}).get(name) if isinstance(name, str) else None


def read(container: Container, request: Request) -> Reply:
    item = container.find(container.key(request.named()), request.segments[-1])
    if request.headers.get("if-none-match") == item.etag:
        return Reply(304, b"", {"etag": item.etag})
    return _answered(item, 200, charges.read(len(item.text)))


def replace(container: Container, request: Request) -> Reply:
    key, name = container.key(request.named()), request.segments[-1]
    before = _there(container, key, name)
    item = container.replace(request.json(), key, name, request.if_match)
    return _answered(item, 200, _cost(container, before, item))


def delete(container: Container, request: Request) -> Reply:
    key, name = container.key(request.named()), request.segments[-1]
    item = container.delete(key, name, request.if_match)
    return Reply(204, charge=_cost(container, item, None))


def patch(container: Container, request: Request) -> Reply:
    key, name = container.key(request.named()), request.segments[-1]
    before, body = _there(container, key, name), request.json()
    item = _patch(container, key, name, body, request.if_match)
    return _answered(item, 200, _cost(container, before, item, _operations(body)))


def _patch(
    container: Container, key: str, name: str, body: dict[str, Any], if_match: str | None
) -> Item:
    before = container.find(key, name)
    check(before, if_match)
    if condition := body.get("condition"):
        # https://learn.microsoft.com/azure/cosmos-db/partial-document-update#conditional-patch
        query = Queries.read(f"SELECT * {condition}")
        if next(query.rows({ROOT: before.document}), None) is None:
            raise precondition()
    fixed = {path[0] for path in container.paths}
    made = patched(before.document, body.get("operations", []), fixed)
    return container.replace(made, key, name, None)


def _operations(body: dict[str, Any]) -> int:
    return len(body.get("operations", ()))


def _parameters(body: dict[str, Any]) -> dict[str, Any]:
    return {one["name"]: one.get("value") for one in body.get("parameters") or ()}


def _query(body: dict[str, Any]) -> Query:
    query = Queries.read(body["query"])
    judge_sql(query.text, len(query.sources) - 1)
    return query


def feed(container: Container, request: Request) -> Reply:
    """All items, of any partition."""
    ranges = tuple(range(len(RANGES)))
    scope = Scope(None, ranges) if request.components is None else _scope(container, request)
    reply, loaded = _paged(container, request, {"query": "SELECT * FROM c"}, scope)
    return replace_in(reply, charge=charges.feed(loaded))


def query(container: Container, request: Request) -> Reply:
    scope = _scope(container, request)
    reply, loaded = _paged(container, request, request.json(), scope)
    return replace_in(reply, charge=charges.query(len(scope.ranges), loaded))


def _paged(
    container: Container, request: Request, body: dict[str, Any], scope: Scope
) -> tuple[Reply, list[int]]:
    """A page, and the sizes of the items that were loaded for it."""
    asked = _query(body)
    if len(scope.ranges) > 1 and needs_plan(asked):
        raise bad(
            "The provided cross partition query can not be directly served by the gateway. This is "
            "a first chance (internal) exception that all newer clients will know how to handle.",
            substatus=1004,
        )
    size = int(request.headers.get("x-ms-max-item-count", PAGE_ITEMS))
    token = request.headers.get("x-ms-continuation")
    found = page(container, asked, _parameters(body), scope, size if size > 0 else _MOST, token)
    documents = b",".join(found.results)
    text = b'{"_rid":"","Documents":[%b],"_count":%d}' % (documents, len(found.results))
    headers = {"x-ms-item-count": str(len(found.results))}
    if found.continuation:
        headers["x-ms-continuation"] = found.continuation
    return Reply(200, text, headers), found.loaded


def _scope(container: Container, request: Request) -> Scope:
    if request.components is not None:
        return Scope(container.key(request.components), (0,))
    if (one := request.headers.get("x-ms-documentdb-partitionkeyrangeid")) is not None:
        low, high = (request.headers.get(f"x-ms-{end}-epk") for end in ("start", "end"))
        hashes = EVERYWHERE if low is None or high is None else (low, high)
        return Scope(None, (int(one),), hashes)
    if not request.is_set("x-ms-documentdb-query-enablecrosspartition"):
        raise bad(
            "Cross partition query is required but disabled. Please set "
            "x-ms-documentdb-query-enablecrosspartition to true, specify "
            "x-ms-documentdb-partitionkey, or revise your query to avoid this exception."
        )
    return Scope(None, tuple(range(len(RANGES))))


def query_plan(_: Container, request: Request) -> Reply:
    body = request.json()
    return Reply.of(plan(_query(body), _parameters(body)))


def batch(container: Container, request: Request) -> Reply:
    """All of them or none.

    See https://learn.microsoft.com/azure/cosmos-db/nosql/transactional-batch.
    """
    operations = request.json()
    if len(operations) > BATCH_OPERATIONS:
        raise bad(f"A batch has at most {BATCH_OPERATIONS} operations.")
    key = container.key(request.named())
    before, made = dict(container.partitions.get(key, {})), container.made
    results: list[dict[str, Any]] = []
    try:
        for operation in operations:
            results.append(_batched(container, key, operation))  # noqa: PERF401 - as far as it gets
    except Refusal as refusal:
        container.partitions[key], container.made = before, made
        failed = {"statusCode": refusal.status, "requestCharge": 0}
        others = [{"statusCode": 424, "requestCharge": 0}] * len(operations)
        return Reply.of([*others[: len(results)], failed, *others[len(results) + 1 :]], 207)
    charge = sum(one["requestCharge"] for one in results)
    return Reply(200, encoded(results), {}, charge)


def _batched(container: Container, key: str, operation: dict[str, Any]) -> dict[str, Any]:
    kind, body = operation["operationType"], operation.get("resourceBody") or {}
    before = _there(container, key, operation.get("id", body.get("id")))
    item, status = _BATCHED[kind](container, key, operation)
    if kind == "Read":
        cost = charges.read(len(item.text))
    else:
        after = None if kind == "Delete" else item
        cost = _cost(container, before, after, _operations(body) if kind == "Patch" else 0)
    result = {"statusCode": status, "requestCharge": cost, "eTag": item.etag}
    return result if status == 204 else result | {"resourceBody": item.document}


Batched = Callable[[Container, str, dict[str, Any]], tuple[Item, int]]


def _batch_upsert(container: Container, key: str, one: dict[str, Any]) -> tuple[Item, int]:
    item, new = container.upsert(one["resourceBody"], key, one.get("ifMatch"))
    return item, 201 if new else 200


_BATCHED: dict[str, Batched] = {
    "Create": lambda c, key, one: (c.insert(one["resourceBody"], key), 201),
    "Upsert": _batch_upsert,
    "Read": lambda c, key, one: (c.find(key, one["id"]), 200),
    "Replace": lambda c, key, one: (
        c.replace(one["resourceBody"], key, one["id"], one.get("ifMatch")),
        200,
    ),
    "Delete": lambda c, key, one: (c.delete(key, one["id"], one.get("ifMatch")), 204),
    "Patch": lambda c, key, one: (
        _patch(c, key, one["id"], one["resourceBody"], one.get("ifMatch")),
        200,
    ),
}

VERBS: dict[str, Callable[[Container, Request], Reply]] = {
    "create": create,
    "upsert": upsert,
    "read": read,
    "feed": feed,
    "replace": replace,
    "delete": delete,
    "patch": patch,
    "query": query,
    "plan": query_plan,
    "batch": batch,
}
