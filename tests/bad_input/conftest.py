"""Servers that refuse, and servers that die."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from pymongo import MongoClient

from tests.standin import StandIn

from .certificates import write_certificate

USER = "ann"
PASSWORD = "tr%40p-d00r"  # noqa: S105 - of a server that lives as long as the test
"""As it is written in a URI, escaped."""

SECRETS = ("p-d00r", "wr0ng-")
"""What of the right password, and of the wrong ones, no text may contain."""


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[StandIn]:
    """A server that a test may kill and start again."""
    daemon = StandIn(tmp_path / "server")
    # What it has acknowledged must survive a power cut.
    daemon.start("--sync-on-commit")
    yield daemon
    daemon.kill()


@pytest.fixture(scope="session")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    """A server that wants a password."""
    daemon = StandIn(tmp_path_factory.mktemp("locked"))
    daemon.start("--sync-on-commit")
    with MongoClient[dict[str, Any]](daemon.uri("admin")) as client:
        role = {"role": "readWrite", "db": "mlflow"}
        client.admin.command("createUser", USER, pwd=unquote(PASSWORD), roles=[role])
    daemon.kill()
    daemon.start("--auth")
    yield daemon
    daemon.kill()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return write_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="session")
def encrypted(
    tmp_path_factory: pytest.TempPathFactory, certificate: tuple[Path, Path]
) -> Iterator[StandIn]:
    """A server that speaks TLS only."""
    daemon = StandIn(tmp_path_factory.mktemp("encrypted"))
    shown, key = map(str, certificate)
    daemon.start("--tls-cert-file", shown, "--tls-key-file", key)
    yield daemon
    daemon.kill()
