"""Writes of several documents: how many requests they are, and what is left where one fails."""

from collections.abc import Callable, Iterator, Sequence
from itertools import count
from typing import Any

import pytest

from mlflow_docstore.adapters.cosmosdb.connection import connect
from mlflow_docstore.adapters.document.driver import Document, Driver, Find, PartlyWritten
from mlflow_docstore.adapters.document.layout import LAYOUT, METRICS, Layout
from mlflow_docstore.core.errors import LimitExceeded, Unavailable

from .standin import StandIn

_NUMBERS = count()
_LAYOUT = Layout(1, tuple(one for one in LAYOUT.collections if one.name == METRICS))
WRITES: dict[str, Callable[[Driver, list[Document]], Any]] = {
    "insert": lambda driver, documents: driver.insert_many(METRICS, documents),
    "in order": lambda driver, documents: driver.insert_many(METRICS, documents, ordered=True),
    "put": lambda driver, documents: driver.put_many(METRICS, documents),
}


@pytest.fixture
def driver(faulty: StandIn) -> Iterator[Driver]:
    """With a collection of which documents share partitions."""
    driver = connect(faulty.uri(f"batches-{next(_NUMBERS)}")).driver
    driver.prepare(_LAYOUT)
    faulty.forget()
    yield driver
    driver.close()


def some(number: int, run: str = "r", first: int = 0, **fields: Any) -> list[Document]:
    numbers = range(first, first + number)
    return [{"_id": f"{run}{n:03}", "run_id": run, "n": n, **fields} for n in numbers]


def keys(documents: Sequence[Document]) -> frozenset[str]:
    return frozenset(document["_id"] for document in documents)


def stored(driver: Driver) -> list[Document]:
    rows = driver.find(METRICS, Find())
    return sorted((row.document for row in rows), key=lambda one: str(one["_id"]))


def asked(standin: StandIn) -> list[str]:
    """The kinds of requests that came."""
    return [one["operation"] for one in standin.log() if f"_{METRICS}/docs" in one["address"]]


@pytest.mark.parametrize("name", WRITES)
class TestRequests:
    @pytest.mark.parametrize(
        ("documents", "requests"),
        [
            (some(0), 0),
            (some(100), 1),
            (some(102), 2),
            (some(2) + some(2, "s"), 2),
            (some(5, text="x" * 500_000), 3),
            (some(4, text="é" * 160_000), 4),
        ],
        ids=["none", "100", "102", "two partitions", "2.5 MB", "escapes"],
    )
    def test_one_takes_what_shares_a_partition(
        self, faulty: StandIn, driver: Driver, name: str, documents: list[Document], requests: int
    ) -> None:
        WRITES[name](driver, documents)
        assert len(asked(faulty)) == requests
        assert stored(driver) == documents

    def test_what_is_too_large_is_refused_before_any(
        self, faulty: StandIn, driver: Driver, name: str
    ) -> None:
        with pytest.raises(LimitExceeded):
            WRITES[name](driver, [*some(2), *some(1, first=2, text="x" * 2_200_000)])
        assert asked(faulty) == []


class TestTaken:
    def test_one_in_the_middle_is_left_out(self, faulty: StandIn, driver: Driver) -> None:
        (old,) = some(1, first=4, old=True)
        driver.insert(METRICS, old)
        faulty.forget()
        documents = some(10)
        assert driver.insert_many(METRICS, documents) == {old["_id"]}
        # Refused; read as far as what was there; sent without.
        assert asked(faulty) == ["batch"] * 3
        assert stored(driver) == [*documents[:4], old, *documents[5:]]

    def test_a_repeat_is_found_out_at_once(self, faulty: StandIn, driver: Driver) -> None:
        driver.insert_many(METRICS, some(100))
        faulty.forget()
        assert driver.insert_many(METRICS, some(100)) == keys(some(100))
        assert asked(faulty) == ["batch"] * 2

    def test_many_here_and_there_are_tried_one_by_one(
        self, faulty: StandIn, driver: Driver
    ) -> None:
        old = some(20)[::2]
        driver.insert_many(METRICS, old)
        faulty.forget()
        assert driver.insert_many(METRICS, some(20, new=True)) == keys(old)
        assert asked(faulty) == ["batch"] * 6 + ["create"] * 17
        assert stored(driver)[:4] == [
            old[0],
            *some(1, first=1, new=True),
            old[1],
            *some(1, first=3, new=True),
        ]

    def test_an_order_ends_at_the_first(self, faulty: StandIn, driver: Driver) -> None:
        old = some(10)[4::3]
        driver.insert_many(METRICS, old)
        faulty.forget()
        documents = [*some(10), *some(3, "s")]
        assert driver.insert_many(METRICS, documents, ordered=True) == {old[0]["_id"]}
        assert asked(faulty) == ["batch"] * 2
        assert stored(driver) == [*documents[:4], *old]

    def test_an_order_goes_from_partition_to_partition(self, driver: Driver) -> None:
        driver.insert_many(METRICS, some(1, "s"))
        documents = [*some(2), *some(2, "s"), *some(2, first=2)]
        assert driver.insert_many(METRICS, documents, ordered=True) == {"s000"}
        assert keys(stored(driver)) == {"r000", "r001", "s000"}


class TestFaults:
    @pytest.mark.parametrize("name", WRITES)
    @pytest.mark.parametrize("applied", [False, True])
    def test_of_the_second_batch_leave_the_first_done(
        self, faulty: StandIn, driver: Driver, name: str, applied: bool
    ) -> None:
        faulty.fail(status=0, operations=["batch"], skip=1, applied=applied)
        with pytest.raises(PartlyWritten) as failed:
            WRITES[name](driver, some(150))
        assert (failed.value.applied, failed.value.done) == (None, keys(some(100)))
        assert len(stored(driver)) == (150 if applied else 100)

    def test_of_the_first_batch_leave_none_done(self, faulty: StandIn, driver: Driver) -> None:
        faulty.fail(status=429, operations=["batch"], retry_after=10)
        with pytest.raises(Unavailable) as failed:
            driver.insert_many(METRICS, some(3))
        assert type(failed.value) is Unavailable
        assert (failed.value.applied, failed.value.retry_after) == (False, 0.01)

    def test_behind_one_that_is_taken_tell_that_it_is(
        self, faulty: StandIn, driver: Driver
    ) -> None:
        driver.insert_many(METRICS, some(2, first=1))
        faulty.fail(status=503, operations=["batch"], skip=2)
        with pytest.raises(PartlyWritten) as failed:
            driver.insert_many(METRICS, some(5))
        assert failed.value.done == failed.value.taken == keys(some(2, first=1))

    def test_between_two_of_one_id_leave_the_first_done(
        self, faulty: StandIn, driver: Driver
    ) -> None:
        faulty.fail(status=503, operations=["batch"], skip=1)
        with pytest.raises(PartlyWritten) as failed:
            driver.insert_many(METRICS, [*some(2), *some(2)])
        assert (failed.value.done, failed.value.taken) == (keys(some(2)), frozenset())
        assert stored(driver) == some(2)

    def test_between_writes_of_one_tell_how_far_they_came(
        self, faulty: StandIn, driver: Driver
    ) -> None:
        driver.insert_many(METRICS, some(20)[::2])
        faulty.fail(status=449, operations=["create"], skip=3)
        with pytest.raises(PartlyWritten) as failed:
            driver.insert_many(METRICS, some(20))
        assert failed.value.done == keys(some(6))
        assert failed.value.taken == keys(some(6)[::2])
