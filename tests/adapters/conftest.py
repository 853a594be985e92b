"""The stand-in, reached as any MongoDB would be, and who issues tokens of Azure's."""

import threading
from collections.abc import Iterator

import pytest

from tests.standin import StandIn

from .issuer import Issuer


@pytest.fixture(scope="session")
def mongodb_uri(standin: StandIn) -> str:
    return standin.uri("mlflow")


@pytest.fixture
def issuer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Issuer]:
    with Issuer() as issuer:
        threading.Thread(target=issuer.serve_forever, daemon=True).start()
        monkeypatch.setenv("IDENTITY_ENDPOINT", issuer.address)
        monkeypatch.setenv("IDENTITY_HEADER", "header")
        yield issuer
        issuer.shutdown()
