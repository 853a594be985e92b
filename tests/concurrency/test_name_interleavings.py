"""Names stay unique, and free ones can be had, in whatever order writers get on or die."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from mlflow.entities import Experiment

from mlflow_docstore.adapters.document.backend import DocumentBackend
from mlflow_docstore.adapters.document.driver import Driver
from mlflow_docstore.adapters.document.layout import EXPERIMENTS
from mlflow_docstore.adapters.memory.database import Database
from mlflow_docstore.adapters.memory.driver import MemoryDriver
from mlflow_docstore.core.errors import AlreadyExists, NotFound, StoreError
from mlflow_docstore.ports.experiments import ExperimentRepository

from .interleavings import Actor, Crashed, SteppedDriver, every_order, interleave

NAMES = ("ant", "bee", "cat")

Work = Callable[[ExperimentRepository], None]


def experiment(number: str, name: str) -> Experiment:
    return Experiment(number, name, "loc", "active", [], creation_time=1, last_update_time=1)


@dataclass(frozen=True)
class Create:
    number: str
    name: str

    def __call__(self, experiments: ExperimentRepository) -> None:
        experiments.create(experiment(self.number, self.name))


@dataclass(frozen=True)
class Rename:
    number: str
    name: str

    def __call__(self, experiments: ExperimentRepository) -> None:
        experiments.rename(self.number, self.name, at=2)


@dataclass(frozen=True)
class Purge:
    number: str

    def __call__(self, experiments: ExperimentRepository) -> None:
        experiments.purge(self.number)


def _experiments(driver: Driver) -> ExperimentRepository:
    return DocumentBackend(driver).experiments


@dataclass
class World:
    """A database with some experiments, and what happened in it."""

    present: Sequence[tuple[str, str]] = ()
    deleted: Sequence[tuple[str, str]] = ()
    database: Database = field(default_factory=Database)
    results: dict[Work, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for number, name in (*self.present, *self.deleted):
            self.experiments.create(experiment(number, name))
        for number, _ in self.deleted:
            self.experiments.delete(number, at=1)

    @property
    def driver(self) -> Driver:
        return MemoryDriver(self.database)

    @property
    def experiments(self) -> ExperimentRepository:
        return _experiments(self.driver)

    def bearers(self) -> dict[str, str]:
        """Names by id."""
        documents = self.database.table(EXPERIMENTS).documents
        return {key: found["name"] for key, found in documents.items() if "name" in found}

    def attempt(self, work: Work, actor: Actor) -> Callable[[], Any]:
        """The work as an actor's, which ends with None or the error it was answered with."""
        driver = SteppedDriver(self.database, EXPERIMENTS, actor.step)
        experiments = _experiments(driver)

        def attempted() -> Any:
            try:
                work(experiments)
            except AlreadyExists as error:
                # Whoever is told so will look the bearer up at once.
                if error.key not in self.bearers().values():
                    raise LookupError("the name is borne by nobody") from error
                return error
            except StoreError as error:
                return error
            return None

        return attempted

    def check(self) -> None:
        """The invariants, whatever was attempted."""
        self._names_are_unique()
        for name in NAMES:
            fresh = Create(f"9{NAMES.index(name)}", name)
            if name in self.bearers().values():
                with pytest.raises(AlreadyExists):
                    fresh(self.experiments)
            else:
                fresh(self.experiments)
        self._names_are_unique()

    def _names_are_unique(self) -> None:
        borne = list(self.bearers().values())
        assert len(borne) == len(set(borne)), borne


def explore(
    pool: ThreadPoolExecutor,
    make: Callable[[], World],
    works: Sequence[Work],
    check: Callable[[World], None],
    *,
    preemptions: int = 3,
) -> int:
    """Check the world after every order of the works' steps."""

    def checked(world: World, results: list[Any]) -> None:
        world.results = dict(zip(works, results, strict=True))
        check(world)
        world.check()

    jobs = [partial(attempt, work) for work in works]
    return every_order(pool, make, jobs, checked, preemptions=preemptions)


def attempt(work: Work, world: World, actor: Actor) -> Callable[[], Any]:
    return world.attempt(work, actor)


def one_wins(*works: Create | Rename) -> Callable[[World], None]:
    """Exactly one of the works succeeded, and its experiment bears the name."""

    def check(world: World) -> None:
        won = [work for work in works if world.results[work] is None]
        lost = [work for work in works if isinstance(world.results[work], AlreadyExists)]
        assert len(won) == 1
        assert len(won) + len(lost) == len(works)
        assert world.bearers()[won[0].number] == won[0].name

    return check


def test_of_two_creations_under_one_name_one_wins(pool: ThreadPoolExecutor) -> None:
    works = (Create("1", "ant"), Create("2", "ant"))
    assert explore(pool, World, works, one_wins(*works), preemptions=4) > 20


def test_of_three_creations_under_one_name_one_wins(pool: ThreadPoolExecutor) -> None:
    works = (Create("1", "ant"), Create("2", "ant"), Create("3", "ant"))
    assert explore(pool, World, works, one_wins(*works), preemptions=2) > 100


def test_of_a_creation_and_a_rename_to_one_name_one_wins(pool: ThreadPoolExecutor) -> None:
    works = (Create("1", "ant"), Rename("2", "ant"))

    def make() -> World:
        return World(present=[("2", "bee")])

    assert explore(pool, make, works, one_wins(*works), preemptions=4) > 100


def test_of_two_renames_to_one_name_one_wins(pool: ThreadPoolExecutor) -> None:
    works = (Rename("1", "cat"), Rename("2", "cat"))

    def make() -> World:
        return World(present=[("1", "ant"), ("2", "bee")])

    assert explore(pool, make, works, one_wins(*works)) > 100


def test_an_experiment_that_is_renamed_twice_at_once_ends_with_one_of_the_names(
    pool: ThreadPoolExecutor,
) -> None:
    works = (Rename("1", "bee"), Rename("1", "cat"))

    def check(world: World) -> None:
        assert list(world.results.values()) == [None, None]
        assert world.bearers()["1"] in {"bee", "cat"}

    def make() -> World:
        return World(present=[("1", "ant")])

    assert explore(pool, make, works, check) > 100


def test_a_rename_and_its_way_back_leave_one_claim(pool: ThreadPoolExecutor) -> None:
    works = (Rename("1", "bee"), Rename("1", "ant"))

    def check(world: World) -> None:
        assert list(world.results.values()) == [None, None]

    def make() -> World:
        return World(present=[("1", "ant")])

    assert explore(pool, make, works, check, preemptions=4) > 10


def test_a_name_that_is_left_and_taken_and_wanted_back_has_one_bearer(
    pool: ThreadPoolExecutor,
) -> None:
    """Away, back again, and a creation of the name in between."""
    works = (Rename("1", "bee"), Rename("1", "ant"), Create("2", "ant"))

    def make() -> World:
        return World(present=[("1", "ant")])

    assert explore(pool, make, works, lambda _: None, preemptions=2) > 100


def test_two_experiments_that_swap_names_keep_two_names(pool: ThreadPoolExecutor) -> None:
    works = (Rename("1", "bee"), Rename("2", "ant"))

    def check(world: World) -> None:
        assert world.bearers().keys() == {"1", "2"}

    def make() -> World:
        return World(present=[("1", "ant"), ("2", "bee")])

    assert explore(pool, make, works, check) > 20


def test_a_purged_name_can_be_created_meanwhile_or_afterwards(pool: ThreadPoolExecutor) -> None:
    works = (Purge("1"), Create("2", "ant"))

    def check(world: World) -> None:
        assert world.results[works[0]] is None
        assert "1" not in world.bearers()
        created = world.results[works[1]] is None
        assert ("2" in world.bearers()) is created

    def make() -> World:
        return World(deleted=[("1", "ant")])

    assert explore(pool, make, works, check, preemptions=4) > 20


def test_of_two_purges_of_one_experiment_one_finds_it(pool: ThreadPoolExecutor) -> None:
    # The same work twice would be one key: the second spells the id otherwise, in its own class.
    class SecondPurge(Purge):
        pass

    works = (Purge("1"), SecondPurge("1"))

    def check(world: World) -> None:
        answers = [world.results[work] for work in works]
        assert None in answers
        assert all(answer is None or isinstance(answer, NotFound) for answer in answers)
        assert world.bearers() == {}

    def make() -> World:
        return World(deleted=[("1", "ant")])

    assert explore(pool, make, works, check) > 10


@pytest.mark.parametrize("step", range(7))
@pytest.mark.parametrize("doomed", [Create("1", "ant"), Rename("5", "ant"), Purge("6")], ids=str)
def test_whoever_dies_at_any_step_blocks_no_name(
    pool: ThreadPoolExecutor, doomed: Work, step: int
) -> None:
    def make() -> World:
        world = World(present=[("5", "bee")], deleted=[("6", "cat")])
        actor = Actor(crash_at=step)
        interleave(pool, [(actor, world.attempt(doomed, actor))], ())
        assert actor.result is None or isinstance(actor.result, Crashed)
        return world

    works = (Create("2", "ant"), Create("3", "ant"))

    def check(world: World) -> None:
        assert list(world.bearers().values()).count("ant") == 1

    assert explore(pool, make, works, check, preemptions=2) > 1


@pytest.mark.parametrize("step", range(7))
def test_a_rename_that_died_can_be_repeated_while_its_names_are_wanted(
    pool: ThreadPoolExecutor, step: int
) -> None:
    def make() -> World:
        world = World(present=[("1", "ant")])
        actor = Actor(crash_at=step)
        interleave(pool, [(actor, world.attempt(Rename("1", "bee"), actor))], ())
        return world

    works = (Rename("1", "bee"), Create("2", "ant"), Create("3", "bee"))

    def check(world: World) -> None:
        assert {"ant", "bee"} & set(world.bearers().values())
        assert "1" in world.bearers()

    assert explore(pool, make, works, check, preemptions=1) > 1
