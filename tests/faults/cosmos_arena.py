"""The same places on Azure Cosmos DB, in an account of their own that takes on a state at once."""

from mlflow_docstore.adapters.cosmosdb import ADAPTER
from mlflow_docstore.adapters.document.driver import Driver
from mlflow_docstore.adapters.document.layout import LAYOUT
from mlflow_docstore.ports.backend import Backend
from mlflow_docstore.testing.guard.faults import Script
from tests.adapters.cosmosdb.proxy import Proxy
from tests.adapters.cosmosdb.standin import StandIn

from .arenas import Arena, State, World

_DATABASE = "faults"


class CosmosArena(Arena):
    """A stand-in of its own that is reached through a proxy of its own.

    Args:
        world: What is in it.
        server: The stand-in.
    """

    remote = True

    def __init__(self, world: World, server: StandIn) -> None:
        self._server, self._proxy = server, Proxy(server)
        self._held: State | None = None
        super().__init__(world)
        # No document can be written before its container is made.
        self.bare.prepare(LAYOUT)

    def around(self) -> Driver:
        return ADAPTER.connect(self._server.uri(_DATABASE)).driver

    def behind(self, deadline: float) -> Backend:
        uri = self._proxy.front.uri(_DATABASE)
        return ADAPTER.open(f"{uri}&retryDeadlineMS={round(deadline * 1000)}")

    def judge(self, script: Script) -> None:
        self._proxy.judge = script

    def _store(self, state: State) -> None:
        if state is self._held:
            self._server.hold_again()
            return
        super()._store(state)
        self._server.keep()
        self._held = state

    def close(self) -> None:
        super().close()
        self._proxy.close()
