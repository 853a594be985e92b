"""Throw-away namespaces for tests."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from mlflow_docstore.adapters.document.layout import LAYOUT

from .containers import Containers
from .driver import CosmosDriver
from .session import Session
from .uri import parse


@contextmanager
def throwaway(uri: str) -> Iterator[CosmosDriver]:
    """A driver on containers that nobody else uses, dropped afterwards.

    Args:
        uri: Where; its prefix is ignored.
    """
    target = replace(parse(uri), prefix=f"t{uuid.uuid4().hex[:12]}")
    driver = CosmosDriver(Containers(Session(target)))
    try:
        yield driver
    finally:
        driver.drop(collection.name for collection in LAYOUT.collections)
        driver.close()
