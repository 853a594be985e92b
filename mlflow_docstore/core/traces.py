"""Rules of traces: what moves when spans arrive, and what is kept of their totals.

All follow MLflow's SqlAlchemyStore: ``start_trace``, ``log_spans`` and its ``trace_analytics``.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

NAME_TAG = "mlflow.traceName"
"""The tag that is the trace's name."""

LINKED_PROMPTS_TAG = "mlflow.linkedPrompts"
"""The tag by which MLflow's grammar knows the prompts that a trace is linked to."""

SPANS_LOCATION_TAG = "mlflow.trace.spansLocation"
"""The tag that says where the spans of a trace are."""

IN_STORE = "TRACKING_STORE"
"""The spans are here."""

ARCHIVED = "ARCHIVE_REPO"
"""They are in an archive."""

ARCHIVE_TAG = "mlflow.trace.archiveLocation"
"""The tag that says where that is."""

ARCHIVAL_FAILURE_TAG = "mlflow.trace.archivalFailure"
"""The tag that says why no archive can be made of them."""

FINALIZED = "mlflow.trace.infoFinalized"
"""Metadata of a trace whose start has been told, so that spans no longer decide its times."""

SOURCE_RUN = "mlflow.sourceRun"
"""Metadata of a trace that was made within a run: the run."""

USER = "mlflow.trace.user"
SESSION = "mlflow.trace.session"
TOKEN_USAGE = "mlflow.trace.tokenUsage"  # noqa: S105 - counts of tokens
COST = "mlflow.trace.cost"

IN_PROGRESS = "IN_PROGRESS"
UNFINISHED = frozenset({IN_PROGRESS, "STATE_UNSPECIFIED"})
"""States that the status of a root span replaces."""

TOKENS = (
    "input_tokens",
    "output_tokens",
    "total_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "cache_creation_input_tokens_above_1hr",
)
"""Counts of tokens that a trace keeps, in the order in which they are shown."""

COSTS = ("input_cost", "output_cost", "total_cost")
"""Costs that a trace keeps, in the order in which they are shown."""

_INT64 = range(-(2**63), 2**63)


@dataclass(frozen=True, slots=True)
class Promoted:
    """What of a trace's metadata is kept as fields, so that it can be summed and searched.

    Args:
        metadata: The rest.
        session: The session, if the metadata name one.
        tokens: Counts of tokens by those of TOKENS that are named; None for what is no count.
        costs: Costs by those of COSTS that are named; None for what is no finite number.
    """

    metadata: dict[str, str]
    session: str | None = None
    tokens: Mapping[str, int | None] = field(default_factory=dict)
    costs: Mapping[str, float | None] = field(default_factory=dict)


def promoted(metadata: Mapping[str, str]) -> Promoted:
    """Metadata, taken apart."""
    tokens, costs = _object(metadata.get(TOKEN_USAGE)), _object(metadata.get(COST))
    return Promoted(
        {key: value for key, value in metadata.items() if key not in (SESSION, TOKEN_USAGE, COST)},
        metadata.get(SESSION),
        {key: token_count(tokens[key]) for key in TOKENS if key in tokens},
        {key: finite(costs[key]) for key in COSTS if key in costs},
    )


def restored(
    session: str | None, tokens: Mapping[str, int | None], costs: Mapping[str, float | None]
) -> dict[str, str]:
    """The metadata that were taken apart, as far as there is something to tell."""
    metadata = {} if session is None else {SESSION: session}
    for name, keys, values in ((TOKEN_USAGE, TOKENS, tokens), (COST, COSTS, costs)):
        # As ``json.dumps`` writes it, in a third of the time: every trace of a page has two. The
        # names are ours, so that none needs an escape, and numbers are finite.
        known = [f'"{key}": {value!r}' for key in keys if (value := values.get(key)) is not None]
        if known:
            metadata[name] = f"{{{', '.join(known)}}}"
    return metadata


def token_count(value: Any) -> int | None:
    """A count of tokens; None for what is no whole number of 64 bits."""
    if value is None or isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value))
    except (InvalidOperation, TypeError, ValueError):
        return None
    if not number.is_finite() or number != number.to_integral_value():
        return None
    return int(number) if _INT64[0] <= number <= _INT64[-1] else None


def finite(value: Any) -> float | None:
    """A cost; None for what is no finite number."""
    if value is None or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _object(value: Any) -> Mapping[str, Any]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return {}
    return value if isinstance(value, dict) else {}


def grown(time: int, duration: int | None, start: int, end: int | None) -> tuple[int, int | None]:
    """The time and duration of a trace whose start has not been told, when spans arrive.

    Args:
        time: Of the trace, in milliseconds.
        duration: Of the trace, if it is known.
        start: The earliest start of the spans.
        end: Their latest end, if one has ended.
    """
    begun = min(time, start)
    if end is None:
        return begun, duration
    latest = end if duration is None else max(time + duration, end)
    return begun, latest - begun
