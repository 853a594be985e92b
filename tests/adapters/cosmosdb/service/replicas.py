"""Replicas that lag: what a read is answered that brings no session token, or an old one.

Tokens are of physical partitions: https://learn.microsoft.com/azure/cosmos-db/consistency-levels,
and ``VectorSessionToken`` in azure-cosmos for their form.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from .items import Item

LEVELS = ("Strong", "BoundedStaleness", "Session", "ConsistentPrefix", "Eventual")
NEWEST = LEVELS[:2]
"""Where reads in the write region see what has been written."""

Partitions: TypeAlias = "dict[str, dict[str, Item]]"
Numbers: TypeAlias = Mapping[int, int]
"""Log sequence numbers of physical partitions: each grows with every write there."""


def told(numbers: Numbers) -> str:
    """A session token."""
    return ",".join(f"{physical}:-1#{number}" for physical, number in numbers.items())


def heard(token: str) -> Numbers:
    """What a session token says."""
    pairs = (one.split(":-1#") for one in token.split(",") if one)
    return {int(physical): int(number) for physical, number in pairs}


@dataclass(frozen=True, slots=True)
class Change:
    """One write; of no item where it removed one."""

    physical: int
    number: int
    key: str
    name: str
    item: Item | None


@dataclass(frozen=True, slots=True)
class Replica:
    """One that stays as it is, and what has been written since.

    Args:
        partitions: Its items.
        numbers: Of the last writes that it has heard of.
        alone: Whether there are others, which have heard of all.
        since: What it has not heard of.
    """

    partitions: Partitions
    numbers: Numbers
    alone: bool
    since: list[Change] = field(default_factory=list)

    @classmethod
    def of(cls, partitions: Partitions, numbers: Numbers, *, alone: bool) -> Replica:
        """One that has heard of all so far."""
        return cls({key: dict(items) for key, items in partitions.items()}, dict(numbers), alone)

    def lacks(self, seen: Numbers, asked: Collection[int]) -> bool:
        """Whether a session has seen what this has not heard of, where it is asked."""
        return any(seen.get(one, 0) > self.numbers[one] for one in asked)

    def caught_up(self, seen: Numbers) -> Replica:
        """One that has heard of what a session has seen, and of nothing else."""
        numbers = {one: max(number, seen.get(one, 0)) for one, number in self.numbers.items()}
        made = Replica.of(self.partitions, numbers, alone=self.alone)
        for one in self.since:
            if one.number <= numbers[one.physical]:
                items = made.partitions.setdefault(one.key, {})
                items.pop(one.name, None)
                if one.item is not None:
                    items[one.name] = one.item
        return made
