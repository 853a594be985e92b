"""Every command of every write to the registry fails, and still there is exactly one effect."""

import pytest

from .arenas import World
from .operations import Operation
from .registry_operations import OPERATIONS
from .registry_world import WORLD
from .stages import Stage, gets_over, is_completed_by_a_repeat, is_completed_unseen


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


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_a_repeat_completes_what_no_reader_has_completed(
    stage: Stage, operation: Operation
) -> None:
    stage.play(is_completed_unseen, operation)
