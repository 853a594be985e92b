"""The searches, each as MLflow's grammar and, beside it, as what the bare drivers ask for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from benchmarks.data import HIT, HITS

from .data import FEEDBACK, HELD, HIT_RUN, HIT_SESSION, RARE_SPAN, REFUSED, RETRIEVER


@dataclass(frozen=True, slots=True)
class Equal:
    """A value at a path of a trace's document."""

    path: str
    value: str


@dataclass(frozen=True, slots=True)
class Holds:
    """An array of a trace's document that has an element with these values."""

    path: str
    element: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Either:
    """One of two."""

    one: Equal
    other: Holds


Condition: TypeAlias = Equal | Holds | Either


@dataclass(frozen=True, slots=True)
class Search:
    """One kind of search.

    Args:
        title: What it is.
        filter_string: For MLflow.
        where: The same filter for the drivers, besides experiment and stage.
        hits: How many traces match; None for a share of all.
        share: Which share; of those that ``hits`` does not count.
    """

    title: str
    filter_string: str | None = None
    where: Condition | None = None
    hits: int | None = HITS
    share: float = 1.0


def _feedback(value: str) -> Holds:
    return Holds("assessments", {"kind": "feedback", "name": FEEDBACK, "value": f'"{value}"'})


SEARCHES = (
    Search("default order", hits=None),
    Search("tag", f"tag.team = '{HIT}'", Equal("tags.team", HIT)),
    Search("metadata", f"metadata.customer = '{HIT}'", Equal("metadata.customer", HIT)),
    Search("status", "status = 'ERROR'", Equal("state", "ERROR")),
    Search(
        "session",
        f"metadata.`mlflow.trace.session` = '{HIT_SESSION}'",
        Equal("session_id", HIT_SESSION),
    ),
    Search(
        "run",
        f"run_id = '{HIT_RUN}'",
        Either(Equal("metadata.mlflow%2EsourceRun", HIT_RUN), Holds("runs", {"id": HIT_RUN})),
    ),
    Search("feedback", f"feedback.{FEEDBACK} = '{REFUSED}'", _feedback(REFUSED)),
    Search("span name", f"span.name = '{RARE_SPAN}'", Holds("spans", {"name": RARE_SPAN})),
)

FREQUENT = (
    Search(
        "tag of half of them",
        "tag.stage = 'production'",
        Equal("tags.stage", "production"),
        hits=None,
        share=0.45,
    ),
    Search(
        "metadata of half of them",
        "metadata.channel = 'web'",
        Equal("metadata.channel", "web"),
        hits=None,
        share=0.45,
    ),
    Search("status of most", "status = 'OK'", Equal("state", "OK"), hits=None, share=0.9),
    Search(
        "feedback of a quarter",
        f"feedback.{FEEDBACK} = '{HELD}'",
        _feedback(HELD),
        hits=None,
        share=0.2,
    ),
    Search(
        "span name of most",
        f"span.name = '{RETRIEVER}'",
        Holds("spans", {"name": RETRIEVER}),
        hits=None,
        share=0.9,
    ),
)
"""So many match that there is a 100th page, at shares that are surely reached."""
