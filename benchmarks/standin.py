"""The server with MongoDB's protocol that the tests use."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from tests.standin import StandIn


class StandInMissingError(Exception):
    """The server is not installed; the text says what to install."""


@contextmanager
def running(home: Path) -> Iterator[str]:
    """A server on files below a directory, by its URI; it is stopped at the end.

    Raises:
        StandInMissingError: There is nothing to run.
    """
    if find_spec("secantus") is None:
        raise StandInMissingError("pip install 'mlflow-docstore[dev]'")
    server = StandIn(home)
    server.start("--standalone")
    try:
        yield f"mongodb://{server.address}"
    finally:
        server.kill()
