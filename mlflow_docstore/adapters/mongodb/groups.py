"""Groups as one aggregate, of stages and operators that all dialects take."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from mlflow_docstore.adapters.document.driver import Document
from mlflow_docstore.adapters.document.groups import (
    Group,
    GroupKey,
    GroupRow,
    Reducer,
    Reduction,
    within,
)
from mlflow_docstore.core.errors import Unsupported
from mlflow_docstore.core.query import And, Leaf, path

from .compiler import MongoCompiler, Native
from .flavours import Flavour

Stage: TypeAlias = dict[str, Any]

_ELEMENT = "element"
_INTEGERS = ("int", "long")
_NUMBERS = (*_INTEGERS, "double")
_VALUES = (*_NUMBERS, "string")

NO_VALUES: Mapping[str, Any] = {"none": {"$literal": None}}
"""A projection of nothing, without the id, would be one of everything."""

_MERGED = {"$sum": "$sum", "$min": "$min", "$max": "$max"}
"""What is accumulated of several accumulated values."""


def value_stages(
    where: Native,
    values: Mapping[str, Any],
    each: str | None,
    of_each: Sequence[Leaf],
    compiler: MongoCompiler,
) -> list[Stage]:
    """Stages that leave one result for each document, or element that matches.

    Args:
        where: What documents must match.
        values: What to compute, by the fields of the result; of elements, from what ``reference``
            says.
        each: The path of an array.
        of_each: What its elements must match.
        compiler: Of filters.
    """
    match, chosen = {"$match": where}, {"$project": {"_id": 0, **values}}
    if each is None:
        return [match, chosen]
    elements = {
        "input": {"$cond": [{"$isArray": f"${each}"}, f"${each}", []]},
        "as": "one",
        "cond": {"$eq": [{"$type": "$$one"}, "object"]},
    }
    moved = [replace(one, field=path(f"{_ELEMENT}.{one.field.name}")) for one in of_each]
    stages: list[Stage] = [
        match,
        {"$addFields": {_ELEMENT: {"$filter": elements}}},
        {"$unwind": f"${_ELEMENT}"},
    ]
    if moved:
        stages.append({"$match": compiler.compile(And(tuple(moved)))})
    return [*stages, chosen]


def reference(each: str | None, field: str) -> str:
    """Where a path leads once the elements stand alone."""
    inner = within(each, field)
    return f"${field}" if inner is None else f"${_ELEMENT}.{inner}"


def value(place: str) -> Native:
    """A text or a number; null for what else there may be."""
    return _of_types(place, _VALUES, place)


def group_stages(query: Group, compiler: MongoCompiler, flavour: Flavour) -> list[Stage]:
    """The pipeline of a group; unlimited where the server sorts by indexes only."""
    keys = [f"k{number}" for number in range(len(query.keys))]
    chosen: Native = {
        name: _key(key, query.each) for name, key in zip(keys, query.keys, strict=True)
    }
    parts: dict[str, Native] = {}
    for number, reduction in enumerate(query.reductions):
        if reduction.path is not None:
            chosen[f"v{number}"] = _reduced(reduction, reference(query.each, reduction.path))
        parts |= _parts(number, reduction)
    where = compiler.compile(query.where)
    stages = value_stages(where, chosen or NO_VALUES, query.each, query.of_each, compiler)
    if keys:
        stages.append({"$match": {name: {"$ne": None} for name in keys}})
    stages += _grouping(keys, parts, query)
    if query.limit is None or not keys or flavour.walks_indexes_only:
        return stages
    sort: Stage = {"$sort": {f"_id.{name}": 1 for name in keys}}
    again = [] if flavour.keeps_order else [sort]
    return [*stages, sort, {"$limit": query.limit}, *again]


def _grouping(keys: Sequence[str], parts: Mapping[str, Native], query: Group) -> list[Stage]:
    """One stage; before it, where distinct values are counted, one that leaves each of them once.

    A set in each group would be as large as the group, and documents are bounded.
    """
    number = next(
        (at for at, one in enumerate(query.reductions) if one.reducer is Reducer.DISTINCT), None
    )
    if number is None:
        return [{"$group": {"_id": _id({name: f"${name}" for name in keys}), **parts}}]
    apart = {**{name: f"${name}" for name in keys}, "distinct": f"$v{number}"}
    merged = {
        name: {_MERGED[operator]: f"${name}" for operator in part} for name, part in parts.items()
    }
    counted = {
        f"n{at}": {"$sum": _present("$_id.distinct")}
        for at, one in enumerate(query.reductions)
        if one.reducer is Reducer.DISTINCT
    }
    return [
        {"$group": {"_id": apart, **parts}},
        {"$group": {"_id": _id({name: f"$_id.{name}" for name in keys}), **merged, **counted}},
    ]


def _id(keys: Native) -> Native | None:
    return keys or None


def group_row(document: Document, query: Group) -> GroupRow:
    """The group that a result stands for."""
    keys = tuple(document["_id"][f"k{number}"] for number in range(len(query.keys)))
    reduced = (_finished(number, one, document) for number, one in enumerate(query.reductions))
    return GroupRow(keys, tuple(reduced))


def _key(key: GroupKey, each: str | None) -> Native:
    place, size = reference(each, key.path), key.bucket
    if size is None:
        return value(place)
    # The server's remainder has the sign of the number.
    rest = {"$mod": [place, size]}
    up = {"$cond": [{"$lt": [rest, 0]}, {"$add": [rest, size]}, rest]}
    return _of_types(place, _INTEGERS, {"$subtract": [place, up]})


def _reduced(reduction: Reduction, place: str) -> Native:
    counts = reduction.reducer in {Reducer.COUNT, Reducer.DISTINCT}
    return _of_types(place, _VALUES if counts else _NUMBERS, place)


def _of_types(place: str, types: Sequence[str], found: Any) -> Native:
    # Not by a list of them: Cosmos DB compares with no array.
    fits = {"$or": [{"$eq": [{"$type": place}, one]} for one in types]}
    return {"$cond": [fits, found, None]}


def _present(place: str) -> Native:
    return {"$cond": [{"$eq": [place, None]}, 0, 1]}


def _parts(number: int, reduction: Reduction) -> dict[str, Native]:
    """What has to be accumulated for a reduction: a sum does not say whether of anything."""
    place = f"$v{number}"
    present = {f"n{number}": {"$sum": _present(place)}}
    match reduction.reducer:
        case Reducer.COUNT:
            return present if reduction.path is not None else {f"n{number}": {"$sum": 1}}
        case Reducer.DISTINCT:
            return {}
        case Reducer.SUM | Reducer.AVERAGE:
            return {**present, f"s{number}": {"$sum": place}}
        case Reducer.MINIMUM:
            return {f"s{number}": {"$min": place}}
        case Reducer.MAXIMUM:
            return {f"s{number}": {"$max": place}}
        case Reducer.PERCENTILE:
            raise Unsupported("group", reduction.path, reason="the server's are approximate")


def _finished(number: int, reduction: Reduction, document: Document) -> int | float | None:
    count, found = document.get(f"n{number}"), document.get(f"s{number}")
    match reduction.reducer:
        case Reducer.COUNT | Reducer.DISTINCT:
            return int(count or 0)
        case Reducer.SUM:
            return found if count else None
        case Reducer.AVERAGE:
            return float(found / count) if found is not None and count else None
        case Reducer.MINIMUM | Reducer.MAXIMUM | Reducer.PERCENTILE:
            return found
