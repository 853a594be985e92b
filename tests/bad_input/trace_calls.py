"""Methods of traces and spans as calls whose arguments can be replaced one at a time."""

from collections.abc import Mapping
from typing import Any

from mlflow.entities import TraceInfo, TraceLocation, TraceState
from mlflow.entities.model_registry import PromptVersion
from mlflow.entities.trace_status import TraceStatus
from mlflow.store.tracking.abstract_store import AbstractStore

from tests.contract.traces.trace_scenarios import INPUTS, SPAN_TYPE, TAG_PREFIX, new_trace_id, span

from .calls import EXPERIMENT, NEW, Method, direct

TRACE = "«trace»"
"""The name of a trace that each store has, with a tag, metadata and a span."""

_PLACES = {"trace_ids": [TRACE], "location": None, "experiment_ids": [EXPERIMENT]}


def _start(store: AbstractStore, experiment_id: Any, **fields: Any) -> TraceInfo:
    fields = {"request_time": 1, "state": TraceState.OK, "trace_id": new_trace_id()} | fields
    location = TraceLocation.from_experiment_id(experiment_id)
    return store.start_trace(TraceInfo(trace_location=location, **fields))


def _start_tag(store: AbstractStore, experiment_id: Any, key: Any, value: Any) -> TraceInfo:
    return _start(store, experiment_id, tags={key: value}, trace_metadata={"m": "v"})


def _start_metadata(store: AbstractStore, experiment_id: Any, key: Any, value: Any) -> TraceInfo:
    return _start(store, experiment_id, trace_metadata={key: value})


def _log_span(store: AbstractStore, location: Any, **fields: Any) -> Any:
    trace_id = new_trace_id()
    name = fields.pop("name")
    store.log_spans(location, [span(trace_id, name=name, attributes=fields)])
    return store.get_trace(trace_id).info


TRACES: Mapping[str, Method] = {
    "start_trace": Method(
        _start,
        {
            "experiment_id": EXPERIMENT,
            "request_time": 1,
            "execution_duration": 2,
            "client_request_id": "c",
            "request_preview": "q",
            "response_preview": "a",
        },
    ),
    "start_trace(tag)": Method(_start_tag, {"experiment_id": EXPERIMENT, "key": "k", "value": "v"}),
    "start_trace(metadata)": Method(
        _start_metadata, {"experiment_id": EXPERIMENT, "key": "k", "value": "v"}
    ),
    "get_trace_info": direct("get_trace_info", trace_id=TRACE),
    "set_trace_tag": direct("set_trace_tag", trace_id=TRACE, key="k", value="v"),
    "set_trace_tag(name)": Method(
        lambda s, trace_id, value: s.set_trace_tag(trace_id, "mlflow.traceName", value),
        {"trace_id": TRACE, "value": "v"},
    ),
    "delete_trace_tag": direct("delete_trace_tag", trace_id=TRACE, key="none"),
    "delete_traces": direct("delete_traces", experiment_id=EXPERIMENT, trace_ids=["none"]),
    "delete_traces(age)": direct(
        "delete_traces", experiment_id=EXPERIMENT, max_timestamp_millis=-5, max_traces=1
    ),
    "link_traces_to_run": direct("link_traces_to_run", trace_ids=[NEW], run_id="r"),
    "link_prompts_to_trace": Method(
        lambda s, trace_id, name, version: s.link_prompts_to_trace(
            trace_id, [PromptVersion(name, version, "x")]
        ),
        {"trace_id": TRACE, "name": "p", "version": 1},
    ),
    "deprecated_start_trace_v2": direct(
        "deprecated_start_trace_v2",
        experiment_id=EXPERIMENT,
        timestamp_ms=1,
        request_metadata={"m": "v"},
        tags={"k": "v"},
    ),
    "deprecated_end_trace_v2": direct(
        "deprecated_end_trace_v2",
        request_id=TRACE,
        timestamp_ms=9,
        status=TraceStatus.OK,
        request_metadata={"m": "v"},
        tags={"k": "v"},
    ),
}

SPANS: Mapping[str, Method] = {
    "log_spans": Method(
        _log_span,
        {
            "location": EXPERIMENT,
            "name": "n",
            INPUTS: "q",
            SPAN_TYPE: "LLM",
            "session.id": "s",
            "user.id": "u",
            "mlflow.llm.model": "m",
            "mlflow.llm.cost": {"input_cost": 1.0},
            "mlflow.chat.tokenUsage": {"input_tokens": 1},
            f"{TAG_PREFIX}k": "v",
        },
    ),
    "get_trace": direct("get_trace", trace_id=TRACE),
    "batch_get_traces": direct("batch_get_traces", **_PLACES),
    "batch_get_trace_infos": direct("batch_get_trace_infos", **_PLACES),
}

METHODS: Mapping[str, Method] = {**TRACES, **SPANS}
