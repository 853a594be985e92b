"""Values of the wrong type, and where we answer them otherwise than SqlAlchemyStore."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pytest

from tests.differential.sides import Call, Refusal, Sides
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
_SEEN = frozenset({"None", "int", "bytes", "list", "dict"})

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


class Stage(Protocol):
    """Stores with things in them that calls are made on."""

    sides: Sides

    def set_up(self) -> None:
        """New things under the names that calls know."""

    def mutated(self, method: str, argument: str, odd: str) -> Call:
        """A call with one of its arguments replaced."""

    def outcomes(self, call: Call) -> list[Any]:
        """What the call comes to on each side, the reference first."""


def cases(methods: Mapping[str, Method]) -> list[Any]:
    """Each argument of each method, once for each oddity."""
    return [
        pytest.param(method, argument, odd, id=f"{method}-{argument}-{odd}")
        for method in methods
        for argument in methods[method].arguments
        for odd in ODD
    ]


def databases(odd: str) -> tuple[str, ...]:
    """The databases that are asked about an oddity."""
    return SUBJECTS if odd in _SEEN else SUBJECTS[:1]


def assert_alike(
    stage: Stage, case: tuple[str, str, str], look: Call, differences: Sequence[Difference]
) -> None:
    """The call ends alike on all sides, for who looks as well, or as is known of ours."""
    expected, *found = stage.outcomes(stage.mutated(*case))
    refused = all(isinstance(one, Refusal) for one in (expected, *found))
    expected_state, *states = [None] * (len(found) + 1) if refused else stage.outcomes(look)
    differing = [
        (side.label, one, state)
        for side, one, state in zip(stage.sides.subjects, found, states, strict=True)
        if not alike(expected, one) or state != expected_state
    ]
    if differing:
        stage.set_up()
    for label, one, state in differing:
        ours = one.code if isinstance(one, Refusal) else ACCEPTED
        if not any(known.covers(*case, ours) for known in differences):
            pytest.fail(
                f"SqlAlchemyStore: {expected}, then {expected_state}\n{label}: {one}, then {state}"
            )


def alike(expected: Any, found: Any) -> bool:
    if isinstance(expected, Refusal) and isinstance(found, Refusal):
        return (expected.kind, expected.code) == (found.kind, found.code)
    return bool(expected == found)
