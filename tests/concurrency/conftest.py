"""Eight processes on one database, for all tests."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from mlflow.store.model_registry.abstract_store import AbstractStore as RegistryStore

from mlflow_docstore.adapters.document.histories import merging
from mlflow_docstore.ports.backend import Backend
from tests.adapters.cosmosdb.subject import NAME as COSMOSDB

from .processes import Team, adapter_of, open_registry

SIZE = 8

_DEADLINES = count(30_000)


@pytest.fixture(scope="session", params=["standin", "embedded", COSMOSDB])
def uri(request: pytest.FixtureRequest, throw_away: Callable[[str], str]) -> str:
    return throw_away(request.param)


@pytest.fixture(scope="session")
def team(uri: str) -> Iterator[Team]:
    made = Team(uri, SIZE)
    yield made
    made.close()


@pytest.fixture
def backend(uri: str) -> Iterator[Backend]:
    """A fresh one: what is checked is what is stored."""
    opened = adapter_of(uri).open(uri)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def registrars(uri: str) -> Iterator[Team]:
    """Processes with a model registry each."""
    made = Team(uri, SIZE, open_registry)
    yield made
    made.close()


@pytest.fixture
def fresh(uri: str) -> Callable[[], RegistryStore]:
    """Opens a registry that remembers nothing: what is checked is what is stored.

    Registries of one URI share their backend, so each gets a URI of its own.
    """
    more = "&" if "?" in uri else "?"
    return lambda: open_registry(f"{uri}{more}retryDeadlineMS={next(_DEADLINES)}")


@pytest.fixture(scope="module")
def pool() -> Iterator[ThreadPoolExecutor]:
    """A thread for each of three actors."""
    with ThreadPoolExecutor(3) as threads:
        yield threads


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Merge as few as two chunks: the fewer there are, the fewer orders."""
    monkeypatch.setattr(merging, "_WORTH_MERGING", 1)
