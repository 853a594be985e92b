"""Experiments whose traces somebody wants archived at once, by a tag."""

import time
from collections.abc import Callable

import pytest
from mlflow.entities import ExperimentTag
from mlflow.store.tracking.abstract_store import AbstractStore

from ..scenarios import START_TIME
from .archival_scenarios import DAY, FAILURE, NOW, Archival, retention
from .trace_scenarios import SPANS_LOCATION, new_trace_id, span, started

pytestmark = pytest.mark.area("traces")


def _ago(days: float) -> int:
    return time.time_ns() // 1_000_000 - int(days * DAY)


class TestRequest:
    @pytest.mark.parametrize("value", ["{}", '{"older_than": null}', '{"other": 1}'])
    def test_is_for_all_traces(self, archival: Archival, value: str) -> None:
        experiment_id = archival.experiment(now=value)
        traces = [archival.trace(experiment_id, request_time=at) for at in (_ago(0), _ago(9))]
        assert archival.run() == 2
        assert archival.which(traces) == [0, 1]

    @pytest.mark.parametrize("value", ["5d", "120h", " 7200m "])
    def test_may_be_for_those_of_an_age(self, archival: Archival, value: str) -> None:
        experiment_id = archival.experiment(now=f'{{"older_than": "{value}"}}')
        traces = [archival.trace(experiment_id, request_time=_ago(days)) for days in (4.9, 5.1)]
        assert archival.run() == 1
        assert archival.which(traces) == [1]

    def test_is_for_its_experiment_alone(self, archival: Archival) -> None:
        traces = [archival.trace(archival.experiment(**tags)) for tags in ({"now": "{}"}, {})]
        assert archival.run() == 1
        assert archival.which(traces) == [0]

    @pytest.mark.parametrize(("older_than", "archived"), [("1d", [0, 1]), ("9d", [0])])
    def test_leaves_the_retention_in_force(
        self, archival: Archival, older_than: str, archived: list[int]
    ) -> None:
        experiment_id = archival.experiment(
            now=f'{{"older_than": "{older_than}"}}', retention=retention("5d")
        )
        traces = [archival.trace(experiment_id, request_time=_ago(days)) for days in (6, 2)]
        assert archival.run() == len(archived)
        assert archival.which(traces) == archived

    def test_comes_before_all_that_is_due(self, archival: Archival) -> None:
        due = archival.trace(request_time=START_TIME)
        wanted = archival.trace(archival.experiment(now="{}"), request_time=_ago(0))
        assert archival.run(max_traces_per_pass=1) == 1
        assert archival.which([due, wanted]) == [1]

    def test_leaves_the_rest_of_the_pass_to_what_is_due(self, archival: Archival) -> None:
        home = archival.eager()
        due = [archival.trace(home, request_time=START_TIME + at) for at in range(3)]
        wanted = archival.trace(archival.experiment(now="{}"), request_time=_ago(0))
        assert archival.run(max_traces_per_pass=2) == 2
        assert archival.which([*due, wanted]) == [0, 3]

    def test_counts_what_is_wanted_and_due_once(self, archival: Archival) -> None:
        experiment_id = archival.experiment(now='{"older_than": "9d"}', retention=retention("5d"))
        traces = [archival.trace(experiment_id, request_time=_ago(days)) for days in (12, 11, 6)]
        assert archival.run(max_traces_per_pass=3) == 3
        assert archival.which(traces) == [0, 1, 2]


class TestFulfilled:
    """When the tag goes, and when it stays for the next pass."""

    def test_request_is_taken_away(self, archival: Archival) -> None:
        experiment_id = archival.experiment(now="{}", retention=retention())
        archival.trace(experiment_id)
        archival.run()
        assert archival.tag(experiment_id, NOW) is None
        assert archival.tag(experiment_id, "mlflow.trace.archivalRetention") == retention()

    def test_request_with_nothing_to_do_is_taken_away(self, archival: Archival) -> None:
        experiment_id = archival.experiment(now="{}")
        assert archival.run() == 0
        assert archival.tag(experiment_id, NOW) is None

    def test_request_is_taken_away_though_younger_traces_remain(self, archival: Archival) -> None:
        experiment_id = archival.experiment(now='{"older_than": "5d"}')
        archival.trace(experiment_id, request_time=_ago(1))
        assert archival.run() == 0
        assert archival.tag(experiment_id, NOW) is None

    def test_request_stays_while_traces_are_left(self, archival: Archival) -> None:
        experiment_id = archival.experiment(now="{}")
        for _ in range(2):
            archival.trace(experiment_id)
        archival.run(max_traces_per_pass=1)
        assert archival.tag(experiment_id, NOW) == "{}"
        archival.run(max_traces_per_pass=1)
        assert archival.tag(experiment_id, NOW) is None

    def test_request_stays_while_traces_run(self, archival: Archival) -> None:
        experiment_id, trace_id = archival.experiment(now="{}"), new_trace_id()
        archival.store.log_spans(experiment_id, [span(trace_id, 2, 1)])
        archival.run()
        assert archival.tag(experiment_id, NOW) == "{}"
        archival.store.log_spans(experiment_id, [span(trace_id)])
        assert archival.run() == 1
        assert archival.tag(experiment_id, NOW) is None

    def test_request_stays_when_an_upload_failed(
        self, archival: Archival, meanwhile: dict[str, Callable[[], object]]
    ) -> None:
        experiment_id = archival.experiment(now="{}")
        archival.trace(experiment_id)
        meanwhile["upload"] = lambda: 1 // 0
        assert archival.run() == 0
        assert archival.tag(experiment_id, NOW) == "{}"
        del meanwhile["upload"]
        assert archival.run() == 1
        assert archival.tag(experiment_id, NOW) is None

    def test_request_is_taken_away_when_the_rest_failed_for_good(self, archival: Archival) -> None:
        experiment_id, trace_id = archival.experiment(now="{}"), new_trace_id()
        archival.trace(experiment_id, span(trace_id), archival.foreign_span(trace_id))
        assert archival.run() == 0
        assert FAILURE in archival.info(trace_id).tags
        assert archival.tag(experiment_id, NOW) is None

    def test_request_is_taken_away_though_traces_without_spans_remain(
        self, archival: Archival
    ) -> None:
        experiment_id = archival.experiment(now="{}")
        started(archival.store, experiment_id)
        assert archival.run() == 0
        assert archival.tag(experiment_id, NOW) is None

    def test_request_is_taken_away_though_spans_elsewhere_remain(self, archival: Archival) -> None:
        experiment_id = archival.experiment(now="{}")
        trace_id = archival.trace(experiment_id)
        archival.store.set_trace_tag(trace_id, SPANS_LOCATION, "ARTIFACT_REPO")
        assert archival.run() == 0
        assert archival.tag(experiment_id, NOW) is None

    @pytest.mark.parametrize("value", ['{"older_than": "1m"}', '{"older_than": null}'])
    def test_a_request_that_came_meanwhile_stays(
        self, archival: Archival, meanwhile: dict[str, Callable[[], object]], value: str
    ) -> None:
        experiment_id = archival.experiment(now="{}")
        archival.trace(experiment_id)
        meanwhile["upload"] = lambda: archival.store.set_experiment_tag(
            experiment_id, ExperimentTag(NOW, value)
        )
        assert archival.run() == 1
        assert archival.tag(experiment_id, NOW) == value

    def test_a_request_that_was_taken_back_meanwhile_is_no_mistake(
        self, archival: Archival, meanwhile: dict[str, Callable[[], object]]
    ) -> None:
        experiment_id = archival.experiment(now="{}")
        archival.trace(experiment_id)
        meanwhile["upload"] = lambda: archival.store.delete_experiment_tag(experiment_id, NOW)
        assert archival.run() == 1
        assert archival.tag(experiment_id, NOW) is None

    def test_requests_of_deleted_experiments_wait(
        self, archival: Archival, store: AbstractStore
    ) -> None:
        experiment_id = archival.experiment(now="{}")
        archival.trace(experiment_id)
        store.delete_experiment(experiment_id)
        assert archival.run() == 0
        store.restore_experiment(experiment_id)
        assert archival.tag(experiment_id, NOW) == "{}"
        assert archival.run() == 1
