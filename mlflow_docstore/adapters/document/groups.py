"""Groups of documents, and what the values in them come to.

A value is a text or a number: what else stands at a path, a boolean or an array, is none, as if it
were missing. Numbers that are equal are one value, and either stands for both.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from mlflow_docstore.core.query import And, Filter, Leaf

Value: TypeAlias = str | int | float | None


class Reducer(str, Enum):
    """What becomes of the values of a group."""

    COUNT = "count"
    """How many there are; without a path, how many documents, or elements."""

    DISTINCT = "distinct"
    """How many different ones there are."""

    SUM = "sum"
    """Of the numbers: an integer, if all of them are. Beyond 64 bits it is a float, or refused."""

    AVERAGE = "average"
    """Of the numbers, as a float."""

    MINIMUM = "minimum"
    """The least of the numbers."""

    MAXIMUM = "maximum"
    """The greatest of the numbers."""

    PERCENTILE = "percentile"
    """Of the numbers, as ``core.trace_metrics`` has it."""


@dataclass(frozen=True, slots=True)
class GroupKey:
    """What documents of one group have in common.

    Args:
        path: Where the value is.
        bucket: The greatest multiple of this that is no greater stands for an integer; what is no
            integer is no value then. None for each value by itself.
    """

    path: str
    bucket: int | None = None

    def __post_init__(self) -> None:
        if self.bucket is not None and self.bucket < 1:
            raise ValueError(f"not the size of a bucket: {self.bucket}")


@dataclass(frozen=True, slots=True)
class Reduction:
    """A number that stands for a group.

    Args:
        reducer: How it is come by.
        path: Where the values are; None for none, which only documents are counted by.
        percent: Of a percentile, from 0 to 100.
    """

    reducer: Reducer
    path: str | None = None
    percent: float | None = None

    def __post_init__(self) -> None:
        if (self.percent is not None) is not (self.reducer is Reducer.PERCENTILE):
            raise ValueError(f"{self.reducer.value} of {self.percent} percent")
        if self.path is None and self.reducer is not Reducer.COUNT:
            raise ValueError(f"{self.reducer.value} of nothing")


@dataclass(frozen=True, slots=True)
class Group:
    """A question to one collection.

    Args:
        where: What documents must match.
        keys: What to group by; of none, all are one group. Who lacks a value is in no group.
        reductions: What to say of each group; only one path can be that of distinct values.
        each: The path of an array, whose sub-documents are then what is grouped and counted, not
            the documents. A path that begins with it goes on within the element.
        of_each: What an element must match, all of it; paths within the element.
        limit: The most groups.
    """

    where: Filter = field(default_factory=And)
    keys: tuple[GroupKey, ...] = ()
    reductions: tuple[Reduction, ...] = (Reduction(Reducer.COUNT),)
    each: str | None = None
    of_each: tuple[Leaf, ...] = ()
    limit: int | None = None

    def __post_init__(self) -> None:
        if len(self.distinct) > 1:
            raise ValueError(f"distinct values of several paths: {self.distinct}")

    @property
    def distinct(self) -> list[str]:
        """The path of distinct values, if there is one."""
        return _unique(
            one.path for one in self.reductions if one.path and one.reducer is Reducer.DISTINCT
        )

    @property
    def percentiles(self) -> bool:
        """Whether it asks for any, for which a database has to have all values at once."""
        return any(one.reducer is Reducer.PERCENTILE for one in self.reductions)

    @property
    def fields(self) -> tuple[str, ...]:
        """All paths that are read, each once."""
        reduced = (one.path for one in self.reductions if one.path is not None)
        return tuple(_unique([*(key.path for key in self.keys), *reduced]))


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A group.

    Args:
        keys: Its values, in the order of the keys.
        values: What its reductions come to, in their order; None where there was nothing to reduce.
    """

    keys: tuple[str | int | float, ...]
    values: tuple[int | float | None, ...]


def within(each: str | None, path: str) -> str | None:
    """The path within an element of the array that a path leads into; None where it does not."""
    begin = f"{each}."
    return path.removeprefix(begin) if each is not None and path.startswith(begin) else None


def _unique(paths: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(paths))
