"""Updates: operators, pipelines and replacements."""

import re
from typing import Any

from .found import Found, is_condition, is_operator, items
from .pipelines import walk_pipeline
from .queries import walk_query

_POSITIONAL = re.compile(r"\.\$(\[[^\]]*\])?(?=\.|$)")
_GREATEST = frozenset({"$max", "$min"})


def walk_update(update: Any, found: Found) -> None:
    """Note what an update uses; a document that replaces another uses nothing."""
    if isinstance(update, list):
        found.form("update.pipeline")
        walk_pipeline(update, found)
        return
    for name, paths in items(update):
        if is_operator(name):
            found.add("update", name)
            for path, value in items(paths):
                if ".$" in path:
                    _path(path, found)
                _value(name, value, found)


def _path(path: str, found: Found) -> None:
    for match in _POSITIONAL.finditer(path):
        inside = match.group(1)
        found.form("update.$" if inside is None else _array_form(inside))


def _array_form(inside: str) -> str:
    return "update.$[]" if inside == "[]" else "update.$[identifier]"


def _value(operator: str, value: Any, found: Found) -> None:
    if not isinstance(value, dict):
        return
    if operator in _GREATEST:
        found.form("max.document")
    elif operator == "$pull":
        walk_query({"pulled": value} if is_condition(value) else value, found)
    elif "$each" in value:
        found.add("modifier", *filter(is_operator, value))
