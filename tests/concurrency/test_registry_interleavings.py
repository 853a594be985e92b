"""Models, versions, stages and aliases agree, in whatever order writers take their steps."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from mlflow.entities.model_registry import ModelVersion, RegisteredModel

from mlflow_docstore.adapters.document.backend import DocumentBackend
from mlflow_docstore.adapters.document.layout import MODEL_VERSIONS, REGISTERED_MODELS
from mlflow_docstore.adapters.memory.database import Database
from mlflow_docstore.adapters.memory.driver import MemoryDriver
from mlflow_docstore.core.errors import AlreadyExists, NotFound, StoreError
from mlflow_docstore.core.paging import PageRequest
from mlflow_docstore.ports.backend import Backend
from mlflow_docstore.ports.model_versions import ModelVersionQuery, NewVersion
from mlflow_docstore.ports.registered_models import RegisteredModelQuery

from .interleavings import Actor, Crashed, SteppedDriver, every_order, interleave

A, B = "a", "b"
EVERYTHING = PageRequest(None)

Work = Callable[[Backend], Any]


def create(name: str = A) -> Work:
    def work(backend: Backend) -> str:
        model = RegisteredModel(name, 1, 1, latest_versions=[], tags=[], aliases=[])
        backend.registered_models.create(uuid4().hex, model)
        return name

    return work


def add(name: str = A, **tags: str) -> Work:
    return lambda backend: backend.model_versions.create(
        NewVersion(name, "s3://m", 2, tags={key.replace("_", "."): tags[key] for key in tags})
    )


def rename(name: str = A, new_name: str = B) -> Work:
    return lambda backend: backend.registered_models.rename(name, new_name, at=5)


def remove(name: str = A) -> Work:
    return lambda backend: backend.registered_models.delete(name)


def promote(number: int, stage: str = "Production", *, archive: bool = True) -> Work:
    return lambda backend: backend.model_versions.transition(
        A, number, stage, at=3 + number, archive=archive
    )


def discard(number: int) -> Work:
    return lambda backend: backend.model_versions.delete(A, number, at=4)


def point(number: int, alias: str = "best") -> Work:
    return lambda backend: backend.registered_models.set_alias(A, alias, number)


def mark(number: int) -> Work:
    return lambda backend: backend.model_versions.set_tag(
        A, number, "mlflow.prompt.is_prompt", "true"
    )


def refused(work: Work) -> Work:
    """The error instead of the result, where there is one."""

    def attempt(backend: Backend) -> Any:
        try:
            return work(backend)
        except StoreError as error:
            return error

    return attempt


def world(*works: Work) -> Callable[[], Database]:
    """A database after some works."""

    def make() -> Database:
        database = Database()
        backend = DocumentBackend(MemoryDriver(database))
        for work in works:
            work(backend)
        return database

    return make


def job(work: Work, database: Database, actor: Actor) -> Callable[[], Any]:
    driver = SteppedDriver(database, {REGISTERED_MODELS, MODEL_VERSIONS}, actor.step)
    backend = DocumentBackend(driver)
    return lambda: refused(work)(backend)


def explore(
    pool: ThreadPoolExecutor,
    make: Callable[[], Database],
    works: Sequence[Work],
    check: Callable[[list[Any], "Seen"], None],
    *,
    preemptions: int = 2,
) -> int:
    """Check what each work returned and what is there in the end, after every order."""

    def checked(database: Database, results: list[Any]) -> None:
        check(results, Seen(database))

    jobs = [partial(job, work) for work in works]
    return every_order(pool, make, jobs, checked, preemptions=preemptions)


class Seen:
    """What a process that comes afterwards finds, which all must agree."""

    def __init__(self, database: Database) -> None:
        backend = DocumentBackend(MemoryDriver(database))
        models = backend.registered_models.search(RegisteredModelQuery(prompts=True), EVERYTHING)
        found = backend.model_versions.search(ModelVersionQuery(prompts=True), EVERYTHING)
        self.models = {model.name: model for model in models.items}
        self.versions = {(version.name, version.version): version for version in found.items}
        shown = backend.model_versions.search(ModelVersionQuery(), EVERYTHING)
        self.shown = {(version.name, version.version) for version in shown.items}
        self._agree(backend)

    def _agree(self, backend: Backend) -> None:
        for (name, number), version in self.versions.items():
            one = backend.model_versions.get(name, number)
            assert (one.current_stage, one.name) == (version.current_stage, name)
            assert one.last_updated_timestamp == version.last_updated_timestamp
        for name, model in self.models.items():
            assert newest(model.latest_versions) == self._newest(name)
            for alias in model.aliases:
                version = backend.model_versions.get_by_alias(name, alias)
                assert (name, version.version) in self.versions

    def _newest(self, name: str) -> dict[str, int]:
        mine = [version for version in self.versions.values() if version.name == name]
        return newest(sorted(mine, key=lambda version: version.version))

    def stages(self) -> dict[int, str]:
        return {number: one.current_stage for (_, number), one in self.versions.items()}


def newest(versions: Sequence[ModelVersion]) -> dict[str, int]:
    return {version.current_stage: version.version for version in versions}


TWO_VERSIONS = (create(), add(), add())


def test_versions_are_numbered_once(pool: ThreadPoolExecutor) -> None:
    def check(results: list[Any], seen: Seen) -> None:
        assert sorted(version.version for version in results) == [1, 2, 3]
        assert sorted(seen.versions) == [(A, 1), (A, 2), (A, 3)]

    assert explore(pool, world(create()), [add(), add(), add()], check) > 50


def test_one_of_two_promoted_versions_stays_in_the_stage(pool: ThreadPoolExecutor) -> None:
    def check(results: list[Any], seen: Seen) -> None:
        del results
        assert sorted(seen.stages().values()) == ["Archived", "Production"]

    assert explore(pool, world(*TWO_VERSIONS), [promote(1), promote(2)], check) > 10


def test_a_stage_that_was_left_meanwhile_is_seen_alike(pool: ThreadPoolExecutor) -> None:
    def check(results: list[Any], seen: Seen) -> None:
        del results
        assert seen.stages()[1] in {"Production", "Archived", "None"}

    works = [promote(1), promote(2), promote(1, "None", archive=False)]
    assert explore(pool, world(*TWO_VERSIONS), works, check) > 100


def test_no_alias_points_at_a_deleted_version(pool: ThreadPoolExecutor) -> None:
    def check(results: list[Any], seen: Seen) -> None:
        assert results[0] is None or isinstance(results[0], NotFound)
        assert seen.models[A].aliases == {}
        assert list(seen.versions) == [(A, 2)]

    assert explore(pool, world(*TWO_VERSIONS), [point(1), discard(1)], check) > 5


def test_a_version_is_deleted_or_promoted(pool: ThreadPoolExecutor) -> None:
    def check(results: list[Any], seen: Seen) -> None:
        del results
        assert seen.stages() == {2: "None"}

    assert explore(pool, world(*TWO_VERSIONS), [promote(1), discard(1)], check) > 10


def test_versions_made_during_a_rename_have_the_new_name(pool: ThreadPoolExecutor) -> None:
    def check(results: list[Any], seen: Seen) -> None:
        assert list(seen.models) == [B]
        made = [] if isinstance(results[0], NotFound) else [(B, 2)]
        assert sorted(seen.versions) == [(B, 1), *made]

    assert explore(pool, world(create(), add()), [add(), rename()], check) > 20


def test_versions_made_during_two_renames_have_the_last_name(pool: ThreadPoolExecutor) -> None:
    def twice(backend: Backend) -> None:
        rename(A, B)(backend)
        rename(B, "c")(backend)

    def check(results: list[Any], seen: Seen) -> None:
        assert list(seen.models) == ["c"]
        assert list(seen.versions) == ([] if isinstance(results[0], NotFound) else [("c", 1)])

    assert explore(pool, world(create()), [add(), twice], check, preemptions=3) > 100


def test_stages_moved_during_a_rename_are_seen_alike(pool: ThreadPoolExecutor) -> None:
    def check(results: list[Any], seen: Seen) -> None:
        moved = not isinstance(results[0], StoreError)
        assert seen.stages() == {1: "Production" if moved else "None"}
        assert list(seen.versions) == [(B, 1)]

    assert explore(pool, world(create(), add()), [promote(1), rename()], check) > 20


def test_a_deleted_model_leaves_no_version_that_was_just_made(pool: ThreadPoolExecutor) -> None:
    def check(results: list[Any], seen: Seen) -> None:
        del results
        assert seen.models == {}
        assert seen.versions == {}

    assert explore(pool, world(create(), add()), [add(), remove()], check) > 20


def test_a_name_is_free_once_its_model_is_deleted(pool: ThreadPoolExecutor) -> None:
    def check(results: list[Any], seen: Seen) -> None:
        assert results[1] == A or isinstance(results[1], AlreadyExists)
        assert list(seen.models) == ([A] if results[1] == A else [])
        assert seen.versions == {}

    assert explore(pool, world(create(), add()), [remove(), create()], check) > 20


def test_a_model_is_renamed_or_deleted(pool: ThreadPoolExecutor) -> None:
    def check(results: list[Any], seen: Seen) -> None:
        assert len(seen.models) == len(seen.versions) == isinstance(results[1], NotFound)

    assert explore(pool, world(create(), add()), [rename(), remove()], check) > 20


def test_of_two_new_names_one_stays(pool: ThreadPoolExecutor) -> None:
    def check(results: list[Any], seen: Seen) -> None:
        assert sum(isinstance(result, StoreError) for result in results) == 1
        assert list(seen.versions) == [(name, 1) for name in seen.models]

    works = [rename(A, B), rename(A, "c")]
    assert explore(pool, world(create(), add()), works, check) > 20


def test_versions_of_prompts_are_hidden_together(pool: ThreadPoolExecutor) -> None:
    def check(results: list[Any], seen: Seen) -> None:
        del results
        assert len(seen.versions) == 2
        assert seen.shown == set()

    assert explore(pool, world(create(), add()), [add(), mark(1)], check) > 10


@pytest.mark.parametrize(
    ("work", "steps"),
    [
        (add(), 3),
        (promote(1), 4),
        (discard(1), 3),
        (point(1), 2),
        (rename(), 11),
        (remove(), 9),
        (mark(1), 8),
    ],
    ids=["create version", "promote", "delete version", "alias", "rename", "delete", "mark"],
)
def test_whatever_died_is_completed_by_its_repeat(
    pool: ThreadPoolExecutor, work: Work, steps: int
) -> None:
    """At each step of the work, and one behind the last of them, to see that there are no more."""
    make = world(*TWO_VERSIONS, promote(2))
    died = 0
    for step in range(steps + 1):
        database = make()
        actor = Actor(crash_at=step)
        interleave(pool, [(actor, job(work, database, actor))], ())
        died += isinstance(actor.result, Crashed)
        refused(work)(DocumentBackend(MemoryDriver(database)))
        Seen(database)
    assert died == steps
