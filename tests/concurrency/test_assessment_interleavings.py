"""Assessments of one trace, or of one id, end as if they had come one after the other."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from mlflow.entities import Assessment, Feedback, TraceInfo, TraceLocation, TraceState

from mlflow_docstore.adapters.document.backend import DocumentBackend
from mlflow_docstore.adapters.document.layout import ASSESSMENTS, TRACES
from mlflow_docstore.adapters.memory.database import Database
from mlflow_docstore.adapters.memory.driver import MemoryDriver
from mlflow_docstore.ports.backend import Backend

from .serial_orders import SerialOrders, Work

MAKER = "mlflow.assessment.sourceRunId"
TRACE_IDS = ("t", "u")


def verdict(key: str, value: str, trace_id: str = "t", **options: Any) -> Assessment:
    made = Feedback("quality", value, trace_id=trace_id, **options)
    made.create_time_ms = made.last_update_time_ms = 1
    made.assessment_id = key
    return made


def create(key: str, value: str, trace_id: str = "t", **options: Any) -> Work:
    return lambda db: db.assessments.create(verdict(key, value, trace_id, **options)) and None


def change(key: str, **metadata: str) -> Work:
    def changed(before: Assessment) -> Assessment:
        return replace_metadata(before, metadata)

    return lambda db: db.assessments.change("t", key, changed) and None


def replace_metadata(before: Assessment, metadata: dict[str, str]) -> Assessment:
    after = Assessment.from_dictionary(before.to_dictionary())
    after.metadata = (before.metadata or {}) | metadata
    return after


def delete(key: str, trace_id: str = "t") -> Work:
    return lambda db: db.assessments.delete(trace_id, key)


def purge(db: Backend) -> None:
    db.assessments.purge_run("r")


def start(trace_id: str, *assessments: Assessment) -> Work:
    location = TraceLocation.from_experiment_id("1")
    trace = TraceInfo(trace_id, location, 1, TraceState.OK, assessments=list(assessments))
    return lambda db: db.traces.start(trace) and None


def forget(trace_id: str) -> Work:
    return lambda db: db.traces.delete("1", [trace_id]) and None


def look(database: Database) -> Any:
    """What readers see of each trace."""
    db = DocumentBackend(MemoryDriver(database))
    return {
        trace.trace_id: {
            one.assessment_id: (one.value, one.valid, one.overrides, one.metadata)
            for one in trace.assessments
        }
        for trace in db.traces.get_many(TRACE_IDS)
    }


ORDERS = SerialOrders({TRACES, ASSESSMENTS}, look)

HERE, THERE = start("t"), start("u")
FIRST = create("a", "first")
SECOND = create("b", "second", overrides="a")


@pytest.mark.parametrize(
    ("before", "works"),
    [
        pytest.param([HERE], [FIRST, create("b", "other")], id="two creations"),
        pytest.param([HERE], [FIRST, create("a", "other")], id="two of one id"),
        pytest.param([HERE, THERE], [FIRST, create("a", "x", "u")], id="one id on two traces"),
        pytest.param(
            [HERE, THERE, FIRST, delete("a")],
            [create("a", "again"), create("a", "x", "u")],
            id="the id of a deleted one on two traces",
        ),
        pytest.param(
            [HERE, THERE, FIRST], [delete("a"), create("a", "x", "u")], id="an id that is let go"
        ),
        pytest.param(
            [HERE, FIRST], [SECOND, create("c", "third", overrides="a")], id="two that override"
        ),
        pytest.param([HERE, FIRST], [SECOND, delete("a")], id="overriding what goes"),
        pytest.param([HERE, FIRST, SECOND], [delete("a"), delete("b")], id="both of a pair go"),
        pytest.param([HERE, FIRST, SECOND], [delete("b"), delete("b")], id="one goes twice"),
        pytest.param([HERE, FIRST], [change("a", k="v"), change("a", l="w")], id="two updates"),
        pytest.param([HERE, FIRST], [change("a", k="v"), delete("a")], id="an update of what goes"),
        pytest.param([HERE, FIRST], [change("a", k="v"), SECOND], id="an update of what is hidden"),
        pytest.param(
            [HERE, FIRST], [change("a", k="v"), create("b", "other")], id="an update and a creation"
        ),
        pytest.param(
            [HERE], [start("t", verdict("a", "told")), FIRST], id="a start and a creation"
        ),
        pytest.param(
            [HERE, FIRST],
            [start("t", verdict("a", "told")), change("a", k="v")],
            id="start, update",
        ),
        pytest.param(
            [HERE, FIRST], [start("t", verdict("b", "told")), delete("a")], id="start and deletion"
        ),
        pytest.param(
            [], [start("t", verdict("a", "t")), start("t", verdict("b", "u"))], id="two starts"
        ),
        pytest.param(
            [HERE, create("a", "x", metadata={MAKER: "r"}), create("b", "y")],
            [purge, change("b", k="v")],
            id="a purge and an update",
        ),
        pytest.param(
            [HERE, create("a", "x", metadata={MAKER: "r"})],
            [purge, change("a", k="v")],
            id="a purge and an update of what goes",
        ),
        pytest.param(
            [HERE, create("a", "x", metadata={MAKER: "r"})],
            [purge, create("a", "y")],
            id="a purge and the id again",
        ),
        pytest.param([HERE], [forget("t"), FIRST], id="a deletion of the trace and a creation"),
        pytest.param(
            [HERE, FIRST],
            [forget("t"), change("a", k="v")],
            id="a deletion of the trace, an update",
        ),
    ],
)
def test_two_end_as_one_after_the_other(
    pool: ThreadPoolExecutor, before: list[Work], works: list[Work]
) -> None:
    assert ORDERS.explore(pool, before, works, preemptions=3) > 1


@pytest.mark.parametrize(
    ("before", "works"),
    [
        pytest.param(
            [HERE, THERE, FIRST],
            [delete("a"), create("a", "x", "u"), create("a", "again")],
            id="an id that is let go and asked for twice",
        ),
        pytest.param(
            [HERE, FIRST], [SECOND, delete("b"), change("a", k="v")], id="hidden and shown again"
        ),
        pytest.param(
            [HERE, create("a", "x", metadata={MAKER: "r"})],
            [purge, delete("a"), create("b", "y")],
            id="a purge",
        ),
    ],
)
def test_three_end_as_one_after_the_other(
    pool: ThreadPoolExecutor, before: list[Work], works: list[Work]
) -> None:
    assert ORDERS.explore(pool, before, works, preemptions=2) > 20
