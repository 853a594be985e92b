"""Spans, and traces with them, by MLflow's signatures."""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence

from mlflow.entities import Span, Trace, TraceData, TraceInfo
from mlflow.exceptions import MlflowException, MlflowTracingException
from mlflow.protos.databricks_pb2 import RESOURCE_DOES_NOT_EXIST

from mlflow_docstore.compat.archives import archived_spans
from mlflow_docstore.compat.arguments import (
    looked_up_experiment_id,
    parsed_experiment_ids,
    text,
)
from mlflow_docstore.compat.errors import READING_TRACE, answering, internal_errors
from mlflow_docstore.compat.mlflow_internals.tracing import stored_span
from mlflow_docstore.compat.releases import TRACES_STAY_IN_THEIR_EXPERIMENT
from mlflow_docstore.compat.spans import batches_of
from mlflow_docstore.core.errors import NotFound
from mlflow_docstore.core.traces import ARCHIVED, IN_STORE, SPANS_LOCATION_TAG
from mlflow_docstore.ports.backend import Backend
from mlflow_docstore.ports.spans import Home, StoredTrace

from .traces import new_trace_tags

_SIZE_STATS = "mlflow.trace.sizeStats"
_WAITS = (1, 2)
"""Seconds between looks at a trace whose spans have not all come."""


class SpansMixin:
    """The area ``spans`` of a tracking store."""

    _backend: Backend

    def log_spans(
        self, location: str, spans: Sequence[Span], tracking_uri: str | None = None
    ) -> Sequence[Span]:
        del tracking_uri
        if not spans:
            return []
        self._backend.spans.log(batches_of(spans), self._home(location))
        return spans

    async def log_spans_async(self, location: str, spans: Sequence[Span]) -> Sequence[Span]:
        # As MLflow's base class has it since some release after 3.14, where it refuses.
        return await asyncio.to_thread(self.log_spans, location, spans)

    def _home(self, location: str) -> Home:
        def new_trace(trace_id: str) -> tuple[str, Mapping[str, str]]:
            experiment = self._backend.experiments.recent(looked_up_experiment_id(location))
            return experiment.experiment_id, new_trace_tags(experiment, trace_id)

        # By its text, as MLflow compares them: 07 is not 7.
        return Home(new_trace, str(location) if TRACES_STAY_IN_THEIR_EXPERIMENT else None)

    def get_trace(self, trace_id: str, *, allow_partial: bool = False) -> Trace:
        for wait in (*_WAITS, None):
            trace = self._trace(trace_id)
            if allow_partial or _is_whole(trace):
                return trace
            if wait is not None:
                time.sleep(wait)
        raise MlflowException(
            f"Trace with ID {trace_id} is not fully exported yet, please try again later.",
            RESOURCE_DOES_NOT_EXIST,
        )

    def _trace(self, trace_id: str) -> Trace:
        with answering(READING_TRACE):
            stored = self._backend.spans.read([text(trace_id)])
            if not stored:
                raise NotFound("trace", trace_id)
        return _with_spans(stored[0])

    def batch_get_traces(
        self,
        trace_ids: Sequence[str],
        location: str | None = None,
        experiment_ids: Sequence[str] | None = None,
    ) -> list[Trace]:
        del location
        if not trace_ids:
            return []
        stored = self._backend.spans.read(*_scope(trace_ids, experiment_ids))
        return [trace for trace in map(_with_spans, stored) if _is_whole(trace)]

    def batch_get_trace_infos(
        self,
        trace_ids: Sequence[str],
        location: str | None = None,
        experiment_ids: Sequence[str] | None = None,
    ) -> list[TraceInfo]:
        del location
        if not trace_ids:
            return []
        return self._backend.traces.get_many(*_scope(trace_ids, experiment_ids))


def _scope(
    trace_ids: Sequence[str], experiment_ids: Sequence[str] | None
) -> tuple[list[str], tuple[str, ...] | None]:
    """Which traces, and of which experiments."""
    with internal_errors():
        keys = [text(key) for key in trace_ids]
        return keys, None if experiment_ids is None else parsed_experiment_ids(experiment_ids)


def _with_spans(stored: StoredTrace) -> Trace:
    where = stored.info.tags.get(SPANS_LOCATION_TAG)
    if where == ARCHIVED:
        return Trace(stored.info, TraceData(spans=archived_spans(stored.info)))
    if where != IN_STORE:
        raise MlflowTracingException("Trace data not stored in tracking store")
    return Trace(stored.info, TraceData(spans=[stored_span(content) for content in stored.spans]))


def _is_whole(trace: Trace) -> bool:
    """Whether as many spans have come as the client said that it sends, and any.

    No more will come of an archived trace.
    """
    if trace.info.tags.get(SPANS_LOCATION_TAG) == ARCHIVED:
        return True
    stats = trace.info.trace_metadata.get(_SIZE_STATS)
    expected = json.loads(stats).get("num_spans", 0) if stats else 0
    return len(trace.data.spans) >= max(expected, 1)
