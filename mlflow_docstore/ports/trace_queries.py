"""What traces can be searched by."""

from dataclasses import dataclass, field

from mlflow_docstore.core.query import And, Compare, Filter, In, Like, Order


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression of Python's that a text must contain: judged here, page by page."""

    field: str
    regex: str


@dataclass(frozen=True, slots=True)
class SpanTest:
    """What one and the same span must match, all of it.

    Args:
        where: Leaves on ``name``, ``type``, ``status``, ``content``.
        patterns: On the same.
        since: The earliest start, in nanoseconds since the epoch; None for any.
        same_experiment: Whether it must be stored as of the trace's experiment.
    """

    where: tuple[Compare | In | Like, ...] = ()
    patterns: tuple[Pattern, ...] = ()
    since: int | None = None


@dataclass(frozen=True, slots=True)
class TraceQuery:
    """Which traces, in what order. To be completed by the search's helper.

    Args:
        experiment_ids: Experiments to look in; None for all, of none nothing is found.
        where: Attributes, tags and metadata.
        order: Sort keys; ties go to the latest time, then to the id.
    """

    experiment_ids: tuple[str, ...] | None = None
    where: Filter = field(default_factory=And)
    order: tuple[Order, ...] = ()


@dataclass(frozen=True, slots=True)
class SessionQuery:
    """Which sessions.

    Args:
        experiment_id: Of which experiment.
        since: The earliest time of their last trace, inclusive, in milliseconds.
        until: The latest time of it, inclusive.
        where: What their earliest trace must match, or any of several that are equally early.
        most: The most sessions; None for all.
    """

    experiment_id: str
    since: int
    until: int
    where: TraceQuery = field(default_factory=TraceQuery)
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A session, with the times of its first and last trace in milliseconds."""

    session_id: str
    first: int
    last: int
