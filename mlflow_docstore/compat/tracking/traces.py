"""Traces, by MLflow's signatures."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mlflow.entities import Experiment, TraceInfo, TraceLocation
from mlflow.entities.model_registry import PromptVersion
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE

from mlflow_docstore.compat.archives import kept_archives
from mlflow_docstore.compat.arguments import judged_after, parsed_experiment_id, text, whole
from mlflow_docstore.compat.assessments import with_id_and_times
from mlflow_docstore.compat.errors import (
    SETTING_TRACE_TAG,
    STARTING_TRACE,
    answering,
    internal_errors,
)
from mlflow_docstore.compat.mlflow_internals.tracing import (
    validate_new_trace_id,
    validate_trace_tag,
)
from mlflow_docstore.compat.mlflow_internals.tracking import append_to_uri_path
from mlflow_docstore.compat.releases import (
    NULLS_OF_PREVIEWS_ARE_REPLACED,
    TRACES_STAY_IN_THEIR_EXPERIMENT,
)
from mlflow_docstore.compat.spans import checked_name, checked_session
from mlflow_docstore.core.errors import InvalidArgument
from mlflow_docstore.core.traces import FINALIZED, NAME_TAG, SESSION
from mlflow_docstore.ports.backend import Backend

from .experiments import active_experiment

ARTIFACT_LOCATION = "mlflow.artifactLocation"
_MOST_LINKS = 100
_BATCH = 500
"""Of traces that are deleted at once."""


class TracesMixin:
    """The area ``traces`` of a tracking store."""

    _backend: Backend

    def start_trace(self, trace_info: TraceInfo) -> TraceInfo:
        checked_name(trace_info.tags.get(NAME_TAG))
        experiment = self._home_of(trace_info.experiment_id)
        trace = self._told(trace_info, experiment)
        with answering(STARTING_TRACE):
            if ARTIFACT_LOCATION in trace_info.tags:
                # MLflow's store has no place for two, and takes such a trace for one just deleted.
                self._backend.traces.get(trace.trace_id)
            return self._backend.traces.start(trace, may_move=not TRACES_STAY_IN_THEIR_EXPERIMENT)

    def _home_of(self, experiment_id: Any) -> Experiment:
        """The experiment of a new trace; unlike elsewhere, nothing stands for the default one."""
        experiment = active_experiment(self._backend.experiments.recent, experiment_id)
        with internal_errors():
            int(experiment_id)
        return experiment

    def _told(self, info: TraceInfo, experiment: Experiment) -> TraceInfo:
        """The trace as it is stored."""
        metadata = {**info.trace_metadata, FINALIZED: "true"}
        with internal_errors():
            # Keys that are no texts cannot be sorted, and MLflow sorts them.
            metadata = texts({key: metadata[key] for key in sorted(metadata)})
        checked_session(metadata.get(SESSION))
        assessments = [with_id_and_times(one, info.trace_id) for one in info.assessments]
        return TraceInfo(
            info.trace_id,
            TraceLocation.from_experiment_id(experiment.experiment_id),
            request_time=whole(info.request_time),
            execution_duration=_duration(info.execution_duration),
            state=info.state,
            request_preview=_preview(info.request_preview),
            response_preview=_preview(info.response_preview),
            client_request_id=text(info.client_request_id),
            tags=texts(info.tags) | new_trace_tags(experiment, info.trace_id),
            trace_metadata=metadata,
            assessments=assessments,
        )

    def get_trace_info(self, trace_id: str) -> TraceInfo:
        return self._backend.traces.get(trace_id)

    def set_trace_tag(self, trace_id: str, key: str, value: str | None) -> None:
        key, value = validate_trace_tag(key, value)
        value = text(value)
        if key == NAME_TAG:
            self._backend.traces.set_tag(trace_id, key, checked_name(value))
            return
        with answering(SETTING_TRACE_TAG):
            self._backend.traces.set_tag(trace_id, key, value)

    def delete_trace_tag(self, trace_id: str, key: str) -> None:
        key = text(key)
        if key == NAME_TAG:
            with judged_after(lambda: self._backend.traces.get(trace_id)):
                self._backend.traces.delete_tag(trace_id, key)
        else:
            self._backend.traces.delete_tag(trace_id, key)

    def _delete_traces(
        self,
        experiment_id: str,
        max_timestamp_millis: int | None = None,
        max_traces: int | None = None,
        trace_ids: Sequence[str] | None = None,
    ) -> int:
        experiment_id = parsed_experiment_id(experiment_id)
        if trace_ids:
            # Behind the server they are a container of protobuf's.
            if isinstance(trace_ids, str | bytes | Mapping) or not isinstance(trace_ids, Iterable):
                raise InvalidArgument("type", trace_ids)
            deleted, _ = self._delete_with_archives(experiment_id, [text(key) for key in trace_ids])
            return deleted
        most = None if max_traces is None else whole(max_traces)
        return self._delete_oldest(experiment_id, whole(max_timestamp_millis), most)

    def _delete_oldest(self, experiment_id: str, until: int, most: int | None) -> int:
        deleted, kept = 0, frozenset[str]()
        while most is None or deleted + len(kept) < most:
            tried = deleted + len(kept)
            batch = _BATCH if most is None else min(_BATCH, most - tried)
            # Those that stay are found again.
            oldest = self._backend.traces.oldest(experiment_id, until, batch + len(kept))
            going = [key for key, _ in oldest if key not in kept]
            if not going:
                break
            gone, staying = self._delete_with_archives(experiment_id, going[:batch])
            deleted, kept = deleted + gone, kept | staying
        return deleted

    def _delete_with_archives(
        self, experiment_id: str, trace_ids: Sequence[str]
    ) -> tuple[int, frozenset[str]]:
        """How many were deleted, and which stay because their archive cannot be deleted."""
        kept = kept_archives(self._backend.trace_archives.places(experiment_id, trace_ids))
        going = [key for key in trace_ids if key not in kept]
        return self._backend.traces.delete(experiment_id, going) if going else 0, kept

    def link_traces_to_run(self, trace_ids: Sequence[str], run_id: str) -> None:
        if not trace_ids:
            return
        if len(trace_ids) > _MOST_LINKS:
            raise MlflowException(
                f"Cannot link more than {_MOST_LINKS} traces to a run in a single request."
                f" Provided {len(trace_ids)} traces.",
                INVALID_PARAMETER_VALUE,
            )
        if run_id is None:
            raise InvalidArgument("type", run_id)
        self._backend.traces.link_run([text(key) for key in trace_ids], text(run_id))

    def link_prompts_to_trace(
        self, trace_id: str, prompt_versions: Sequence[PromptVersion]
    ) -> None:
        if not prompt_versions:
            return
        with judged_after(lambda: self._backend.traces.get(trace_id)), internal_errors():
            prompts = [f"{prompt.name}/{prompt.version}" for prompt in prompt_versions]
        self._backend.traces.link_prompts(text(trace_id), prompts)


def new_trace_tags(experiment: Experiment, trace_id: str) -> dict[str, str]:
    """The tags that every new trace has.

    Raises:
        MlflowException: No trace may have that id.
    """
    validate_new_trace_id(trace_id)
    location = experiment.artifact_location
    return {ARTIFACT_LOCATION: append_to_uri_path(location, "traces", trace_id, "artifacts")}


def texts(entries: Mapping[str, Any]) -> dict[str, Any]:
    """Keys and values as columns of texts hold them.

    Raises:
        InvalidArgument: ``kind="type"``.
    """
    if None in entries:
        raise InvalidArgument("type", None)
    return {text(key): text(value) for key, value in entries.items()}


def _preview(preview: Any) -> Any:
    preview = text(preview)
    if preview is None or not NULLS_OF_PREVIEWS_ARE_REPLACED:
        return preview
    return preview.replace("\0", "\ufffd")


def _duration(duration: Any) -> int | None:
    return None if duration is None else whole(duration)
