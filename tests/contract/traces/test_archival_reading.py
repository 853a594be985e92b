"""Archived traces as they are read, and as they are found."""

from collections.abc import Mapping
from typing import Any

import pytest
from mlflow.entities import Span
from opentelemetry.trace import Link, StatusCode

from ..scenarios import START_TIME, refused
from .archival_scenarios import Archival, archive_location
from .trace_scenarios import (
    COST,
    INPUTS,
    OUTPUTS,
    SPAN_COST,
    SPAN_TYPE,
    SPAN_USAGE,
    SPANS_LOCATION,
    TOKEN_USAGE,
    cost,
    event,
    feedback,
    found,
    metadata_json,
    new_trace_id,
    span,
    usage,
)

pytestmark = pytest.mark.area("traces")


def _tree(trace_id: str) -> list[Span]:
    """A root, two children, and a grandchild, in no order."""
    return [
        span(trace_id, 4, 3, name="grandchild", start=START_TIME + 3),
        span(trace_id, 3, 1, name="second", start=START_TIME + 2),
        span(trace_id, 2, 1, name="first", start=START_TIME + 1),
        span(trace_id, 1, name="root", start=START_TIME + 9),
    ]


class TestPlace:
    def test_is_told_by_the_trace(self, archival: Archival) -> None:
        trace_id = archival.archived()
        info = archival.info(trace_id)
        assert info.tags[SPANS_LOCATION] == "ARCHIVE_REPO"
        home = f"{archival.location}/{info.experiment_id}/traces/{trace_id}/artifacts"
        assert archive_location(info) == home

    def test_is_one_file(self, archival: Archival) -> None:
        trace_id = archival.archived(None, *_tree(new_trace_id()))
        assert archival.files() == [archival.file(trace_id)]

    def test_may_end_in_a_slash(self, archival: Archival) -> None:
        archival.location += "/"
        trace_id = archival.archived()
        assert archival.file(trace_id).exists()

    def test_of_each_pass_is_its_own(self, archival: Archival) -> None:
        first = archival.archived()
        archival.location += "/later"
        second = archival.archived()
        assert "/later/" not in str(archive_location(archival.info(first)))
        assert "/later/" in str(archive_location(archival.info(second)))
        for trace_id in (first, second):
            assert [one.name for one in archival.read(trace_id).data.spans] == ["root"]


class TestSpans:
    def test_come_roots_first_then_by_start(self, archival: Archival) -> None:
        trace_id = archival.archived(None, *_tree(new_trace_id()))
        names = [one.name for one in archival.read(trace_id).data.spans]
        assert names == ["root", "first", "second", "grandchild"]

    @pytest.mark.parametrize(
        "options",
        [
            {},
            {"name": "é損失😀"},
            {"name": ""},
            {"status": StatusCode.ERROR, "description": "it broke"},
            {"status": StatusCode.UNSET},
            {"attributes": {INPUTS: {"q": [1, 2.5, None, True]}, OUTPUTS: "é損失😀"}},
            {"attributes": {INPUTS: "a\0b", "deep": {"a": {"b": ["c"]}}}},
            {"attributes": {SPAN_TYPE: "LLM", SPAN_USAGE: usage(3, 4), SPAN_COST: cost(0.5, 1.5)}},
            {"raw": {"text": '"quoted"', "number": "5"}},
            {"events": [event("one", n=1), event("two", at=START_TIME + 1, text="t")]},
            {"start": START_TIME - 5, "end": START_TIME + 50_000},
        ],
    )
    def test_are_what_they_were(self, archival: Archival, options: Mapping[str, Any]) -> None:
        trace_id = new_trace_id()
        archival.trace(None, span(trace_id, **options))
        (before,) = archival.read(trace_id).data.spans
        assert archival.run() == 1
        (after,) = archival.read(trace_id).data.spans
        assert after.to_dict() == before.to_dict()

    def test_of_a_large_trace_are_all_there(self, archival: Archival) -> None:
        trace_id = new_trace_id()
        children = [span(trace_id, n, 1, name=f"step {n}") for n in range(2, 402)]
        archival.archived(None, span(trace_id, name="root"), *children)
        names = [one.name for one in archival.read(trace_id).data.spans]
        assert names[0] == "root"
        assert sorted(names[1:]) == sorted(one.name for one in children)

    def test_with_large_contents_are_there(self, archival: Archival) -> None:
        trace_id, text = new_trace_id(), "läßt " * 200_000
        archival.archived(None, span(trace_id, attributes={INPUTS: text}))
        (read,) = archival.read(trace_id).data.spans
        assert read.inputs == text

    def test_links_of_spans_stay(self, archival: Archival) -> None:
        other = span(new_trace_id())
        trace_id = new_trace_id()
        archival.trace(None, span(trace_id, links=[Link(other._span.context)]))
        before = archival.read(trace_id).data.spans[0].to_dict()["links"]
        assert archival.run() == 1
        assert archival.read(trace_id).data.spans[0].to_dict()["links"] == before

    @pytest.mark.parametrize("allow_partial", [False, True])
    def test_are_none_where_the_file_is_gone(
        self, archival: Archival, *, allow_partial: bool
    ) -> None:
        trace_id = archival.archived()
        archival.file(trace_id).unlink()
        read = archival.store.get_trace(trace_id, allow_partial=allow_partial)
        assert read.info.trace_id == trace_id
        assert read.data.spans == []

    @pytest.mark.parametrize("content", [b"", b"no protobuf"])
    def test_cannot_be_read_from_a_broken_file(self, archival: Archival, content: bytes) -> None:
        trace_id = archival.archived()
        archival.file(trace_id).write_bytes(content)
        with refused("INVALID_STATE", "Trace data is corrupted"):
            archival.read(trace_id)

    def test_are_read_where_the_tag_says(self, archival: Archival) -> None:
        trace_id, other = archival.archived(), archival.archived()
        where = archive_location(archival.info(other))
        archival.store.set_trace_tag(trace_id, "mlflow.trace.archiveLocation", where)
        assert [one.trace_id for one in archival.read(trace_id).data.spans] == [other]

    def test_cannot_be_read_where_no_tag_says_where(self, archival: Archival) -> None:
        trace_id = archival.archived()
        archival.store.delete_trace_tag(trace_id, "mlflow.trace.archiveLocation")
        with refused("INVALID_STATE", "Trace data is corrupted"):
            archival.read(trace_id)


class TestSeveral:
    def test_are_read_in_one_call(self, archival: Archival) -> None:
        experiment_id = archival.eager()
        archived = [archival.trace(experiment_id) for _ in range(2)]
        assert archival.run() == 2
        here = archival.trace(experiment_id)
        wanted = [archived[1], here, archived[0]]
        traces = archival.store.batch_get_traces(wanted)
        assert [trace.info.trace_id for trace in traces] == wanted
        assert [[one.name for one in trace.data.spans] for trace in traces] == [["root"]] * 3

    def test_are_there_though_a_file_is_gone(self, archival: Archival) -> None:
        experiment_id = archival.eager()
        gone, kept = (archival.trace(experiment_id) for _ in range(2))
        assert archival.run() == 2
        archival.file(gone).unlink()
        traces = archival.store.batch_get_traces([gone, kept])
        assert [len(trace.data.spans) for trace in traces] == [0, 1]

    def test_infos_need_no_file(self, archival: Archival) -> None:
        trace_id = archival.archived()
        archival.file(trace_id).unlink()
        (info,) = archival.store.batch_get_trace_infos([trace_id])
        assert info.tags[SPANS_LOCATION] == "ARCHIVE_REPO"


class TestRest:
    """What a trace is besides its spans."""

    def test_stays_as_it_was(self, archival: Archival) -> None:
        trace_id = archival.trace(
            None,
            *_tree(new_trace_id()),
            tags={"team": "vision"},
            trace_metadata={"k": "v"},
            request_preview="q",
            response_preview="a",
            client_request_id="7",
            assessments=[feedback()],
        )
        before = archival.info(trace_id).to_dict()
        assert archival.run() == 1
        after = archival.info(trace_id).to_dict()
        told = {SPANS_LOCATION, "mlflow.trace.archiveLocation"}
        for info in (before, after):
            info["tags"] = {key: one for key, one in info["tags"].items() if key not in told}
        assert after == before

    def test_totals_stay(self, archival: Archival) -> None:
        attributes = {SPAN_USAGE: usage(3, 4), SPAN_COST: cost(0.5, 1.5)}
        trace_id = archival.archived(None, span(new_trace_id(), attributes=attributes))
        info = archival.info(trace_id)
        assert metadata_json(info, TOKEN_USAGE) == usage(3, 4)
        assert metadata_json(info, COST) == cost(0.5, 1.5)


class TestSearch:
    @pytest.mark.parametrize(
        ("filter_string", "before", "after"),
        [
            ("", True, True),
            ("span.name = 'wanted'", True, True),
            ("span.type = 'LLM'", True, True),
            ("span.status = 'ERROR'", True, True),
            ("span.name = 'wanted' AND span.status = 'OK'", False, False),
            ("trace.text LIKE '%needle%'", True, False),
            ("span.content LIKE '%needle%'", True, False),
            ("span.attributes.answer ILIKE '%needle%'", True, False),
            ("tags.`mlflow.trace.spansLocation` = 'ARCHIVE_REPO'", False, True),
        ],
    )
    def test_finds_spans_by_what_they_are_but_not_by_what_they_say(
        self, archival: Archival, filter_string: str, *, before: bool, after: bool
    ) -> None:
        home, trace_id = archival.eager(), new_trace_id()
        attributes = {SPAN_TYPE: "LLM", "answer": "the needle"}
        told = span(trace_id, name="wanted", status=StatusCode.ERROR, attributes=attributes)
        archival.trace(home, told)
        assert (trace_id in found(archival.store, home, filter_string)) is before
        assert archival.run() == 1
        assert (trace_id in found(archival.store, home, filter_string)) is after
