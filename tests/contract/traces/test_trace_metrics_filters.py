"""Filters of metrics of traces: what each view may ask for."""

from typing import Any

import pytest
from mlflow.entities import Expectation, Feedback
from mlflow.store.tracking.abstract_store import AbstractStore

from .. import scenarios
from .metric_scenarios import Measured, measured
from .trace_scenarios import new_trace_id

pytestmark = pytest.mark.area("trace_metrics")

OF_COSTS = "trace.metadata.mlflow.trace.cost"
OF_TOKENS = "trace.metadata.mlflow.trace.tokenUsage"
RUN = "0123456789abcdef0123456789abcdef"
USAGE = {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}
COST = {"input_cost": 0.25, "output_cost": 0.5, "total_cost": 0.75}
VIEWS = ("traces", "spans", "assessments")


@pytest.fixture(scope="module")
def shop(store: AbstractStore) -> Measured:
    """Three traces, each of them with one, two and four spans and as many assessments."""
    shop = measured(store)
    _fill(shop, 1, name="ask", session="s1", tags={"team": "red", "a.b c": "x"})
    _fill(
        shop,
        2,
        name="buy",
        state="ERROR",
        session="s2",
        tokens=USAGE,
        cost=COST,
        tags={"team": "blue", "empty": ""},
        metadata={"mlflow.sourceRun": RUN, "user": "me"},
    )
    _fill(shop, 4, tags={"team": "Red"}, metadata={"user": 'it\'s "me"'})
    return shop


def _fill(shop: Measured, many: int, **options: Any) -> None:
    trace_id = new_trace_id()
    status = "ERROR" if options.get("state") == "ERROR" else "OK"
    kinds: list[dict[str, Any]] = [
        {"name": "root", "kind": "AGENT", "status": status},
        {"name": "model", "kind": "LLM", "root": False, "cost": COST, "model": "gpt"},
        {"name": "find", "kind": "RETRIEVER", "root": False, "status": "ERROR"},
        {"name": "model", "kind": "LLM", "root": False, "cost": COST, "model": "claude"},
    ]
    shop.spans(*kinds[:many], trace_id=trace_id)
    shop.trace(trace_id=trace_id, **options)
    given = [Feedback("mark", 1), Feedback("good", "yes"), Expectation("mark", 3)]
    shop.assess(trace_id, *[*given, Feedback("tone", "calm")][:many])


TRACE_FILTERS = [
    (["trace.status = 'OK'"], 5),
    (["trace.status = 'ERROR'"], 2),
    (["trace.status = 'ok'"], 0),
    (["trace.status = 'IN_PROGRESS'"], 0),
    (["trace.tag.team = 'red'"], 1),
    (["trace.tag.team = 'Red'"], 4),
    (["trace.tag.team = 'green'"], 0),
    (["trace.tag.absent = 'red'"], 0),
    (["trace.tag.empty = ''"], 2),
    (["trace.tag.`a.b c` = 'x'"], 1),
    (["trace.tag.mlflow.traceName = 'ask'"], 1),
    (["trace.tag.`mlflow.traceName` = 'buy'"], 2),
    (["trace.tag.mlflow.traceName = 'Ask'"], 0),
    (["trace.metadata.user = 'me'"], 2),
    (['trace.metadata.user = "me"'], 2),
    (["trace.metadata.user = 'you'"], 0),
    (["trace.metadata.mlflow.trace.session = 's1'"], 1),
    (["trace.metadata.mlflow.trace.session = 's2'"], 2),
    (["trace.metadata.mlflow.trace.session = 'S2'"], 0),
    ([f"trace.metadata.mlflow.sourceRun = '{RUN}'"], 2),
    (["trace.metadata.mlflow.sourceRun = 'another'"], 0),
    (["trace.metadata.mlflow.trace.infoFinalized = 'true'"], 7),
    (
        [OF_TOKENS + ' = \'{"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}\''],
        2,
    ),
    (
        [OF_TOKENS + ' = \'{"input_tokens":3,"output_tokens":4,"total_tokens":7}\''],
        0,
    ),
    (["trace.metadata.mlflow.trace.tokenUsage = '{\"input_tokens\": 3}'"], 0),
    (["trace.metadata.mlflow.trace.tokenUsage = '{}'"], 0),
    (["trace.metadata.mlflow.trace.tokenUsage = 'many'"], 0),
    (
        [OF_COSTS + ' = \'{"input_cost": 0.25, "output_cost": 0.5, "total_cost": 0.75}\''],
        2,
    ),
    (["trace.metadata.mlflow.trace.cost = '{\"total_cost\": 0.75}'"], 0),
    (["trace.status = 'OK'", "trace.tag.team = 'red'"], 1),
    (["trace.status = 'ERROR'", "trace.tag.team = 'red'"], 0),
    (["trace.tag.team = 'red'", "trace.tag.team = 'Red'"], 0),
    (["trace.tag.team = 'red'", "trace.tag.team = 'red'"], 1),
    (["  trace.status  =  'OK'  "], 5),
    ([], 7),
    (None, 7),
]


class TestTraces:
    @pytest.mark.parametrize("view", VIEWS)
    @pytest.mark.parametrize(("filters", "weight"), TRACE_FILTERS)
    def test_are_chosen_in_every_view(
        self, shop: Measured, view: str, filters: list[str] | None, weight: int
    ) -> None:
        metric = view.removesuffix("s") + "_count"
        found = shop.values(view, metric, filters=filters)
        # Each trace has as many spans as it weighs, and as many assessments.
        expected = weight.bit_count() if view == "traces" else weight
        assert found == {"COUNT": expected}

    @pytest.mark.parametrize(
        ("view", "metric", "aggregated", "filters", "expected"),
        [
            ("traces", "latency", "AVG", ["trace.status = 'OK'"], 1),
            ("traces", "latency", "P50", ["trace.status = 'OK'"], 1.0),
            ("traces", "session_count", "COUNT", ["trace.status = 'OK'"], 1),
            ("traces", "input_tokens", "SUM", ["trace.status = 'ERROR'"], 3),
            ("spans", "latency", "AVG", ["trace.tag.team = 'Red'"], 1.0),
            ("spans", "latency", "P90", ["trace.tag.team = 'Red'"], 1.0),
            ("spans", "total_cost", "SUM", ["trace.tag.team = 'Red'"], 1.5),
            ("spans", "total_cost", "SUM", ["trace.tag.team = 'blue'"], 0.75),
            ("spans", "total_cost", "P50", ["trace.tag.team = 'Red'"], 0.75),
            ("assessments", "assessment_value", "AVG", ["trace.tag.team = 'Red'"], 5 / 3),
            ("assessments", "assessment_value", "P50", ["trace.tag.team = 'blue'"], 1.0),
        ],
    )
    def test_are_chosen_for_every_metric(
        self,
        shop: Measured,
        view: str,
        metric: str,
        aggregated: str,
        filters: list[str],
        expected: float,
    ) -> None:
        found = shop.values(view, metric, aggregated, filters=filters)
        assert found == {aggregated: pytest.approx(expected)}

    @pytest.mark.parametrize(
        ("view", "metric", "aggregated"),
        [
            ("traces", "latency", "AVG"),
            ("spans", "latency", "P50"),
            ("spans", "total_cost", "SUM"),
            ("assessments", "assessment_value", "AVG"),
        ],
    )
    def test_that_none_is_one_of_leave_no_point(
        self, shop: Measured, view: str, metric: str, aggregated: str
    ) -> None:
        assert shop.points(view, metric, aggregated, filters=["trace.tag.team = 'none'"]) == []

    @pytest.mark.parametrize(
        ("view", "metric", "dimension", "expected"),
        [
            ("traces", "trace_count", "trace_name", [("ask", 1)]),
            ("spans", "span_count", "span_name", [("find", 1), ("model", 2), ("root", 2)]),
            (
                "assessments",
                "assessment_count",
                "assessment_name",
                [("good", 1), ("mark", 3), ("tone", 1)],
            ),
        ],
    )
    def test_are_chosen_before_groups_are_made(
        self,
        shop: Measured,
        view: str,
        metric: str,
        dimension: str,
        expected: list[tuple[str, int]],
    ) -> None:
        filters = ["trace.status = 'OK'"]
        assert shop.groups(view, metric, dimensions=[dimension], filters=filters) == expected


class TestSpans:
    @pytest.mark.parametrize(
        ("filters", "count"),
        [
            (["span.name = 'root'"], 3),
            (["span.name = 'model'"], 3),
            (["span.name = 'Model'"], 0),
            (["span.type = 'RETRIEVER'"], 1),
            (["span.type = 'llm'"], 0),
            (["span.status = 'ERROR'"], 2),
            (["span.status = 'OK'"], 5),
            (["span.status = 'ERROR'", "span.name = 'root'"], 1),
            (["span.name = 'root'", "span.name = 'model'"], 0),
            (["span.name = 'model'", "trace.status = 'OK'"], 2),
            (["trace.tag.team = 'blue'", "span.status = 'ERROR'"], 1),
        ],
    )
    def test_are_chosen_themselves(self, shop: Measured, filters: list[str], count: int) -> None:
        assert shop.values("spans", "span_count", filters=filters) == {"COUNT": count}

    @pytest.mark.parametrize(
        ("filters", "expected"),
        [
            (["span.name = 'model'"], 2.25),
            (["span.type = 'LLM'", "trace.status = 'OK'"], 1.5),
        ],
    )
    def test_are_chosen_for_costs(
        self, shop: Measured, filters: list[str], expected: float
    ) -> None:
        found = shop.values("spans", "total_cost", "SUM", filters=filters)
        assert found == {"SUM": pytest.approx(expected)}


class TestAssessments:
    @pytest.mark.parametrize(
        ("filters", "count"),
        [
            (["assessment.name = 'mark'"], 4),
            (["assessment.name = 'good'"], 2),
            (["assessment.name = 'Good'"], 0),
            (["assessment.type = 'feedback'"], 6),
            (["assessment.type = 'expectation'"], 1),
            (["assessment.type = 'issue'"], 0),
            (["assessment.type = 'Feedback'"], 0),
            (["assessment.type = 'feedback'", "assessment.name = 'mark'"], 3),
            (["assessment.name = 'mark'", "trace.status = 'ERROR'"], 1),
        ],
    )
    def test_are_chosen_themselves(self, shop: Measured, filters: list[str], count: int) -> None:
        found = shop.values("assessments", "assessment_count", filters=filters)
        assert found == {"COUNT": count}

    def test_are_chosen_for_values(self, shop: Measured) -> None:
        filters = ["assessment.name = 'mark'", "assessment.type = 'feedback'"]
        found = shop.values("assessments", "assessment_value", "AVG P100", filters=filters)
        assert found == {"AVG": 1.0, "P100": 1.0}


class TestSourceRun:
    """Traces are of a run by their metadata, or because they were linked to it."""

    @pytest.mark.parametrize("view", VIEWS)
    def test_is_that_of_linked_traces_too(self, store: AbstractStore, view: str) -> None:
        linked = measured(store)
        run_id = scenarios.new_run_id(store, linked.experiment_id)
        told = linked.spans({}, trace_id=linked.trace(metadata={"mlflow.sourceRun": run_id}))
        joined = linked.spans({})
        other = linked.spans({})
        for trace_id in (told, joined, other):
            linked.assess(trace_id, Feedback("a", 1))
        store.link_traces_to_run([joined], run_id)
        filters = [f"trace.metadata.mlflow.sourceRun = '{run_id}'"]
        metric = view.removesuffix("s") + "_count"
        assert linked.values(view, metric, filters=filters) == {"COUNT": 2}

    def test_of_a_trace_that_is_linked_and_told_counts_once(self, store: AbstractStore) -> None:
        both = measured(store)
        run_id = scenarios.new_run_id(store, both.experiment_id)
        store.link_traces_to_run([both.trace(metadata={"mlflow.sourceRun": run_id})], run_id)
        filters = [f"trace.metadata.mlflow.sourceRun = '{run_id}'"]
        assert both.values("traces", "trace_count", filters=filters) == {"COUNT": 1}


class TestChanges:
    def test_of_a_tag_are_seen(self, store: AbstractStore) -> None:
        changed = measured(store)
        store.set_trace_tag(changed.spans({}), "team", "red")
        found = changed.values("spans", "span_count", filters=["trace.tag.team = 'red'"])
        assert found == {"COUNT": 1}

    def test_of_a_state_are_seen_by_assessments(self, store: AbstractStore) -> None:
        changed = measured(store)
        trace_id = changed.trace(state="IN_PROGRESS")
        changed.assess(trace_id, Feedback("a", 1))
        changed.trace(trace_id=trace_id, state="ERROR")
        filters = ["trace.status = 'ERROR'"]
        found = changed.values("assessments", "assessment_count", filters=filters)
        assert found == {"COUNT": 1}
