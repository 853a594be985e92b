"""Every request of every write fails on its way to Azure Cosmos DB: still there is one effect."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from mlflow_docstore.testing.guard.faults import Fault
from tests.adapters.cosmosdb.standin import StandIn, running

from .arenas import World
from .conftest import Play
from .cosmos_arena import CosmosArena
from .operations import OPERATIONS, Operation
from .stages import Case, Stage, gets_over, is_completed_by_a_repeat

_ARENAS = 2

_ONE_OF_EACH = frozenset(
    {
        *("experiments.delete", "experiments.rename", "runs.log", "runs.change_tag anew"),
        *("runs.purge of one that measured nothing", "inputs.log_inputs with large texts"),
        *("model_versions.transition of others", "webhooks.update", "spans.log earlier ones"),
        *("assessments.create overriding", "trace_archives.tell", "indexes.add"),
    }
)
"""Operations that between them write in every way in which the adapter writes."""

_later = [pytest.mark.exhaustive, pytest.mark.cosmosdb]
_PLAYS = [
    pytest.param(is_completed_by_a_repeat, (Fault.CUT_AFTER,), id="reply lost"),
    pytest.param(
        is_completed_by_a_repeat, (Fault.CUT_BEFORE, Fault.THROTTLE), marks=_later, id="rest"
    ),
    pytest.param(gets_over, (Fault.CUT_AFTER, Fault.THROTTLE), marks=_later, id="got over"),
]


@pytest.fixture(scope="module")
def accounts() -> Iterator[list[StandIn]]:
    """One for each arena: an account takes on a state as a whole."""
    with ExitStack() as stack:
        yield [stack.enter_context(running()) for _ in range(_ARENAS)]


@pytest.fixture(scope="module")
def stage(world: World, accounts: list[StandIn]) -> Iterator[Stage]:
    made = Stage([CosmosArena(world, one) for one in accounts])
    yield made
    made.close()


@pytest.mark.parametrize(("case", "faults"), _PLAYS)
@pytest.mark.parametrize(
    ("world", "operation"),
    [
        pytest.param(one.world, one, id=str(one), marks=[] if one.name in _ONE_OF_EACH else _later)
        for one in OPERATIONS
    ],
    scope="module",
)
def test_a_write_has_one_effect(
    play: Play, stage: Stage, operation: Operation, case: Case, faults: tuple[Fault, ...]
) -> None:
    play(stage, case, [operation], faults)


def test_every_operation_that_is_not_left_for_later_is_there() -> None:
    assert {one.name for one in OPERATIONS} >= _ONE_OF_EACH
