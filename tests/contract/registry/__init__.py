"""The contract of the model registry: models, versions, prompts and webhooks of one store URI."""

import pytest

# Before any test module imports it: a failed assertion in a builder then shows its values.
pytest.register_assert_rewrite(f"{__name__}.registry_scenarios")
