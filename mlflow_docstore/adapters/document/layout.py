"""Collections and indexes, as data.

An index starts with the field that narrows most, as some databases use but one field of it; the
fields that are compared for equality come before the one that is sorted by.
"""

from dataclasses import dataclass, field

from mlflow_docstore.core.traces import COSTS, TOKENS

SCHEMA_VERSION = 2
"""Written into every document. A reader takes this and the one before."""

LAYOUT_VERSION = 4
"""Written into every database: a higher one has more collections and indexes, or documents that
older releases would not look for."""

EXPERIMENTS = "experiments"
RUNS = "runs"
METRICS = "metrics"
LOGGED_MODELS = "logged_models"
MODEL_METRICS = "logged_model_metrics"
DATASETS = "datasets"
TEXTS = "texts"
REGISTERED_MODELS = "registered_models"
MODEL_VERSIONS = "model_versions"
WEBHOOKS = "webhooks"
TRACES = "traces"
SPANS = "spans"
ASSESSMENTS = "assessments"
META = "meta"

MARKER_ID = "schema"
"""The document in META that says which layout the database has."""


@dataclass(frozen=True, slots=True)
class Index:
    """An index.

    Args:
        name: Unique within its collection.
        keys: Paths and directions: 1 ascending, -1 descending.
    """

    name: str
    keys: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Measures:
    """Paths that are grouped and counted together.

    Nothing but texts and numbers is ever at one of them, and their names are plain and in lower
    case.

    Args:
        paths: First those that are compared for equality, then the one with a range, then all
            others.
        rare: Those of them at which few documents have a value. Who has none at any of these is
            left out, so that what asks for such a value reads no more than it counts.
        whole: Those of them at which there is nothing but integers.
    """

    paths: tuple[str, ...]
    rare: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Collection:
    """A logical collection.

    Args:
        name: Its name without the user's prefix.
        partition: The field that spreads it over shards; it never changes in a document.
        indexes: Besides the primary one on the id.
        measures: What is grouped and counted. A database that would parse each document keeps the
            values apart; to others it means nothing.
    """

    name: str
    partition: str = "_id"
    indexes: tuple[Index, ...] = ()
    measures: tuple[Measures, ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """All collections of a layout version."""

    version: int
    collections: tuple[Collection, ...] = field(default=())


_SPAN_COSTS = tuple(f"costs.{name}" for name in COSTS)

LAYOUT = Layout(
    LAYOUT_VERSION,
    (
        Collection(
            EXPERIMENTS,
            indexes=(
                Index("by_name", (("name", 1), ("workspace", 1))),
                Index("by_recency", (("lifecycle", 1), ("workspace", 1), ("recent", 1))),
            ),
        ),
        Collection(
            RUNS,
            indexes=(
                Index(
                    "by_recency",
                    (("experiment_id", 1), ("workspace", 1), ("lifecycle", 1), ("recent", 1)),
                ),
                Index("by_deletion", (("lifecycle", 1), ("workspace", 1), ("deleted_time", 1))),
            ),
        ),
        Collection(
            METRICS,
            partition="run_id",
            indexes=(
                Index(
                    "by_point",
                    (("run_id", 1), ("workspace", 1), ("key", 1), ("level", 1), ("first", 1)),
                ),
            ),
        ),
        Collection(
            LOGGED_MODELS,
            indexes=(
                Index(
                    "by_recency",
                    (("experiment_id", 1), ("workspace", 1), ("lifecycle", 1), ("recent", 1)),
                ),
            ),
        ),
        Collection(
            MODEL_METRICS,
            partition="model_id",
            indexes=(
                Index(
                    "by_point",
                    (("model_id", 1), ("workspace", 1), ("key", 1), ("level", 1), ("first", 1)),
                ),
                Index(
                    "by_place",
                    (("model_id", 1), ("workspace", 1), ("run_id", 1), ("until", 1), ("since", 1)),
                ),
            ),
        ),
        Collection(
            DATASETS,
            indexes=(Index("by_experiment", (("experiment_id", 1), ("workspace", 1))),),
        ),
        Collection(TEXTS, indexes=(Index("by_root", (("root", 1), ("workspace", 1))),)),
        Collection(
            REGISTERED_MODELS,
            indexes=(
                Index("by_name", (("name", 1), ("workspace", 1))),
                Index("by_listing", (("listing", 1), ("workspace", 1), ("name", 1))),
            ),
        ),
        Collection(
            MODEL_VERSIONS,
            indexes=(
                Index("by_model", (("model_id", 1), ("workspace", 1))),
                Index("by_name", (("name", 1), ("workspace", 1), ("listing", 1))),
                Index("by_run", (("run_id", 1), ("workspace", 1), ("listing", 1))),
                Index(
                    "by_update",
                    (
                        ("listing", 1),
                        ("workspace", 1),
                        ("last_updated_time", -1),
                        ("name", 1),
                        ("number", -1),
                    ),
                ),
            ),
        ),
        Collection(
            WEBHOOKS,
            indexes=(
                Index("by_recency", (("lifecycle", 1), ("workspace", 1), ("recent", 1))),
                # Alone, as a compound index must not lead through an array on every database.
                Index("by_event", (("events.name", 1),)),
            ),
        ),
        Collection(
            TRACES,
            indexes=(
                Index(
                    "by_recency",
                    (("experiment_id", 1), ("workspace", 1), ("lifecycle", 1), ("recent", 1)),
                ),
                Index(
                    "by_session",
                    (
                        *(("experiment_id", 1), ("workspace", 1), ("lifecycle", 1)),
                        *(("session_id", 1), ("recent", 1)),
                    ),
                ),
                # Alone, as a compound index must not lead through an array on every database.
                Index("by_run", (("runs.id", 1),)),
            ),
            measures=(
                Measures(
                    (
                        *("experiment_id", "workspace", "lifecycle", "time"),
                        *("duration", "state", "name", "session_id"),
                        *(f"tokens.{name}" for name in TOKENS),
                    ),
                    whole=("time",),
                ),
            ),
        ),
        Collection(
            SPANS,
            partition="trace_id",
            indexes=(
                Index("by_trace", (("trace_id", 1), ("workspace", 1))),
                Index("by_time", (("experiment_id", 1), ("workspace", 1), ("time", 1))),
            ),
            measures=(
                Measures(
                    (
                        *("experiment_id", "workspace", "time", "started", "duration"),
                        *("name", "type", "status", "model_name", "model_provider"),
                    ),
                    whole=("time", "started"),
                ),
                # Charts of costs are split by models.
                Measures(
                    (
                        *("experiment_id", "workspace", "model_name", "started"),
                        *_SPAN_COSTS,
                        *("model_provider", "name", "type", "status"),
                    ),
                    rare=_SPAN_COSTS,
                ),
            ),
        ),
        Collection(
            ASSESSMENTS,
            indexes=(
                Index("by_trace", (("trace_id", 1), ("workspace", 1))),
                Index("by_run", (("run_id", 1), ("workspace", 1))),
            ),
        ),
        Collection(META),
    ),
)
