"""The retry policy, over a database in memory that fails to order."""

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

import pytest

from mlflow_docstore.adapters.document.driver import (
    Document,
    Find,
    Inserts,
    Outcome,
    PartlyWritten,
    Patch,
    Row,
)
from mlflow_docstore.adapters.document.layout import Index
from mlflow_docstore.adapters.document.retry import RetryingDriver
from mlflow_docstore.adapters.memory.database import Database
from mlflow_docstore.adapters.memory.driver import MemoryDriver
from mlflow_docstore.core.errors import LimitExceeded, StoreError, Unavailable, Unreachable
from mlflow_docstore.core.query import Filter, Order, equals, path

LOST = Unavailable("things", applied=None)
REFUSED = Unavailable("things", applied=False)
BY_ID = (Order(path("_id")),)


class FailingDriver(MemoryDriver):
    """Fails its next calls.

    Args:
        failures: What to raise, call by call; then all is well.
        late: Do the work before raising, as when a reply is lost.
    """

    def __init__(self, *failures: StoreError, late: bool = False) -> None:
        super().__init__(Database())
        self.failures = list(failures)
        self.late = late
        self.calls = 0

    def _do(self, work: Callable[[], Any]) -> Any:
        self.calls += 1
        if not self.failures:
            return work()
        failure = self.failures.pop(0)
        if self.late:
            work()
        raise failure

    def get(self, collection: str, key: str) -> Document | None:
        return self._do(lambda: MemoryDriver.get(self, collection, key))

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
        return self._do(
            lambda: MemoryDriver.patch(
                self, collection, key, patch, when=when, returning=returning, beside=beside
            )
        )

    def delete(self, collection: str, key: str, *, when: Filter | None = None) -> bool:
        return self._do(lambda: MemoryDriver.delete(self, collection, key, when=when))

    def find(self, collection: str, query: Find) -> list[Row]:
        return self._do(lambda: MemoryDriver.find(self, collection, query))


def filled(*failures: StoreError, late: bool = False, count: int = 1) -> FailingDriver:
    driver = FailingDriver(*failures, late=late)
    driver.insert_many("things", [{"_id": str(n), "size": n} for n in range(count)])
    return driver


def test_a_call_that_works_is_made_once() -> None:
    driver = filled()
    assert RetryingDriver(driver, 1).get("things", "0") == {"_id": "0", "size": 0}
    assert driver.calls == 1


@pytest.mark.parametrize("failure", [LOST, REFUSED])
def test_a_call_is_repeated_until_it_works(failure: Unavailable) -> None:
    driver = filled(failure, failure, failure)
    assert RetryingDriver(driver, 10).get("things", "0") == {"_id": "0", "size": 0}
    assert driver.calls == 4


def test_past_the_deadline_the_last_failure_is_raised() -> None:
    driver = filled(*[REFUSED] * 1000)
    with pytest.raises(Unavailable):
        RetryingDriver(driver, 0.3).get("things", "0")
    assert 2 < driver.calls < 20


def test_without_a_deadline_nothing_is_repeated() -> None:
    driver = filled(REFUSED)
    with pytest.raises(Unavailable):
        RetryingDriver(driver, 0).get("things", "0")
    assert driver.calls == 1


@pytest.mark.parametrize("failure", [Unreachable("database"), LimitExceeded("document", "0")])
def test_what_a_repeat_cannot_cure_is_raised_at_once(failure: StoreError) -> None:
    driver = filled(failure)
    with pytest.raises(type(failure)):
        RetryingDriver(driver, 10).get("things", "0")
    assert driver.calls == 1


def test_the_delay_that_the_server_asks_for_is_kept_from_the_first_repeat_on() -> None:
    driver = filled(Unavailable("things", applied=False, retry_after=0.2))
    begin = time.monotonic()
    RetryingDriver(driver, 10).get("things", "0")
    assert time.monotonic() - begin >= 0.2
    assert driver.calls == 2


def test_a_delay_beyond_the_deadline_is_not_waited_for() -> None:
    driver = filled(Unavailable("things", applied=False, retry_after=60))
    begin = time.monotonic()
    with pytest.raises(Unavailable):
        RetryingDriver(driver, 30).get("things", "0")
    assert time.monotonic() - begin < 10


@pytest.mark.parametrize(
    ("failures", "uncertain"),
    [((), False), ((REFUSED,), False), ((LOST,), True), ((LOST, REFUSED), True)],
)
def test_a_patch_is_uncertain_once_a_reply_was_lost(
    failures: tuple[Unavailable, ...], uncertain: bool
) -> None:
    driver = filled(*failures, late=True)
    change = Patch(set={"size": 5})
    outcome = RetryingDriver(driver, 10).patch("things", "0", change, when=equals("size", 0))
    assert outcome.uncertain is uncertain
    # Done by the attempt whose reply was lost, so that the next one finds it otherwise.
    assert outcome.matched is not bool(failures)
    assert driver.get("things", "0") == {"_id": "0", "size": 5}


def test_a_delete_whose_reply_was_lost_counts_as_done() -> None:
    assert RetryingDriver(filled(LOST, late=True), 10).delete("things", "0")
    assert not RetryingDriver(filled(REFUSED), 10).delete("things", "absent")


class ForgetfulDriver(MemoryDriver):
    """The reply to its first drop of an index is lost."""

    def __init__(self) -> None:
        super().__init__(Database())
        self.failures = [LOST]

    def drop_index(self, collection: str, name: str) -> bool:
        dropped = super().drop_index(collection, name)
        if self.failures:
            raise self.failures.pop()
        return dropped


def test_an_index_whose_drop_was_not_heard_of_counts_as_dropped() -> None:
    driver = RetryingDriver(ForgetfulDriver(), 10)
    driver.create_index("things", Index("by_size", (("size", 1),)))
    assert driver.drop_index("things", "by_size")
    assert driver.indexes("things") == []
    assert not driver.drop_index("things", "by_size")


class BreakingDriver(MemoryDriver):
    """Each scan breaks off behind so many rows, as long as there are numbers left."""

    def __init__(self, *breaks: int) -> None:
        super().__init__(Database())
        self.breaks = list(breaks)
        self.scans = 0

    def scan(self, collection: str, query: Find) -> Iterator[Document]:
        self.scans += 1
        rows = super().scan(collection, query)
        if not self.breaks:
            yield from rows
            return
        yield from islice(rows, self.breaks.pop(0))
        raise LOST


@pytest.mark.parametrize("breaks", [(), (0,), (3,), (3, 4), (5, 2, 0)])
def test_a_scan_that_breaks_off_goes_on_behind_what_was_handed_out(
    breaks: tuple[int, ...],
) -> None:
    driver = BreakingDriver(*breaks)
    driver.insert_many("things", [{"_id": str(n)} for n in range(8)])
    rows = RetryingDriver(driver, 10).scan("things", Find(order=BY_ID))
    assert [row["_id"] for row in rows] == [str(n) for n in range(8)]
    assert driver.scans == len(breaks) + 1


def test_a_scan_reads_no_further_than_it_is_asked_to() -> None:
    driver = BreakingDriver(3)
    driver.insert_many("things", [{"_id": str(n)} for n in range(8)])
    rows = RetryingDriver(driver, 10).scan("things", Find(order=BY_ID))
    assert [row["_id"] for row in islice(rows, 3)] == ["0", "1", "2"]
    assert driver.scans == 1


def test_a_scan_that_never_gets_on_fails() -> None:
    driver = BreakingDriver(*[2] * 1000)
    driver.insert_many("things", [{"_id": str(n)} for n in range(8)])
    rows = RetryingDriver(driver, 0.2).scan("things", Find(order=BY_ID))
    with pytest.raises(Unavailable):
        list(rows)


class ThrottlingDriver(MemoryDriver):
    """Takes a few documents of each batch, and has the rest wait."""

    def __init__(self, few: int) -> None:
        super().__init__(Database())
        self.few = few
        self.asked: list[list[str]] = []

    def insert_many(
        self,
        collection: str,
        documents: Sequence[Document],
        *,
        ordered: bool = False,
        beside: Inserts | None = None,
    ) -> frozenset[str]:
        self.asked.append([document["_id"] for document in documents])
        taken = super().insert_many(
            collection, documents[: self.few], ordered=ordered, beside=beside
        )
        if len(documents) > self.few and not (ordered and taken):
            done = frozenset(document["_id"] for document in documents[: self.few])
            raise PartlyWritten(Unavailable(collection), done, taken)
        return taken

    def put_many(self, collection: str, documents: Sequence[Document]) -> None:
        self.asked.append([document["_id"] for document in documents])
        super().put_many(collection, documents[: self.few])
        if len(documents) > self.few:
            done = frozenset(document["_id"] for document in documents[: self.few])
            raise PartlyWritten(Unavailable(collection), done, frozenset())


def test_of_documents_that_are_put_those_alone_are_repeated_that_failed() -> None:
    driver = ThrottlingDriver(2)
    documents = [{"_id": key} for key in "abcde"]
    RetryingDriver(driver, 10).put_many("things", documents)
    assert driver.asked == [list("abcde"), list("cde"), list("e")]
    assert [row.document["_id"] for row in driver.find("things", Find(order=BY_ID))] == [*"abcde"]


def test_of_a_batch_those_alone_are_repeated_that_failed() -> None:
    driver = ThrottlingDriver(2)
    driver.insert("things", {"_id": "b"})
    documents = [{"_id": key} for key in "abcde"]
    assert RetryingDriver(driver, 10).insert_many("things", documents) == {"b"}
    assert driver.asked[1:] == [list("abcde"), list("cde"), list("e")]
    assert [row.document["_id"] for row in driver.find("things", Find(order=BY_ID))] == [*"abcde"]


def test_an_ordered_batch_stops_where_it_would_have() -> None:
    driver = ThrottlingDriver(2)
    driver.insert("things", {"_id": "d"})
    documents = [{"_id": key} for key in "abcdef"]
    assert RetryingDriver(driver, 10).insert_many("things", documents, ordered=True) == {"d"}
    assert [row.document["_id"] for row in driver.find("things", Find(order=BY_ID))] == [*"abcd"]
