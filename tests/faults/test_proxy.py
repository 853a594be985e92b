"""The proxy itself: what passes is not changed, and each verdict does what it says."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.errors import AutoReconnect, OperationFailure, ServerSelectionTimeoutError

from mlflow_docstore.testing.guard.faults import Fault, Script
from mlflow_docstore.testing.guard.proxy import Command, Proxy, Refusal, Verdict


def through(proxy: Proxy, name: str = "proxied") -> Collection:
    host, port = proxy.address
    options = "directConnection=true&retryWrites=false&retryReads=false"
    timeout = "serverSelectionTimeoutMS=1000"
    return MongoClient(f"mongodb://{host}:{port}/?{options}&{timeout}")["proxy"][name]


@pytest.fixture
def proxy(server: tuple[str, int]) -> Iterator[Proxy]:
    with Proxy(server) as made:
        yield made


@pytest.fixture
def collection(proxy: Proxy) -> Iterator[Collection]:
    made = through(proxy, f"c{uuid4().hex}")
    yield made
    made.database.client.close()


def test_what_passes_is_not_changed(proxy: Proxy, collection: Collection) -> None:
    proxy.judge = script = Script()
    rows = [{"_id": number, "text": "x" * 1000} for number in range(500)]
    collection.insert_many(rows)
    assert list(collection.find(sort=[("_id", 1)], batch_size=200)) == rows
    assert [command.name for command in script.seen] == ["insert", "find", "getMore", "getMore"]
    assert script.seen[0].body["insert"] == collection.name


def test_a_cut_before_a_command_leaves_it_undone(proxy: Proxy, collection: Collection) -> None:
    proxy.judge = Script(Fault.CUT_BEFORE)
    with pytest.raises(AutoReconnect):
        collection.insert_one({"_id": 1})
    assert list(collection.find()) == []


def test_a_cut_after_a_command_hides_that_it_is_done(proxy: Proxy, collection: Collection) -> None:
    proxy.judge = Script(Fault.CUT_AFTER)
    with pytest.raises(AutoReconnect):
        collection.insert_one({"_id": 1})
    assert list(collection.find()) == [{"_id": 1}]


def test_only_the_command_of_the_position_is_hit(proxy: Proxy, collection: Collection) -> None:
    proxy.judge = Script(Fault.CUT_BEFORE, position=1)
    collection.insert_one({"_id": 1})
    with pytest.raises(AutoReconnect):
        collection.insert_one({"_id": 2})
    collection.insert_one({"_id": 3})
    assert [row["_id"] for row in collection.find(sort=[("_id", 1)])] == [1, 3]


def test_a_throttled_command_is_answered_by_the_proxy(proxy: Proxy, collection: Collection) -> None:
    proxy.judge = Script(Fault.THROTTLE)
    with pytest.raises(OperationFailure, match="RetryAfterMs=20") as caught:
        collection.insert_one({"_id": 1})
    assert caught.value.code == 16500
    assert list(collection.find()) == []


def test_a_dead_server_refuses_connections_until_it_is_revived(
    proxy: Proxy, collection: Collection
) -> None:
    collection.insert_one({"_id": 1})
    proxy.judge = Script(Fault.DIE)
    with pytest.raises(AutoReconnect):
        collection.insert_one({"_id": 2})
    with pytest.raises(ServerSelectionTimeoutError):
        collection.insert_one({"_id": 3})
    proxy.revive()
    assert list(collection.find()) == [{"_id": 1}]


def test_a_judge_can_refuse_by_what_a_command_says(proxy: Proxy, collection: Collection) -> None:
    def no_aggregation(command: Command) -> Verdict | Refusal:
        if command.name == "aggregate":
            return Refusal({"ok": 0.0, "code": 303, "errmsg": "Feature not supported"})
        return Verdict.FORWARD

    proxy.judge = no_aggregation
    collection.insert_one({"_id": 1})
    with pytest.raises(OperationFailure) as caught:
        collection.aggregate([{"$match": {}}])
    assert caught.value.code == 303
