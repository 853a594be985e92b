"""Verbs on Azure Cosmos DB that take several requests are atomic, in whatever order these come."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import pytest

from mlflow_docstore.adapters.cosmosdb import ADAPTER
from mlflow_docstore.adapters.document.driver import Document, Driver, Find, Patch
from mlflow_docstore.adapters.document.layout import EXPERIMENTS, LAYOUT, METRICS
from mlflow_docstore.adapters.memory.database import Database
from mlflow_docstore.adapters.memory.driver import MemoryDriver
from mlflow_docstore.core.query import And, Filter, equals
from mlflow_docstore.testing.guard.protocol import Command
from mlflow_docstore.testing.guard.proxy import Verdict
from tests.adapters.cosmosdb.proxy import HELLO, Proxy
from tests.adapters.cosmosdb.standin import StandIn, running

from .interleavings import Actor, every_order

_DATABASE = "interleavings"
_ACTORS = 3

Work = Callable[[Driver, str], Any]
"""What is done to a collection."""

ANT: Document = {"_id": "a", "state": "new", "seen": ["x"], "latest": {"loss": {"at": 3}}}
OF_RUN = equals("run_id", "r")
NEW = equals("state", "new")


def bees(state: str) -> list[Document]:
    """Of one partition, so that a batch can write them."""
    return [{"_id": one, "run_id": "r", "state": state} for one in "abc"]


def patched(when: Filter | None = None, **changes: Any) -> Work:
    return lambda db, to: db.patch(to, "a", Patch(**changes), when=when, returning=True)


def every_patched(where: Filter, **changes: Any) -> Work:
    return lambda db, to: db.patch_many(to, where, Patch(**changes))


def deleted(when: Filter | None = None) -> Work:
    return lambda db, to: db.delete(to, "a", when=when)


def every_deleted(where: Filter) -> Work:
    return lambda db, to: db.delete_many(to, where)


def inserted(**fields: Any) -> Work:
    return lambda db, to: db.insert(to, {"_id": "a", **fields})


def every_inserted(*documents: Document, ordered: bool = False) -> Work:
    return lambda db, to: db.insert_many(to, documents, ordered=ordered)


def put(*documents: Document) -> Work:
    return lambda db, to: db.put_many(to, documents)


def measured(at: int) -> Work:
    return patched(maximum={"latest.loss": {"at": at}})


def named(text: str) -> Work:
    """A maximum that the service compares itself."""
    return patched(maximum={"latest.name": {"text": text}})


@dataclass(frozen=True)
class Case:
    """What is done at the same time.

    Args:
        before: Documents that are there.
        works: Of each actor.
        collection: Of all that.
    """

    before: Sequence[Document]
    works: Sequence[Work]
    collection: str = EXPERIMENTS


def of_ant(*works: Work) -> Case:
    return Case([ANT], works)


def of_bees(*works: Work) -> Case:
    return Case(bees("new"), works, METRICS)


def of_nothing(*works: Work) -> Case:
    return Case([], works)


LEAVES = patched(OF_RUN, set={"state": "old"}, add={"seen": ["y"]})
NEW_OF_RUN = And((OF_RUN, NEW))

CASES = {
    "maxima of numbers": of_ant(measured(5), measured(7)),
    "maxima of texts": of_ant(named("m"), named("z")),
    "three maxima": of_ant(measured(5), measured(7), measured(4)),
    "additions": of_ant(patched(add={"seen": ["y"]}), patched(add={"seen": ["z", "x"]})),
    "pushes": of_ant(patched(push={"seen": ["y"]}), patched(push={"list": ["z"]})),
    "missing parents": of_ant(patched(set={"of.a": 1}), patched(set={"of.b": 2})),
    "removals": of_ant(patched(unset=["latest.loss"]), patched(unset=["latest.loss", "seen"])),
    "states": of_ant(
        patched(NEW, set={"state": "old"}), patched(NEW, set={"state": "dead", "of.a": 1})
    ),
    "a maximum, and who deletes": of_ant(measured(5), deleted(NEW)),
    "a state, and who deletes by it": of_ant(patched(set={"state": "old"}), deleted(NEW)),
    "deletions": of_ant(deleted(NEW), deleted(NEW)),
    "all, and one of them": of_ant(
        every_patched(NEW, set={"state": "old"}), patched(NEW, add={"seen": ["y"]})
    ),
    "all, and who leaves them": of_ant(
        every_deleted(NEW), patched(set={"state": "old"}, add={"seen": ["y"]})
    ),
    "who puts, and who adds": of_ant(
        put({"_id": "a", "state": "old", "seen": []}), patched(add={"seen": ["y"]})
    ),
    "insertions": of_nothing(inserted(state="one"), inserted(state="two")),
    "who inserts, and who deletes": of_nothing(inserted(state="new"), deleted(NEW)),
    "who inserts, and who measures": of_nothing(inserted(state="new"), measured(5)),
    "a batch of patches": of_bees(every_patched(NEW_OF_RUN, set={"state": "dead"}), LEAVES),
    "a batch of deletions": of_bees(every_deleted(NEW_OF_RUN), LEAVES),
    "a batch of replacements": of_bees(put(*bees("dead")), LEAVES),
    "a batch of insertions": Case(
        [], [every_inserted(*bees("new")), inserted(run_id="r", state="old")], METRICS
    ),
    "a batch of insertions in order": Case(
        [], [every_inserted(*bees("new"), ordered=True), inserted(run_id="r")], METRICS
    ),
    "two batches": Case(
        bees("new")[:1], [every_inserted(*bees("old")), every_deleted(NEW_OF_RUN)], METRICS
    ),
}


@dataclass
class Place:
    """Drivers on one database, each behind a proxy of its own.

    Args:
        server: With the database.
        outside: A driver with no proxy before it.
        proxies: One an actor.
        drivers: Behind them.
    """

    server: StandIn
    outside: Driver
    proxies: Sequence[Proxy]
    drivers: Sequence[Driver]

    def again(self) -> "Place":
        """As it was kept."""
        self.server.hold_again()
        return self

    def job(
        self, number: int, work: Work, collection: str
    ) -> Callable[["Place", Actor], Callable[[], Any]]:
        """Has an actor do it, who waits before each request."""

        def made(place: "Place", actor: Actor) -> Callable[[], Any]:
            def judge(command: Command) -> Verdict:
                if command.name != HELLO:
                    actor.step()
                return Verdict.FORWARD

            place.proxies[number].judge = judge
            return lambda: work(place.drivers[number], collection)

        return made


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with ExitStack() as stack:
        server = stack.enter_context(running())
        proxies = [stack.enter_context(Proxy(server)) for _ in range(_ACTORS)]
        drivers = [ADAPTER.connect(one.front.uri(_DATABASE)).driver for one in proxies]
        outside = ADAPTER.connect(server.uri(_DATABASE)).driver
        outside.prepare(LAYOUT)
        yield Place(server, outside, proxies, drivers)
        for one in (outside, *drivers):
            one.close()


def ends(case: Case) -> list[Any]:
    """What comes of the works, one after the other: in every order, on a database in memory."""
    found = []
    for order in permutations(range(len(case.works))):
        driver = MemoryDriver(Database())
        driver.insert_many(case.collection, case.before)
        results = {at: case.works[at](driver, case.collection) for at in order}
        there = stored(driver, case.collection)
        found.append(([results[at] for at in range(len(case.works))], there))
    return found


def stored(driver: Driver, collection: str) -> list[Document]:
    rows = driver.find(collection, Find())
    return sorted((row.document for row in rows), key=lambda one: one["_id"])


@pytest.mark.parametrize("name", CASES)
def test_they_end_as_one_after_the_other(pool: ThreadPoolExecutor, place: Place, name: str) -> None:
    case = CASES[name]
    place.outside.delete_many(case.collection, And())
    place.outside.insert_many(case.collection, case.before)
    place.server.keep()
    allowed = ends(case)

    def check(there: Place, results: list[Any]) -> None:
        assert (results, stored(there.outside, case.collection)) in allowed

    jobs = [place.job(number, work, case.collection) for number, work in enumerate(case.works)]
    assert every_order(pool, place.again, jobs, check, preemptions=2) >= len(jobs)
