"""Throw-away namespaces for tests."""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from pymongo.monitoring import CommandListener

from .driver import MongoDriver
from .session import Session
from .uri import Target, parse


@contextmanager
def throwaway(uri: str, *, listeners: Sequence[CommandListener] = ()) -> Iterator[MongoDriver]:
    """A driver on collections that nobody else uses, dropped afterwards.

    Args:
        uri: Where; its prefix is ignored.
        listeners: Who is told of every command, to count them.
    """
    target = replace(parse(uri), prefix=f"t{uuid.uuid4().hex[:12]}")
    driver = MongoDriver(Session(target, listeners=listeners))
    try:
        yield driver
    finally:
        driver.close()
        _drop(target)


def _drop(target: Target) -> None:
    session = Session(target)
    database, begin = session.collection("").database, f"{target.prefix}_"
    for name in database.list_collection_names():
        if name.startswith(begin):
            database.drop_collection(name)
    session.close()
