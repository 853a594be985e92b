"""The driver under judgement, and an empty collection for each test."""

from collections.abc import Callable, Iterator

import pytest

from mlflow_docstore.adapters.document.driver import Driver
from mlflow_docstore.adapters.document.layout import Collection, Layout
from mlflow_docstore.testing.recorder import DECK_USED
from mlflow_docstore.testing.subjects import is_uri

from .deck import Table, unique
from .subjects import connect, label, subjects


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One run of each test per database."""
    if "driver_uri" in metafunc.fixturenames:
        found = subjects(metafunc.config)
        ids = [label(subject) for subject in found]
        metafunc.parametrize("driver_subject", found, ids=ids, scope="session", indirect=True)


@pytest.fixture(scope="session")
def driver_subject(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def driver_uri(driver_subject: str, throw_away: Callable[[str], str]) -> str:
    """The URI of the database under judgement; a bare name stands for a throw-away one."""
    return driver_subject if is_uri(driver_subject) else throw_away(driver_subject)


@pytest.fixture(scope="session")
def driver(driver_uri: str, pytestconfig: pytest.Config) -> Iterator[Driver]:
    """The driver under judgement."""
    connection = connect(driver_uri)
    yield connection.driver
    connection.driver.close()
    if (usage := connection.usage()) is not None:
        pytestconfig.stash[DECK_USED] = usage


@pytest.fixture
def table(driver: Driver) -> Iterator[Table]:
    """An empty collection of the test's own."""
    name = unique("deck")
    driver.prepare(Layout(1, (Collection(name),)))
    yield Table(driver, name)
    driver.drop([name])
