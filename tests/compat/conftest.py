import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from mlflow_docstore.compat.plugin import create_tracking_store
from mlflow_docstore.compat.tracking.store import DocStoreTrackingStore


@pytest.fixture
def uri() -> str:
    """A database that no other test uses."""
    return f"memory://{uuid.uuid4().hex}"


@pytest.fixture
def open_store(uri: str, tmp_path: Path) -> Callable[[], DocStoreTrackingStore]:
    return lambda: create_tracking_store(uri, str(tmp_path / "artifacts"))


@pytest.fixture
def store(open_store: Callable[[], DocStoreTrackingStore]) -> DocStoreTrackingStore:
    return open_store()
