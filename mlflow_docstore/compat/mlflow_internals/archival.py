"""What archival of traces takes. It imports MLflow's tracing, and with it OpenTelemetry."""

import json
from collections.abc import Iterable

from mlflow.entities import Span
from mlflow.exceptions import MlflowException

from mlflow_docstore.compat.releases import RELEASE

from . import names_of_known_releases

with names_of_known_releases():
    from mlflow.store.artifact.artifact_repo import ArtifactRepository
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository
    from mlflow.store.tracking.utils.trace_archival import (
        _ArchiveNowRequest as ArchiveNowRequest,
    )
    from mlflow.store.tracking.utils.trace_archival import (
        _parse_trace_archival_duration_millis as duration_millis,
    )
    from mlflow.store.tracking.utils.trace_archival import (
        _resolve_effective_trace_archival_retention as effective_retention,
    )
    from mlflow.tracing.otel.otel_archival import TRACE_ARCHIVAL_FILENAME, spans_to_traces_data_pb
    from mlflow.tracing.otel.translation import translate_loaded_span
    from mlflow.tracing.trace_archival_config import (
        get_trace_archival_server_config,
        load_trace_archival_server_config,
    )
    from mlflow.tracing.trace_archival_service import (
        _resolve_scheduler_trace_archival_config as resolved_config,
    )
    from mlflow.tracing.utils.artifact_utils import get_archive_uri_for_trace
    from mlflow.utils.validation import _validate_trace_archival_location as validate_location
    from mlflow.utils.validation import (
        _validate_trace_archival_retention_string as validate_retention,
    )

    if RELEASE >= (3, 18):
        from mlflow.environment_variables import MLFLOW_TRACE_DELETE_MAX_WORKERS

__all__ = [
    "TRACE_ARCHIVAL_FILENAME",
    "ArchiveNowRequest",
    "ArtifactRepository",
    "MalformedTraceError",
    "archive_of",
    "deleters",
    "duration_millis",
    "effective_retention",
    "get_archive_uri_for_trace",
    "get_artifact_repository",
    "get_trace_archival_server_config",
    "load_trace_archival_server_config",
    "resolved_config",
    "validate_location",
    "validate_retention",
]


class MalformedTraceError(Exception):
    """Spans of which no archive can be made."""


def archive_of(contents: Iterable[str]) -> bytes:
    """The archive of spans, of their stored JSON.

    Raises:
        MalformedTraceError: There is none of these.
    """
    try:
        spans = [Span.from_dict(translate_loaded_span(json.loads(one))) for one in contents]
        archive: bytes = spans_to_traces_data_pb(spans)
    except (MlflowException, TypeError, ValueError, AttributeError) as error:
        raise MalformedTraceError(str(error)) from error
    return archive


def deleters() -> int:
    """How many archives may be deleted at once."""
    if RELEASE < (3, 18):
        return 8
    workers: int = MLFLOW_TRACE_DELETE_MAX_WORKERS.get()
    return workers
