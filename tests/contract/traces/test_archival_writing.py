"""What can still be changed in an archived trace, and what is refused."""

import pytest
from mlflow.entities.trace_state import TraceState

from ..scenarios import new_run_id, refused
from .archival_scenarios import FAILURE, Archival
from .trace_scenarios import feedback, is_there, new_trace_id, span, started

pytestmark = pytest.mark.area("traces")


class TestSpans:
    def test_are_refused(self, archival: Archival) -> None:
        trace_id = archival.archived()
        home = archival.info(trace_id).experiment_id
        text = f"Cannot log spans to archived traces: '{trace_id}'."
        with refused("INVALID_STATE", text):
            archival.store.log_spans(home, [span(trace_id, 2, 1)])

    def test_are_refused_when_they_are_sent_again(self, archival: Archival) -> None:
        trace_id = archival.archived()
        home = archival.info(trace_id).experiment_id
        with refused("INVALID_STATE", "Cannot log spans to archived traces"):
            archival.store.log_spans(home, [span(trace_id, name="root")])

    def test_of_all_archived_traces_are_told_of(self, archival: Archival) -> None:
        home = archival.eager()
        traces = sorted(archival.trace(home) for _ in range(3))
        assert archival.run() == 3
        text = ", ".join(f"'{trace_id}'" for trace_id in traces)
        with refused("INVALID_STATE", f"Cannot log spans to archived traces: {text}."):
            archival.store.log_spans(home, [span(key, 2, 1) for key in reversed(traces)])

    def test_of_other_traces_are_refused_with_them(self, archival: Archival) -> None:
        archived = archival.archived()
        home = archival.info(archived).experiment_id
        here, new = archival.trace(home), new_trace_id()
        with refused("INVALID_STATE", "Cannot log spans to archived traces"):
            archival.store.log_spans(home, [span(key, 2, 1) for key in (here, archived, new)])
        assert len(archival.read(here).data.spans) == 1
        assert not is_there(archival.store, new)

    def test_that_are_refused_leave_the_archive_alone(self, archival: Archival) -> None:
        trace_id = archival.archived()
        before = archival.read(trace_id).to_dict()
        with refused("INVALID_STATE"):
            archival.store.log_spans(
                archival.info(trace_id).experiment_id, [span(trace_id, name="renamed")]
            )
        assert archival.read(trace_id).to_dict() == before


class TestStart:
    def test_is_refused(self, archival: Archival) -> None:
        trace_id = archival.archived()
        home = archival.info(trace_id).experiment_id
        text = f"Cannot update traces that are no longer DB-backed: '{trace_id}'."
        with refused("INVALID_STATE", text):
            started(archival.store, home, trace_id)

    def test_that_is_refused_changes_nothing(self, archival: Archival) -> None:
        trace_id = archival.archived()
        before = archival.info(trace_id).to_dict()
        with refused("INVALID_STATE"):
            started(
                archival.store,
                archival.info(trace_id).experiment_id,
                trace_id,
                state=TraceState.ERROR,
                tags={"new": "1"},
                assessments=[feedback()],
            )
        assert archival.info(trace_id).to_dict() == before

    def test_as_clients_of_mlflow_2_end_a_trace_is_allowed(self, archival: Archival) -> None:
        trace_id = archival.archived()
        archival.store.deprecated_end_trace_v2(
            request_id=trace_id,
            timestamp_ms=archival.info(trace_id).request_time + 5,
            status="ERROR",
            request_metadata={},
            tags={"new": "1"},
        )
        info = archival.info(trace_id)
        assert (info.state, info.tags["new"]) == (TraceState.ERROR, "1")
        assert len(archival.read(trace_id).data.spans) == 1


class TestRest:
    def test_tags_can_be_set_and_deleted(self, archival: Archival) -> None:
        trace_id = archival.archived()
        archival.store.set_trace_tag(trace_id, "k", "v")
        assert archival.info(trace_id).tags["k"] == "v"
        archival.store.delete_trace_tag(trace_id, "k")
        assert "k" not in archival.info(trace_id).tags

    def test_assessments_can_be_made_changed_and_deleted(self, archival: Archival) -> None:
        trace_id = archival.archived()
        given = feedback()
        given.trace_id = trace_id
        made = archival.store.create_assessment(given)
        archival.store.update_assessment(trace_id, made.assessment_id, rationale="because")
        (kept,) = archival.info(trace_id).assessments
        assert (kept.assessment_id, kept.rationale) == (made.assessment_id, "because")
        archival.store.delete_assessment(trace_id, made.assessment_id)
        assert archival.info(trace_id).assessments == []

    def test_runs_can_be_linked(self, archival: Archival) -> None:
        trace_id = archival.archived()
        run_id = new_run_id(archival.store)
        archival.store.link_traces_to_run([trace_id], run_id)
        infos, _ = archival.store.search_traces(
            experiment_ids=[archival.info(trace_id).experiment_id],
            filter_string=f"attributes.run_id = '{run_id}'",
        )
        assert [info.trace_id for info in infos] == [trace_id]

    def test_a_failure_that_somebody_notes_changes_no_reading(self, archival: Archival) -> None:
        trace_id = archival.archived()
        archival.store.set_trace_tag(trace_id, FAILURE, "MALFORMED_TRACE")
        assert len(archival.read(trace_id).data.spans) == 1
