"""Values of the wrong type, and where we answer them otherwise than SqlAlchemyStore."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.differential.sides import Refusal

ODD: Mapping[str, Any] = {
    "None": None,
    "int": 5,
    "float": 1.5,
    "bool": True,
    "bytes": b"x",
    "list": ["a"],
    "dict": {"a": 1},
    "text": "text",
    "empty": "",
}

# What becomes of the others is decided before any database sees them.
ODD_FOR = {"memory": tuple(ODD), "embedded": ("None", "int", "bytes", "list", "dict")}

ACCEPTED = "accepted"
BAD_REQUEST = "BAD_REQUEST"
INTERNAL_ERROR = "INTERNAL_ERROR"
INVALID = "INVALID_PARAMETER_VALUE"


@dataclass(frozen=True)
class Difference:
    """What we answer where SqlAlchemyStore's answer is an accident.

    Args:
        ours: Our error code, or that we accept the value.
        where: ``method.argument``, or ``.argument`` for every method that has it, or ``*``.
        odd: Values by their names above.
        why: Why not as SqlAlchemyStore does.
    """

    ours: str
    where: str
    odd: str
    why: str

    def covers(self, method: str, argument: str, odd: str, ours: str) -> bool:
        places = {f"{method}.{argument}", f".{argument}", "*"}
        return (
            bool(places & set(self.where.split())) and odd in self.odd.split() and self.ours == ours
        )


def alike(expected: Any, found: Any) -> bool:
    if isinstance(expected, Refusal) and isinstance(found, Refusal):
        return (expected.kind, expected.code) == (found.kind, found.code)
    return bool(expected == found)
