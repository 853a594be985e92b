"""Queries of several partitions: what is served, what the SDK merges, what is refused."""

from typing import Any

import pytest
from azure.cosmos import ContainerProxy, DatabaseProxy, PartitionKey
from azure.cosmos.exceptions import CosmosHttpResponseError

from .conftest import Make
from .standin import StandIn

POLICY = {
    "includedPaths": [{"path": "/*"}, {"path": "/named/?"}],
    "excludedPaths": [{"path": "/secret/?"}, {"path": "/large/*"}],
    "compositeIndexes": [
        [{"path": "/even", "order": "ascending"}, {"path": "/n", "order": "descending"}],
        [{"path": "/a"}, {"path": "/b"}, {"path": "/c"}],
    ],
}
COUNT = 20

ANSWERS: dict[str, list[Any]] = {
    "SELECT VALUE c.n FROM c WHERE c.n > 16 ORDER BY c.n": [17, 18, 19],
    "SELECT VALUE c.n FROM c WHERE c.n > 16 ORDER BY c.n DESC": [19, 18, 17],
    "SELECT TOP 3 VALUE c.n FROM c ORDER BY c.n": [0, 1, 2],
    "SELECT TOP @two c.n, c.id AS name FROM c ORDER BY c.n": [
        {"n": 0, "name": "id-0"},
        {"n": 1, "name": "id-1"},
    ],
    "SELECT VALUE c.n FROM c ORDER BY c.n OFFSET 2 LIMIT 3": [2, 3, 4],
    "SELECT TOP 2 VALUE c.n FROM c ORDER BY c.even, c.n DESC": [19, 17],
    "SELECT TOP 2 VALUE c.n FROM c ORDER BY c.even DESC, c.n": [0, 2],
    "SELECT VALUE COUNT(1) FROM c": [COUNT],
    "SELECT VALUE MAX(c.n) FROM c WHERE c.even = 1": [18],
    "SELECT VALUE SUM(c.n) FROM c": [sum(range(COUNT))],
    "SELECT VALUE AVG(c.n) FROM c": [9.5],
    # Rows without the field come back only where its path is included by name.
    "SELECT VALUE c.n FROM c ORDER BY c.some": [0, 10],
    "SELECT TOP 1 VALUE c.some FROM c WHERE c.n < 1 ORDER BY c.named": [0],
}

REFUSED = {
    "SELECT * FROM c ORDER BY c.secret": "excluded",
    "SELECT * FROM c ORDER BY c.large.part": "excluded",
    "SELECT * FROM c ORDER BY c.even, c.n": "composite index",
    "SELECT * FROM c ORDER BY c.a, c.b": "composite index",
    "SELECT * FROM c ORDER BY c.n, c.even": "composite index",
    "SELECT c.even, COUNT(1) AS n FROM c GROUP BY c.even": "GroupBy",
    "SELECT COUNT(1) AS n, MAX(c.n) AS high FROM c": "aggregates",
    "SELECT VALUE {'n': COUNT(1)} FROM c": "aggregates",
}


@pytest.fixture(scope="module")
def spread(database: DatabaseProxy) -> ContainerProxy:
    """Items of which each physical partition has some."""
    container = database.create_container("spread", PartitionKey("/id"), indexing_policy=POLICY)
    for n in range(COUNT):
        some = {"some": n} if n % 10 == 0 else {}
        container.create_item({"id": f"id-{n}", "n": n, "even": (n + 1) % 2, **some})
    return container


def answer(container: ContainerProxy, text: str, **options: Any) -> list[Any]:
    parameters: list[dict[str, object]] = [{"name": "@two", "value": 2}]
    options = {"enable_cross_partition_query": True, "parameters": parameters, **options}
    return list(container.query_items(text, **options))


class TestAnswers:
    @pytest.mark.parametrize("size", [2, None])
    @pytest.mark.parametrize("text", ANSWERS)
    def test_are_merged(self, spread: ContainerProxy, text: str, size: int | None) -> None:
        assert answer(spread, text, max_item_count=size) == ANSWERS[text]

    @pytest.mark.parametrize("size", [1, 7, None])
    def test_without_an_order_are_whole(self, spread: ContainerProxy, size: int | None) -> None:
        found = answer(spread, "SELECT VALUE c.n FROM c", max_item_count=size)
        assert sorted(found) == list(range(COUNT))

    def test_of_distinct_values_are_so(self, spread: ContainerProxy) -> None:
        found = answer(spread, "SELECT DISTINCT VALUE c.even FROM c")
        assert sorted(found) == [0, 1]

    def test_of_many_keys_are_whole(self, spread: ContainerProxy) -> None:
        asked = [(f"id-{n}", f"id-{n}") for n in range(COUNT)]
        found = spread.read_items([*asked, ("id-99", "id-99")])
        assert sorted(one["n"] for one in found) == list(range(COUNT))

    def test_of_a_prefix_of_a_key_are_of_all_its_keys(self, make: Make) -> None:
        container = make(["/p", "/q"])
        for p, q in ("a1", "a2", "b3", "c4", "d5", "e6"):
            container.create_item({"id": "x", "p": p, "q": q})
        found = container.query_items("SELECT VALUE c.q FROM c", partition_key=["a"])
        assert sorted(found) == ["1", "2"]

    def test_by_a_composite_index_have_rows_that_lack_a_field(self, make: Make) -> None:
        composite = [[{"path": "/x"}, {"path": "/id"}]]
        policy = {"includedPaths": [{"path": "/*"}], "compositeIndexes": composite}
        holder = make(indexing_policy=policy)
        for name, rest in {"a": {"x": 1}, "b": {}, "c": {"x": None}}.items():
            holder.create_item({"id": name, "p": "p", **rest})
        text = "SELECT VALUE c.id FROM c ORDER BY c.x"
        assert answer(holder, text, partition_key="p") == ["c", "a"]
        assert answer(holder, text + ", c.id", partition_key="p") == ["b", "c", "a"]


class TestRefusals:
    @pytest.mark.parametrize("text", REFUSED)
    def test_say_why(self, spread: ContainerProxy, text: str) -> None:
        with pytest.raises(CosmosHttpResponseError, match=REFUSED[text]) as refused:
            answer(spread, text)
        assert refused.value.status_code == 400

    def test_of_queries_that_name_no_partition(self, spread: ContainerProxy) -> None:
        with pytest.raises(CosmosHttpResponseError, match="Cross partition") as refused:
            answer(spread, "SELECT * FROM c", enable_cross_partition_query=False)
        assert refused.value.status_code == 400

    def test_of_merging_kinds_are_the_sdks(self, spread: ContainerProxy) -> None:
        text = "SELECT VALUE c.id FROM c ORDER BY c.mixed"
        mixed = {f"mixed-{n}": (n if n % 2 else str(n)) for n in range(8)}
        for name, value in mixed.items():
            spread.create_item({"id": name, "mixed": value})
        with pytest.raises(ValueError, match="Expected"):
            answer(spread, text)
        for name in mixed:
            spread.delete_item(name, name)


class TestRequests:
    @pytest.mark.parametrize(
        ("text", "operations"),
        [
            ("SELECT * FROM c WHERE c.n = 3", ["query"]),
            ("SELECT * FROM c WHERE c.n > 1 ORDER BY c.n", ["query", "plan", "query", "query"]),
        ],
    )
    def test_are_as_many_as_partitions_and_a_plan(
        self, spread: ContainerProxy, faulty: StandIn, text: str, operations: list[str]
    ) -> None:
        answer(spread, text)
        assert [one["operation"] for one in faulty.log()] == operations

    def test_of_a_page_go_on_where_it_ended_although_it_is_deleted(
        self, bare: ContainerProxy
    ) -> None:
        for number in range(9):
            bare.create_item({"id": str(number), "p": "p", "n": number})
        found = []
        text = "SELECT c.id FROM c ORDER BY c.n DESC"
        asked = bare.query_items(text, partition_key="p", max_item_count=2)
        for page in asked.by_page():
            for item in page:
                found.append(item["id"])
                bare.delete_item(item["id"], "p")
        assert found == list("876543210")
