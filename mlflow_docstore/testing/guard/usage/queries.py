"""Filters."""

import re
from typing import Any

from bson.regex import Regex

from .expressions import walk_expression
from .found import Found, is_condition, is_operator, items, members

_LOGICAL = frozenset({"$and", "$or", "$nor"})
_LISTS = frozenset({"$in", "$nin", "$all"})
_GEOMETRIC = frozenset({"$geoWithin", "$geoIntersects", "$near", "$nearSphere", "$within"})


def walk_query(query: Any, found: Found, depth: int = 0) -> None:
    """Note what a filter uses.

    Args:
        query: The filter.
        found: Where to note it.
        depth: How many element matches it lies in.
    """
    for name, inner in items(query):
        if name in _LOGICAL:
            found.add("query", name)
            for one in members(inner):
                walk_query(one, found, depth)
        elif name == "$expr":
            found.add("query", name)
            walk_expression(inner, found)
        elif is_operator(name):
            found.add("query", name)
        else:
            _condition(inner, found, depth)


def _condition(value: Any, found: Found, depth: int) -> None:
    """What is asked of one field."""
    if isinstance(value, Regex | re.Pattern):
        found.add("query", "$regex")
    elif is_condition(value):
        for name, inner in value.items():
            found.add("query", name)
            _argument(name, inner, found, depth)
        pattern = value.get("$regex")
        twice = isinstance(pattern, Regex | re.Pattern) and bool(pattern.flags & ~re.UNICODE)
        found.form("regex.options-twice", seen=twice and "$options" in value)


def _argument(name: str, inner: Any, found: Found, depth: int) -> None:
    if name == "$elemMatch":
        found.form("elemMatch.nested", seen=depth > 0)
        if is_condition(inner) and not set(inner) & (_LOGICAL | {"$expr"}):
            _condition(inner, found, depth + 1)
        else:
            walk_query(inner, found, depth + 1)
    elif name == "$not":
        _condition(inner, found, depth)
    elif name in _LISTS:
        _members(name, inner, found, depth)
    elif name in _GEOMETRIC and isinstance(inner, dict):
        found.add("query", *filter(is_operator, inner))


def _members(name: str, inner: Any, found: Found, depth: int) -> None:
    for member in members(inner):
        if isinstance(member, dict):
            matching = name == "$all" and "$elemMatch" in member
            found.form("all.elemMatch", seen=matching)
            found.form("in.operator-keys", seen=not matching and is_condition(member))
            if matching:
                _condition(member, found, depth)
