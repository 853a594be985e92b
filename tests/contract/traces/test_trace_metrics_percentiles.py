"""Percentiles of metrics of traces: by linear interpolation between the two nearest values."""

import pytest
from mlflow.entities import Feedback
from mlflow.store.tracking.abstract_store import AbstractStore

from .metric_scenarios import Measured, measured

pytestmark = pytest.mark.area("trace_metrics")


@pytest.fixture(scope="module")
def four(store: AbstractStore) -> Measured:
    """Traces that took 10, 20, 40 and 80 milliseconds, in no order."""
    four = measured(store)
    for lasted in (40, 10, 80, 20):
        four.trace(lasted=lasted)
    return four


@pytest.mark.parametrize(
    ("percentile", "expected"),
    [
        ("P0", 10),
        ("P1", 10.3),
        ("P10", 13),
        ("P25", 17.5),
        ("P33.3", 19.99),
        ("P50", 30),
        ("P66.6", 39.96),
        ("P75", 50),
        ("P90", 68),
        ("P95", 74),
        ("P99", 78.8),
        ("P99.9", 79.88),
        ("P100", 80),
    ],
)
def test_is_between_the_two_nearest(four: Measured, percentile: str, expected: float) -> None:
    found = four.values("traces", "latency", percentile)
    assert found == {percentile: pytest.approx(expected)}


@pytest.mark.parametrize("percentile", ["P50", "P50.0", "P0", "P0.0", "P99.99", "P100", "P12.5"])
def test_is_named_as_it_was_given(four: Measured, percentile: str) -> None:
    assert list(four.values("traces", "latency", percentile)) == [percentile]


def test_is_never_a_whole_number(four: Measured) -> None:
    assert isinstance(four.values("traces", "latency", "P100")["P100"], float)


def test_of_several_are_answered_at_once(four: Measured) -> None:
    found = four.values("traces", "latency", "P50 P90 P99 P50.0")
    assert found == pytest.approx({"P50": 30.0, "P90": 68.0, "P99": 78.8, "P50.0": 30.0})


@pytest.mark.parametrize(
    ("values", "percentile", "expected"),
    [
        ([7], "P0", 7),
        ([7], "P50", 7),
        ([7], "P100", 7),
        ([1, 2], "P50", 1.5),
        ([2, 1], "P90", 1.9),
        ([5, 5, 5], "P75", 5),
        ([3, 1, 2], "P50", 2),
        ([-10, 10], "P50", 0),
        ([-10, 10], "P25", -5),
        ([0.5, 0.25], "P50", 0.375),
        ([1e300, -1e300], "P50", 0),
        (["yes", "no"], "P50", 0.5),
        (["yes", "no", "no", True], "P75", 1),
        (["yes", "no", "perhaps"], "P100", 1),
    ],
)
def test_of_assessments(
    store: AbstractStore, values: list[object], percentile: str, expected: float
) -> None:
    judged = measured(store)
    judged.assess(judged.trace(), *(Feedback("mark", value) for value in values))
    found = judged.values("assessments", "assessment_value", percentile)
    assert found == {percentile: pytest.approx(expected)}


@pytest.mark.parametrize(("percentile", "expected"), [("P50", 499.5), ("P99", 989.01)])
def test_of_a_thousand_spans(store: AbstractStore, percentile: str, expected: float) -> None:
    long = measured(store)
    order = [number * 7 % 1000 for number in range(1000)]
    long.spans(*({"lasted": number, "root": not number} for number in order))
    found = long.values("spans", "latency", percentile)
    assert found == {percentile: pytest.approx(expected)}


def test_of_several_groups_are_kept_apart(store: AbstractStore) -> None:
    grouped = measured(store)
    spans = [(name, lasted) for name in ("a", "b") for lasted in (1, 2, 10)]
    grouped.spans(
        *({"name": name, "lasted": lasted * (1 + (name == "b"))} for name, lasted in spans)
    )
    found = grouped.groups("spans", "latency", "P50", dimensions=["span_name"])
    assert found == [("a", 2.0), ("b", 4.0)]


def test_come_with_other_values_of_their_group(store: AbstractStore) -> None:
    grouped = measured(store)
    for name, lasted in (("a", 1), ("a", 3), ("b", 5)):
        grouped.trace(name, lasted=lasted)
    points = grouped.points("traces", "latency", "P50 AVG P100", dimensions=["trace_name"])
    assert points == [
        ({"trace_name": "a"}, {"P50": 2.0, "AVG": 2.0, "P100": 3.0}),
        ({"trace_name": "b"}, {"P50": 5.0, "AVG": 5.0, "P100": 5.0}),
    ]
