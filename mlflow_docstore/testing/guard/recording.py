"""What passes, written down."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from .protocol import Command
from .proxy import Delay, Judge, PartRefusal, Refusal, Ruling, Verdict, forward


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


class Recorder:
    """Writes down what comes by and how another judge rules on it.

    Args:
        note: Takes what is written down.
        judge: The other judge.
    """

    def __init__(self, note: Callable[[Entry], None], judge: Judge = forward) -> None:
        self._note = note
        self._judge = judge
        self._lock = threading.Lock()
        self._began = time.perf_counter()

    def __call__(self, command: Command) -> Ruling:
        at = time.perf_counter() - self._began
        ruling = self._judge(command)
        with self._lock:
            self._note(Entry(command.name, command.collection, command.size, at, ruling))
        return ruling


def in_words(ruling: Ruling) -> str:
    """A ruling, for those who read a log."""
    if isinstance(ruling, Verdict):
        return ruling.name.lower().replace("_", " ")
    if isinstance(ruling, Refusal):
        if ruling.reply.get("ok"):
            return "answered"
        return f"refused, {ruling.reply.get('code')}: {ruling.reply.get('errmsg')}"
    if isinstance(ruling, PartRefusal):
        return f"refused in part: {', '.join(map(str, sorted(ruling.errors)))}"
    if isinstance(ruling, Delay):
        return f"{ruling.seconds} s later: {in_words(ruling.then)}"
    return "forward, with another reply"
