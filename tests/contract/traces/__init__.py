"""The contract of traces and their spans."""

import pytest

# Before any test module imports it: a failed assertion in a builder then shows its values.
pytest.register_assert_rewrite(f"{__name__}.trace_scenarios")
