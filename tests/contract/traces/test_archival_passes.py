"""Which traces a pass of archival takes, and which it takes first."""

import time
from collections.abc import Mapping
from typing import Any

import pytest
from mlflow.entities.trace_state import TraceState
from mlflow.store.tracking.abstract_store import AbstractStore

from ..scenarios import START_TIME
from .archival_scenarios import (
    ANCIENT,
    DAY,
    FAILURE,
    LONG,
    Archival,
    archive_location,
    retention,
)
from .trace_scenarios import SPANS_LOCATION, new_trace_id, span, started

pytestmark = pytest.mark.area("traces")


def _ago(days: float) -> int:
    return time.time_ns() // 1_000_000 - int(days * DAY)


class TestCandidates:
    @pytest.mark.parametrize("state", [TraceState.OK, TraceState.ERROR])
    def test_are_finished_traces(self, archival: Archival, state: TraceState) -> None:
        trace_id = archival.trace(state=state)
        assert archival.run() == 1
        assert archival.is_archived(trace_id)

    def test_may_have_no_state(self, archival: Archival) -> None:
        experiment_id, trace_id = archival.eager(), new_trace_id()
        archival.store.log_spans(experiment_id, [span(trace_id, 2, 1)])
        started(archival.store, experiment_id, trace_id, state=TraceState.STATE_UNSPECIFIED)
        assert archival.run() == 1

    def test_are_none_that_run(self, archival: Archival) -> None:
        experiment_id, trace_id = archival.eager(), new_trace_id()
        archival.store.log_spans(experiment_id, [span(trace_id, 2, 1)])
        assert archival.run() == 0
        assert archival.info(trace_id).state == TraceState.IN_PROGRESS

    def test_may_be_told_of_by_spans_alone(self, archival: Archival) -> None:
        experiment_id, trace_id = archival.eager(), new_trace_id()
        archival.store.log_spans(experiment_id, [span(trace_id)])
        assert archival.run() == 1

    def test_are_none_without_spans(self, archival: Archival) -> None:
        trace = started(archival.store, archival.eager())
        assert archival.run() == 0
        assert not archival.is_archived(trace.trace_id)

    def test_may_say_nowhere_that_their_spans_are_here(self, archival: Archival) -> None:
        trace_id = archival.trace()
        archival.store.delete_trace_tag(trace_id, SPANS_LOCATION)
        assert archival.run() == 1
        assert archival.is_archived(trace_id)

    @pytest.mark.parametrize("location", ["ARTIFACT_REPO", "ARCHIVE_REPO", "", "elsewhere"])
    def test_are_none_whose_spans_are_elsewhere(self, archival: Archival, location: str) -> None:
        trace_id = archival.trace()
        archival.store.set_trace_tag(trace_id, SPANS_LOCATION, location)
        assert archival.run() == 0
        assert archival.files() == []

    @pytest.mark.parametrize("reason", ["MALFORMED_TRACE", "whatever", ""])
    def test_are_none_that_failed_for_good(self, archival: Archival, reason: str) -> None:
        trace_id = archival.trace()
        archival.store.set_trace_tag(trace_id, FAILURE, reason)
        assert archival.run() == 0
        archival.store.delete_trace_tag(trace_id, FAILURE)
        assert archival.run() == 1

    def test_are_none_that_are_archived(self, archival: Archival) -> None:
        trace_id = archival.archived()
        where = archive_location(archival.info(trace_id))
        assert archival.run() == 0
        assert archive_location(archival.info(trace_id)) == where

    def test_are_none_of_a_deleted_experiment(self, archival: Archival) -> None:
        experiment_id = archival.eager()
        trace_id = archival.trace(experiment_id)
        archival.store.delete_experiment(experiment_id)
        assert archival.run() == 0
        archival.store.restore_experiment(experiment_id)
        assert archival.run() == 1
        assert archival.is_archived(trace_id)

    def test_are_all_where_nobody_bounds_the_pass(self, archival: Archival) -> None:
        experiment_id = archival.eager()
        traces = [archival.trace(experiment_id) for _ in range(7)]
        assert archival.run() == 7
        assert archival.which(traces) == list(range(7))


class TestRetention:
    @pytest.mark.parametrize(
        ("tags", "options", "archived"),
        [
            ({}, {}, [0]),
            ({}, {"broader_retention": "99999d"}, []),
            ({"retention": retention("1d")}, {}, [0, 1]),
            ({"retention": retention("99999d")}, {}, [0]),
            ({"retention": retention("43200000m")}, {}, [0]),
            ({"retention": retention(" 24h ")}, {}, [0, 1]),
        ],
    )
    def test_of_the_experiment_counts_where_it_is_shorter(
        self,
        archival: Archival,
        tags: Mapping[str, str],
        options: Mapping[str, Any],
        archived: list[int],
    ) -> None:
        experiment_id = archival.experiment(**tags)
        traces = [archival.trace(experiment_id, request_time=at) for at in (ANCIENT, START_TIME)]
        assert archival.run(**{"broader_retention": LONG, **options}) == len(archived)
        assert archival.which(traces) == archived

    @pytest.mark.parametrize("kind", [list, set, tuple, frozenset])
    def test_of_the_experiment_counts_where_it_is_longer_and_listed(
        self, archival: Archival, kind: type
    ) -> None:
        tags = {"retention": retention("99999d")}
        listed, other = archival.experiment(**tags), archival.experiment(**tags)
        traces = [archival.trace(home, request_time=ANCIENT) for home in (listed, other)]
        allowed = kind([listed])
        assert archival.run(broader_retention=LONG, long_retention_allowlist=allowed) == 1
        assert archival.which(traces) == [1]

    def test_ids_of_the_list_may_be_numbers(self, archival: Archival) -> None:
        listed = archival.experiment(retention=retention("99999d"))
        archival.trace(listed, request_time=ANCIENT)
        options: dict[str, Any] = {"long_retention_allowlist": [int(listed)]}
        assert archival.run(broader_retention=LONG, **options) == 0

    @pytest.mark.parametrize(
        ("value", "days", "archived"),
        [
            ("10d", 9.99, 0),
            ("10d", 10.01, 1),
            ("36h", 1.49, 0),
            ("36h", 1.51, 1),
            ("90m", 0.06, 0),
            ("90m", 0.07, 1),
        ],
    )
    def test_is_counted_from_when_the_trace_began(
        self, archival: Archival, value: str, days: float, archived: int
    ) -> None:
        experiment_id = archival.experiment(retention=retention(value))
        archival.trace(experiment_id, request_time=_ago(days))
        assert archival.run() == archived

    def test_of_several_experiments_is_that_of_each(self, archival: Archival) -> None:
        homes = [archival.experiment(retention=retention(f"{days}d")) for days in (2, 5, 9)]
        traces = [archival.trace(home, request_time=_ago(6)) for home in homes]
        assert archival.run() == 2
        assert archival.which(traces) == [0, 1]

    def test_may_be_taken_away_again(self, archival: Archival, store: AbstractStore) -> None:
        experiment_id = archival.eager()
        archival.trace(experiment_id)
        store.delete_experiment_tag(experiment_id, "mlflow.trace.archivalRetention")
        assert archival.run() == 0


class TestBound:
    def test_takes_the_oldest_first(self, archival: Archival) -> None:
        experiment_id = archival.eager()
        times = [START_TIME + step for step in (3, 1, 2)]
        traces = [archival.trace(experiment_id, request_time=at) for at in times]
        assert archival.run(max_traces_per_pass=1) == 1
        assert archival.which(traces) == [1]
        assert archival.run(max_traces_per_pass=1) == 1
        assert archival.which(traces) == [1, 2]

    def test_takes_the_oldest_of_all_experiments(self, archival: Archival) -> None:
        homes = [archival.experiment(retention=retention(value)) for value in ("1d", "2d", "3d")]
        times = [START_TIME + step for step in (3, 2, 1)]
        traces = [
            archival.trace(home, request_time=at) for home, at in zip(homes, times, strict=True)
        ]
        assert archival.run(max_traces_per_pass=2) == 2
        assert archival.which(traces) == [1, 2]

    def test_of_one_time_the_smallest_ids_go_first(self, archival: Archival) -> None:
        experiment_id = archival.eager()
        traces = sorted(archival.trace(experiment_id) for _ in range(5))
        assert archival.run(max_traces_per_pass=2) == 2
        assert archival.which(traces) == [0, 1]

    def test_of_one_time_the_smallest_ids_of_all_experiments_go_first(
        self, archival: Archival
    ) -> None:
        homes = [archival.experiment(retention=retention(value)) for value in ("1d", "2d")] * 3
        traces = sorted(archival.trace(home) for home in homes)
        assert archival.run(max_traces_per_pass=3) == 3
        assert archival.which(traces) == [0, 1, 2]

    def test_may_be_more_than_there_are(self, archival: Archival) -> None:
        archival.trace()
        assert archival.run(max_traces_per_pass=100) == 1
        assert archival.run(max_traces_per_pass=100) == 0

    def test_counts_those_that_fail(self, archival: Archival) -> None:
        experiment_id, bad = archival.eager(), new_trace_id()
        spans = [span(bad), archival.foreign_span(bad)]
        archival.trace(experiment_id, *spans, request_time=START_TIME - 1)
        good = archival.trace(experiment_id)
        assert archival.run(max_traces_per_pass=1) == 0
        assert archival.run(max_traces_per_pass=1) == 1
        assert archival.is_archived(good)
