"""What becomes of one item: conditions, patches, batches."""

from typing import Any

import pytest
from azure.core import MatchConditions
from azure.cosmos import ContainerProxy, CosmosClient
from azure.cosmos.exceptions import CosmosBatchOperationError, CosmosHttpResponseError

from .conftest import Make
from .standin import StandIn

ITEM = {"id": "a", "p": "p", "n": 1, "tags": ["x"], "deep": {"er": 1}}
STALE = {"etag": '"stale"', "match_condition": MatchConditions.IfNotModified}

PATCHES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "set": ({"op": "set", "path": "/n", "value": 2}, {"n": 2}),
    "set makes": ({"op": "set", "path": "/new", "value": None}, {"new": None}),
    "set in depth": ({"op": "set", "path": "/deep/er", "value": 2}, {"deep": {"er": 2}}),
    "set in an array": ({"op": "set", "path": "/tags/0", "value": "y"}, {"tags": ["y"]}),
    "append": ({"op": "add", "path": "/tags/-", "value": "y"}, {"tags": ["x", "y"]}),
    "insert": ({"op": "add", "path": "/tags/0", "value": "y"}, {"tags": ["y", "x"]}),
    "replace": ({"op": "replace", "path": "/n", "value": 3}, {"n": 3}),
    "increment": ({"op": "incr", "path": "/n", "value": 2}, {"n": 3}),
    "increment nothing": ({"op": "incr", "path": "/m", "value": 2}, {"m": 2}),
    "odd name": ({"op": "set", "path": "/a~1b~0c", "value": 1}, {"a/b~c": 1}),
}

REFUSED_PATCHES: dict[str, list[dict[str, Any]]] = {
    "eleven operations": [{"op": "incr", "path": "/n", "value": 1}] * 11,
    "none": [],
    "no parent": [{"op": "set", "path": "/no/where", "value": 1}],
    "remove what is not there": [{"op": "remove", "path": "/no"}],
    "replace what is not there": [{"op": "replace", "path": "/no", "value": 1}],
    "behind an array": [{"op": "add", "path": "/tags/7", "value": 1}],
    "increment a text": [{"op": "incr", "path": "/tags", "value": 1}],
    "id": [{"op": "set", "path": "/id", "value": "b"}],
    "partition key": [{"op": "set", "path": "/p", "value": "q"}],
    "no operation": [{"op": "max", "path": "/n", "value": 1}],
}


@pytest.fixture
def item(bare: ContainerProxy) -> ContainerProxy:
    bare.create_item(ITEM)
    return bare


def refused(call: Any, *arguments: Any, **options: Any) -> tuple[int, int | None]:
    """Status and sub-status."""
    with pytest.raises(CosmosHttpResponseError) as failed:
        call(*arguments, **options)
    return failed.value.status_code, failed.value.sub_status


def plain(document: Any) -> dict[str, Any]:
    return {name: value for name, value in document.items() if not name.startswith("_")}


class TestConditions:
    def test_a_taken_id_is_a_conflict(self, item: ContainerProxy) -> None:
        assert refused(item.create_item, ITEM)[0] == 409

    def test_an_id_is_taken_in_its_partition_only(self, item: ContainerProxy) -> None:
        item.create_item({**ITEM, "p": "q"})
        assert item.read_item("a", "q")["p"] == "q"

    def test_what_is_not_there_is_not_found(self, bare: ContainerProxy) -> None:
        assert refused(bare.read_item, "a", "p")[0] == 404
        assert refused(bare.delete_item, "a", "p")[0] == 404
        assert refused(bare.replace_item, "a", ITEM)[0] == 404

    def test_a_stale_etag_fails(self, item: ContainerProxy) -> None:
        assert refused(item.replace_item, "a", ITEM, **STALE)[0] == 412
        assert refused(item.upsert_item, ITEM, **STALE)[0] == 412
        assert refused(item.delete_item, "a", "p", **STALE)[0] == 412

    def test_an_etag_holds_once(self, item: ContainerProxy) -> None:
        last = {
            "etag": item.read_item("a", "p")["_etag"],
            "match_condition": STALE["match_condition"],
        }
        item.replace_item("a", {**ITEM, "n": 2}, **last)
        assert refused(item.replace_item, "a", {**ITEM, "n": 3}, **last)[0] == 412
        assert item.read_item("a", "p")["n"] == 2

    def test_unique_keys_are_unique_in_a_partition(self, make: Make) -> None:
        container = make(unique_key_policy={"uniqueKeys": [{"paths": ["/n"]}]})
        container.create_item(ITEM)
        assert refused(container.create_item, {**ITEM, "id": "b"})[0] == 409
        container.create_item({**ITEM, "id": "b", "p": "q"})
        container.upsert_item({**ITEM, "deep": None})

    def test_a_hierarchical_key_is_one_of_its_whole(self, make: Make) -> None:
        container = make(["/p", "/n"])
        container.create_item(ITEM)
        assert container.read_item("a", ["p", 1])["id"] == "a"
        assert refused(container.read_item, "a", ["p", 2])[0] == 404


class TestPatches:
    @pytest.mark.parametrize("case", PATCHES)
    def test_change(self, item: ContainerProxy, case: str) -> None:
        operation, changed = PATCHES[case]
        assert plain(item.patch_item("a", "p", [operation])) == {**ITEM, **changed}

    def test_remove(self, item: ContainerProxy) -> None:
        made = item.patch_item("a", "p", [{"op": "remove", "path": "/n"}])
        assert "n" not in made

    @pytest.mark.parametrize("case", REFUSED_PATCHES)
    def test_are_refused_whole(self, item: ContainerProxy, case: str) -> None:
        good = [{"op": "set", "path": "/m", "value": 1}] if case not in {"none"} else []
        assert refused(item.patch_item, "a", "p", [*good, *REFUSED_PATCHES[case]])[0] == 400
        assert plain(item.read_item("a", "p")) == ITEM

    @pytest.mark.parametrize(("condition", "holds"), [("c.n = 1", True), ("c.n != 1", False)])
    def test_hold_to_their_condition(
        self, item: ContainerProxy, condition: str, holds: bool
    ) -> None:
        operations = [{"op": "set", "path": "/n", "value": 2}]
        where = f"from c where {condition}"
        if holds:
            assert item.patch_item("a", "p", operations, filter_predicate=where)["n"] == 2
        else:
            assert refused(item.patch_item, "a", "p", operations, filter_predicate=where)[0] == 412


class TestBatches:
    def test_are_applied_in_order(self, bare: ContainerProxy) -> None:
        patch = [{"op": "incr", "path": "/n", "value": 1}]
        results = bare.execute_item_batch(
            [("create", (ITEM,)), ("patch", ("a", patch)), ("read", ("a",)), ("delete", ("a",))],
            "p",
        )
        assert [one["statusCode"] for one in results] == [201, 200, 200, 204]
        assert results[2]["resourceBody"]["n"] == 2

    def test_are_applied_whole_or_not(self, item: ContainerProxy) -> None:
        with pytest.raises(CosmosBatchOperationError) as failed:
            item.execute_item_batch([("upsert", ({**ITEM, "n": 2},)), ("create", (ITEM,))], "p")
        assert (failed.value.status_code, failed.value.error_index) == (409, 1)
        assert item.read_item("a", "p")["n"] == 1

    def test_have_a_hundred_operations(self, bare: ContainerProxy) -> None:
        batch = [("upsert", (ITEM,))] * 101
        assert refused(bare.execute_item_batch, batch, "p")[0] == 400


class TestKeys:
    def test_a_wrong_key_is_refused(self, cosmos: StandIn) -> None:
        wrong = "d3Jvbmc="
        assert refused(CosmosClient, cosmos.endpoint, wrong, retry_total=0)[0] == 401

    @pytest.mark.parametrize("name", ["é", "a b", "a%2Fb", "a+b", "😀", '"', "a&b=c;d"])
    def test_ids_are_any_text(self, bare: ContainerProxy, name: str) -> None:
        bare.create_item({"id": name, "p": name})
        assert bare.read_item(name, name)["id"] == name
