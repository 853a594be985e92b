"""Random histories of a registry: after each operation, ours and MLflow's own agree.

``DIFFERENTIAL_EXAMPLES`` and ``DIFFERENTIAL_STEPS`` ask for more of them, as for tracking.
"""

from typing import Any

import pytest

from .clock import stepped_clock
from .machines import run_machine
from .rules_model_versions import ModelVersionRules
from .rules_prompts import PromptRules
from .rules_registered_models import RegisteredModelRules
from .rules_registry_searches import RegistryPopulationRules, RegistrySearchRules
from .rules_webhooks import WebhookRules
from .sides import Twins


class Registry(RegisteredModelRules, ModelVersionRules, RegistrySearchRules):
    """Models and versions."""


class Prompts(PromptRules, RegisteredModelRules, RegistrySearchRules):
    """Prompts, and models in their way."""


class RegistrySearching(RegistryPopulationRules, RegisteredModelRules):
    """Many searches of much."""


class Webhooks(WebhookRules):
    """Webhooks, which have nothing to do with the rest."""


# A history that fails is made as short as can be first.
@pytest.mark.timeout(900)
@pytest.mark.parametrize("machine", [Registry, Prompts, RegistrySearching, Webhooks])
def test_every_operation_ends_alike(
    registry_twins: Twins, machine: type[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Without this, MLflow looks the host name up before it accepts a URL.
    monkeypatch.setenv("MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS", "true")
    with stepped_clock() as clock:
        run_machine(machine, twins=registry_twins, clock=clock)
