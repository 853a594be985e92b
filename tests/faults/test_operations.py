"""Every command of every write fails in every way, and still there is exactly one effect."""

import pytest

from .arenas import World
from .operations import OPERATIONS, Operation
from .stages import Stage, gets_over, is_completed_by_a_repeat
from .world import WORLD


@pytest.fixture(scope="module")
def world() -> World:
    return WORLD


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_a_call_gets_over_a_fault_of_any_of_its_commands(
    stage: Stage, operation: Operation
) -> None:
    stage.play(gets_over, operation)


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_a_call_that_fails_for_good_is_completed_by_a_repeat(
    stage: Stage, operation: Operation
) -> None:
    stage.play(is_completed_by_a_repeat, operation)
