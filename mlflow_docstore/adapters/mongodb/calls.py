"""Calls: a collection, the errors, and how long it took."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from pymongo.collection import Collection

from mlflow_docstore.adapters.document.driver import Document
from mlflow_docstore.adapters.document.layout import META

from .errors import Attempt, translated
from .flavours import Flavour
from .session import Session

_LOG = logging.getLogger(__name__)


class Calls:
    """The calls of one driver.

    Args:
        session: The way to the client.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def flavour(self) -> Flavour:
        """Which kind of database it is; connects where only the server can say."""
        if not self._session.is_recognised:
            with self.calling("recognise", META):
                pass
        return self._session.flavour

    @contextmanager
    def calling(
        self, verb: str, collection: str, key: object = None, values: object = None
    ) -> Iterator[Collection[Document]]:
        """Around each command."""
        session, started = self._session, time.perf_counter()

        def attempt() -> Attempt:
            size = session.flavour.capabilities.limits.document_bytes
            return Attempt(
                *(collection, key, values, session.answered, session.servers),
                document_bytes=size,
                advice=session.advice,
            )

        with translated(attempt):
            yield session.collection(collection)
        session.note_answer()
        _LOG.debug("%s %s: %.1f ms", verb, collection, (time.perf_counter() - started) * 1000)
