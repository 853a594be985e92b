"""How machines are run: few histories where a test run has to wait for them, more on request."""

import os
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

EXAMPLES = int(os.environ.get("DIFFERENTIAL_EXAMPLES", "10"))
STEPS = int(os.environ.get("DIFFERENTIAL_STEPS", "40"))


def run_machine(machine: type[RuleBasedStateMachine], **given: Any) -> None:
    """Histories of a machine whose class has been given these attributes."""
    run_state_machine_as_test(
        type(machine.__name__, (machine,), given),
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            print_blob=True,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
