"""Passes of archival that something stops, or that somebody comes in between of."""

from collections.abc import Callable

import pytest
from mlflow.store.tracking.abstract_store import AbstractStore

from ..scenarios import START_TIME
from .archival_scenarios import FAILURE, Archival
from .trace_scenarios import SPANS_LOCATION, feedback, is_there, new_trace_id, span, started

pytestmark = pytest.mark.area("traces")

Meanwhile = dict[str, Callable[[], object]]


class TestMalformed:
    """Spans of which no archive can be made."""

    def _trace(self, archival: Archival, experiment_id: str | None = None) -> str:
        trace_id = new_trace_id()
        return archival.trace(experiment_id, span(trace_id), archival.foreign_span(trace_id))

    def test_are_told_of_by_their_trace(self, archival: Archival) -> None:
        trace_id = self._trace(archival)
        assert archival.run() == 0
        tags = archival.info(trace_id).tags
        assert tags[FAILURE] == "MALFORMED_TRACE"
        assert tags[SPANS_LOCATION] == "TRACKING_STORE"
        assert archival.files() == []

    def test_can_still_be_read_and_added_to(self, archival: Archival) -> None:
        trace_id = self._trace(archival)
        archival.run()
        home = archival.info(trace_id).experiment_id
        archival.store.log_spans(home, [span(trace_id, 3, 1)])
        assert len(archival.read(trace_id).data.spans) == 3

    def test_stop_no_other_trace(self, archival: Archival) -> None:
        home = archival.eager()
        self._trace(archival, home)
        good = archival.trace(home)
        assert archival.run() == 1
        assert archival.is_archived(good)

    def test_are_not_tried_again_before_somebody_says_so(self, archival: Archival) -> None:
        trace_id = self._trace(archival)
        assert archival.run() == 0
        archival.store.set_trace_tag(trace_id, FAILURE, "noted")
        assert archival.run() == 0
        assert archival.info(trace_id).tags[FAILURE] == "noted"
        archival.store.delete_trace_tag(trace_id, FAILURE)
        assert archival.run() == 0
        assert archival.info(trace_id).tags[FAILURE] == "MALFORMED_TRACE"


class TestUpload:
    def test_that_fails_leaves_the_trace_for_the_next_pass(
        self, archival: Archival, meanwhile: Meanwhile
    ) -> None:
        trace_id = archival.trace()
        meanwhile["upload"] = lambda: 1 // 0
        assert archival.run() == 0
        tags = archival.info(trace_id).tags
        assert FAILURE not in tags
        assert tags[SPANS_LOCATION] == "TRACKING_STORE"
        assert len(archival.read(trace_id).data.spans) == 1
        del meanwhile["upload"]
        assert archival.run() == 1

    def test_that_fails_is_taken_back(self, archival: Archival, meanwhile: Meanwhile) -> None:
        archival.trace()
        meanwhile["upload"] = lambda: 1 // 0
        archival.run()
        assert archival.files() == []

    def test_that_fails_and_cannot_be_taken_back_is_none(
        self, archival: Archival, meanwhile: Meanwhile
    ) -> None:
        trace_id = archival.trace()
        meanwhile.update(upload=lambda: 1 // 0, delete=lambda: 1 // 0)
        assert archival.run() == 0
        assert len(archival.read(trace_id).data.spans) == 1

    def test_that_fails_stops_no_other(self, archival: Archival) -> None:
        blocked = archival.trace(request_time=START_TIME - 1)
        archival.directory.joinpath(archival.info(blocked).experiment_id).write_text("in the way")
        good = archival.trace()
        assert archival.run() == 1
        assert archival.which([blocked, good]) == [1]


class TestMeanwhile:
    """Between the upload and its announcement somebody else changes the trace."""

    def test_spans_that_come_keep_the_trace_here(
        self, archival: Archival, meanwhile: Meanwhile
    ) -> None:
        trace_id = archival.trace()
        home = archival.info(trace_id).experiment_id
        meanwhile["upload"] = lambda: archival.store.log_spans(home, [span(trace_id, 2, 1)])
        assert archival.run() == 0
        assert not archival.is_archived(trace_id)
        assert len(archival.read(trace_id).data.spans) == 2
        assert archival.files() == []
        del meanwhile["upload"]
        assert archival.run() == 1
        assert len(archival.read(trace_id).data.spans) == 2

    def test_spans_that_are_sent_again_keep_the_trace_here(
        self, archival: Archival, meanwhile: Meanwhile
    ) -> None:
        trace_id = archival.trace()
        home = archival.info(trace_id).experiment_id
        meanwhile["upload"] = lambda: archival.store.log_spans(home, [span(trace_id, name="new")])
        assert archival.run() == 0
        assert [one.name for one in archival.read(trace_id).data.spans] == ["new"]

    def test_a_start_keeps_the_trace_here(self, archival: Archival, meanwhile: Meanwhile) -> None:
        trace_id = archival.trace()
        home = archival.info(trace_id).experiment_id
        meanwhile["upload"] = lambda: started(archival.store, home, trace_id)
        assert archival.run() == 0
        assert not archival.is_archived(trace_id)
        assert archival.files() == []

    def test_a_deletion_leaves_nothing(
        self, archival: Archival, store: AbstractStore, meanwhile: Meanwhile
    ) -> None:
        trace_id = archival.trace()
        home = archival.info(trace_id).experiment_id
        meanwhile["upload"] = lambda: store.delete_traces(home, trace_ids=[trace_id])
        assert archival.run() == 0
        assert not is_there(store, trace_id)
        assert archival.files() == []

    @pytest.mark.parametrize(
        ("key", "value"), [(SPANS_LOCATION, "ARTIFACT_REPO"), (FAILURE, "noted")]
    )
    def test_a_tag_that_forbids_it_keeps_the_trace_as_it_is(
        self, archival: Archival, meanwhile: Meanwhile, key: str, value: str
    ) -> None:
        trace_id = archival.trace()
        meanwhile["upload"] = lambda: archival.store.set_trace_tag(trace_id, key, value)
        assert archival.run() == 0
        assert archival.info(trace_id).tags[key] == value
        assert archival.files() == []

    def test_a_tag_stops_nothing(self, archival: Archival, meanwhile: Meanwhile) -> None:
        trace_id = archival.trace()
        meanwhile["upload"] = lambda: archival.store.set_trace_tag(trace_id, "k", "v")
        assert archival.run() == 1
        assert archival.info(trace_id).tags["k"] == "v"

    def test_an_assessment_stops_nothing(
        self, archival: Archival, store: AbstractStore, meanwhile: Meanwhile
    ) -> None:
        trace_id = archival.trace()
        before, given = feedback("before"), feedback("meanwhile")
        for one in (before, given):
            one.trace_id = trace_id
        store.create_assessment(before)
        meanwhile["upload"] = lambda: store.create_assessment(given)
        assert archival.run() == 1
        names = [one.name for one in archival.info(trace_id).assessments]
        assert sorted(names) == ["before", "meanwhile"]

    def test_an_experiment_that_is_deleted_stops_nothing(
        self, archival: Archival, store: AbstractStore, meanwhile: Meanwhile
    ) -> None:
        trace_id = archival.trace()
        home = archival.info(trace_id).experiment_id
        meanwhile["upload"] = lambda: store.delete_experiment(home)
        assert archival.run() == 1
        assert archival.is_archived(trace_id)

    def test_another_pass_archives_it_once(self, archival: Archival, meanwhile: Meanwhile) -> None:
        trace_id = archival.trace()
        counts: list[int] = []

        def happens() -> None:
            del meanwhile["upload"]
            counts.append(archival.run())

        meanwhile["upload"] = happens
        counts.append(archival.run())
        # Whichever of them it is: both uploads are one file, which the other leaves alone.
        assert sorted(counts) == [0, 1]
        assert len(archival.read(trace_id).data.spans) == 1
