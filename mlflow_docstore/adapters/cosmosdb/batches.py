"""Writes of one partition, many by one request: all of them, or none where one cannot be.

See https://learn.microsoft.com/azure/cosmos-db/nosql/transactional-batch.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

from azure.cosmos.exceptions import CosmosBatchOperationError

from .keys import item_id
from .reach import Reach

_MOST_BYTES = 1_200_000
"""Of items in one request, which may have 2 MB: what is around them, and escapes, count too."""

_REFUSALS = 3
"""After so many of one batch each of those left goes by itself, which is no worse than without."""

_SETTLED = frozenset({404, 409, 412})
"""How a write is refused for what is there or is not: 409 for an id that is taken."""

_ENVELOPE = 100
"""More bytes than stand around an item."""


@dataclass(frozen=True, slots=True)
class Step:
    """One write.

    Args:
        key: The id of the document.
        partition: Where it is; None where no batch can say so.
        operation: Its name, arguments and options, as the SDK has it in batches.
        size: About how many bytes it is.
        alone: Does it by itself.
        refused: What to do where it was why a batch was refused.
    """

    key: str
    partition: str | None
    operation: tuple[str, tuple[Any, ...], dict[str, Any]]
    size: int
    alone: Callable[[], None]
    refused: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Progress:
    """What is dealt with, by ids.

    Args:
        done: Those that were written, or were taken.
        taken: Those that were taken.
    """

    done: set[str] = field(default_factory=set)
    taken: set[str] = field(default_factory=set)


class Batches:
    """Batches of one driver.

    Args:
        reach: The way to the containers.
    """

    def __init__(self, reach: Reach) -> None:
        self._reach = reach

    def write(self, verb: str, collection: str, steps: Sequence[Step], progress: Progress) -> None:
        """Write all that can be, in no particular order."""
        by_partition: dict[object, list[Step]] = {}
        for placed in enumerate(steps):
            by_partition.setdefault(_neighbours(placed), []).append(placed[1])
        for some in by_partition.values():
            for batch in self._slices(some):
                self._written(verb, collection, batch, progress)

    def write_in_order(
        self, verb: str, collection: str, steps: Sequence[Step], progress: Progress
    ) -> None:
        """Write one after another, to the first that is taken."""
        for _, some in groupby(enumerate(steps), key=_neighbours):
            for batch in self._slices(step for _, step in some):
                self._written_in_order(verb, collection, batch, progress)
                if progress.taken:
                    return

    def _slices(self, steps: Iterable[Step]) -> Iterator[list[Step]]:
        """As many as one request takes, and never two of one id: what the second of them comes to
        is known when the first is done."""
        most, batch, size = self._reach.capabilities.limits.batch_documents, dict[str, Step](), 0
        for step in steps:
            size += step.size + _ENVELOPE
            if batch and (len(batch) == most or size > _MOST_BYTES or step.key in batch):
                yield list(batch.values())
                batch, size = {}, step.size + _ENVELOPE
            batch[step.key] = step
        if batch:
            yield list(batch.values())

    def _written(self, verb: str, collection: str, left: list[Step], progress: Progress) -> None:
        for _ in range(_REFUSALS):
            if len(left) < 2:
                break
            refused = self._refused(verb, collection, left)
            if refused is None:
                progress.done.update(step.key for step in left)
                return
            behind = refused + self._known(collection, left[refused:])
            known, left = left[refused:behind], left[:refused] + left[behind:]
            for step in known:
                step.refused()
                progress.done.add(step.key)
        for step in left:
            step.alone()
            progress.done.add(step.key)

    def _known(self, collection: str, steps: Sequence[Step]) -> int:
        """How many are refused of steps that begin with one.

        Of inserts that one is refused of, mostly all were made before: how far they are there is
        told by a batch that reads them, and not by a replica that may know less.
        """
        if steps[0].operation[0] != "create":
            return 1
        reads = [replace(one, operation=("read", (item_id(one.key),), {})) for one in steps]
        absent = self._refused("get", collection, reads)
        return len(steps) if absent is None else max(absent, 1)

    def _written_in_order(
        self, verb: str, collection: str, left: list[Step], progress: Progress
    ) -> None:
        """All, or those before the first that is taken."""
        behind: Step | None = None
        while len(left) > 1:
            refused = self._refused(verb, collection, left)
            if refused is None:
                progress.done.update(step.key for step in left)
                left = []
            else:
                behind, left = left[refused], left[:refused]
        for step in left:
            step.alone()
            progress.done.add(step.key)
        if behind is not None and not progress.taken:
            behind.refused()
            progress.done.add(behind.key)

    def _refused(self, verb: str, collection: str, steps: Sequence[Step]) -> int | None:
        """Send a batch: which of it is refused, so that none is done; None where all are done."""
        # The SDK takes options out of what it is given.
        operations = [(name, given, {**how}) for name, given, how in (s.operation for s in steps)]
        with self._reach.calling(verb, collection) as native:
            try:
                native.execute_item_batch(operations, steps[0].partition)
            except CosmosBatchOperationError as error:
                refused = int(error.error_index)
                if error.status_code in _SETTLED:
                    return refused
                with self._reach.calling(verb, collection, steps[refused].key):
                    raise
        return None


def _neighbours(placed: tuple[int, Step]) -> str | int:
    """What is the same for steps that a batch may have together: where none may, their place."""
    place, step = placed
    return place if step.partition is None else step.partition
