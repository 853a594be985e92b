"""Counts the commands that calls send, and asks the server how it would do them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
)

if TYPE_CHECKING:
    from pymongo import MongoClient

# What a driver adds to each command, and explain does not take.
_ENVELOPE = frozenset({"lsid", "$db", "$clusterTime", "txnNumber", "$readPreference"})


class Listener(CommandListener):
    """Keeps every command that is sent."""

    def __init__(self) -> None:
        self.commands: list[Mapping[str, Any]] = []

    def started(self, event: CommandStartedEvent) -> None:
        self.commands.append(dict(event.command))

    def succeeded(self, event: CommandSucceededEvent) -> None:
        del event

    def failed(self, event: CommandFailedEvent) -> None:
        raise AssertionError(f"{event.command_name} failed: {event.failure}")

    @contextmanager
    def during(self) -> "Iterator[Sent]":
        """What is sent in the block."""
        self.commands.clear()
        sent = Sent()
        yield sent
        sent.commands.extend(self.commands)


@dataclass
class Sent:
    """The commands of a call, in order."""

    commands: list[Mapping[str, Any]] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        return [next(iter(command)) for command in self.commands]

    def of(self, name: str) -> list[Mapping[str, Any]]:
        """The commands of a name."""
        return [command for command in self.commands if next(iter(command)) == name]

    @property
    def only(self) -> Mapping[str, Any]:
        """The one command."""
        (command,) = self.commands
        return command


@dataclass(frozen=True)
class Plan:
    """How a server reads what a command asks for.

    Args:
        stages: From the reader of an index, or of the collection, to the last.
        index: The index's name; None for the whole collection.
        examined: Documents that were looked at.
        returned: Documents that matched.
    """

    stages: tuple[str, ...]
    index: str | None
    examined: int
    returned: int


def explained(client: "MongoClient[dict[str, Any]]", command: Mapping[str, Any]) -> Plan:
    """The plan of a command that a listener kept."""
    bare = {name: value for name, value in command.items() if name not in _ENVELOPE}
    reply = client[command["$db"]].command("explain", bare, verbosity="executionStats")
    stages = list(_stages(reply["queryPlanner"]["winningPlan"]))
    index = next((stage["indexName"] for stage in stages if "indexName" in stage), None)
    run = reply["executionStats"]
    return Plan(
        tuple(stage["stage"] for stage in reversed(stages)),
        index,
        run["totalDocsExamined"],
        run["nReturned"],
    )


def _stages(stage: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield stage
    if "inputStage" in stage:
        yield from _stages(stage["inputStage"])
