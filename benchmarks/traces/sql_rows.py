"""Traces as rows of MLflow's tables."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from mlflow.entities import Assessment
from mlflow.store.tracking.dbmodels.models import (
    SqlAssessments,
    SqlEntityAssociation,
    SqlSpan,
    SqlTraceInfo,
    SqlTraceMetadata,
    SqlTraceTag,
)

from benchmarks.sql import Row

from .data import Drawn, Step

_PROMOTED = ("mlflow.trace.session", "mlflow.trace.tokenUsage", "mlflow.trace.cost")
_NAME = "mlflow.traceName"


def rows(found: Sequence[Drawn]) -> dict[Any, list[Row]]:
    """Rows of each table, in the order that foreign keys demand; none of tables without any."""
    every = {
        SqlTraceInfo: [_trace_row(drawn) for drawn in found],
        SqlTraceTag: list(_pairs((drawn, drawn.info.tags) for drawn in found)),
        SqlTraceMetadata: list(_pairs((drawn, drawn.info.trace_metadata) for drawn in found)),
        SqlSpan: [_span_row(drawn, step) for drawn in found for step in drawn.steps],
        SqlAssessments: [
            _assessment_row(drawn, one) for drawn in found for one in drawn.info.assessments
        ],
        SqlEntityAssociation: [row for drawn in found for row in _links(drawn)],
    }
    return {table.__table__: these for table, these in every.items() if these}


def _trace_row(drawn: Drawn) -> Row:
    info = drawn.info
    metadata = info.trace_metadata
    return {
        "request_id": info.trace_id,
        "experiment_id": int(info.experiment_id),
        "timestamp_ms": info.request_time,
        "execution_time_ms": info.execution_duration,
        "status": info.state.value,
        "request_preview": info.request_preview,
        "response_preview": info.response_preview,
        "trace_name": info.tags[_NAME],
        "session_id": metadata["mlflow.trace.session"],
        **json.loads(metadata["mlflow.trace.tokenUsage"]),
        **json.loads(metadata["mlflow.trace.cost"]),
    }


def _pairs(found: Iterable[tuple[Drawn, Mapping[str, str]]]) -> Iterator[Row]:
    for drawn, pairs in found:
        for key, value in pairs.items():
            if key not in (*_PROMOTED, _NAME):
                yield {"request_id": drawn.info.trace_id, "key": key, "value": value}


def _span_row(drawn: Drawn, step: Step) -> Row:
    trace_id, cost = drawn.info.trace_id, step.cost or {}
    return {
        "trace_id": trace_id,
        "experiment_id": int(drawn.info.experiment_id),
        "span_id": step.span_id,
        "parent_span_id": step.parent_id,
        "name": step.name,
        "type": step.type,
        "status": step.status,
        "start_time_unix_nano": step.start,
        "end_time_unix_nano": step.end,
        "content": json.dumps(step.content(trace_id)),
        **{key: cost.get(key) for key in ("input_cost", "output_cost", "total_cost")},
        "model_name": step.model,
    }


def _assessment_row(drawn: Drawn, assessment: Assessment) -> Row:
    return {
        "assessment_id": assessment.assessment_id,
        "trace_id": drawn.info.trace_id,
        "name": assessment.name,
        "assessment_type": "feedback",
        "value": json.dumps(assessment.value),
        "created_timestamp": assessment.create_time_ms,
        "last_updated_timestamp": assessment.last_update_time_ms,
        "experiment_id": int(drawn.info.experiment_id),
        "trace_timestamp_ms": drawn.info.request_time,
        "aggregate_value": {"yes": 1.0, "no": 0.0}[str(assessment.value)],
        "is_numeric_value": False,
        "source_type": assessment.source.source_type,
        "source_id": assessment.source.source_id,
        "rationale": assessment.rationale,
        "valid": True,
    }


def _links(drawn: Drawn) -> Iterator[Row]:
    for run_id in drawn.runs:
        yield {
            "association_id": f"a-{drawn.info.trace_id[3:35]}",
            "source_type": "trace",
            "source_id": drawn.info.trace_id,
            "destination_type": "run",
            "destination_id": run_id,
            "created_time": drawn.info.request_time,
        }
