"""Expressions of the aggregation language."""

import re
from typing import Any

from .found import Found, is_operator

_LITERAL = frozenset({"$literal", "$const"})
_COMPARING = frozenset({"$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$cmp", "$in"})
# Of names that users choose, the first letter is small.
_SYSTEM_VARIABLE = re.compile(r"\$\$[A-Z_]+")


def walk_expression(value: Any, found: Found) -> None:
    """Note every operator and system variable in an expression."""
    if isinstance(value, str):
        system = _SYSTEM_VARIABLE.match(value)
        if system:
            found.add("variable", system.group())
    elif isinstance(value, dict):
        for name, inner in value.items():
            if is_operator(name):
                _operator(name, inner, found)
            else:
                walk_expression(inner, found)
    elif isinstance(value, list):
        for one in value:
            walk_expression(one, found)


def _operator(name: str, inner: Any, found: Found) -> None:
    found.add("expression", name)
    if name in _LITERAL:
        return
    if name in _COMPARING and isinstance(inner, list):
        found.form("compare.array", seen=any(isinstance(one, list) for one in inner))
    if name == "$reduce" and isinstance(inner, dict):
        found.form("reduce.null", seen=inner.get("initialValue", 0) is None)
    walk_expression(inner, found)
