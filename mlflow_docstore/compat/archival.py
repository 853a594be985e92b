"""A pass of archival over a database."""

import logging
import uuid
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from mlflow.entities import LifecycleStage
from mlflow.exceptions import MlflowException

from mlflow_docstore.compat.archives import MalformedTraceError, archive_of
from mlflow_docstore.compat.maintenance import all_pages
from mlflow_docstore.compat.mlflow_internals.archival import (
    TRACE_ARCHIVAL_FILENAME,
    ArchiveNowRequest,
    ArtifactRepository,
    duration_millis,
    effective_retention,
    get_artifact_repository,
)
from mlflow_docstore.compat.mlflow_internals.general import get_current_time_millis
from mlflow_docstore.compat.mlflow_internals.tracking import append_to_uri_path
from mlflow_docstore.core.errors import InvalidState, NotFound, StoreError
from mlflow_docstore.core.traces import ARCHIVE_TAG, ARCHIVED, SPANS_LOCATION_TAG
from mlflow_docstore.ports.backend import Backend
from mlflow_docstore.ports.experiments import ExperimentQuery
from mlflow_docstore.ports.trace_archives import Candidate, Claim

_LOG = logging.getLogger(__name__)

_NOW_TAG = "mlflow.trace.archiveNow"
_MALFORMED = "MALFORMED_TRACE"
_BATCH = 500


@dataclass(frozen=True)
class Wish:
    """That the traces of an experiment be archived at once.

    Args:
        experiment_id: Which.
        value: The tag that says so.
        until: The latest time of the traces, in milliseconds; None for all.
    """

    experiment_id: str
    value: str
    until: int | None


class ArchivalPass:
    """One pass: which traces are due, and what becomes of them.

    Args:
        backend: The database.
        location: The URI below which archives go.
        retention: Of experiments that have none of their own, as ``30d``.
        allowed: Experiments whose own one may be longer.
        now: In milliseconds.
    """

    def __init__(
        self, backend: Backend, location: str, retention: str, allowed: frozenset[str], now: int
    ) -> None:
        self._backend = backend
        self._archives = backend.trace_archives
        self._location = location
        self._retention = retention
        self._allowed = allowed
        self._now = now
        self._wishes: list[Wish] = []
        self._due: dict[str, int | None] = {}
        # Those that can be tried again, by their experiments.
        self._failed: set[str] = set()

    def run(self, most: int | None) -> int:
        """Archive what is wished for, then what is due; how many traces.

        Args:
            most: The most traces to try.
        """
        self._plan()
        archived = tried = 0
        try:
            for candidate in self._candidates():
                if most is not None and tried >= most:
                    break
                tried += 1
                archived += self._attempt(candidate)
        finally:
            self._fulfil()
        return archived

    def _plan(self) -> None:
        query = ExperimentQuery((LifecycleStage.ACTIVE,))
        for experiment in all_pages(self._backend.experiments.search, query):
            experiment_id, tags = experiment.experiment_id, experiment.tags
            retention = duration_millis(
                effective_retention(
                    experiment_id=experiment_id,
                    experiment_tags=tags,
                    broader_retention=self._retention,
                    long_retention_allowlist=self._allowed,
                )
            )
            value = tags.get(_NOW_TAG)
            request = ArchiveNowRequest.from_tag_value(value)
            if request:
                age = request.older_than_millis
                until = None if age is None else self._now - age
                self._wishes.append(Wish(experiment_id, value, until))
                if age is None or age <= retention:
                    continue
            self._due[experiment_id] = self._now - retention

    def _candidates(self) -> Iterator[Candidate]:
        """Each once: one that was tried and is a candidate still is none again."""
        tried: set[str] = set()
        wished = {wish.experiment_id: wish.until for wish in self._wishes}
        for candidate in self._oldest(wished):
            tried.add(candidate.trace_id)
            yield candidate
        for candidate in self._oldest(self._due):
            if candidate.trace_id not in tried:
                yield candidate

    def _oldest(self, bounds: Mapping[str, int | None]) -> Iterator[Candidate]:
        last = None
        while bounds:
            found = self._archives.candidates(bounds, _BATCH, last)
            yield from found
            if len(found) < _BATCH:
                return
            last = found[-1]

    def _attempt(self, candidate: Candidate) -> bool:
        try:
            return self._archive(candidate.trace_id)
        except (MlflowException, StoreError):
            _LOG.warning(
                "Failed to archive trace %s; a later pass tries again.",
                candidate.trace_id,
                exc_info=True,
            )
            self._failed.add(candidate.experiment_id)
            return False

    def _archive(self, trace_id: str) -> bool:
        claim = self._archives.claim(trace_id, token=uuid.uuid4().hex, at=get_current_time_millis())
        if claim is None:
            return False
        try:
            archive = archive_of(claim.spans)
        except MalformedTraceError:
            _LOG.warning("No archive can be made of trace %s.", trace_id, exc_info=True)
            self._archives.fail(claim, _MALFORMED)
            return False
        place = append_to_uri_path(
            self._location, claim.experiment_id, "traces", trace_id, "artifacts"
        )
        told = False
        try:
            files = get_artifact_repository(place)
            told = self._upload(files, archive, claim, place)
        finally:
            if not told:
                self._archives.release(claim)
        return told

    def _upload(self, files: ArtifactRepository, archive: bytes, claim: Claim, place: str) -> bool:
        told = False
        try:
            files.upload_archived_trace_data_bytes(archive)
            told = self._archives.tell(claim, place)
        except (MlflowException, StoreError):
            raise
        except Exception as error:
            raise MlflowException("Trace archival upload failed.") from error
        finally:
            if not told:
                self._take_back(files, claim.trace_id, place)
        return told

    def _take_back(self, files: ArtifactRepository, trace_id: str, place: str) -> None:
        """Delete a file that no trace tells of."""
        try:
            if not self._is_told(trace_id, place):
                files.delete_artifacts(TRACE_ARCHIVAL_FILENAME)
        except Exception:  # noqa: BLE001 - places for artifacts raise what their libraries raise
            _LOG.warning("Failed to delete the unused archive of %s.", trace_id, exc_info=True)

    def _is_told(self, trace_id: str, place: str) -> bool:
        try:
            tags = self._backend.traces.get(trace_id).tags
        except NotFound:
            return False
        return (tags.get(SPANS_LOCATION_TAG), tags.get(ARCHIVE_TAG)) == (ARCHIVED, place)

    def _fulfil(self) -> None:
        """Take wishes away that leave nothing to do; those that changed meanwhile stay."""
        for wish in self._wishes:
            if wish.experiment_id in self._failed:
                continue
            if self._archives.is_pending(wish.experiment_id, wish.until):
                continue
            with suppress(NotFound, InvalidState):
                self._backend.experiments.delete_tag(wish.experiment_id, _NOW_TAG, wish.value)
