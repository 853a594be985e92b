"""Pipelines of stages."""

from collections.abc import Callable, Mapping
from typing import Any

from .expressions import walk_expression
from .found import Found, is_operator, items, keys_of, members
from .queries import walk_query

# What may stand behind a sort whose order it does not need, or makes its own.
_ORDERLESS = frozenset({"$group", "$count", "$sortByCount", "$bucket", "$out", "$merge"})


def walk_pipeline(stages: Any, found: Found) -> None:
    """Note what the stages use, and by what they sort."""
    _walk(stages, found)
    names = [name for stage in members(stages) for name, _ in items(stage)]
    if "$sort" in names:
        behind = names[len(names) - names[::-1].index("$sort") :]
        found.form("sort.not-last", seen=bool(behind) and not _ORDERLESS & set(behind))


def _walk(stages: Any, found: Found) -> None:
    for stage in members(stages):
        for name, inner in items(stage):
            found.add("stage", name)
            _STAGES.get(name, walk_expression)(inner, found)


def _of(inner: Any, name: str) -> Any:
    """A field of a stage's document; None where there is none."""
    return inner.get(name) if isinstance(inner, dict) else None


def _ignored(inner: Any, found: Found) -> None:
    """Nothing in it is an expression."""


def _sort(inner: Any, found: Found) -> None:
    found.sorts.append(keys_of(inner))
    found.add("expression", *("$meta" for _, way in items(inner) if isinstance(way, dict)))


def _group(inner: Any, found: Found) -> None:
    for name, value in items(inner):
        if name == "_id":
            walk_expression(value, found)
        else:
            _accumulator("accumulator", value, found)


def _accumulator(kind: str, value: Any, found: Found) -> None:
    for name, inner in items(value):
        if is_operator(name):
            found.add(kind, name)
            walk_expression(inner, found)


def _bucket(inner: Any, found: Found) -> None:
    walk_expression([_of(inner, "groupBy"), _of(inner, "boundaries")], found)
    for _, value in items(_of(inner, "output")):
        _accumulator("accumulator", value, found)


def _window(inner: Any, found: Found) -> None:
    walk_expression(_of(inner, "partitionBy"), found)
    for _, value in items(_of(inner, "output")):
        _accumulator("window", value, found)


def _lookup(inner: Any, found: Found) -> None:
    stages = _of(inner, "pipeline")
    found.form("lookup.let", seen=_of(inner, "let") is not None)
    found.form("lookup.pipeline", seen=stages is not None)
    found.form("lookup.concise", seen=stages is not None and _of(inner, "localField") is not None)
    walk_expression(_of(inner, "let"), found)
    _walk(stages, found)


def _graph_lookup(inner: Any, found: Found) -> None:
    walk_expression(_of(inner, "startWith"), found)
    walk_query(_of(inner, "restrictSearchWithMatch"), found)


def _facet(inner: Any, found: Found) -> None:
    for _, stages in items(inner):
        _walk(stages, found)


def _union(inner: Any, found: Found) -> None:
    _walk(_of(inner, "pipeline"), found)


def _merge(inner: Any, found: Found) -> None:
    _walk(_of(inner, "whenMatched"), found)


def _near(inner: Any, found: Found) -> None:
    walk_query(_of(inner, "query"), found)


_STAGES: Mapping[str, Callable[[Any, Found], None]] = {
    "$match": walk_query,
    "$sort": _sort,
    "$group": _group,
    "$bucket": _bucket,
    "$bucketAuto": _bucket,
    "$setWindowFields": _window,
    "$lookup": _lookup,
    "$graphLookup": _graph_lookup,
    "$facet": _facet,
    "$unionWith": _union,
    "$merge": _merge,
    "$geoNear": _near,
    **dict.fromkeys(("$limit", "$skip", "$count", "$out", "$sample", "$unset"), _ignored),
    **dict.fromkeys(("$unwind", "$indexStats", "$collStats", "$changeStream"), _ignored),
    **dict.fromkeys(("$search", "$vectorSearch", "$densify", "$fill"), _ignored),
}
"""What is in a stage, where it is not an expression."""
