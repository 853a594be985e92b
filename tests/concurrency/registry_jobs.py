"""What processes do to one registered model, all at once; each job gets its process's number."""

import itertools
import random
from collections.abc import Callable, Sequence
from typing import Any

from mlflow.entities.model_registry import ModelVersion, ModelVersionTag, RegisteredModelTag
from mlflow.exceptions import MlflowException
from mlflow.store.model_registry.abstract_store import AbstractStore

WRITES = 6
MISSING = "RESOURCE_DOES_NOT_EXIST"
NO_ALIAS = "INVALID_PARAMETER_VALUE"
ALIAS = "champion"


def source(number: int, write: int) -> str:
    """By which a version is known to be the one that a process made."""
    return f"s3://bucket/{number}-{write}"


def create_versions(store: AbstractStore, number: int, name: str) -> dict[int, str]:
    """Sources by the numbers that the versions got."""
    made = [store.create_model_version(name, source(number, write)) for write in range(WRITES)]
    return {version.version: version.source for version in made}


def create_model(store: AbstractStore, number: int, name: str) -> None:
    store.create_registered_model(name, description=str(number))


def promote_own(store: AbstractStore, number: int, name: str, stages: Sequence[str]) -> None:
    """The version of the process's number, through these stages, alone in each."""
    for stage in stages:
        store.transition_model_version_stage(name, number + 1, stage, True)


def move_at_random(store: AbstractStore, number: int, name: str, count: int) -> None:
    """Promote any version to Production, alone there, or take any away to another stage."""
    dice = random.Random(number)  # noqa: S311 - the same in every test run
    for _ in range(2 * WRITES):
        version = dice.randint(1, count)
        stage = dice.choice(["Production", "Staging", "None", "Archived"])
        store.transition_model_version_stage(name, version, stage, stage == "Production")


def set_delete_or_follow_alias(
    store: AbstractStore, number: int, name: str, count: int
) -> list[str]:
    """Four set, two delete and two follow it; what the latter saw."""
    seen = []
    for write in range(2 * WRITES):
        if number < 4:
            store.set_registered_model_alias(name, ALIAS, 1 + (number + write) % count)
        elif number < 6:
            store.delete_registered_model_alias(name, ALIAS)
        else:
            seen.append(_followed(store, name))
    return seen


def delete_versions_with_alias(
    store: AbstractStore, number: int, name: str, count: int
) -> list[str]:
    """Three set an alias to each version in turn, three delete it, two follow the alias."""
    seen = []
    for version in range(1, count + 1):
        if number < 3:
            _unless_missing(lambda v=version: store.set_registered_model_alias(name, ALIAS, v))
        elif number < 6:
            _unless_missing(lambda v=version: store.delete_model_version(name, v))
        else:
            seen.append(_followed(store, name))
    return seen


def _followed(store: AbstractStore, name: str) -> str:
    """The source of the version under the alias, or the code of the error."""
    try:
        return str(store.get_model_version_by_alias(name, ALIAS).source)
    except MlflowException as error:
        return str(error.error_code)


def rename_or_create_versions(
    store: AbstractStore, number: int, names: Sequence[str]
) -> dict[int, str]:
    """The first gives the model one name after the other; the others find it by trying them."""
    if number == 0:
        for old, new in itertools.pairwise(names):
            store.rename_registered_model(old, new)
        return {}
    made = [_created_somewhere(store, names, source(number, write)) for write in range(WRITES)]
    return {version.version: version.source for version in made}


def _created_somewhere(store: AbstractStore, names: Sequence[str], place: str) -> ModelVersion:
    while True:
        for name in names:
            found: list[ModelVersion] = []
            _unless_missing(
                lambda name=name, found=found: found.append(store.create_model_version(name, place))
            )
            if found:
                return found[0]


def delete_or_create_versions(
    store: AbstractStore, number: int, name: str, anew: bool
) -> dict[int, str]:
    """The first deletes the model behind its third version, and perhaps makes it anew.

    It waits for versions of others, which the numbers of its own tell of.
    """
    made: dict[int, str] = {}

    def create(write: int) -> None:
        version = store.create_model_version(name, source(number, write))
        made[version.version] = version.source

    if number == 0:
        for write in itertools.count():
            create(write)
            if write >= 2 and max(made) > len(made):
                break
        made.clear()
        store.delete_registered_model(name)
        if anew:
            store.create_registered_model(name)
        return made
    for write in range(2 * WRITES):
        _unless_missing(lambda write=write: create(write))
    return made


def set_tags(store: AbstractStore, number: int, name: str) -> None:
    for write in range(WRITES):
        own, shared = (f"own{number}", str(write)), ("shared", f"{number}-{write}")
        for key, value in (own, shared):
            store.set_registered_model_tag(name, RegisteredModelTag(key, value))
            store.set_model_version_tag(name, 1, ModelVersionTag(key, value))


def _unless_missing(call: Callable[[], Any]) -> None:
    try:
        call()
    except MlflowException as error:
        if error.error_code != MISSING:
            raise
