"""Eight processes write to one trace."""

import json
from collections.abc import Iterable
from contextlib import suppress
from uuid import uuid4

import pytest
from mlflow.entities import Experiment

from mlflow_docstore.core.errors import AlreadyExists, Conflict
from mlflow_docstore.ports.backend import Backend

from . import trace_jobs as jobs
from .conftest import SIZE
from .processes import Team


@pytest.fixture
def trace_id(backend: Backend) -> str:
    with suppress(AlreadyExists, Conflict):
        backend.experiments.create(Experiment("1", "traces", "loc", "active", [], 1, 1))
    return f"tr-{uuid4().hex}"


def contents(backend: Backend, trace_id: str) -> list[list[int]]:
    (found,) = backend.spans.read([trace_id])
    return [json.loads(one) for one in found.spans]


def sent(numbers: Iterable[int]) -> list[list[int]]:
    return [[number, order] for number in numbers for order in range(jobs.BATCHES * jobs.SPANS)]


def tokens(backend: Backend, trace_id: str) -> int:
    usage: dict[str, int] = json.loads(
        backend.traces.get(trace_id).trace_metadata["mlflow.trace.tokenUsage"]
    )
    return usage["input_tokens"]


def test_the_totals_of_a_trace_are_those_of_all_its_spans(
    team: Team, backend: Backend, trace_id: str
) -> None:
    assert team.do(jobs.log_spans, trace_id) == [None] * SIZE
    assert contents(backend, trace_id) == sent(range(SIZE))
    assert tokens(backend, trace_id) == SIZE * jobs.BATCHES * jobs.SPANS
    assert backend.traces.get(trace_id).request_time == 1000


def test_a_batch_that_all_deliver_counts_once(team: Team, backend: Backend, trace_id: str) -> None:
    assert team.do(jobs.deliver_all, trace_id) == [None] * SIZE
    assert contents(backend, trace_id) == sent(range(3))
    assert tokens(backend, trace_id) == 3 * jobs.BATCHES * jobs.SPANS


def test_starts_spans_and_tags_go_into_one_trace(
    team: Team, backend: Backend, trace_id: str
) -> None:
    assert team.do(jobs.start_log_or_tag, trace_id) == [None] * SIZE
    found = backend.traces.get(trace_id)
    assert contents(backend, trace_id) == sent((2, 3, 4))
    assert tokens(backend, trace_id) == 3 * jobs.BATCHES * jobs.SPANS
    assert found.request_time == jobs.STARTED
    assert found.tags["team"] == "a"
    assert {found.tags[f"own{number}"] for number in (5, 6, 7)} == {str(jobs.TAGS - 1)}


def test_what_is_sent_behind_a_deletion_is_there(
    team: Team, backend: Backend, trace_id: str
) -> None:
    assert team.do(jobs.delete_or_log, trace_id) == [None] * SIZE
    assert team.do(jobs.log_spans, trace_id) == [None] * SIZE
    assert contents(backend, trace_id) == sent(range(SIZE))
    assert tokens(backend, trace_id) == SIZE * jobs.BATCHES * jobs.SPANS


def test_no_assessment_is_lost_and_an_id_is_given_once(
    team: Team, backend: Backend, trace_id: str
) -> None:
    backend.traces.start(jobs.trace(trace_id))
    assert sum(team.do(jobs.assess, trace_id)) == 1
    kept = {one.assessment_id for one in backend.traces.get(trace_id).assessments}
    own = {f"{trace_id}-{number}-{write}" for number in range(SIZE) for write in (1,)}
    assert kept == own | {f"{trace_id}-all"}


def test_assessments_change_and_go_while_starts_and_spans_come(
    team: Team, backend: Backend, trace_id: str
) -> None:
    backend.traces.start(jobs.trace(trace_id))
    backend.assessments.create(jobs.shared_feedback(trace_id))
    assert team.do(jobs.judge_start_or_log, trace_id) == [None] * SIZE
    kept = backend.traces.get(trace_id).assessments
    signed = {one.assessment_id: set(one.metadata or {}) for one in kept}
    judges = {f"{trace_id}-{number}": {str(number)} for number in (5, 6, 7)}
    starters: dict[str, set[str]] = {
        f"{trace_id}-{number}-{write}": set() for number in (0, 1) for write in range(jobs.STARTS)
    }
    everybody = {f"{trace_id}-all": set("01567")}
    assert signed == {**judges, **starters, **everybody}
    assert contents(backend, trace_id) == sent((2, 3, 4))
    assert tokens(backend, trace_id) == 3 * jobs.BATCHES * jobs.SPANS
