"""Tokens and costs of a trace are those of its spans, whoever sends them in whatever order."""

from collections.abc import Mapping
from itertools import permutations
from typing import Any

import pytest
from mlflow.entities import Span, TraceInfo
from mlflow.store.tracking.abstract_store import AbstractStore

from ..scenarios import new_experiment
from .trace_scenarios import (
    COST,
    SPAN_COST,
    SPAN_MODEL,
    SPAN_TYPE,
    SPAN_USAGE,
    TOKEN_USAGE,
    cost,
    logged,
    metadata_json,
    new_trace_id,
    span,
    started,
    started_again,
    usage,
)

pytestmark = pytest.mark.area("spans")

Tree = Mapping[int, tuple[int | None, Any]]
"""Of each span, the number of its parent and what it reports."""

LEAVES = {1: (None, None), 2: (1, (1, 2)), 3: (1, (10, 20))}
ROLLED_UP = {1: (None, (11, 22)), 2: (1, (1, 2)), 3: (1, (10, 20))}
GAP = {1: (None, (5, 6)), 2: (1, None), 3: (2, (1, 2)), 4: (None, (10, 20))}
ORPHANS = {1: (None, (1, 2)), 3: (99, (10, 20))}
DEEP = {1: (None, None), 2: (1, None), 3: (2, (1, 2)), 4: (3, (7, 7)), 5: (2, (3, 4))}
TREES = {
    "leaves add up": (LEAVES, (11, 22)),
    "a parent hides its children": (ROLLED_UP, (11, 22)),
    "and what is below a gap": (GAP, (15, 26)),
    "but not those of unknown parents": (ORPHANS, (11, 22)),
    "at any depth": (DEEP, (4, 6)),
}
of_trees = pytest.mark.parametrize(("tree", "total"), TREES.values(), ids=TREES)


def _spans(trace_id: str, tree: Tree) -> list[Span]:
    """The spans of a tree that report tokens, and as many thousandths for costs."""
    return [
        span(
            trace_id,
            number,
            parent,
            attributes={SPAN_USAGE: usage(*told), SPAN_COST: _cost(*told)} if told else {},
        )
        for number, (parent, told) in tree.items()
    ]


def _cost(entry: int, output: int) -> dict[str, float]:
    return cost(entry / 1024, output / 1024)


def _totals(info: TraceInfo) -> tuple[Any, Any]:
    return metadata_json(info, TOKEN_USAGE), metadata_json(info, COST)


@of_trees
class TestTrees:
    def test_in_one_call(self, store: AbstractStore, tree: Tree, total: tuple[int, int]) -> None:
        info = logged(store, new_experiment(store), *_spans(new_trace_id(), tree))
        assert _totals(info) == (usage(*total), _cost(*total))

    @pytest.mark.parametrize("backwards", [False, True], ids=["parents first", "children first"])
    def test_one_by_one(
        self, store: AbstractStore, tree: Tree, total: tuple[int, int], backwards: bool
    ) -> None:
        experiment_id, spans = new_experiment(store), _spans(new_trace_id(), tree)
        for one in reversed(spans) if backwards else spans:
            info = logged(store, experiment_id, one)
        assert _totals(info) == (usage(*total), _cost(*total))

    def test_sent_twice(self, store: AbstractStore, tree: Tree, total: tuple[int, int]) -> None:
        experiment_id, spans = new_experiment(store), _spans(new_trace_id(), tree)
        for one in [*spans, *reversed(spans)]:
            info = logged(store, experiment_id, one)
        assert _totals(info) == (usage(*total), _cost(*total))


@pytest.mark.parametrize("order", list(permutations((1, 2, 3))))
def test_order_of_a_parent_and_its_children_does_not_matter(
    store: AbstractStore, order: tuple[int, ...]
) -> None:
    experiment_id, spans = new_experiment(store), _spans(new_trace_id(), ROLLED_UP)
    for number in order:
        info = logged(store, experiment_id, spans[number - 1])
    assert _totals(info) == (usage(11, 22), _cost(11, 22))


class TestTokens:
    @pytest.mark.parametrize(
        ("told", "total"),
        [
            ({"input_tokens": 1}, {"input_tokens": 1, "output_tokens": 0, "total_tokens": 0}),
            ({}, {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}),
            (usage(0, 0), usage(0, 0)),
            (usage(1, 2, cache_read_input_tokens=3), usage(1, 2, cache_read_input_tokens=3)),
            (
                usage(1, 2, cache_creation_input_tokens_above_1hr=4, cache_creation_input_tokens=5),
                usage(1, 2, cache_creation_input_tokens=5, cache_creation_input_tokens_above_1hr=4),
            ),
            (usage(1, 2, unknown=3), usage(1, 2)),
            (
                {"input_tokens": 1.5, "output_tokens": 2, "total_tokens": 3},
                {"output_tokens": 2, "total_tokens": 3},
            ),
        ],
    )
    def test_of_one_span(
        self, store: AbstractStore, told: dict[str, Any], total: dict[str, int]
    ) -> None:
        sent = span(new_trace_id(), attributes={SPAN_USAGE: told})
        info = logged(store, new_experiment(store), sent)
        assert metadata_json(info, TOKEN_USAGE) == total

    @pytest.mark.parametrize("told", [None, "text", 7, [1], True])
    def test_that_are_no_object_are_none(self, store: AbstractStore, told: Any) -> None:
        sent = span(new_trace_id(), attributes={SPAN_USAGE: told})
        assert metadata_json(logged(store, new_experiment(store), sent), TOKEN_USAGE) is None

    def test_of_a_cache_add_up_where_they_are_told(self, store: AbstractStore) -> None:
        trace_id = new_trace_id()
        told = [usage(1, 2), usage(1, 2, cache_read_input_tokens=3), usage(1, 2)]
        spans = [span(trace_id, n, attributes={SPAN_USAGE: one}) for n, one in enumerate(told, 1)]
        info = logged(store, new_experiment(store), *spans)
        assert metadata_json(info, TOKEN_USAGE) == usage(3, 6, cache_read_input_tokens=3)

    @pytest.mark.parametrize(
        "attributes",
        [
            {"gen_ai.usage.input_tokens": 3, "gen_ai.usage.output_tokens": 4},
            {"llm.token_count.prompt": 3, "llm.token_count.completion": 4},
        ],
    )
    def test_of_other_conventions(
        self, store: AbstractStore, attributes: dict[str, object]
    ) -> None:
        sent = span(new_trace_id(), attributes=attributes)
        info = logged(store, new_experiment(store), sent)
        assert metadata_json(info, TOKEN_USAGE) == usage(3, 4)


class TestCosts:
    @pytest.mark.parametrize(
        ("told", "total"),
        [
            (cost(0.5, 0.25), cost(0.5, 0.25)),
            ({"input_cost": 0.5}, {"input_cost": 0.5, "output_cost": 0.0, "total_cost": 0.0}),
            ({}, cost(0.0, 0.0)),
            (cost(0.5, 0.25) | {"unknown": 1}, cost(0.5, 0.25)),
            (
                {"input_cost": float("inf"), "output_cost": 0.5, "total_cost": float("nan")},
                {"output_cost": 0.5},
            ),
        ],
    )
    def test_of_one_span(
        self, store: AbstractStore, told: dict[str, Any], total: dict[str, float]
    ) -> None:
        sent = span(new_trace_id(), attributes={SPAN_COST: told})
        assert metadata_json(logged(store, new_experiment(store), sent), COST) == total

    def test_are_counted_from_tokens_and_a_known_model(self, store: AbstractStore) -> None:
        told = {SPAN_USAGE: usage(1000, 500), SPAN_MODEL: "gpt-4o-mini", SPAN_TYPE: "LLM"}
        info = logged(store, new_experiment(store), span(new_trace_id(), attributes=told))
        counted = metadata_json(info, COST)
        assert counted["total_cost"] == counted["input_cost"] + counted["output_cost"] > 0

    def test_of_an_agent_are_counted_likewise(self, store: AbstractStore) -> None:
        told = {SPAN_USAGE: usage(1000, 500), SPAN_MODEL: "gpt-4o-mini", SPAN_TYPE: "AGENT"}
        info = logged(store, new_experiment(store), span(new_trace_id(), attributes=told))
        assert metadata_json(info, COST)["total_cost"] > 0

    def test_of_an_agent_are_not_counted(self, store: AbstractStore) -> None:
        told = {SPAN_USAGE: usage(1000, 500), SPAN_MODEL: "gpt-4o-mini", SPAN_TYPE: "AGENT"}
        info = logged(store, new_experiment(store), span(new_trace_id(), attributes=told))
        assert metadata_json(info, COST) is None

    def test_of_an_unknown_model_are_none(self, store: AbstractStore) -> None:
        told = {SPAN_USAGE: usage(1000, 500), SPAN_MODEL: "nobody-knows-this-model"}
        info = logged(store, new_experiment(store), span(new_trace_id(), attributes=told))
        assert metadata_json(info, COST) is None

    def test_hide_each_by_itself(self, store: AbstractStore) -> None:
        trace_id = new_trace_id()
        parent = span(trace_id, 1, attributes={SPAN_USAGE: usage(11, 22)})
        child = span(trace_id, 2, 1, attributes={SPAN_USAGE: usage(1, 2), SPAN_COST: _cost(1, 2)})
        info = logged(store, new_experiment(store), parent, child)
        assert _totals(info) == (usage(11, 22), _cost(1, 2))


class TestStartedTrace:
    @pytest.mark.parametrize("key", [TOKEN_USAGE, COST])
    def test_keeps_what_it_was_told(self, store: AbstractStore, key: str) -> None:
        told = {TOKEN_USAGE: '{"input_tokens": 1}', COST: '{"input_cost": 0.5}'}[key]
        trace = started(store, trace_metadata={key: told})
        info = logged(store, trace.experiment_id, *_spans(trace.trace_id, LEAVES))
        assert info.trace_metadata[key] == told

    def test_has_the_rest_from_its_spans(self, store: AbstractStore) -> None:
        trace = started(store, trace_metadata={TOKEN_USAGE: '{"input_tokens": 1}'})
        info = logged(store, trace.experiment_id, *_spans(trace.trace_id, LEAVES))
        assert _totals(info) == ({"input_tokens": 1}, _cost(11, 22))

    def test_that_told_nothing_usable_has_all_from_its_spans(self, store: AbstractStore) -> None:
        trace = started(store, trace_metadata={TOKEN_USAGE: "{}", COST: "nothing"})
        info = logged(store, trace.experiment_id, *_spans(trace.trace_id, LEAVES))
        assert _totals(info) == (usage(11, 22), _cost(11, 22))

    def test_replaces_what_the_spans_told(self, store: AbstractStore) -> None:
        before = logged(store, new_experiment(store), *_spans(new_trace_id(), LEAVES))
        info = started_again(
            store, before, trace_metadata={TOKEN_USAGE: '{"input_tokens": 1, "output_tokens": 2}'}
        )
        tokens, costs = _totals(info)
        assert tokens == {"input_tokens": 1, "output_tokens": 2, "total_tokens": 33}
        assert costs == _cost(11, 22)

    def test_grows_by_its_spans_while_nothing_is_told(self, store: AbstractStore) -> None:
        trace = started(store)
        # The start has been told, but no totals: then those of the first spans are the last word.
        first, second, third = _spans(trace.trace_id, LEAVES)
        logged(store, trace.experiment_id, first, second)
        info = logged(store, trace.experiment_id, third)
        assert _totals(info) == (usage(1, 2), _cost(1, 2))


def test_a_batch_that_tells_nothing_leaves_totals(store: AbstractStore) -> None:
    experiment_id, trace_id = new_experiment(store), new_trace_id()
    logged(store, experiment_id, *_spans(trace_id, LEAVES))
    assert _totals(logged(store, experiment_id, span(trace_id, 9, 1))) == (
        usage(11, 22),
        _cost(11, 22),
    )


def test_each_trace_of_a_call_has_its_own(store: AbstractStore) -> None:
    first, second = new_trace_id(), new_trace_id()
    store.log_spans(new_experiment(store), [*_spans(first, LEAVES), *_spans(second, GAP)])
    assert _totals(store.get_trace_info(first)) == (usage(11, 22), _cost(11, 22))
    assert _totals(store.get_trace_info(second)) == (usage(15, 26), _cost(15, 26))
