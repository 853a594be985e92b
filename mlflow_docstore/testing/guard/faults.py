"""What befalls the commands of a call: judges for the proxy."""

import threading
from dataclasses import dataclass, field
from enum import Enum

from mlflow_docstore.testing.guard.proxy import Command, Refusal, Verdict

_PAUSE_MS = 20

THROTTLED = Refusal(
    {
        "ok": 0.0,
        "code": 16500,
        "errmsg": f"Error=16500, RetryAfterMs={_PAUSE_MS}, Details='Request rate is large.'",
    }
)


class Fault(Enum):
    """What happens to one command."""

    CUT_BEFORE = Verdict.CUT_BEFORE
    CUT_AFTER = Verdict.CUT_AFTER
    THROTTLE = THROTTLED
    DIE = Verdict.DIE


@dataclass
class Script:
    """Lets all commands pass but one, and counts them.

    Args:
        fault: What happens to that one; None lets it pass as well.
        position: Which one, counted from 0.
    """

    fault: Fault | None = None
    position: int = 0
    seen: list[Command] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, command: Command) -> Verdict | Refusal:
        with self._lock:
            self.seen.append(command)
            due = len(self.seen) == self.position + 1
        return self.fault.value if due and self.fault is not None else Verdict.FORWARD
