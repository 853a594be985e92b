"""What traces can be searched by."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from mlflow_docstore.core.query import (
    And,
    Field,
    Filter,
    Leaf,
    Order,
    all_of,
)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression of Python's that a text must contain.

    No database is asked: what they take for one differs. One that cannot be compiled is contained
    in nothing, as MLflow's SQLite store has it.

    Args:
        field: Where the text is.
        regex: The expression.
    """

    field: Field
    regex: str


@dataclass(frozen=True, slots=True)
class SpanTest:
    """What one and the same span must match, all of it.

    Args:
        where: On the attributes ``name``, ``type``, ``status`` and ``content``.
        patterns: On the same.
        since: The earliest start, in nanoseconds since the epoch; None for any.
    """

    where: tuple[Leaf, ...] = ()
    patterns: tuple[Pattern, ...] = ()
    since: int | None = None


@dataclass(frozen=True, slots=True)
class AssessmentTest:
    """What some valid assessment must match, all of it; or, negated, what none may.

    One that was given to a session, as its metadata say, counts for every trace of its trace's
    session in the experiments that are searched.

    Args:
        kind: ``feedback`` or ``expectation``.
        name: Its name.
        where: On the attributes ``value``, as JSON, and ``number``, which only numbers have.
        patterns: On ``value``.
        negated: Whether there must be none.
    """

    kind: str
    name: str
    where: tuple[Leaf, ...] = ()
    patterns: tuple[Pattern, ...] = ()
    negated: bool = False


@dataclass(frozen=True, slots=True)
class TraceQuery:
    """Which traces, in what order. They must match all of it.

    Args:
        experiment_ids: Experiments to look in; None for all, of none nothing is found.
        where: Attributes (``request_id``, ``timestamp_ms``, ``execution_time_ms``,
            ``end_time_ms``, ``status``, ``client_request_id``, ``name``, ``session``, and those of
            ``core.traces.TOKENS`` and ``COSTS``), tags and metadata. An attribute exists where it
            has a value.
        patterns: On texts of the same.
        spans: Each is met by a span, each perhaps by another.
        assessments: Tests of assessments.
        issues: Ids of issues that an assessment refers to, be it valid or not.
        runs: Runs that a trace is from, or is linked to.
        prompts: Versions of prompts that it is linked to, each ``name/version``.
        order: Sort keys, on attributes (``experiment_id`` too), tags and metadata; those without a
            value last. Ties go to the latest time, then to the id.
    """

    experiment_ids: tuple[str, ...] | None = None
    where: Filter = field(default_factory=And)
    patterns: tuple[Pattern, ...] = ()
    spans: tuple[SpanTest, ...] = ()
    assessments: tuple[AssessmentTest, ...] = ()
    issues: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    prompts: tuple[str, ...] = ()
    order: tuple[Order, ...] = ()


_CONDITIONS = ("patterns", "spans", "assessments", "issues", "runs", "prompts")


def all_conditions(queries: Iterable[TraceQuery]) -> TraceQuery:
    """What matches all of some queries; experiments and order are those of the last with any."""
    whole = TraceQuery()
    for query in queries:
        conditions = {name: getattr(whole, name) + getattr(query, name) for name in _CONDITIONS}
        whole = replace(
            whole,
            experiment_ids=(
                whole.experiment_ids if query.experiment_ids is None else query.experiment_ids
            ),
            where=all_of(whole.where, query.where),
            order=query.order or whole.order,
            **conditions,
        )
    return whole


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
