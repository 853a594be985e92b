"""calculate_trace_filter_correlation: how often two filters hold of the same traces."""

import math
from typing import Any

import pytest
from mlflow.store.tracking.abstract_store import AbstractStore

from ..scenarios import UNKNOWN_EXPERIMENT, refused
from .trace_search_scenarios import NamedTraces, named_traces

pytestmark = pytest.mark.area("traces")


@pytest.fixture(scope="module")
def eight(store: AbstractStore) -> NamedTraces:
    """Eight traces: half of them even, a quarter of them large, those large being even."""
    return named_traces(
        store,
        {
            str(number): {
                "request_time": number,
                "tags": {"even": str(number % 2 == 0), "size": "large" if number > 5 else "small"},
                "name": "first" if number == 0 else "later",
                "spans": [{"name": "odd" if number % 2 else "even", "start": number}],
            }
            for number in (0, 1, 2, 3, 4, 5, 6, 8)
        },
    )


def correlation(
    traces: NamedTraces, first: str | None, second: str | None, base: str | None = None
) -> Any:
    return traces.store.calculate_trace_filter_correlation(
        [traces.experiment_id], first, second, base
    )


def counts(result: Any) -> tuple[int, int, int, int]:
    return result.filter1_count, result.filter2_count, result.joint_count, result.total_count


EVEN, LARGE, ODD = "tags.even = 'True'", "tags.size = 'large'", "tags.even = 'False'"


@pytest.mark.parametrize(
    ("first", "second", "base", "expected"),
    [
        (EVEN, LARGE, None, (5, 2, 2, 8)),
        (LARGE, EVEN, None, (2, 5, 2, 8)),
        (EVEN, ODD, None, (5, 3, 0, 8)),
        (EVEN, EVEN, None, (5, 5, 5, 8)),
        ("", EVEN, None, (8, 5, 5, 8)),
        (None, None, None, (8, 8, 8, 8)),
        ("name = 'first'", "timestamp = 0", None, (1, 1, 1, 8)),
        ("status = 'ERROR'", EVEN, None, (0, 5, 0, 8)),
        (EVEN, LARGE, "timestamp > 2", (3, 2, 2, 5)),
        (EVEN, LARGE, "tags.even = 'False'", (0, 0, 0, 3)),
        (EVEN, LARGE, "status = 'ERROR'", (0, 0, 0, 0)),
        (EVEN, LARGE, "", (5, 2, 2, 8)),
        ("tags.even RLIKE '^T'", "tags.size RLIKE 'e$'", None, (5, 2, 2, 8)),
        ("span.name = 'even'", LARGE, None, (5, 2, 2, 8)),
        ("span.content LIKE '%\"odd\"%'", ODD, "timestamp >= 3", (2, 2, 2, 5)),
        ("timestamp < 4 AND name = 'later'", EVEN, "timestamp > 0", (3, 4, 1, 7)),
    ],
)
def test_traces_are_counted(
    eight: NamedTraces,
    first: str | None,
    second: str | None,
    base: str | None,
    expected: tuple[int, int, int, int],
) -> None:
    assert counts(correlation(eight, first, second, base)) == expected


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (EVEN, EVEN, 1.0),
        (EVEN, ODD, -1.0),
        (EVEN, LARGE, math.log(8 * 2 / (5 * 2)) / -math.log(2 / 8)),
        ("", "", 1.0),
        ("timestamp < 4", EVEN, math.log(8 * 2 / (4 * 5)) / -math.log(2 / 8)),
    ],
)
def test_correlation_is_normalised(
    eight: NamedTraces, first: str, second: str, expected: float
) -> None:
    result = correlation(eight, first, second)
    assert result.npmi == pytest.approx(expected)
    assert -1 <= result.npmi_smoothed <= 1


@pytest.mark.parametrize(
    ("first", "second"), [("status = 'ERROR'", EVEN), (EVEN, "name = 'none'"), ("name = 'x'",) * 2]
)
def test_correlation_with_nothing_is_no_number(eight: NamedTraces, first: str, second: str) -> None:
    assert math.isnan(correlation(eight, first, second).npmi)


def test_smoothed_correlation_of_what_is_never_joint_is_above_minus_one(
    eight: NamedTraces,
) -> None:
    assert -1 < correlation(eight, EVEN, ODD).npmi_smoothed < 0


def test_confidence_is_not_told(eight: NamedTraces) -> None:
    result = correlation(eight, EVEN, LARGE)
    assert (result.confidence_lower, result.confidence_upper) == (None, None)


class TestExperiments:
    """Where traces are counted."""

    def test_are_counted_together(self, store: AbstractStore, eight: NamedTraces) -> None:
        other = named_traces(store, {"it": {"tags": {"even": "True"}}})
        result = store.calculate_trace_filter_correlation(
            [eight.experiment_id, other.experiment_id], EVEN, LARGE
        )
        assert counts(result) == (6, 2, 2, 9)

    @pytest.mark.parametrize("experiment_ids", [[], [UNKNOWN_EXPERIMENT]])
    def test_without_traces_count_nothing(
        self, store: AbstractStore, experiment_ids: list[str]
    ) -> None:
        result = store.calculate_trace_filter_correlation(experiment_ids, EVEN, LARGE)
        assert counts(result) == (0, 0, 0, 0)
        assert math.isnan(result.npmi)

    def test_that_are_no_numbers_are_refused(self, store: AbstractStore) -> None:
        text = "Invalid experiment ID 'x'. Experiment ID must be a valid integer."
        with refused("INVALID_PARAMETER_VALUE", text):
            store.calculate_trace_filter_correlation(["x"], EVEN, LARGE)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_malformed_filter_is_refused(eight: NamedTraces, place: int) -> None:
    filters = [EVEN, EVEN, EVEN]
    filters[place] = "status = 'OK' OR status = 'ERROR'"
    with refused("INVALID_PARAMETER_VALUE", "Invalid clause(s) in filter string: 'OR'"):
        correlation(eight, *filters)
