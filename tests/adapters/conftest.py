"""One embedded server for all tests of drivers, reached as any other MongoDB would be."""

from collections.abc import Iterator

import pytest

from mlflow_docstore.adapters.embedded.server import Server


@pytest.fixture(scope="session")
def mongodb_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URI of a running server that can be told to fail (``configureFailPoint``)."""
    directory = tmp_path_factory.mktemp("mongodb")
    (directory / "secantusd.toml").write_text("[server]\nenable_test_commands = true\n")
    server = Server(directory)
    host, port = server.address()
    yield f"mongodb://{host}:{port}/mlflow?directConnection=true"
    server.release()
