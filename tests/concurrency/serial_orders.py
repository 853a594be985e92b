"""Works on one database, in every order of their steps: they end as if one came after the other."""

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import permutations
from typing import Any

from mlflow_docstore.adapters.document.backend import DocumentBackend
from mlflow_docstore.adapters.memory.database import Database
from mlflow_docstore.adapters.memory.driver import MemoryDriver
from mlflow_docstore.core.errors import StoreError
from mlflow_docstore.ports.backend import Backend

from .interleavings import Actor, SteppedDriver, every_order

Work = Callable[[Backend], Any]


@dataclass(frozen=True)
class SerialOrders:
    """How works are explored.

    Args:
        collections: Those whose reads and writes are steps.
        look: What readers see in the end.
    """

    collections: Collection[str]
    look: Callable[[Database], Any]

    def explore(
        self,
        pool: ThreadPoolExecutor,
        before: Sequence[Work],
        works: Sequence[Work],
        *,
        preemptions: int,
    ) -> int:
        """Check every order; how many there were.

        Args:
            pool: A thread for each of the works.
            before: What is done before.
            works: What is done at once.
            preemptions: How often one is stopped for another.
        """
        ends = self._one_after_another(before, works)

        def check(database: Database, results: list[Any]) -> None:
            assert (results, self.look(database)) in ends

        return every_order(
            pool,
            partial(_world, before),
            [partial(self._job, work) for work in works],
            check,
            preemptions=preemptions,
        )

    def _one_after_another(
        self, before: Sequence[Work], works: Sequence[Work]
    ) -> list[tuple[list[str | None], Any]]:
        """How each work went and what is seen, behind each order of the works."""
        ends = []
        for order in permutations(range(len(works))):
            database = _world(before)
            backend = DocumentBackend(MemoryDriver(database))
            went = {at: _outcome(works[at], backend) for at in order}
            ends.append(([went[at] for at in range(len(works))], self.look(database)))
        return ends

    def _job(self, work: Work, database: Database, actor: Actor) -> Callable[[], Any]:
        backend = DocumentBackend(SteppedDriver(database, set(self.collections), actor.step))
        return lambda: _outcome(work, backend)


def _world(before: Sequence[Work]) -> Database:
    database = Database()
    backend = DocumentBackend(MemoryDriver(database))
    for work in before:
        work(backend)
    return database


def _outcome(work: Work, db: Backend) -> str | None:
    """None, or how it was refused."""
    try:
        work(db)
    except StoreError as error:
        return f"{type(error).__name__} {error.kind}"
    return None
