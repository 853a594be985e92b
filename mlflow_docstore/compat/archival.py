"""A pass of archival over a database."""

import logging
import uuid
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

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
    load_trace_archival_server_config,
)
from mlflow_docstore.compat.mlflow_internals.general import get_current_time_millis
from mlflow_docstore.compat.mlflow_internals.tracking import append_to_uri_path
from mlflow_docstore.core.errors import InvalidArgument, InvalidState, NotFound, StoreError
from mlflow_docstore.core.traces import ARCHIVE_TAG, ARCHIVED, SPANS_LOCATION_TAG
from mlflow_docstore.ports.backend import Backend
from mlflow_docstore.ports.experiments import ExperimentQuery
from mlflow_docstore.ports.trace_archives import Candidate, Claim

_LOG = logging.getLogger(__name__)

_NOW_TAG = "mlflow.trace.archiveNow"
_MALFORMED = "MALFORMED_TRACE"
_BATCH = 500


@dataclass
class Outcome:
    """What became of the traces of a pass.

    Args:
        archived: How many are.
        malformed: How many no archive can be made of.
        failed: How many a later pass may archive.
    """

    archived: int = 0
    malformed: int = 0
    failed: int = 0


@dataclass(frozen=True)
class Settings:
    """What a pass goes by.

    Args:
        location: The URI below which archives go.
        retention: Of experiments that have none of their own, as ``30d``.
        allowed: Experiments whose own one may be longer.
        most: The most traces to try; None for all.
    """

    location: str
    retention: str
    allowed: frozenset[str]
    most: int | None = None


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
        settings: What it goes by.
    """

    def __init__(self, backend: Backend, settings: Settings) -> None:
        self._backend = backend
        self._archives = backend.trace_archives
        self._settings = settings
        self._now = get_current_time_millis()
        self._wishes: list[Wish] = []
        self._due: dict[str, int | None] = {}
        self._outcome = Outcome()
        self._failing: set[str] = set()

    def run(self) -> Outcome:
        """Archive what is wished for, then what is due."""
        self._plan()
        try:
            for candidate in islice(self._candidates(), self._settings.most):
                self._attempt(candidate)
        finally:
            self._fulfil()
        return self._outcome

    def _plan(self) -> None:
        query = ExperimentQuery((LifecycleStage.ACTIVE,))
        for experiment in all_pages(self._backend.experiments.search, query):
            experiment_id, tags = experiment.experiment_id, experiment.tags
            retention = duration_millis(
                effective_retention(
                    experiment_id=experiment_id,
                    experiment_tags=tags,
                    broader_retention=self._settings.retention,
                    long_retention_allowlist=self._settings.allowed,
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

    def _attempt(self, candidate: Candidate) -> None:
        try:
            self._outcome.archived += self._archive(candidate.trace_id)
        except (MlflowException, StoreError):
            _LOG.warning(
                "Failed to archive trace %s; a later pass tries again.",
                candidate.trace_id,
                exc_info=True,
            )
            self._outcome.failed += 1
            self._failing.add(candidate.experiment_id)

    def _archive(self, trace_id: str) -> bool:
        claim = self._archives.claim(trace_id, token=uuid.uuid4().hex, at=get_current_time_millis())
        if claim is None:
            return False
        try:
            archive = archive_of(claim.spans)
        except MalformedTraceError:
            _LOG.warning("No archive can be made of trace %s.", trace_id, exc_info=True)
            self._archives.fail(claim, _MALFORMED)
            self._outcome.malformed += 1
            return False
        place = append_to_uri_path(
            self._settings.location, claim.experiment_id, "traces", trace_id, "artifacts"
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
            if wish.experiment_id in self._failing:
                continue
            if self._archives.is_pending(wish.experiment_id, wish.until):
                continue
            with suppress(NotFound, InvalidState):
                self._backend.experiments.delete_tag(wish.experiment_id, _NOW_TAG, wish.value)


def configured_pass(backend: Backend, file: str) -> ArchivalPass | None:
    """The pass that MLflow's server would make by this configuration; None where it makes none.

    Raises:
        InvalidArgument: ``kind="configuration"``; the file cannot be read, or says what cannot be.
    """
    try:
        config = load_trace_archival_server_config(file)
    except MlflowException as error:
        raise InvalidArgument("configuration", file, reason=error.message) from error
    if not config.enabled:
        return None
    allowed = frozenset(config.long_retention_allowlist)
    settings = Settings(config.location, config.retention, allowed, config.max_traces_per_pass)
    return ArchivalPass(backend, settings)
