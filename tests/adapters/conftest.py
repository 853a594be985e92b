"""The stand-in, reached as any MongoDB would be."""

import pytest

from tests.standin import StandIn


@pytest.fixture(scope="session")
def mongodb_uri(standin: StandIn) -> str:
    return standin.uri("mlflow")
