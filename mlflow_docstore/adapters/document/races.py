"""Races that are run again: how often, before they are given up."""

from collections.abc import Iterator

from mlflow_docstore.core.errors import Conflict

_ROUNDS = 1000


def rounds(kind: str, key: object) -> Iterator[None]:
    """Rounds of a race that another writer wins anew each time; far more than ever happen.

    In each round some writer gets on, so a loop of them ends; but a precondition that can never
    hold, because a database sees it otherwise than we do, must not hang its caller.

    Raises:
        Conflict: With the kind and key, behind the last round.
    """
    for _ in range(_ROUNDS):
        yield
    raise Conflict(kind, key)
