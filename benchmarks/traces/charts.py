"""The questions of charts, each as MLflow asks it."""

from dataclasses import dataclass

from mlflow.entities.trace_metrics import AggregationType, MetricAggregation, MetricViewType

from benchmarks.data import EPOCH

from .data import MODELS, WEEK

HOUR = 3_600_000
HOURS = WEEK // HOUR
_STATES = 2


@dataclass(frozen=True, slots=True)
class Chart:
    """What is asked, of an experiment and the whole week.

    Args:
        title: What it is.
        metric: What is counted or summed.
        aggregation: How.
        points: How many there are in the answer.
        view: Of what.
        dimension: What splits it.
        hourly: Whether each hour is a point.
    """

    title: str
    metric: str
    aggregation: MetricAggregation
    points: int
    view: MetricViewType = MetricViewType.TRACES
    dimension: str | None = None
    hourly: bool = False

    def arguments(self, experiment_id: str) -> dict[str, object]:
        """For MLflow's call."""
        timed = {
            "time_interval_seconds": HOUR // 1_000,
            "start_time_ms": EPOCH,
            "end_time_ms": EPOCH + WEEK,
        }
        return {
            "experiment_ids": [experiment_id],
            "view_type": self.view,
            "metric_name": self.metric,
            "aggregations": [self.aggregation],
            "dimensions": [] if self.dimension is None else [self.dimension],
            **(timed if self.hourly else {}),
        }


_COUNT = MetricAggregation(AggregationType.COUNT)
_SUM = MetricAggregation(AggregationType.SUM)
PERCENTILE = 95
_P95 = MetricAggregation(AggregationType.PERCENTILE, PERCENTILE)

# The hours start where clocks strike, not where the week does.
_BUCKETS = (EPOCH + WEEK - 1) // HOUR - EPOCH // HOUR + 1

CHARTS = (
    Chart("count per hour", "trace_count", _COUNT, _BUCKETS, hourly=True),
    Chart("p95 latency per hour", "latency", _P95, _BUCKETS, hourly=True),
    Chart("total tokens", "total_tokens", _SUM, 1),
    Chart("count by status", "trace_count", _COUNT, _STATES, dimension="trace_status"),
    Chart(
        "span cost by model",
        "total_cost",
        _SUM,
        len(MODELS),
        view=MetricViewType.SPANS,
        dimension="span_model_name",
    ),
)
