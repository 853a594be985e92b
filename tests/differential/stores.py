"""MLflow's own store to compare with, on SQLite."""

import uuid
from pathlib import Path

from mlflow.store.tracking.abstract_store import AbstractStore
from mlflow.store.tracking.dbmodels.models import SqlExperiment
from mlflow.tracking._tracking_service.utils import _get_store
from sqlalchemy import insert

# Ids of experiments count up from here: as long as ours, so that texts can be searched for them,
# and numbers in both stores.
_FIRST_ID = 10**17

SUBJECTS = ("memory", "embedded")
"""Our store, on each kind of database."""


def open_reference(directory: Path, artifact_root: Path) -> AbstractStore:
    store = _get_store(f"sqlite:///{directory / 'mlflow.db'}", artifact_root.as_uri())
    with store.engine.begin() as connection:
        connection.execute(
            insert(SqlExperiment).values(
                experiment_id=_FIRST_ID, name="ids start here", lifecycle_stage="deleted"
            )
        )
    return store


def open_subject(subject: str, directory: Path, artifact_root: Path) -> AbstractStore:
    places = {"memory": f"memory://{uuid.uuid4().hex}", "embedded": f"docstore://{directory}"}
    return _get_store(places[subject], artifact_root.as_uri())
