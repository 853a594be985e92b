"""The contract: what a tracking store owes MLflow, whatever database is behind it."""

import pytest

# Before any test module imports them: a failed assertion in a builder then shows its values.
pytest.register_assert_rewrite(f"{__name__}.scenarios", f"{__name__}.search_scenarios")
