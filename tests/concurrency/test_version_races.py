"""Versions that are numbered but not stored yet, and readers of versions that are deleted."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from mlflow.entities.model_registry import ModelVersion

from mlflow_docstore.adapters.document.backend import DocumentBackend
from mlflow_docstore.adapters.memory.driver import MemoryDriver
from mlflow_docstore.core.errors import NotFound
from mlflow_docstore.core.registry import DELETED

from .interleavings import Actor, interleave
from .test_registry_interleavings import (
    TWO_VERSIONS,
    A,
    Seen,
    Work,
    add,
    create,
    discard,
    explore,
    job,
    point,
    promote,
    refused,
    world,
)

ONE_IN_PRODUCTION = (create(), add(), promote(1))
NUMBERED = 2
"""Steps of a process that makes a version: to find the model and to number it, but not to store."""


def get(number: int) -> Work:
    return lambda backend: backend.model_versions.get(A, number)


def follow(backend: Any) -> ModelVersion:
    return backend.model_versions.get_by_alias(A, "best")


def describe(number: int) -> Work:
    return lambda backend: backend.model_versions.update(A, number, "text", at=9)


@pytest.mark.parametrize("work", [discard(2), promote(2), point(2)], ids=["delete", "move", "name"])
def test_a_version_that_is_not_stored_yet_is_missing_or_there(
    pool: ThreadPoolExecutor, work: Work
) -> None:
    def check(results: list[Any], seen: Seen) -> None:
        assert isinstance(results[0], ModelVersion)
        # Whoever is refused has changed nothing.
        if isinstance(results[1], NotFound):
            assert seen.stages() == {1: "Production", 2: "None"}
            assert seen.models[A].aliases == {}

    assert explore(pool, world(*ONE_IN_PRODUCTION), [add(), work], check) > 4


@pytest.mark.parametrize("work", [discard(2), promote(2), point(2)], ids=["delete", "move", "name"])
def test_a_version_that_was_never_stored_is_missing(pool: ThreadPoolExecutor, work: Work) -> None:
    database = world(*ONE_IN_PRODUCTION)()
    actor = Actor(crash_at=NUMBERED)
    interleave(pool, [(actor, job(add(), database, actor))], ())
    backend = DocumentBackend(MemoryDriver(database))
    assert isinstance(refused(work)(backend), NotFound)
    seen = Seen(database)
    assert seen.stages() == {1: "Production"}
    assert seen.models[A].aliases == {}


@pytest.mark.parametrize("read", [get(1), follow, describe(1)], ids=["get", "alias", "update"])
def test_nobody_is_handed_a_deleted_version(pool: ThreadPoolExecutor, read: Work) -> None:
    def check(results: list[Any], seen: Seen) -> None:
        del seen
        if not isinstance(results[0], NotFound):
            assert results[0].source == "s3://m"
            assert results[0].current_stage != DELETED

    assert explore(pool, world(*TWO_VERSIONS, point(1)), [read, discard(1)], check) > 4
