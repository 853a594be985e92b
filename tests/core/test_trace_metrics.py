"""What the values of a group come to."""

from array import array

import pytest
from mlflow.entities.trace_metrics import AggregationType, MetricAggregation

from mlflow_docstore.core.trace_metrics import Number, Summary, percentile

EVERY = (
    AggregationType.COUNT,
    AggregationType.SUM,
    AggregationType.AVG,
    AggregationType.MIN,
    AggregationType.MAX,
)


def told(summary: Summary, *aggregations: AggregationType) -> list[Number | None]:
    return [summary.value(MetricAggregation(one)) for one in aggregations]


class TestPercentile:
    @pytest.mark.parametrize(
        ("percent", "expected"), [(0, 10), (25, 17.5), (50, 30), (90, 68), (99.9, 79.88), (100, 80)]
    )
    def test_is_between_the_two_nearest(self, percent: float, expected: float) -> None:
        assert percentile([10, 20, 40, 80], percent) == pytest.approx(expected)

    @pytest.mark.parametrize("percent", [0, 33.3, 100])
    def test_of_one_value_is_that_value(self, percent: float) -> None:
        assert percentile([7], percent) == 7.0

    def test_is_a_float(self) -> None:
        assert isinstance(percentile([1, 2, 3], 50), float)


class TestSummary:
    def test_of_values_knows_all_of_them(self) -> None:
        summary = Summary.of(array("q", [3, 1, 2]))
        assert told(summary, *EVERY) == [3, 6, 2.0, 1, 3]
        assert summary.value(MetricAggregation(AggregationType.PERCENTILE, 75)) == 2.5

    def test_of_integers_adds_up_to_one(self) -> None:
        (total,) = told(Summary.of(array("q", [2**62, 2**62])), AggregationType.SUM)
        assert total == 2**63

    def test_of_two_parts_is_that_of_the_whole(self) -> None:
        parts = Summary.of(array("d", [0.5, 4.0])) + Summary.of(array("d", [-1.0]))
        whole = Summary.of(array("d", [0.5, 4.0, -1.0]))
        assert told(parts, *EVERY) == told(whole, *EVERY)

    def test_of_a_part_without_values_is_that_of_the_other(self) -> None:
        summary = Summary(0) + Summary.of(array("q", [5]))
        assert told(summary, *EVERY) == [1, 5, 5.0, 5, 5]

    def test_of_counts_alone_has_no_values(self) -> None:
        summary = Summary(2) + Summary(3)
        assert told(summary, *EVERY) == [5, None, None, None, None]
