"""Real servers in containers, and what emulates services: subjects where there is Docker."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from urllib.parse import quote

from mlflow_docstore.adapters.document.driver import Driver
from mlflow_docstore.adapters.document.layout import MARKER_ID, META
from mlflow_docstore.core.errors import Unavailable
from tests.contract.driver.subjects import connect

_START_SECONDS = 300
_PAUSE = 1.0

_PASSWORD = "docstore"  # noqa: S105 - of servers that nobody else reaches
# The key of every emulator of Cosmos DB. See https://learn.microsoft.com/azure/cosmos-db/emulator
_EMULATOR_KEY = quote(
    "C2y6yDjf5/R+ob0N8A7Cgu30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw==", ""
)
_OWN_CERTIFICATE = "tls=true&tlsAllowInvalidCertificates=true"


@dataclass(frozen=True)
class Image:
    """A server.

    Args:
        name: Of the image, with its tag.
        uri: Of a database, with ``{address}`` for host and port, and ``{database}``.
        port: Where it listens in the container.
        environment: Variables of the container.
        command: What it is started with; None for what the image says.
    """

    name: str
    uri: str
    port: int = 27017
    environment: Mapping[str, str] = field(default_factory=dict)
    command: str | None = None


_MONGODB = "mongodb://{address}/{database}?directConnection=true"
_LOGGED_IN = f"mongodb://docstore:{_PASSWORD}@{{address}}/{{database}}?authSource=admin&directConnection=true"

IMAGES: Mapping[str, Image] = MappingProxyType(
    {
        "mongodb-6": Image("mongo:6.0", _MONGODB),
        "mongodb-7": Image("mongo:7.0", _MONGODB),
        "mongodb-8": Image("mongo:8.0", _MONGODB),
        # See https://documentdb.io/docs/documentdb-local
        "documentdb-local": Image(
            "ghcr.io/documentdb/documentdb/documentdb-local:latest",
            f"{_LOGGED_IN.replace('mongodb:', 'azure-documentdb:', 1)}&{_OWN_CERTIFICATE}",
            10260,
            command=f"--username docstore --password {_PASSWORD}",
        ),
        # See https://docs.ferretdb.io/installation/evaluation/
        "ferretdb": Image(
            "ghcr.io/ferretdb/ferretdb-eval:2",
            _LOGGED_IN,
            environment={"POSTGRES_USER": "docstore", "POSTGRES_PASSWORD": _PASSWORD},
        ),
        # See https://learn.microsoft.com/azure/cosmos-db/how-to-develop-emulator
        "cosmos-mongodb-emulator": Image(
            "mcr.microsoft.com/cosmosdb/linux/azure-cosmos-emulator:mongodb",
            f"cosmos-mongodb://localhost:{_EMULATOR_KEY}@{{address}}/{{database}}"
            f"?directConnection=true&{_OWN_CERTIFICATE}",
            10255,
            environment={"AZURE_COSMOS_EMULATOR_ENABLE_MONGODB_ENDPOINT": "4.2"},
        ),
        # A preview that nobody has tried yet. See
        # https://learn.microsoft.com/azure/cosmos-db/emulator-linux
        "cosmosdb-emulator": Image(
            "mcr.microsoft.com/cosmosdb/linux/azure-cosmos-emulator:vnext-preview",
            f"cosmos+http://{{address}}/{{database}}?key={_EMULATOR_KEY}",
            8081,
            environment={"PROTOCOL": "http"},
        ),
    }
)
"""By the name of the subject."""


@cache
def trouble() -> str | None:
    """Why no container can be started here, if so."""
    import docker  # noqa: PLC0415 - every run of tests reads this module
    from docker.errors import DockerException  # noqa: PLC0415

    try:
        docker.from_env().ping()
    except DockerException:
        return "no Docker answers here"
    return None


@contextmanager
def started(image: Image) -> Iterator[str]:
    """A server that answers; the template of its URI with ``{database}`` in it."""
    from testcontainers.core.container import DockerContainer  # noqa: PLC0415 - as above

    container = DockerContainer(image.name).with_exposed_ports(image.port)
    for name, value in image.environment.items():
        container.with_env(name, value)
    if image.command is not None:
        container.with_command(image.command)
    with container:
        host, port = container.get_container_host_ip(), container.get_exposed_port(image.port)
        uri = image.uri.replace("{address}", f"{host}:{port}")
        _wait(uri.format(database="readiness"))
        yield uri


def _wait(uri: str) -> None:
    deadline = time.monotonic() + _START_SECONDS
    driver = connect(uri).driver
    while not _answers(driver):
        assert time.monotonic() < deadline, "the server does not answer"
        time.sleep(_PAUSE)
    driver.close()


def _answers(driver: Driver) -> bool:
    try:
        driver.get(META, MARKER_ID)
    except Unavailable:
        return False
    return True
