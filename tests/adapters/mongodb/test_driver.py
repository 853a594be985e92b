"""The verbs on a server: what each costs, and what becomes of its failures."""

from typing import Any

import pytest

from mlflow_docstore.adapters.document.driver import Find, Join, Patch
from mlflow_docstore.adapters.document.groups import Group, GroupKey
from mlflow_docstore.adapters.document.layout import LAYOUT, METRICS, Index
from mlflow_docstore.adapters.mongodb.driver import MongoDriver
from mlflow_docstore.adapters.mongodb.provision import throwaway
from mlflow_docstore.core.errors import AlreadyExists, LimitExceeded, Unavailable
from mlflow_docstore.core.query import And, BestElement, Compare, Operator, Order, equals, path

from .conftest import Commands, Fail

MEGABYTE = 1 << 20
BY_ID = Order(path("_id"))
BY_MISSING = Order(path("nowhere"), optional=True)
BY_BEST = BestElement(path("m"), (Compare(path("k"), Operator.EQ, "a"),), (BY_ID,), path("v"))
ORDERS = ((BY_ID,), (BY_MISSING, BY_ID), (BY_BEST, BY_ID))


def rows(count: int) -> list[dict[str, Any]]:
    return [{"_id": f"{number:05}", "x": number} for number in range(count)]


class TestCosts:
    @pytest.fixture
    def filled(self, driver: MongoDriver, commands: Commands) -> MongoDriver:
        driver.insert_many("c", rows(1200))
        commands.names.clear()
        commands.sent.clear()
        return driver

    @pytest.mark.parametrize("order", ORDERS, ids=("native", "optional", "best"))
    @pytest.mark.parametrize("limit", [1, 101, 102, 1000, None])
    def test_a_page_is_one_command(
        self, filled: MongoDriver, commands: Commands, order: Any, limit: int | None
    ) -> None:
        found = filled.find("c", Find(order=order, limit=limit))
        assert len(found) == (limit or 1200)
        assert len(commands.names) == 1

    @pytest.mark.parametrize("order", ORDERS, ids=("native", "optional", "best"))
    def test_a_join_is_of_the_page_alone(
        self, filled: MongoDriver, commands: Commands, order: Any
    ) -> None:
        query = Find(order=order, limit=3, fields=("x",), join=Join("c", "ids", "found"))
        assert len(filled.find("c", query)) == 3
        (command,) = commands.sent
        stages = [next(iter(stage)) for stage in command["pipeline"] if "$addFields" not in stage]
        assert stages == ["$match", "$sort", "$limit", "$lookup", "$project"]

    @pytest.mark.parametrize(
        ("call", "command"),
        [
            (lambda driver: driver.get("c", "00001"), "find"),
            (lambda driver: driver.insert("c", {"_id": "new"}), "insert"),
            (lambda driver: driver.insert_many("c", [{"_id": "a"}, {"_id": "00001"}]), "insert"),
            (lambda driver: driver.put_many("c", rows(100)), "update"),
            (lambda driver: driver.patch("c", "00001", Patch(set={"y": 1})), "update"),
            (
                lambda driver: driver.patch("c", "00001", Patch(set={"y": 1}), returning=True),
                "findAndModify",
            ),
            (lambda driver: driver.patch("c", "00001", Patch()), "find"),
            (lambda driver: driver.patch_many("c", And(), Patch(set={"y": 1})), "update"),
            (lambda driver: driver.delete("c", "00001", when=equals("x", 1)), "delete"),
            (lambda driver: driver.delete_many("c", equals("x", 1)), "delete"),
            (lambda driver: driver.distinct("c", And(), ("x",), limit=9), "aggregate"),
            (lambda driver: driver.group("c", Group(keys=(GroupKey("x"),))), "aggregate"),
            (lambda driver: list(driver.tuples("c", And(), ("x",))), "find"),
            (lambda driver: list(driver.tuples("c", And(), ("x",), each="a")), "aggregate"),
        ],
    )
    def test_a_verb_is_one_command(
        self, filled: MongoDriver, commands: Commands, call: Any, command: str
    ) -> None:
        call(filled)
        assert commands.names == [command]

    def test_what_is_put_says_to_which_shard_it_goes(
        self, driver: MongoDriver, commands: Commands
    ) -> None:
        driver.put_many(METRICS, [{"_id": "a", "run_id": "r", "x": 1}])
        (command,) = commands.sent
        assert [one["q"] for one in command["updates"]] == [{"_id": "a", "run_id": "r"}]

    def test_a_patch_of_many_that_changes_nothing_sends_nothing(
        self, filled: MongoDriver, commands: Commands
    ) -> None:
        filled.patch_many("c", And(), Patch())
        assert commands.names == []

    def test_a_scan_reads_no_further_than_it_is_asked(
        self, filled: MongoDriver, commands: Commands
    ) -> None:
        scan = filled.scan("c", Find(order=(BY_ID,)))
        assert next(scan)["x"] == 0
        scan.close()  # type: ignore[attr-defined]
        assert commands.names == ["find", "killCursors"]


class TestSizes:
    def test_a_document_that_a_patch_would_make_too_large_stays_as_it_is(
        self, driver: MongoDriver
    ) -> None:
        driver.insert("c", {"_id": "a", "x": "x" * (15 * MEGABYTE)})
        with pytest.raises(LimitExceeded) as caught:
            driver.patch("c", "a", Patch(set={"y": "y" * (2 * MEGABYTE), "z": 1}))
        assert (caught.value.key, caught.value.facts["limit"]) == ("a", 16 * MEGABYTE)
        stored = driver.get("c", "a")
        assert stored is not None
        assert set(stored) == {"_id", "x"}

    def test_a_batch_larger_than_a_message_is_split(
        self, driver: MongoDriver, commands: Commands
    ) -> None:
        large = [{"_id": str(number), "x": "x" * (8 * MEGABYTE)} for number in range(7)]
        assert driver.insert_many("c", [*large, {"_id": "0"}]) == {"0"}
        assert commands.names == ["insert", "insert"]


class TestFailures:
    WRITES = (
        ("insert", lambda driver: driver.insert("c", {"_id": "b"})),
        ("insert", lambda driver: driver.insert_many("c", [{"_id": "b"}])),
        ("update", lambda driver: driver.put_many("c", [{"_id": "a", "x": 2}])),
        ("update", lambda driver: driver.patch("c", "a", Patch(set={"x": 2}))),
        (
            "findAndModify",
            lambda driver: driver.patch("c", "a", Patch(set={"x": 2}), returning=True),
        ),
        ("delete", lambda driver: driver.delete("c", "a")),
    )

    @pytest.fixture
    def frail(self, driver: MongoDriver) -> MongoDriver:
        driver.insert("c", {"_id": "a", "x": 1})
        return driver

    @pytest.mark.parametrize(("command", "call"), WRITES)
    def test_a_lost_reply_leaves_the_outcome_open(
        self, frail: MongoDriver, fail: Fail, command: str, call: Any
    ) -> None:
        # The driver tries once more by itself, where the server is of a replica set.
        fail(command, times=2, closeConnection=True)
        with pytest.raises(Unavailable) as caught:
            call(frail)
        assert caught.value.applied is None
        fail.stop()
        call(frail)

    @pytest.mark.parametrize(("command", "call"), WRITES)
    def test_a_write_that_is_not_yet_replicated_is_uncertain(
        self, frail: MongoDriver, fail: Fail, command: str, call: Any
    ) -> None:
        fail(command, writeConcernError={"code": 64, "errmsg": "waiting"})
        with pytest.raises(Unavailable) as caught:
            call(frail)
        assert caught.value.applied is None

    def test_a_conflict_leaves_everything_as_it_was(self, frail: MongoDriver, fail: Fail) -> None:
        fail("update", errorCode=112)
        with pytest.raises(Unavailable) as caught:
            frail.patch("c", "a", Patch(set={"x": 2}))
        assert caught.value.applied is False
        assert frail.get("c", "a") == {"_id": "a", "x": 1}

    def test_throttling_in_a_batch_may_hit_a_part_of_it(
        self, frail: MongoDriver, fail: Fail
    ) -> None:
        fail("insert", errorCode=16500)
        with pytest.raises(Unavailable) as caught:
            frail.insert_many("c", rows(3))
        assert caught.value.retryable

    def test_a_read_is_interrupted(self, frail: MongoDriver, fail: Fail) -> None:
        fail("find", times=2, closeConnection=True)
        with pytest.raises(Unavailable):
            frail.find("c", Find())
        assert len(frail.find("c", Find())) == 1


class TestIndexes:
    def test_the_layout_is_what_is_there(self, driver: MongoDriver) -> None:
        driver.prepare(LAYOUT)
        driver.prepare(LAYOUT)
        for collection in LAYOUT.collections:
            found = sorted(driver.indexes(collection.name), key=lambda index: index.name)
            expected = sorted(collection.indexes, key=lambda index: index.name)
            assert found == expected

    @pytest.mark.parametrize(
        "other", [Index("by_x", (("y", 1),)), Index("other", (("x", 1),))], ids=str
    )
    def test_one_that_contradicts_another_is_refused(
        self, driver: MongoDriver, other: Index
    ) -> None:
        driver.create_index("c", Index("by_x", (("x", 1),)))
        with pytest.raises(AlreadyExists):
            driver.create_index("c", other)


def test_a_throw_away_namespace_is_dropped(mongodb_uri: str) -> None:
    with throwaway(mongodb_uri) as driver:
        driver.insert("c", {"_id": "a"})
        collection = driver._session.collection("c")
        assert collection.name in collection.database.list_collection_names()
    with throwaway(mongodb_uri) as other:
        database = other._session.collection("c").database
        assert collection.name not in database.list_collection_names()
