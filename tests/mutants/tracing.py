"""Repositories of traces and MLflow's methods over them, with one thing wrong."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from mlflow.entities import Span, TraceInfo

from mlflow_docstore.adapters.document.repositories.spans import DocumentSpans
from mlflow_docstore.adapters.document.repositories.traces import DocumentTraces
from mlflow_docstore.compat.tracking.store import DocStoreTrackingStore
from mlflow_docstore.core.spans import SpanBatch
from mlflow_docstore.ports.spans import Home, StoredTrace

from .faults import FACADE, REPOSITORY, fault


@fault(REPOSITORY, "traces/test_span_totals")
class CountsBatchesByThemselves(DocumentSpans):
    """Totals are those of the spans that came last."""

    def _nodes(self, trace: Any, batch: SpanBatch) -> list[Any]:
        del trace
        return batch.nodes


@fault(REPOSITORY, "traces/test_get_trace")
class ReadsSpansAsTheyCome(DocumentSpans):
    """Spans are read in no particular order."""

    def read(
        self, trace_ids: Sequence[str], experiment_ids: Sequence[str] | None = None
    ) -> list[StoredTrace]:
        found = super().read(trace_ids, experiment_ids)
        return [replace(trace, spans=sorted(trace.spans, reverse=True)) for trace in found]


@fault(REPOSITORY, "traces/test_log_spans")
class ForgetsTheFirstTraceOfACall(DocumentSpans):
    """Of a call with spans of many traces, those of one are lost."""

    def log(self, batches: Sequence[SpanBatch], home: Home) -> None:
        super().log(batches[1:] if len(batches) > 1 else batches, home)


@fault(REPOSITORY, "traces/test_delete_traces")
class DeletesFromAnyExperiment(DocumentTraces):
    """Traces are deleted whatever experiment they are of."""

    def delete(self, experiment_id: str, trace_ids: Sequence[str]) -> int:
        del experiment_id
        found = list(self._traces.get_many(trace_ids).values())
        self._traces.remove(found)
        return len(found)


@fault(REPOSITORY, "traces/test_delete_traces")
class CountsWhatWasToBeDeleted(DocumentTraces):
    """As many traces are deleted as were named."""

    def delete(self, experiment_id: str, trace_ids: Sequence[str]) -> int:
        super().delete(experiment_id, trace_ids)
        return len(trace_ids)


@fault(FACADE, "traces/test_start_trace")
class CutsTagsOfNewTraces(DocStoreTrackingStore):
    """Values of tags are no longer than those that are set later."""

    def start_trace(self, trace_info: TraceInfo) -> TraceInfo:
        tags = {key: value and value[:8000] for key, value in trace_info.tags.items()}
        return super().start_trace(replace(trace_info, tags=tags))


@fault(FACADE, "traces/test_batches_of_traces")
class ReadsPartsOfTraces(DocStoreTrackingStore):
    """Traces of which spans are missing are read with many others."""

    def batch_get_traces(self, trace_ids: Sequence[str], *others: Any, **named: Any) -> Any:
        known = {info.trace_id for info in self.batch_get_trace_infos(trace_ids, *others, **named)}
        return [self.get_trace(key, allow_partial=True) for key in trace_ids if key in known]


@fault(FACADE, "traces/test_resent_spans")
class LogsTheFirstOfTwo(DocStoreTrackingStore):
    """Of a span that is sent twice in a call, the first counts."""

    def log_spans(self, location: str, spans: Sequence[Span], *others: Any, **named: Any) -> Any:
        super().log_spans(location, spans[::-1], *others, **named)
        return spans
