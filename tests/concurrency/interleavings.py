"""Runs operations against each other in every order of their steps that a bound allows.

A step is one verb of the driver on one document: what databases do atomically. Each operation has a
thread of its own, but only one of them runs at a time, and which one is decided before each step.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Semaphore
from typing import Any, TypeVar

from mlflow_docstore.adapters.document.driver import (
    Document,
    Find,
    Inserts,
    Outcome,
    Patch,
    Row,
)
from mlflow_docstore.adapters.memory.database import Database
from mlflow_docstore.adapters.memory.driver import MemoryDriver
from mlflow_docstore.core.capabilities import Capabilities, Feature, Lack, Whose
from mlflow_docstore.core.query import Filter

W = TypeVar("W")

Choices = tuple[int, ...]
"""Which actor took each step."""


class Crashed(BaseException):
    """The process of an actor died: no error that the code under test may catch."""


@dataclass
class Actor:
    """One operation under way.

    Args:
        crash_at: Dies instead of taking this step, counted from 0.
    """

    crash_at: int | None = None
    steps: int = 0
    result: Any = None
    finished: bool = False
    go: Semaphore = field(default_factory=lambda: Semaphore(0))
    paused: Semaphore = field(default_factory=lambda: Semaphore(0))

    def step(self) -> None:
        """Wait for the turn; called before each step."""
        self.paused.release()
        self.go.acquire()
        if self.steps == self.crash_at:
            raise Crashed
        self.steps += 1

    def perform(self, work: Callable[[], Any]) -> None:
        try:
            self.result = work()
        except Crashed as crash:
            self.result = crash
        finally:
            self.finished = True
            self.paused.release()


class SteppedDriver(MemoryDriver):
    """A database whose every atomic change or read of some collections waits for its turn.

    Args:
        database: What all actors share.
        collections: Those that wait.
        step: Waits.
        torn: Reads of many rows go from row to row, as cursors without a snapshot do.
    """

    def __init__(
        self,
        database: Database,
        collections: Collection[str],
        step: Callable[[], None],
        *,
        torn: bool = False,
    ) -> None:
        super().__init__(database)
        self._stepped = collections
        self._step = step
        self._torn = torn

    @property
    def capabilities(self) -> Capabilities:
        """Of a database that writes one document at a time: the steps are what is tested."""
        able = super().capabilities
        lack = Lack(Whose.NEVER, "every write of a document is a step of its own")
        return Capabilities(
            able.supported - {Feature.PATCH_INSERT},
            {**able.lacking, Feature.PATCH_INSERT: lack},
            able.limits,
        )

    def _turn(self, collection: str) -> None:
        if collection in self._stepped:
            self._step()

    def get(self, collection: str, key: str) -> Document | None:
        self._turn(collection)
        return super().get(collection, key)

    def insert_many(
        self,
        collection: str,
        documents: Sequence[Document],
        *,
        ordered: bool = False,
        beside: Inserts | None = None,
    ) -> frozenset[str]:
        taken: frozenset[str] = frozenset()
        for document in documents:
            self._turn(collection)
            taken |= super().insert_many(collection, [document], beside=beside)
            if taken and ordered:
                break
        return taken

    def put_many(self, collection: str, documents: Sequence[Document]) -> None:
        for document in documents:
            self._turn(collection)
            super().put_many(collection, [document])

    def patch(
        self,
        collection: str,
        key: str,
        patch: Patch,
        *,
        when: Filter | None = None,
        returning: bool = False,
        beside: Inserts | None = None,
    ) -> Outcome:
        self._turn(collection)
        return super().patch(collection, key, patch, when=when, returning=returning, beside=beside)

    def patch_many(self, collection: str, where: Filter, patch: Patch) -> None:
        if collection not in self._stepped:
            super().patch_many(collection, where, patch)
            return
        for row in super().find(collection, Find(where, fields=())):
            self.patch(collection, row.document["_id"], patch, when=where)

    def delete(self, collection: str, key: str, *, when: Filter | None = None) -> bool:
        self._turn(collection)
        return super().delete(collection, key, when=when)

    def delete_many(self, collection: str, where: Filter) -> None:
        if collection not in self._stepped:
            super().delete_many(collection, where)
            return
        for row in super().find(collection, Find(where, fields=())):
            self.delete(collection, row.document["_id"], when=where)

    def find(self, collection: str, query: Find) -> list[Row]:
        return list(self._rows(collection, query))

    def scan(self, collection: str, query: Find) -> Iterator[Document]:
        return (row.document for row in self._rows(collection, query))

    def _rows(self, collection: str, query: Find) -> Iterator[Row]:
        if collection not in self._stepped or not self._torn or not query.order:
            self._turn(collection)
            yield from super().find(collection, query)
            return
        after, left = query.after, query.limit
        while left is None or left > 0:
            self._turn(collection)
            rows = super().find(collection, Find(query.where, query.order, after, 1, query.fields))
            if not rows:
                return
            yield rows[0]
            after, left = rows[0].position, None if left is None else left - 1


@dataclass(frozen=True)
class Trace:
    """One execution: who took each step, and who could have."""

    choices: Choices
    enabled: tuple[tuple[int, ...], ...]

    def alternatives(self, begin: int, preemptions: int) -> Iterator[Choices]:
        """Orders that leave this one at or behind a step, and interrupt no more often."""
        for position in range(begin, len(self.choices)):
            for actor in self.enabled[position]:
                choices = (*self.choices[:position], actor)
                if actor != self.choices[position] and self._interrupts(choices) <= preemptions:
                    yield choices

    def _interrupts(self, choices: Choices) -> int:
        pairs = zip(choices, choices[1:], self.enabled[1:], strict=False)
        return sum(before != after and before in enabled for before, after, enabled in pairs)


def every_order(
    pool: ThreadPoolExecutor,
    make: Callable[[], W],
    jobs: Sequence[Callable[[W, Actor], Callable[[], Any]]],
    check: Callable[[W, list[Any]], None],
    *,
    preemptions: int,
) -> int:
    """Run jobs in every order, and check after each what is there and what they returned.

    Args:
        pool: A thread for each job.
        make: The world that jobs begin in.
        jobs: What each actor does in a world.
        check: Of the world and the results, in the order of the jobs.
        preemptions: How often actors are interrupted at most.

    Returns:
        How many orders there are.
    """
    pending: list[Choices] = [()]
    count = 0
    while pending:
        prefix = pending.pop()
        world, actors = make(), [Actor() for _ in jobs]
        works = [(actor, job(world, actor)) for job, actor in zip(jobs, actors, strict=True)]
        trace = interleave(pool, works, prefix)
        check(world, [actor.result for actor in actors])
        count += 1
        pending.extend(trace.alternatives(len(prefix), preemptions))
    return count


def interleave(
    pool: ThreadPoolExecutor,
    works: Sequence[tuple[Actor, Callable[[], Any]]],
    prefix: Choices,
) -> Trace:
    """Run the works in the order of the prefix, and each to its end behind it."""
    actors = [actor for actor, _ in works]
    futures = [pool.submit(actor.perform, work) for actor, work in works]
    for actor in actors:
        actor.paused.acquire()
    choices: list[int] = []
    enabled: list[tuple[int, ...]] = []
    while alive := tuple(number for number, actor in enumerate(actors) if not actor.finished):
        chosen = _choice(choices, prefix, alive)
        choices.append(chosen)
        enabled.append(alive)
        actors[chosen].go.release()
        actors[chosen].paused.acquire()
    for future in futures:
        future.result()
    return Trace(tuple(choices), tuple(enabled))


def _choice(choices: list[int], prefix: Choices, alive: tuple[int, ...]) -> int:
    if len(choices) < len(prefix):
        return prefix[len(choices)]
    return choices[-1] if choices and choices[-1] in alive else alive[0]
