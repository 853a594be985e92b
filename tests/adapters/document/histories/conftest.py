import pytest

from mlflow_docstore.adapters.document.histories.chunks import Chunks
from mlflow_docstore.adapters.memory.database import Database
from mlflow_docstore.adapters.memory.driver import MemoryDriver


@pytest.fixture
def database() -> Database:
    return Database()


@pytest.fixture
def chunks(database: Database) -> Chunks:
    return Chunks(MemoryDriver(database))
