"""Random histories of traces: after each operation, our store and MLflow's own agree.

``DIFFERENTIAL_EXAMPLES`` and ``DIFFERENTIAL_STEPS`` ask for more of them than the few that a test
run has time for.
"""

import pytest

from .machines import run_machine
from .rules_assessments import AssessmentRules
from .rules_traces import TraceRules, TraceSearchRules
from .sides import Twins


class Tracing(TraceRules, AssessmentRules, TraceSearchRules):
    """Every area in one history: operations of one are the circumstances of another."""


# A history that fails is made as short as can be first.
@pytest.mark.timeout(900)
def test_every_operation_ends_alike(twins: Twins) -> None:
    run_machine(Tracing, twins=twins)
