"""The driver's verbs on an embedded server."""

from dataclasses import replace
from pathlib import Path

from mlflow_docstore.adapters.document.driver import Outcome, Patch
from mlflow_docstore.adapters.mongodb.driver import MongoDriver
from mlflow_docstore.adapters.mongodb.session import Session
from mlflow_docstore.adapters.mongodb.uri import Target
from mlflow_docstore.core.query import Filter

from .capabilities import CAPABILITIES
from .server import Server


class EmbeddedDriver(MongoDriver):
    """MongoDB's verbs on a server that comes and goes with its users.

    Args:
        directory: The server's data.
        target: Database, prefix and options; the address is the server's to tell.
    """

    # It scans the collection for a filter that has alternatives: the last page of 20,000 documents
    # takes a second, and a fiftieth of that if what an index can do comes first.
    alternatives_apart = True

    def __init__(self, directory: Path, target: Target) -> None:
        self._server = Server(directory)
        query = target.uri.partition("?")[2]

        def address() -> str:
            host, port = self._server.address()
            # One server, which need not be discovered.
            return f"mongodb://{host}:{port}/{target.database}?directConnection=true&{query}"

        super().__init__(Session(target, address=address), CAPABILITIES)

    def patch(
        self,
        collection: str,
        key: str,
        patch: Patch,
        *,
        when: Filter | None = None,
        returning: bool = False,
    ) -> Outcome:
        """A document that is to be returned is read after the write: see the capabilities."""
        outcome = super().patch(collection, key, patch, when=when)
        if returning and outcome.matched:
            return replace(outcome, document=self.get(collection, key))
        return outcome

    def close(self) -> None:
        super().close()
        self._server.release()
