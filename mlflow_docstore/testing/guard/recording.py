"""What passes, written down."""

import threading
import time
from dataclasses import dataclass, field

from .protocol import Command
from .proxy import Judge, Ruling, forward


@dataclass(frozen=True)
class Entry:
    """A command that came by.

    Args:
        name: Such as ``"insert"``.
        collection: What it was about; empty where it was about none.
        size: Its bytes.
        at: When it came, in seconds since the recording began.
        ruling: What became of it.
    """

    name: str
    collection: str
    size: int
    at: float
    ruling: Ruling


@dataclass
class Recorder:
    """Writes down what comes by and how another judge rules on it.

    Args:
        judge: The other judge.
    """

    judge: Judge = forward
    entries: list[Entry] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._began = time.perf_counter()

    def __call__(self, command: Command) -> Ruling:
        ruling = self.judge(command)
        at = time.perf_counter() - self._began
        entry = Entry(command.name, command.collection, command.size, at, ruling)
        with self._lock:
            self.entries.append(entry)
        return ruling
