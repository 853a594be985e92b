"""Every command of every write fails on its way to a server: still there is one effect."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from mlflow_docstore.testing.guard.faults import Fault

from .arenas import ALONE, DRIVEN, WireArena, World
from .conftest import Play
from .operations import OPERATIONS, WORLDS
from .stages import Case, Stage, gets_over, is_completed_by_a_repeat

_ARENAS = 12
_AREAS = sorted({(WORLDS.index(one.world), one.area) for one in OPERATIONS})

# What is beyond a lost reply is above the wire, where the same cases are played in memory.
_later = pytest.mark.exhaustive
_CUTS = (Fault.CUT_BEFORE, Fault.CUT_AFTER)
_PLAYS = [
    pytest.param(ALONE, is_completed_by_a_repeat, (Fault.CUT_AFTER,), id="reply lost"),
    pytest.param(
        ALONE, is_completed_by_a_repeat, (Fault.CUT_BEFORE, Fault.THROTTLE), marks=_later, id="rest"
    ),
    pytest.param(ALONE, gets_over, (Fault.CUT_AFTER,), marks=_later, id="got over"),
    pytest.param(DRIVEN, is_completed_by_a_repeat, _CUTS, marks=_later, id="driver tries again"),
]


@pytest.fixture(scope="module")
def stage(options: str, world: World, request: pytest.FixtureRequest) -> Iterator[Stage]:
    server = request.getfixturevalue("server" if options == ALONE else "replica")
    prefix = f"{'alone' if options == ALONE else 'driven'}{WORLDS.index(world)}"
    made = Stage([WireArena(world, server, f"{prefix}_{n}", options) for n in range(_ARENAS)])
    yield made
    made.close()


@pytest.mark.parametrize(("options", "case", "faults"), _PLAYS, scope="module")
@pytest.mark.parametrize(
    ("world", "area"),
    [pytest.param(WORLDS[number], area, id=area) for number, area in _AREAS],
    scope="module",
)
def test_every_write_of_an_area_has_one_effect(
    play: Play, stage: Stage, world: World, area: str, case: Case, faults: tuple[Fault, ...]
) -> None:
    operations = [one for one in OPERATIONS if (one.world, one.area) == (world, area)]
    play(stage, case, operations, faults)


@_later
def test_a_driver_that_may_tries_a_write_again_before_we_hear_of_it(
    replica: tuple[str, int],
) -> None:
    """Or the plays above would show no more than those where it may not."""
    with closing(WireArena(WORLDS[0], replica, "again", DRIVEN)) as arena:
        arena.fill(arena.arranged())
        script = arena.suffer(Fault.CUT_AFTER)
        arena.hasty.experiments.set_tag("1", "team", "new")
        assert [command.name for command in script.seen] == ["update"] * 2
