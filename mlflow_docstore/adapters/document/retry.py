"""The one retry policy: which failures are tried again, how long, and how apart."""

import logging
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from mlflow_docstore.core.capabilities import Capabilities
from mlflow_docstore.core.errors import Unavailable
from mlflow_docstore.core.query import Filter, Leaf, Scalar
from mlflow_docstore.ports.backend import Provision, Step

from .driver import Document, Driver, Find, Inserts, Outcome, PartlyWritten, Patch, Row, Server
from .groups import Group, GroupRow, Value
from .layout import Index, Layout

if TYPE_CHECKING:
    import tenacity

_LOG = logging.getLogger(__name__)

_FIRST_PAUSE = 0.02
_LONGEST_PAUSE = 2.0

T = TypeVar("T")


class _Attempts:
    """What the attempts of one call have come to so far."""

    def __init__(self) -> None:
        self.uncertain = False

    def note(self, error: Unavailable) -> None:
        if error.applied is None:
            self.uncertain = True


def _pause(state: "tenacity.RetryCallState") -> float:
    """The server's own delay where it named one, else exponential; always with jitter."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after if isinstance(error, Unavailable) else None
    pause = asked or min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (state.attempt_number - 1))
    return pause * random.uniform(1.0, 1.5)  # noqa: S311 - spreads load, guards nothing


def _again(
    verb: str,
    call: Callable[[], T],
    attempts: _Attempts,
    failure: Unavailable,
    deadline: float,
) -> T:
    # Here, as a store that nothing fails is opened without it.
    import tenacity  # noqa: PLC0415

    failures = [failure]

    def attempt() -> T:
        # The attempt that failed already is the first of those that are counted and timed.
        if failures:
            raise failures.pop()
        return call()

    def before_sleep(state: "tenacity.RetryCallState") -> None:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, Unavailable):
            attempts.note(error)
            _LOG.warning("%s failed, retrying: %s", verb, error)

    retrying = tenacity.Retrying(
        stop=tenacity.stop_before_delay(deadline),
        wait=_pause,
        retry=tenacity.retry_if_exception(
            lambda error: isinstance(error, Unavailable) and error.retryable
        ),
        before_sleep=before_sleep,
        reraise=True,
    )
    return retrying(attempt)


class RetryingDriver(Driver):
    """A driver that repeats what another could not do, until a deadline.

    Every verb can be repeated: see the ports for how each operation finds out, by reading back,
    what became of a write whose reply was lost.

    Args:
        driver: Who does the work.
        deadline: Seconds from a call's first failure to the last attempt's start.
    """

    def __init__(self, driver: Driver, deadline: float) -> None:
        self._driver = driver
        self._deadline = deadline

    def _call(self, verb: str, call: Callable[[], T], attempts: _Attempts | None = None) -> T:
        """Every verb comes by here, but a scan for each document that it hands out."""
        try:
            return call()
        except Unavailable as error:
            if not error.retryable:
                raise
            return _again(verb, call, attempts or _Attempts(), error, self._deadline)

    @property
    def capabilities(self) -> Capabilities:
        return self._driver.capabilities

    def server(self) -> Server:
        return self._call("server", self._driver.server)

    def get(self, collection: str, key: str) -> Document | None:
        return self._call("get", lambda: self._driver.get(collection, key))

    def insert(self, collection: str, document: Document) -> bool:
        return self._call("insert", lambda: self._driver.insert(collection, document))

    def insert_many(
        self,
        collection: str,
        documents: Sequence[Document],
        *,
        ordered: bool = False,
        beside: Inserts | None = None,
    ) -> frozenset[str]:
        left, taken = list(documents), set[str]()

        def insert() -> frozenset[str]:
            nonlocal left
            try:
                return self._driver.insert_many(collection, left, ordered=ordered, beside=beside)
            except PartlyWritten as error:
                # The others, alone: what was inserted would seem taken by another.
                taken.update(error.taken)
                left = [one for one in left if one["_id"] not in error.done]
                raise

        found = self._call("insert_many", insert)
        return found | taken

    def put_many(self, collection: str, documents: Sequence[Document]) -> None:
        left = list(documents)

        def put() -> None:
            nonlocal left
            try:
                self._driver.put_many(collection, left)
            except PartlyWritten as error:
                left = [one for one in left if one["_id"] not in error.done]
                raise

        self._call("put_many", put)

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
        attempts = _Attempts()
        outcome = self._call(
            "patch",
            lambda: self._driver.patch(
                collection, key, patch, when=when, returning=returning, beside=beside
            ),
            attempts,
        )
        if not attempts.uncertain:
            return outcome
        return Outcome(outcome.matched, outcome.document, uncertain=True)

    def patch_many(self, collection: str, where: Filter, patch: Patch) -> None:
        self._call("patch_many", lambda: self._driver.patch_many(collection, where, patch))

    def delete(self, collection: str, key: str, *, when: Filter | None = None) -> bool:
        attempts = _Attempts()
        deleted = self._call(
            "delete", lambda: self._driver.delete(collection, key, when=when), attempts
        )
        return deleted or attempts.uncertain

    def delete_many(self, collection: str, where: Filter) -> None:
        self._call("delete_many", lambda: self._driver.delete_many(collection, where))

    def find(self, collection: str, query: Find) -> list[Row]:
        return self._call("find", lambda: self._driver.find(collection, query))

    def scan(self, collection: str, query: Find) -> Iterator[Document]:
        """After a failure the scan begins anew, and passes over what was handed out before."""
        handed_out: set[str] = set()
        rows: Iterator[Document] | None = None

        def following() -> Document | None:
            nonlocal rows
            begun, rows = rows or self._driver.scan(collection, query), None
            found = next((row for row in begun if row["_id"] not in handed_out), None)
            rows = begun
            return found

        while (document := self._call("scan", following)) is not None:
            handed_out.add(document["_id"])
            yield document

    def distinct(
        self, collection: str, where: Filter, fields: tuple[str, ...], *, limit: int
    ) -> list[tuple[Scalar, ...]]:
        return self._call(
            "distinct", lambda: self._driver.distinct(collection, where, fields, limit=limit)
        )

    def group(self, collection: str, query: Group) -> list[GroupRow]:
        return self._call("group", lambda: self._driver.group(collection, query))

    def tuples(
        self,
        collection: str,
        where: Filter,
        fields: Sequence[str],
        *,
        each: str | None = None,
        of_each: Sequence[Leaf] = (),
    ) -> Iterator[tuple[Value, ...]]:
        """Read to the end before the first is handed out: they do not say which they were."""

        def read() -> list[tuple[Value, ...]]:
            found = self._driver.tuples(collection, where, fields, each=each, of_each=of_each)
            return list(found)

        return iter(self._call("tuples", read))

    def prepare(self, layout: Layout) -> None:
        self._call("prepare", lambda: self._driver.prepare(layout))

    def preparation(self, layout: Layout, provision: Provision) -> Iterator[Step]:
        for step in self._driver.preparation(layout, provision):
            yield Step(step.text, partial(self._call, "prepare", step.run))

    def indexes(self, collection: str) -> list[Index]:
        return self._call("indexes", lambda: self._driver.indexes(collection))

    def create_index(self, collection: str, index: Index) -> None:
        self._call("create_index", lambda: self._driver.create_index(collection, index))

    def drop_index(self, collection: str, name: str) -> bool:
        attempts = _Attempts()
        dropped = self._call(
            "drop_index", lambda: self._driver.drop_index(collection, name), attempts
        )
        return dropped or attempts.uncertain

    def drop(self, collections: Iterable[str]) -> None:
        names = tuple(collections)
        self._call("drop", lambda: self._driver.drop(names))

    def reclaim(self) -> None:
        self._call("reclaim", self._driver.reclaim)

    def close(self) -> None:
        self._driver.close()
