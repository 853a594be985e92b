"""Rules of spans: how a tree of them adds up, and what a batch says of its times."""

from itertools import permutations

import pytest

from mlflow_docstore.core.spans import (
    SpanBatch,
    SpanNode,
    SpanRecord,
    cost_totals,
    token_totals,
)

MS = 1_000_000


def node(span_id: str, parent_id: str | None = None, tokens: int | None = None) -> SpanNode:
    usage = None if tokens is None else {"total_tokens": tokens}
    return SpanNode(span_id, parent_id, usage)


FORESTS = {
    "nothing": ([], {}),
    "nothing reported": ([node("a"), node("b", "a")], {}),
    "nothing but zeros": ([node("a", None, 0)], {"total_tokens": 0}),
    "leaves": ([node("a"), node("b", "a", 1), node("c", "a", 2)], {"total_tokens": 3}),
    "a parent hides its children": (
        [node("a", None, 9), node("b", "a", 1), node("c", "a", 2)],
        {"total_tokens": 9},
    ),
    "through a gap": ([node("a", None, 9), node("b", "a"), node("c", "b", 2)], {"total_tokens": 9}),
    "orphans are roots": (
        [node("b", "x", 1), node("c", "b", 2), node("d", "y", 4)],
        {"total_tokens": 5},
    ),
    "two trees": ([node("a", None, 1), node("b"), node("c", "b", 2)], {"total_tokens": 3}),
}


@pytest.mark.parametrize(("nodes", "total"), FORESTS.values(), ids=FORESTS)
def test_tokens_add_up_in_whatever_order(nodes: list[SpanNode], total: dict[str, int]) -> None:
    expected = {"input_tokens": 0, "output_tokens": 0, **total} if total else {}
    assert all(token_totals(order) == expected for order in permutations(nodes))


def test_a_deep_tree_adds_up() -> None:
    nodes = [node("0"), *(node(str(n), str(n - 1)) for n in range(1, 5000)), node("x", "4999", 7)]
    assert token_totals(nodes)["total_tokens"] == 7


def test_counts_of_caches_are_there_where_a_span_reports_them() -> None:
    plain = SpanNode("a", None, {"input_tokens": 1})
    cached = SpanNode("b", None, {"input_tokens": 1, "cache_read_input_tokens": 5})
    assert "cache_read_input_tokens" not in token_totals([plain])
    assert token_totals([plain, cached])["cache_read_input_tokens"] == 5


def test_what_is_no_number_takes_the_total_with_it() -> None:
    nodes = [
        SpanNode("a", None, cost={"input_cost": None, "output_cost": 0.5}),
        SpanNode("b", None, cost={"input_cost": 1.0, "output_cost": 0.25}),
    ]
    assert cost_totals(nodes) == {"input_cost": None, "output_cost": 0.75, "total_cost": 0.0}


def record(start: int, end: int | None) -> SpanRecord:
    return SpanRecord(node(f"{start}"), "n", None, "OK", start, end, "{}")


@pytest.mark.parametrize(
    ("spans", "start", "end"),
    [
        ([(5 * MS, 9 * MS)], 5, 9),
        ([(5 * MS + 999_999, 9 * MS + 999_999)], 5, 9),
        ([(5 * MS, None)], 5, None),
        ([(5 * MS, None), (7 * MS, 8 * MS), (6 * MS, 20 * MS)], 5, 20),
    ],
)
def test_a_batch_is_from_its_first_start_to_its_last_end(
    spans: list[tuple[int, int | None]], start: int, end: int | None
) -> None:
    batch = SpanBatch("tr", [record(*times) for times in spans])
    assert (batch.start, batch.end) == (start, end)
