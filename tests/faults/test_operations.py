"""Every command of every write fails in every way, and still there is exactly one effect."""

from collections.abc import Iterator

import pytest

from .arenas import World
from .operations import OPERATIONS, Operation
from .readers import snapshot
from .stages import Stage, chosen, gets_over, is_completed_by_a_repeat
from .world import arrange

# What an aborted rename or creation leaves of its claims is nobody's concern.
WORLD = World(arrange, snapshot, exact=("runs", "logged_models", "datasets", "metrics"))


@pytest.fixture(scope="module")
def stage(server: tuple[str, int], request: pytest.FixtureRequest) -> Iterator[Stage]:
    made = Stage(server, chosen(request), WORLD)
    yield made
    made.close()


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
