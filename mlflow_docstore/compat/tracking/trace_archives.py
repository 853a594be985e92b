"""Archival of traces, by MLflow's signatures."""

from collections.abc import Iterable

from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE

from mlflow_docstore.compat.archival import ArchivalPass, Settings
from mlflow_docstore.compat.mlflow_internals.archival import validate_location, validate_retention
from mlflow_docstore.ports.backend import Backend

_LOCATION = "resolved_trace_archival_location"
_RETENTION = "broader_retention"


class TraceArchivesMixin:
    """What a tracking store has for archival. ``resolve_trace_archival_config`` is MLflow's."""

    _backend: Backend

    @property
    def supports_trace_archival(self) -> bool:
        """Whether a server may be configured to archive traces."""
        return True

    def archive_traces(
        self,
        *,
        resolved_trace_archival_location: str,
        broader_retention: str,
        long_retention_allowlist: Iterable[str] | None = None,
        max_traces_per_pass: int | None = None,
    ) -> int:
        if max_traces_per_pass is not None and max_traces_per_pass <= 0:
            raise MlflowException(
                "`max_traces_per_pass` must be a positive integer,"
                f" received {max_traces_per_pass}.",
                INVALID_PARAMETER_VALUE,
            )
        location = validate_location(
            _given(_LOCATION, resolved_trace_archival_location), parameter_name=_LOCATION
        )
        retention = validate_retention(
            _given(_RETENTION, broader_retention), parameter_name=_RETENTION
        )
        allowed = frozenset(map(str, long_retention_allowlist or ()))
        settings = Settings(location, retention, allowed, max_traces_per_pass)
        return ArchivalPass(self._backend, settings).run().archived


def _given(name: str, value: str) -> str:
    if not value:
        raise MlflowException(f"`{name}` must be provided.", INVALID_PARAMETER_VALUE)
    return value
