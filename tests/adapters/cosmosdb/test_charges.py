"""What requests are said to cost: what Microsoft publishes, in the log and in each reply.

https://learn.microsoft.com/azure/cosmos-db/understand-request-unit-consumption
"""

from collections.abc import Callable
from typing import Any

import pytest
from azure.cosmos import ContainerProxy, DatabaseProxy

from .conftest import Make, partition_key
from .service import charges
from .service.charges import Weight
from .standin import StandIn

KB = 1024

PUBLISHED = [
    (1 * KB, 1.00, 4.95),
    (2 * KB, 1.04, 6.29),
    (4 * KB, 1.14, 6.67),
    (8 * KB, 1.33, 7.04),
    (16 * KB, 1.67, 9.52),
    (32 * KB, 2.19, 11.23),
    (64 * KB, 4.76, 22.67),
    (128 * KB, 9.95, 48.19),
    (256 * KB, 20.28, 98.29),
    (512 * KB, 40.95, 184.57),
    (1024 * KB, 145.90, 625.0),
    (2048 * KB, 291.80, 1250.0),
]
"""Bytes, RU of a read, RU of a write."""

NOTHING = {
    "indexingMode": "consistent",
    "includedPaths": [],
    "excludedPaths": [{"path": "/*"}],
}


def a_kilobyte(*terms: str) -> Weight:
    return Weight(KB, frozenset(terms))


TEN = a_kilobyte(*"abcdefghij")

EXAMPLES = [
    ("a create with ten indexed terms", None, TEN, 0, 7.0),
    ("a replace that changes two", TEN, a_kilobyte(*"abcdefghKL"), 0, 10.8),
    ("a patch that changes two", TEN, a_kilobyte(*"abcdefghKL"), 2, 11.6),
    ("a delete with ten", TEN, None, 0, 7.0),
]
"""Of an item of 1 KB, which these examples round to 5.0 RU."""

Call = Callable[[ContainerProxy], Any]


def charged(cosmos: StandIn, container: ContainerProxy, call: Call) -> float:
    """By the log; the last reply says the same."""
    cosmos.forget()
    call(container)
    # The SDK asks for the account as well, now and then.
    log = [one for one in cosmos.log() if "/docs" in one["address"]]
    headers = container.client_connection.last_response_headers
    assert float(headers["x-ms-request-charge"]) == pytest.approx(log[-1]["charge"], abs=0.005)
    return sum(float(one["charge"]) for one in log)


class TestTheModel:
    @pytest.mark.parametrize(("size", "read", "write"), PUBLISHED)
    def test_has_the_published_costs(self, size: int, read: float, write: float) -> None:
        assert charges.read(size) == pytest.approx(read)
        assert charges.write(None, Weight(size)) == pytest.approx(write)

    def test_grows_between_those(self) -> None:
        sizes = [0, 500, KB, 1500, 10 * KB, 100 * KB, 700 * KB, 1500 * KB, 2048 * KB]
        costs = [charges.write(None, Weight(size)) for size in sizes]
        assert costs == sorted(costs)
        assert len(set(costs)) == len(costs) - 2

    @pytest.mark.parametrize(
        ("before", "after", "operations", "cost"),
        [one[1:] for one in EXAMPLES],
        ids=[one[0] for one in EXAMPLES],
    )
    def test_comes_to_the_published_sums(
        self, before: Weight | None, after: Weight | None, operations: int, cost: float
    ) -> None:
        assert charges.write(before, after, operations) == pytest.approx(cost, abs=0.11)

    def test_has_a_feed_cost_what_its_items_do(self) -> None:
        assert charges.feed([KB] * 5) == pytest.approx(5 * charges.read(KB))

    @pytest.mark.parametrize(
        ("sizes", "published"), [([6_563], 2.98), ([6_563] * 60_951, 4_059.95)]
    )
    def test_has_no_query_cost_less_than_half_or_more_than_twice_what_examples_do(
        self, sizes: list[int], published: float
    ) -> None:
        assert published / 2 < charges.query(1, sizes) < published * 2


ITEM = {"id": "a", "p": "p", "deep": {"n": 1}, "many": [{"k": "x"}, {"k": "y"}]}


class TestAnItem:
    @pytest.mark.parametrize(
        ("policy", "terms"),
        [
            ({}, 0),
            ({"includedPaths": [{"path": "/p/?"}]}, 1),
            ({"includedPaths": [{"path": "/p/?"}, {"path": "/none/?"}]}, 1),
            ({"includedPaths": [{"path": "/deep/n/?"}, {"path": "/many/[]/k/?"}]}, 3),
            ({"includedPaths": [{"path": "/*"}], "excludedPaths": []}, 4),
            (
                {
                    "includedPaths": [{"path": "/p/?"}],
                    "compositeIndexes": [[{"path": "/p"}, {"path": "/deep/n"}]],
                },
                2,
            ),
        ],
    )
    def test_costs_more_to_write_the_more_of_it_is_indexed(
        self, make: Make, cosmos: StandIn, policy: dict[str, Any], terms: int
    ) -> None:
        container = make(indexing_policy=NOTHING | policy)
        cost = charged(cosmos, container, lambda c: c.create_item(ITEM))
        assert cost == pytest.approx(4.95 + 0.2 * terms)

    def test_costs_nothing_more_for_what_stays_in_an_index(
        self, make: Make, cosmos: StandIn
    ) -> None:
        container = make(indexing_policy=NOTHING | {"includedPaths": [{"path": "/deep/n/?"}]})
        container.create_item(ITEM)
        same = charged(cosmos, container, lambda c: c.replace_item("a", ITEM))
        other = charged(cosmos, container, lambda c: c.replace_item("a", {**ITEM, "deep": {}}))
        assert (same, other) == pytest.approx((2 * 4.95, 2 * 4.95 + 0.2))


def patch(container: ContainerProxy) -> object:
    operations = [{"op": "set", "path": f"/{name}", "value": 1} for name in "xy"]
    return container.patch_item("a", "p", operations)


def batch(container: ContainerProxy) -> object:
    steps = [("create", ({"id": "b", "p": "p"},)), ("read", ("a",)), ("delete", ("a",))]
    return container.execute_item_batch(steps, "p")


CALLS: list[tuple[str, Call, float]] = [
    ("create", lambda c: c.create_item({"id": "b", "p": "p"}), 4.95),
    ("read", lambda c: c.read_item("a", "p"), 1.0),
    ("delete", lambda c: c.delete_item("a", "p"), 4.95),
    ("upsert of a new item", lambda c: c.upsert_item({"id": "b", "p": "p"}), 4.95),
    ("upsert of an old item", lambda c: c.upsert_item({"id": "a", "p": "p"}), 9.9),
    ("replace", lambda c: c.replace_item("a", {"id": "a", "p": "p"}), 9.9),
    ("patch", patch, 10.7),
    ("batch", batch, 10.9),
    ("feed", lambda c: list(c.read_all_items()), 1.0),
]


@pytest.mark.parametrize(
    ("call", "cost"), [one[1:] for one in CALLS], ids=[one[0] for one in CALLS]
)
def test_a_request_costs(make: Make, cosmos: StandIn, call: Call, cost: float) -> None:
    container = make(indexing_policy=NOTHING)
    container.create_item({"id": "a", "p": "p"})
    assert charged(cosmos, container, call) == pytest.approx(cost)


QUERIES = [
    ("everything", "SELECT * FROM c", 10),
    ("nothing", "SELECT * FROM c WHERE false", 0),
    ("an indexed value", "SELECT * FROM c WHERE c.n = 7", 1),
    ("a range of one", "SELECT * FROM c WHERE c.n < 3", 3),
    ("one or another", "SELECT * FROM c WHERE c.n = 7 OR (c.n > 7 AND c.n < 9)", 2),
    ("what begins so", "SELECT * FROM c WHERE STARTSWITH(c.id, 'i7')", 1),
    ("a value of no index", "SELECT * FROM c WHERE c.plain = 7", 10),
    ("both", "SELECT * FROM c WHERE c.n < 3 AND c.plain = 2", 3),
    ("one or the other", "SELECT * FROM c WHERE c.n < 3 OR c.plain = 7", 10),
    ("what an index cannot find", "SELECT * FROM c WHERE NOT (c.n = 7)", 10),
    ("text within", "SELECT * FROM c WHERE CONTAINS(c.id, '7')", 10),
    ("the first two in order", "SELECT TOP 2 * FROM c ORDER BY c.n", 2),
    (
        "the first that matches, in order",
        "SELECT TOP 1 * FROM c WHERE c.plain = 2 ORDER BY c.n",
        3,
    ),
    ("a count", "SELECT VALUE COUNT(1) FROM c WHERE c.n < 3", 3),
]
"""Of ten items, 0 to 9; and how many are loaded."""


@pytest.fixture(scope="module")
def ten(database: DatabaseProxy) -> ContainerProxy:
    policy = NOTHING | {"includedPaths": [{"path": "/n/?"}]}
    made = database.create_container("ten", partition_key("/p"), indexing_policy=policy)
    for number in range(10):
        made.create_item({"id": f"i{number}", "p": "p", "n": number, "plain": number})
    return made


class TestAQuery:
    @pytest.mark.parametrize(
        ("text", "loaded"), [one[1:] for one in QUERIES], ids=[one[0] for one in QUERIES]
    )
    def test_costs_a_floor_and_what_it_loads(
        self, ten: ContainerProxy, cosmos: StandIn, text: str, loaded: int
    ) -> None:
        cost = charged(cosmos, ten, lambda c: list(c.query_items(text, partition_key="p")))
        assert cost == pytest.approx(2.3 + 0.1 * loaded)

    def test_costs_a_floor_for_each_physical_partition(
        self, ten: ContainerProxy, cosmos: StandIn
    ) -> None:
        text = "SELECT * FROM c WHERE c.n = 7"
        cost = charged(
            cosmos, ten, lambda c: list(c.query_items(text, enable_cross_partition_query=True))
        )
        assert cost == pytest.approx(2 * 2.3 + 0.1)

    def test_costs_each_item_once_whatever_its_pages(
        self, ten: ContainerProxy, cosmos: StandIn
    ) -> None:
        text = "SELECT * FROM c WHERE c.plain > 4"
        pages = charged(
            cosmos, ten, lambda c: list(c.query_items(text, partition_key="p", max_item_count=2))
        )
        requests = len(cosmos.log())
        assert requests == 3
        assert pages == pytest.approx(2.3 * requests + 0.1 * 10)
