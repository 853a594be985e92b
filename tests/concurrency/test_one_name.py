"""Eight processes want one experiment name, or give one experiment many."""

from collections import Counter
from uuid import uuid4

import pytest

from mlflow_docstore.core.errors import AlreadyExists
from mlflow_docstore.ports.backend import Backend

from . import jobs
from .conftest import SIZE
from .processes import Refused, Team

TAKEN = Refused("AlreadyExists", "experiment")


@pytest.fixture
def ids() -> list[str]:
    """Ids that nobody uses."""
    return [str(uuid4().int)[:18] for _ in range(SIZE)]


@pytest.fixture
def name() -> str:
    return f"name-{uuid4().hex}"


def holder(backend: Backend, name: str) -> str | None:
    """Whose a name is; checks first that nobody else can have it."""
    found = backend.experiments.find_by_name(name)
    fresh = jobs.experiment(str(uuid4().int)[:18], name)
    if found is None:
        backend.experiments.create(fresh)
        assert backend.experiments.find_by_name(name).experiment_id == fresh.experiment_id
        return None
    with pytest.raises(AlreadyExists):
        backend.experiments.create(fresh)
    return str(found.experiment_id)


def names_of(backend: Backend, ids: list[str]) -> list[str]:
    return [backend.experiments.get(one).name for one in ids]


def test_one_process_creates_an_experiment(
    team: Team, backend: Backend, ids: list[str], name: str
) -> None:
    answers = team.do(jobs.create_experiment, ids, name)
    assert Counter(answers) == {None: 1, TAKEN: SIZE - 1}
    assert holder(backend, name) == ids[answers.index(None)]


def test_one_of_many_experiments_gets_a_name(
    team: Team, backend: Backend, ids: list[str], name: str
) -> None:
    for one in ids:
        backend.experiments.create(jobs.experiment(one, f"{name}-{one}"))
    answers = team.do(jobs.rename_own, ids, name)
    assert Counter(answers) == {None: 1, TAKEN: SIZE - 1}
    winner = ids[answers.index(None)]
    assert holder(backend, name) == winner
    assert holder(backend, f"{name}-{winner}") is None
    losers = [one for one in ids if one != winner]
    assert names_of(backend, losers) == [f"{name}-{one}" for one in losers]


def test_an_experiment_that_is_given_many_names_ends_with_one_and_frees_the_rest(
    team: Team, backend: Backend, ids: list[str], name: str
) -> None:
    backend.experiments.create(jobs.experiment(ids[0], name))
    names = [f"{name}-{number}" for number in range(SIZE)]
    assert team.do(jobs.rename_one, ids[0], names) == [None] * SIZE
    last = backend.experiments.get(ids[0]).name
    assert last in names
    assert [one for one in (name, *names) if holder(backend, one) == ids[0]] == [last]


def test_creations_and_renames_to_one_name_have_one_winner(
    team: Team, backend: Backend, ids: list[str], name: str
) -> None:
    for one in ids[::2]:
        backend.experiments.create(jobs.experiment(one, f"{name}-{one}"))
    answers = team.do(jobs.create_or_rename, ids, name)
    assert Counter(answers) == {None: 1, TAKEN: SIZE - 1}
    assert holder(backend, name) == ids[answers.index(None)]


def test_names_stay_unique_while_all_change_theirs(
    team: Team, backend: Backend, ids: list[str], name: str
) -> None:
    for one in ids:
        backend.experiments.create(jobs.experiment(one, f"{name}-{one}"))
    names = [f"{name}-{number}" for number in range(SIZE + 2)]
    changed = team.do(jobs.change_names, ids, names)
    assert sum(changed) > 0
    borne = names_of(backend, ids)
    assert len(set(borne)) == SIZE
    holders = dict(zip(borne, ids, strict=True))
    for one in (*names, *(f"{name}-{number}" for number in ids)):
        assert holder(backend, one) == holders.get(one)
