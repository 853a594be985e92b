"""What a process of its own needs: to open a store, and memory to read much."""

import gc
import os
import re
import sqlite3
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pymongo import monitoring
from sqlalchemy import Engine, event

from .areas import AREAS, opened
from .children import in_new_process
from .data import Sizes
from .subjects import Source, StoreSource

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")
_RESET_PEAK = "5"
_OPENINGS = 5
# Statements that set up a connection, or mark where a transaction begins and ends.
_NO_QUESTIONS = ("PRAGMA", "BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")
_OPEN = """
import sys, time
import mlflow
from mlflow.tracking._tracking_service.utils import _get_store
started = time.perf_counter()
_get_store(*sys.argv[1:])
print(time.perf_counter() - started)
"""


@dataclass(frozen=True, slots=True)
class Opening:
    """What it takes to open a store on an existing database.

    Args:
        commands: What is sent to the database.
        seconds: From MLflow being imported to the store.
    """

    commands: list[str]
    seconds: float


def opening(source: StoreSource) -> Opening:
    """How a new process opens the store; the time is the median of several processes."""
    commands: list[str] = in_new_process(_open_counting, source)
    _open_timing(source)  # leaves everybody's bytecode, as an installation does
    return Opening(commands, statistics.median(_open_timing(source) for _ in range(_OPENINGS)))


def memory(area: str, number: int, source: Source, world: Any, sizes: Sizes) -> int:
    """By how many bytes a call lifts the peak of a new process's resident memory.

    Args:
        area: The name of the call's area.
        number: Which of its weights.
        source: The subject.
        world: What it holds.
        sizes: What it is filled with.
    """
    found: int = in_new_process(_weigh, area, number, source, world, sizes)
    return found


class _Counter(monitoring.CommandListener):
    """Commands of all clients of the process; handshakes are none."""

    def __init__(self, commands: list[str]) -> None:
        self._commands = commands

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        self._commands.append(event.command_name)

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Of no interest."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Of no interest."""


def _open_counting(source: StoreSource) -> list[str]:
    commands: list[str] = []
    monitoring.register(_Counter(commands))

    def note(*arguments: Any) -> None:
        if arguments[0].dialect.name != "sqlite":
            commands.append(str(arguments[2]))

    def connect(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection = connected(*arguments, **options)
        connection.set_trace_callback(commands.append)
        return connection

    event.listen(Engine, "before_cursor_execute", note)
    connected = sqlite3.connect
    sqlite3.connect = sqlite3.dbapi2.connect = connect
    source.open()
    return [command for command in commands if not command.lstrip().startswith(_NO_QUESTIONS)]


def _open_timing(source: StoreSource) -> float:
    command = [sys.executable, "-c", _OPEN, source.uri, source.artifacts]
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    told = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return float(told.stdout.split()[-1])


def _weigh(area: str, number: int, source: Source, world: Any, sizes: Sizes) -> int:
    subject = opened(area, source)
    weight = AREAS[area].weights(sizes)[number]
    weight.warm_up(subject, world)
    gc.collect()
    _CLEAR.write_text(_RESET_PEAK)
    before = _resident("VmRSS")
    weight.call(subject, world)
    return _resident("VmHWM") - before


def _resident(field: str) -> int:
    found = re.search(rf"^{field}:\s+(\d+) kB$", _STATUS.read_text(), re.MULTILINE)
    if found is None:
        raise RuntimeError(f"{_STATUS} has no {field}: memory is measured on Linux only")
    return int(found.group(1)) * 1024
