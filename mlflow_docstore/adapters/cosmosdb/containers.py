"""The containers of a database: asked, made, changed and dropped."""

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from azure.cosmos import ContainerProxy
from azure.cosmos.exceptions import CosmosResourceNotFoundError
from azure.cosmos.http_constants import Versions

from mlflow_docstore.adapters.document.driver import Server
from mlflow_docstore.adapters.document.layout import META, Layout
from mlflow_docstore.core.capabilities import Capabilities
from mlflow_docstore.ports.backend import Provision, Step

from .capabilities import CAPABILITIES
from .consistency import level_of
from .errors import Attempt, translated
from .keys import partition_of
from .preparing import Preparing, partition_key
from .reach import Reach
from .session import Session

_READS = frozenset({"get", "indexes", "judge", "query", "server"})
"""Verbs that change nothing: of ``judge`` see ``Points``."""

_LOG = logging.getLogger(__name__)


class Containers(Reach):
    """One driver's containers.

    Args:
        session: The way to the client.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._preparing = Preparing(session, self.calling)

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    @property
    def lags(self) -> bool:
        return self._session.lags

    @contextmanager
    def calling(self, verb: str, collection: str, key: object = None) -> Iterator[ContainerProxy]:
        session, started = self._session, time.perf_counter()

        def attempt() -> Attempt:
            answered, host = session.answered, session.target.host
            return Attempt(collection, key, answered, host, verb not in _READS)

        with translated(attempt):
            native = session.container(collection)
            yield native
        _LOG.debug("%s %s: %.1f ms", verb, collection, (time.perf_counter() - started) * 1000)

    def server(self) -> Server:
        with self.calling("server", META):
            account = self._session.client().get_database_account()
        level = level_of(self._session.target.consistency, account)
        regions = ", ".join(one["name"] for one in account.ReadableLocations)
        form = f"{level} consistency, {regions}"
        return Server("Azure Cosmos DB for NoSQL", Versions.CurrentVersion, form)

    def preparation(self, layout: Layout, provision: Provision) -> Iterator[Step]:
        return self._preparing.steps(layout, provision)

    def replace_policy(self, collection: str, policy: Mapping[str, Any]) -> None:
        with self.calling("replace_policy", collection) as native:
            self._session.database().replace_container(
                native, partition_key(partition_of(collection)), indexing_policy=dict(policy)
            )

    def drop(self, collection: str) -> None:
        with self.calling("drop", collection) as native, suppress(CosmosResourceNotFoundError):
            self._session.database().delete_container(native)

    def close(self) -> None:
        self._session.close()
