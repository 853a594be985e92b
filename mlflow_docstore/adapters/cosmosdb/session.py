"""Clients: opened by the first call, one a process and session, safe to share and to fork."""

import os
import threading
from dataclasses import dataclass, field

from azure.cosmos import ContainerProxy, CosmosClient, DatabaseProxy

from mlflow_docstore.ports.backend import Usage

from .consistency import may_lag
from .login import credential
from .options import LONGEST_ROUND, client_options
from .patience import Patience
from .suitability import require_suitable
from .uri import Target
from .usage import Meter


@dataclass(slots=True)
class _Held:
    """What a session holds in one process."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    meter: Meter = field(default_factory=Meter)
    client: CosmosClient | None = None
    containers: dict[str, ContainerProxy] = field(default_factory=dict)
    answered: bool = False
    lags: bool = True


class Session:
    """One driver's way to its client.

    Args:
        target: Where to.
    """

    def __init__(self, target: Target) -> None:
        self.target = target
        # By process id: after a fork the child finds neither a client nor a lock of its parent's.
        self._processes: dict[int, _Held] = {}

    def _held(self) -> _Held:
        process = os.getpid()
        held = self._processes.get(process)
        return held or self._processes.setdefault(process, _Held())

    def native_name(self, name: str) -> str:
        """What a collection's container is called."""
        return f"{self.target.prefix}_{name}"

    def container(self, name: str) -> ContainerProxy:
        """A container by its logical name; asks for the account where need be."""
        held = self._held()
        found = held.containers.get(name)
        if found is None:
            found = self.database().get_container_client(self.native_name(name))
            held.containers[name] = found
        return found

    def database(self) -> DatabaseProxy:
        """The database, whether or not it is there."""
        return self.client().get_database_client(self.target.database)

    def client(self) -> CosmosClient:
        """The client; making it asks the account what it is, which it may be unsuited by."""
        held = self._held()
        with held.lock:
            if held.client is None:
                held.client = self._connect(held)
                held.answered = True
            return held.client

    def _connect(self, held: _Held) -> CosmosClient:
        target = self.target
        client = CosmosClient(
            target.endpoint,
            credential(target),
            raw_request_hook=Patience(min(LONGEST_ROUND, target.retry_deadline)).admit,
            raw_response_hook=held.meter.note,
            **client_options(target),
        )
        try:
            account = client.get_database_account()
            require_suitable(account)
            held.lags = may_lag(target.consistency, account)
        except BaseException:
            client.close()
            raise
        return client

    @property
    def answered(self) -> bool:
        """Whether the account is known to be there: it has answered this process before."""
        return self._held().answered

    @property
    def lags(self) -> bool:
        """Whether replicas that lag may answer, as far as is known: yes before the first call."""
        return self._held().lags

    def usage(self) -> Usage:
        """What this process has used."""
        return self._held().meter.used

    def close(self) -> None:
        """Let go of the client; a later call opens another."""
        held = self._held()
        with held.lock:
            client, held.client = held.client, None
            held.containers.clear()
        if client is not None:
            client.close()
