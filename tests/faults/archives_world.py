"""The traces of another world, one of which is being archived; and what a reader sees of that."""

import json

from mlflow_docstore.ports.backend import Backend
from mlflow_docstore.ports.trace_archives import Candidate, Claim

from . import traces_world
from .arenas import World
from .readers import Snapshot
from .traces_world import IDS, LARGE, span

TOKEN = "first"  # noqa: S105 - tells one attempt from another

CLAIM = Claim(
    "t1",
    "1",
    [one.content for one in (span(1, 2000), span(2, 2001, LARGE))],
    revision=1,
    token=TOKEN,
)
"""As the claim in the world was answered."""


def arrange(backend: Backend) -> None:
    """Somebody is about to archive t1."""
    traces_world.arrange(backend)
    claim = backend.trace_archives.claim("t1", token=TOKEN, at=5000)
    assert claim == CLAIM


def look(backend: Backend) -> Snapshot:
    """Everything, as plain values that compare."""
    archives = backend.trace_archives
    return {
        **traces_world.look(backend),
        "places": archives.places("1", IDS),
        "candidates": json.dumps([_named(one) for one in archives.candidates({"1": None}, 10)]),
        "pending": archives.is_pending("1", None),
    }


def _named(candidate: Candidate) -> tuple[int, str]:
    return candidate.time, candidate.trace_id


WORLD = World(("trace_archives",), arrange, look, exact=("traces", "spans", "texts"))
