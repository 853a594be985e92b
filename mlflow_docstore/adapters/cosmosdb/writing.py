"""Conditional writes: by the service's own patch where it has one, else in a loop of versions."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mlflow_docstore.adapters.document.driver import Document, Outcome, Patch
from mlflow_docstore.adapters.document.races import rounds
from mlflow_docstore.adapters.document.rules.patches import patched
from mlflow_docstore.adapters.document.rules.predicates import PredicateCompiler
from mlflow_docstore.core.errors import LimitExceeded
from mlflow_docstore.core.query import And, Filter, equals

from . import items
from .compiler import ROOT, compile_filter, reference
from .items import Gone, Lost, Place, Seen
from .keys import item_id, partition_in, partition_of, partition_value
from .patches import NativePatch, native_patch
from .points import Points
from .reach import Reach
from .reading import Reading
from .values import Item, decode, encode, stored_path

Test = Callable[[Document], bool]


@dataclass(frozen=True, slots=True)
class Change:
    """An item as it was seen, and without what the service adds before and after a patch."""

    seen: Item
    before: Item
    after: Item

    @property
    def is_write(self) -> bool:
        return self.after != self.before


class Writing:
    """Conditional writes of one driver.

    Args:
        reach: The way to the containers.
        reading: Finds documents whose partition nobody names.
        points: Reads the others.
    """

    def __init__(self, reach: Reach, reading: Reading, points: Points) -> None:
        self._reach = reach
        self._reading = reading
        self._points = points

    def place(self, collection: str, key: str, when: Filter | None = None) -> Place | None:
        """Where a document is; None if it has to be looked for and is not there.

        As what no text names is nowhere: callers of stores may leave out a name that is needed.
        """
        if not isinstance(key, str):
            return None
        partition = partition_in(collection, when or And())
        if partition_of(collection) == "_id":
            partition = item_id(key)
        if partition is not None:
            return Place(item_id(key), partition)
        return next((seen.place for seen in self.seen(collection, equals("_id", key))), None)

    def seen(self, collection: str, where: Filter) -> Iterator[Seen]:
        """Where the documents are that match, and which versions of them."""
        field = partition_of(collection)
        named = reference(ROOT, stored_path(field))
        members = f'"id": c["id"], "key": c["_id"], "etag": c["_etag"], "partition": {named}'
        for found in self._reading.items(collection, where, f"VALUE {{{members}}}"):
            partition = partition_value(field, found["partition"])
            yield Seen(found["key"], Place(found["id"], partition), found["etag"])

    def create(self, collection: str, item: Item) -> bool:
        """Create an item unless its id is taken; whether it was created."""
        with self._reach.calling("insert", collection, item["_id"]) as container:
            return items.create(container, item)

    def fitting(self, document: Document) -> Item:
        """The item of a document.

        Raises:
            LimitExceeded: It is too large.
        """
        return self.sized(document)[0]

    def sized(self, document: Document) -> tuple[Item, int]:
        """The item of a document, and its bytes.

        Raises:
            LimitExceeded: They are too many.
        """
        item, allowed = encode(document), self._reach.capabilities.limits.document_bytes
        size = len(json.dumps(item, separators=(",", ":")).encode())
        if size > allowed:
            raise LimitExceeded(
                "document", item["_id"], limit="document_bytes", allowed=allowed, size=size
            )
        return item, size

    def patch(
        self, collection: str, key: str, patch: Patch, when: Filter | None, place: Place | None
    ) -> Outcome:
        """Change one document if it meets the precondition; the document as it is then."""
        place = place or self.place(collection, key, when)
        if place is None:
            return Outcome(matched=False)
        if patch == Patch():
            return self._checked(collection, key, place, when)
        native, lost = native_patch(patch), None
        if native is not None:
            try:
                return self._patched(collection, key, place, native, when)
            except Gone:
                return Outcome(matched=False)
            except Lost as error:
                lost = error
        return self._changed(collection, key, place, patch, when, lost)

    def _checked(self, collection: str, key: str, place: Place, when: Filter | None) -> Outcome:
        item = self._points.current(collection, key, place)
        document = None if item is None else decode(item)
        if document is None or not self._test(when)(document):
            return Outcome(matched=False)
        return Outcome(matched=True, document=document)

    def _patched(
        self, collection: str, key: str, place: Place, native: NativePatch, when: Filter | None
    ) -> Outcome:
        conditions = [] if when is None else [compile_filter(when, self._in_terms).inline()]
        tests = [*conditions, *native.guards]
        with self._reach.calling("patch", collection, key) as container:
            item = items.patch(container, place, native, " AND ".join(tests))
        return Outcome(matched=True, document=decode(item))

    def _changed(
        self,
        collection: str,
        key: str,
        place: Place,
        patch: Patch,
        when: Filter | None,
        lost: Lost | None,
    ) -> Outcome:
        matches = self._test(when)
        for _ in rounds(collection, key):
            change: Change | None = None
            for seen in self._points.looks(collection, key, place, lost):
                change = self._change(seen, patch, matches)
                if change is not None and change.is_write:
                    break
            if change is None:
                return Outcome(matched=False)
            try:
                if change.is_write:
                    self._replace(collection, key, place, change)
            except Lost as error:
                lost = error
                continue
            return Outcome(matched=True, document=decode(change.after))
        raise AssertionError

    def _change(self, seen: Item | None, patch: Patch, matches: Test) -> Change | None:
        """What a patch makes of an item that meets the precondition."""
        if seen is None or not matches(document := decode(seen)):
            return None
        return Change(seen, encode(document), self.fitting(patched(document, patch)))

    def _replace(self, collection: str, key: str, place: Place, change: Change) -> None:
        with self._reach.calling("replace", collection, key) as container:
            items.replace(container, place, change.seen, change.after)

    def delete(
        self, collection: str, key: str, when: Filter | None, place: Place | None = None
    ) -> bool:
        """Delete one document if it meets the precondition; whether it did."""
        matches, place = self._test(when), place or self.place(collection, key, when)
        if place is None:
            return False
        lost: Lost | None = None
        for _ in rounds(collection, key):
            seen: Item | None = None
            if when is not None:
                looks = self._points.looks(collection, key, place, lost)
                seen = next((one for one in looks if one and matches(decode(one))), None)
                if seen is None:
                    return False
            try:
                with self._reach.calling("delete", collection, key) as container:
                    items.remove(container, place, seen)
            except Gone:
                return False
            except Lost as error:
                lost = error
                continue
            return True
        raise AssertionError

    def _test(self, when: Filter | None) -> Test:
        return PredicateCompiler(self._in_terms).compile(when or And())

    @property
    def _in_terms(self) -> int:
        return self._reach.capabilities.limits.in_terms
