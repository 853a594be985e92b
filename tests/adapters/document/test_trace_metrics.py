"""Metrics of spans of chosen traces, where a membership test names fewer than there are."""

from collections.abc import Iterator

import pytest

from mlflow_docstore.adapters.document.backend import DocumentBackend
from mlflow_docstore.adapters.memory.database import Database
from mlflow_docstore.adapters.memory.driver import MemoryDriver
from mlflow_docstore.compat.tracking.store import DocStoreTrackingStore
from mlflow_docstore.core.capabilities import Limits
from tests.contract.traces.metric_scenarios import Measured, measured

LIMITS = Limits(2 * 1024 * 1024, in_terms=3, batch_documents=100)
RED = {"filters": ["trace.tag.team = 'red'"]}


@pytest.fixture
def teams() -> Iterator[Measured]:
    """Ten traces of a red team with two spans each, and one of another team."""
    backend = DocumentBackend(MemoryDriver(Database(), limits=LIMITS))
    teams = measured(DocStoreTrackingStore("memory://metrics", "/artifacts", backend))
    for number in range(10):
        trace_id = teams.trace(tags={"team": "red"})
        teams.spans(
            {"name": "ask", "lasted": number, "cost": {"total_cost": number / 2}},
            {"name": f"step {number % 2}", "lasted": 100, "root": False},
            trace_id=trace_id,
        )
    teams.spans({"name": "ask", "lasted": 1000}, trace_id=teams.trace(tags={"team": "blue"}))
    yield teams
    backend.close()


def test_counts_are_added_up(teams: Measured) -> None:
    found = teams.groups("spans", "span_count", dimensions=["span_name"], **RED)
    assert found == [("ask", 10), ("step 0", 5), ("step 1", 5)]


def test_only_the_first_groups_of_all_are_told(teams: Measured) -> None:
    found = teams.groups("spans", "span_count", dimensions=["span_name"], max_results=2, **RED)
    assert found == [("ask", 10), ("step 0", 5)]


@pytest.mark.parametrize(
    ("aggregation", "expected"), [("AVG", 4.5), ("MIN", 0), ("MAX", 9), ("P50", 4.5), ("P100", 9)]
)
def test_latencies_are_those_of_all_parts(
    teams: Measured, aggregation: str, expected: float
) -> None:
    filters = [*RED["filters"], "span.name = 'ask'"]
    assert teams.values("spans", "latency", aggregation, filters=filters) == {aggregation: expected}


@pytest.mark.parametrize(
    ("aggregation", "expected"), [("SUM", 22.5), ("AVG", 2.25), ("MIN", 0), ("MAX", 4.5)]
)
def test_costs_are_those_of_all_parts(teams: Measured, aggregation: str, expected: float) -> None:
    found = teams.values("spans", "total_cost", aggregation, **RED)
    assert found == {aggregation: expected}


def test_nothing_in_any_part_is_counted_as_zero(teams: Measured) -> None:
    filters = [*RED["filters"], "span.name = 'none'"]
    assert teams.values("spans", "span_count", filters=filters) == {"COUNT": 0}
