"""Archives of traces: their spans in files, and what a trace tells of them.

Only the trace is written here; who makes and deletes files asks in this order: ``claim``, upload,
``tell``. MLflow's SqlAlchemyStore decides what may be archived, in ``archive_traces``.
"""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Candidate:
    """A trace that can be archived.

    Args:
        time: When it began, in milliseconds.
        trace_id: Which.
        experiment_id: Its experiment.
    """

    time: int
    trace_id: str
    experiment_id: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A trace that is being archived, as it was read.

    Args:
        trace_id: Which.
        experiment_id: Its experiment.
        spans: The contents of its spans, as JSON, by their ids.
        revision: Of the trace, which every start and every span that comes moves.
        token: Of whoever archives it.
    """

    trace_id: str
    experiment_id: str
    spans: Sequence[str]
    revision: int
    token: str


class TraceArchiveRepository(Protocol):
    """What traces tell of archives."""

    @abstractmethod
    def candidates(
        self, bounds: Mapping[str, int | None], most: int, after: Candidate | None = None
    ) -> list[Candidate]:
        """Traces that can be archived, of several experiments together: by time, then by id.

        They have ended and have spans, which are here, and no attempt at them failed for good.

        Args:
            bounds: By experiment the latest time, inclusive, in milliseconds; None for any.
            most: The most traces.
            after: Where to go on; None from the oldest on.
        """

    @abstractmethod
    def is_pending(self, experiment_id: str, until: int | None) -> bool:
        """Whether there are traces up to a time that can be archived, now or once they end."""

    @abstractmethod
    def claim(self, trace_id: str, *, token: str, at: int) -> Claim | None:
        """Begin to archive a trace; None if it cannot be archived, or somebody else is at it.

        A claim ends by ``tell``, ``fail`` or ``release``, or by itself after an hour, so that of
        two who would write the same file one waits for the other. Writers of the trace are not
        kept out: their change makes the claim worth nothing.

        Args:
            trace_id: Which.
            token: Of this attempt, never used before. A repeat with it renews the claim.
            at: Now, in milliseconds.
        """

    @abstractmethod
    def tell(self, claim: Claim, place: str) -> bool:
        """Have the trace tell that its spans are in an archive; whether it does.

        It does not where it has changed since it was claimed, or is gone. One atomic write; only
        then are the contents of the spans emptied here, which a reader no longer looks at. What
        they are besides, by which they are found, stays. ``Backend.sweep`` ends what is
        interrupted in between.

        Args:
            claim: What was archived.
            place: The URI of the directory of its file.
        """

    @abstractmethod
    def fail(self, claim: Claim, reason: str) -> None:
        """Have the trace tell why it cannot be archived, unless it has changed; nobody tries again.

        It can be archived once that tag is deleted.
        """

    @abstractmethod
    def release(self, claim: Claim) -> None:
        """Leave the trace to the next who would archive it."""

    @abstractmethod
    def places(self, experiment_id: str, trace_ids: Sequence[str]) -> dict[str, str | None]:
        """Where those traces of an experiment are archived that are; None for one that lost it."""
