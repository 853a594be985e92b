"""Every step of every write fails in every way, in this process: still there is one effect."""

from collections.abc import Iterator

import pytest

from mlflow_docstore.testing.guard.faults import Fault

from .arenas import Arena, MemoryArena, SqliteArena, World
from .conftest import Play
from .operations import OPERATIONS, PROBLEMS, WORLDS, Operation
from .ports import methods
from .stages import Stage, gets_over, is_completed_by_a_repeat, is_completed_unseen

_AT_ONCE = 4

Stages = dict[str, Stage]
"""By the first area of their world."""

embedded_too = pytest.mark.parametrize("database", ["memory", "embedded"], scope="module")
embedded_later = pytest.mark.parametrize(
    "database",
    ["memory", pytest.param("embedded", marks=pytest.mark.exhaustive)],
    scope="module",
)
each_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=str)


@pytest.fixture(scope="module")
def stages(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stages]:
    def arena(world: World) -> Arena:
        if database == "memory":
            return MemoryArena(world)
        return SqliteArena(world, str(tmp_path_factory.mktemp("crash")))

    made = {world.areas[0]: Stage([arena(world) for _ in range(_AT_ONCE)]) for world in WORLDS}
    yield made
    for stage in made.values():
        stage.close()


@pytest.fixture
def stage(stages: Stages, operation: Operation) -> Stage:
    return stages[operation.world.areas[0]]


def test_every_method_of_every_port_is_called() -> None:
    """A new one must find samples for its parameters, and a world for its area."""
    areas = {area for world in WORLDS for area in world.areas}
    assert {method.area for method in methods()} == areas
    assert PROBLEMS == {}


@embedded_later
@each_operation
def test_a_call_gets_over_a_fault_of_any_of_its_steps(
    play: Play, stage: Stage, operation: Operation
) -> None:
    play(stage, gets_over, [operation])


@embedded_too
@each_operation
def test_a_call_that_fails_for_good_is_completed_by_a_repeat(
    play: Play, stage: Stage, operation: Operation
) -> None:
    play(stage, is_completed_by_a_repeat, [operation])


@embedded_later
@each_operation
def test_a_repeat_completes_what_no_reader_has_completed(
    play: Play, stage: Stage, operation: Operation
) -> None:
    # What is throttled leaves what a cut before it leaves.
    play(stage, is_completed_unseen, [operation], (Fault.CUT_BEFORE, Fault.CUT_AFTER))
