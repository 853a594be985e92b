"""Rules of metrics of traces: what the values of a group come to.

They follow MLflow's ``sql_trace_metrics_utils`` and, in percentiles, the aggregate that it adds to
SQLite.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from mlflow.entities.trace_metrics import AggregationType, MetricAggregation

Number: TypeAlias = int | float
Keys: TypeAlias = tuple[str | Number, ...]
"""What the values of one group have in common: when its bucket begins, if asked for, then texts."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What is known of the values of a group.

    Args:
        count: How many there are.
        total: Their sum.
        least: The least of them.
        greatest: The greatest of them.
        ordered: All of them, ascending, where percentiles are asked for.
    """

    count: int
    total: Number | None = None
    least: Number | None = None
    greatest: Number | None = None
    ordered: Sequence[Number] = ()

    @classmethod
    def of(cls, values: Sequence[Number]) -> "Summary":
        """That of values which are all here: at least one."""
        ordered = sorted(values)
        return cls(len(ordered), sum(values), ordered[0], ordered[-1], ordered)

    def __add__(self, other: "Summary") -> "Summary":
        """That of two parts of a group, but for percentiles."""
        return Summary(
            self.count + other.count,
            _of_both(sum, self.total, other.total),
            _of_both(min, self.least, other.least),
            _of_both(max, self.greatest, other.greatest),
        )

    def value(self, aggregation: MetricAggregation) -> Number | None:
        """What an aggregation makes of it."""
        if aggregation.percentile_value is not None:
            return percentile(self.ordered, aggregation.percentile_value)
        return _OF_SUMMARIES[aggregation.aggregation_type](self)


def _of_both(
    join: Callable[[Any], Number], one: Number | None, other: Number | None
) -> Number | None:
    known = [value for value in (one, other) if value is not None]
    return join(known) if known else None


def percentile(ordered: Sequence[Number], percent: float) -> float:
    """A percentile of at least one value, interpolated linearly between the two nearest.

    Args:
        ordered: The values, ascending.
        percent: From 0 to 100.
    """
    place = percent / 100.0 * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    low, high = float(ordered[below]), float(ordered[above])
    return low + (place - below) * (high - low)


_OF_SUMMARIES: Mapping[AggregationType, Callable[[Summary], Number | None]] = {
    AggregationType.COUNT: lambda summary: summary.count,
    AggregationType.SUM: lambda summary: summary.total,
    AggregationType.AVG: lambda summary: (
        None if summary.total is None else summary.total / summary.count
    ),
    AggregationType.MIN: lambda summary: summary.least,
    AggregationType.MAX: lambda summary: summary.greatest,
}
