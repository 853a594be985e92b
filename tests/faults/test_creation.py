"""A creation that failed half-way, and users who try again, with another id as they know none."""

from collections.abc import Iterator

import pytest

from mlflow_docstore.core.errors import AlreadyExists, Unavailable
from mlflow_docstore.testing.guard.faults import Fault

from .arenas import EMPTY, Arena, State, WireArena
from .cosmos_arena import CosmosArena
from .world import WORLD, experiment


@pytest.fixture(scope="module", params=["standin", "cosmosdb"])
def shared_arena(request: pytest.FixtureRequest) -> Iterator[Arena]:
    made: Arena
    if request.param == "cosmosdb":
        made = CosmosArena(WORLD, request.getfixturevalue("account"))
    else:
        made = WireArena(WORLD, request.getfixturevalue("server"), "creation")
    yield made
    made.close()


@pytest.fixture
def arena(shared_arena: Arena) -> Arena:
    shared_arena.fill(EMPTY)
    return shared_arena


@pytest.fixture
def last(arena: Arena) -> int:
    """The position of a creation's last command."""
    script = arena.suffer(None)
    arena.inside.experiments.create(experiment("1", "ant"))
    arena.fill(EMPTY)
    return len(script.seen) - 1


def test_a_name_whose_creation_was_never_heard_of_is_free(arena: Arena) -> None:
    arena.suffer(Fault.CUT_BEFORE)
    with pytest.raises(Unavailable):
        arena.hasty.experiments.create(experiment("1", "ant"))
    arena.fresh().experiments.create(experiment("2", "ant"))
    assert arena.seen()["names"] == {"ant": "2"}


def test_a_name_whose_creation_went_through_unheard_is_taken_by_what_can_be_read(
    arena: Arena, last: int
) -> None:
    arena.suffer(Fault.CUT_AFTER, last)
    with pytest.raises(Unavailable):
        arena.hasty.experiments.create(experiment("1", "ant"))
    with pytest.raises(AlreadyExists):
        arena.fresh().experiments.create(experiment("2", "ant"))
    assert arena.seen()["names"] == {"ant": "1"}


def test_a_name_whose_creation_stopped_at_the_claim_is_free(arena: Arena) -> None:
    arena.outside.experiments.create(experiment("1", "ant"))
    stored = arena.state().documents
    claims = [one for one in stored["experiments"] if one["_id"] != "1"]
    arena.fill(State({**stored, "experiments": claims}))
    assert arena.seen()["experiments"] == {}
    arena.fresh().experiments.create(experiment("2", "ant"))
    assert arena.seen()["names"] == {"ant": "2"}
    with pytest.raises(AlreadyExists):
        arena.fresh().experiments.create(experiment("3", "ant"))


def test_an_id_that_was_fenced_can_still_be_used(arena: Arena) -> None:
    """The default experiment has always the same id, and is made again once it was purged."""
    arena.outside.experiments.create(experiment("1", "ant"))
    stored = arena.state().documents
    claims = [one for one in stored["experiments"] if one["_id"] != "1"]
    arena.fill(State({**stored, "experiments": claims}))
    arena.outside.experiments.create(experiment("2", "ant"))
    arena.fresh().experiments.create(experiment("1", "bee"))
    assert arena.seen()["names"] == {"ant": "2", "bee": "1"}
