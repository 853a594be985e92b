"""Each verb when a request of it fails, as stores have the driver: it retries until its deadline.

What each failure means is in the table of ``errors``, which ``test_errors`` tests.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest

from mlflow_docstore.adapters.cosmosdb.connection import connect
from mlflow_docstore.adapters.document.driver import Document, Driver, Find, PartlyWritten, Patch
from mlflow_docstore.adapters.document.layout import LAYOUT, METRICS, Layout
from mlflow_docstore.adapters.document.retry import RetryingDriver
from mlflow_docstore.core.errors import Unavailable
from mlflow_docstore.core.query import And, all_of, equals

from .standin import StandIn

_NUMBERS = count()

REFUSALS: dict[str, dict[str, Any]] = {
    "throttled": {"status": 429, "substatus": 3200, "retry_after": 15},
    "another writes it": {"status": 449},
    "a replica lags": {"status": 404, "substatus": 1002},
}
"""What the service says where it has done nothing."""

DOUBTS: dict[str, dict[str, Any]] = {
    "timeout": {"status": 408},
    "moved": {"status": 410},
    "split": {"status": 410, "substatus": 1002},
    "error": {"status": 500},
    "unavailable": {"status": 503},
    "lost": {"status": 0},
}
"""Where nobody knows whether it has."""

CASES = [
    *(pytest.param(fault, id=name) for name, fault in (REFUSALS | DOUBTS).items()),
    *(
        pytest.param(fault | {"applied": True}, id=f"{name}, done")
        for name, fault in DOUBTS.items()
    ),
]

ALONE = Layout(1, tuple(one for one in LAYOUT.collections if one.name == METRICS))
RUN = equals("run_id", "r")
BOTH = all_of(RUN, equals("n", 1))
ONCE = Patch(set={"n": 2}, push={"log": ["x"]})
"""By the service's own patch; the other by a loop of versions, as it has too many operations."""
LOOP = Patch(set={"n": 2, **{f"f{number}": 0 for number in range(10)}}, push={"log": ["x"]})


def document(key: str, n: int = 1, run_id: str = "r", **more: Any) -> Document:
    return {"_id": key, "n": n, "run_id": run_id, "log": [], **more}


STORED = [document("a"), document("b"), document("z", run_id="other")]
OTHERS = [document("c"), document("d"), document("y", run_id="other")]


def patched(one: Document, patch: Patch) -> Document:
    return {**one, **patch.set, "log": [*one["log"], *patch.push["log"]]}


@dataclass(frozen=True)
class Verb:
    """One verb.

    Args:
        call: Makes it.
        answer: What it returns where nothing fails, and where a write was repeated that was done.
        requests: The kinds of those that it makes, each of which may fail.
        after: What is stored then.
    """

    call: Callable[[Driver], Any]
    answer: tuple[Any, ...]
    requests: tuple[str, ...]
    after: list[Document] = field(default_factory=lambda: STORED)


def found(driver: Driver) -> list[str]:
    return sorted(row.document["_id"] for row in driver.find(METRICS, Find(RUN)))


VERBS: dict[str, Verb] = {
    "get": Verb(lambda d: d.get(METRICS, "a"), (STORED[0],), ("query", "read")),
    "find": Verb(found, (["a", "b"],), ("query",)),
    "scan": Verb(
        lambda d: sorted(one["_id"] for one in d.scan(METRICS, Find(And()))),
        (["a", "b", "z"],),
        ("query",),
    ),
    "distinct": Verb(
        lambda d: sorted(d.distinct(METRICS, And(), ("run_id",), limit=9)),
        ([("other",), ("r",)],),
        ("query",),
    ),
    "tuples": Verb(
        lambda d: sorted(d.tuples(METRICS, RUN, ["_id"])), ([("a",), ("b",)],), ("query",)
    ),
    "insert": Verb(
        lambda d: d.insert(METRICS, OTHERS[0]), (True, False), ("create",), [*STORED, OTHERS[0]]
    ),
    "insert_many": Verb(
        lambda d: d.insert_many(METRICS, OTHERS) - {"c", "d", "y"},
        (frozenset(),),
        ("batch", "create"),
        [*STORED, *OTHERS],
    ),
    "put_many": Verb(
        lambda d: d.put_many(METRICS, [*OTHERS, document("a", 7)]),
        (None,),
        ("batch", "upsert"),
        [document("a", 7), *STORED[1:], *OTHERS],
    ),
    "patch": Verb(
        lambda d: d.patch(METRICS, "a", ONCE, when=BOTH).matched,
        (True, False),
        ("patch",),
        [patched(STORED[0], ONCE), *STORED[1:]],
    ),
    "patch by versions": Verb(
        lambda d: d.patch(METRICS, "a", LOOP, when=BOTH).matched,
        (True, False),
        ("read", "replace"),
        [patched(STORED[0], LOOP), *STORED[1:]],
    ),
    "patch_many": Verb(
        lambda d: d.patch_many(METRICS, BOTH, ONCE),
        (None,),
        ("query", "batch"),
        [*(patched(one, ONCE) for one in STORED[:2]), STORED[2]],
    ),
    "delete": Verb(
        lambda d: d.delete(METRICS, "a", when=RUN), (True,), ("read", "delete"), STORED[1:]
    ),
    "delete_many": Verb(
        lambda d: d.delete_many(METRICS, RUN), (None,), ("query", "batch"), STORED[2:]
    ),
}

REQUESTS = [(name, request) for name, verb in VERBS.items() for request in verb.requests]


@pytest.fixture
def uri(faulty: StandIn) -> str:
    return faulty.uri(f"faults-{next(_NUMBERS)}")


def opened(uri: str) -> Iterator[Driver]:
    """As a store has it, on what is stored; it knows its containers and their partitions."""
    connection = connect(uri)
    driver = RetryingDriver(connection.driver, connection.retry_deadline)
    driver.prepare(ALONE)
    driver.insert_many(METRICS, STORED)
    driver.get(METRICS, "a")
    yield driver
    driver.close()


@pytest.fixture
def driver(uri: str, faulty: StandIn) -> Iterator[Driver]:
    for driver in opened(uri):
        faulty.forget()
        yield driver


@pytest.fixture
def hasty(uri: str, faulty: StandIn) -> Iterator[Driver]:
    """One that retries for 0.4 seconds."""
    for driver in opened(f"{uri}&retryDeadlineMS=400"):
        faulty.forget()
        yield driver


def stored(driver: Driver) -> list[Document]:
    rows = driver.find(METRICS, Find(And()))
    return sorted((row.document for row in rows), key=lambda one: str(one["_id"]))


def by_id(documents: list[Document]) -> list[Document]:
    return sorted(documents, key=lambda one: str(one["_id"]))


def made(standin: StandIn, request: str) -> int:
    return [one["operation"] for one in standin.log()].count(request)


class TestFailures:
    @pytest.mark.parametrize("fault", CASES)
    @pytest.mark.parametrize(("name", "request_"), REQUESTS)
    def test_are_passed_and_leave_one_effect(
        self, driver: Driver, faulty: StandIn, name: str, request_: str, fault: dict[str, Any]
    ) -> None:
        verb = VERBS[name]
        faulty.fail(operations=[request_], **fault)
        assert verb.call(driver) in verb.answer
        assert stored(driver) == by_id(verb.after)
        # What was done may be seen to be done.
        assert made(faulty, request_) >= 2 or fault.get("applied")

    @pytest.mark.parametrize("name", VERBS)
    def test_are_none_where_none_is_ordered(
        self, driver: Driver, faulty: StandIn, name: str
    ) -> None:
        """So the table above names the requests of each verb, and no others."""
        verb = VERBS[name]
        assert verb.call(driver) == verb.answer[0]
        asked = {one["operation"] for one in faulty.log()} - {"plan"}
        assert asked == set(verb.requests)


class TestDoubts:
    @pytest.mark.parametrize("patch", [ONCE, LOOP], ids=["native", "loop"])
    def test_are_told_where_a_precondition_fails_after_them(
        self, driver: Driver, faulty: StandIn, patch: Patch
    ) -> None:
        operation = "patch" if patch is ONCE else "replace"
        faulty.fail(operations=[operation], applied=True)
        outcome = driver.patch(METRICS, "a", patch, when=BOTH)
        assert (outcome.matched, outcome.uncertain) == (False, True)

    def test_are_none_where_a_read_fails(self, driver: Driver, faulty: StandIn) -> None:
        faulty.fail(operations=["read"], status=503)
        outcome = driver.patch(METRICS, "a", LOOP, when=all_of(RUN, equals("n", 5)))
        assert (outcome.matched, outcome.uncertain) == (False, False)
        faulty.fail(operations=["read"], status=503)
        assert driver.delete(METRICS, "a", when=all_of(RUN, equals("n", 5))) is False

    def test_are_none_where_nothing_can_be_written(self, driver: Driver, faulty: StandIn) -> None:
        """The write that only asks, whether what a replica says is so."""
        faulty.fail(operations=["patch"], status=503)
        outcome = driver.patch(METRICS, "a", LOOP, when=all_of(RUN, equals("n", 5)))
        assert (outcome.matched, outcome.uncertain) == (False, False)


class TestManyDocuments:
    @pytest.mark.parametrize("verb", ["insert_many", "put_many"])
    def test_are_written_but_for_those_that_fail(
        self, uri: str, faulty: StandIn, verb: str
    ) -> None:
        """Of the bare driver: the one that retries goes on with the rest."""
        bare = connect(uri).driver
        bare.prepare(ALONE)
        faulty.fail(operations=["create", "upsert"], status=503)
        with pytest.raises(PartlyWritten) as caught:
            getattr(bare, verb)(METRICS, OTHERS)
        assert caught.value.done == {"c", "d"}
        assert caught.value.applied is None
        assert [one["_id"] for one in stored(bare)] == ["c", "d"]
        bare.close()

    def test_that_are_taken_are_told_once(self, driver: Driver, faulty: StandIn) -> None:
        faulty.fail(operations=["create"], status=429, retry_after=5)
        assert driver.insert_many(METRICS, [*STORED[:2], OTHERS[2]]) == {"a", "b"}


class TestDeadlines:
    @pytest.mark.parametrize("request_", ["read", "create"])
    @pytest.mark.parametrize("fault", [*REFUSALS.values(), *DOUBTS.values()], ids=str)
    def test_end_what_does_not_end(
        self, hasty: Driver, faulty: StandIn, request_: str, fault: dict[str, Any]
    ) -> None:
        # Of items: the SDK waits for itself where ranges of partitions are answered 410/1002.
        faulty.fail(operations=[request_], address="/docs/", times=10_000, **fault)
        started = time.monotonic()
        call = {
            "create": lambda: hasty.insert(METRICS, OTHERS[0]),
            "read": lambda: hasty.patch(METRICS, "a", LOOP, when=RUN),
        }[request_]
        with pytest.raises(Unavailable) as caught:
            call()
        assert time.monotonic() - started < 3
        assert caught.value.facts.get("code", 0) == fault["status"]
        assert made(faulty, request_) > 2

    def test_are_not_waited_for_where_a_delay_is_longer(
        self, hasty: Driver, faulty: StandIn
    ) -> None:
        faulty.fail(operations=["create"], status=429, substatus=3200, retry_after=60_000, times=9)
        started = time.monotonic()
        with pytest.raises(Unavailable) as caught:
            hasty.insert(METRICS, OTHERS[0])
        assert time.monotonic() - started < 1
        assert (caught.value.retry_after, caught.value.applied) == (60.0, False)
        assert made(faulty, "create") == 1

    def test_keep_to_the_delay_that_the_service_asks_for(
        self, driver: Driver, faulty: StandIn
    ) -> None:
        faulty.fail(operations=["create"], status=429, substatus=3200, retry_after=300)
        started = time.monotonic()
        assert driver.insert(METRICS, OTHERS[0])
        assert time.monotonic() - started >= 0.3
        assert made(faulty, "create") == 2
