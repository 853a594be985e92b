"""Traces: what an application did for one request, with tags, metadata and assessments."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from mlflow.entities import TraceInfo

from mlflow_docstore.core.paging import Page, PageRequest

from .trace_queries import Session, SessionQuery, TraceQuery


@dataclass(frozen=True, slots=True)
class TraceEnd:
    """How a trace ended, as clients of MLflow 2 tell.

    Args:
        at: When, in milliseconds since the epoch; what the trace took is counted to it.
        state: Its state.
        name: A name for the trace; None leaves it.
        metadata: Metadata to set.
        tags: Tags to set, without that of the name.
    """

    at: int
    state: str
    name: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str | None] = field(default_factory=dict)


class TraceRepository(Protocol):
    """Traces without their spans. Each is one document.

    The name of a trace is its tag ``core.traces.NAME_TAG``, here as in MLflow. Deleted traces are
    gone at once for every reader, whatever of them is still to be removed.
    """

    @abstractmethod
    def start(self, trace: TraceInfo, *, may_move: bool = False) -> TraceInfo:
        """Store a trace, or complete one of which spans came first; returns what is stored.

        Of a trace that is there, time, duration, state and client's id are overwritten, previews
        and the name where given, tags and metadata set key by key, assessments by id: others stay.
        One atomic write in either case. A repeat changes nothing.

        Args:
            trace: With assessments whose ids and trace ids are set.
            may_move: Whether a trace of another experiment comes to this one.

        Raises:
            AlreadyExists: ``kind="trace"``: it is in another experiment, and must not move;
                ``kind="assessment"`` with ``facts["trace_id"]``: it is not there yet, and the
                assessment of that id is another trace's, or given twice.
            Conflict: ``kind="assessment"``: it is there, and the assessment of that id is another
                trace's.
            InvalidState: ``kind="trace"``; its spans are elsewhere, ``facts["location"]``.
        """

    @abstractmethod
    def end(self, trace_id: str, end: TraceEnd) -> TraceInfo:
        """Change a trace as it ends, wherever its spans are; returns what is stored.

        Raises:
            NotFound: ``kind="trace"``.
        """

    @abstractmethod
    def get(self, trace_id: str) -> TraceInfo:
        """The trace.

        Raises:
            NotFound: ``kind="trace"``.
        """

    @abstractmethod
    def get_many(
        self, trace_ids: Sequence[str], experiment_ids: Sequence[str] | None = None
    ) -> list[TraceInfo]:
        """Those traces of the experiments, or of all, that are there.

        In the order of the ids; one that is named twice has the place of its last mention.
        """

    @abstractmethod
    def search(self, query: TraceQuery, page: PageRequest) -> Page[TraceInfo]:
        """One page of traces.

        Raises:
            InvalidArgument: ``kind="page_token"``.
        """

    @abstractmethod
    def count(self, query: TraceQuery) -> int:
        """How many traces match."""

    @abstractmethod
    def sessions(self, query: SessionQuery) -> list[Session]:
        """Sessions by the time of their last trace, then by id.

        A session is the traces of one experiment that name it. Source: SqlAlchemyStore's
        ``find_completed_sessions``.
        """

    @abstractmethod
    def set_tag(self, trace_id: str, key: str, value: str | None) -> None:
        """Set a tag.

        Raises:
            NotFound: ``kind="trace"``.
        """

    @abstractmethod
    def delete_tag(self, trace_id: str, key: str) -> None:
        """Remove a tag.

        Raises:
            NotFound: ``kind="trace_tag"`` with ``facts["trace_id"]``: no such tag, or no trace.
        """

    @abstractmethod
    def link_run(self, trace_ids: Sequence[str], run_id: str) -> None:
        """Link traces to a run; neither need be there yet. A link that is there stays one.

        Raises:
            AlreadyExists: ``kind="trace_link"``: a link that is not there yet is named twice.
        """

    @abstractmethod
    def link_prompts(self, trace_id: str, prompts: Sequence[str]) -> None:
        """Link versions of prompts, each ``name/version``, to a trace. Repeatable.

        Raises:
            AlreadyExists: As of ``link_run``.
            NotFound: ``kind="trace"``.
        """

    @abstractmethod
    def delete(self, experiment_id: str, trace_ids: Sequence[str]) -> int:
        """Remove those traces of an experiment for good, with spans and assessments; how many.

        Each is gone at once, though not all at the same time. Links stay, as in MLflow: a trace of
        that id which comes again has them. What an interruption leaves, nobody sees;
        ``Backend.sweep`` removes it.
        """

    @abstractmethod
    def oldest(
        self, experiment_id: str, until: int, most: int | None = None
    ) -> list[tuple[str, str | None]]:
        """Ids of the oldest traces up to a time, inclusive, and where their spans are.

        Args:
            experiment_id: Of which experiment.
            until: In milliseconds since the epoch.
            most: The most traces; None for all.
        """
