"""The searches, each as MLflow's grammar and, beside it, as what the bare drivers ask for."""

from dataclasses import dataclass

from mlflow_docstore.core.query import Field, FieldKind

from .data import HIT, HITS, RARE

Condition = tuple[str, str, str | float]
"""A path in the document, ``=`` or ``<``, and a value."""

BY_RECENCY = (("recent", 1),)
OPTIONAL = "metrics."
"""What paths start with that a document may lack."""


@dataclass(frozen=True, slots=True)
class Search:
    """One kind of search.

    Args:
        title: What it is.
        filter_string: For MLflow.
        order_by: For MLflow.
        where: The same filter for the drivers, besides experiment and stage.
        sort: The same order for the drivers: paths, and 1 or -1.
        hits: How many runs match; None for all.
        key: What an index for it would be on.
        declared: Whether a user who searches so puts one there.
    """

    title: str
    filter_string: str = ""
    order_by: tuple[str, ...] = ()
    where: tuple[Condition, ...] = ()
    sort: tuple[tuple[str, int], ...] = BY_RECENCY
    hits: int | None = None
    key: Field | None = None
    declared: bool = False


DEFAULT = Search("default order")


def _metric_range(title: str, key: str, *, declared: bool = False) -> Search:
    return Search(
        title,
        filter_string=f"metrics.{key} < {RARE}",
        where=((f"metrics.{key}.v", "<", RARE),),
        hits=HITS,
        key=Field(FieldKind.METRIC, key),
        declared=declared,
    )


def _equality(title: str, kind: FieldKind, key: str, *, declared: bool = False) -> Search:
    return Search(
        title,
        filter_string=f"{kind.value}s.{key} = '{HIT}'",
        where=((f"{kind.value}s.{key}", "=", HIT),),
        hits=HITS,
        key=Field(kind, key),
        declared=declared,
    )


def _ordered(title: str, key: str, way: int, *, declared: bool = False) -> Search:
    return Search(
        title,
        order_by=(f"metrics.{key} {'ASC' if way > 0 else 'DESC'}",),
        # Runs with a number, then with NaN, then without: the rank, in either direction.
        sort=((f"metrics.{key}.r", -1), (f"metrics.{key}.v", way), ("recent", 1)),
        key=Field(FieldKind.METRIC, key),
        declared=declared,
    )


SELECTIVE = (
    _metric_range("metric range, indexed", "loss", declared=True),
    _equality("param equality, indexed", FieldKind.PARAM, "learning_rate", declared=True),
    _equality("tag equality, indexed", FieldKind.TAG, "team", declared=True),
)
UNAIDED = (
    _metric_range("metric range", "seconds"),
    _equality("param equality", FieldKind.PARAM, "depth"),
    _equality("tag equality", FieldKind.TAG, "stage"),
)
HIGHEST = _ordered("metric descending", "accuracy", -1)
LOWEST = _ordered("metric ascending, indexed", "loss", 1, declared=True)

SEARCHES = (DEFAULT, *SELECTIVE, *UNAIDED, HIGHEST, LOWEST)
DEEP = (DEFAULT, HIGHEST)
"""Those whose 100th page is read as well."""
