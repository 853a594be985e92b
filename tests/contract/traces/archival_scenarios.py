"""Named builders of what passes of archival need: traces of an age, and where they are put.

A pass goes over the whole store. Here nothing is old enough for it unless its experiment says so,
in the tag of its retention, and a test leaves no such experiment behind.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mlflow.entities import ExperimentTag, Span, Trace, TraceInfo
from mlflow.store.artifact.local_artifact_repo import LocalArtifactRepository
from mlflow.store.tracking.abstract_store import AbstractStore

from ..scenarios import new_experiment
from .trace_scenarios import ARCHIVE_LOCATION, SPANS_LOCATION, new_trace_id, span, started

FAILURE = "mlflow.trace.archivalFailure"
RETENTION = "mlflow.trace.archivalRetention"
NOW = "mlflow.trace.archiveNow"

FOR_EVER = "99999d"
"""A retention by which no trace of any test is old."""

ANCIENT = -1_000_000_000_000
"""A time before that of any other test's traces."""

LONG = "30000d"
"""A retention by which nothing but what is ANCIENT is old."""

DAY = 24 * 60 * 60 * 1000


def retention(value: str = "1d") -> str:
    """The tag's value for a retention."""
    return json.dumps({"type": "duration", "value": value})


class Archival:
    """Experiments of one test's own, and a directory that passes put their traces in.

    Args:
        store: Which is under judgement.
        directory: Empty.
    """

    def __init__(self, store: AbstractStore, directory: Path) -> None:
        self.store = store
        self.directory = directory
        self.location = directory.as_uri()
        self._experiments: list[str] = []

    def experiment(self, **tags: str) -> str:
        """An experiment with these of the tags of archival; its id."""
        names = {"retention": RETENTION, "now": NOW}
        given = [ExperimentTag(names[name], value) for name, value in tags.items()]
        self._experiments.append(new_experiment(self.store, tags=given))
        return self._experiments[-1]

    def eager(self) -> str:
        """An experiment whose traces are old enough on the day after; its id."""
        return self.experiment(retention=retention())

    def close(self) -> None:
        """Have no later pass look at the experiments."""
        for experiment_id in self._experiments:
            if self.stage(experiment_id) == "active":
                self.store.delete_experiment(experiment_id)

    def stage(self, experiment_id: str) -> str:
        """The lifecycle stage of an experiment."""
        stage: str = self.store.get_experiment(experiment_id).lifecycle_stage
        return stage

    def trace(self, experiment_id: str | None = None, *spans: Span, **fields: Any) -> str:
        """A finished trace with these spans, or one; in an eager experiment; its id."""
        trace_id = spans[0].trace_id if spans else new_trace_id()
        home = experiment_id or self.eager()
        self.store.log_spans(home, list(spans) or [span(trace_id, name="root")])
        started(self.store, home, trace_id, **fields)
        return trace_id

    def archived(self, experiment_id: str | None = None, *spans: Span, **fields: Any) -> str:
        """The same, once a pass has archived it."""
        trace_id = self.trace(experiment_id, *spans, **fields)
        assert self.run() == 1
        return trace_id

    def run(self, **options: Any) -> int:
        """One pass; how many traces it archived."""
        arguments = {
            "resolved_trace_archival_location": self.location,
            "broader_retention": FOR_EVER,
        } | options
        archived: int = self.store.archive_traces(**arguments)
        return archived

    def foreign_span(self, trace_id: str) -> Span:
        """A span of the trace that OpenTelemetry has in another: no archive holds both."""
        return span(new_trace_id(), 9, 1, attributes={"mlflow.traceRequestId": trace_id})

    def info(self, trace_id: str) -> TraceInfo:
        """The trace."""
        return self.store.get_trace_info(trace_id)

    def is_archived(self, trace_id: str) -> bool:
        """Whether the trace says that its spans are in an archive."""
        return self.info(trace_id).tags.get(SPANS_LOCATION) == "ARCHIVE_REPO"

    def which(self, trace_ids: list[str]) -> list[int]:
        """Which of them are archived, by their places."""
        return [place for place, key in enumerate(trace_ids) if self.is_archived(key)]

    def read(self, trace_id: str) -> Trace:
        """The trace with its spans."""
        return self.store.get_trace(trace_id)

    def file(self, trace_id: str) -> Path:
        """Where the directory holds the trace, if it does."""
        home = self.info(trace_id).experiment_id
        return self.directory / home / "traces" / trace_id / "artifacts" / "traces.pb"

    def files(self) -> list[Path]:
        """All files of the directory."""
        return [path for path in self.directory.rglob("*") if path.is_file()]

    def tag(self, experiment_id: str, key: str) -> str | None:
        """A tag of an experiment."""
        tags: dict[str, str] = self.store.get_experiment(experiment_id).tags
        return tags.get(key)


class Interrupted(LocalArtifactRepository):  # type: ignore[misc]
    """A place for artifacts on disk, where something happens in between.

    Args:
        artifact_uri: With a scheme of its own before the path.
        happens: What, by the name of the step that it happens in.
        options: Whatever MLflow passes besides.
    """

    def __init__(
        self, artifact_uri: str, happens: dict[str, Callable[[], object]], **options: Any
    ) -> None:
        super().__init__(f"file:{artifact_uri.partition(':')[2]}", **options)
        self._happens = happens

    def log_artifact(self, local_file: str, artifact_path: str | None = None) -> None:
        """Upload, then let happen what does."""
        super().log_artifact(local_file, artifact_path)
        self._happens.get("upload", _nothing)()

    def delete_artifacts(self, artifact_path: str | None = None) -> None:
        """Let happen what does, then delete."""
        self._happens.get("delete", _nothing)()
        super().delete_artifacts(artifact_path)


def _nothing() -> None:
    pass


def archive_location(info: TraceInfo) -> str | None:
    """Where a trace says that its archive is."""
    return info.tags.get(ARCHIVE_LOCATION)
