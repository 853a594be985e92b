"""Values of the wrong type, and where we answer them otherwise than SqlAlchemyStore."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests.differential.sides import Refusal
from tests.differential.stores import SUBJECTS

from .calls import Method

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
_STORED = ("None", "int", "bytes", "list", "dict")
ODD_FOR = {"memory": tuple(ODD), "embedded": _STORED, "standin": _STORED}

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


def cases(methods: Mapping[str, Method]) -> list[Any]:
    """Each argument of each method, once for each oddity, on each kind of database."""
    return [
        pytest.param(
            *(subject, method, argument, odd),
            id=f"{subject}-{method}-{argument}-{odd}",
            # A second database that is asked for the same after the same checks.
            marks=[pytest.mark.exhaustive] if subject == "standin" else [],
        )
        for subject in SUBJECTS
        for method in methods
        for argument in methods[method].arguments
        for odd in ODD_FOR[subject]
    ]


def alike(expected: Any, found: Any) -> bool:
    if isinstance(expected, Refusal) and isinstance(found, Refusal):
        return (expected.kind, expected.code) == (found.kind, found.code)
    return bool(expected == found)
