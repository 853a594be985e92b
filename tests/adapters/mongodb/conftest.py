"""A driver on a throw-away prefix, the commands that it sends, and failures on demand."""

from collections.abc import Iterator, Mapping
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


class Fail:
    """Lets the next command of some names fail: ``fail("insert", errorCode=112)``."""

    def __init__(self, client: MongoClient[dict[str, Any]]) -> None:
        self._admin = client.admin

    def __call__(self, *names: str, times: int = 1, **how: object) -> None:
        data = {"failCommands": list(names), "appName": "mlflow-docstore", **how}
        self._set({"times": times}, data=data)

    def stop(self) -> None:
        """Let nothing fail any more."""
        self._set("off")

    def _set(self, mode: object, **options: object) -> None:
        self._admin.command("configureFailPoint", "failCommand", mode=mode, **options)


class Commands(CommandListener):
    """The commands that were sent, and their names."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.sent: list[Mapping[str, Any]] = []

    def started(self, event: CommandStartedEvent) -> None:
        self.names.append(event.command_name)
        self.sent.append(event.command)

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
    with MongoClient[dict[str, Any]](mongodb_uri) as client:
        fail = Fail(client)
        yield fail
        fail.stop()
