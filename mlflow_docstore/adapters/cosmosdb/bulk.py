"""Writes of several documents: in batches where they share a partition, else one at a time."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from mlflow_docstore.adapters.document.driver import Document, PartlyWritten, Patch
from mlflow_docstore.core.errors import Unavailable
from mlflow_docstore.core.query import Filter

from . import items
from .batches import Batches, Progress, Step
from .items import Lost, Seen
from .keys import partition_of_item
from .patches import NativePatch, native_patch, predicate
from .reach import Reach
from .values import Item
from .writing import Writing


class Bulk:
    """Writes of several documents of one driver.

    Args:
        reach: The way to the containers.
        writing: Writes one.
    """

    def __init__(self, reach: Reach, writing: Writing) -> None:
        self._reach = reach
        self._writing = writing
        self._batches = Batches(reach)

    def insert(
        self, collection: str, documents: Sequence[Document], *, ordered: bool
    ) -> frozenset[str]:
        """Insert each whose id is free; the ids that were taken."""
        progress = Progress()
        sized = [self._writing.sized(document) for document in documents]
        steps = [self._creation(collection, item, size, progress) for item, size in sized]
        write = self._batches.write_in_order if ordered else self._batches.write
        with _behind(progress):
            write("insert_many", collection, steps, progress)
        return frozenset(progress.taken)

    def put(self, collection: str, documents: Sequence[Document]) -> None:
        """Store each whole; of those with one id the last."""
        last, progress = {document["_id"]: document for document in documents}, Progress()
        sized = [self._writing.sized(document) for document in last.values()]
        steps = [self._replacement(collection, item, size) for item, size in sized]
        with _behind(progress):
            self._batches.write("put_many", collection, steps, progress)

    def patch(self, collection: str, where: Filter, patch: Patch) -> None:
        """Change all that match, each if it is still as it was found or else still matches."""
        native = native_patch(patch)
        steps = [
            self._change(collection, seen, where, patch, native)
            for seen in self._writing.seen(collection, where)
        ]
        self._batches.write("patch_many", collection, steps, Progress())

    def delete(self, collection: str, where: Filter) -> None:
        """Delete all that match, each if it is still as it was found or else still matches."""
        steps = [
            self._removal(collection, seen, where) for seen in self._writing.seen(collection, where)
        ]
        self._batches.write("delete_many", collection, steps, Progress())

    def _creation(self, collection: str, item: Item, size: int, progress: Progress) -> Step:
        key = item["_id"]
        taken = partial(progress.taken.add, key)

        def alone() -> None:
            if not self._writing.create(collection, item):
                taken()

        partition = partition_of_item(collection, item)
        return Step(key, partition, ("create", (item,), {}), size, alone, taken)

    def _replacement(self, collection: str, item: Item, size: int) -> Step:
        def alone() -> None:
            with self._reach.calling("put", collection, item["_id"]) as native:
                native.upsert_item(item)

        partition = partition_of_item(collection, item)
        return Step(item["_id"], partition, ("upsert", (item,), {}), size, alone, alone)

    def _change(
        self, collection: str, seen: Seen, where: Filter, patch: Patch, native: NativePatch | None
    ) -> Step:
        def alone() -> None:
            self._writing.patch(collection, seen.key, patch, where, seen.place)

        if native is None:
            return Step(seen.key, None, ("patch", (), {}), 0, alone, alone)
        operations, how = list(native.operations), {"if_match_etag": seen.etag}
        if native.guards:
            how["filter_predicate"] = predicate(native.guards)
        operation = ("patch", (seen.place.id, operations), how)
        size = len(json.dumps((operations, how)))
        return Step(seen.key, seen.place.partition, operation, size, alone, alone)

    def _removal(self, collection: str, seen: Seen, where: Filter) -> Step:
        def again() -> None:
            self._writing.delete(collection, seen.key, where, seen.place)

        def alone() -> None:
            try:
                with self._reach.calling("delete", collection, seen.key) as native:
                    items.remove(native, seen.place, {"_etag": seen.etag})
            except Lost:
                again()

        operation = ("delete", (seen.place.id,), {"if_match_etag": seen.etag})
        return Step(seen.key, seen.place.partition, operation, 0, alone, again)


@contextmanager
def _behind(progress: Progress) -> Iterator[None]:
    """Around writes, of which some may be done where one fails."""
    try:
        yield
    except Unavailable as error:
        if not error.retryable or not progress.done:
            raise
        done, taken = frozenset(progress.done), frozenset(progress.taken)
        raise PartlyWritten(error, done, taken) from error
