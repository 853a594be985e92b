"""A database in a directory of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mlflow_docstore.adapters.document.driver import Driver
from mlflow_docstore.adapters.sqlite.connection import connect
from mlflow_docstore.adapters.sqlite.place import FILE


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Where a database may be made."""
    return tmp_path / "data"


@pytest.fixture
def file(directory: Path) -> Path:
    """The database, once it is made."""
    return directory / FILE


@pytest.fixture
def driver(directory: Path) -> Iterator[Driver]:
    """A driver on the directory, which has not been used yet."""
    found = connect(f"docstore://{directory}?retryDeadlineMS=1000").driver
    yield found
    found.close()
