"""MLflow's own stores to compare with, on SQLite, and ours."""

from pathlib import Path

import pytest
from mlflow.store.model_registry.abstract_store import AbstractStore as RegistryStore
from mlflow.store.tracking.abstract_store import AbstractStore
from mlflow.store.tracking.dbmodels.models import SqlExperiment
from mlflow.tracking._model_registry.utils import _get_store as _get_registry_store
from mlflow.tracking._tracking_service.utils import _get_store
from sqlalchemy import insert

from tests.adapters.cosmosdb.subject import NAME as COSMOSDB

# Ids of experiments count up from here: as long as ours, so that texts can be searched for them,
# and numbers in all stores.
_FIRST_ID = 10**17

SUBJECTS = ("memory", "embedded", "standin")
"""Throw-away stores, ours, that are asked at once."""

TOGETHER = [
    pytest.param(SUBJECTS, id="at once"),
    pytest.param(
        (COSMOSDB,), id=COSMOSDB, marks=[pytest.mark.exhaustive, getattr(pytest.mark, COSMOSDB)]
    ),
]
"""And those that take long, with histories of their own."""


def open_reference(directory: Path, artifact_root: Path) -> AbstractStore:
    store = _get_store(f"sqlite:///{directory / 'mlflow.db'}", artifact_root.as_uri())
    with store.engine.begin() as connection:
        connection.execute(
            insert(SqlExperiment).values(
                experiment_id=_FIRST_ID, name="ids start here", lifecycle_stage="deleted"
            )
        )
    return store


def open_subject(uri: str, artifact_root: Path) -> AbstractStore:
    return _get_store(uri, artifact_root.as_uri())


def open_registry_reference(directory: Path) -> RegistryStore:
    return _get_registry_store(f"sqlite:///{directory / 'registry.db'}")


def open_registry_subject(uri: str) -> RegistryStore:
    return _get_registry_store(uri)
