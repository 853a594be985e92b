"""Twins: MLflow's own stores on SQLite, and ours on each kind of database."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from mlflow.store.model_registry.abstract_store import AbstractStore as RegistryStore
from mlflow.store.tracking.abstract_store import AbstractStore

from .sides import Twins
from .stores import (
    TOGETHER,
    open_reference,
    open_registry_reference,
    open_registry_subject,
    open_subject,
)


@pytest.fixture(scope="session")
def artifact_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("artifacts")


@pytest.fixture(scope="session", params=TOGETHER)
def subjects(request: pytest.FixtureRequest) -> Sequence[str]:
    """Names of throw-away stores."""
    return tuple(request.param)


@pytest.fixture(scope="session")
def reference(artifact_root: Path, tmp_path_factory: pytest.TempPathFactory) -> AbstractStore:
    return open_reference(tmp_path_factory.mktemp("sqlite"), artifact_root)


@pytest.fixture(scope="session")
def twins(
    reference: AbstractStore,
    artifact_root: Path,
    subjects: Sequence[str],
    throw_away: Callable[[str], str],
) -> Twins:
    ours = {name: open_subject(throw_away(name), artifact_root) for name in subjects}
    return Twins(reference, ours)


@pytest.fixture(scope="session")
def registry_reference(tmp_path_factory: pytest.TempPathFactory) -> RegistryStore:
    return open_registry_reference(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def registry_twins(
    registry_reference: RegistryStore, subjects: Sequence[str], throw_away: Callable[[str], str]
) -> Twins:
    ours = {name: open_registry_subject(throw_away(name)) for name in subjects}
    # No slash may be in a model's name, and time is what a test says.
    return Twins(registry_reference, ours, joint=".", pause=lambda: None)
