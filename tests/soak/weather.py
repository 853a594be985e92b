"""What befalls commands while writers are at work."""

import random
import time
from dataclasses import dataclass

from mlflow_docstore.testing.guard.faults import Fault, Faults
from mlflow_docstore.testing.guard.protocol import Command
from mlflow_docstore.testing.guard.proxy import Judge, Ruling, Verdict, together

_FAULTS = (Fault.CUT_BEFORE, Fault.CUT_AFTER, Fault.THROTTLE)


@dataclass(frozen=True)
class Weather:
    """Faults at random.

    Args:
        failing: The share of commands that fail in any way.
        throttled: The share of commands that are throttled.
        seconds: How long it lasts.
    """

    failing: float = 0.0
    throttled: float = 0.0
    seconds: float = float("inf")

    def judge(self, seed: int) -> Judge:
        """A judge from now on, for whom chance is the same for the same seed."""
        dice = random.Random(seed)  # noqa: S311 - a seeded chance is wanted
        until = time.monotonic() + self.seconds
        judge = together(
            Faults(lambda _: dice.choice(_FAULTS).value, share=self.failing, seed=seed),
            Faults(Fault.THROTTLE.value, share=self.throttled, seed=seed + 1),
        )

        def judged(command: Command) -> Ruling:
            return judge(command) if time.monotonic() < until else Verdict.FORWARD

        return judged


FAIR = Weather()
"""Nothing fails."""

USUAL = Weather(failing=0.02)
"""What the long run is about."""


@dataclass
class Switch:
    """A judge who can be replaced while others ask.

    Args:
        judge: Who judges.
    """

    judge: Judge

    def __call__(self, command: Command) -> Ruling:
        return self.judge(command)
