"""Subjects: every store that the suite is asked to judge."""

from collections.abc import Iterator
from pathlib import Path

import mlflow
import pytest
from mlflow.store.tracking.abstract_store import AbstractStore
from mlflow.tracking._tracking_service.utils import _get_store
from packaging.version import Version

from .versions import holds


@pytest.fixture(scope="session")
def artifact_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the store under judgement puts artifacts unless an experiment says otherwise."""
    return tmp_path_factory.mktemp("artifacts")


@pytest.fixture(scope="session")
def store(store_uri: str, artifact_root: Path) -> AbstractStore:
    """The store under judgement, found the way MLflow finds it."""
    return _get_store(store_uri, artifact_root.as_uri())


@pytest.fixture
def async_store(store: AbstractStore) -> Iterator[AbstractStore]:
    """The store, with no thread of its logging queue left behind."""
    yield store
    store.shut_down_async_logging()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what the installed MLflow answers otherwise itself."""
    # A pre-release decides as the release that it leads to.
    installed = Version(Version(mlflow.__version__).base_version)
    held, left_out = [], []
    for item in items:
        case = f"{item.path.name}::{item.nodeid.partition('::')[2]}"
        (held if holds(case, installed) else left_out).append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = held
