"""What archival of traces takes. It imports MLflow's tracing, and with it OpenTelemetry."""

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
    from mlflow.tracing.utils.artifact_utils import get_archive_uri_for_trace
    from mlflow.utils.validation import _validate_trace_archival_location as validate_location
    from mlflow.utils.validation import (
        _validate_trace_archival_retention_string as validate_retention,
    )

__all__ = [
    "TRACE_ARCHIVAL_FILENAME",
    "ArchiveNowRequest",
    "ArtifactRepository",
    "duration_millis",
    "effective_retention",
    "get_archive_uri_for_trace",
    "get_artifact_repository",
    "get_trace_archival_server_config",
    "load_trace_archival_server_config",
    "spans_to_traces_data_pb",
    "translate_loaded_span",
    "validate_location",
    "validate_retention",
]
