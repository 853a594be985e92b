"""The searches, each as MLflow's grammar and, beside it, as the bare driver's query."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .data import HIT, HITS, RARE_LOSS

BY_RECENCY = (("recent", 1),)


@dataclass(frozen=True, slots=True)
class Search:
    """One kind of search.

    Args:
        title: What it is.
        filter_string: For MLflow.
        order_by: For MLflow.
        where: The same filter for the driver, besides experiment and stage.
        sort: The same order for the driver.
        hits: How many runs match; None for all.
        hot: The path that a user who searches so puts an index on.
    """

    title: str
    filter_string: str = ""
    order_by: tuple[str, ...] = ()
    where: Mapping[str, Any] = field(default_factory=dict)
    sort: tuple[tuple[str, int], ...] = BY_RECENCY
    hits: int | None = None
    hot: str | None = None


DEFAULT = Search("default order")

METRIC_RANGE = Search(
    "metric range",
    filter_string=f"metrics.loss < {RARE_LOSS}",
    where={"metrics.loss.v": {"$lt": RARE_LOSS}},
    hits=HITS,
    hot="metrics.loss.v",
)

PARAM = Search(
    "param equality",
    filter_string=f"params.learning_rate = '{HIT}'",
    where={"params.learning_rate": HIT},
    hits=HITS,
    hot="params.learning_rate",
)

TAG = Search(
    "tag equality",
    filter_string=f"tags.team = '{HIT}'",
    where={"tags.team": HIT},
    hits=HITS,
    hot="tags.team",
)

HIGHEST = Search(
    "metric descending",
    order_by=("metrics.accuracy DESC",),
    # Runs with a number, then with NaN, then without: the rank, in either direction.
    sort=(("metrics.accuracy.r", -1), ("metrics.accuracy.v", -1), ("recent", 1)),
)

LOWEST = Search(
    "metric ascending",
    order_by=("metrics.loss ASC",),
    sort=(("metrics.loss.r", -1), ("metrics.loss.v", 1), ("recent", 1)),
)

SELECTIVE = (METRIC_RANGE, PARAM, TAG)
