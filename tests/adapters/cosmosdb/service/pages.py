"""Pages of a query's results, and the tokens to go on by."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from .expressions import ROOT, Row, Run
from .items import EVERYWHERE, Container, Item, encoded
from .kinds import UNDEFINED, rank
from .limits import CONTINUATION_BYTES, RESPONSE_BYTES
from .queries import Query, whole
from .refusals import bad

PAGE_ITEMS = 100
"""Where the client names no number: https://learn.microsoft.com/rest/api/cosmos-db/query-documents."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which items a query is asked of: those of one key, or of physical partitions.

    Of those perhaps only items between two hashes, as a prefix of a hierarchical key has.
    """

    key: str | None
    ranges: tuple[int, ...]
    hashes: tuple[str, str] = EVERYWHERE


@dataclass(frozen=True, slots=True)
class Hit:
    """A row of an item that indexes leave: where it stands in the order, and in the container.

    It is loaded to see whether it matches.
    """

    ranks: tuple[tuple[int, Any], ...]
    place: tuple[int, int, int]
    row: Row
    item: Item
    matches: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Results as JSON, the token of the next page, and the sizes of the items that were loaded."""

    results: list[bytes]
    continuation: str | None
    loaded: list[int]


def page(
    container: Container, query: Query, parameters: Row, scope: Scope, size: int, token: str | None
) -> Page:
    """At most ``size`` results, and at most as many bytes as a response holds."""
    after = _read(token)
    judged(container, query)
    hits = _in_order(query, _hits(container, query, parameters, scope))
    if query.is_grouped or query.distinct:
        return _whole_page(query, parameters, list(hits), size, after)
    if after:
        hits = (one for one in hits if _behind(query, one, after))
    else:
        hits = _counted(hits, whole(query.offset, parameters), None)
    taken = int(after.get("taken", 0))
    if most := query.top or query.limit:
        hits = _counted(hits, 0, max(whole(most, parameters) - taken, 0))
    read, results, more = _filled(query, hits, size)
    taken += sum(one.matches for one in read)
    return Page(results, _token(read[-1], taken) if more else None, _sizes(read))


def _sizes(read: list[Hit]) -> list[int]:
    return [len(item.text) for item in {one.item.number: one.item for one in read}.values()]


def _counted(hits: Iterator[Hit], begin: int, end: int | None) -> Iterator[Hit]:
    """Without the matches before one and behind another."""
    number = 0
    while number != end and (hit := next(hits, None)):
        if not hit.matches or number >= begin:
            yield hit
        number += hit.matches


def judged(container: Container, query: Query) -> None:
    """Refuse an order that no index serves."""
    for value, _ in query.order:
        if value.path[0] != query.sources[0].alias:
            raise bad("ORDER BY over correlated collections is not supported.")
    container.indexing.judge([(value.path[1:], downwards) for value, downwards in query.order])


def _hits(container: Container, query: Query, parameters: Row, scope: Scope) -> Iterator[Hit]:
    paths = [value.path[1:] for value, _ in query.order]
    keeps, seeks = container.indexing.keeps_missing(paths), _seeks(container, query)
    items = container.items(scope.key, scope.ranges, scope.hashes)
    for item in sorted(items, key=lambda one: (one.physical, one.number)):
        around = {**parameters, ROOT: item.document}
        for place, (row, matches) in enumerate(query.candidates(around, seeks)):
            ranks = tuple(rank(value.run(row)) for value, _ in query.order)
            if keeps or ranks[0][0]:
                yield Hit(ranks, (item.physical, item.number, place), row, item, matches)


def _seeks(container: Container, query: Query) -> list[Run]:
    """Which conditions indexes answer, without loading an item."""
    where, root = query.where, query.sources[0].alias
    parts = (where.parts or (where,)) if where else ()
    return [
        part.run
        for part in parts
        if part.needs is not None
        and all(path[0] == root and container.indexing.has(path[1:]) for path in part.needs)
    ]


def _in_order(query: Query, hits: Iterator[Hit]) -> Iterator[Hit]:
    """Where nothing orders them, one after another: what is not asked for is not looked for."""
    if not query.order:
        return hits
    found = list(hits)
    for place, (_, downwards) in reversed(list(enumerate(query.order))):
        found.sort(key=_rank_at(place), reverse=downwards)
    return iter(found)


def _rank_at(place: int) -> Callable[[Hit], tuple[int, Any]]:
    return lambda hit: hit.ranks[place]


def _behind(query: Query, hit: Hit, after: dict[str, Any]) -> bool:
    for mine, last, (_, downwards) in zip(hit.ranks, after["ranks"], query.order, strict=True):
        if list(mine) != last:
            return (mine > tuple(last)) != downwards
    return hit.place > tuple(after["place"])


def _filled(query: Query, hits: Iterator[Hit], size: int) -> tuple[list[Hit], list[bytes], bool]:
    """Rows that fit into a page, what they are as JSON, and whether there are more."""
    read: list[Hit] = []
    results: list[bytes] = []
    matches, room = 0, RESPONSE_BYTES
    for hit in hits:
        if not hit.matches:
            read += [hit] if matches < size else []
            continue
        value = UNDEFINED if query.star else query.projected(hit.row)
        text = hit.item.text if query.star else b"" if value is UNDEFINED else encoded(value)
        room -= len(text)
        if matches and (matches >= size or room < 0):
            return read, results, True
        read.append(hit)
        matches += 1
        results += [text] if text else []
    return read, results, False


def _whole_page(
    query: Query,
    parameters: Row,
    hits: list[Hit],
    size: int,
    after: dict[str, Any],
) -> Page:
    """Of aggregates and distinct values, which are made of all rows."""
    rows = query.grouped([one.row for one in hits if one.matches], parameters)
    values = [one for one in map(query.projected, rows) if one is not UNDEFINED]
    texts = [encoded(one) for one in values]
    if query.distinct:
        texts = list(dict.fromkeys(texts))
    texts = texts[whole(query.offset, parameters) :]
    if most := query.top or query.limit:
        texts = texts[: whole(most, parameters)]
    taken = int(after.get("taken", 0))
    results = texts[taken : taken + size]
    more = taken + len(results) < len(texts)
    following = json.dumps({"taken": taken + len(results)}) if more else None
    return Page(results, following, _sizes(hits))


def _token(last: Hit, taken: int) -> str:
    token = json.dumps({"ranks": last.ranks, "place": last.place, "taken": taken})
    if len(token) > CONTINUATION_BYTES:
        raise bad("The continuation token is larger than a header may be.")
    return token


def _read(token: str | None) -> dict[str, Any]:
    try:
        return dict(json.loads(token)) if token else {}
    except ValueError as error:
        raise bad("The continuation token is invalid.") from error
