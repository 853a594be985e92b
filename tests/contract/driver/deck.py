"""What the tests of the deck share: one collection, and what they ask of it again and again."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier
from typing import Any, TypeVar

import pytest

from mlflow_docstore.adapters.document.driver import Document, Driver, Find, Outcome, Patch, Row
from mlflow_docstore.adapters.document.layout import Index
from mlflow_docstore.core.capabilities import Feature
from mlflow_docstore.core.query import (
    Compare,
    Filter,
    Operator,
    Order,
    SortKey,
    path,
)

T = TypeVar("T")

THREADS = 8

AWKWARD_TEXTS = (
    "plain",
    "",
    "a.b",
    ".",
    "..",
    "$set",
    "a$b",
    "%",
    "%2E",
    "a/b",
    "a\\b",
    "~0",
    "nul\x00inside",
    "line\nbreak",
    "two words",
    "'\"`",
    "[0]",
    "*",
    "0",
    "_id",
    "__proto__",
    "größe",
    "ключ",
    "\U0001f600",
    "e\u0301",
    "x" * 250,
)
"""Names that users give to metrics and tags, and that one database or another dislikes."""


def unique(prefix: str = "name") -> str:
    """A name that no other test uses."""
    return f"{prefix}_{uuid.uuid4().hex[:12]}"


def compare(name: str, operator: Operator, value: Any) -> Compare:
    """The document path compares so with the value."""
    return Compare(path(name), operator, value)


def by(name: str, *, descending: bool = False, optional: bool = False) -> Order:
    """Sort by a document path."""
    return Order(path(name), descending, optional)


BY_ID = by("_id")


def requires(driver: Driver, feature: Feature) -> None:
    """Skip the test where the database declares that it lacks the feature."""
    if not driver.capabilities.supports(feature):
        pytest.skip(f"lacks: {driver.capabilities.lacking[feature].reason}")


@dataclass(frozen=True)
class Table:
    """One collection of the driver under judgement."""

    driver: Driver
    name: str

    def requires(self, feature: Feature) -> None:
        """Skip the test where the database declares that it lacks the feature."""
        requires(self.driver, feature)

    def lacks(self, feature: Feature) -> None:
        """Skip the test where there is nothing to refuse."""
        if self.driver.capabilities.supports(feature):
            pytest.skip(f"supports {feature.value}: there is nothing to refuse")

    def put(self, **documents: dict[str, Any]) -> None:
        """Insert documents, each under the id that is its keyword."""
        rows = [{"_id": key, **document} for key, document in documents.items()]
        assert self.driver.insert_many(self.name, rows) == frozenset()

    def get(self, key: str = "a") -> Document | None:
        return self.driver.get(self.name, key)

    def patch(self, key: str = "a", when: Filter | None = None, **changes: Any) -> Outcome:
        return self.driver.patch(self.name, key, Patch(**changes), when=when)

    def ids(self, where: Filter) -> list[str]:
        """The ids of the documents that match, in their own order."""
        found = self.driver.find(self.name, Find(where, fields=()))
        return sorted(row.document["_id"] for row in found)

    def find(self, *order: SortKey, **options: Any) -> list[Row]:
        """An ordered read."""
        self.allow_order(*order)
        return self.driver.find(self.name, Find(order=order, **options))

    def allow_order(self, *order: SortKey) -> None:
        """Declare the index that the order needs, where the database needs one to sort."""
        supports = self.driver.capabilities.supports
        if not order or supports(Feature.SORT_UNINDEXED):
            return
        if supports(Feature.SECONDARY_INDEXES):
            self.driver.create_index(self.name, _index(order))

    def sorted_ids(self, *order: SortKey, **options: Any) -> list[str]:
        return [row.document["_id"] for row in self.find(*order, **options)]

    def pages(self, *order: SortKey, size: int, **options: Any) -> list[list[Row]]:
        """The same read in pages, each behind the last row of the one before."""
        pages: list[list[Row]] = []
        after = None
        while page := self.find(*order, after=after, limit=size, **options):
            pages.append(page)
            after = page[-1].position
            assert len(pages) < 1000, "paging goes round in circles"
        return pages


def _index(order: tuple[SortKey, ...]) -> Index:
    keys = tuple((key.field.name, -1 if key.descending else 1) for key in order)  # type: ignore[union-attr]
    return Index("_".join(f"{name}{direction}" for name, direction in keys), keys)


def in_threads(work: Callable[[int], T], threads: int = THREADS) -> list[T]:
    """Do the work in threads that start together; what each returned."""
    barrier = Barrier(threads)

    def run(number: int) -> T:
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, range(threads)))
