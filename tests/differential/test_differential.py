"""Random histories of operations: after each, our store and MLflow's own agree.

``DIFFERENTIAL_EXAMPLES`` and ``DIFFERENTIAL_STEPS`` ask for more of them than the few that a test
run has time for.
"""

import pytest

from .history import History
from .machines import run_machine
from .rules_experiments import ExperimentRules
from .rules_inputs import InputRules
from .rules_logged_models import LoggedModelRules
from .rules_metrics import MetricRules
from .rules_runs import RunRules
from .rules_searches import PopulationRules, SearchRules
from .sides import Twins


class Tracking(ExperimentRules, RunRules, MetricRules, InputRules, LoggedModelRules, SearchRules):
    """Every area in one history: operations of one are the circumstances of another."""


class Searching(SearchRules, PopulationRules):
    """Many searches of much."""


# A history that fails is made as short as can be first.
@pytest.mark.timeout(900)
@pytest.mark.parametrize("machine", [Tracking, Searching])
def test_every_operation_ends_alike(twins: Twins, machine: type[History]) -> None:
    run_machine(machine, twins=twins)
