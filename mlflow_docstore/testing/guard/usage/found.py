"""What was found in a command."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import ItemsView

Feature: TypeAlias = tuple[str, str]
"""Kind and name, such as ``("stage", "$facet")``: the first two columns of a profile."""

Keys: TypeAlias = tuple[tuple[str, int], ...]
"""Paths and directions, of a sort or an index."""

_NESTED = (dict, list)
_NO_ITEMS: "ItemsView[str, Any]" = dict[str, Any]().items()


@dataclass
class Found:
    """What a command uses, gathered while it is walked through."""

    features: set[Feature] = field(default_factory=set)
    sorts: list[Keys] = field(default_factory=list)
    """By what the database itself is to sort."""

    def add(self, kind: str, *names: str) -> None:
        self.features.update((kind, name) for name in names)

    def form(self, name: str, *, seen: bool = True) -> None:
        """A use that no operator tells by its name."""
        if seen:
            self.features.add(("form", name))


def nested(value: Any) -> list[Any]:
    """The documents and arrays in a value, as they are decoded."""
    inner = value.values() if isinstance(value, dict) else value
    return [one for one in inner if type(one) in _NESTED] if type(value) in _NESTED else []


def items(value: Any) -> "ItemsView[str, Any]":
    """The fields of a document; none of what is no document, which the server will tell."""
    return value.items() if isinstance(value, dict) else _NO_ITEMS


def members(value: Any) -> list[Any]:
    """The members of an array; none of what is no array."""
    return value if isinstance(value, list) else []


def is_operator(name: object) -> bool:
    return isinstance(name, str) and name.startswith("$")


def is_condition(value: object) -> bool:
    """Whether a document consists of operators, and is no value of its own."""
    return isinstance(value, dict) and any(map(is_operator, value))


def keys_of(spec: Any) -> Keys:
    """The plain directions of a sort or an index; a meta sort has none."""
    return tuple(
        (path, 1 if way > 0 else -1) for path, way in items(spec) if isinstance(way, int | float)
    )
