"""What befalls the commands of a call: judges for the proxy."""

import random
import re
import threading
from collections.abc import Callable, Container
from dataclasses import dataclass, field
from enum import Enum

from .protocol import HOUSEKEEPING, STATEMENTS, Command
from .proxy import PartRefusal, Refusal, Ruling, Verdict

_PAUSE_MS = 20


def refusal(code: int, text: str) -> Refusal:
    """What a server answers that will not do a command."""
    return Refusal({"ok": 0.0, "code": code, "errmsg": text})


THROTTLED = refusal(
    16500, f"Error=16500, RetryAfterMs={_PAUSE_MS}, Details='Request rate is large.'"
)


class Fault(Enum):
    """What happens to one command."""

    CUT_BEFORE = Verdict.CUT_BEFORE
    CUT_AFTER = Verdict.CUT_AFTER
    THROTTLE = THROTTLED
    DIE = Verdict.DIE


@dataclass
class Script:
    """Lets all commands pass but one, and counts them; it looks away from housekeeping.

    Args:
        fault: What happens to that one; None lets it pass as well.
        position: Which one, counted from 0.
    """

    fault: Fault | None = None
    position: int = 0
    seen: list[Command] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, command: Command) -> Ruling:
        if command.name in HOUSEKEEPING:
            return Verdict.FORWARD
        with self._lock:
            self.seen.append(command)
            due = len(self.seen) == self.position + 1
        return self.fault.value if due and self.fault is not None else Verdict.FORWARD


@dataclass
class Faults:
    """One ruling on some of the commands, which housekeeping never is among.

    Args:
        ruling: What becomes of them, or what decides that.
        pattern: They have names that match this whole.
        numbers: Which of those that match, counted from 0; None for all.
        share: How many of those, from 0 to 1.
        seed: Of the chance by which a share is chosen.
    """

    ruling: Ruling | Callable[[Command], Ruling]
    pattern: str = ".*"
    numbers: Container[int] | None = None
    share: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._chance = random.Random(self.seed)  # noqa: S311 - a seeded chance is wanted
        self._matching = 0

    def __call__(self, command: Command) -> Ruling:
        if command.name in HOUSEKEEPING or not re.fullmatch(self.pattern, command.name):
            return Verdict.FORWARD
        with self._lock:
            number, self._matching = self._matching, self._matching + 1
            chosen = self._chance.random() < self.share
        if not chosen or (self.numbers is not None and number not in self.numbers):
            return Verdict.FORWARD
        return self.ruling(command) if callable(self.ruling) else self.ruling


def failing_statements(every: int, code: int, text: str) -> Callable[[Command], Ruling]:
    """Of every so many statements of a bulk write, the last one fails.

    Args:
        every: How many.
        code: What the server answers for each that fails.
        text: What it says of it.
    """
    error = {"code": code, "errmsg": text}

    def decide(command: Command) -> Ruling:
        total = max(len(command.sizes(name)) for name in STATEMENTS.values())
        places = range(every - 1, total, every)
        return PartRefusal(dict.fromkeys(places, error)) if places else Verdict.FORWARD

    return decide
