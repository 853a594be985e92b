"""What a process of its own needs: commands to open a store, memory to read a long history."""

import gc
import multiprocessing
import re
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from pymongo import monitoring
from sqlalchemy import Engine, event

from .data import KEY
from .subjects import Source, StoreSource

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")
_RESET_PEAK = "5"
_PATIENCE = 600


class _Counter(monitoring.CommandListener):
    """Commands of all clients of the process; handshakes are none."""

    def __init__(self) -> None:
        self.commands: list[str] = []
        self.address: tuple[str, int] | None = None
        self.database = ""

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        self.commands.append(event.command_name)
        self.address, self.database = event.connection_id, event.database_name

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Of no interest."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Of no interest."""


def opening_commands(source: StoreSource) -> list[str]:
    """The commands, or SQL statements, with which a new process opens the store."""
    found: list[str] = _in_new_process(_open_counting, source)
    return found


def server_behind(source: StoreSource) -> tuple[str, str]:
    """The address of the database server that an embedded store has started, and the database."""
    found: tuple[str, str] = _in_new_process(_open_listening, source)
    return found


def memory_of_history(source: Source, run_id: str) -> int:
    """By how many bytes reading a history lifts the peak of a new process's resident memory."""
    found: int = _in_new_process(_read_history, source, run_id)
    return found


def _open_counting(source: StoreSource) -> list[str]:
    counter = _Counter()
    monitoring.register(counter)

    def note(*arguments: Any) -> None:
        counter.commands.append(str(arguments[2]).split(maxsplit=1)[0])

    event.listen(Engine, "before_cursor_execute", note)
    source.open()
    return counter.commands


def _open_listening(source: StoreSource) -> tuple[str, str]:
    counter = _Counter()
    monitoring.register(counter)
    source.open()
    if counter.address is None:
        raise RuntimeError(f"{source.uri} was opened without a command")
    host, port = counter.address
    return f"mongodb://{host}:{port}/?directConnection=true", counter.database


def _read_history(source: Source, run_id: str) -> int:
    subject = source.open()
    subject.history(run_id, f"no-{KEY}")
    gc.collect()
    _CLEAR.write_text(_RESET_PEAK)
    before = _resident("VmRSS")
    subject.history(run_id, KEY)
    return _resident("VmHWM") - before


def _resident(field: str) -> int:
    found = re.search(rf"^{field}:\s+(\d+) kB$", _STATUS.read_text(), re.MULTILINE)
    if found is None:
        raise RuntimeError(f"{_STATUS} has no {field}: memory is measured on Linux only")
    return int(found.group(1)) * 1024


def _in_new_process(work: Callable[..., Any], *arguments: Any) -> Any:
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_report, args=(sender, work, arguments), daemon=True)
    process.start()
    sender.close()
    try:
        if not receiver.poll(_PATIENCE):
            raise TimeoutError(f"{work.__name__} took longer than {_PATIENCE} s")
        return receiver.recv()
    finally:
        process.join(timeout=30)
        process.terminate()


def _report(sender: Connection, work: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    sender.send(work(*arguments))
