"""The contract of traces and their spans."""

import pytest

# Before any test module imports them: a failed assertion in a builder then shows its values.
pytest.register_assert_rewrite(
    f"{__name__}.assessment_scenarios",
    f"{__name__}.metric_scenarios",
    f"{__name__}.trace_scenarios",
)
