"""What a driver says of documents that another process wrote, while replicas lag."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import pytest

from mlflow_docstore.adapters.cosmosdb.connection import connect
from mlflow_docstore.adapters.document.driver import Document, Driver, Patch
from mlflow_docstore.adapters.document.layout import LAYOUT, META, METRICS, RUNS
from mlflow_docstore.core.errors import Unavailable
from mlflow_docstore.core.query import equals

from .standin import StandIn

NATIVE = Patch(set={"n": 3})
"""By the service's own patch; the other by a loop of versions."""
LOOP = Patch(set={"n": 3, **{f"other{number}": 0 for number in range(10)}})
PATCHES = pytest.mark.parametrize("patch", [NATIVE, LOOP], ids=["native", "loop"])

_NUMBERS = count()


@pytest.fixture
def uri(faulty: StandIn) -> Iterator[str]:
    """Of a prepared database."""
    uri = faulty.uri(f"points-{next(_NUMBERS)}")
    maker = connect(uri).driver
    maker.prepare(LAYOUT)
    for collection in (META, RUNS, METRICS):
        maker.insert(collection, {"_id": "old", "n": 1, "run_id": "r"})
    maker.close()
    yield uri
    faulty.catch_up()
    faulty.level("Session")


@contextmanager
def opened(uri: str) -> Iterator[Driver]:
    """A driver that knows its containers and their partitions, and has asked for its level."""
    driver = connect(uri).driver
    driver.get(RUNS, "old")
    driver.get(RUNS, "never")
    yield driver
    driver.close()


@pytest.fixture
def writer(uri: str) -> Iterator[Driver]:
    with opened(uri) as driver:
        yield driver


@pytest.fixture
def other(uri: str, faulty: StandIn) -> Iterator[Driver]:
    """The driver of another process, to which replicas answer that hear of nothing any more."""
    with opened(uri) as driver:
        faulty.lag()
        faulty.forget()
        yield driver


def truth(standin: StandIn, driver: Driver) -> Document | None:
    """What there is of the old document, when all have heard of all."""
    standin.catch_up()
    return driver.get(RUNS, "old")


def asked(standin: StandIn) -> list[str]:
    return [one["operation"] for one in standin.log() if one["operation"] != "plan"]


class TestGet:
    def test_finds_what_another_made(self, writer: Driver, other: Driver) -> None:
        writer.insert(RUNS, {"_id": "new"})
        assert other.get(RUNS, "new") == {"_id": "new"}

    def test_says_that_what_is_missing_is_missing(self, faulty: StandIn, other: Driver) -> None:
        assert other.get(RUNS, "none") is None
        assert asked(faulty) == ["read", "patch"]

    def test_asks_once_for_what_is_there(self, faulty: StandIn, other: Driver) -> None:
        assert other.get(RUNS, "old") is not None
        assert asked(faulty) == ["read"]

    def test_writes_nothing(self, writer: Driver, other: Driver) -> None:
        writer.insert(RUNS, {"_id": "new", "n": 1})
        other.get(RUNS, "new")
        assert writer.get(RUNS, "new") == {"_id": "new", "n": 1}

    def test_may_be_old(self, writer: Driver, other: Driver) -> None:
        writer.patch(RUNS, "old", NATIVE)
        found = other.get(RUNS, "old")
        assert found is not None
        assert found["n"] == 1

    @pytest.mark.parametrize("level", ["Strong", "BoundedStaleness"])
    def test_asks_once_at_a_level_that_is_never_stale(
        self, faulty: StandIn, uri: str, level: str
    ) -> None:
        faulty.level(level)
        with opened(uri) as driver:
            faulty.forget()
            assert driver.get(RUNS, "none") is None
            assert asked(faulty) == ["read"]

    def test_says_neither_where_reads_and_writes_disagree(
        self, faulty: StandIn, writer: Driver, other: Driver
    ) -> None:
        """Of what was removed between the two, or where no token came with the refusal."""
        writer.insert(RUNS, {"_id": "new"})
        faulty.fail(status=404, operations=["read"], address="docs/new", skip=1)
        with pytest.raises(Unavailable) as caught:
            other.get(RUNS, "new")
        assert caught.value.applied is False


class TestPatch:
    @PATCHES
    def test_finds_what_another_made(self, writer: Driver, other: Driver, patch: Patch) -> None:
        writer.insert(RUNS, {"_id": "new", "n": 2})
        outcome = other.patch(RUNS, "new", patch, when=equals("n", 2), returning=True)
        assert outcome.document is not None
        assert outcome.document["n"] == 3

    @PATCHES
    def test_holds_a_precondition_against_the_newest(
        self, writer: Driver, other: Driver, patch: Patch
    ) -> None:
        writer.patch(RUNS, "old", Patch(set={"n": 2}))
        assert not other.patch(RUNS, "old", patch, when=equals("n", 1)).matched
        assert other.patch(RUNS, "old", patch, when=equals("n", 2)).matched

    @PATCHES
    def test_does_not_bring_back_what_another_removed(
        self, faulty: StandIn, writer: Driver, other: Driver, patch: Patch
    ) -> None:
        writer.delete(RUNS, "old")
        assert not other.patch(RUNS, "old", patch).matched
        assert truth(faulty, writer) is None

    def test_that_was_made_long_ago_is_made_again(
        self, faulty: StandIn, writer: Driver, other: Driver
    ) -> None:
        """The replica has the values that are to be set, but they are others by now."""
        writer.patch(RUNS, "old", LOOP)
        faulty.catch_up()
        faulty.lag()
        writer.patch(RUNS, "old", Patch(set={"n": 4}))
        assert other.patch(RUNS, "old", LOOP).matched
        found = truth(faulty, writer)
        assert found is not None
        assert found["n"] == 3

    def test_of_nothing_reads_what_there_is_now(
        self, faulty: StandIn, writer: Driver, other: Driver
    ) -> None:
        writer.patch(RUNS, "old", NATIVE)
        faulty.forget()
        outcome = other.patch(RUNS, "old", Patch(), returning=True)
        assert outcome.document is not None
        assert outcome.document["n"] == 3
        assert asked(faulty) == ["patch", "read"]

    def test_that_changes_nothing_holds_its_precondition_as_well(
        self, writer: Driver, other: Driver
    ) -> None:
        writer.patch(RUNS, "old", NATIVE)
        assert not other.patch(RUNS, "old", Patch(), when=equals("n", 1)).matched

    @pytest.mark.parametrize(
        ("patch", "requests"),
        [(NATIVE, ["patch", "read"]), (LOOP, ["read", "patch", "read"])],
        ids=["native", "loop"],
    )
    def test_that_does_not_apply_is_told_so_by_a_write(
        self, faulty: StandIn, other: Driver, patch: Patch, requests: list[str]
    ) -> None:
        assert not other.patch(RUNS, "old", patch, when=equals("n", 2)).matched
        assert asked(faulty) == requests

    def test_of_what_is_missing_is_one_request(self, faulty: StandIn, other: Driver) -> None:
        assert not other.patch(RUNS, "none", NATIVE).matched
        assert asked(faulty) == ["patch"]

    @PATCHES
    def test_of_a_collection_with_partitions_is_no_other(
        self, writer: Driver, other: Driver, patch: Patch
    ) -> None:
        writer.insert(METRICS, {"_id": "new", "n": 2, "run_id": "r"})
        assert other.patch(METRICS, "new", patch, when=equals("run_id", "r")).matched


class TestDelete:
    def test_removes_what_another_changed(
        self, faulty: StandIn, writer: Driver, other: Driver
    ) -> None:
        writer.patch(RUNS, "old", NATIVE)
        assert other.delete(RUNS, "old", when=equals("n", 3))
        assert truth(faulty, writer) is None

    def test_holds_its_precondition_against_the_newest(self, writer: Driver, other: Driver) -> None:
        writer.patch(RUNS, "old", Patch(set={"n": 2}))
        assert not other.delete(RUNS, "old", when=equals("n", 1))
        assert other.delete(RUNS, "old", when=equals("n", 2))

    @pytest.mark.parametrize("when", [None, equals("n", 1)])
    def test_is_not_done_twice(self, writer: Driver, other: Driver, when: object) -> None:
        writer.delete(RUNS, "old")
        assert not other.delete(RUNS, "old", when=when)  # type: ignore[arg-type]
