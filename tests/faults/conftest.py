"""One embedded server for all; each test has its own collections in it."""

from collections.abc import Iterator

import pytest

from mlflow_docstore.adapters.embedded.server import Server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """Host and port of a server."""
    embedded = Server(tmp_path_factory.mktemp("faults") / "data")
    yield embedded.address()
    embedded.release()
