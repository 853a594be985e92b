"""Changes of all that matches: judged anew by the service, whatever others do meanwhile."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import pytest
from azure.cosmos import ContainerProxy

from mlflow_docstore.adapters.cosmosdb.containers import Containers
from mlflow_docstore.adapters.cosmosdb.driver import CosmosDriver
from mlflow_docstore.adapters.cosmosdb.session import Session
from mlflow_docstore.adapters.cosmosdb.uri import parse
from mlflow_docstore.adapters.document.driver import Document, Driver, Find, Patch
from mlflow_docstore.adapters.document.layout import LAYOUT, METRICS, Layout
from mlflow_docstore.core.errors import LimitExceeded
from mlflow_docstore.core.query import equals

from .standin import StandIn

_NUMBERS = count()
_LAYOUT = Layout(1, tuple(one for one in LAYOUT.collections if one.name == METRICS))
OLD = equals("state", "old")
NATIVE, READ_FIRST = Patch(set={"seen": 1}), Patch(set={"seen": 1}, unset=["m"])
NESTED = Patch(set={"m.seen": 1})


class Meanwhile(Containers):
    """Lets another writer come between what was found and what is made of it."""

    other: Callable[[], Any] | None = None

    @contextmanager
    def calling(self, verb: str, collection: str, key: object = None) -> Iterator[ContainerProxy]:
        other = self.other
        if other is not None and verb not in {"query", "insert_many"}:
            self.other = None
            other()
        with super().calling(verb, collection, key) as native:
            yield native


@pytest.fixture
def reach(faulty: StandIn) -> Meanwhile:
    return Meanwhile(Session(parse(faulty.uri(f"bulk-{next(_NUMBERS)}"))))


@pytest.fixture
def driver(faulty: StandIn, reach: Meanwhile) -> Iterator[Driver]:
    """With five documents of one partition and two of another."""
    driver = CosmosDriver(reach)
    driver.prepare(_LAYOUT)
    driver.insert_many(METRICS, [document(key) for key in ("a1", "a2", "a3", "a4", "a5", "b1")])
    driver.insert(METRICS, document("b2", "new"))
    faulty.forget()
    yield driver
    driver.close()


def document(key: str, state: str = "old") -> Document:
    return {"_id": key, "run_id": key[0], "state": state, "m": {}}


def stored(driver: Driver) -> dict[str, Document]:
    rows = driver.find(METRICS, Find())
    return {row.document["_id"]: row.document for row in rows}


def written(standin: StandIn) -> list[str]:
    """The kinds of requests that wrote."""
    found = [one["operation"] for one in standin.log() if f"_{METRICS}/docs" in one["address"]]
    return sorted(one for one in found if one != "query")


class TestPatchMany:
    @pytest.mark.parametrize("patch", [NATIVE, NESTED], ids=["plain", "nested"])
    def test_a_batch_changes_those_of_a_partition(
        self, faulty: StandIn, driver: Driver, patch: Patch
    ) -> None:
        driver.patch_many(METRICS, OLD, patch)
        assert written(faulty) == ["batch", "patch"]
        found = stored(driver)
        seen = {key for key, one in found.items() if 1 in (one.get("seen"), one["m"].get("seen"))}
        assert seen == {*found} - {"b2"}

    @pytest.mark.parametrize("patch", [NATIVE, READ_FIRST], ids=["native", "read first"])
    def test_what_matches_no_more_is_left_alone(
        self, reach: Meanwhile, driver: Driver, patch: Patch
    ) -> None:
        reach.other = lambda: driver.patch(METRICS, "a3", Patch(set={"state": "new"}))
        driver.patch_many(METRICS, OLD, patch)
        assert {key for key, one in stored(driver).items() if "seen" not in one} == {"a3", "b2"}

    @pytest.mark.parametrize("patch", [NATIVE, READ_FIRST], ids=["native", "read first"])
    def test_what_was_changed_and_matches_still_is_changed(
        self, reach: Meanwhile, driver: Driver, patch: Patch
    ) -> None:
        reach.other = lambda: driver.patch(METRICS, "a3", Patch(set={"other": 2}))
        driver.patch_many(METRICS, OLD, patch)
        found = stored(driver)
        assert (found["a3"]["seen"], found["a3"]["other"]) == (1, 2)
        assert {key for key, one in found.items() if "seen" not in one} == {"b2"}

    def test_what_is_gone_is_passed_over(self, reach: Meanwhile, driver: Driver) -> None:
        reach.other = lambda: driver.delete(METRICS, "a1")
        driver.patch_many(METRICS, OLD, NATIVE)
        assert {key for key, one in stored(driver).items() if "seen" in one} == {
            *("a2", "a3", "a4", "a5", "b1")
        }

    def test_a_parent_that_is_missing_is_made(self, driver: Driver) -> None:
        driver.patch(METRICS, "a2", Patch(unset=["m"]))
        driver.patch_many(METRICS, OLD, NESTED)
        assert stored(driver)["a2"]["m"] == stored(driver)["a1"]["m"] == {"seen": 1}

    def test_one_that_would_be_too_large_is_named(self, driver: Driver) -> None:
        driver.patch(METRICS, "a4", Patch(set={"text": "x" * 2_070_000}))
        with pytest.raises(LimitExceeded) as failed:
            driver.patch_many(METRICS, OLD, Patch(set={"more": "x" * 40_000}))
        assert (failed.value.kind, failed.value.key) == ("document", "a4")


class TestDeleteMany:
    def test_a_batch_removes_those_of_a_partition(self, faulty: StandIn, driver: Driver) -> None:
        driver.delete_many(METRICS, OLD)
        assert written(faulty) == ["batch", "delete"]
        assert {*stored(driver)} == {"b2"}

    @pytest.mark.parametrize("key", ["a3", "b1"])
    def test_what_matches_no_more_is_left_alone(
        self, reach: Meanwhile, driver: Driver, key: str
    ) -> None:
        reach.other = lambda: driver.patch(METRICS, key, Patch(set={"state": "new"}))
        driver.delete_many(METRICS, OLD)
        assert {*stored(driver)} == {"b2", key}

    @pytest.mark.parametrize("key", ["a3", "b1"])
    def test_what_was_changed_and_matches_still_is_removed(
        self, reach: Meanwhile, driver: Driver, key: str
    ) -> None:
        reach.other = lambda: driver.patch(METRICS, key, Patch(set={"other": 2}))
        driver.delete_many(METRICS, OLD)
        assert {*stored(driver)} == {"b2"}

    def test_what_is_gone_is_passed_over(self, reach: Meanwhile, driver: Driver) -> None:
        reach.other = lambda: driver.delete(METRICS, "a1")
        driver.delete_many(METRICS, OLD)
        assert {*stored(driver)} == {"b2"}
