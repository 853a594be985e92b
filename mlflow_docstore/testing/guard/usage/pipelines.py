"""Pipelines of stages."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .expressions import walk_expression
from .found import Found, is_operator, keys_of
from .queries import walk_query

# What may stand behind a sort whose order it does not need, or makes its own.
_ORDERLESS = frozenset({"$group", "$count", "$sortByCount", "$bucket", "$out", "$merge"})


def walk_pipeline(stages: Any, found: Found) -> None:
    """Note what the stages use, and by what they sort."""
    _walk(stages, found)
    names = [name for stage in stages for name in stage]
    if "$sort" in names:
        behind = names[len(names) - names[::-1].index("$sort") :]
        found.form("sort.not-last", seen=bool(behind) and not _ORDERLESS & set(behind))


def _walk(stages: Any, found: Found) -> None:
    if not isinstance(stages, Sequence):
        return
    for stage in stages:
        for name, inner in stage.items():
            found.add("stage", name)
            _STAGES.get(name, walk_expression)(inner, found)


def _ignored(inner: Any, found: Found) -> None:
    """Nothing in it is an expression."""


def _sort(inner: Any, found: Found) -> None:
    found.sorts.append(keys_of(inner))
    found.add("expression", *("$meta" for way in inner.values() if isinstance(way, dict)))


def _group(inner: Any, found: Found) -> None:
    for name, value in inner.items():
        if name == "_id":
            walk_expression(value, found)
        else:
            _accumulator("accumulator", value, found)


def _accumulator(kind: str, value: Any, found: Found) -> None:
    for name, inner in value.items():
        if is_operator(name):
            found.add(kind, name)
            walk_expression(inner, found)


def _bucket(inner: Any, found: Found) -> None:
    walk_expression([inner.get("groupBy"), inner.get("boundaries")], found)
    for value in inner.get("output", {}).values():
        _accumulator("accumulator", value, found)


def _window(inner: Any, found: Found) -> None:
    walk_expression(inner.get("partitionBy"), found)
    for value in inner.get("output", {}).values():
        _accumulator("window", value, found)


def _lookup(inner: Any, found: Found) -> None:
    found.form("lookup.let", seen="let" in inner)
    found.form("lookup.pipeline", seen="pipeline" in inner)
    found.form("lookup.concise", seen="pipeline" in inner and "localField" in inner)
    walk_expression(inner.get("let"), found)
    _walk(inner.get("pipeline", ()), found)


def _graph_lookup(inner: Any, found: Found) -> None:
    walk_expression(inner.get("startWith"), found)
    walk_query(inner.get("restrictSearchWithMatch"), found)


def _facet(inner: Any, found: Found) -> None:
    for stages in inner.values():
        _walk(stages, found)


def _union(inner: Any, found: Found) -> None:
    if isinstance(inner, dict):
        _walk(inner.get("pipeline", ()), found)


def _merge(inner: Any, found: Found) -> None:
    if isinstance(inner, dict) and not isinstance(inner.get("whenMatched", ""), str):
        _walk(inner["whenMatched"], found)


def _near(inner: Any, found: Found) -> None:
    walk_query(inner.get("query"), found)


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
