"""Times of metrics of traces: ranges, buckets, and how many points an answer has at most."""

from typing import Any

import pytest
from mlflow.store.tracking.abstract_store import AbstractStore

from ..scenarios import START_TIME
from .metric_scenarios import Measured, measured

pytestmark = pytest.mark.area("trace_metrics")

HOUR = 3_600_000
DAY = 24 * HOUR
EVER = {"start_time_ms": 0, "end_time_ms": 2 * START_TIME}
COUNT = ("traces", "trace_count")


@pytest.fixture(scope="module")
def week(store: AbstractStore) -> Measured:
    """Traces over some days, none of them on the third."""
    week = measured(store)
    for at, name, lasted in (
        (0, "a", 10),
        (HOUR, "b", 20),
        (HOUR + 1, "a", 30),
        (DAY, "b", 40),
        (3 * DAY, "a", 50),
        (3 * DAY + 1, "a", 70),
    ):
        week.trace(name, at=at, lasted=lasted, tokens={"input_tokens": lasted})
    return week


@pytest.mark.parametrize(
    ("bounds", "count"),
    [
        ({}, 6),
        ({"start_time_ms": START_TIME}, 6),
        ({"start_time_ms": START_TIME + 1}, 5),
        ({"end_time_ms": START_TIME}, 1),
        ({"end_time_ms": START_TIME - 1}, 0),
        ({"start_time_ms": START_TIME + HOUR, "end_time_ms": START_TIME + HOUR}, 1),
        ({"start_time_ms": START_TIME + HOUR, "end_time_ms": START_TIME + HOUR + 1}, 2),
        ({"start_time_ms": START_TIME + DAY, "end_time_ms": START_TIME}, 0),
        ({"start_time_ms": 0, "end_time_ms": 0}, 0),
        ({"start_time_ms": -1}, 6),
        ({"end_time_ms": 2**63 - 1}, 6),
        *(
            pytest.param(bounds, count, id=f"out of 64 bits: {bounds}")
            for bounds, count in (
                ({"start_time_ms": 2**63}, 0),
                ({"start_time_ms": -(2**63) - 1}, 6),
                ({"end_time_ms": 2**63}, 6),
                ({"end_time_ms": -(2**63) - 1}, 0),
            )
        ),
    ],
)
def test_range_has_both_its_ends(week: Measured, bounds: dict[str, int], count: int) -> None:
    assert week.values(*COUNT, **bounds) == {"COUNT": count}


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (
            86_400,
            [
                ("2023-11-14T00:00:00+00:00", 3),
                ("2023-11-15T00:00:00+00:00", 1),
                ("2023-11-17T00:00:00+00:00", 2),
            ],
        ),
        (
            3_600,
            [
                ("2023-11-14T22:00:00+00:00", 1),
                ("2023-11-14T23:00:00+00:00", 2),
                ("2023-11-15T22:00:00+00:00", 1),
                ("2023-11-17T22:00:00+00:00", 2),
            ],
        ),
        (
            1,
            [
                ("2023-11-14T22:13:20+00:00", 1),
                ("2023-11-14T23:13:20+00:00", 2),
                ("2023-11-15T22:13:20+00:00", 1),
                ("2023-11-17T22:13:20+00:00", 2),
            ],
        ),
        (
            604_800,
            [("2023-11-09T00:00:00+00:00", 4), ("2023-11-16T00:00:00+00:00", 2)],
        ),
        (
            7,
            [
                ("2023-11-14T22:13:14+00:00", 1),
                ("2023-11-14T23:13:19+00:00", 2),
                ("2023-11-15T22:13:15+00:00", 1),
                ("2023-11-17T22:13:17+00:00", 2),
            ],
        ),
        (10**10, [("1970-01-01T00:00:00+00:00", 6)]),
    ],
)
def test_bucket_begins_at_a_multiple_of_its_size(
    week: Measured, seconds: int, expected: list[tuple[str, int]]
) -> None:
    assert week.groups(*COUNT, time_interval_seconds=seconds, **EVER) == expected


def test_bucket_begins_before_the_range_where_the_range_begins_within(week: Measured) -> None:
    bounds = {"start_time_ms": START_TIME + HOUR + 1, "end_time_ms": START_TIME + HOUR + 1}
    found = week.groups(*COUNT, time_interval_seconds=86_400, **bounds)
    assert found == [("2023-11-14T00:00:00+00:00", 1)]


@pytest.mark.parametrize(
    ("at", "bucket"),
    [
        (-1, "2023-11-14T22:13:00+00:00"),
        (0, "2023-11-14T22:13:20+00:00"),
        (19_999, "2023-11-14T22:13:20+00:00"),
        (20_000, "2023-11-14T22:13:40+00:00"),
    ],
)
def test_bucket_has_its_first_millisecond_and_not_the_next_buckets(
    store: AbstractStore, at: int, bucket: str
) -> None:
    exact = measured(store)
    exact.trace(at=at)
    assert exact.groups(*COUNT, time_interval_seconds=20, **EVER) == [(bucket, 1)]


def test_bucket_of_a_time_before_1970_is_the_one_it_falls_in(store: AbstractStore) -> None:
    old = measured(store)
    old.trace(at=-START_TIME - 1)
    options = {"time_interval_seconds": 60, "start_time_ms": -HOUR, "end_time_ms": 0}
    assert old.groups(*COUNT, **options) == [("1969-12-31T23:59:00+00:00", 1)]


@pytest.mark.parametrize(
    ("view", "metric", "aggregated", "expected"),
    [
        ("traces", "latency", "AVG", [20.0, 40.0, 60.0]),
        ("traces", "latency", "P50", [20.0, 40.0, 60.0]),
        ("traces", "latency", "P100", [30, 40, 70]),
        ("traces", "input_tokens", "SUM", [60, 40, 120]),
        ("traces", "input_tokens", "P100", [30.0, 40.0, 70.0]),
    ],
)
def test_every_bucket_has_a_value_of_its_own(
    week: Measured, view: str, metric: str, aggregated: str, expected: list[float]
) -> None:
    found = week.groups(view, metric, aggregated, time_interval_seconds=86_400, **EVER)
    assert [value for _, value in found] == pytest.approx(expected)


def test_buckets_come_before_dimensions(week: Measured) -> None:
    options = {"time_interval_seconds": 86_400, "dimensions": ["trace_name"]}
    assert week.groups(*COUNT, **options, **EVER) == [
        ("2023-11-14T00:00:00+00:00", "a", 2),
        ("2023-11-14T00:00:00+00:00", "b", 1),
        ("2023-11-15T00:00:00+00:00", "b", 1),
        ("2023-11-17T00:00:00+00:00", "a", 2),
    ]


def test_buckets_of_percentiles_come_before_dimensions(week: Measured) -> None:
    options = {"time_interval_seconds": 86_400, "dimensions": ["trace_name"]}
    assert week.groups("traces", "latency", "P50", **options, **EVER) == [
        ("2023-11-14T00:00:00+00:00", "a", 20.0),
        ("2023-11-14T00:00:00+00:00", "b", 20.0),
        ("2023-11-15T00:00:00+00:00", "b", 40.0),
        ("2023-11-17T00:00:00+00:00", "a", 60.0),
    ]


@pytest.mark.parametrize("bounds", [{}, EVER, {"start_time_ms": START_TIME}])
def test_buckets_of_no_seconds_are_none(week: Measured, bounds: dict[str, int]) -> None:
    assert week.values(*COUNT, time_interval_seconds=0, **bounds) == {"COUNT": 6}


@pytest.mark.parametrize("offset_ns", [0, 1_000_000, 999_000_000])
def test_bucket_of_a_span_is_that_of_its_own_start(store: AbstractStore, offset_ns: int) -> None:
    spanned = measured(store)
    spanned.spans({"start_ns": START_TIME * 1_000_000 + offset_ns})
    found = spanned.groups("spans", "span_count", time_interval_seconds=1, **EVER)
    assert found == [("2023-11-14T22:13:20+00:00", 1)]


class TestMaxResults:
    @pytest.mark.parametrize(
        ("most", "names"), [(0, []), (1, ["a"]), (2, ["a", "b"]), (3, ["a", "b"])]
    )
    def test_keeps_the_first_points(self, week: Measured, most: int, names: list[str]) -> None:
        found = week.groups(*COUNT, dimensions=["trace_name"], max_results=most)
        assert [name for name, _ in found] == names

    def test_below_zero_keeps_all(self, week: Measured) -> None:
        assert len(week.groups(*COUNT, dimensions=["trace_name"], max_results=-1)) == 2

    @pytest.mark.parametrize(("aggregated", "value"), [("P50", 40.0), ("AVG", 40.0)])
    @pytest.mark.parametrize("most", [0, 1])
    def test_keeps_the_first_points_of_other_values(
        self, week: Measured, aggregated: str, value: float, most: int
    ) -> None:
        options: dict[str, Any] = {"dimensions": ["trace_name"], "max_results": most}
        found = week.groups("traces", "latency", aggregated, **options)
        assert found == [("a", value)][:most]

    def test_keeps_the_first_buckets(self, week: Measured) -> None:
        found = week.groups(*COUNT, time_interval_seconds=86_400, max_results=2, **EVER)
        assert [bucket[:10] for bucket, _ in found] == ["2023-11-14", "2023-11-15"]

    def test_of_none_leaves_out_the_only_point(self, week: Measured) -> None:
        assert week.points(*COUNT, max_results=0) == []

    def test_is_1000_unless_told_otherwise(self, store: AbstractStore) -> None:
        many = measured(store)
        spans = [{"name": f"{number:04}", "root": number == 0} for number in range(1001)]
        many.spans(*spans)
        assert len(many.points("spans", "span_count", dimensions=["span_name"])) == 1000

    def test_has_no_page_after_it(self, week: Measured) -> None:
        points = week.answer(*COUNT, dimensions=["trace_name"], max_results=1)
        assert points.token is None

    @pytest.mark.parametrize("token", ["", "next", "e30="])
    def test_reads_no_page_token(self, week: Measured, token: str) -> None:
        assert week.values(*COUNT, page_token=token) == {"COUNT": 6}
