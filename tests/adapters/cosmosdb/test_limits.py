"""What the service does not take: a table of calls, and what they are refused with."""

from collections.abc import Callable
from typing import Any

import pytest
from azure.cosmos import ContainerProxy, DatabaseProxy, PartitionKey
from azure.cosmos.exceptions import CosmosHttpResponseError

from .conftest import Make

MB = 1024 * 1024
LONG = f"SELECT '{'x' * MB}' FROM c"  # noqa: S608
JOINED = "SELECT c.id FROM c" + "".join(f" JOIN a{n} IN c.a" for n in range(11))  # noqa: S608


def within(count: int) -> str:
    return f"SELECT c.id FROM c WHERE c.a IN ({', '.join(map(str, range(count)))})"  # noqa: S608


def sized(size: int) -> dict[str, Any]:
    return {"id": "a", "p": "p", "text": "x" * size}


def nested(depth: int) -> dict[str, Any]:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return {"id": "a", "p": "p", "deep": value}


TAKEN: dict[str, Callable[[ContainerProxy], Any]] = {
    "an item of 2 MB": lambda c: c.create_item(sized(2 * MB - 400)),
    "an id of 1023 bytes": lambda c: c.create_item({"id": "x" * 1023, "p": "p"}),
    "a key of 2 KB": lambda c: c.create_item({"id": "a", "p": "x" * 2048}),
    "no key": lambda c: c.create_item({"id": "a"}),
    "127 levels": lambda c: c.create_item(nested(127)),
    "6000 arguments": lambda c: (
        c.create_item(sized(1)),
        list(c.query_items(within(6000), partition_key="p")),
    ),
}

REFUSED: dict[str, tuple[Callable[[ContainerProxy], Any], int]] = {
    "an item over 2 MB": (lambda c: c.create_item(sized(2 * MB)), 413),
    "an id of 1024 bytes": (lambda c: c.create_item({"id": "x" * 1024, "p": "p"}), 400),
    "an id of 512 letters of 2 bytes": (lambda c: c.create_item({"id": "é" * 512, "p": "p"}), 400),
    "a key over 2 KB": (lambda c: c.create_item({"id": "a", "p": "x" * 2049}), 400),
    "a key that is a list": (lambda c: c.create_item({"id": "a", "p": [1]}), 400),
    "128 levels": (lambda c: c.create_item(nested(128)), 400),
    "a text of 512 KB": (
        lambda c: list(c.query_items(LONG, partition_key="p")),
        400,
    ),
    "eleven joins": (
        lambda c: list(c.query_items(JOINED, partition_key="p")),
        400,
    ),
    "6001 arguments": (lambda c: list(c.query_items(within(6001), partition_key="p")), 400),
    "another id": (lambda c: c.replace_item("a", {"id": "b", "p": "p"}), 404),
}

CONTAINERS: dict[str, dict[str, Any]] = {
    "nine paths": {
        "includedPaths": [{"path": "/*"}],
        "compositeIndexes": [[{"path": f"/a{n}"} for n in range(9)]],
    },
    "an open path": {
        "includedPaths": [{"path": "/*"}],
        "compositeIndexes": [[{"path": "/a/*"}, {"path": "/b"}]],
    },
    "no root": {"includedPaths": [{"path": "/a/?"}], "excludedPaths": []},
}


class TestItems:
    @pytest.mark.parametrize("case", TAKEN)
    def test_are_taken(self, bare: ContainerProxy, case: str) -> None:
        TAKEN[case](bare)
        assert len(list(bare.read_all_items())) == 1

    @pytest.mark.parametrize("case", REFUSED)
    def test_are_refused(self, bare: ContainerProxy, case: str) -> None:
        call, status = REFUSED[case]
        with pytest.raises(CosmosHttpResponseError) as refused:
            call(bare)
        assert refused.value.status_code == status
        assert list(bare.read_all_items()) == []

    def test_a_patch_that_makes_one_too_large_is_refused(self, bare: ContainerProxy) -> None:
        bare.create_item(sized(2 * MB - 400))
        with pytest.raises(CosmosHttpResponseError) as refused:
            bare.patch_item("a", "p", [{"op": "set", "path": "/more", "value": "x" * 400}])
        assert refused.value.status_code == 413


class TestContainers:
    @pytest.mark.parametrize("case", CONTAINERS)
    def test_with_a_bad_policy_are_refused(self, make: Make, case: str) -> None:
        with pytest.raises(CosmosHttpResponseError) as refused:
            make(indexing_policy=CONTAINERS[case])
        assert refused.value.status_code == 400

    def test_keep_their_partition_key(self, database: DatabaseProxy, make: Make) -> None:
        container = make()
        with pytest.raises(CosmosHttpResponseError) as refused:
            database.replace_container(container, PartitionKey("/other"))
        assert refused.value.status_code == 400

    def test_that_are_not_there_are_not_found(self, database: DatabaseProxy) -> None:
        with pytest.raises(CosmosHttpResponseError) as refused:
            database.get_container_client("nowhere").read_item("a", "p")
        assert refused.value.status_code == 404


class TestResponses:
    def test_hold_four_megabytes(self, bare: ContainerProxy) -> None:
        for name in "abcdef":
            bare.create_item({**sized(MB), "id": name})
        pages = list(bare.query_items("SELECT * FROM c", partition_key="p").by_page())
        assert [len(list(page)) for page in pages] == [3, 3]

    def test_hold_as_many_items_as_are_asked_for(self, bare: ContainerProxy) -> None:
        for number in range(7):
            bare.create_item({"id": str(number), "p": "p"})
        asked = bare.query_items("SELECT * FROM c", partition_key="p", max_item_count=3)
        assert [len(list(page)) for page in asked.by_page()] == [3, 3, 1]

    def test_hold_a_hundred_items_where_nothing_is_asked(self, bare: ContainerProxy) -> None:
        for number in range(101):
            bare.create_item({"id": str(number), "p": "p"})
        pages = bare.query_items("SELECT VALUE 1 FROM c", partition_key="p").by_page()
        assert [len(list(page)) for page in pages] == [100, 1]
