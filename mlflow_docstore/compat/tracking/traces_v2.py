"""Traces as clients of MLflow 2 start and end them, by MLflow's signatures."""

from collections.abc import Mapping

from mlflow.entities import TraceInfo, TraceLocation, TraceState
from mlflow.entities.trace_info_v2 import TraceInfoV2
from mlflow.entities.trace_status import TraceStatus

from mlflow_docstore.compat.arguments import judged_after, text, whole
from mlflow_docstore.compat.errors import internal_errors
from mlflow_docstore.compat.mlflow_internals.tracing import generate_request_id_v2
from mlflow_docstore.compat.spans import checked_name, checked_session
from mlflow_docstore.core.errors import InvalidArgument
from mlflow_docstore.core.traces import IN_PROGRESS, NAME_TAG, SESSION
from mlflow_docstore.ports.traces import TraceEnd

from .traces import TracesMixin, new_trace_tags, texts


class TracesOfOldClientsMixin(TracesMixin):
    """The area ``traces`` of a tracking store, for clients of MLflow 2."""

    def deprecated_start_trace_v2(
        self,
        experiment_id: str,
        timestamp_ms: int,
        request_metadata: Mapping[str, str],
        tags: Mapping[str, str],
    ) -> TraceInfoV2:
        checked_name(tags.get(NAME_TAG))
        experiment = self._home_of(experiment_id)
        with internal_errors():
            metadata = texts(dict(request_metadata))
        checked_session(metadata.get(SESSION))
        trace_id = generate_request_id_v2()
        trace = TraceInfo(
            trace_id,
            TraceLocation.from_experiment_id(experiment.experiment_id),
            request_time=whole(timestamp_ms),
            state=TraceState(IN_PROGRESS),
            tags=texts(tags) | new_trace_tags(experiment, trace_id),
            trace_metadata=metadata,
        )
        return TraceInfoV2.from_v3(self._backend.traces.start(trace))

    def deprecated_end_trace_v2(
        self,
        request_id: str,
        timestamp_ms: int,
        status: TraceStatus,
        request_metadata: Mapping[str, str],
        tags: Mapping[str, str],
    ) -> TraceInfoV2:
        with judged_after(lambda: self._backend.traces.get(request_id)), internal_errors():
            # MLflow subtracts the start from it before anything else.
            at = whole(timestamp_ms - 0)
            metadata, rest = texts(dict(request_metadata)), texts(dict(tags))
            checked_session(metadata.get(SESSION))
            end = TraceEnd(
                at=at,
                state=_state(status),
                name=checked_name(rest.pop(NAME_TAG, None)),
                metadata=metadata,
                tags=rest,
            )
        return TraceInfoV2.from_v3(self._backend.traces.end(request_id, end))


def _state(status: TraceStatus | None) -> str:
    if status is None:
        raise InvalidArgument("type", status)
    return str(TraceState(text(status)).value)
