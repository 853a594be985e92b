"""A driver on a throw-away prefix, the commands that it sends, and failures on demand."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
)

from mlflow_docstore.adapters.mongodb.driver import MongoDriver
from mlflow_docstore.adapters.mongodb.provision import throwaway

Fail = Callable[..., None]


class Commands(CommandListener):
    """The names of the commands that were sent."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def started(self, event: CommandStartedEvent) -> None:
        self.names.append(event.command_name)

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Nothing is counted twice."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Nothing is counted twice."""


@pytest.fixture
def commands() -> Commands:
    return Commands()


@pytest.fixture
def driver(mongodb_uri: str, commands: Commands) -> Iterator[MongoDriver]:
    with throwaway(mongodb_uri, listeners=[commands]) as driver:
        yield driver


@pytest.fixture
def fail(mongodb_uri: str) -> Iterator[Fail]:
    """Let the next command of some names fail: ``fail("insert", errorCode=112)``."""
    with MongoClient[dict[str, Any]](mongodb_uri) as client:

        def arm(*names: str, times: int = 1, **how: object) -> None:
            data = {"failCommands": list(names), "appName": "mlflow-docstore", **how}
            mode = {"times": times}
            client.admin.command("configureFailPoint", "failCommand", mode=mode, data=data)

        yield arm
        client.admin.command("configureFailPoint", "failCommand", mode="off")
