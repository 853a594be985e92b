"""What the verbs need of a connection."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

from azure.cosmos import ContainerProxy

from mlflow_docstore.adapters.document.driver import Server
from mlflow_docstore.adapters.document.layout import Layout
from mlflow_docstore.core.capabilities import Capabilities
from mlflow_docstore.ports.backend import Provision, Step


class Reach(Protocol):
    """One driver's way to its containers."""

    @property
    @abstractmethod
    def capabilities(self) -> Capabilities:
        """What the service can do; needs no connection."""

    @property
    @abstractmethod
    def lags(self) -> bool:
        """Whether a replica that has not heard of the last writes may answer reads."""

    @abstractmethod
    def calling(
        self, verb: str, collection: str, key: object = None
    ) -> AbstractContextManager[ContainerProxy]:
        """Around the requests of a verb: connects, and turns the SDK's errors into ours."""

    @abstractmethod
    def server(self) -> Server:
        """Who answers."""

    @abstractmethod
    def preparation(self, layout: Layout, provision: Provision) -> Iterator[Step]:
        """What makes the database and the containers of a layout where they are missing."""

    @abstractmethod
    def replace_policy(self, collection: str, policy: Mapping[str, Any]) -> None:
        """Have a container index what a policy says."""

    @abstractmethod
    def drop(self, collection: str) -> None:
        """Drop a container, if it is there."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the client."""
