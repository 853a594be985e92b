"""Values of the wrong type for traces and spans: whatever SqlAlchemyStore makes of them, so do we.

As ``test_argument_types`` for the rest of tracking.
"""

import functools
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from mlflow.entities import Trace, TraceInfo
from mlflow.entities.trace_info_v2 import TraceInfoV2

from tests.contract.traces.trace_scenarios import info_of, new_trace_id, span
from tests.differential.sides import Call, Side, Sides
from tests.differential.stores import open_reference, open_subject

from .calls import EXPERIMENT, NEW
from .oddities import ACCEPTED, BAD_REQUEST, ODD, Difference, assert_alike, cases, databases
from .trace_calls import METHODS, TRACE

CASES = cases(METHODS)

DIFFERENCES = (
    Difference(
        BAD_REQUEST,
        "*",
        "bytes",
        "SQLite keeps bytes as they are in columns of texts; no other client can read them",
    ),
    Difference(
        ACCEPTED,
        "start_trace(tag).key start_trace(tag).value start_trace(metadata).value"
        " start_trace.client_request_id start_trace.request_preview start_trace.response_preview"
        " deprecated_start_trace_v2.tags deprecated_start_trace_v2.request_metadata",
        "int float bool dict",
        "SqlAlchemyStore returns what it was given and reads back the text that it stored; we"
        " return the text",
    ),
    Difference(
        ACCEPTED,
        ".request_time .execution_duration .timestamp_ms",
        "float",
        "SQLite keeps fractions in columns of integers; we keep what is before the point",
    ),
    Difference(
        BAD_REQUEST,
        ".request_time .execution_duration .timestamp_ms .max_timestamp_millis",
        "text empty",
        "SQLite keeps texts in columns of integers, and takes all of them for later than any"
        " number: deletes every trace; PostgreSQL answers BAD_REQUEST",
    ),
    Difference(
        BAD_REQUEST,
        "start_trace(tag).key start_trace.request_time",
        "None",
        "SqlAlchemyStore takes whatever its database refuses for a trace that is there, and then"
        " does not find it",
    ),
    Difference(
        BAD_REQUEST,
        "set_trace_tag.trace_id delete_traces.trace_ids",
        "list dict",
        "SqlAlchemyStore takes a list for a composite key, and a dict for its keys",
    ),
    Difference(
        ACCEPTED,
        "delete_traces(age).max_timestamp_millis",
        "bool",
        "SQLAlchemy compares booleans with = only; Python's are integers",
    ),
    Difference(
        ACCEPTED,
        "log_spans.location",
        "None empty",
        "SqlAlchemyStore drops the spans, with a warning in its log; we take the default"
        " experiment, as its check of the experiment does",
    ),
    Difference(
        ACCEPTED,
        "log_spans.mlflow.llm.cost",
        "None int float bool list text empty",
        "SqlAlchemyStore stumbles over a cost that is no object, and stores none of the spans",
    ),
)


@dataclass
class Stage:
    """All stores, with an experiment and a trace that calls are made on."""

    sides: Sides
    count: itertools.count = field(default_factory=itertools.count)

    def set_up(self) -> None:
        """A new experiment and trace under the names that calls know."""
        self.sides.pause()
        name = f"{self.sides.prefix}{next(self.count)}"
        trace_id = new_trace_id()
        for side in self.sides:
            experiment_id = side.store.create_experiment(name)
            side.store.start_trace(info_of(experiment_id, trace_id, tags={"colour": "red"}))
            side.store.log_spans(experiment_id, [span(trace_id)])
            side.learn(EXPERIMENT, experiment_id)
            side.ids[TRACE] = trace_id

    def outcomes(self, call: Call) -> list[Any]:
        return self.sides.outcomes(call)

    def mutated(self, method: str, argument: str, odd: str) -> Call:
        """The call with one of its arguments replaced."""
        new = f"new{next(self.count)}"

        def call(side: Side) -> Any:
            given = {
                name: side.local(_put(value, new))
                for name, value in METHODS[method].arguments.items()
            }
            return comparable(METHODS[method].call(side.store, **given | {argument: ODD[odd]}))

        return call


def _put(value: Any, new: str) -> Any:
    return [new] if value == [NEW] else value


def comparable(result: Any) -> Any:
    """What a call returned, without what is drawn at random and where artifacts are."""
    if isinstance(result, list):
        return [comparable(one) for one in result]
    if isinstance(result, Trace):
        spans = [one.to_dict() for one in result.data.spans]
        return [comparable(result.info), [one | {"trace_id": ""} for one in spans]]
    if isinstance(result, TraceInfoV2):
        result = result.to_v3()
    if not isinstance(result, TraceInfo):
        return result
    tags = {key: result.tags[key] for key in result.tags if key != "mlflow.artifactLocation"}
    return [
        (result.request_time, result.execution_duration, result.state, result.client_request_id),
        (result.request_preview, result.response_preview),
        tags,
        result.trace_metadata,
    ]


@pytest.fixture(scope="module")
def stages(
    tmp_path_factory: pytest.TempPathFactory, throw_away: Callable[[str], str]
) -> Callable[[tuple[str, ...]], Stage]:
    """The stages of some databases each, which are strangers to each other."""

    @functools.cache
    def stage(names: tuple[str, ...]) -> Stage:
        directory = tmp_path_factory.mktemp("stage")
        artifacts = directory / "artifacts"
        ours = [Side(open_subject(throw_away(name), artifacts), name) for name in names]
        stage = Stage(Sides(Side(open_reference(directory, artifacts)), ours, prefix="s/"))
        stage.set_up()
        return stage

    return stage


def look(side: Side) -> Any:
    return comparable(side.store.get_trace_info(side.ids[TRACE]))


@pytest.mark.parametrize(("method", "argument", "odd"), CASES)
def test_ends_alike(
    stages: Callable[[tuple[str, ...]], Stage], method: str, argument: str, odd: str
) -> None:
    assert_alike(stages(databases(odd)), (method, argument, odd), look, DIFFERENCES)
