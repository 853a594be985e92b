"""The files that archives of traces are."""

import json
import logging
import os
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from mlflow.entities import Span, TraceInfo
from mlflow.exceptions import MlflowException

from mlflow_docstore.compat.mlflow_internals.archival import (
    TRACE_ARCHIVAL_FILENAME,
    get_archive_uri_for_trace,
    get_artifact_repository,
    spans_to_traces_data_pb,
    translate_loaded_span,
)

_LOG = logging.getLogger(__name__)

_DELETERS = "MLFLOW_TRACE_DELETE_MAX_WORKERS"
"""How many archives are deleted at once: MLflow's own variable, since 3.18."""


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


def archived_spans(trace: TraceInfo) -> list[Span]:
    """The spans of an archived trace; none where its file is gone."""
    files = get_artifact_repository(get_archive_uri_for_trace(trace))
    spans: list[Span] = files.download_archived_trace_data().spans
    return spans


def kept_archives(places: Mapping[str, str | None]) -> frozenset[str]:
    """Delete the archives of traces; the traces of those that could not be deleted.

    Args:
        places: Where they are, by trace; None for nowhere.
    """
    there = {key: place for key, place in places.items() if place is not None}
    if not there:
        return frozenset()
    with ThreadPoolExecutor(min(int(os.environ.get(_DELETERS, "8")), len(there))) as pool:
        gone = pool.map(_is_deleted, there, there.values())
        return frozenset(key for key, is_gone in zip(there, gone, strict=True) if not is_gone)


def _is_deleted(trace_id: str, place: str) -> bool:
    """Delete an archive; whether it is gone, which a missing one is."""
    try:
        get_artifact_repository(place).delete_artifacts(TRACE_ARCHIVAL_FILENAME)
    except Exception as error:  # noqa: BLE001 - places for artifacts raise what their libraries do
        if not _says_missing(error):
            _LOG.exception("Failed to delete the archive of trace %s, which stays.", trace_id)
            return False
    return True


def _says_missing(error: Exception) -> bool:
    if isinstance(error, FileNotFoundError):
        return True
    if getattr(error, "error_code", None) == "RESOURCE_DOES_NOT_EXIST":
        return True
    # As MLflow recognises what libraries of object stores say.
    return any(text in str(error) for text in ("No such file or directory", "No such artifact"))
